"""The demonstration's year of receptions, its dialogues in every state, and that no resident is written to."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialogue_sessions import contacts, demonstration, services
from dialogue_sessions.enums import MinutesState, PromiseState, QuestionState, RequestState, SessionKind, SessionState
from dialogue_sessions.kinds import PROMISE_REMINDER
from dialogue_sessions.models import (
    ConclusionLine,
    ConsentText,
    Contribution,
    Correction,
    DialogueRequest,
    Lateness,
    Minutes,
    PriorityGroup,
    Promise,
    PromiseEvidence,
    Question,
    Registration,
    RetentionPolicy,
    SeatPolicy,
    Series,
    Session,
    SessionMove,
    Signature,
)
from messaging.models import Contact, Message
from organisation.models import Person, SiteIdentity, Unit, today
from portal.setup import ensure_site
from safeguards.models import User
from tests.remembered import remembered

from .making import DAY

FIXTURES = Path(settings.STATICFILES_DIRS[0]).parent / "fixtures" / "demonstration"
OPEN = "doi-thoai-dat-dai-giay-phep-xay-dung"
HELD = "doi-thoai-thuong-nien-ben-cho"
TABLES = [Session, Registration, Question, Promise, Minutes, DialogueRequest, Signature, ConsentText]


pytestmark = pytest.mark.django_db


@remembered
def loaded() -> User:
    """The demonstration's organisation with its dialogues."""
    year = timezone.localdate().year
    call_command("calendar_seed", *(str(one) for one in range(year - 1, year + 2)), stdout=io.StringIO())
    call_command("import_organisation", str(FIXTURES / "organisation"), stdout=io.StringIO())
    actor = User.objects.create_user("nguoi-cong-khai", email="cong.khai@example.org", password="mật khẩu của người thử")
    ensure_site(SiteIdentity.objects.get())
    assert demonstration.load(FIXTURES / "dialogues", actor)
    return actor


@pytest.fixture(autouse=True)
def district():
    """It stands in every test of this file; gives who loaded it."""
    return loaded()


def public_pages():
    """The pages of the demonstration, in both languages."""
    paths = ["/lich/", "/lich/de-nghi/", "/loi-hua/"]
    paths += [session.get_absolute_url() for session in Session.objects.filter(slug__in=[OPEN, HELD, "doi-thoai-ngap-ngo-lo-gach"])]
    paths += [f"/lich/{slug}/cau-hoi/" for slug in (OPEN, HELD)] + [f"/lich/{HELD}/bien-ban/"]
    paths += [promise.get_absolute_url() for promise in Promise.objects.all()]
    paths += [f"/lich/de-nghi/{request.slug}/" for request in DialogueRequest.objects.all()]
    paths += [f"/lich/{OPEN}/cau-hoi/{one.pk}/" for one in Question.objects.public().filter(session__slug=OPEN)]
    paths += [f"/co-quan/{slug}/" for slug in ("phuong-ben-cho", "quan-ben-lanh")]
    return [*paths, *(f"/en{path}" for path in paths)]


# ── A year of receptions ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_year_of_receptions_is_there_most_of_it_held_and_some_to_come():
    for slug, least in [(demonstration.MARK, 20), ("tiep-cong-dan-phuong-ben-cho", 45), ("tiep-cong-dan-phuong-van-an", 45),
                        ("tiep-cong-dan-phuong-lo-gach", 45), ("tro-giup-phap-ly-thu-sau", 45)]:  # fmt: skip
        sessions = Session.objects.filter(series__slug=slug)
        assert sessions.count() >= least, slug
        assert sessions.filter(state=SessionState.HELD).count() >= least // 2
        assert sessions.filter(starts_at__gt=timezone.now()).exclude(state=SessionState.CANCELLED).count() >= 2


def test_nothing_is_planned_on_a_day_on_which_nobody_works():
    from organisation.queries import calendar_for

    for series in Series.objects.exclude(kind=SessionKind.APPOINTMENT):
        calendar = calendar_for(series.unit)
        days = {timezone.localtime(one.starts_at).date() for one in series.sessions.all()}
        assert all(calendar.is_working(day) for day in days), series


def test_the_chair_receives_on_two_days_of_each_whole_month():
    days = sorted(timezone.localtime(one.starts_at).date() for one in Session.objects.filter(series__slug=demonstration.MARK))
    months = sorted({(day.year, day.month) for day in days})[1:-1]
    assert all(sum((day.year, day.month) == month for day in days) >= 2 for month in months)


