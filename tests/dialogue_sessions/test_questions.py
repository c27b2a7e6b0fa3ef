"""A question from the person who asks it to its answer: what each step changes, tells and refuses."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import question_search, services
from dialogue_sessions.enums import QUESTION_MOVES, QuestionState
from dialogue_sessions.models import Question, QuestionSupport, QuestionText
from dialogue_sessions.question_terms import answer_due, legal_due, overdue
from messaging.models import Message
from safeguards.models import Event
from search.models import Entry
from tests.organisation import factories
from tests.safeguards.staff import person

from .asking import PUBLIC, TEXT, accepted, answered, assigned, contact, fresh, received, run_jobs, told, voices
from .making import DAY, HOUR, announced, draft, open_session

pytestmark = pytest.mark.django_db
QUESTION = "dialogue_sessions_question"


def test_a_question_is_answered_and_everybody_hears_of_it():
    session, lan, minh = open_session(), contact(), contact()
    question = received(session, who=lan)
    assert (question.state, question.supports, question.public_text) == ("received", 1, "")
    question = services.accept_question(question, PUBLIC, None)
    assert (question.state, question.public_text, question.text_version) == ("accepted", PUBLIC, 1)
    assert services.support_question(question, minh)
    question = services.assign_question(question, session.unit, None, None)
    question = services.publish_answer(question, "Ngày 30/12.", "in_writing", None)
    assert (question.state, question.answer_version) == ("answered", 1)
    assert question.ended_at is not None
    run_jobs()
    assert told("question_received") == told("question_accepted") == [lan]
    assert told("question_answered") == [lan, minh]
    run_jobs()
    assert len(told("question_answered")) == 2


def test_who_joins_without_wishing_for_news_is_counted_and_not_written_to():
    question, quiet = accepted(), contact()
    services.support_question(question, quiet, wants_news=False)
    services.publish_answer(question, "Có rồi.", "in_writing", None)
    run_jobs()
    assert fresh(question).supports == 2
    assert quiet not in told("question_answered")


def test_what_was_sent_is_sealed_and_in_no_event_or_message():
    question = accepted(text=PUBLIC)
    question = received(question.session, TEXT)
    assert question.sent_text() == TEXT
    with connection.cursor() as cursor:
        for table in ("dialogue_sessions_question", "safeguards_event", "procrastinate_jobs", "search_entry"):
            cursor.execute(f"select count(*) from {table} t where t::text like '%%Kín%%'")
            assert cursor.fetchone() == (0,), table
    assert "Kín" not in "".join(f"{row.parts}" for row in Message.objects.exclude(sealed=""))


def test_reading_what_was_sent_is_on_record():
    question, moderator = received(), person("mod", role="moderator")
    assert services.read_question(question, moderator) == TEXT
    event = Event.objects.get(kind="dialogue_sessions.question_read")
    assert (event.actor, event.subject_id) == (moderator, str(question.pk))


def test_a_ciphertext_is_of_no_use_in_another_row():
    one, other = received(text="một"), received(text="hai")
    other.text_sealed = one.text_sealed
    with pytest.raises(ValueError, match="not as it was written"):
        other.sent_text()


@pytest.mark.parametrize(
    "text",
    ["Gọi tôi 0912 345 678", "CCCD 079 123 456 789 ạ", "x" * 1000, "", "Tôi hỏi. " * 60 + "0912345678"],
    ids=["tel", "id", "long", "empty", "far down"],
)
def test_a_public_text_with_a_number_of_somebody_is_refused_until_the_moderator_is_sure(text):
    question = received()
    if text.startswith("x"):
        assert services.accept_question(question, text, None).state == "accepted"
        return
    with pytest.raises(services.SessionError) as refusal:
        services.accept_question(question, text, None)
    assert fresh(question).state == "received"
    if text:
        assert isinstance(refusal.value, services.PersonalNumber)
        assert services.accept_question(question, text[:1000], None, sure=True).state == "accepted"


def test_a_refusal_has_a_reason_that_the_asker_reads():
    lan = contact()
    question = received(who=lan)
    for reason, words in (("off_topic", " "), ("", "Vì thế"), ("khong-co", "Vì thế")):
        with pytest.raises(services.ReasonMissing):
            services.refuse_question(question, reason, words, None)
    services.refuse_question(question, "off_topic", "Buổi này chỉ bàn về đất đai.", None)
    message = Message.objects.get(kind="dialogue_sessions.question_refused")
    assert message.contact == lan
    assert "Buổi này chỉ bàn về đất đai." in f"{message.parts}"


def test_one_that_was_public_is_refused_in_public_and_all_hear_of_it():
    question, other = accepted(), contact()
    services.support_question(question, other)
    services.refuse_question(question, "answered_before", "Xem câu 3.", None)
    run_jobs()
    assert len(told("question_refused")) == 2
    assert fresh(question) in Question.objects.public()
    assert fresh(question) not in Question.objects.listed()


# ── Merging ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_merging_counts_each_contact_once_and_parting_gives_back_what_was_there():
    session = open_session()
    lan, minh, hoa = contact(), contact(), contact()
    one, two = accepted(session, who=lan), accepted(session, who=minh)
    services.support_question(one, hoa)
    services.support_question(two, hoa)
    services.support_question(two, lan)
    assert (fresh(one).supports, fresh(two).supports) == (2, 3)
    services.merge_question(two, one, None)
    assert (fresh(one).supports, fresh(two).supports) == (3, 0)
    assert voices(one) == 3
    assert not services.support_question(fresh(one), minh)  # asked what was merged into it
    assert services.support_question(fresh(two), contact())  # counts for the one that stands
    assert (fresh(one).supports, fresh(two).supports) == (4, 0)
    services.unmerge_question(fresh(two), None)
    assert (fresh(one).supports, fresh(two).supports) == (3, 3)
    assert fresh(two).state == "accepted"


def test_who_asked_a_merged_question_gets_the_answer_once():
    session, lan, minh = open_session(), contact(), contact()
    one, two, three = accepted(session, who=lan), accepted(session, who=minh), accepted(session, who=lan)
    services.merge_question(two, one, None)
    services.merge_question(three, fresh(two) if fresh(two).is_listed else one, None)
    services.publish_answer(fresh(one), "Đã lắp xong.", "in_writing", None)
    run_jobs()
    assert sorted(row.pk for row in told("question_answered")) == sorted([lan.pk, minh.pk])
    assert told("question_merged") == [minh, lan]


def test_one_that_has_others_in_it_takes_them_along():
    session = open_session()
    one, two, three = (accepted(session) for _ in range(3))
    services.merge_question(two, one, None)
    services.merge_question(fresh(one), three, None)
    assert fresh(three).supports == 3
    services.unmerge_question(fresh(one), None)
    assert [fresh(row).supports for row in (one, two, three)] == [2, 0, 1]


def test_merged_into_what_is_answered_the_asker_gets_that_answer():
    session, late = open_session(), contact()
    done = answered(session)
    run_jobs()
    services.merge_question(accepted(session, who=late), done, None)
    run_jobs()
    assert told("question_answered").count(late) == 1


def test_no_question_is_merged_into_itself_another_dialogues_or_one_that_is_merged():
    session = open_session()
    one, two, three, foreign = accepted(session), accepted(session), accepted(session), accepted()
    services.merge_question(two, one, None)
    for source, target in ((one, one), (one, foreign), (three, fresh(two)), (one, fresh(two)), (three, received(session))):
        with pytest.raises(services.SessionError):
            services.merge_question(fresh(source), target, None)
    for rule, sql in (
        (
            "question_merged_in_session",
            f"update {QUESTION} set state = 'merged', merged_into_id = {foreign.pk} where id = {three.pk}",
        ),
        ("question_not_into_itself", f"update {QUESTION} set state = 'merged', merged_into_id = id where id = {three.pk}"),
        ("question_merged_into_one", f"update {QUESTION} set merged_into_id = {one.pk} where id = {three.pk}"),
        ("question_refused_why", f"update {QUESTION} set state = 'refused', ended_at = now() where id = {three.pk}"),
        ("question_public_text", f"update {QUESTION} set public_text = '' where id = {three.pk}"),
        ("question_answer_given", f"update {QUESTION} set state = 'answered', ended_at = now() where id = {three.pk}"),
        ("question_assigned_to", f"update {QUESTION} set state = 'assigned' where id = {three.pk}"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.execute("set constraints all immediate")


def test_a_question_is_found_by_its_public_text_and_answer_as_long_as_it_is_listed():
    question = received(text="Tôi là Kín, hỏi đèn đường")
    assert not Entry.objects.filter(kind="question").exists()
    question = services.accept_question(question, PUBLIC, None)
    entry = Entry.objects.get(kind="question", live=True)
    assert (entry.title, entry.url) == (PUBLIC, f"/lich/{question.session.slug}/cau-hoi/{question.pk}/")
    services.publish_answer(question, "Lắp xong tháng 12.", "in_writing", None)
    assert "Lắp xong tháng 12." in Entry.objects.get(kind="question", live=True).body
    assert [one.object_id for one in question_search.documents()] == [str(question.pk)]
    other = accepted(question.session)
    services.refuse_question(other, "unclear", "Không rõ.", None)
    assert Entry.objects.filter(kind="question", live=True).count() == 1


# ── Who asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_questions_are_taken_by_dialogues_that_have_not_begun_until_the_hour_that_was_set():
    session = open_session(registration_closes=timezone.now() + 2 * DAY)
    assert session.takes_questions(timezone.now() + DAY)
    assert not session.takes_questions(timezone.now() + 3 * DAY)
    session = services.set_questions_until(session, timezone.now() + 5 * DAY, None)
    assert session.takes_questions(timezone.now() + 3 * DAY)
    with pytest.raises(services.Invalid):
        services.set_questions_until(session, session.starts_at + HOUR, None)
    with pytest.raises(services.NoQuestions):
        received(draft())
    with pytest.raises(services.NoQuestions):
        received(announced(kind="periodic"))
    assert received(announced()).state == "received"


def test_who_sent_it_in_time_may_type_the_code_after_the_end():
    session = open_session()
    question = services.send_question(session, TEXT, "khu phố 4")
    services.set_questions_until(session, timezone.now() + dt.timedelta(seconds=1), None)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=5)):
        assert services.receive_question(question, contact()).state == "received"
        with pytest.raises(services.NoQuestions):
            services.send_question(fresh(session), TEXT)


def test_a_code_typed_twice_is_one_question_and_of_nobody_else():
    question, lan = services.send_question(open_session(), TEXT), contact()
    assert services.receive_question(question, lan) == services.receive_question(question, lan)
    with pytest.raises(services.WrongState):
        services.receive_question(question, contact())
    assert QuestionSupport.objects.count() == 1
    assert len(told("question_received")) == 1


def test_one_person_has_so_many_questions_waiting_and_no_more():
    session, lan = open_session(), contact()
    mine = [received(session, who=lan) for _ in range(5)]
    with pytest.raises(services.TooManyQuestions):
        received(session, who=lan)
    assert received(who=lan)  # another dialogue
    services.withdraw_question(mine[0])
    assert received(session, who=lan)


def test_withdrawn_it_is_forgotten_at_once_and_stays_for_those_who_support_it():
    alone = received()
    services.withdraw_question(alone)
    assert (fresh(alone).state, fresh(alone).text_sealed, alone.own_supports.count()) == ("withdrawn", "", 0)
    question = accepted()
    services.support_question(question, contact())
    services.withdraw_question(question)
    question = fresh(question)
    assert (question.state, question.text_sealed, question.supports) == ("accepted", "", 1)
    with pytest.raises(services.WrongState):
        services.withdraw_question(answered())


def test_a_contact_supports_a_question_once_and_not_what_is_over():
    question, lan = accepted(), contact()
    assert services.support_question(question, lan)
    assert not services.support_question(question, lan)
    assert fresh(question).supports == 2
    with pytest.raises(services.WrongState):
        services.support_question(answered(), lan)
    with pytest.raises(services.WrongState):
        services.support_question(received(), lan)


# ── Who answers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_due_ten_working_days_after_the_dialogue():
    session = open_session()
    question = assigned(session)
    legal = legal_due(session)
    held = timezone.localdate(session.starts_at)
    working = [held + DAY * n for n in range(1, (legal - held).days + 1) if (held + DAY * n).isoweekday() < 6]
    assert answer_due(question) == legal
    assert len(working) >= 10
    with pytest.raises(services.Invalid):
        services.assign_question(question, session.unit, legal + DAY, None)
    question = services.assign_question(question, session.unit, legal - DAY, None)
    assert answer_due(question) == legal - DAY
    rows = list(Question.objects.to_answer().select_related("session"))
    assert overdue(rows, legal - DAY) == []
    assert overdue(rows, legal) == [question]


def test_a_moved_dialogue_moves_the_day_for_its_answers():
    session = open_session()
    question, was = assigned(session), legal_due(session)
    session = services.move_session(session, session.starts_at + 30 * DAY, session.ends_at + 30 * DAY, "Bão", None)
    assert answer_due(fresh(question)) > was


def test_a_correction_says_so_with_its_reason_and_keeps_the_former():
    question = answered()
    assert services.publish_answer(question, question.answer, "in_writing", None).corrected_at is None
    with pytest.raises(services.ReasonMissing):
        services.publish_answer(question, "Xong trước ngày 15/01.", "in_writing", None)
    question = services.publish_answer(question, "Xong trước ngày 15/01.", "in_writing", None, why="Nhầm ngày.")
    assert question.corrected_at is not None
    assert list(QuestionText.objects.filter(part="answer").values_list("version", "text", "why")) == [
        (1, "Xong trước ngày 30/12.", ""), (2, "Xong trước ngày 15/01.", "Nhầm ngày."),
    ]  # fmt: skip
    events = Event.objects.filter(kind="dialogue_sessions.question_text_published", payload__part="answer").order_by("pk")
    assert [event.payload["version"] for event in events] == [1, 2]
    assert all("Xong" not in f"{event.payload}" for event in events)


def test_nothing_is_answered_at_a_dialogue_that_has_not_begun():
    question = assigned()
    with pytest.raises(services.Invalid):
        services.publish_answer(question, "Trả lời", "in_session", None)
    with time_machine.travel(question.session.starts_at + HOUR):
        assert services.publish_answer(question, "Trả lời", "in_session", None).answer_way == "in_session"


def test_a_late_answer_in_writing_says_why_and_one_given_at_the_dialogue_does_not():
    question = assigned()
    other = assigned(question.session)
    due = answer_due(question)
    end_of_day = timezone.make_aware(dt.datetime.combine(due, dt.time(23, 59)))
    with time_machine.travel(end_of_day + dt.timedelta(minutes=2)):
        with pytest.raises(services.Invalid, match=f"{due:%d/%m/%Y}") as refused:
            services.publish_answer(question, "Có rồi.", "in_writing", None, late_because=" ")
        assert list(refused.value.error.message_dict) == ["late_reason"]
        assert fresh(question).state == "assigned" and not QuestionText.objects.filter(part="answer").exists()
        said = services.publish_answer(other, "Có rồi.", "in_session", None)
        assert (said.state, said.late_reason) == ("answered", "")
        late = services.publish_answer(question, "Có rồi.", "in_writing", None, late_because=" Chờ bản vẽ. ")
        assert (late.late_reason, Event.objects.filter(kind="dialogue_sessions.question_answered").last().payload["due_on"]) == (
            "Chờ bản vẽ.", due.isoformat(),
        )  # fmt: skip
        corrected = services.publish_answer(late, "Có rồi, từ hôm qua.", "in_writing", None, why="Thiếu ngày.")
        assert corrected.late_reason == "Chờ bản vẽ."
    in_time = assigned()
    with time_machine.travel(timezone.make_aware(dt.datetime.combine(answer_due(in_time), dt.time(23, 59)))):
        assert services.publish_answer(in_time, "Có.", "in_writing", None, late_because="Không cần").late_reason == ""


def test_a_closed_unit_answers_nothing():
    gone = factories.unit("Phòng cũ", valid_to=timezone.localdate() - DAY)
    with pytest.raises(services.Invalid):
        services.assign_question(accepted(), gone, None, None)


# ── The table of transitions ──────────────────────────────────────────────────────────────────────────────────────────

CALLS = {
    "received": lambda q: services.receive_question(q, contact()),
    "accepted": lambda q: services.accept_question(q, PUBLIC, None),
    "refused": lambda q: services.refuse_question(q, "unclear", "Không rõ.", None),
    "assigned": lambda q: services.assign_question(q, q.session.unit, None, None),
    "answered": lambda q: services.publish_answer(q, "Khác", "in_writing", None, why="Sửa."),
    "withdrawn": services.withdraw_question,
    "merged": lambda q: services.merge_question(q, accepted(q.session), None),
}


def in_state(state):
    if state == "unproven":
        return services.send_question(open_session(), TEXT)
    if state == "merged":
        one = accepted()
        return services.merge_question(one, accepted(one.session), None)
    if state == "refused":
        return services.refuse_question(received(), "unclear", "Không rõ.", None)
    if state == "withdrawn":
        return services.withdraw_question(received())
    return {"received": received, "accepted": accepted, "assigned": assigned, "answered": answered}[state]()


@pytest.mark.accepts("C9")
@pytest.mark.parametrize("state", QuestionState.values)
@pytest.mark.parametrize("wanted", CALLS)
def test_what_the_table_does_not_allow_is_refused_and_changes_nothing(state, wanted):
    question = in_state(state)
    before, events = fresh(question).__dict__, Event.objects.count()
    allowed = wanted in QUESTION_MOVES[state] and not (state == "merged" and wanted in {"accepted", "assigned"})
    if state == "merged" and wanted == "withdrawn":  # who asked leaves; the question stays where it is
        assert services.withdraw_question(question).state == "merged"
        return
    if state == "merged" and wanted == "assigned":
        with pytest.raises(services.SessionError):
            CALLS[wanted](question)
        return
    if allowed:
        assert CALLS[wanted](question).state == wanted
    else:
        with pytest.raises(services.SessionError):
            CALLS[wanted](question)
        assert {name: value for name, value in fresh(question).__dict__.items() if name != "_state"} == {
            name: value for name, value in before.items() if name != "_state"
        }
        if wanted != "merged":
            assert Event.objects.count() == events
