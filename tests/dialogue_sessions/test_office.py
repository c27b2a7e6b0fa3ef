"""The back office of sessions: the board, one session and what its state allows, a series at once, who registered."""

import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialogue_sessions import contacts, services
from dialogue_sessions.enums import Source
from dialogue_sessions.models import Pool, Registration, Series, Session
from dialogue_sessions.services import Seats
from foundation.hours import day_clock
from safeguards.models import Event
from tests.organisation import factories
from tests.safeguards.staff import person as account

from .making import DAY, HOUR, announced, confirmed, draft, fresh, held, open_pool, open_session, pool_of, proven_waiter
from .staff import officer, page_of, signed_in

pytestmark = pytest.mark.django_db
ROOT = "/admin/dialogue-sessions/"
BUDGET = 25


@pytest.fixture
def ward():
    return factories.ward("Phường Bến Chợ")


@pytest.fixture
def leader(ward):
    return officer("chu-tich", ward)


@pytest.fixture
def office(leader):
    return signed_in(leader)


@pytest.fixture
def clerk(ward):
    return signed_in(officer("can-bo", ward, "clerk"))


def url(row, name=""):
    return f"{ROOT}{row.pk}/{name + '/' if name else ''}"


def local(moment):
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def written(pool, name="Nguyễn Thị Thử", contact="0900 111 222", **values):
    """Somebody whom a clerk wrote down."""
    who = contacts.applicant(name, contact, **values)
    return services.hold(pool, who, source=Source.PAPER)


# ── The board ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_board_shows_by_state_what_is_taken_what_is_next_and_what_is_missing(ward, office):
    pool = open_pool(2, unit=ward, title="Đối thoại về nước", post=None)
    confirmed(pool), confirmed(pool), proven_waiter(pool)
    services.cancel_session(announced(unit=ward, title="Đã huỷ"), "Bão", None)
    draft(unit=ward, title="Bản nháp gấp", begins_in=2 * DAY)
    response = office.get(ROOT)
    columns = {column["state"]: column for column in response.context["columns"]}
    assert [columns[state]["count"] for state in ("draft", "open", "cancelled", "held")] == [1, 1, 1, 0]
    (card,) = columns["open"]["cards"]
    assert (card.session.seats, card.session.seats_taken, card.session.people_waiting) == (2, 2, 1) and card.missing
    (hurried,) = columns["draft"]["cards"]
    assert hurried.late
    page = page_of(response)
    assert "Đối thoại về nước" in page and "Bản nháp gấp" in page


def test_the_board_is_narrowed_by_kind_leader_and_week(ward, office):
    post = factories.holding(ward, "Phó Chủ tịch", "Lê Văn Thử").post
    one, two = draft(unit=ward, post=post, begins_in=3 * DAY), draft(unit=ward, kind="legal_aid", begins_in=17 * DAY)

    def found(query):
        return {card.session.pk for column in office.get(f"{ROOT}?{query}").context["columns"] for card in column["cards"]}

    assert found("") == {one.pk, two.pk}
    assert found("kind=legal_aid") == {two.pk} and found(f"post={post.pk}") == {one.pk}
    assert found(f"week={timezone.localtime(one.starts_at):%Y-%m-%d}") == {one.pk}
    assert found("kind=khong-co&week=32&unit=abc") == {one.pk, two.pk}


@pytest.mark.accepts("L3")
@pytest.mark.parametrize("number", [2, 20])
def test_pages_ask_the_same_few_questions_of_few_and_of_many_rows(ward, office, clerk, number):
    pool = open_pool(50, unit=ward)
    for _ in range(number):
        draft(unit=ward)
        written(pool)
    series = Series.objects.create(unit=ward, kind="periodic", title="Năm", slug="nam")
    Session.objects.filter(state="draft").update(series=series)
    pages = [(office, ROOT), (office, url(pool.session)), (clerk, url(pool.session, "registrations")), (office, f"{ROOT}series/{series.pk}/"),
             (office, f"{ROOT}series/"), (office, f"{ROOT}plan/"), (office, url(pool.session, "edit"))]  # fmt: skip
    for client, address in pages:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= BUDGET, (address, len(seen), [query["sql"][:90] for query in seen])


