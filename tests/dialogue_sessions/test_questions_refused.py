"""What is refused of questions by the services themselves, whichever page asks: with the field, and nothing is changed."""

import pytest

from dialogue_sessions import services
from dialogue_sessions.models import Question, QuestionText
from dialogue_sessions.models.questions import PUBLIC_MOST

from .asking import accepted, assigned, contact, fresh, received
from .making import HOUR, open_session

pytestmark = pytest.mark.django_db


def field_of(refused):
    return list(refused.value.error.message_dict)


@pytest.mark.parametrize(("text", "way", "field"), [(" \n", "in_writing", "answer"), ("Có.", "by_song", "answer_way")])
def test_an_answer_has_words_and_a_way(text, way, field):
    question = assigned()
    with pytest.raises(services.Invalid) as refused:
        services.publish_answer(question, text, way, None)
    assert field_of(refused) == [field] and fresh(question).state == "assigned"


@pytest.mark.parametrize("text", [" ", "x" * (PUBLIC_MOST + 1)])
def test_a_public_text_has_words_and_an_end(text):
    question, public = received(), accepted()
    for do in (lambda: services.accept_question(question, text, None), lambda: services.rewrite_question(public, text, None)):
        with pytest.raises(services.Invalid) as refused:
            do()
        assert field_of(refused) == ["public_text"]
    assert fresh(question).state == "received" and QuestionText.objects.count() == 1


def test_what_is_not_taken_has_no_other_wording_and_no_draft():
    waiting, refused = received(), services.refuse_question(accepted(), "unclear", "Không rõ.", None)
    for question in (waiting, refused):
        for do in (lambda row: services.rewrite_question(row, "Khác?", None), lambda row: services.draft_answer(row, "Nháp", None)):
            with pytest.raises(services.WrongState):
                do(question)
        assert fresh(question).answer_draft == "" and fresh(question).public_text == question.public_text


def test_a_dialogue_that_is_called_off_while_the_code_is_typed_takes_no_question():
    session = open_session()
    question = services.send_question(session, "Bao giờ có đèn?")
    services.cancel_session(session, "Bão", None)
    with pytest.raises(services.NoQuestions):
        services.receive_question(question, contact())
    assert fresh(question).state == "unproven"


def test_questions_do_not_outlast_the_beginning():
    session = open_session()
    with pytest.raises(services.Invalid) as refused:
        services.set_questions_until(session, session.starts_at + HOUR, None)
    assert field_of(refused) == ["questions_until"]


def test_questions_to_another_dialogue_are_not_counted():
    one, who = open_session(), contact()
    for number in range(5):
        received(one, f"Câu {number}?", who)
    with pytest.raises(services.TooManyQuestions):
        received(one, "Thêm một câu?", who)
    assert received(open_session(), "Buổi khác thì được?", who).state == "received"


def test_only_what_waits_for_its_code_is_dropped():
    question, waiting = received(), services.send_question(open_session(), "Chưa gửi được mã")
    services.drop_question(question)
    services.drop_question(waiting)
    assert Question.objects.get() == question


def test_support_given_to_a_merged_question_counts_for_the_one_that_stands():
    one = accepted()
    other = accepted(one.session, "Hẻm 19 tối quá, bao giờ có đèn?")
    services.merge_question(other, one, None)
    assert services.support_question(fresh(other), contact())
    assert (fresh(one).supports, fresh(other).supports) == (3, 0)


def test_one_that_a_unit_had_is_its_again_when_they_are_parted():
    one = accepted()
    other = assigned(one.session, "Hẻm 19 tối quá, bao giờ có đèn?")
    services.merge_question(other, one, None)
    assert services.unmerge_question(fresh(other), None).state == "assigned"


def test_what_is_answered_is_not_taken_back_even_when_others_asked_it_too():
    question = assigned()
    services.support_question(question, contact())
    services.publish_answer(question, "Có.", "in_writing", None)
    with pytest.raises(services.WrongState):
        services.withdraw_question(fresh(question))
    assert fresh(question).sent_text()
