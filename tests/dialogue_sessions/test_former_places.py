"""A public session that is held elsewhere: the former place stays visible, with the reason, wherever a former time does."""

import datetime as dt
import re

import icalendar
import pytest
import time_machine
from django.urls import reverse

from dialogue_sessions import services
from dialogue_sessions.models import FormerPlace, Series
from dialogue_sessions.series_changes import OWN, SHARED, Whom, Wish, change, standing, to_come
from dialogue_sessions.services import Invalid, Seats
from dialogue_sessions.tickets import ticket_token
from organisation.models import Room
from safeguards.models import Event
from tests.beginnings import house_roles
from tests.organisation import factories

from . import making
from .making import DAY, HOUR, fresh
from .staff import officer, page_of, signed_in

NOW = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 12, 3, 11, 30, tzinfo=dt.UTC)
TIMES = {"starts_at": EVENING, "ends_at": EVENING + 2 * HOUR, "registration_closes": EVENING - HOUR}
OLD, NEW, WHY = "Nhà văn hóa khu phố 3", "Nhà văn hóa khu phố 9", "Mái nhà bị dột"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def session():
    return making.open_session(place=OLD, title="Đối thoại về nước sạch", **TIMES)


def elsewhere(session, because=WHY, **values):
    return services.edit_session(fresh(session), values or {"place": NEW}, None, place_reason=because)


def page(client, session, prefix=""):
    return client.get(f"{prefix}/lich/{session.slug}/").content.decode()


def told(session):
    return list(session.former_places.values_list("place", "place_now", "reason"))


# ── What is kept ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_former_place_is_kept_with_the_reason_each_time(session):
    elsewhere(session)
    elsewhere(session, "Hội trường đủ rộng hơn", place="Trường học")
    assert told(session) == [(OLD, NEW, WHY), (NEW, "Trường học", "Hội trường đủ rộng hơn")]


def test_without_a_reason_nothing_is_changed(session):
    for because in ("", "  \n"):
        with pytest.raises(Invalid) as refused:
            elsewhere(session, because)
        assert set(refused.value.error.message_dict) == {"place_reason"}
    assert fresh(session).place == OLD
    assert not FormerPlace.objects.exists()
    assert not Event.objects.filter(kind="dialogue_sessions.session_changed").exists()


def test_the_event_names_the_reason_which_everybody_reads(session):
    elsewhere(session)
    event = Event.objects.get(kind="dialogue_sessions.session_changed")
    assert event.payload == {"slug": session.slug, "fields": ["place"], "reason": WHY}


def test_a_room_counts_as_the_place_and_stands_in_words(session):
    room = Room.objects.create(point=factories.point(session.unit, name="Trụ sở", address="12 Bến Chợ"), name="Hội trường A")
    elsewhere(session, place="", room=room)
    assert told(session) == [(OLD, "Hội trường A, Trụ sở, 12 Bến Chợ", WHY)]
    elsewhere(session, "", place="chữ không ai thấy khi đã có phòng")
    assert len(told(session)) == 1
    room.name = "Tên khác"
    room.save()
    elsewhere(session, "Phòng bận", room=None, place=NEW)
    assert told(session)[1] == ("Tên khác, Trụ sở, 12 Bến Chợ", NEW, "Phòng bận")
    assert told(session)[0][1].startswith("Hội trường A"), "what was read then stays as it was read"


@pytest.mark.parametrize("values", [{"place": f"  {OLD}"}, {"subjects": "Giá nước"}, {"online_link": "https://hop.example.vn/1"}])
def test_what_is_no_other_place_takes_no_reason(session, values):
    elsewhere(session, "", **values)
    assert told(session) == []


def test_a_first_place_and_the_place_of_a_draft_take_no_reason():
    nowhere = making.open_session(online_link="https://hop.example.vn/1", **TIMES)
    elsewhere(nowhere, "")
    hidden = making.draft(place=OLD, **TIMES)
    elsewhere(hidden, "")
    assert told(nowhere) == told(hidden) == []


# ── Where it is shown ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_where_it_was_to_be_and_why(client, session, django_assert_max_num_queries):
    assert "Đã đổi địa điểm" not in page(client, session)
    elsewhere(session)
    services.move_session(fresh(session), EVENING + DAY, EVENING + DAY + HOUR, "Trùng họp", None)
    with django_assert_max_num_queries(12):
        shown = page(client, session)
    assert "Đã đổi địa điểm" in shown
    assert f'<del lang="vi">{OLD}</del> → <span lang="vi">{NEW}</span>. Lý do: <span lang="vi">{WHY}</span>' in shown
    assert "Trùng họp" in shown
    english = page(client, session, "/en")
    assert "The place was changed" in english
    assert f'<del lang="vi">{OLD}</del> → <span lang="vi">{NEW}</span>. Why: <span lang="vi">{WHY}</span>' in english


def test_held_online_alone_the_page_says_so(client, session):
    elsewhere(session, place="", online_link="https://hop.example.vn/1")
    assert f'<del lang="vi">{OLD}</del> → trực tuyến. Lý do:' in page(client, session)


def test_what_somebody_typed_is_no_markup(client, session):
    elsewhere(session, "<b>vì</b>")
    assert "<b>vì</b>" not in page(client, session)


