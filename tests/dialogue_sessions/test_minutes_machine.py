"""Minutes under any order of what note-takers, those who attended, moderators and the clock do: hypothesis draws it; final stays final,
and published minutes have answered what their lines answer."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dialogue_sessions import services
from dialogue_sessions.enums import FIXED_MINUTES, TO_ANSWER, AnswerWay, CorrectionState, MinutesState
from dialogue_sessions.models import Addendum, Contribution, ContributionQuestion, Minutes, Question, Session
from dialogue_sessions.services.questions import root_of

from .asking import accepted
from .making import DAY, confirmed, fresh, open_pool
from .promising import came

ORDER = [MinutesState.DRAFT, MinutesState.CIRCULATED, MinutesState.FINAL, MinutesState.PUBLISHED]


class TheMinutes(RuleBasedStateMachine):
    """One session that was held, with one who attended and three questions that were sent ahead."""

    start: dt.datetime

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = time_machine.travel(self.start, tick=False)
        self.traveller = self.clock.start()
        self.fixed = None
        self.reached = 0

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self):
        who = confirmed(open_pool(3))
        self.questions = [accepted(Session.objects.get(pk=who.session_id), f"Câu {number}?").pk for number in range(3)]
        Session.objects.filter(pk=who.session_id).update(
            state="held", starts_at=self.start - DAY, ends_at=self.start - DAY / 2, registration_opens=None, registration_closes=None
        )
        self.who = came(who)
        self.minutes = services.begin_minutes(Session.objects.get(pk=who.session_id), None)

    def attempt(self, service, *args, **values):
        try:
            with transaction.atomic():
                return service(*args, **values)
        except services.SessionError as error:
            assert str(error)
            return None

    @rule(answer=st.sampled_from(["", "Vâng."]))
    def write(self, answer):
        done = self.attempt(services.save_line, Contribution(minutes=self.minutes, text="Ý kiến", answer=answer), None)
        assert not (done and self.fixed)

    @rule(answer=st.sampled_from(["", "Sẽ làm."]))
    def rewrite(self, answer):
        row = self.minutes.contributions.last()
        if row is not None:
            row.answer = answer
            assert not (self.attempt(services.save_line, row, None) and self.fixed)

    @rule(which=st.integers(0, 2), linked=st.booleans())
    def link(self, which, linked):
        row = self.minutes.contributions.last()
        if row is not None:
            change = {"add" if linked else "remove": [self.questions[which]]}
            assert self.attempt(services.link_questions, row, None, **change) is None or not self.fixed

    @rule(which=st.integers(0, 2), what=st.sampled_from(["answer", "refuse", "withdraw", "merge", "part"]))
    def moderate(self, which, what):
        question, other = (Question.objects.get(pk=self.questions[number % 3]) for number in (which, which + 1))
        if what == "answer":
            self.attempt(services.publish_answer, question, "Trả lời bằng văn bản.", AnswerWay.IN_WRITING, None, why="Sửa.")
        elif what == "merge":
            self.attempt(services.merge_question, question, other, None)
        elif what == "refuse":
            self.attempt(services.refuse_question, question, "unclear", "Không rõ.", None)
        else:
            self.attempt(
                services.withdraw_question if what == "withdraw" else services.unmerge_question, question, *([] if what == "withdraw" else [None])
            )

    @rule()
    def circulate(self):
        self.attempt(services.circulate, self.minutes, None)

    @rule()
    def propose(self):
        self.attempt(services.propose, fresh(self.minutes), self.who, None, "Khác.")

    @rule(accept=st.booleans(), reason=st.sampled_from(["", "Đúng."]))
    def decide(self, accept, reason):
        row = self.minutes.corrections.filter(state=CorrectionState.PENDING).first()
        if row is not None:
            assert not (self.attempt(services.decide, row, accept=accept, public_text="Một góp ý", reason=reason, actor=None) and self.fixed)

    @rule()
    def finish(self):
        before = fresh(self.minutes)
        if self.attempt(services.finish, self.minutes, None):
            assert before.state == MinutesState.CIRCULATED
            assert dt.datetime.now(dt.UTC) > before.corrections_until

    @rule(reason=st.sampled_from(["", "Chờ số liệu."]))
    def publish(self, reason):
        self.attempt(services.publish_minutes, self.minutes, None, late_reason=reason)

    @rule()
    def add(self):
        self.attempt(services.add_addendum, Addendum(minutes=self.minutes, text="Thêm."), None)

    @rule(days=st.integers(1, 8))
    def time_passes(self, days):
        self.traveller.shift(days * DAY)

    @invariant()
    def final_stays_final(self):
        if not hasattr(self, "minutes"):
            return
        row = Minutes.objects.get(pk=self.minutes.pk)
        step = ORDER.index(row.state)
        assert step >= self.reached, "minutes go one way"
        self.reached = step
        now = (
            row.summary,
            row.attended,
            list(row.contributions.values_list("number", "text", "answer")),
            list(row.corrections.values_list("pk", "state")),
            list(ContributionQuestion.objects.order_by("pk").values_list("contribution", "question")),
        )
        if row.state in FIXED_MINUTES:
            assert self.fixed in {None, repr(now)}
            self.fixed = repr(now)
            assert row.attended == 1
            assert not row.contributions.filter(answer="").exists()
            assert not row.corrections.filter(state=CorrectionState.PENDING).exists()
        else:
            assert not row.addenda.exists()

    @invariant()
    def published_minutes_have_answered_what_their_lines_answer(self):
        if not hasattr(self, "minutes"):
            return
        linked = Question.objects.filter(line_links__isnull=False).distinct()
        if Minutes.objects.get(pk=self.minutes.pk).state != MinutesState.PUBLISHED:
            assert not Question.objects.filter(pk__in=self.questions, answer_way=AnswerWay.IN_SESSION), "not before everybody reads them"
            return
        assert not [question for question in linked if root_of(question).state in TO_ANSWER]


@pytest.mark.django_db
def test_minutes_go_one_way_under_any_order_of_events():
    TheMinutes.start = dt.datetime(2026, 11, 2, 3, tzinfo=dt.UTC)
    run_state_machine_as_test(
        TheMinutes,
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
        ),
    )
