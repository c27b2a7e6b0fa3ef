"""What the night forgets, beside somebody who still needs it: it is kept whole or gone whole."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from dialogue_sessions import question_privacy, services
from dialogue_sessions.enums import QuestionState
from dialogue_sessions.models import DialogueRequest, Question, Signature
from dialogue_sessions.services import questions
from messaging import contacts
from messaging.models import Contact
from tests.racing import at_once, failures, locks_off, meanwhile

from .asking import contact, unit_with_voters
from .making import DAY, open_session

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


# ── Requests whose code is typed in at the last moment ────────────────────────────────────────────────────────────────


def sign_as_they_are_forgotten():
    """Requests that nobody signed for two days, each signed as the night takes them; gives which signatures were taken and stand no more."""
    unit = unit_with_voters()
    waiting = [services.send_request(unit, "Ngập hẻm 19", "Trần Thị Kín", "khu phố 4", contact()) for _ in range(THREADS - 2)]
    old = timezone.now() - 3 * DAY
    DialogueRequest.objects.filter(signatures__in=waiting).update(sent_at=old)
    Signature.objects.filter(pk__in=[signature.pk for signature in waiting]).update(declared_at=old)

    def taken(signature):
        try:
            return signature.pk if services.sign(signature) else None
        except services.WrongState:
            return None

    def night():
        question_privacy.purge_signatures(timezone.now())

    tasks = [lambda signature=signature: taken(signature) for signature in waiting]
    for place in (3, 7):
        tasks.insert(place, night)
    done = at_once(tasks, THREADS)
    signed = {found for found in done if isinstance(found, int)}
    return failures(done), signed - set(Signature.objects.filter(proven_at__isnull=False).values_list("pk", flat=True))


def test_a_request_that_is_signed_at_the_last_moment_stands():
    for _ in range(4):
        assert sign_as_they_are_forgotten()[1] == set()


def test_without_the_lock_a_request_goes_that_was_signed(monkeypatch):
    """The negative control. Twenty tries, since chance decides."""
    locks_off(monkeypatch, DialogueRequest)
    for _ in range(20):
        raised, lost = sign_as_they_are_forgotten()
        if raised or lost:
            return
    raise AssertionError("what was signed stood without the lock")


# ── A question whose code is typed in at the last moment ──────────────────────────────────────────────────────────────


def prove_as_it_is_forgotten(monkeypatch):
    """A question that has waited for two days, proven, the night coming in between; gives what the night met, and the question after that."""
    session = open_session()
    question = services.send_question(session, "Khi nào đường Lê Lợi có đèn?")
    Question.objects.filter(pk=question.pk).update(sent_at=timezone.now() - 3 * DAY)
    met = []
    join = questions._join

    def joined(*args, **values):
        met.append(meanwhile(lambda: question_privacy.purge_questions(timezone.now())))
        return join(*args, **values)

    monkeypatch.setattr(questions, "_join", joined)
    try:
        services.receive_question(question, contact())
    except Exception as error:  # noqa: BLE001  # the control looks at it
        met.append(error)
    return met, Question.objects.filter(pk=question.pk).first()


def test_a_question_that_is_proven_at_the_last_moment_stands(monkeypatch):
    met, question = prove_as_it_is_forgotten(monkeypatch)
    assert [type(found) for found in met] == [OperationalError]  # the night had to wait
    assert question.state == QuestionState.RECEIVED


def test_without_the_lock_the_night_forgets_a_question_that_is_proven(monkeypatch):
    """Its papers would be gone with it."""
    locks_off(monkeypatch, Question)
    met, _question = prove_as_it_is_forgotten(monkeypatch)
    assert met == [1]


# ── Contacts that somebody needs after all ────────────────────────────────────────────────────────────────────────────


def keep_as_they_are_forgotten():
    """Contacts whose time is over, some kept as the night takes them; gives those that were kept and are gone."""
    people = [contact() for _ in range(60)]
    Contact.objects.filter(pk__in=[one.pk for one in people]).update(forget_after=timezone.localdate() - dt.timedelta(days=1))
    until = timezone.localdate() + dt.timedelta(days=30)

    def kept(some):
        found = []
        for one in some:
            with transaction.atomic():
                contacts.keep(one, until)
                found += Contact.objects.filter(pk=one.pk, forget_after=until).values_list("pk", flat=True)
        return found

    def night():
        contacts.purge_contacts(timezone.now())

    tasks = [lambda number=number: kept(people[number::10]) for number in range(10)]
    tasks.insert(4, night)
    done = at_once(tasks, len(tasks))
    assert failures(done) == []
    needed = {pk for found in done if isinstance(found, list) for pk in found}
    return needed - set(Contact.objects.values_list("pk", flat=True))


def test_a_contact_that_somebody_needs_at_the_last_moment_stays():
    for _ in range(6):
        assert keep_as_they_are_forgotten() == set()


def test_without_the_lock_a_contact_goes_that_is_needed(monkeypatch):
    locks_off(monkeypatch, Contact)
    for _ in range(20):
        if keep_as_they_are_forgotten():
            return
    raise AssertionError("who was needed stayed without the lock")
