"""What is held of those who ask and sign: kept while something is open, forgotten in time, shown and erased on asking, safe under new keys."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from dialogue_sessions import question_privacy as privacy
from dialogue_sessions import services
from dialogue_sessions.models import DialogueRequest, Question, QuestionSupport, Signature
from messaging.models import Contact
from safeguards import personal

from .asking import TEXT, accepted, answered, contact, fresh, opened, received, signed, unit_with_voters
from .making import open_session

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("P7")]
DAYS = dt.timedelta(days=1)


def later(days):
    return timezone.now() + days * DAYS


def test_ninety_days_after_the_end_nobody_knows_who_asked_and_counts_stay():
    session, lan = open_session(), contact("lan")
    question, merged = accepted(session, who=lan), accepted(session)
    services.merge_question(merged, question, None)
    services.support_question(question, contact())
    services.publish_answer(fresh(question), "Xong.", "in_writing", None)
    assert privacy.questions_due(later(89)) == 0
    assert privacy.questions_due(later(91)) == 2
    assert privacy.purge_questions(later(91)) == 2
    question = fresh(question)
    assert (question.text_sealed, question.supports, question.answer) == ("", 3, "Xong.")
    assert fresh(merged).text_sealed == ""
    assert not QuestionSupport.objects.filter(contact__isnull=False).exists()
    assert not QuestionSupport.objects.filter(digest=lan.digest).exists()
    assert QuestionSupport.objects.filter(counted_for=question).values("digest").distinct().count() == 3
    assert privacy.purge_questions(later(92)) == 0


def test_what_is_open_is_kept_however_long_and_so_is_the_contact():
    question = accepted()
    with time_machine.travel(later(400)):
        assert privacy.keep_contacts(timezone.localdate()) == 1
        personal.purge()
        assert fresh(question).sent_text()
        assert question.own_supports.get().contact is not None


def test_a_question_whose_contact_was_never_proven_goes_after_two_days():
    question = services.send_question(open_session(), TEXT)
    assert privacy.purge_questions(later(1)) == 0
    assert privacy.purge_questions(later(3)) == 1
    assert not Question.objects.filter(pk=question.pk).exists()


@pytest.mark.accepts("P8")
def test_a_person_is_shown_and_erased_on_asking_and_what_is_public_stays():
    lan = contact("lan")
    question, other = answered(who=lan), accepted()
    services.support_question(other, lan)
    request = opened(unit_with_voters(), lan)
    signed(request, contact())
    shown = personal.export(lan.value)
    assert [row["asked"] for row in shown["dialogue_sessions.question"]] == [True, False]
    assert shown["dialogue_sessions.signature"][0]["name"] == "Trần Thị Kín"
    erased = personal.erase(lan.value)
    assert (erased["dialogue_sessions.question"], erased["dialogue_sessions.signature"]) == (2, 1)
    assert not Contact.objects.filter(pk=lan.pk).exists()
    question, request = fresh(question), fresh(request)
    assert (question.text_sealed, question.village, question.state, question.supports) == ("", "", "answered", 1)
    assert (request.signed, request.text_sealed) == (2, "")
    assert personal.export(lan.value)["dialogue_sessions.question"] == []
    assert Signature.objects.filter(request=request, proven_at__isnull=False).count() == 2
    assert personal.erase("khong-phai") == dict.fromkeys(personal.export("khong-phai"), 0)


def test_signatures_go_ninety_days_after_a_request_is_closed_and_their_number_stays():
    request = opened(unit_with_voters(10))
    signed(request)
    services.close_request(request, "Đã đối thoại.", None)
    services.prepare_signature(opened(unit_with_voters()), "A", "B", contact())
    assert privacy.signatures_due(later(89)) == 1  # the one that was never proven
    assert privacy.purge_signatures(later(91)) == 3
    assert (fresh(request).signed, fresh(request).text_sealed) == (2, "")
    assert not request.signatures.exists()
    stale = services.send_request(unit_with_voters(), "x", "A", "B", contact())
    privacy.purge_signatures(later(3))
    assert not DialogueRequest.objects.filter(pk=stale.request_id).exists()


@pytest.mark.accepts("P5")
def test_a_new_key_reads_everything_and_still_knows_who_has_joined(settings):
    lan = contact("lan")
    question, request = received(who=lan), opened(unit_with_voters(), lan)
    services.accept_question(question, "Khi nào?", None)
    before = Question.objects.get(pk=question.pk).text_sealed
    settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
    settings.FIELD_KEY = "another key of the field, long enough for it"  # pragma: allowlist secret
    assert not services.support_question(question, Contact.objects.get(pk=lan.pk))
    call_command("account", "rewrap")
    settings.FIELD_KEY_FALLBACKS = []
    question = fresh(question)
    assert question.text_sealed != before
    assert question.sent_text() == TEXT
    assert fresh(request).sent_text()
    lan = Contact.objects.get(pk=lan.pk)
    assert not services.support_question(question, lan)
    assert QuestionSupport.objects.get().digest == lan.digest
    assert Signature.objects.get().digest == lan.digest
    assert Signature.objects.get().name() == "Trần Thị Kín"
    assert privacy.rewrap() == 0


@pytest.mark.accepts("P7")
def test_of_an_erased_signature_neither_name_nor_village_stays_and_it_stays_counted():
    request = opened()
    signature = services.prepare_signature(request, "Trần Thị Kín", "khu phố 4", contact("-xoa"))
    assert services.sign(signature)
    before = fresh(request).signed
    assert privacy.erase_signatures("nguoi-xoa@example.vn") == 1
    row = fresh(signature)
    assert (row.name_sealed, row.village, row.contact, row.name()) == ("", "", None, "")
    assert row.digest != signature.digest and fresh(request).signed == before