# ── One session ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_is_planned_changed_announced_moved_and_called_off(ward, office, leader):
    begins = timezone.now().replace(second=0, microsecond=0) + 20 * DAY
    new = {
        "unit": ward.pk, "kind": "thematic", "title": "Đối thoại về rác", "starts_at": local(begins), "ends_at": local(begins + 2 * HOUR),
        "seats_hall": 5, "place": "Nhà văn hoá",
    }  # fmt: skip
    assert office.post(f"{ROOT}add/", new).status_code == 302
    session = Session.objects.get()
    assert (session.state, session.starts_at, session.pools.get().capacity) == ("draft", begins, 5)
    changed = {name: value for name, value in new.items() if name not in {"unit", "seats_hall"}} | {"title": "Đối thoại về nước"}
    assert office.post(url(session, "edit"), changed).status_code == 302
    assert fresh(session).title == "Đối thoại về nước"
    assert office.post(url(session, "announce"), {"reason": ""}).status_code == 302
    moved = {"starts_at": local(begins + DAY), "ends_at": local(begins + DAY + HOUR), "reason": "Trùng lịch họp"}
    assert office.post(url(session, "move"), moved).status_code == 302
    page = page_of(office.get(url(session)))
    assert "Trùng lịch họp" in page and day_clock(begins) in page
    assert office.post(url(session, "cancel"), {"reason": "Bão"}).status_code == 302
    assert fresh(session).state == "cancelled"
    kinds = [event.kind.rpartition("_")[2] for event in Event.objects.filter(subject_type="dialogue_sessions.session").order_by("pk")]
    assert kinds == ["planned", "changed", "announced", "moved", "cancelled"]
    assert set(Event.objects.filter(subject_type="dialogue_sessions.session").values_list("actor", flat=True)) == {leader.pk}


def test_units_that_attend_and_the_end_of_questions_are_set_and_changed_and_the_event_names_them(ward, office):
    begins = timezone.now().replace(second=0, microsecond=0) + 20 * DAY
    water, roads = factories.unit("Phòng Kinh tế", code="H1.8", slug="kinh-te"), factories.unit("Phòng Đô thị", code="H1.9", slug="do-thi")
    new = {
        "unit": ward.pk, "kind": "thematic", "title": "Đối thoại về rác", "starts_at": local(begins), "ends_at": local(begins + 2 * HOUR),
        "seats_hall": 5, "place": "Nhà văn hoá", "attending": [water.pk, roads.pk], "questions_until": local(begins - DAY),
    }  # fmt: skip
    assert office.post(f"{ROOT}add/", new).status_code == 302
    session = Session.objects.get()
    assert set(session.attending.all()) == {water, roads}
    assert session.questions_end() == begins - DAY
    form = office.get(url(session, "edit")).context["form"]
    assert set(form["attending"].value()) == {water.pk, roads.pk}
    changed = {name: value for name, value in new.items() if name not in {"unit", "seats_hall"}} | {"attending": [roads.pk]}
    assert office.post(url(session, "edit"), changed).status_code == 302
    assert set(fresh(session).attending.all()) == {roads}
    assert Event.objects.get(kind="dialogue_sessions.session_changed").payload["fields"] == ["attending"]
    office.post(url(session, "edit"), changed)
    assert Event.objects.filter(kind="dialogue_sessions.session_changed").count() == 1, "nothing was changed"


def test_pages_that_change_something_do_nothing_when_they_are_only_looked_at(ward, office):
    session = open_session(unit=ward)
    for name in ("announce", "move", "cancel", "close", "reopen", "edit"):
        office.get(url(session, name))
    assert fresh(session).state == "open" and fresh(session).title == session.title


def test_a_refusal_stands_in_the_form_with_what_was_typed(ward, office):
    session = open_session(unit=ward)
    response = office.post(url(session, "move"), {"starts_at": "2020-01-01T08:00", "ends_at": "2020-01-01T09:00", "reason": "Vì mưa bão"})
    assert response.status_code == 200 and "Vì mưa bão" in page_of(response) and 'id="error-summary"' in page_of(response)
    assert "reason" in office.post(url(session, "cancel"), {"reason": " "}).context["form"].errors
    assert fresh(session).state == "open"
    late = draft(unit=ward, begins_in=2 * DAY)
    page = page_of(office.get(url(late, "announce")))
    assert "Luật số 72/2025/QH15" in page
    assert office.post(url(late, "announce"), {"reason": ""}).context["form"].errors
    assert office.post(url(late, "announce"), {"reason": "Việc gấp"}).status_code == 302


