"""The page of a session, the seats that are free now, its entry for calendars, its poster."""

import datetime as dt
import io
import json
import re

import icalendar
import pypdf
import pytest
import time_machine
from django.urls import reverse

from dialogue_sessions import services, session_page
from dialogue_sessions.enums import PoolKind, SessionKind
from dialogue_sessions.services import Seats, day
from organisation.models import Room
from tests.organisation import factories

from . import making
from .making import DAY, HOUR

NOW = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 12, 3, 11, 30, tzinfo=dt.UTC)
LINK = "https://hop.example.gov.vn/phong/bi-mat"
OPEN = {"starts_at": EVENING, "ends_at": EVENING + 2 * HOUR, "registration_closes": EVENING - HOUR}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def full():
    """A dialogue with everything that a page can show."""
    ward = factories.ward("Phường Bến Chợ")
    point = factories.point(ward, name="Nhà văn hóa khu phố 4", accessibility="Cửa rộng 1,2 m\nCó người biết ký hiệu")
    room = Room.objects.create(point=point, name="Hội trường tầng 1", wheelchair=True)
    chair = factories.holding(ward, "Chủ tịch", "Lê Thị Hoa").post
    deputy = factories.holding(ward, "Phó Chủ tịch", "Trần Văn Nam").post
    seats = [
        Seats(50), Seats(20, PoolKind.ONLINE), Seats(10, PoolKind.WALK_IN), Seats(9, PoolKind.VILLAGE, village="Khu phố 4"),
    ]  # fmt: skip
    session = making.open_session(
        unit=ward, room=room, post=chair, stand_in=deputy, online_link=LINK, seats=seats, title="Đối thoại: đất đai", title_en="Dialogue: land",
        subjects="Giá đất\n\n- Giấy phép xây dựng", **OPEN,
    )  # fmt: skip
    session.attending.add(factories.unit("Phòng Tài nguyên", code="H1.9", slug="phong-tai-nguyen"))
    return session


