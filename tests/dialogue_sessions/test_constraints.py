"""Every rule of the tables of this application refuses a row that breaks it, whatever code writes it; a rule that no test has seen at work
fails here. Rows are written past the services and past `clean()`."""

import datetime as dt
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import (
    Addendum,
    AgendaItem,
    Attendance,
    AttendanceClosing,
    ConclusionLine,
    ConclusionNotice,
    Contribution,
    Correction,
    Delay,
    FormerPlace,
    Lateness,
    LegalMinimum,
    LegalTerm,
    Minutes,
    MinutesFile,
    Pool,
    PromiseEvidence,
    PromiseFollower,
    PromiseMove,
    PromiseVersion,
    QuestionSupport,
    QuestionText,
    ReceptionCase,
    RecordPolicy,
    RequestNote,
    RetentionPolicy,
    Series,
    SessionMove,
)
from organisation.models import today

from .asking import accepted, contact, opened, received, written
from .making import DAY, confirmed, draft, open_pool
from .promising import draft_promise, held_session, minutes_of, open_promise

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("C2")]
NOBODY = 10**9  # a key of no picture: the rule is asked before the reference is


def refused(write):
    """The name of the rule by which the database refuses what is written; '' when it takes it. Nothing of it stays."""
    try:
        with transaction.atomic():
            write()
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")
            transaction.set_rollback(True)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name
    return ""


def changed(row, **values):
    return lambda: type(row).objects.filter(pk=row.pk).update(**values)


