"""The calendar and the pages of sessions in a browser: axe and width on a telephone and a desk, without a script, free seats with one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind, SessionKind
from dialogue_sessions.models import Series
from dialogue_sessions.services import Seats
from organisation.models import CalendarDay, Room, Unit, today
from tests.browser import town
from tests.dialogue_sessions import making
from tests.organisation import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
HOUR = dt.timedelta(hours=1)


def at(days, hour):
    """A time on a day from today on."""
    return timezone.make_aware(dt.datetime.combine(today() + dt.timedelta(days=days), dt.time(hour, 30)))


@pytest.fixture
def year():
    """A calendar with everything that it can show, in the weeks to come."""
    unit = town.office() or Unit.objects.get(slug="song-lanh")
    point = unit.service_points.get()
    point.accessibility = "Có lối cho xe lăn\nCó phiên dịch nếu báo trước"
    point.save()
    room = Room.objects.create(point=point, name="Nhà văn hóa khu phố 4")
    chair = factories.holding(unit, "Chủ tịch phường", "Lê Thị Hoa").post
    deputy = factories.holding(unit, "Phó Chủ tịch phường", "Trần Văn Nam").post
    times = {"starts_at": at(5, 18), "ends_at": at(5, 20), "registration_closes": at(5, 8)}
    seats = [Seats(50), Seats(20, PoolKind.ONLINE), Seats(10, PoolKind.WALK_IN), Seats(9, PoolKind.VILLAGE, village="Khu phố 5")]
    main = making.open_session(
        unit=unit, room=room, post=chair, stand_in=deputy, title="Đối thoại: đất đai và giấy phép xây dựng ở khu phố 4, 5", seats=seats,
        online_link="https://hop.example.gov.vn/x", subjects="Vì sao hồ sơ tách thửa chờ hơn 3 tháng\nNhà cấp 4 sửa mái có phải xin phép không",
        slug="doi-thoai-dat-dai", **times,
    )  # fmt: skip
    main.attending.add(factories.unit("Phòng Kinh tế, Hạ tầng và Đô thị", code="H90.77.1", slug="phong-kinh-te"))
    for number, day in enumerate((1, 2, 2, 2, 2, 8, 15)):
        making.announced(
            unit=unit, post=chair, kind=SessionKind.PERIODIC, title=f"Chủ tịch phường tiếp công dân định kỳ, kỳ {number + 1}", place="Trụ sở",
            starts_at=at(day, 7), ends_at=at(day, 11), registration_opens=None, registration_closes=None,
        )  # fmt: skip
    moved = making.announced(unit=unit, kind=SessionKind.LEGAL_AID, title="Trợ giúp pháp lý miễn phí", place="Nhà văn hóa", starts_at=at(3, 7),
                             ends_at=at(3, 11), registration_closes=at(3, 6))  # fmt: skip
    services.move_session(moved, at(6, 7), at(6, 11), "luật sư bận phiên tòa", None)
    gone = making.announced(unit=unit, kind=SessionKind.MOBILE, title="Ngày phục vụ lưu động", place="Chợ Bến", starts_at=at(4, 7), ends_at=at(4, 11),
                            registration_closes=at(4, 6), slug="luu-dong")  # fmt: skip
    services.cancel_session(gone, "bão số 9, đường ngập", None)
    series = Series.objects.create(unit=unit, kind=SessionKind.APPOINTMENT, title="Hẹn tại quầy hộ tịch", slug="hen-ho-tich", slot_minutes=30)
    slots = services.plan_series(
        series,
        [(at(3, 8) + n * HOUR / 2, at(3, 8) + (n + 1) * HOUR / 2) for n in range(6)],
        [Seats(1)],
        None,
        registration_opens=timezone.now() - HOUR,
    )
    services.announce_series(series, None)
    for slot in slots:
        services.follow_clock(slot.pk)
    making.held(making.pool_of(slots[0]))
    CalendarDay.objects.create(
        date=today() + dt.timedelta(days=9), kind="closed_local", label="Nghỉ do bão", counts_for_deadlines=False, counter_open=False
    )
    return {"main": main, "moved": moved, "gone": gone, "unit": unit, "slots": slots}


def addresses(year):
    """Every kind of page of sessions, in its states."""
    day = (today() + dt.timedelta(days=5)).isoformat()
    yield from (f"/lich/?ngay={day}", f"/lich/?xem=tuan&ngay={day}", "/lich/?xem=danh-sach", "/lich/?loai=doi-thoai-hang-nam", "/en/lich/")
    yield from (f"/lich/{year[name].slug}/" for name in ("main", "moved", "gone"))
    yield from (f"/lich/{year['main'].slug}/{part}/" for part in ("cho", "to-roi"))
    yield f"/en/lich/{year['main'].slug}/"
    yield f"/lich/hen/{year['unit'].slug}/{(today() + dt.timedelta(days=3)).isoformat()}/"
    yield from ("/", f"/co-quan/{year['unit'].slug}/")


@pytest.mark.accepts("W1", "W4", "W5", "W6")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_the_calendar_and_its_pages_pass_axe_and_do_not_scroll_sideways(visit, year, width, dark):
    found = visit(width=width, dark=dark)
    for path in addresses(year):
        assert found.open(path).status == 200, path
        assert found.axe() == [], path
        assert found.overflow() == [], path
        assert found.violations == [], path
    assert found.foreign == []
    assert found.errors == []


@pytest.mark.accepts("W8")
def test_without_a_script_a_resident_narrows_the_calendar_and_sees_the_free_seats(visit, year):
    found = visit(javascript=False, width=360)
    found.open("/lich/?xem=danh-sach")
    page = found.page
    page.select_option("#loai", "doi-thoai")
    page.locator(".agenda-form button").click()
    expect(page.locator(".agenda > li")).to_have_count(1)
    page.locator(".agenda a").click()
    assert page.url.endswith(f"/lich/{year['main'].slug}/")
    page.get_by_text("Bây giờ còn bao nhiêu chỗ?").click()
    expect(page.locator("#cho")).to_contain_text("Còn 79 trên 79 chỗ")


def test_with_a_script_the_page_shows_the_seats_of_this_moment(visit, year):
    making.held(making.pool_of(year["main"], kind=PoolKind.HALL), size=4)
    found = visit()
    found.open(f"/lich/{year['main'].slug}/")
    expect(found.page.locator("[data-seats]")).to_contain_text("Còn 75 trên 79 chỗ")
    assert found.violations == []
