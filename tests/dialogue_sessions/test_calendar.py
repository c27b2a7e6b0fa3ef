"""The public calendar: what is on, what was moved or called off, what is never shown, and what a wrong address says."""

import datetime as dt
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from dialogue_sessions import services
from dialogue_sessions.agenda import asking, queries
from dialogue_sessions.enums import PoolKind, SessionKind
from dialogue_sessions.models import Series
from dialogue_sessions.presentation import address_of_sessions
from dialogue_sessions.services import Seats
from organisation.models import CalendarDay
from tests.organisation import factories

from . import making
from .making import DAY, HOUR

NOW = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)  # noon in Vietnam
EVENING = dt.datetime(2026, 12, 3, 11, 30, tzinfo=dt.UTC)  # 18:30
VIEWS = ["?ngay=2026-12-03", "?xem=tuan&ngay=2026-12-03", "?xem=danh-sach&ngay=2026-12-01"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def evening(**values):
    """A dialogue on Thursday the 3rd at half past six, public."""
    return making.announced(**{"starts_at": EVENING, "ends_at": EVENING + 2 * HOUR, "registration_closes": EVENING - HOUR} | values)


def page(client, query="", status=200):
    answer = client.get(reverse("dialogue_sessions:calendar") + query)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("query", VIEWS)
def test_every_view_shows_a_session_with_its_time_and_a_link(client, query):
    session = evening(title="Đối thoại về đất đai")
    shown = page(client, query)
    assert "Đối thoại về đất đai" in shown
    assert "18:30–20:30" in shown
    assert f'href="/lich/{session.slug}/"' in shown


@pytest.mark.parametrize("query", VIEWS)
def test_a_draft_is_nowhere_and_one_called_off_before_it_was_public_neither(client, query):
    making.draft(title="Chưa công bố", starts_at=EVENING, ends_at=EVENING + HOUR, registration_closes=EVENING - HOUR)
    called_off = making.draft(title="Bỏ từ nháp", starts_at=EVENING, ends_at=EVENING + HOUR, registration_closes=EVENING - HOUR)
    services.cancel_session(called_off, "không đủ người", None)
    shown = page(client, query)
    assert "Chưa công bố" not in shown
    assert "Bỏ từ nháp" not in shown


def test_what_was_called_off_stays_with_its_reason(client):
    services.cancel_session(evening(title="Buổi bị hủy"), "bão số 9", None)
    for query in VIEWS:
        assert "đã hủy" in page(client, query)
    for query in VIEWS[1:]:
        assert "bão số 9" in page(client, query)


def test_a_moved_session_stands_on_both_days_with_the_reason(client):
    session = evening(title="Buổi bị dời")
    services.move_session(session, EVENING + 5 * DAY, EVENING + 5 * DAY + HOUR, "mất điện", None)
    listed = page(client, "?xem=danh-sach&ngay=2026-12-01")
    assert listed.count("Buổi bị dời") == 2
    assert listed.count("mất điện") == 2
    old_week, new_week = page(client, "?xem=tuan&ngay=2026-12-03"), page(client, "?xem=tuan&ngay=2026-12-08")
    assert "Bây giờ là 18:30, Thứ Ba 08/12/2026" in old_week
    assert "Trước đây là 18:30, Thứ Năm 03/12/2026" in new_week
    assert page(client, "?ngay=2026-12-01").count("Buổi bị dời") == 2


def test_a_session_moved_within_its_day_stands_there_once(client):
    session = evening(title="Dời một giờ")
    services.move_session(session, EVENING + HOUR, EVENING + 3 * HOUR, "hội trường bận", None)
    assert page(client, "?xem=danh-sach&ngay=2026-12-01").count("Dời một giờ") == 1


@pytest.mark.parametrize("query", VIEWS)
def test_a_session_over_midnight_tells_the_day_of_its_end_and_stands_on_that_of_its_beginning(client, query):
    evening(title="Trực đêm", starts_at=EVENING, ends_at=EVENING + 12 * HOUR)
    shown = page(client, query)
    assert shown.count("18:30–6:30 04/12/2026") == shown.count("Trực đêm") == 1


def test_a_month_says_of_each_line_whether_it_was_called_off_or_has_a_new_time_and_keeps_their_order(client):
    services.move_session(evening(title="Dời giờ"), EVENING + 2 * HOUR, EVENING + 3 * HOUR, "hội trường bận", None)
    off = evening(title="Dời rồi hủy")
    services.move_session(off, EVENING + HOUR, EVENING + 2 * HOUR, "mưa", None)
    services.cancel_session(off, "bão", None)
    evening(title="Như cũ & <đúng>")
    day = page(client, VIEWS[0]).split('datetime="2026-12-03"')[1].split("</ul>")[0]
    lines = [re.sub(r"<[^>]+>", "", line).split() for line in day.split("<li")[1:]]
    assert [" ".join(line[1:]) for line in lines] == ["Như cũ &amp; &lt;đúng&gt;", "Dời rồi hủy đã hủy", "Dời giờ giờ mới"]


def test_addresses_made_for_a_whole_page_are_those_of_the_routes():
    session = evening()
    for language in ("vi", "en"):
        with translation.override(language):
            assert address_of_sessions()(session.slug) == session.get_absolute_url()


@pytest.fixture
def two():
    """A dialogue of one ward and a reception of another ward's leader, on one evening."""
    here, there = factories.ward("Phường Bến Chợ"), factories.ward("Phường Suối Mơ")
    leader = factories.holding(there, "Chủ tịch", "Lê Thị Hoa").post
    evening(title="Đối thoại ở Bến Chợ", unit=here)
    evening(title="Tiếp dân ở Suối Mơ", unit=there, kind=SessionKind.PERIODIC, post=leader)
    return here, there, leader


@pytest.mark.parametrize("query", VIEWS)
def test_filters_narrow_by_unit_kind_and_leader(client, two, query):
    here, _there, leader = two
    for extra, first, second in (
        (f"&co-quan={here.slug}", True, False), ("&loai=tiep-dan", False, True), ("&loai=doi-thoai-chuyen-de", True, False),
        (f"&nguoi={leader.pk}", False, True), ("&loai=&co-quan=&nguoi=", True, True),
    ):  # fmt: skip
        shown = page(client, query + extra)
        assert ("Đối thoại ở Bến Chợ" in shown, "Tiếp dân ở Suối Mơ" in shown) == (first, second), extra


@pytest.mark.parametrize("query", VIEWS)
def test_links_to_other_days_keep_the_choices(client, two, query):
    shown = page(client, f"{query}&co-quan={two[0].slug}&loai=doi-thoai")
    ways = re.search(r'<nav class="row spread small agenda-ways".*?</nav>', shown, re.S).group()
    links = [link for link in re.findall(r'href="([^"]*)"', ways) if "ngay=" in link]
    assert links
    assert all(f"co-quan={two[0].slug}" in link and "loai=doi-thoai" in link for link in links)


WRONG = [
    "?ngay=2026-02-30", "?ngay=32/12/2026", "?ngay=hôm nay", "?ngay=1999-01-01", "?ngay=9999-12-31", "?xem=nam",
    "?loai=tiec", "?co-quan=../../etc", "?co-quan=khong-co", "?nguoi=0", "?nguoi=-1", "?nguoi=999999999999999999999", "?nguoi=999999",
    "?nguoi=١٢", "?trang=0", "?trang=201", "?trang=x", "?co-quan=%27%20or%201=1",
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_address_is_a_page_that_says_so(client, query):
    shown = page(client, query, status=404)
    assert "<h1" in shown


def test_a_wrong_day_says_how_to_write_one_and_one_too_far_how_far_the_calendar_goes(client):
    assert "31/12/2026" in page(client, "?ngay=mai", status=404)
    assert "01/01/2016" in page(client, "?ngay=2015-12-31", status=404)
    assert page(client, "?ngay=2016-01-01")


def test_a_day_may_be_written_as_people_do(client):
    evening(title="Có mặt")
    assert "Có mặt" in page(client, "?xem=tuan&ngay=3/12/2026")


def test_today_and_days_off_are_named(client):
    CalendarDay.objects.create(date="2026-12-24", kind="closed_local", label="Nghỉ do bão", counts_for_deadlines=False, counter_open=False)
    shown = page(client)
    assert shown.count('aria-current="date"') == 1
    assert "Nghỉ do bão" in page(client, "?ngay=2026-12-01")
    assert "Nghỉ do bão" in page(client, "?xem=danh-sach")


def test_a_full_day_shows_the_first_and_says_how_many_more(client):
    unit = factories.ward("Phường Đông")
    for number in range(5):
        evening(title=f"Buổi thứ {number}", unit=unit)
    shown = page(client, "?ngay=2026-12-01")
    assert [f"Buổi thứ {number}" in shown for number in range(5)] == [True, True, True, False, False]
    assert "và 2 buổi nữa" in shown
    assert "/lich/?xem=danh-sach&amp;ngay=2026-12-03" in shown
    assert "Buổi thứ 4" in page(client, "?xem=danh-sach&ngay=2026-12-03")


def test_a_list_goes_on_page_by_page_and_loses_none(client, monkeypatch):
    monkeypatch.setattr(queries, "LIST_PAGE", 2)
    unit = factories.ward("Phường Đông")
    for number in range(5):
        evening(title=f"Buổi số {number}", unit=unit)
    pages = [page(client, f"?xem=danh-sach&trang={number}") for number in (1, 2, 3)]
    assert [sorted(set(re.findall(r"Buổi số \d", shown))) for shown in pages] == [
        ["Buổi số 0", "Buổi số 1"], ["Buổi số 2", "Buổi số 3"], ["Buổi số 4"],
    ]  # fmt: skip
    assert "trang=3" in pages[1]
    assert "trang=4" not in pages[2]


# ── Appointments ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def counter():
    """A morning of six slots at a counter, of which registration is open."""
    unit = factories.ward("Phường Bến Chợ")
    series = Series.objects.create(unit=unit, kind=SessionKind.APPOINTMENT, title="Hẹn tại quầy hộ tịch", slug="hen-ho-tich", slot_minutes=30)
    begins = dt.datetime(2026, 12, 2, 1, tzinfo=dt.UTC)  # 8:00
    spans = [(begins + n * HOUR / 2, begins + (n + 1) * HOUR / 2) for n in range(6)]
    slots = services.plan_series(series, spans, [Seats(1)], None, registration_opens=timezone.now() - HOUR)
    services.announce_series(series, None)
    for slot in slots:
        services.follow_clock(slot.pk)
    return unit, slots


@pytest.mark.parametrize("query", [*VIEWS, "?xem=danh-sach&ngay=2026-12-01&loai=hen"])
def test_appointments_are_one_line_a_day_and_counter(client, counter, query):
    shown = page(client, query)
    assert shown.count(f"/lich/hen/{counter[0].slug}/2026-12-02/") == 1
    assert "6 giờ hẹn từ 8:00 đến 11:00" in shown
    assert counter[1][0].slug not in shown


def test_the_slots_of_a_day_say_which_are_free_now_and_are_kept_by_nobody(client, counter):
    unit, slots = counter
    making.held(making.pool_of(slots[0]))
    answer = client.get(reverse("dialogue_sessions:slots", args=[unit.slug, "2026-12-02"]))
    shown = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert 'content="noindex' in shown
    assert "5 giờ còn trống" in shown
    assert shown.count("hết chỗ") == 1


@pytest.mark.parametrize("address", ["/lich/hen/khong-co/2026-12-02/", "/lich/hen/phuong/2026-13-02/", "/lich/hen/phuong/x/"])
def test_no_such_slots_is_a_page_that_does_not_exist(client, address):
    assert client.get(address).status_code == 404


# ── For everybody ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", VIEWS)
def test_the_calendar_is_the_same_for_everybody_and_needs_no_script(client, query):
    evening()
    answer = client.get(reverse("dialogue_sessions:calendar") + query)
    shown = answer.content.decode()
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    assert "csrfmiddlewaretoken" not in shown
    assert len(answer.content) < 100_000


@pytest.mark.parametrize("query", ["", "?xem=danh-sach", "?xem=tuan"])
def test_english_is_complete(client, query):
    evening(
        title_en="Dialogue on land", starts_at=timezone.now() + HOUR, ends_at=timezone.now() + 2 * HOUR, registration_closes=timezone.now() + HOUR
    )
    answer = client.get(f"/en/lich/{query}")
    shown = answer.content.decode()
    assert "Dialogues and reception days" in shown
    assert "Dialogue on land" in shown


def test_robots_keep_what_is_near_and_are_not_led_on_without_end(client):
    assert 'name="robots"' not in page(client)
    assert 'name="robots"' not in page(client, "?ngay=2027-03-01")
    far = page(client, "?ngay=2028-12-01")
    assert 'content="noindex, follow"' in far
    ways = re.search(r'<nav class="row spread small agenda-ways".*?</nav>', far, re.S).group()
    assert ways.count('rel="nofollow"') == 1  # back; the horizon ends here
    assert "2029" not in ways
    assert 'content="noindex, follow"' in page(client, "?nguoi=" + str(factories.holding(factories.ward("Phường Tây"), "Chủ tịch", "A").post.pk))


def test_the_horizon_has_ends():
    first, last = asking.horizon(dt.date(2026, 11, 30))
    assert (first, last) == (dt.date(2016, 1, 1), dt.date(2028, 12, 31))


@pytest.mark.parametrize("query", VIEWS)
def test_the_number_of_questions_does_not_grow_with_what_is_shown(client, query, django_assert_max_num_queries):
    units = [factories.ward(f"Phường {number}") for number in range(3)]
    posts = [factories.holding(unit, "Chủ tịch", f"Người {unit.pk}").post for unit in units]

    def count():
        with django_assert_max_num_queries(12) as taken:
            page(client, query)
        return len(taken)

    def some():
        for unit, post in zip(units, posts, strict=True):
            moved = evening(unit=unit, post=post, seats=[Seats(5), Seats(3, PoolKind.VILLAGE, village="Tổ 1")])
            services.move_session(moved, EVENING + DAY, EVENING + DAY + HOUR, "mưa", None)
            services.cancel_session(evening(unit=unit, post=post), "bão", None)

    some()
    page(client, query)  # what a process keeps is read once
    few = count()
    for _ in range(4):
        some()
    assert count() == few
