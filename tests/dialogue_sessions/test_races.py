"""Seats under real parallel writers: connections of their own, rows that are committed."""

from __future__ import annotations

import random

import psycopg
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import Pool, Registration, Session
from dialogue_sessions.services import Seats, gate, seats
from portal import errors
from portal.urls import urlpatterns as house_urls
from tests.racing import at_once

from .making import check_seats, fresh, open_pool, open_session, person, pool_of

pytestmark = pytest.mark.django_db(transaction=True)
handler500 = "portal.errors.server_error"


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        return cursor.fetchone()[0]


def rush(pool, people, tag):
    return at_once([lambda number=number: services.hold(pool, person(f"{tag} {number}")) for number in range(people)])


def seated(pool):
    return sum(row.size for row in pool.registrations.seated())


@pytest.mark.accepts("C1")
def test_two_hundred_at_once_fill_fifty_seats_exactly_twenty_times():
    before = deadlocks()
    for run in range(20):
        pool = open_pool(50)
        done = rush(pool, 200, run)
        assert [error for error in done if isinstance(error, Exception)] == []
        assert (seated(pool), fresh(pool).taken) == (50, 50)
        rows = Registration.objects.filter(pool=pool)
        assert rows.filter(state="waiting").count() == 150
        # One queue, in which nobody has another's place, and nobody has a seat who came after somebody without one.
        assert list(rows.order_by("queue_no").values_list("queue_no", flat=True)) == list(range(1, 201))
        assert set(rows.filter(queue_no__lte=50).values_list("state", flat=True)) == {"held"}
    assert deadlocks() == before


@pytest.mark.accepts("C1")
def test_with_the_lock_off_seats_are_oversold(monkeypatch):
    """The negative control: counting and then writing, without the gate, sells seats twice. Three tries, since chance decides."""

    def count_then_write(pool_id, wanted):
        pool = Pool.objects.get(pk=pool_id)
        if pool.free < wanted:
            return False
        Pool.objects.filter(pk=pool_id).update(taken=pool.taken + wanted)
        return True

    monkeypatch.setattr(gate, "lock", lambda pk: Session.objects.get(pk=pk))
    monkeypatch.setattr(seats, "take", count_then_write)
    sold = []
    for run in range(3):
        pool = open_pool(50)
        rush(pool, 200, run)
        sold.append(seated(pool))
        if sold[-1] > 50:
            break
    assert max(sold) > 50, sold


@pytest.mark.accepts("C1")
def test_the_condition_in_the_statement_holds_even_without_the_gate(monkeypatch):
    monkeypatch.setattr(gate, "lock", lambda pk: Session.objects.get(pk=pk))
    pool = open_pool(50)
    rush(pool, 200, "điều kiện")
    assert (seated(pool), fresh(pool).taken) == (50, 50)


