"""Many at once, by the pages: as many seats as there are, one queue, and one place for a form that is sent again and again."""

import threading
from collections import Counter

import pytest
from django.db import connections
from django.test import Client

from dialogue_sessions.models import Registration
from messaging.models import Message

from .making import check_seats, open_pool
from .visiting import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts):
    """Each in a thread and a connection of its own, all beginning together; what each gave or raised."""
    found, start = [None] * len(acts), threading.Barrier(len(acts))

    def work(number, act):
        start.wait()
        try:
            found[number] = act()
        except Exception as error:  # noqa: BLE001  # shown by the test
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(autouse=True)
def texts_are_sent(settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"


@pytest.mark.accepts("C5")
def test_the_same_form_eight_times_at_once_is_one_place_one_code_and_one_page():
    pool = open_pool(3)
    page = Visitor(Client()).form(pool.session)
    answers = at_once([lambda: Visitor(Client()).send(page, pool)] * 8)
    assert [getattr(answer, "status_code", answer) for answer in answers] == [302] * 8
    assert Registration.objects.count() == 1 and Message.objects.count() == 1
    visitor = Visitor(Client())
    place = visitor.type_code(answers[3].url).url
    assert {visitor.client.get(answer.url).url for answer in answers} == {place}
    check_seats(pool.session)


@pytest.mark.accepts("L5")
def test_twelve_people_for_four_seats_by_the_pages():
    pool = open_pool(4)

    def come(number):
        return Visitor(Client(), contact=f"nguoi-{number}@example.vn").register(pool)

    places = at_once([lambda number=number: come(number) for number in range(12)])
    assert all(isinstance(place, str) and "/cho/" in place for place in places), places
    rows = list(Registration.objects.order_by("queue_no").values_list("state", flat=True))
    assert rows == ["confirmed"] * 4 + ["waiting"] * 8
    assert sorted(Registration.objects.filter(state="confirmed").values_list("seat_no", flat=True)) == [1, 2, 3, 4]
    assert Counter(Message.objects.values_list("kind", flat=True)) == {
        "messaging.code": 12, "dialogue_sessions.confirmed": 4, "dialogue_sessions.waiting": 8,
    }  # fmt: skip
    check_seats(pool.session)