def test_only_what_the_state_allows_is_in_the_form_and_taken_by_the_service(ward, office, leader):
    session = open_session(unit=ward)
    fields = set(office.get(url(session, "edit")).context["form"].fields)
    assert "title" in fields and not fields & {"starts_at", "kind", "unit", "registration_opens", "seats_hall"}
    with pytest.raises(services.WrongState):
        services.edit_session(session, {"starts_at": timezone.now()}, leader)
    services.cancel_session(session, "Bão", None)
    assert office.get(url(session, "edit")).status_code == 404
    with pytest.raises(services.WrongState):
        services.edit_session(session, {"title": "Khác"}, leader)


def test_seats_are_changed_and_fewer_than_are_taken_are_refused_in_words(ward, office):
    pool = open_pool(3, unit=ward)
    confirmed(pool), confirmed(pool)
    address = f"{ROOT}seats/{pool.pk}/"
    assert "2" in str(office.post(address, {"capacity": 1}).context["form"].errors)
    assert office.post(address, {"capacity": 7}).status_code == 302 and fresh(pool).capacity == 7
    more = {"kind": "village", "village": "Thôn Một", "capacity": 4, "name": ""}
    assert office.post(url(pool.session, "seats"), more).status_code == 302
    assert office.post(url(pool.session, "seats"), more | {"village": ""}).context["form"].errors
    assert Pool.objects.filter(session=pool.session).count() == 2


def test_registration_is_closed_and_opened_again(ward, office):
    session = open_session(unit=ward)
    assert office.post(url(session, "close")).status_code == 302 and fresh(session).state == "closed"
    assert office.post(url(session, "reopen"), {"until": "2020-01-01T08:00"}).context["form"].errors
    assert office.post(url(session, "reopen"), {"until": local(session.starts_at - HOUR)}).status_code == 302
    assert fresh(session).state == "open"


def test_a_series_is_made_public_and_called_off_with_one_press_each(ward, office):
    now = timezone.now()
    series = Series(unit=ward, kind="thematic", title="Đối thoại", slug="doi-thoai")
    services.plan_year(series, [(now + n * DAY, now + n * DAY + HOUR) for n in (2, 20)], [Seats(3)], None)
    page = f"{ROOT}series/{series.pk}/"
    refused = office.post(f"{page}announce/", {"reason": ""})
    assert refused.status_code == 200 and refused.context["form"].errors
    assert office.post(f"{page}announce/", {"reason": "Việc gấp"}).status_code == 302
    assert office.get(f"{page}announce/").status_code == 405
    assert office.post(f"{page}cancel/", {"reason": ""}).status_code == 200
    assert office.post(f"{page}cancel/", {"reason": "Sáp nhập"}).status_code == 302
    assert set(series.sessions.values_list("state", "reason")) == {("cancelled", "Sáp nhập")}


def test_a_series_shows_what_is_to_come_first_and_what_is_over_below_the_latest_first(ward, office):
    now = timezone.now()
    series = Series(unit=ward, kind="thematic", title="Đối thoại", slug="doi-thoai")
    services.plan_year(series, [(now + n * DAY, now + n * DAY + HOUR) for n in (1, 2, 3, 20)], [Seats(3)], None)
    first, second, third, last = series.sessions.order_by("starts_at")
    for number, one in ((9, first), (4, second)):
        starts = now - number * DAY
        Session.objects.filter(pk=one.pk).update(
            state="held", starts_at=starts, ends_at=starts + HOUR, announced_at=starts - 20 * DAY, registration_opens=None, registration_closes=None
        )
    page = office.get(f"{ROOT}series/{series.pk}/")
    assert [row[0] for row in page.context["rows"]] == [third, last, second, first]


