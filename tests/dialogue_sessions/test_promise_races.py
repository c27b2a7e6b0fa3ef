"""One promise under real parallel writers: no date is lost between two, nothing is kept twice, nobody is reminded twice; and the same
races without the lock of its row, which they then lose."""

from __future__ import annotations

import pytest
from django.db import connection

from dialogue_sessions import services
from dialogue_sessions.models import Promise
from dialogue_sessions.services import reminding
from messaging.models import Message
from organisation.models import today
from safeguards.models import Event
from tests.organisation import factories
from tests.racing import at_once, failures, locks_off

from .making import DAY, fresh
from .promising import open_promise, overdue, post_of

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20
WHY = "Chờ vốn."


@pytest.fixture(autouse=True)
def no_jobs_left():
    """What is committed stays for the tests that come after, and nobody empties the table of jobs."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where task_name = 'dialogue_sessions.tell_followers'")


def move_all(promise, **values):
    days = [today() + (40 + number) * DAY for number in range(THREADS)]
    return at_once([lambda day=day: services.move_promise(promise, day, WHY, None, None, **values) for day in days], THREADS)


def dates(promise):
    """The dates that held, one after the other, as the moves tell it; broken where one does not begin where the last one ended."""
    found = [promise.first_due_on]
    for move in promise.moves.order_by("pk"):
        if move.old_due_on != found[-1]:
            return None
        found.append(move.new_due_on)
    return found


def told(promise, kind=""):
    rows = Event.objects.filter(subject_type="dialogue_sessions.promise", subject_id=str(promise.pk)).order_by("pk")
    return list(rows.filter(kind=f"dialogue_sessions.promise_{kind}") if kind else rows)


def test_twenty_who_move_one_date_leave_one_line_of_dates():
    promise = open_promise()
    assert failures(move_all(promise)) == []
    now = fresh(promise)
    line = dates(now)
    assert len(line) == THREADS + 1
    assert now.due_on == line[-1]
    assert now.version == promise.version + THREADS
    assert len(told(promise, "moved")) == THREADS


def test_without_the_lock_a_date_is_lost_or_the_database_refuses(monkeypatch):
    """The negative control. Ten tries, since chance decides."""
    locks_off(monkeypatch, Promise)
    for _ in range(10):
        promise = open_promise()
        if failures(move_all(promise)) or (dates(promise) or [None])[-1] != fresh(promise).due_on:
            return
    raise AssertionError("nothing was lost without the lock")


def test_of_twenty_who_saw_the_same_page_one_moves_the_date():
    promise = open_promise()
    done = move_all(promise, version=promise.version)
    assert [type(error) for error in failures(done)] == [services.Stale] * (THREADS - 1)
    assert promise.moves.count() == 1
    assert fresh(promise).version == promise.version + 1


def keep_all(promise):
    return at_once([lambda: services.keep_promise(promise, today(), "Đã lắp xong.", None) for _ in range(THREADS)], THREADS)


def test_twenty_who_mark_one_promise_kept_keep_it_once():
    promise = open_promise()
    done = keep_all(promise)
    assert [type(error) for error in failures(done)] == [services.WrongState] * (THREADS - 1)
    assert len(told(promise, "kept")) == 1
    assert fresh(promise).version == promise.version + 1


def test_without_the_lock_one_promise_is_kept_more_than_once(monkeypatch):
    locks_off(monkeypatch, Promise)
    for _ in range(10):
        promise = open_promise()
        keep_all(promise)
        if len(told(promise, "kept")) != 1:
            return
    raise AssertionError("nothing was kept twice without the lock")


def everything(promise, units):
    return [
        lambda: services.move_promise(promise, today() + 50 * DAY, WHY, None, None),
        lambda: services.move_promise(promise, today() + 60 * DAY, WHY, None, None),
        lambda: services.change_promise(promise, "Ít tiền hơn.", None, None, text="Lắp 6 đèn"),
        lambda: services.keep_promise(promise, today(), "Đã lắp xong.", None),
        lambda: services.refuse_promise(promise, "Đất của người khác.", None),
        lambda: services.reopen_promise(promise, "Chủ đất đã đồng ý.", None),
        lambda: services.transfer_promise(promise, units[0], "Từ nay phường này lo.", None, None),
        lambda: services.transfer_promise(promise, units[1], "Từ nay phường kia lo.", None, None),
    ]  # fmt: skip


@pytest.fixture
def units():
    """Two that are led by somebody."""
    made = [factories.ward(name) for name in ("Phường Mới", "Phường Khác")]
    for unit in made:
        post_of(unit, leader=True)
    return made


def test_whatever_is_done_at_once_happens_one_after_the_other(units):
    for _ in range(6):
        promise = open_promise()
        tasks = everything(promise, units)
        done = at_once(tasks, len(tasks))
        assert {type(error) for error in failures(done)} <= {services.WrongState, services.Invalid}
        now, events = fresh(promise), told(promise)
        state = "draft"
        for event in events:
            assert event.payload.get("from", state) == state, [one.payload for one in events]
            state = event.payload.get("state", state)
        assert (now.state, now.due_on) == (state, dates(now)[-1])
        unit = promise.unit_id
        for transfer in now.transfers.order_by("pk"):
            assert transfer.old_unit_id == unit
            unit = transfer.new_unit_id
        assert (now.unit_id, now.post.unit_id) == (unit, unit)


def test_a_date_that_moves_while_somebody_else_is_put_in_charge_moves():
    """A row that was waited for is read anew, what is joined to it is not: it must be found all the same."""
    for _ in range(3):
        promise = open_promise()
        days = [today() + (40 + number) * DAY for number in range(THREADS)]
        tasks = [lambda day=day, promise=promise: services.move_promise(promise, day, WHY, None, None) for day in days]
        for place in (3, 8, 13):
            post = post_of(promise.unit)
            tasks.insert(place, lambda post=post, promise=promise: services.hand_over(promise, post, None))
        assert failures(at_once(tasks, len(tasks))) == []
        assert len(dates(fresh(promise))) == THREADS + 1


def test_twenty_clerks_who_hand_it_to_one_unit_hand_it_over_once(units):
    promise = open_promise()
    done = at_once([lambda: services.transfer_promise(promise, units[0], WHY, None, None) for _ in range(THREADS)], THREADS)
    assert [type(error) for error in failures(done)] == [services.Invalid] * (THREADS - 1)
    assert promise.transfers.count() == 1


def test_without_the_lock_it_is_handed_over_more_than_once(units, monkeypatch):
    locks_off(monkeypatch, Promise)
    for _ in range(10):
        promise = open_promise()
        at_once([lambda promise=promise: services.transfer_promise(promise, units[0], WHY, None, None) for _ in range(THREADS)], THREADS)
        if promise.transfers.count() != 1:
            return
    raise AssertionError("it was handed over once without the lock")


def test_reminders_that_run_at_once_while_the_date_moves_remind_each_once_of_each_date():
    late = overdue(days=20)
    post_of(late.unit, leader=True)
    tasks = [reminding.remind_due for _ in range(THREADS - 1)]
    tasks.insert(5, lambda: services.move_promise(late, today() + 1 * DAY, WHY, None, None))
    assert failures(at_once(tasks, THREADS)) == []
    keys = sorted(Message.objects.filter(kind="dialogue_sessions.promise_reminder").values_list("dedupe_key", flat=True))
    occasions = {":".join(key.split(":")[2:4]) for key in keys}
    assert len(keys) == len(occasions)  # one person each: whoever sees to it, or the head
    assert reminding.remind_due() == 1  # of the new date, told before or told now
    assert occasions <= {f"{late.due_on}:late", f"{today() + DAY}:soon"}
    reminding.remind_due()
    assert Message.objects.filter(dedupe_key__contains=f":{today() + DAY}:soon:").count() == 1
