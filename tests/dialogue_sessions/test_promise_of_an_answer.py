"""What was promised in the answer to a question becomes a promise, and each leads to the other."""

from __future__ import annotations

import pytest

from dialogue_sessions import services
from dialogue_sessions.models import Promise
from organisation.models import today

from .asking import PUBLIC, accepted, answered, received, signed_in
from .asking import officer as somebody
from .making import DAY, open_session
from .promising import open_promise, post_of
from .test_records_office import at, staff, text_of, ward  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db


def address(question):
    return f"{at('new_promise')}?question={question.pk}"


def values(post, **other):
    return {"text": "Lắp đèn hẻm 19", "post": post.pk, "made_on": today().isoformat(), "due_on": (today() + 30 * DAY).isoformat(), **other}


def promised(question, text="Lắp đèn hẻm 19"):
    post = post_of(question.session.unit)
    promise = Promise(unit=post.unit, post=post, text=text, made_on=today(), due_on=today() + 30 * DAY)
    return services.publish_promise(services.promise_of_answer(question, promise, None), None)


def test_from_the_page_of_the_question_to_a_draft(staff, ward):  # noqa: F811
    question, post = answered(open_session(unit=ward)), post_of(ward)
    client = staff("approver")
    page = text_of(client.get(f"/admin/dialogue-sessions/questions/{question.pk}/"))
    assert f'href="{address(question)}"' in page
    assert question.answer in text_of(client.get(address(question)))
    wrong = client.post(address(question), values(post, due_on=""))
    assert wrong.status_code == 422
    assert "Lắp đèn hẻm 19" in text_of(wrong)
    client.post(address(question), values(post))
    promise = Promise.objects.get()
    assert (promise.question, promise.session, promise.unit, promise.state) == (question, question.session, ward, "draft")
    assert "Lắp đèn hẻm 19" in text_of(client.get(f"/admin/dialogue-sessions/questions/{question.pk}/"))
    assert f"/questions/{question.pk}/" in text_of(client.get(at("promise", promise.pk)))


def test_both_lead_to_each_other_in_public_and_a_draft_does_not(client):
    question = answered()
    public = f"/lich/{question.session.slug}/cau-hoi/{question.pk}/"
    post = post_of(question.session.unit)
    draft = Promise(unit=post.unit, post=post, text="Việc còn giấu", made_on=today(), due_on=today() + 30 * DAY)
    services.promise_of_answer(question, draft, None)
    promise = promised(question)
    page = client.get(public).content.decode()
    assert promise.get_absolute_url() in page
    assert "Việc còn giấu" not in page
    page = client.get(promise.get_absolute_url()).content.decode()
    assert public in page
    assert PUBLIC in page


def test_a_promise_of_no_question_leads_to_none(client):
    assert "/cau-hoi/" not in client.get(open_promise().get_absolute_url()).content.decode()


def test_without_an_answer_there_is_nothing_to_promise(staff, ward):  # noqa: F811
    session = open_session(unit=ward)
    client = staff("approver")
    for question in (received(session), accepted(session)):
        with pytest.raises(services.SessionError):
            services.promise_of_answer(question, Promise(), None)
        assert client.get(address(question)).status_code == 404
        assert address(question) not in text_of(client.get(f"/admin/dialogue-sessions/questions/{question.pk}/"))
    for wrong in ("x", "9" * 30, "-1"):
        assert client.get(f"{at('new_promise')}?question={wrong}").status_code == 404


@pytest.mark.accepts("A10")
def test_questions_of_other_units_are_not_promised_of(staff, ward):  # noqa: F811
    question = answered()
    client = staff("approver")
    assert client.get(address(question)).status_code == 404
    assert client.post(address(question), values(post_of(ward))).status_code == 404
    assert not Promise.objects.exists()


def test_who_may_not_write_promises_is_not_offered_to(ward):  # noqa: F811
    question = answered(open_session(unit=ward))
    page = text_of(signed_in(somebody("mot-cua", ward, "clerk")).get(f"/admin/dialogue-sessions/questions/{question.pk}/"))
    assert question.answer in page
    assert address(question) not in page