def page(client, session, name="session", status=200, prefix=""):
    answer = client.get(prefix + reverse(f"dialogue_sessions:{name}", args=[session.slug]))
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_says_when_where_who_and_what_about(client, full, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        shown = page(client, full)
    for text in (
        "Thứ Năm 03/12/2026", "18:30–20:30", "Hội trường tầng 1", "Nhà văn hóa khu phố 4", "Xe lăn vào được phòng", "Có người biết ký hiệu",
        "Lê Thị Hoa", "Trần Văn Nam", "Phòng Tài nguyên", "Giá đất", "Giấy phép xây dựng", "Giữ 10 chỗ cho người đến trực tiếp", "Khu phố 4: 9",
        "89 chỗ", "Hạn đăng ký: 17:30, Thứ Năm 03/12/2026",
    ):  # fmt: skip
        assert text in shown, text
    assert shown.count("<h1") == 1
    assert len(shown.encode()) < 100_000


@pytest.mark.parametrize("name", ["session", "seats", "poster", "session_ics"])
def test_the_link_to_take_part_online_is_for_those_who_have_a_seat(client, full, name):
    assert LINK not in page(client, full, name)


@pytest.mark.parametrize("name", ["session", "seats", "poster", "poster_pdf", "session_ics"])
def test_a_draft_has_no_pages(client, name):
    page(client, making.draft(), name, status=404)
    called_off = making.draft()
    services.cancel_session(called_off, "không cần nữa", None)
    page(client, called_off, name, status=404)


def test_the_kept_page_holds_no_number_that_changes_with_a_registration(client, full):
    before = page(client, full)
    making.held(making.pool_of(full, kind=PoolKind.HALL))
    assert page(client, full) == before
    assert "csrfmiddlewaretoken" not in before


def test_free_seats_are_of_this_moment_and_kept_by_nobody(client, full):
    making.held(making.pool_of(full, kind=PoolKind.HALL), size=3)
    answer = client.get(reverse("dialogue_sessions:seats", args=[full.slug]))
    shown = answer.content.decode()
    assert "Còn 76 trên 79 chỗ" in shown  # without the ten at the door
    assert "còn 47 trên 50" in shown
    assert "10 chỗ, phát tại cửa" in shown
    assert "Tính đến 12:00" in shown
    assert "no-store" in answer["Cache-Control"]
    assert 'content="noindex' in shown


def test_more_seats_are_seen_on_the_kept_page_at_once(client, full):
    services.set_capacity(making.pool_of(full, kind=PoolKind.HALL), 60, None)
    assert "99 chỗ" in page(client, full)


def test_a_moved_session_names_all_its_former_times(client, full):
    services.move_session(full, EVENING + DAY, EVENING + DAY + HOUR, "hội trường sửa mái", None)
    services.move_session(full, EVENING + 2 * DAY, EVENING + 2 * DAY + HOUR, "bầu cử", None)
    shown = page(client, full)
    for text in (
        "hội trường sửa mái",
        "bầu cử",
        "<del>18:30, Thứ Năm 03/12/2026</del>",
        "<del>18:30, Thứ Sáu 04/12/2026</del>",
        "Thứ Bảy 05/12/2026",
    ):
        assert text in shown, text


def test_a_cancelled_session_says_why_and_takes_nobody(client, full):
    services.cancel_session(full, "bão số 9", None)
    shown = page(client, full)
    assert "Buổi này không diễn ra" in shown
    assert "bão số 9" in shown
    assert "data-seats" not in shown


def test_what_others_put_on_the_page_is_asked_of_them(client, full, monkeypatch):
    asked = []
    monkeypatch.setattr(session_page, "extras", [lambda session: asked.append(session.pk) or {"when_day": "từ phần khác"}])
    assert "từ phần khác" in page(client, full)
    assert asked == [full.pk]


def test_machines_read_the_event(client, full):
    def event():
        return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page(client, full), re.S).group(1))

    read = event()
    assert read["@type"] == "Event"
    assert read["startDate"] == "2026-12-03T18:30:00+07:00"
    assert read["eventStatus"].endswith("EventScheduled")
    assert read["eventAttendanceMode"].endswith("MixedEventAttendanceMode")
    services.move_session(full, EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
    assert event()["previousStartDate"] == ["2026-12-03T18:30:00+07:00"]
    services.cancel_session(full, "bão", None)
    assert event()["eventStatus"].endswith("EventCancelled")


@pytest.mark.parametrize("name", ["session", "poster"])
def test_what_somebody_typed_ends_no_element(client, name):
    wicked = making.announced(title="</script><script>alert(1)</script>", subjects="</title><img src=x onerror=alert(1)>", **OPEN)
    shown = page(client, wicked, name)
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_english_marks_what_stays_vietnamese(client, full):
    answer = client.get(f"/en/lich/{full.slug}/")
    shown = answer.content.decode()
    assert "<h1>Dialogue: land</h1>" in shown
    assert '<ul lang="vi"><li>Giá đất</li>' in shown
    assert 'lang="vi">Lê Thị Hoa' in shown


# ── For calendars ─────────────────────────────────────────────────────────────────────────────────────────────────────


def entries(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def test_an_entry_moves_and_is_struck_out_in_every_calendar_that_has_it(client, full):
    address = reverse("dialogue_sessions:session_ics", args=[full.slug])
    (planned,) = entries(client, address)
    services.move_session(full, EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
    (moved,) = entries(client, address)
    services.cancel_session(full, "bão", None)
    (gone,) = entries(client, address)
    assert len({str(one["uid"]) for one in (planned, moved, gone)}) == 1
    assert [int(one["sequence"]) for one in (planned, moved, gone)] == [0, 1, 2]
    assert [str(one["status"]) for one in (planned, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert planned["dtstart"].dt == EVENING
    assert moved["dtstart"].dt == EVENING + DAY
    assert "bão" in gone["description"]


def test_a_calendar_to_follow_is_of_a_unit_and_a_kind(client, full):
    other = making.announced(kind=SessionKind.PERIODIC, title="Tiếp dân", **OPEN)
    making.announced(kind=SessionKind.APPOINTMENT, title="Hẹn", **OPEN)
    making.draft(title="Nháp", **OPEN)
    address = reverse("dialogue_sessions:ics")

    def titles(query=""):
        return sorted(str(one["summary"]) for one in entries(client, address + query))

    assert titles() == [other.title, full.title] or titles() == sorted([full.title, other.title])
    assert titles(f"?co-quan={full.unit.slug}") == [full.title]
    assert titles("?loai=tiep-dan") == [other.title]
    assert titles("?loai=hen") == ["Hẹn"]
    assert titles(f"?loai=tiep-dan&co-quan={full.unit.slug}") == []
    assert [client.get(address + wrong).status_code for wrong in ("?loai=x", "?co-quan=khong-co", "?co-quan=%3Cb%3E")] == [404, 404, 404]


def test_a_calendar_that_is_unchanged_is_not_sent_again(client, full):
    address = reverse("dialogue_sessions:ics")
    first = client.get(address)
    assert first["Last-Modified"]
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    services.cancel_session(full, "bão", None)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_feed_tells_of_what_was_announced_and_called_off(client, full):
    address = reverse("dialogue_sessions:feed")
    assert "Đối thoại: đất đai" in client.get(address).content.decode()
    services.cancel_session(full, "bão số 9", None)
    shown = client.get(address).content.decode()
    assert "ĐÃ HỦY: Đối thoại: đất đai" in shown
    assert "bão số 9" in shown


# ── The poster ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_poster_has_the_code_of_the_page(client, full):
    shown = page(client, full, "poster")
    assert '<svg class="qr"' in shown
    assert f"http://testserver/lich/{full.slug}/" in shown
    assert "Lê Thị Hoa" in shown


@pytest.mark.accepts("P11")
def test_the_poster_as_a_pdf_says_the_same_on_one_sheet_and_names_nobody_who_made_it(client, full):
    answer = client.get(reverse("dialogue_sessions:poster_pdf", args=[full.slug]))
    assert answer["Content-Type"] == "application/pdf"
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    assert len(read.pages) == 1
    text = read.pages[0].extract_text().replace("\n", " ")
    for said in ("Đối thoại: đất đai", "Thứ Năm 03/12/2026", "Hội trường tầng 1", "Giá đất", f"/lich/{full.slug}/"):
        assert said in text, said
    assert read.metadata is None or "/Author" not in read.metadata


def test_a_long_poster_still_is_one(client, full):
    full.title, full.subjects = "Đối thoại " * 19, "\n".join(f"Nội dung dự kiến số {number} " * 8 for number in range(40))
    full.save()
    read = pypdf.PdfReader(io.BytesIO(client.get(reverse("dialogue_sessions:poster_pdf", args=[full.slug])).content))
    assert len(read.pages) <= 2


def test_a_late_start_stands_above_the_time_and_the_place(client, full):
    with time_machine.travel(EVENING - HOUR, tick=False):
        day.tell_delay(full, 20, "Mưa lớn, đường ngập", None)
        text = page(client, full)
    assert text.index("Mưa lớn, đường ngập") < text.index('<dl class="facts">')
