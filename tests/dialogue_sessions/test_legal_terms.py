"""What the law asks for is dated data: gates before a session is public, minimums of a unit, and what is overdue on its page."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dialogue_sessions import law, legal_facts, overdue, services
from dialogue_sessions.enums import Per, PoolKind, SessionKind, TermKey, TermUnit
from dialogue_sessions.models import Lateness, LegalMinimum, LegalTerm, Series
from dialogue_sessions.planning import Minimum
from dialogue_sessions.planning import Per as PlanPer
from dialogue_sessions.services import Seats
from organisation.enums import Level, UnitKind
from safeguards.models import Event
from tests.organisation import factories

from .making import draft, fresh
from .staff import officer

pytestmark = pytest.mark.django_db
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = dt.datetime(2026, 12, 1, 9, tzinfo=VIETNAM)  # a Tuesday
UNIT_BUDGET = 12


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def on(day, kind=SessionKind.PERIODIC, month=12, hour=8, **values):
    begins = dt.datetime(2026, month, day, hour, tzinfo=VIETNAM)
    return draft(
        kind=kind, starts_at=begins, ends_at=begins + dt.timedelta(hours=3), registration_opens=None, registration_closes=None, **values
    )  # fmt: skip


# ── The tables ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_installation_begins_with_what_the_law_asks_for():
    terms = {row.key: (row.length, row.unit, row.before) for row in LegalTerm.objects.all()}
    assert terms[TermKey.SCHEDULE] == (5, "working_days", True) and terms[TermKey.NOTICE] == (7, "days", True)
    assert terms[TermKey.RESULT] == (10, "days", False) and terms[TermKey.ANSWER] == (10, "working_days", False)
    assert terms[TermKey.ONLINE_NOTICE] == (5, "working_days", True)
    assert all(LegalTerm.objects.values_list("source", flat=True)) and all(LegalMinimum.objects.values_list("source", flat=True))


def test_what_people_wrote_into_the_tables_is_never_written_over():
    from django.apps import apps

    LegalTerm.objects.filter(key=TermKey.NOTICE).update(length=14)
    number = LegalMinimum.objects.count()
    legal_facts.seed(apps)
    assert LegalTerm.objects.get(key=TermKey.NOTICE).length == 14 and LegalMinimum.objects.count() == number


def test_a_district_chair_had_two_days_a_month_until_districts_ended():
    (one,) = law.minimums_for(factories.district(), SessionKind.PERIODIC)
    assert (one.days, one.per, one.valid_to) == (2, PlanPer.MONTH, dt.date(2025, 6, 30))


def test_what_nobody_has_confirmed_is_marked_so():
    before, after = law.minimums_for(factories.ward(), SessionKind.PERIODIC)
    assert before.valid_to == dt.date(2026, 6, 30) and before.confirmed
    assert after.valid_from == dt.date(2026, 7, 1) and not after.confirmed


def test_a_units_own_rule_goes_before_that_of_its_level_while_it_holds():
    ward = factories.ward()
    LegalMinimum.objects.create(
        unit=ward, days=2, per=Per.MONTH, valid_from=dt.date(2026, 7, 1), valid_to=dt.date(2026, 12, 31), source="Quyết định 9", level=None
    )
    found = [(one.days, one.per, one.valid_from, one.valid_to) for one in law.minimums_for(ward, SessionKind.PERIODIC)]
    assert found == [
        (1, PlanPer.WEEK, dt.date(2014, 7, 1), dt.date(2026, 6, 30)), (2, PlanPer.MONTH, dt.date(2026, 7, 1), dt.date(2026, 12, 31)),
        (1, PlanPer.WEEK, dt.date(2027, 1, 1), None),
    ]  # fmt: skip
    assert len(law.minimums_for(factories.ward("Phường khác"), SessionKind.PERIODIC)) == 2


@pytest.mark.parametrize(("other", "left"), [
    ((None, None), []), ((dt.date(2026, 5, 1), None), [(dt.date(2026, 1, 1), dt.date(2026, 4, 30))]),
    ((dt.date(2025, 1, 1), dt.date(2025, 12, 31)), [(dt.date(2026, 1, 1), None)]),
    ((dt.date(2026, 2, 1), dt.date(2026, 2, 28)), [(dt.date(2026, 1, 1), dt.date(2026, 1, 31)), (dt.date(2026, 3, 1), None)]),
])  # fmt: skip
def test_what_is_left_of_a_rule_beside_another(other, left):
    one = Minimum(1, PlanPer.WEEK, dt.date(2026, 1, 1))
    rest = one.without([Minimum(2, PlanPer.MONTH, other[0] or dt.date(2020, 1, 1), other[1])])
    assert [(part.valid_from, part.valid_to) for part in rest] == left


@pytest.mark.parametrize(("values", "field"), [
    ({"length": 0}, "length"), ({"valid_to": dt.date(2024, 1, 1)}, "valid_to"), ({"valid_from": dt.date(2027, 1, 1)}, "valid_from"),
])  # fmt: skip
def test_a_term_that_cannot_be_is_refused_in_words_and_by_the_database(values, field):
    usual = {"length": 3, "valid_from": dt.date(2025, 1, 1), "valid_to": dt.date(2025, 2, 1)}
    if field == "valid_from":
        usual["valid_to"] = None
    row = LegalTerm(**{"key": TermKey.RESULT, "unit": TermUnit.DAYS, "before": False, "source": "Luật"} | usual | values)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert field in refused.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize(
    "values", [{"days": 0}, {"level": Level.WARD, "own": True}, {"valid_from": dt.date(2026, 8, 1), "level": Level.WARD, "unit_kind": "government"}]
)
def test_a_minimum_that_cannot_be_is_refused_in_words_and_by_the_database(values):
    own = values.pop("own", False)
    row = LegalMinimum(**{"days": 1, "per": Per.WEEK, "valid_from": dt.date(2026, 1, 1), "source": "Luật"} | values)
    row.unit = factories.ward() if own else None
    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_change_of_the_law_leaves_what_it_said_in_its_events():
    user = officer("quantri", factories.ward(), "administrator")
    term = LegalTerm.objects.get(key=TermKey.NOTICE)
    term.length = 9
    services.save_law(term, user)
    event = Event.objects.get(kind="dialogue_sessions.legal_term_changed")
    assert event.actor == user and event.payload["length"] == "9" and event.payload["valid_from"] == "2025-07-01"
    with pytest.raises(services.Invalid):
        services.save_law(LegalTerm(key=TermKey.NOTICE, length=1, unit=TermUnit.DAYS, valid_from=dt.date(2026, 1, 1), source="x"), user)


# ── The gate ──────────────────────────────────────────────────────────────────────────────────────────────────────────


# The fifth working day before Tuesday the 8th is Tuesday the 1st: today.
@pytest.mark.parametrize(("day", "kind", "late"), [
    (8, SessionKind.PERIODIC, None), (7, SessionKind.PERIODIC, dt.date(2026, 11, 30)), (8, SessionKind.THEMATIC, None),
    (7, SessionKind.YEARLY, dt.date(2026, 11, 30)), (2, SessionKind.EXTRAORDINARY, None), (2, SessionKind.LEGAL_AID, None),
])  # fmt: skip
def test_nothing_is_public_later_than_the_law_asks_without_a_reason(day, kind, late):
    session = on(day, kind)
    if late is None:
        assert services.announce(session, None, late_because="không cần").state == "announced"
        assert not Lateness.objects.exists()
        return
    with pytest.raises(services.TooLate, match=f"{late:%d/%m/%Y}") as refused:
        services.announce(session, None, late_because="  ")
    assert refused.value.latest == late and fresh(session).state == "draft"
    services.announce(session, None, late_because="Bão số 9")
    row = Lateness.objects.get()
    assert (row.session_id, row.due, row.done, row.reason) == (session.pk, late, NOW.date(), "Bão số 9") and row.source
    assert Event.objects.get(kind="dialogue_sessions.session_announced").payload["late"] == {row.key: late.isoformat()}


def test_seats_online_have_a_term_of_their_own():
    session = on(3, SessionKind.EXTRAORDINARY, seats=[Seats(5, PoolKind.ONLINE)], online_link="https://hop.example.vn/1")
    with pytest.raises(services.TooLate, match="26/11/2026"):
        services.announce(session, None)
    services.announce(session, None, late_because="Vụ việc gấp")
    assert Lateness.objects.get().key == TermKey.ONLINE_NOTICE


def test_the_term_in_force_on_the_day_of_the_session_decides():
    term = LegalTerm.objects.get(key=TermKey.NOTICE)
    term.valid_to = dt.date(2026, 12, 4)
    term.save()
    LegalTerm.objects.create(key=TermKey.NOTICE, length=2, unit=TermUnit.DAYS, before=True, valid_from=dt.date(2026, 12, 5), source="Luật mới")
    services.announce(on(5, SessionKind.THEMATIC), None)
    with pytest.raises(services.TooLate):
        services.announce(on(4, SessionKind.THEMATIC, hour=14), None)


def test_a_series_is_public_as_a_whole_and_one_reason_stands_at_those_that_are_late():
    series = Series(unit=factories.ward(), kind=SessionKind.PERIODIC, title="Tiếp công dân", slug="tiep-cong-dan")
    spans = [(dt.datetime(2026, 12, day, 8, tzinfo=VIETNAM), dt.datetime(2026, 12, day, 11, tzinfo=VIETNAM)) for day in (3, 10, 17)]
    services.plan_year(series, spans, [Seats(5)], None)
    with pytest.raises(services.TooLate):
        services.announce_series(series, None)
    assert set(series.sessions.values_list("state", flat=True)) == {"draft"}
    services.announce_series(series, None, late_because="Mới có quyết định phân công")
    assert set(series.sessions.values_list("state", flat=True)) == {"announced"}
    assert [timezone_day(row) for row in Lateness.objects.all()] == [3]


def timezone_day(row):
    return row.session.starts_at.astimezone(VIETNAM).day


def test_a_lateness_that_is_none_is_refused():
    session = on(20)
    with pytest.raises(ValidationError):
        Lateness(session=session, key=TermKey.SCHEDULE, due=NOW.date(), done=NOW.date(), reason="x").full_clean()
    for values in ({"reason": "x", "done": NOW.date()}, {"reason": "", "done": NOW.date() + dt.timedelta(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lateness(session=session, key=TermKey.SCHEDULE, due=NOW.date(), **values).save()


# ── What is overdue ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def department():
    """A department: its head receives citizens one day a month, by law that is confirmed."""
    return factories.unit("Phòng Tư pháp", kind=UnitKind.DEPARTMENT)


def test_a_month_without_an_announced_day_is_overdue_once_it_cannot_be_announced_in_time(department, clock):
    services.announce(on(9, unit=department), None)
    assert services.overdue(department, dt.date(2026, 12, 1)) == []
    clock.move_to(dt.datetime(2027, 1, 22, 9, tzinfo=VIETNAM))
    assert services.overdue(department, dt.date(2027, 1, 22)) == []  # the 29th could still be announced on the 22nd
    (one,) = services.overdue(department, dt.date(2027, 1, 23))
    assert (one.key, one.due) == (TermKey.SCHEDULE, dt.date(2027, 1, 22)) and "31/01/2027" in one.title


def test_a_unit_that_announces_nothing_here_owes_nothing_here(department):
    assert services.overdue(department, dt.date(2027, 1, 30)) == []


def test_law_that_nobody_confirmed_accuses_nobody():
    ward = factories.ward()
    services.announce(on(9, unit=ward), None)
    day = dt.date(2026, 12, 31)
    assert services.overdue(ward, day) == []
    LegalMinimum.objects.filter(confirmed=False).update(confirmed=True)
    assert services.overdue(ward, day)


def test_others_add_what_they_know_of(department, monkeypatch):
    known = overdue.OverdueSource(lambda asked: [overdue.Overdue(TermKey.RESULT, dt.date(2026, 11, 1), "Đối thoại về rác", "/lich/rac/")], 1)
    monkeypatch.setitem(overdue.sources._items, "results", known)
    assert [one.title for one in services.overdue(department, dt.date(2026, 12, 1))] == ["Đối thoại về rác"]
    page = Client().get(department.get_absolute_url()).content.decode()
    assert 'href="/lich/rac/"' in page and "01/11/2026" in page


def test_what_was_late_stands_on_the_units_page_with_its_reason(department):
    services.announce(on(3, unit=department, title="Tiếp công dân tháng 12"), None, late_because="Lãnh đạo đi công tác <b>xa</b>")
    hidden = on(3, unit=department, title="Bản nháp bí mật", hour=14)
    with CaptureQueriesContext(connection) as seen:
        page = Client().get(department.get_absolute_url()).content.decode()
    assert "Tiếp công dân tháng 12" in page and "Lãnh đạo đi công tác &lt;b&gt;xa&lt;/b&gt;" in page and "26/11/2026" in page
    assert hidden.title not in page
    assert len(seen) <= UNIT_BUDGET, "\n".join(query["sql"][:120] for query in seen)


def test_a_page_of_a_unit_that_is_in_time_says_nothing_of_it(department):
    services.announce(on(20, unit=department), None)
    assert 'id="cham"' not in Client().get(department.get_absolute_url()).content.decode()
