"""A line of the minutes names the questions that it answers; published, the minutes answer them, once, and each leads to the other."""

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import answered_in, services
from dialogue_sessions.enums import AnswerWay, QuestionState
from dialogue_sessions.models import Contribution, ContributionQuestion, Minutes, Question, QuestionText, Session
from safeguards.models import Event
from tests.beginnings import house_roles
from tests.organisation import factories

from .asking import accepted, answered, assigned, contact, fresh, officer, received, run_jobs, signed_in, told
from .making import DAY, open_session
from .promising import minutes_of, refused_by_database

pytestmark = pytest.mark.django_db
ANSWER = "Trong tháng 12."


@pytest.fixture
def session():
    return open_session()


def over(session):
    """The dialogue was held, two days ago."""
    moment = timezone.now() - 2 * DAY
    Session.objects.filter(pk=session.pk).update(
        state="held", starts_at=moment, ends_at=moment + DAY / 8, registration_opens=None, registration_closes=None
    )
    return fresh(session)


def written(session, lines=2):
    """Minutes with lines; gives them and the lines."""
    minutes = minutes_of(over(session), lines=lines)
    return minutes, list(minutes.contributions.order_by("number"))


def final(minutes):
    services.circulate(minutes, None)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.finish(fresh(minutes), None)


def published(minutes):
    return services.publish_minutes(final(minutes), None)


def text_of(response):
    return response.content.decode()


# ── What happens ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_published_minutes_answer_the_questions_that_their_lines_name(session):
    question, other = assigned(session), accepted(session, "Bao giờ có nước sạch?")
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    final(minutes)
    assert fresh(question).state == QuestionState.ASSIGNED, "not before everybody reads them"
    services.publish_minutes(fresh(minutes), None)
    question = fresh(question)
    assert (question.state, question.answer_way, question.answer) == (QuestionState.ANSWERED, AnswerWay.IN_SESSION, ANSWER)
    assert QuestionText.objects.filter(question=question, part="answer", text=ANSWER).count() == 1
    assert fresh(other).state == QuestionState.ACCEPTED
    event = Event.objects.get(kind="dialogue_sessions.question_in_minutes")
    assert event.payload == {"session": session.pk, "minutes": minutes.pk, "lines": [line.number]}


def test_everybody_who_asked_joined_or_was_put_together_is_told_once(session):
    asker, joined, silent, merged_asker = (contact() for _ in range(4))
    question, twin = accepted(session, who=asker), accepted(session, "Hẻm 19 tối quá, bao giờ có đèn?", who=merged_asker)
    services.support_question(question, joined)
    services.support_question(question, silent, wants_news=False)
    services.merge_question(twin, question, None)
    minutes, lines = written(session)
    for line in lines:  # two lines answer it: told once all the same
        services.link_questions(line, None, add=[question.pk])
    published(minutes)
    run_jobs()
    services.tell_question(question.pk, f"answered-{fresh(question).answer_version}")
    assert sorted(one.pk for one in told("question_answered")) == sorted([asker.pk, joined.pk, merged_asker.pk])


def test_several_lines_answer_in_one_each_answer_once(session):
    question = accepted(session)
    minutes, (first, second) = written(session)
    extra = services.save_line(Contribution(minutes=minutes, text="Còn hẻm 21?", answer="Hẻm 21 sang năm."), None)
    for line in (second, extra, first):
        services.link_questions(line, None, add=[question.pk])
    published(minutes)
    assert fresh(question).answer == f"{ANSWER}\n\nHẻm 21 sang năm."


def test_an_answer_that_does_not_fit_is_cut_at_a_word(session):
    question = accepted(session)
    minutes, (line, _second) = written(session)
    line.answer = "lời " * 3000
    services.save_line(line, None)
    services.link_questions(line, None, add=[question.pk])
    published(minutes)
    answer = fresh(question).answer
    assert len(answer) <= 8_000
    assert answer.endswith("lời…")


