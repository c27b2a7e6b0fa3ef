"""Promises: made, moved, changed, kept, refused, opened again; what is public keeps its history, by service and by database."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dialogue_sessions import services
from dialogue_sessions.enums import PROMISE_MOVES, PromiseState
from dialogue_sessions.models import ConclusionLine, ConclusionNotice, Promise, PromiseEvidence, PromiseMove, PromiseVersion
from organisation.models import today
from safeguards.models import Event
from tests.organisation import factories

from .making import DAY, fresh
from .promising import draft_promise, held_session, kept, open_promise, overdue, post_of, refused_by_database

pytestmark = pytest.mark.django_db


def test_a_draft_is_nobodys_and_may_go():
    promise = draft_promise()
    assert not Promise.objects.public().exists()
    services.discard_promise(promise, None)
    assert not Promise.objects.exists()


def test_a_public_promise_never_goes():
    promise = open_promise()
    with pytest.raises(services.WrongState):
        services.discard_promise(promise, None)
    assert refused_by_database("delete from dialogue_sessions_promise where id = %s", [promise.pk])


def test_kept_in_time_or_late_follows_from_the_day_of_completion():
    early = services.keep_promise(open_promise(due_in=0), today(), "Xong.", None)
    late = services.keep_promise(overdue(3), today(), "Xong.", None)
    assert (early.state, early.days_late(today())) == (PromiseState.KEPT, 0)
    assert (late.state, late.days_late(today() + 100 * DAY)) == (PromiseState.KEPT_LATE, 3)
    assert refused_by_database("update dialogue_sessions_promise set due_on = due_on where id = %s", [late.pk]) == ""
    assert refused_by_database("update dialogue_sessions_promise set kept_on = due_on where id = %s", [late.pk]) == "promise_kept_in_time"


def test_nothing_is_kept_tomorrow_or_without_saying_what_was_done():
    promise = open_promise()
    with pytest.raises(services.Invalid):
        services.keep_promise(promise, today() + DAY, "Sẽ xong.", None)
    with pytest.raises(services.Invalid):
        services.keep_promise(promise, today(), "  ", None)
    assert fresh(promise).state == PromiseState.OPEN


def test_a_date_moves_with_a_reason_that_everybody_reads():
    promise = open_promise(due_in=10)
    chair = post_of(promise.unit, leader=True)
    moved = services.move_promise(promise, promise.due_on + 20 * DAY, "Chờ hàng về.", chair, None)
    move = moved.moves.get()
    assert (move.old_due_on, move.new_due_on, move.reason, move.decided_by) == (promise.due_on, moved.due_on, "Chờ hàng về.", chair)
    assert (moved.first_due_on, moved.state) == (promise.due_on, PromiseState.OPEN)


def test_a_date_does_not_move_without_a_reason():
    promise = open_promise(due_in=10)
    with pytest.raises(services.ReasonMissing):
        services.move_promise(promise, promise.due_on + DAY, "   ", None, None)
    assert refused_by_database("update dialogue_sessions_promise set due_on = due_on + 1 where id = %s", [promise.pk]) == "promise_due_with_reason"
    empty = "insert into dialogue_sessions_promisemove (promise_id, old_due_on, new_due_on, reason, at) values (%s, %s, %s, ' ', now())"
    assert refused_by_database(empty, [promise.pk, promise.due_on, promise.due_on + DAY]) == "promise_move_why"
    assert fresh(promise).due_on == promise.due_on


def test_one_reason_moves_a_date_once():
    """A later update cannot rest on a reason that was given for another move."""
    promise = open_promise(due_in=10)
    moved = services.move_promise(promise, promise.due_on + DAY, "Mưa.", None, None)
    again = "update dialogue_sessions_promise set due_on = %s where id = %s"
    assert refused_by_database(again, [promise.due_on, promise.pk]) == "promise_due_with_reason"
    assert refused_by_database(again, [moved.due_on + DAY, promise.pk]) == "promise_due_with_reason"


def test_a_date_does_not_move_into_the_past_or_nowhere():
    promise = open_promise(due_in=10)
    for day in (promise.due_on, today() - DAY):
        with pytest.raises(services.Invalid):
            services.move_promise(promise, day, "Vì vậy.", None, None)
    assert not PromiseMove.objects.exists()


def test_moves_and_former_words_are_only_ever_added_to():
    promise = services.move_promise(open_promise(), today() + 90 * DAY, "Chờ vốn.", None, None)
    services.change_promise(promise, "Ít tiền hơn.", None, None, text="Lắp 6 đèn")
    for table in ("promisemove", "promiseversion"):
        assert refused_by_database(f"update dialogue_sessions_{table} set reason = 'khác'") == "dialogue_record_append_only"
        assert refused_by_database(f"delete from dialogue_sessions_{table}") == "dialogue_record_append_only"


def test_other_words_stay_followed_and_leave_the_former_ones_visible():
    promise = open_promise(text="Lắp 12 đèn")
    changed = services.change_promise(promise, "Hẻm chỉ cần 8.", None, None, text="Lắp 8 đèn", due_on=promise.due_on + 5 * DAY)
    assert (changed.state, changed.text, changed.is_followed_up) == (PromiseState.CHANGED, "Lắp 8 đèn", True)
    assert list(changed.versions.values_list("text", flat=True)) == ["Lắp 12 đèn", "Lắp 8 đèn"]
    assert changed.moves.get().reason == "Hẻm chỉ cần 8."


def test_words_of_a_public_promise_do_not_change_in_silence():
    promise = open_promise()
    assert (
        refused_by_database("update dialogue_sessions_promise set text = 'Không lắp gì' where id = %s", [promise.pk]) == "promise_text_with_version"
    )
    with pytest.raises(services.ReasonMissing):
        services.change_promise(promise, "", None, None, text="Không lắp gì")
    with pytest.raises(services.Invalid):
        services.change_promise(promise, "Vẫn thế.", None, None, text=promise.text)
    with pytest.raises(services.WrongState):
        services.edit_draft(promise, None, text="Không lắp gì")


def test_refused_needs_a_reason_and_may_be_opened_again():
    promise = open_promise()
    with pytest.raises(services.ReasonMissing):
        services.refuse_promise(promise, " ", None)
    refused = services.refuse_promise(promise, "Đất của người khác.", None)
    assert (refused.state, refused.is_followed_up) == (PromiseState.REFUSED, False)
    again = services.reopen_promise(refused, "Chủ đất đã đồng ý.", None)
    assert (again.state, again.kept_on, again.reason) == (PromiseState.OPEN, None, "Chủ đất đã đồng ý.")


@pytest.mark.accepts("C9")
@pytest.mark.parametrize("was", PromiseState.values)
def test_every_move_that_the_table_does_not_have_is_refused_by_the_database(was):
    making = {
        "draft": draft_promise, "open": open_promise, "kept": kept, "kept_late": lambda: services.keep_promise(overdue(), today(), "Xong.", None),
        "refused": lambda: services.refuse_promise(open_promise(), "Không được.", None),
        "changed": lambda: services.change_promise(open_promise(), "Khác.", None, None, text="Khác"),
    }  # fmt: skip
    promise = making[was]()
    assert promise.state == was
    for to in PromiseState.values:
        if to == was:
            continue
        refusal = refused_by_database("update dialogue_sessions_promise set state = %s where id = %s", [to, promise.pk])
        assert (refusal != "promise_transition") == (to in PROMISE_MOVES[was]), (was, to, refusal)


def test_two_people_at_one_promise_lose_nothing():
    promise = open_promise()
    seen = promise.version
    services.move_promise(promise, today() + 50 * DAY, "Chờ vốn.", None, None, version=seen)
    with pytest.raises(services.Stale) as error:
        services.keep_promise(promise, today(), "Xong.", None, version=seen)
    assert str(error.value)
    assert fresh(promise).state == PromiseState.OPEN


def test_a_line_of_a_notice_becomes_a_promise_once_and_leads_back():
    session = held_session()
    leader = post_of(session.unit, leader=True)
    notice = services.save_conclusion(ConclusionNotice(session=session, number="12/TB-UBND", signed_on=today()), None)
    line = services.add_conclusion_line(ConclusionLine(notice=notice, unit=session.unit, text="Sửa cầu", due_on=today() + 30 * DAY), None)
    promise = services.promise_of_line(line, None, None)
    assert (promise.post, promise.text, promise.due_on, promise.session, promise.conclusion_line) == (leader, "Sửa cầu", line.due_on, session, line)
    assert line.promise == promise
    with pytest.raises(services.SessionError):
        services.promise_of_line(line, None, None)


def test_a_line_of_a_unit_that_nobody_leads_asks_who_sees_to_it():
    session = held_session()
    notice = services.save_conclusion(ConclusionNotice(session=session, number="1", signed_on=today()), None)
    line = services.add_conclusion_line(ConclusionLine(notice=notice, unit=session.unit, text="Sửa cầu", due_on=today()), None)
    with pytest.raises(services.SessionError):
        services.promise_of_line(line, None, None)


def test_who_sees_to_it_works_in_the_unit():
    promise = draft_promise()
    other = post_of(factories.ward("Phường Khác"))
    with pytest.raises(services.Invalid):
        services.edit_draft(promise, None, post=other)
    with pytest.raises(services.Invalid):
        services.hand_over(promise, other, None)


def test_evidence_says_something_and_a_picture_says_it_in_words():
    promise = open_promise()
    with pytest.raises(services.Invalid):
        services.add_evidence(PromiseEvidence(promise=promise), None)
    services.add_evidence(PromiseEvidence(promise=promise, text="Đã đấu thầu."), None)
    assert promise.evidence.get().text == "Đã đấu thầu."


def test_every_change_leaves_an_event_without_words():
    promise = services.move_promise(open_promise(text="Lắp đèn cho ông Minh"), today() + 60 * DAY, "Ông Minh đi vắng.", None, None)
    services.keep_promise(promise, today(), "Xong cho ông Minh.", None)
    events = Event.objects.filter(subject_type="dialogue_sessions.promise", subject_id=str(promise.pk)).order_by("pk")
    assert [event.kind.removeprefix("dialogue_sessions.promise_") for event in events] == ["made", "published", "moved", "kept"]
    assert "Minh" not in str([event.payload for event in events])


class APromise(RuleBasedStateMachine):
    """One promise under any order of what staff and the clock do: what is public keeps its date and words unless a reason says otherwise."""

    start: dt.datetime

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = time_machine.travel(self.start, tick=False)
        self.traveller = self.clock.start()
        self.reasons = 0

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(due_in=st.integers(0, 20))
    def begin(self, due_in):
        self.promise = draft_promise(due_in=due_in)
        self.first = None

    def attempt(self, service, *args, **values):
        before = fresh(self.promise)
        try:
            with transaction.atomic():
                service(self.promise, *args, **values)
        except services.SessionError as error:
            assert str(error)
            after = fresh(self.promise)
            assert (before.state, before.due_on, before.text, before.version) == (after.state, after.due_on, after.text, after.version)
            return False
        return True

    @rule()
    def publish(self):
        if self.attempt(services.publish_promise, None):
            assert self.first is None, "published twice"
            self.first = fresh(self.promise).due_on

    @rule(days=st.integers(-5, 40), reason=st.sampled_from(["", "  ", "Mưa"]))
    def move(self, days, reason):
        before = fresh(self.promise)
        if self.attempt(services.move_promise, today() + days * DAY, reason, None, None):
            assert reason.strip()
            assert before.is_followed_up
            assert days >= 0

    @rule(text=st.sampled_from(["Lắp đèn", "Sửa cầu", ""]), reason=st.sampled_from(["", "Đổi ý"]), days=st.integers(0, 9))
    def change(self, text, reason, days):
        if self.attempt(services.change_promise, reason, None, None, text=text, due_on=today() + days * DAY):
            assert reason

    @rule(ago=st.integers(-1, 9))
    def keep(self, ago):
        if self.attempt(services.keep_promise, today() - ago * DAY, "Xong", None):
            row = fresh(self.promise)
            assert row.state == (PromiseState.KEPT if row.kept_on <= row.due_on else PromiseState.KEPT_LATE)

    @rule(reason=st.sampled_from(["", "Không được"]))
    def refuse(self, reason):
        if self.attempt(services.refuse_promise, reason, None):
            assert reason

    @rule(reason=st.sampled_from(["", "Chưa xong"]))
    def reopen(self, reason):
        if self.attempt(services.reopen_promise, reason, None):
            assert reason

    @rule(days=st.integers(1, 12))
    def time_passes(self, days):
        self.traveller.shift(days * DAY)

    @invariant()
    def history_explains_the_present(self):
        row = fresh(self.promise)
        if row.state == PromiseState.DRAFT:
            assert not PromiseVersion.objects.filter(promise=row).exists()
            return
        assert row.first_due_on == self.first
        day = self.first
        for move in row.moves.order_by("pk"):
            assert move.old_due_on == day
            assert move.reason.strip()
            day = move.new_due_on
        assert row.due_on == day
        last = row.versions.order_by("number").last()
        assert (last.text, last.text_en) == (row.text, row.text_en)
        assert (row.days_late(today()) > 0) == ((row.kept_on or today()) > row.due_on) or row.state == PromiseState.REFUSED


@pytest.mark.accepts("C9")
def test_a_promise_keeps_its_history_under_any_order_of_events():
    APromise.start = dt.datetime(2026, 11, 2, 3, tzinfo=dt.UTC)
    run_state_machine_as_test(
        APromise,
        settings=settings(
            max_examples=40, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
        ),
    )


@pytest.mark.parametrize(
    "statement",
    ["set due_on = due_on + 1", "set text = 'Không lắp gì'", "set first_due_on = due_on + 1", "set state = 'draft'"],
)
def test_it_is_the_guard_that_refuses(statement):
    """Negative control: with the trigger off, the database takes what it refuses with it."""
    promise = open_promise()
    statement = f"update dialogue_sessions_promise {statement} where id = {promise.pk}"
    assert refused_by_database(statement)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table dialogue_sessions_promise disable trigger promise_guard")
    assert refused_by_database(statement) == ""


def test_a_change_of_what_is_public_is_told_to_who_follows_by_a_job_of_its_transaction():
    def jobs():
        with connection.cursor() as cursor:
            cursor.execute("select args->>'what' from procrastinate_jobs where task_name like '%tell_followers' order by id")
            return [what for (what,) in cursor.fetchall()]

    promise = open_promise()
    assert jobs() == []  # nobody follows what was not public
    services.move_promise(promise, today() + 90 * DAY, "Mưa.", None, None)
    services.keep_promise(promise, today(), "Xong.", None)
    assert jobs() == ["moved", "kept"]
    services.add_evidence(PromiseEvidence(promise=promise, text="Ảnh ở trụ sở"), None)
    services.edit_draft(draft_promise(), None, text="Khác")
    assert jobs() == ["moved", "kept", "evidence"]


def test_nothing_is_kept_before_it_was_promised():
    promise = open_promise(made_on=today() - 3 * DAY)
    with pytest.raises(services.Invalid, match="trước"):
        services.keep_promise(promise, today() - 4 * DAY, "Xong.", None)
    assert services.keep_promise(promise, today() - 3 * DAY, "Xong.", None).state == "kept"


def test_overdue_is_what_is_still_to_be_kept_the_day_after_its_date():
    open_promise(due_in=0), services.keep_promise(overdue(3), today(), "Xong.", None), draft_promise(due_in=-1)
    late = overdue(1)
    assert list(Promise.objects.overdue(today())) == [late]


def test_nothing_is_due_before_it_was_promised():
    with pytest.raises(services.Invalid) as refused:
        draft_promise(made_on=today(), due_in=-1)
    assert list(refused.value.error.message_dict) == ["due_on"]
