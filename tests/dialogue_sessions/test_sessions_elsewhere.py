"""Sessions outside their own pages: search, API, open data, sitemap, home page, pages of units and procedures. Drafts are in none."""

import datetime as dt
import json

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import open_data, search_sources, services
from dialogue_sessions.enums import SessionKind, SessionState
from dialogue_sessions.models import Series
from dialogue_sessions.services import Seats
from organisation.search_sources import reindex_units
from search.models import Entry
from tests.organisation import factories
from tests.procedures_catalog.factories import ProcedureFactory, VersionFactory
from tests.search.conftest import mirror, own_writes

from . import making
from .making import DAY, HOUR

NOW = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 12, 3, 11, 30, tzinfo=dt.UTC)
TIMES = {"starts_at": EVENING, "ends_at": EVENING + 2 * HOUR, "registration_closes": EVENING - HOUR}

pytestmark = pytest.mark.django_db
__all__ = ["mirror", "own_writes"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def three():
    """One that everybody may see, a draft, and a draft that was called off."""
    shown = making.announced(title="Đối thoại về nước sạch", subjects="Giá nước", **TIMES)
    hidden = making.draft(title="Nháp chưa công bố", **TIMES)
    called_off = making.draft(title="Nháp bị bỏ", **TIMES)
    services.cancel_session(called_off, "không cần", None)
    return shown, hidden, called_off


def places(client):
    """What each place outside the pages of sessions tells."""
    yield "search", "\n".join(Entry.objects.filter(kind="session", live=True).values_list("title", flat=True))
    yield "search made anew", "\n".join(one.title for one in search_sources._documents())
    yield "open data", "\n".join(row["title"] for row in open_data.rows())
    for address in ("/api/v1/sessions", "/lich/lich.ics", "/lich/lich.atom", "/", "/en/", "/lich/?xem=danh-sach"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        yield address, json.dumps(answer.json(), ensure_ascii=False) if "json" in answer["Content-Type"] else answer.content.decode()


def test_what_is_public_is_told_everywhere_and_drafts_nowhere(client, three):
    for place, told in places(client):
        assert "Đối thoại về nước sạch" in told, place
        assert "Nháp" not in told, place
    sitemap = client.get("/sitemap-sessions.xml").content.decode()
    assert f"/lich/{three[0].slug}/" in sitemap
    assert f"/en/lich/{three[0].slug}/" in sitemap
    assert not any(f"/lich/{hidden.slug}/" in sitemap for hidden in three[1:])
    assert [client.get(f"/api/v1/sessions/{hidden.slug}").status_code for hidden in three[1:]] == [404, 404]
    assert search_sources._visible(str(one.pk) for one in three) == {str(three[0].pk)}


def test_search_follows_what_is_announced_held_and_called_off(client, three):
    entry = Entry.objects.get(kind="session", object_id=str(three[0].pk))
    assert entry.url == f"/lich/{three[0].slug}/"
    assert "Giá nước" in entry.body
    assert "Thứ Năm 03/12/2026" in entry.body
    services.move_session(three[0], EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
    entry.refresh_from_db()
    assert "Thứ Sáu 04/12/2026" in entry.body
    services.cancel_session(three[0], "bão", None)
    entry.refresh_from_db()
    assert entry.facts["state"] == SessionState.CANCELLED
    assert entry.live


def test_search_follows_the_name_of_the_unit(three):
    unit = three[0].unit
    reindex_units([unit.pk])
    unit.name = "Phường Tên Mới"
    unit.save()
    reindex_units([unit.pk])
    assert "Phường Tên Mới" in Entry.objects.get(kind="session", object_id=str(three[0].pk)).body


@pytest.mark.usefixtures("mirror", "own_writes")
def test_somebody_finds_a_session_by_its_subject(client, three):
    shown = client.get("/tim/?q=gia+nuoc").content.decode()
    assert f"/lich/{three[0].slug}/" in shown
    assert "Nháp" not in shown


# ── API and open data ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_api_narrows_by_unit_kind_state_and_days(client, three):
    other = making.open_session(kind=SessionKind.PERIODIC, title="Tiếp dân", starts_at=EVENING + 9 * DAY, ends_at=EVENING + 9 * DAY + HOUR)
    making.announced(kind=SessionKind.APPOINTMENT, title="Hẹn", **TIMES)

    def titles(**query):
        answer = client.get("/api/v1/sessions", query)
        assert answer.status_code == 200, answer.content
        return [one["title"] for one in answer.json()["results"]]

    both = [three[0].title, other.title]
    assert titles() == both
    assert titles(unit=other.unit.slug) == [other.title]
    assert titles(kind="periodic") == [other.title]
    assert titles(kind="appointment") == ["Hẹn"]
    assert titles(state="open") == [other.title]
    assert titles(**{"from": "2026-12-04"}) == [other.title]
    assert titles(to="2026-12-03") == [three[0].title]
    assert titles(unit="khong-co") == []
    assert titles(to="9999-12-31") == both
    for wrong in ({"kind": "x"}, {"state": "draft"}, {"from": "mai"}, {"page": "0"}):
        assert client.get("/api/v1/sessions", wrong).status_code == 422, wrong


def test_one_session_of_the_api_tells_its_moves_and_seats_and_no_link(client):
    session = making.announced(online_link="https://hop.example.gov.vn/bi-mat", seats=[Seats(5), Seats(3, "village", village="Tổ 1")], **TIMES)
    services.move_session(session, EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
    answer = client.get(f"/api/v1/sessions/{session.slug}")
    told = answer.json()
    assert [move["reason"] for move in told["moves"]] == ["mưa"]
    assert [(pool["kind"], pool["village"], pool["seats"]) for pool in told["pools"]] == [("hall", "", 5), ("village", "Tổ 1", 3)]
    assert told["online"] is True
    assert "bi-mat" not in answer.content.decode()


def test_the_dataset_names_no_person_and_tells_what_was_moved(three):
    leader = factories.holding(three[0].unit, "Chủ tịch", "Lê Thị Hoa").post
    three[0].post = leader
    three[0].save()
    making.held(making.pool_of(making.open_session(**TIMES)))
    services.move_session(three[0], EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
    rows = list(open_data.rows())
    told = next(row for row in rows if row["slug"] == three[0].slug)
    assert told["received_by"] == "Chủ tịch"
    assert told["times_moved"] == 1
    assert str(told["first_planned"]).startswith("2026-12-03")
    assert set(told) == {column.name for column in open_data.SESSIONS.columns}
    assert not any(name in json.dumps(rows, ensure_ascii=False, default=str) for name in ("Lê Thị Hoa", "Nguyễn Văn"))


# ── Other pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_home_names_the_next_three_and_the_unit_its_own(client, django_assert_max_num_queries):
    unit = factories.ward("Phường Bến Chợ")
    for number in range(5):
        begins = EVENING + number * DAY
        values = {"starts_at": begins, "ends_at": begins + HOUR, "registration_closes": EVENING}
        making.announced(title=f"Buổi {number}", unit=unit if number % 2 else None, **values)
    services.cancel_session(making.announced(title="Buổi bị huỷ", **TIMES), "bão", None)
    client.get("/")
    with django_assert_max_num_queries(12):
        home = client.get("/").content.decode()
    assert [f"Buổi {number}" in home for number in range(5)] == [True, True, True, False, False]
    assert "Buổi bị huỷ" not in home
    with django_assert_max_num_queries(12):
        of_unit = client.get(unit.get_absolute_url()).content.decode()
    assert [f"Buổi {number}" in of_unit for number in range(5)] == [False, True, False, True, False]
    assert f"/lich/?co-quan={unit.slug}" in of_unit


def test_nothing_to_come_is_no_panel(client):
    assert "sap-dien-ra" not in client.get("/").content.decode()


@pytest.mark.parametrize("by", ["field", "procedure"])
def test_a_procedure_leads_to_the_counter_that_has_times_to_book(client, by, django_assert_max_num_queries):
    procedure = ProcedureFactory()
    version = VersionFactory(effective=True, procedure=procedure)
    unit = factories.ward("Phường Bến Chợ")
    series = Series.objects.create(unit=unit, kind=SessionKind.APPOINTMENT, title="Hẹn tại quầy", slug="hen", slot_minutes=30)
    begins = EVENING - 8 * HOUR
    slots = services.plan_series(series, [(begins, begins + HOUR)], [Seats(1)], None, registration_opens=timezone.now() - HOUR)
    services.announce_series(series, None)
    services.follow_clock(slots[0].pk)
    address = reverse("procedures_catalog:procedure", args=[procedure.code])
    # Another series, for another procedure, at the same counter: nothing yet for this one.
    series.procedures.add(ProcedureFactory())
    assert "/lich/hen/" not in client.get(address).content.decode()
    if by == "field":
        series.fields.add(version.field)
    else:
        series.procedures.add(procedure)
    with django_assert_max_num_queries(12):
        shown = client.get(address).content.decode()
    assert f"/lich/hen/{unit.slug}/2026-12-03/" in shown