@pytest.mark.parametrize("name", ["announce", "move", "cancel", "close", "reopen", "edit", "seats"])
def test_who_may_only_look_changes_nothing(ward, clerk, name):
    session = open_session(unit=ward)
    assert clerk.post(url(session, name), {"reason": "x"}).status_code == 302
    assert fresh(session).state == "open" and clerk.get(url(session)).status_code == 200


# ── Who registered ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_masked_and_narrowed_by_number_village_state_and_need(ward, clerk):
    pool = open_pool(9, unit=ward)
    rows = [written(pool, village="Thôn Đông"), written(pool, "Trần Bí Mật", "an@example.vn", needs=["wheelchair"])]
    address = url(pool.session, "registrations")
    response = clerk.get(address)
    page = page_of(response)
    assert "Trần Bí Mật" not in page and "111 222" not in page and "an@example.vn" not in page
    assert "••• ••• 222" in page and "a•••@e•••.vn" in page
    assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"]

    def found(query):
        return [row.pk for row, _contact, _needs in clerk.get(f"{address}?{query}").context["rows"]]

    assert found("q=thon dong") == [rows[0].pk] and found(f"q=%23{rows[1].seat_no}") == [rows[1].pk]
    assert found("need=wheelchair") == [rows[1].pk] and found("state=waiting") == [] and found("source=paper&q=") == [row.pk for row in rows]
    assert found("q=&pool=abc&state=khong-co") == [row.pk for row in rows]


def test_one_contact_is_shown_by_post_alone_and_on_record(ward, clerk):
    row = written(open_pool(2, unit=ward))
    address = f"{ROOT}registrations/{row.pk}/reveal/"
    assert clerk.get(address).status_code == 405
    response = clerk.post(address)
    assert "Nguyễn Thị Thử" in page_of(response) and "0900 111 222" in page_of(response) and "no-store" in response["Cache-Control"]
    event = Event.objects.get(kind="dialogue_sessions.contact_read")
    assert event.actor.username == "can-bo" and "Thử" not in str(event.payload)
    looks = signed_in(officer("lanh-dao", ward))
    assert looks.post(address).status_code == 302 and Event.objects.filter(kind="dialogue_sessions.contact_read").count() == 1


def test_somebody_at_the_door_is_found_by_the_whole_name_and_that_is_on_record(ward, clerk):
    pool = open_pool(9, unit=ward)
    row = written(pool, "Nguyễn Thị  Thử")
    written(pool, "Nguyễn Thị Thử Hai")
    address = url(pool.session, "registrations/find")
    response = clerk.post(address, {"name": " nguyễn thị thử "})
    assert [found.pk for found, _contact, _needs in response.context["rows"]] == [row.pk]
    assert clerk.post(address, {"name": "Thử"}).context["rows"] == []
    assert "name" in clerk.post(address, {"name": " "}).context["name_form"].errors
    events = Event.objects.filter(kind="dialogue_sessions.names_read")
    assert len(events) == 2 and "thử" not in str([event.payload for event in events]).casefold()
    assert clerk.get(address).status_code == 405


def test_many_are_cancelled_with_a_reason_of_the_list_and_each_refusal_is_told(ward, clerk):
    pool = open_pool(9, unit=ward)
    rows = [written(pool), written(pool), written(pool)]
    services.cancel(rows[2])
    address = url(pool.session, "registrations/bulk")
    ids = [str(row.pk) for row in rows]
    assert "why" in clerk.post(address, {"row": ids, "action": "cancel"}).context["bulk"].errors
    assert clerk.post(address, {"row": [], "action": "cancel", "why": "asked"}).context["bulk"].errors
    response = clerk.post(address, {"row": ids, "action": "cancel", "why": "twice"}, follow=True)
    assert [fresh(row).state for row in rows] == ["cancelled"] * 3 and fresh(pool).taken == 0
    said = [str(message) for message in response.context["messages"]]
    assert len(said) == 2 and str(rows[2].queue_no) in said[1]
    payloads = [event.payload for event in Event.objects.filter(kind="dialogue_sessions.registration_cancelled").order_by("pk")]
    assert [payload.get("why") for payload in payloads] == [None, "twice", "twice"]