def test_a_question_answered_in_writing_keeps_its_answer_and_gets_the_link(client, session):
    question = answered(session)
    run_jobs()
    before = told("question_answered")
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    published(minutes)
    run_jobs()
    after = fresh(question)
    assert (after.answer, after.answer_way, after.answer_version) == (question.answer, AnswerWay.IN_WRITING, 1)
    assert told("question_answered") == before
    assert "y-kien-1" in text_of(client.get(f"/lich/{session.slug}/cau-hoi/{question.pk}/"))


@pytest.mark.parametrize("end", ["refuse", "withdraw"])
def test_what_ended_meanwhile_does_not_stop_the_minutes_and_stays_as_it_is(client, session, end):
    question = accepted(session)
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    if end == "refuse":
        services.refuse_question(question, "unclear", "Không rõ.", None)
    else:
        services.withdraw_question(question)
    was = fresh(question).state
    assert published(minutes).state == "published"
    assert fresh(question).state == was
    page = text_of(client.get(f"/lich/{session.slug}/bien-ban/"))
    assert (f"/cau-hoi/{question.pk}/" in page) == (end == "refuse"), "a withdrawn question has no page"


def test_what_was_put_together_meanwhile_is_answered_where_it_counts(client, session):
    asked, into = accepted(session, "Đèn hẻm 19?"), accepted(session)
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[asked.pk])
    services.merge_question(asked, into, None)
    published(minutes)
    assert (fresh(asked).state, fresh(into).state) == (QuestionState.MERGED, QuestionState.ANSWERED)
    assert f"/cau-hoi/{into.pk}/" in text_of(client.get(f"/lich/{session.slug}/bien-ban/"))
    assert "y-kien-1" in text_of(client.get(f"/lich/{session.slug}/cau-hoi/{into.pk}/"))
    parted = services.unmerge_question(fresh(asked), None)
    assert fresh(parted).state == QuestionState.ANSWERED, "the minutes answer it, wherever it stands"
    assert fresh(parted).answer == ANSWER


# ── Linking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_link_is_taken_out_while_minutes_are_written(session):
    question, right = accepted(session), accepted(session, "Bao giờ có nước sạch?")
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    services.circulate(minutes, None)  # those who attended read it; staff still writes
    assert services.link_questions(line, None, add=[right.pk], remove=[question.pk]) == [right.pk]
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    services.publish_minutes(services.finish(fresh(minutes), None), None)
    assert (fresh(question).state, fresh(right).state) == (QuestionState.ACCEPTED, QuestionState.ANSWERED)
    told_of = Event.objects.filter(kind="dialogue_sessions.minutes_questions_linked").order_by("pk")
    assert [event.payload["unlinked"] for event in told_of] == [[], [question.pk]]


def test_final_minutes_keep_what_their_lines_answer_by_sql_too(session):
    question, other = accepted(session), accepted(session, "Bao giờ có nước sạch?")
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    final(minutes)
    for change in ({"add": [other.pk]}, {"remove": [question.pk]}):
        with pytest.raises(services.WrongState, match=r"."):
            services.link_questions(line, None, **change)
    table = "dialogue_sessions_contributionquestion"
    assert refused_by_database(f"delete from {table}") == "minutes_final"
    assert refused_by_database(f"insert into {table} (contribution_id, question_id) values (%s, %s)", [line.pk, other.pk]) == "minutes_final"
    assert refused_by_database(f"update {table} set question_id = %s", [other.pk]) == "minutes_final"


def test_only_taken_questions_of_the_same_dialogue_are_linked_by_sql_too(session):
    foreign, waiting, merged, into = accepted(), received(session), accepted(session), accepted(session)
    services.merge_question(merged, into, None)
    _minutes, (line, _second) = written(session)
    for question in (foreign, waiting, merged):
        with pytest.raises(services.Invalid), transaction.atomic():
            services.link_questions(line, None, add=[question.pk])
    sql = "insert into dialogue_sessions_contributionquestion (contribution_id, question_id) values (%s, %s)"
    assert refused_by_database(sql, [line.pk, foreign.pk]) == "contribution_question_of_session"
    services.link_questions(line, None, add=[into.pk])
    assert refused_by_database(sql, [line.pk, into.pk]) == "contribution_question_once"


