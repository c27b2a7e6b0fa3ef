"""One voice and one signature each, under real parallel writers; and the same race without the guard, which it then loses."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import DialogueRequest, QuestionSupport, Signature
from dialogue_sessions.services import questions, requests
from tests.racing import at_once

from .asking import accepted, contact, fresh, opened, unit_with_voters
from .making import open_session

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def twenty_signatures(request, who):
    return [services.prepare_signature(request, f"Tên {number}", "khu phố 4", who) for number in range(THREADS)]


def proven(request, who):
    return Signature.objects.filter(request=request, contact=who, proven_at__isnull=False).count()


def test_twenty_at_once_from_one_contact_are_one_signature():
    request, who = opened(unit_with_voters(1000)), contact()
    rows = twenty_signatures(request, who)
    done = at_once([lambda row=row: services.sign(row) for row in rows], THREADS)
    assert done.count(True) == 1
    assert proven(request, who) == 1
    assert fresh(request).signed == 2
    assert all(answer is False or isinstance(answer, services.WrongState) for answer in done if answer is not True)


def test_without_the_lock_signatures_are_lost_in_the_count(monkeypatch):
    """The negative control: the race is real, and the lock of the request is what decides it."""
    request = opened(unit_with_voters(10_000))
    monkeypatch.setattr(requests, "lock_request", lambda key: DialogueRequest.objects.select_related("unit").get(pk=key))
    for _ in range(10):
        rows = [services.prepare_signature(request, "Tên", "khu phố 4", contact()) for _ in range(THREADS)]
        at_once([lambda row=row: services.sign(row) for row in rows], THREADS)
        if fresh(request).signed < Signature.objects.filter(request=request, proven_at__isnull=False).count():
            return
    raise AssertionError("nothing was lost without the lock")


def test_without_the_constraint_the_database_would_take_a_contact_twice():
    request, who = opened(unit_with_voters(1000)), contact()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("drop index signature_once")
        for _ in range(2):
            Signature.objects.create(request=request, contact=who, digest=who.digest, village="x", proven_at=timezone.now())
        assert proven(request, who) == 2
        transaction.set_rollback(True)
    with pytest.raises(IntegrityError, match="signature_once"):
        for _ in range(2):
            Signature.objects.create(request=request, contact=who, digest=who.digest, village="x", proven_at=timezone.now())


def test_different_people_at_once_are_all_counted_and_the_last_one_reaches_it_once():
    request = opened(unit_with_voters(200))
    rows = [services.prepare_signature(request, "Tên", "khu phố 4", contact()) for _ in range(THREADS)]
    assert at_once([lambda row=row: services.sign(row) for row in rows], THREADS).count(True) == THREADS
    request = fresh(request)
    assert (request.signed, request.state) == (THREADS + 1, "reached")
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from safeguards_event where kind = 'dialogue_sessions.request_reached'")
        assert cursor.fetchone() == (1,)


def test_twenty_at_once_support_a_question_once_though_it_is_merged_meanwhile():
    session, who = open_session(), contact()
    one, two = accepted(session), accepted(session)
    tasks = [lambda number=number: services.support_question(two if number % 2 else one, who) for number in range(THREADS)]
    tasks.insert(THREADS // 2, lambda: services.merge_question(two, one, None))
    done = at_once(tasks, THREADS)
    assert done.count(True) in {1, 2}  # before the merge each may have had it
    assert fresh(one).supports == 3
    assert QuestionSupport.objects.filter(counted_for=one).values("digest").distinct().count() == 3


def test_without_the_lock_of_questions_one_contact_is_refused_by_the_database(monkeypatch):
    question, who = accepted(), contact()
    monkeypatch.setattr(questions, "lock_questions", lambda session_id: None)
    at_once([lambda: services.support_question(question, who) for _ in range(THREADS)], THREADS)
    assert QuestionSupport.objects.filter(question=question, contact=who).count() == 1


def test_answer_and_refusal_at_once_one_wins():
    for _ in range(5):
        question = accepted(open_session())
        done = at_once(
            [
                lambda question=question: services.publish_answer(question, "Có.", "in_writing", None),
                lambda question=question: services.refuse_question(question, "unclear", "Không rõ.", None),
            ],
            2,
        )
        assert sum(isinstance(answer, services.WrongState) for answer in done) == 1
        assert fresh(question).state in {"answered", "refused"}