def test_other_seats_and_marks_for_many(ward, clerk, leader):
    session = open_session(unit=ward, seats=[Seats(2), Seats(1, "online")], online_link="https://hop.example.vn/1")
    hall, online = pool_of(session, kind="hall"), pool_of(session, kind="online")
    rows = [written(hall), written(hall)]
    address, ids = url(session, "registrations/bulk"), [str(row.pk) for row in rows]
    clerk.post(address, {"row": ids, "action": "pool", "pool": online.pk})
    assert sorted(fresh(row).pool_id for row in rows) == sorted([hall.pk, online.pk])  # one seat was free there
    clerk.post(address, {"row": ids, "action": "came"})
    assert {fresh(row).state for row in rows} == {"confirmed"}  # it has not begun
    Session.objects.filter(pk=session.pk).update(state="under_way", starts_at=timezone.now(), registration_opens=None, registration_closes=None)
    clerk.post(address, {"row": ids[:1], "action": "came"})
    clerk.post(address, {"row": ids[1:], "action": "missed"})
    assert [fresh(row).state for row in rows] == ["attended", "no_show"]
    with pytest.raises(services.WrongState):
        services.mark(rows[1], False, leader)


def test_rows_of_another_session_are_not_touched(ward, clerk):
    mine, other = open_pool(2, unit=ward), open_pool(2, unit=ward)
    row = written(other)
    response = clerk.post(url(mine.session, "registrations/bulk"), {"row": [str(row.pk)], "action": "cancel", "why": "asked"})
    assert response.context["bulk"].errors and fresh(row).state == "confirmed"
    assert "pool" in clerk.post(url(mine.session, "registrations/bulk"), {"row": [], "action": "pool", "pool": other.pk}).context["bulk"].errors


@pytest.mark.accepts("X1")
def test_a_list_taken_away_holds_no_formula_no_contact_and_is_on_record(ward, clerk):
    pool = open_pool(9, unit=ward)
    written(pool, subject="=1+1", village="@thôn")
    held(pool)
    address = url(pool.session, "registrations/export")
    assert clerk.get(address).status_code == 405
    table = list(csv.reader(io.StringIO(clerk.post(address, {"format": "csv", "contacts": "1"}).content.decode("utf-8-sig"))))
    assert len(table) == 3 and "'=1+1" in table[1] and "'@thôn" in table[1]
    assert "Thử" not in str(table) and "0900" not in str(table)
    book = openpyxl.load_workbook(io.BytesIO(clerk.post(address, {"format": "xlsx"}).content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"] and "'=1+1" in [cell.value for cell in cells]
    payloads = [event.payload for event in Event.objects.filter(kind="dialogue_sessions.registrations_exported").order_by("pk")]
    assert payloads == [{"session": pool.session_id, "rows": 2, "contacts": False, "format": name} for name in ("csv", "xlsx")]


def test_lists_are_taken_away_so_often_and_no_more(ward, clerk, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "export": (1, 3600)}
    address = url(open_pool(9, unit=ward).session, "registrations/export")
    assert [clerk.post(address, {"format": "csv"}).status_code for _time in range(2)] == [200, 429]
    assert Event.objects.filter(kind="dialogue_sessions.registrations_exported").count() == 1


def test_names_and_contacts_go_into_a_file_only_with_a_right_of_its_own_and_when_asked(ward):
    pool = open_pool(9, unit=ward)
    written(pool, "=Nguyễn")
    client, address = signed_in(account("quan-tri", role="administrator")), url(pool.session, "registrations/export")
    assert "Nguyễn" not in client.post(address, {"format": "csv"}).content.decode()
    assert "'=Nguyễn,0900 111 222" in client.post(address, {"format": "csv", "contacts": "1"}).content.decode()
    assert Event.objects.filter(kind="dialogue_sessions.registrations_exported").order_by("pk").last().payload["contacts"] is True
    assert Registration.objects.count() == 1


def test_a_day_that_is_not_one_is_told(ward, office):
    wrong = {"unit": ward.pk, "kind": "thematic", "title": "x", "starts_at": "32/13/2026", "ends_at": "2027-01-01T08:00"}
    response = office.post(f"{ROOT}add/", wrong)
    assert "starts_at" in response.context["form"].errors and not Session.objects.exists()