def test_two_who_link_at_once_do_not_undo_each_others(session):
    one, two, three = (accepted(session, text) for text in ("Đèn?", "Nước?", "Rác?"))
    _minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[one.pk])
    services.link_questions(line, None, add=[two.pk])
    # Whoever saw neither adds a third, whoever saw the first takes it out; asked twice is asked once.
    assert services.link_questions(line, None, add=[three.pk, two.pk], remove=[one.pk, one.pk]) == [two.pk, three.pk]


def test_a_line_that_goes_takes_its_links_along_and_the_question_waits_on(session):
    question = accepted(session)
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    services.remove_line(line, None)
    assert not ContributionQuestion.objects.exists()
    published(minutes)
    assert fresh(question).state == QuestionState.ACCEPTED


def test_a_link_says_what_is_wrong_in_words(session):
    question = accepted()
    _minutes, (line, _second) = written(session)
    with pytest.raises(Exception, match="câu hỏi") as caught:
        ContributionQuestion(contribution=line, question=question).clean()
    assert list(caught.value.message_dict) == ["question"]


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_minutes_and_question_lead_to_each_other(client, session, django_assert_max_num_queries):
    questions = [accepted(session, f"Câu số {number} về đèn?") for number in range(4)]
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk for question in questions])
    address = f"/lich/{session.slug}/cau-hoi/{questions[0].pk}/"
    assert "/bien-ban/" not in text_of(client.get(address)), "drafts are nobody's"
    published(minutes)
    with django_assert_max_num_queries(12):
        page = text_of(client.get(f"/lich/{session.slug}/bien-ban/"))
    assert all(f"/cau-hoi/{question.pk}/" in page for question in questions)
    with django_assert_max_num_queries(12):
        page = text_of(client.get(address))
    assert f"/lich/{session.slug}/bien-ban/#y-kien-1" in page
    assert ANSWER in page
    assert "Câu số 0" in text_of(client.get(f"/lich/{session.slug}/bien-ban/in/"))
    assert client.get(f"/lich/{session.slug}/bien-ban.pdf").content.startswith(b"%PDF")


@pytest.fixture
def writer(session):
    house_roles()
    return officer("thu-ky", session.unit, "approver")


@pytest.fixture
def outsider():
    house_roles()
    return officer("noi-khac", factories.ward("Phường Khác"), "approver")


def links_page(session, line):
    return reverse("dialogue_records:line_questions", args=[session.pk, line.pk])


def test_a_writer_chooses_the_questions_nearest_first_and_takes_one_out(session, writer):
    far, near = accepted(session, "Chợ mới mở khi nào?"), accepted(session, "Bao giờ có đèn đường?")
    _minutes, (line, _second) = written(session)
    client = signed_in(writer)
    page = text_of(client.get(links_page(session, line)))
    assert page.index("Bao giờ có đèn đường?") < page.index("Chợ mới mở khi nào?")
    assert client.post(links_page(session, line), {"questions": [near.pk, far.pk]}).status_code == 302
    assert client.post(links_page(session, line), {"questions": [near.pk], "shown": [near.pk, far.pk]}).status_code == 302
    assert [link.question_id for link in line.question_links.all()] == [near.pk]
    editor = text_of(client.get(reverse("dialogue_records:minutes", args=[session.pk])))
    assert f"/cau-hoi/{near.pk}/" in editor
    assert f"?question={far.pk}#new-line" in editor, "what no line answers yet is told"
    assert f"?question={near.pk}#" not in editor