@pytest.mark.accepts("C3")
def test_twenty_threads_that_do_everything_leave_every_rule_standing():
    before = deadlocks()
    session = open_session(seats=[Seats(6), Seats(4, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    pools = [pool_of(session, kind="hall"), pool_of(session, kind="online")]

    def somebody(seed):
        chance = random.Random(seed)
        mine = []

        def live():
            for step in range(12):
                what = chance.choice(["register", "register", "confirm", "cancel", "accept", "resize", "change", "capacity", "expire", "promote"])
                row = fresh(chance.choice(mine)) if mine else None
                try:
                    if what == "register" or row is None:
                        mine.append(services.hold(chance.choice(pools), person(f"{seed} {step}", size=chance.choice([1, 1, 2]))))
                    elif what == "resize":
                        services.change_size(row, chance.randint(1, 3))
                    elif what == "change":
                        services.change_pool(row, chance.choice(pools))
                    elif what == "capacity":
                        services.set_capacity(chance.choice(pools), chance.randint(4, 9), None)
                    elif what == "expire":
                        services.expire(session.pk)
                    elif what == "promote":
                        services.promote(session)
                    else:
                        getattr(services, what)(row)
                except (services.SessionError, services.Busy):
                    continue

        return live

    done = at_once([somebody(seed) for seed in range(20)], 20)
    assert [error for error in done if isinstance(error, Exception)] == []
    check_seats(session)
    assert services.promote(session) == []  # nothing was left to give
    for pool in Pool.objects.filter(session=session):
        assert not pool.registrations.waiting().filter(size__lte=pool.free).exists()
    assert deadlocks() == before


def test_one_person_who_asks_for_two_slots_at_once_gets_what_the_limit_allows():
    from dialogue_sessions.models import Series

    session = open_session()
    series = Series.objects.create(unit=session.unit, kind="appointment", title="Hẹn", slug="hen", per_person=1)
    slots = [open_pool(5, series=series, unit=session.unit, begins_in=session.starts_at - session.registration_opens) for _ in range(6)]
    done = at_once([lambda pool=pool: services.hold(pool, person("an")) for pool in slots], 6)
    assert sorted(type(one).__name__ for one in done) == ["Registration"] + ["TooManyPlaces"] * 5


@pytest.mark.accepts("C11")
def test_the_limit_of_a_contact_is_exact_over_parallel_tries(settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "seat_contact": (10, 3600)}
    pools = [open_pool(5) for _ in range(40)]
    done = at_once([lambda pool=pool: services.hold(pool, person("an")) for pool in pools])
    assert sum(isinstance(one, Registration) for one in done) == 10
    assert sum(isinstance(one, services.TooManyTries) for one in done) == 30


# ── Whoever would wait too long ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def elsewhere():
    """A connection of somebody else."""
    parameters = connection.get_connection_params()
    keep = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    with psycopg.connect(**keep) as link:
        yield link
        link.rollback()


def register_view(request):
    services.hold(pool_of(Session.objects.get()), person("an"))
    return HttpResponse("in")


urlpatterns = [path("thu/dang-ky/", register_view), *house_urls]


@pytest.mark.accepts("C13")
@pytest.mark.parametrize("table", ["session", "pool"])
def test_a_lock_that_lasts_is_told_as_busy_and_answered_with_503(elsewhere, settings, monkeypatch, table):
    pool = open_pool(2)
    monkeypatch.setattr(gate, "LOCK_TIMEOUT", "200ms")
    row = {"session": pool.session_id, "pool": pool.pk}[table]
    elsewhere.execute(f"select 1 from dialogue_sessions_{table} where id = %s for update", [row])
    with pytest.raises(services.Busy, match="rất nhiều người"):
        services.hold(pool, person("an"))
    settings.ROOT_URLCONF = __name__
    clear_url_caches()
    response = Client(raise_request_exception=False).get("/thu/dang-ky/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) == errors.RETRY_AFTER
    assert not Registration.objects.exists() and fresh(pool).taken == 0
    elsewhere.rollback()
    assert Client().get("/thu/dang-ky/").content == b"in"
    clear_url_caches()


@pytest.mark.accepts("C13")
def test_nobody_waits_for_a_lock_longer_than_three_seconds():
    session = open_session()
    with gate.change(), connection.cursor() as cursor:
        gate.lock(session.pk)
        cursor.execute("show lock_timeout")
        assert cursor.fetchone() == ("3s",)


@pytest.mark.accepts("C13")
def test_the_job_goes_on_with_others_when_a_session_is_busy(elsewhere, monkeypatch):
    first, second = open_pool(1), open_pool(1)
    for pool in (first, second):
        services.hold(pool, person("an"))
    Registration.objects.update(held_until="2020-01-01T00:00:00Z")
    monkeypatch.setattr(gate, "LOCK_TIMEOUT", "200ms")
    elsewhere.execute("select 1 from dialogue_sessions_session where id = %s for update", [first.session_id])
    assert services.expire_due() == 1
    assert (fresh(first).taken, fresh(second).taken) == (1, 0)
    elsewhere.rollback()
    assert services.expire_due() == 1


def test_foreign_keys_of_other_rows_do_not_wait_for_the_gate(elsewhere):
    """A question or a file that names the session is written while somebody registers."""
    pool = open_pool(2)
    with gate.change():
        gate.lock(pool.session_id)
        elsewhere.execute("set lock_timeout = '2s'")
        elsewhere.execute("select 1 from dialogue_sessions_session where id = %s for key share", [pool.session_id])
