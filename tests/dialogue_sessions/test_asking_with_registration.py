"""A question that is sent with a registration: one form, one code; the seat does not hang on it, and nothing typed is lost."""

import re

import pytest

from dialogue_sessions import asking, services
from dialogue_sessions.enums import QuestionState, RegistrationState, SessionKind
from dialogue_sessions.models import Question, Registration, Series, Session
from dialogue_sessions.services import Seats
from messaging.services import contact_for

from .making import fresh, open_session, pool_of
from .visiting import Visitor

pytestmark = pytest.mark.django_db
TEXT = "Bao giờ đèn đường ngõ 19 sáng lại?"


@pytest.fixture
def visitor(client, settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    return Visitor(client)


@pytest.fixture
def pool():
    return pool_of(open_session(kind=SessionKind.THEMATIC, seats=[Seats(2)]))


def asked_with(visitor, pool, **values):
    """The form with a question, sent; gives the answer."""
    return visitor.send(visitor.form(pool.session), pool, **{"question": TEXT, **values})


def test_one_form_and_one_code_give_a_seat_and_send_the_question(visitor, pool):
    answer = asked_with(visitor, pool, village="khu phố 4")
    question = Question.objects.get()
    assert (question.state, question.village) == (QuestionState.UNPROVEN, "khu phố 4"), "nobody reads it before the contact is proven"
    done = visitor.type_code(answer.url)
    question.refresh_from_db()
    assert question.state == QuestionState.RECEIVED
    assert question.sent_text() == TEXT
    assert question.own_supports.get().contact == contact_for("0912345678")
    place = visitor.client.get(done.url).content.decode()
    own = re.search(r'href="(/lich/[^"]*/cau-hoi/cua-toi/[^"]+)"', place)[1]
    assert visitor.client.get(own).status_code == 200
    assert Registration.objects.get().state == RegistrationState.CONFIRMED


def test_who_asks_nothing_sends_nothing_and_is_shown_where_to_ask_later(visitor, pool):
    done = visitor.type_code(asked_with(visitor, pool, question="  ").url)
    assert not Question.objects.exists()
    assert f"/lich/{pool.session.slug}/cau-hoi/gui/" in visitor.client.get(done.url).content.decode()


def test_the_same_form_twice_is_one_question(visitor, pool):
    page = visitor.form(pool.session)
    visitor.send(page, pool, question=TEXT)
    second = visitor.send(page, pool, question=TEXT)
    visitor.type_code(second.url)
    assert Question.objects.get().state == QuestionState.RECEIVED


def test_a_number_of_somebody_is_told_at_the_question_and_all_that_was_typed_stays(visitor, pool):
    answer = asked_with(visitor, pool, question="Gọi tôi số 0912 345 678 nhé?")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_question"' in page
    assert "Gọi tôi số 0912 345 678 nhé?" in page
    assert 'name="sure"' in page
    assert not Registration.objects.exists()
    left = asked_with(visitor, pool, question="Đường dây nóng 0912 345 678 có ai trực?", sure="on")
    assert left.status_code == 302


def test_too_many_open_questions_cost_nobody_their_seat_and_the_text_is_given_back(visitor, pool):
    contact = contact_for("0912345678")
    for number in range(services.questions.MOST_OPEN):
        services.ask_question(pool.session, f"Câu {number}?", contact)
    done = visitor.type_code(asked_with(visitor, pool).url)
    assert Registration.objects.get().state == RegistrationState.CONFIRMED
    place = visitor.client.get(done.url).content.decode()
    assert TEXT in place and "chưa gửi đi được" in place
    assert Question.objects.filter(state=QuestionState.RECEIVED).count() == services.questions.MOST_OPEN


def test_a_text_that_waits_for_the_code_is_on_no_page(visitor, pool):
    answer = asked_with(visitor, pool)
    assert TEXT not in visitor.client.get(answer.url).content.decode()
    assert asking.shown(Registration.objects.get()) is None


def test_a_question_taken_back_leaves_the_seat(visitor, pool):
    done = visitor.type_code(asked_with(visitor, pool).url)
    services.withdraw_question(Question.objects.get())
    place = visitor.client.get(done.url)
    assert place.status_code == 200
    assert "/cau-hoi/cua-toi/" not in place.content.decode()
    assert Registration.objects.get().state == RegistrationState.CONFIRMED


def test_another_session_of_the_series_that_takes_none_any_more_is_told_and_the_text_stays(visitor, pool):
    series = Series.objects.create(unit=pool.session.unit, kind=SessionKind.THEMATIC, title="Đối thoại các khu phố", slug="cac-khu-pho")
    other = pool_of(open_session(kind=SessionKind.THEMATIC, seats=[Seats(2)], unit=pool.session.unit))
    Session.objects.filter(pk__in=[pool.session_id, other.session_id]).update(series=series)
    Session.objects.filter(pk=other.session_id).update(questions_until=other.session.announced_at)
    answer = visitor.send(visitor.form(fresh(pool.session)), other, question=TEXT)
    assert answer.status_code == 422
    assert "question" in answer.context["form"].errors
    assert TEXT in answer.content.decode()
    assert not Registration.objects.exists()


def test_reception_days_and_closed_questions_offer_none(visitor, pool):
    reception = pool_of(open_session(kind=SessionKind.PERIODIC, seats=[Seats(2)]))
    assert 'name="question"' not in visitor.form(reception.session).content.decode()
    assert 'name="question"' in visitor.form(pool.session).content.decode()
    session = fresh(pool.session)
    session.questions_until = session.announced_at
    session.save()
    assert 'name="question"' not in visitor.form(session).content.decode()
    assert asked_with(visitor, pool).status_code == 302
    assert not Question.objects.exists()