def test_a_choice_that_is_gone_is_told_and_changes_nothing(session, writer):
    question = accepted(session)
    _minutes, (line, _second) = written(session)
    client = signed_in(writer)
    answer = client.post(links_page(session, line), {"questions": [question.pk, 999999]})
    assert answer.status_code == 422
    assert not ContributionQuestion.objects.exists()


def test_a_line_is_written_from_a_question_and_linked_at_once(session, writer):
    question = accepted(session)
    minutes, _lines = written(session, lines=0)
    client = signed_in(writer)
    address = reverse("dialogue_records:minutes", args=[session.pk])
    form = client.get(f"{address}?question={question.pk}").context["new_line"]
    assert (form["text"].value(), form["question"].value()) == (question.public_text, question.pk)
    said = {"line-0-text": question.public_text, "line-0-answer": ANSWER, "line-0-question": str(question.pk)}
    assert client.post(reverse("dialogue_records:minutes_row", args=[session.pk, "line", 0]), said).status_code == 302
    line = minutes.contributions.get()
    assert [link.question_id for link in line.question_links.all()] == [question.pk]


def test_a_new_line_whose_question_is_gone_keeps_what_was_typed_and_is_not_half_saved(session, writer):
    question = accepted(session)
    minutes, _lines = written(session, lines=0)
    services.refuse_question(question, "unclear", "Không rõ.", None)
    said = {"line-0-text": "Giữ chữ này", "line-0-question": str(question.pk)}
    answer = signed_in(writer).post(reverse("dialogue_records:minutes_row", args=[session.pk, "line", 0]), said)
    assert answer.status_code == 422
    assert "Giữ chữ này" in text_of(answer)
    assert not minutes.contributions.exists()


@pytest.mark.accepts("A10")
def test_another_units_lines_are_not_there(session, outsider):
    question = accepted(session)
    _minutes, (line, _second) = written(session)
    client = signed_in(outsider)
    assert client.get(links_page(session, line)).status_code == 404
    assert client.post(links_page(session, line), {"questions": [question.pk]}).status_code == 404
    assert not ContributionQuestion.objects.exists()


def test_who_may_only_read_links_nothing(session):
    house_roles()
    question = accepted(session)
    _minutes, (line, _second) = written(session)
    client = signed_in(officer("quay", session.unit, "clerk"))
    assert client.post(links_page(session, line), {"questions": [question.pk]}).status_code in {302, 403}
    assert not ContributionQuestion.objects.exists()


def test_the_pages_of_final_minutes_offer_no_change(session, writer):
    question = accepted(session)
    minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    final(minutes)
    page = text_of(signed_in(writer).get(links_page(session, line)))
    assert 'name="questions"' not in page


@pytest.mark.accepts("L3")
def test_the_editor_takes_25_queries_however_many_questions_are_linked(session, writer, django_assert_max_num_queries):
    questions = [accepted(session, f"Câu {number} về nước?") for number in range(6)]
    _minutes, (line, second) = written(session)
    services.link_questions(line, None, add=[question.pk for question in questions[:3]])
    services.link_questions(second, None, add=[question.pk for question in questions[2:5]])
    client = signed_in(writer)
    for address in (reverse("dialogue_records:minutes", args=[session.pk]), links_page(session, line)):
        client.get(address)
        with django_assert_max_num_queries(25):
            assert client.get(address).status_code == 200


def test_a_moderator_sees_which_line_answers_a_question(session):
    house_roles()
    question = accepted(session)
    _minutes, (line, _second) = written(session)
    services.link_questions(line, None, add=[question.pk])
    page = text_of(signed_in(officer("kiem-duyet", session.unit)).get(reverse("dialogue_sessions_backoffice:question", args=[question.pk])))
    assert f"{reverse('dialogue_records:minutes', args=[session.pk])}#line-1" in page


def test_lines_without_links_name_nothing(session):
    _minutes, lines = written(session)
    assert answered_in.by_line(lines, session.slug) == {}
    assert Question.objects.count() == 0
