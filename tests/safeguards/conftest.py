"""What the tests of safeguards share."""

import threading

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from safeguards.models import User


@pytest.fixture
def user(db):
    return User.objects.create_user("nguoi-dung")


@pytest.fixture
def as_role():
    """Connections to the suite's database under another role; closed at the end."""
    opened = []

    def connect(role):
        parameters = connection.get_connection_params()
        link = psycopg.connect(
            dbname=connection.settings_dict["NAME"],
            host=parameters.get("host"),
            port=parameters.get("port"),
            user=settings.DATABASE_ROLES[role],
            autocommit=True,
        )
        opened.append(link)
        return link

    yield connect
    for link in opened:
        link.close()


@pytest.fixture
def in_threads():
    """Run functions at the same time, each in a thread with a database connection of its own; gives their results."""

    def run(functions):
        results, errors = [None] * len(functions), []
        barrier = threading.Barrier(len(functions))

        def work(position, function):
            try:
                barrier.wait(60)
                results[position] = function()
            except Exception as error:  # noqa: BLE001  # told by the main thread
                errors.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        if errors:
            raise errors[0]
        return results

    return run