def test_some_are_moved_one_is_called_off_and_one_announced_late_each_with_its_reason():
    assert SessionMove.objects.exclude(reason="").count() == 2
    assert Session.objects.get(state=SessionState.CANCELLED).reason
    assert Lateness.objects.exclude(reason="").count() == 1


def test_mobile_days_an_extraordinary_reception_and_every_kind_stand():
    found = dict(Session.objects.values_list("kind").annotate(Count("pk")))
    assert set(found) == set(SessionKind.values)
    assert (found[SessionKind.MOBILE], found[SessionKind.EXTRAORDINARY]) == (2, 1)


def test_every_state_of_a_session_is_seen_but_a_draft():
    states = set(Session.objects.values_list("state", flat=True))
    assert {SessionState.ANNOUNCED, SessionState.OPEN, SessionState.HELD, SessionState.CANCELLED} <= states


def test_the_counter_has_slots_in_the_next_two_weeks_some_of_them_booked():
    slots = Session.objects.filter(kind=SessionKind.APPOINTMENT)
    assert slots.filter(state=SessionState.OPEN, starts_at__gt=timezone.now()).count() >= 50
    assert slots.filter(pools__taken=1).count() == 7
    assert set(Series.objects.get(kind=SessionKind.APPOINTMENT).fields.values_list("slug", flat=True)) == {"hoat-dong-xay-dung", "dat-dai"}


# ── Dialogues ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_four_dialogues_were_held_with_minutes_in_each_state():
    held = Session.objects.filter(slug__startswith="doi-thoai-", state=SessionState.HELD)
    assert held.count() == 4
    assert set(Minutes.objects.values_list("state", flat=True)) == set(MinutesState.values)
    assert all(session.agenda.exists() and session.registrations.filter(state="attended").exists() for session in held)
    assert all(session.registrations.filter(state="no_show").exists() for session in held)


def test_minutes_hold_answers_satisfaction_corrections_and_an_addendum():
    published = Minutes.objects.get(state=MinutesState.PUBLISHED)
    assert published.late_reason == ""
    assert set(published.contributions.values_list("satisfaction", flat=True)) == {"satisfied", "partly", "not"}
    assert set(Correction.objects.values_list("state", flat=True)) == {"pending", "accepted", "rejected"}
    assert published.addenda.count() == 1
    assert ConclusionLine.objects.filter(notice__session__slug="doi-thoai-ho-kinh-doanh", promise__isnull=False).count() == 2


def test_a_dialogue_is_open_with_seats_in_every_kind_of_pool_and_one_is_announced():
    session = Session.objects.get(slug=OPEN)
    assert session.takes_registrations(timezone.now())
    assert set(session.pools.values_list("kind", flat=True)) == {"hall", "online", "village", "walk_in"}
    assert all(pool.taken == sum(row.size for row in pool.registrations.seated()) for pool in session.pools.all())
    assert Session.objects.get(slug="doi-thoai-ngap-ngo-lo-gach").state == SessionState.ANNOUNCED


def test_questions_stand_in_every_state_that_somebody_sees():
    questions = Question.objects.filter(session__slug=OPEN)
    wanted = {QuestionState.RECEIVED, QuestionState.ACCEPTED, QuestionState.MERGED, QuestionState.ASSIGNED, QuestionState.ANSWERED,
              QuestionState.REFUSED}  # fmt: skip
    assert set(questions.values_list("state", flat=True)) == wanted
    top = questions.order_by("-supports").first()
    assert (top.supports, top.gathered) == (64, 3)  # its own and those of the two that were put together with it


def test_a_line_of_published_minutes_answers_a_question_that_was_sent_ahead():
    question = Question.objects.get(line_links__contribution__minutes__state=MinutesState.PUBLISHED)
    assert (question.state, question.answer_way) == (QuestionState.ANSWERED, "in_session")
    assert question.answer == question.line_links.get().contribution.answer


def test_promises_stand_in_every_state_with_evidence_and_from_every_source():
    assert set(Promise.objects.values_list("state", flat=True)) == set(PromiseState.values) - {PromiseState.DRAFT}
    day = today()
    assert Promise.objects.overdue(day).filter(text="Lắp 12 đèn đường hẻm 19").exists()
    assert Promise.objects.due_within(day, 7).exists()
    assert Promise.objects.filter(moves__isnull=False).count() == 1
    assert PromiseEvidence.objects.exclude(text="").count() == 2
    assert Promise.objects.filter(contribution__isnull=False).exists()
    assert Promise.objects.filter(conclusion_line__notice__session__series__slug=demonstration.MARK).exists()
    assert Promise.objects.filter(session__slug=OPEN).exists()