def test_lists_name_the_first_place_and_a_month_says_that_it_is_another(client, session):
    month, listed = "/lich/?ngay=2026-12-01", "/lich/?ngay=2026-12-01&xem=danh-sach"
    assert "chỗ mới" not in client.get(month).content.decode()
    elsewhere(session)
    elsewhere(session, "Lại đổi", place="Trường học")
    assert "chỗ mới" in client.get(month).content.decode()
    assert "new place" in client.get(f"/en{month}").content.decode()
    for address in (listed, "/lich/?ngay=2026-12-01&xem=tuan"):
        said = client.get(address).content.decode()
        assert f'Trước đây dự kiến tại: <span lang="vi">{OLD}</span>.' in said
        assert "Lại đổi" in said
    assert f'Was to be at: <span lang="vi">{OLD}</span>.' in client.get(f"/en{listed}").content.decode()


def test_whoever_registered_reads_it_on_the_page_of_the_place(client, session):
    row = making.confirmed(making.pool_of(session))
    elsewhere(session)
    shown = client.get(reverse("dialogue_sessions:place", args=[session.slug, ticket_token(row)])).content.decode()
    assert f'<del lang="vi">{OLD}</del>' in shown
    assert WHY in shown


def test_feeds_tell_it_again_and_calendars_take_the_entry_anew(client, session):
    def entry():
        return icalendar.Calendar.from_ical(client.get(f"/lich/{session.slug}/lich.ics").content).walk("VEVENT")[0]

    services.move_session(session, EVENING + DAY, EVENING + DAY + HOUR, "Trùng họp", None)
    before = client.get("/lich/lich.atom").content.decode()
    assert entry()["SEQUENCE"] == 1
    elsewhere(session)
    elsewhere(session, "Lại đổi", place="Trường học")
    after = client.get("/lich/lich.atom").content.decode()
    assert f"trước đây dự kiến tại {NEW}: Lại đổi" in after
    assert re.findall("<id>(.*?)</id>", before)[1] != re.findall("<id>(.*?)</id>", after)[1], "readers show it as new"
    assert (entry()["SEQUENCE"], entry()["LOCATION"]) == (3, "Trường học")


def test_the_api_tells_it(client, session):
    elsewhere(session)
    answer = client.get(f"/api/v1/sessions/{session.slug}").json()
    assert answer["former_places"] == [{"was": OLD, "place": NEW, "reason": WHY}]


# ── The back office ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def planner(session):
    house_roles()
    return signed_in(officer("can-bo", session.unit, "editor"))


def form_of(client, address, **values):
    form = client.get(address).context["form"]
    found = {field.html_name: field.value() for field in form if field.value() not in (None, False, "")}
    return {**{name: list(value) if isinstance(value, list | tuple) else str(value) for name, value in found.items()}, **values}


def test_the_form_asks_why_and_keeps_what_was_typed(planner, session):
    address = reverse("dialogue_sessions_backoffice:edit", args=[session.pk])
    said = form_of(planner, address, place=NEW)
    said.pop("registration_closes")
    said["registration_closes"] = "2026-12-03T17:30"
    refused = planner.post(address, said)
    assert "place_reason" in refused.context["form"].errors
    assert f'value="{NEW}"' in page_of(refused)
    assert planner.post(address, {**said, "place_reason": WHY}).status_code == 302
    assert told(session) == [(OLD, NEW, WHY)]
    shown = page_of(planner.get(reverse("dialogue_sessions_backoffice:session", args=[session.pk])))
    assert f"<del>{OLD}</del> → {NEW}: {WHY}" in shown


def test_a_draft_is_not_asked(planner, session):
    hidden = making.draft(unit=session.unit, **TIMES)
    assert "place_reason" not in planner.get(reverse("dialogue_sessions_backoffice:edit", args=[hidden.pk])).context["form"].fields
    assert "place_reason" not in planner.get(reverse("dialogue_sessions_backoffice:add")).context["form"].fields


@pytest.fixture
def series(session):
    made = Series.objects.create(unit=session.unit, kind="thematic", title="Đối thoại các khu phố", slug="cac-khu-pho")
    spans = [(EVENING + number * DAY, EVENING + number * DAY + HOUR) for number in (1, 2)]
    services.plan_series(made, spans, [Seats(2)], None, registration_opens=NOW - HOUR, place=OLD)
    services.announce_series(made, None, late_because="Việc gấp")
    return made


def wished(series, because, **values):
    now = standing(series, to_come(series, NOW))
    found = {**now.own, **now.shared, **values}
    return Wish({name: found[name] for name in (*OWN, *SHARED)}, {}, Whom.FREE, because)


def test_sessions_that_follow_their_series_keep_their_former_place_too(series):
    wish = wished(series, "", place=NEW)
    seen = change(series, wish, to_come(series, NOW)).seen
    with pytest.raises(Invalid):
        services.edit_series(series, wish, None, seen=seen)
    assert not FormerPlace.objects.exists()
    services.edit_series(series, wished(series, WHY, place=NEW), None, seen=seen)
    assert [told(one) for one in series.sessions.all()] == [[(OLD, NEW, WHY)]] * 2


def test_the_form_of_a_series_asks_why_before_it_shows_what_changes(planner, series):
    address = reverse("dialogue_sessions_backoffice:series_edit", args=[series.pk])
    said = form_of(planner, address, place=NEW, whom="free")
    refused = planner.post(address, said)
    assert "place_reason" in refused.context["form"].errors
    assert f'value="{NEW}"' in page_of(refused)
    assert planner.post(address, {**said, "place_reason": WHY}).context["change"].sessions
    untouched = planner.post(address, {**said, "place": OLD, "subjects": "Giá nước"})
    assert not untouched.context["form"].errors