def again(row, **values):
    """The same row a second time."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key} | values
    if "uid" in values:
        values["uid"] = uuid.uuid4()
    return lambda: type(row)(**values).save(force_insert=True)


def new(model, **values):
    return lambda: model(**values).save(force_insert=True)


def holds(rules):
    """Each rule refuses what is written for it."""
    assert {name: refused(write) for name, write in rules.items()} == {name: name for name in rules}


def test_rules_of_sessions_and_seats():
    row = confirmed(open_pool(3))
    gone = services.cancel(confirmed(row.pool))
    session = row.session
    series = Series.objects.create(unit=session.unit, kind="thematic", title="Một năm", slug="mot-nam")
    times = {"session": session, "old_starts_at": session.starts_at, "old_ends_at": session.ends_at, "starts_at": session.starts_at}
    holds(
        {
            "pool_name_once": again(Pool.objects.get(pk=row.pool_id)),
            "registration_consent_whole": changed(row, consent_version="moi-1"),
            "registration_forgotten": changed(gone, forgotten_at=timezone.now()),
            "series_slot_minutes": changed(series, slot_minutes=4),
            "series_per_person": changed(series, per_person=0),
            "session_move_why": new(SessionMove, **times, ends_at=session.ends_at, reason=""),
            "former_place_why": new(FormerPlace, session=session, place="Hội trường", reason=""),
            "former_place_where": new(FormerPlace, session=session, place="", reason="Mái dột"),
            "session_move_in_order": new(SessionMove, **times, ends_at=session.starts_at, reason="Bão"),
            "retention_policy_days": new(RetentionPolicy, valid_from=today(), days=0),
        }
    )


def test_rules_of_the_day():
    session = open_pool().session
    first, second = (services.agenda.add_item(AgendaItem(session=session, title=title), None) for title in ("Khai mạc", "Trả lời"))
    delay = Delay.objects.create(session=session, minutes=10, reason="Kẹt xe", starts_at=session.starts_at)
    closing = AttendanceClosing.objects.create(session=session)
    holds(
        {
            "agenda_order_once": changed(second, order=first.order),
            "delay_minutes": changed(delay, minutes=481),
            "delay_why": changed(delay, reason=""),
            "attendance_closed_once": again(closing),
        }
    )


def test_rules_of_the_law():
    term, minimum = LegalTerm.objects.filter(valid_to=None).first(), LegalMinimum.objects.filter(unit=None).exclude(level=None).first()
    session = draft()
    late = Lateness.objects.create(session=session, key="notice", due=today() - DAY, done=today(), reason="Việc gấp")
    before = {"valid_from": dt.date(1990, 1, 2), "valid_to": dt.date(1990, 1, 1)}
    holds(
        {
            "legal_term_key": changed(term, key="lost"),
            "legal_term_unit": changed(term, unit="weeks"),
            "legal_term_length": changed(term, length=0),
            "legal_term_validity": changed(term, **before),
            "legal_term_once": again(term),
            "legal_minimum_session_kind": changed(minimum, session_kind="lost"),
            "legal_minimum_per": changed(minimum, per="day"),
            "legal_minimum_days": changed(minimum, days=0),
            "legal_minimum_for_whom": changed(minimum, unit=session.unit),
            "legal_minimum_validity": changed(minimum, **before),
            "legal_minimum_once": again(minimum),
            "lateness_once": again(late),
            "lateness_key": changed(late, key="lost"),
            "lateness_is_late": changed(late, done=late.due),
            "lateness_why": changed(late, reason=""),
        }
    )


def test_rules_of_minutes():
    minutes = minutes_of(lines=1)
    line = Contribution.objects.get()
    other, moment = held_session(), timezone.now()
    dates = {"session": other, "circulated_at": moment, "corrections_until": moment}
    final = {**dates, "final_at": moment, "registered": 1, "attended": 1, "absent": 0}
    there = Attendance.objects.create(minutes=minutes, unit=other.unit)
    holds(
        {
            "minutes_state": new(Minutes, **final, state="lost"),
            "minutes_circulated_when": new(Minutes, session=other, state="circulated"),
            "minutes_final_when": new(Minutes, **dates, state="final"),
            "minutes_published_when": new(Minutes, **final, state="published"),
            "attendance_once": again(there),
            "contribution_number_once": again(line),
            "contribution_text": changed(line, text=""),
            "contribution_satisfaction": changed(line, satisfaction="very"),
            "minutes_file_one": new(MinutesFile, minutes=minutes),
            "minutes_file_alt": new(MinutesFile, minutes=minutes, image_id=NOBODY),
            "correction_state": new(Correction, minutes=minutes, state="lost", decided_at=moment, public_text="x", reason="x"),
            "correction_decided_why": new(Correction, minutes=minutes, state="accepted", decided_at=moment, public_text="x"),
            "addendum_text": new(Addendum, minutes=minutes, text=""),
        }
    )


def test_rules_of_reception_days():
    session = held_session()
    case = services.save_case(ReceptionCase(session=session), "Kín", "", None)
    notice = services.save_conclusion(ConclusionNotice(session=session, number="1/TB", signed_on=today()), None)
    line = services.add_conclusion_line(ConclusionLine(notice=notice, unit=session.unit, text="Sửa cống", due_on=today()), None)
    holds(
        {
            "case_number_once": again(case),
            "case_due_of_unit": changed(case, due_on=today()),
            "conclusion_number_once": again(notice),
            "conclusion_line_once": again(line),
        }
    )


def test_rules_of_promises():
    paper, public = draft_promise(), open_promise()
    day, who = public.due_on, PromiseFollower.objects.create(promise=public, contact=contact())
    policy = RecordPolicy.objects.create(valid_from=today())
    holds(
        {
            "promise_text": changed(paper, text=""),
            "promise_kept_how": changed(paper, kept_on=today()),
            "promise_why": changed(public, state="changed"),
            "promise_published_when": changed(paper, state="open"),
            "promise_move_moves": new(PromiseMove, promise=public, old_due_on=day, new_due_on=day, reason="Mưa"),
            "promise_version_once": again(public.versions.get()),
            "promise_version_why": new(PromiseVersion, promise=public, number=2, text="Khác"),
            "evidence_something": new(PromiseEvidence, promise=public),
            "evidence_alt": new(PromiseEvidence, promise=public, image_id=NOBODY),
            "promise_follower_once": again(who),
            "record_policy_once": again(policy),
            "record_policy_numbers": changed(policy, head_days=0),
        }
    )


def test_rules_of_questions_and_requests():
    waiting, taken = received(), accepted()
    text, asked = QuestionText.objects.get(), QuestionSupport.objects.get(question=taken, asked=True)
    unread, public = written(), opened()
    holds(
        {
            "question_state": changed(waiting, state="lost"),
            "question_accepted_first": changed(waiting, state="accepted"),
            "question_ended": changed(taken, state="withdrawn"),
            "question_text_once": again(text),
            "question_support_once": again(asked, asked=False),
            "question_asked_once": again(asked, digest="0" * 64),
            "dialogue_request_state_known": changed(unread, state="lost"),
            "dialogue_request_public": changed(unread, state="open"),
            "dialogue_request_why": changed(unread, state="refused"),
            "dialogue_request_session": changed(public, state="scheduled"),
            "dialogue_request_reached": changed(public, state="reached"),
            "request_note_says_something": new(RequestNote, request=public, text=""),
        }
    )


# A trigger says so first, with the states that may follow (tests/dialogue_sessions/test_promises.py).
BEHIND_A_TRIGGER = {"promise_state"}


def test_every_rule_of_the_tables_has_a_test_that_names_it():
    names = {rule.name for model in apps.get_app_config("dialogue_sessions").get_models() for rule in model._meta.constraints}
    words = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        words |= set(re.findall(r"[a-z_]+", path.read_text(encoding="utf-8")))
    assert names - words - BEHIND_A_TRIGGER == set()
