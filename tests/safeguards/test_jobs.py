"""The jobs of safeguards."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from safeguards import jobs, seal
from safeguards.models import RateLimit, Seal
from safeguards.services import record


@pytest.mark.django_db
def test_the_jobs_seal_export_and_purge(user, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    with transaction.atomic():
        record("safeguards.test", user)
    assert jobs.seal_events(timestamp=0) == 1
    assert list(tmp_path.glob("seals/*.json")) == []
    jobs.export_head(timestamp=0)
    assert len(list(tmp_path.glob("seals/*.json"))) == 1
    RateLimit.objects.create(scope="x", key="k", window=int(time.time()) - 100_000)
    assert jobs.purge(timestamp=0) == 1
    assert jobs.verify_events(timestamp=0) == 1


@pytest.mark.accepts("O7")
@pytest.mark.django_db
def test_a_broken_chain_fails_the_nightly_job(user, settings, tmp_path, caplog):
    settings.PRIVATE_ROOT = tmp_path
    Seal.objects.create(first_event=1, last_event=10**9, count=5, previous=seal.GENESIS, digest="a" * 64)
    with pytest.raises(RuntimeError, match="do not match"):
        jobs.verify_events(timestamp=0)
    assert "do not match" in caplog.text


def test_they_are_known_to_the_worker_and_come_by_themselves():
    app.perform_import_paths()
    periodic = {task.name for (task, _) in ((entry.task, entry.cron) for entry in app.periodic_registry.periodic_tasks.values())}
    assert {"safeguards.jobs.seal_events", "safeguards.jobs.export_head", "safeguards.jobs.purge", "safeguards.jobs.verify_events"} <= periodic


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_begins_again_once():
    with connection.cursor() as cursor:
        # tables of the queue are not Django's to empty: another committing test may have left a job
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '10 minutes'), (now()) returning id")
        dead, alive = (row[0] for row in cursor.fetchall())
        for worker in (dead, alive):
            cursor.execute(
                """insert into procrastinate_jobs (queue_name, task_name, args, status, priority, attempts, worker_id)
                   values ('default', 'x', '{}', 'doing', 0, 1, %s)""",
                [worker],
            )
    with app.replace_connector(app.connector.get_worker_connector()) as living:

        async def rescue():
            async with living.open_async():
                return await jobs.rescue(timestamp=0), await jobs.rescue(timestamp=0)

        # In a thread of its own: a browser that other tests keep open runs a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(asyncio.run, rescue()).result() == (1, 0)
    with connection.cursor() as cursor:
        cursor.execute("select status from procrastinate_jobs order by id")
        assert [status for (status,) in cursor.fetchall()] == ["todo", "doing"]
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")