def test_one_request_is_at_62_percent_and_one_has_its_dialogue():
    collecting = DialogueRequest.objects.get(state=RequestState.OPEN)
    assert round(collecting.signed / collecting.needed * 100) == 62
    reached = DialogueRequest.objects.get(state=RequestState.SCHEDULED)
    assert reached.reached_at
    assert reached.signed >= reached.needed
    assert reached.session.kind == SessionKind.ON_REQUEST
    assert reached.signed == reached.signatures.filter(proven_at__isnull=False).count()


def test_rules_are_dated_and_say_where_they_come_from():
    assert ConsentText.objects.count() == 3
    assert PriorityGroup.objects.count() == 3
    assert SeatPolicy.objects.count() == 2
    assert RetentionPolicy.objects.days() == 90
    assert all(row.source for table in (ConsentText, PriorityGroup, SeatPolicy, RetentionPolicy) for row in table.objects.all())


# ── What must never happen ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_loading_adds_nothing_and_keeps_what_visitors_did(district):
    session = Session.objects.filter(state=SessionState.OPEN, slug=OPEN).get()
    Session.objects.filter(pk=session.pk).update(title="Đổi bởi người xem")
    before = [table.objects.count() for table in TABLES]
    assert demonstration.load(FIXTURES / "dialogues", district) is False
    assert [table.objects.count() for table in TABLES] == before
    assert Session.objects.get(pk=session.pk).title == "Đổi bởi người xem"


def test_no_resident_is_written_to_only_the_officer_who_takes_over_a_promise():
    given = Promise.objects.filter(transfers__isnull=False).get()
    assert [message.kind for message in Message.objects.all()] == [PROMISE_REMINDER]
    assert Message.objects.get().unit == given.unit
    assert Contact.objects.count() == 1
    assert not Registration.objects.exclude(contact_sealed="", contact_hmac="").exists()
    assert not Signature.objects.exclude(contact=None, name_sealed="").exists()


def test_what_was_loaded_stays_silent_when_its_jobs_run():
    from dialogue_sessions.jobs import tell_question, tell_request
    from dialogue_sessions.promise_jobs import circulate, tell_followers

    written = Message.objects.count()
    told = [circulate(one.pk) for one in Minutes.objects.all()]
    told += [tell_followers(one.pk, one.version, "kept") for one in Promise.objects.all()]
    told += [tell_question(one.pk, "answered-1") for one in Question.objects.all()]
    told += [tell_request(one.pk, "scheduled") for one in DialogueRequest.objects.all()]
    assert not any(told)
    assert Message.objects.count() == written


def test_every_promise_to_be_kept_has_somebody_who_is_reached_by_hand_at_an_invented_address():
    rows = list(Promise.objects.followed_up())
    assert rows
    assert services.remind_now(rows, None) == (len(rows), 0, 0)
    assert not Person.objects.exclude(email="").exclude(email__endswith=".example").exists()


def test_production_refuses_it(settings, district):
    from dialogue_sessions.services import gate

    settings.STAGE = "production"
    with pytest.raises(CommandError):
        call_command("load_dialogues", str(FIXTURES / "dialogues"), actor=district.username)
    with pytest.raises(RuntimeError), gate.as_of(timezone.now() - DAY):
        pass


def test_public_pages_answer_in_both_languages_within_their_budgets(client):
    names = {contacts.name_of(row) for row in Registration.objects.all()}
    assert len(names) > 30
    wrong = []
    for path in public_pages():
        client.get(path)  # what is remembered between requests is remembered
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        text = answer.content.decode()
        if answer.status_code != 200 or len(queries) > 12 or len(answer.content) > 100_000:
            wrong.append((path, answer.status_code, len(queries), len(answer.content)))
        wrong += [(path, name) for name in names if name in text]
    assert not wrong


def test_no_text_of_the_demonstration_names_a_telephone_of_somebody():
    from dialogue_sessions.similarity import personal_number

    texts = [*Question.objects.values_list("public_text", flat=True), *Contribution.objects.values_list("text", flat=True),
             *Promise.objects.values_list("text", flat=True), *DialogueRequest.objects.values_list("public_text", flat=True)]  # fmt: skip
    assert not [text for text in texts if personal_number(text)]
    assert Unit.objects.filter(slug="phuong-ben-cho").exists()
