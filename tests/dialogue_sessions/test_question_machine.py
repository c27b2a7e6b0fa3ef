"""Questions under any order of what people and moderators do: hypothesis draws it, the same rules must hold after each step."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from dialogue_sessions import services
from dialogue_sessions.enums import LISTED, QUESTION_OVER
from dialogue_sessions.models import Question, QuestionSupport
from dialogue_sessions.services.questions import family, root_of
from safeguards.models import Event

from .asking import contact
from .making import open_session

pytestmark = pytest.mark.django_db


class Questions(RuleBasedStateMachine):
    """One dialogue; a handful of people who ask, join, withdraw; moderators who take, refuse, merge, part, assign, answer."""

    people: list
    session = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.joined: dict[int, set[int]] = {}  # question -> people who asked or joined it while it stood there

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self):
        for person in self.people[:2]:
            question = services.ask_question(self.session, "Khi nào?", person)
            services.accept_question(question, "Khi nào có đèn?", None)
            self.joined[question.pk] = {person.pk}

    def attempt(self, service, *args, **values):
        """What is refused says why."""
        try:
            with transaction.atomic():
                return service(*args, **values)
        except services.SessionError as error:
            assert str(error)
            return None

    def pick(self, number):
        keys = sorted(self.joined)
        return Question.objects.select_related("session").get(pk=keys[number % len(keys)])

    def root(self, question):
        return root_of(Question.objects.get(pk=question.pk))

    @precondition(lambda self: len(self.joined) < 9)
    @rule(who=st.integers(0, 5), take=st.booleans())
    def ask(self, who, take):
        question = self.attempt(services.ask_question, self.session, "Vì sao?", self.people[who])
        if question is not None:
            self.joined[question.pk] = {self.people[who].pk}
            if take:
                self.attempt(services.accept_question, question, "Vì sao ngập?", None)

    @rule(which=st.integers(0, 20))
    def accept(self, which):
        self.attempt(services.accept_question, self.pick(which), "Câu đã duyệt", None)

    @rule(which=st.integers(0, 20), who=st.integers(0, 5))
    def support(self, which, who):
        question = self.pick(which)
        root = self.root(question)
        everybody = set().union(*(self.joined.get(key, set()) for key in family(root)))
        new = self.attempt(services.support_question, question, self.people[who])
        if new is not None:
            assert new == (self.people[who].pk not in everybody)
        if new:
            self.joined[root.pk].add(self.people[who].pk)

    @rule(which=st.integers(0, 20), into=st.integers(0, 20))
    def merge(self, which, into):
        self.attempt(services.merge_question, self.pick(which), self.pick(into), None)

    @rule(which=st.integers(0, 20))
    def part(self, which):
        self.attempt(services.unmerge_question, self.pick(which), None)

    @rule(which=st.integers(0, 20))
    def assign(self, which):
        self.attempt(services.assign_question, self.pick(which), self.session.unit, None, None)

    @rule(which=st.integers(0, 20), words=st.sampled_from(["Một.", "Hai."]))
    def answer(self, which, words):
        self.attempt(services.publish_answer, self.pick(which), words, "in_writing", None, why="Sửa.")

    @rule(which=st.integers(0, 20))
    def refuse(self, which):
        self.attempt(services.refuse_question, self.pick(which), "unclear", "Không rõ.", None)

    @rule(which=st.integers(0, 20))
    def withdraw(self, which):
        question = self.pick(which)
        asker = question.own_supports.filter(asked=True).values_list("contact", flat=True).first()
        if self.attempt(services.withdraw_question, question) is not None and asker is not None:
            self.joined[question.pk].discard(asker)

    @invariant()
    def what_stands_counts_each_contact_once(self):
        for question in Question.objects.filter(pk__in=list(self.joined)):
            if question.state not in LISTED:
                continue
            keys = family(question)
            everybody = set().union(*(self.joined[key] for key in keys))
            assert question.supports == len(everybody), (question.pk, question.state)
            assert question.gathered == len(keys)
            rows = QuestionSupport.objects.filter(counted_for=question)
            assert set(rows.values_list("question", flat=True)) <= set(keys)
            assert set(rows.values_list("contact", flat=True)) == everybody

    @invariant()
    def every_support_counts_for_the_root(self):
        for support in QuestionSupport.objects.select_related("question"):
            assert support.counted_for_id == root_of(support.question).pk

    @invariant()
    def what_is_public_has_a_text_what_is_over_an_end_and_merges_lead_to_one_that_stands_alone(self):
        for question in Question.objects.filter(pk__in=list(self.joined)):
            assert (question.accepted_at is None) or question.public_text
            assert (question.state in QUESTION_OVER) == (question.ended_at is not None)
            assert (question.state == "merged") == (question.merged_into_id is not None)
            assert root_of(question).state != "merged"
            last = Event.objects.filter(subject_type="dialogue_sessions.question", subject_id=str(question.pk)).exclude(
                kind__regex="_(supported|left|text_published|read|answer_drafted)$"
            ).order_by("-pk").first()  # fmt: skip
            assert last is not None
            assert last.kind == f"dialogue_sessions.question_{question.state}"


@pytest.mark.accepts("C9")
def test_questions_hold_their_rules_under_any_order():
    Questions.session = open_session()
    Questions.people = [contact() for _ in range(6)]
    run_state_machine_as_test(
        Questions,
        settings=settings(
            max_examples=25, stateful_step_count=18, deadline=None, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
