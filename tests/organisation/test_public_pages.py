"""What a citizen sees of units: in both languages, in a bounded number of queries, with what is open now."""

import datetime as dt
import json
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organisation import services
from organisation.book import book
from organisation.enums import Half, Level, UnitKind
from organisation.models import CalendarDay, Closure, Person, Population, Post, Room, Unit

from . import factories

pytestmark = pytest.mark.django_db
BUDGET = 12
MONDAY_MORNING = dt.datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.fixture
def district():
    found = factories.district(duties="Điều hành công việc chung\nTiếp công dân", telephone="0200 000 0100")
    point = factories.point(found, is_main=True, name="Bộ phận một cửa quận", accessibility="Có đường dốc")
    Room.objects.create(point=point, name="Phòng chờ", seats=40)
    factories.holding(found, "Chủ tịch", "Nguyễn Văn Mẫu")
    return found


def queries(client, url):
    book()  # a process that has just started reads the calendar once: three queries more, once
    with CaptureQueriesContext(connection) as seen:
        response = client.get(url)
    assert response.status_code == 200
    return len(seen)


@pytest.mark.accepts("L3")
def test_the_queries_are_few_and_the_same_with_ten_and_with_a_thousand_units(client, district):
    urls = [reverse("organisation:units"), reverse("organisation:unit", args=[district.slug])]

    def grow(first, last):
        units = [
            Unit(name=f"Phường {n}", slug=f"phuong-{n}", code=f"H90.10.{n}", level=Level.WARD, kind=UnitKind.GOVERNMENT, parent=district, order=n)
            for n in range(first, last)
        ]
        for unit in Unit.objects.bulk_create(units)[:30]:
            factories.holding(unit, "Chủ tịch", "Trần Thị Thử")
            factories.holding(district, f"Chuyên viên {unit.code}", "Lê Văn Thử")
            factories.point(unit)

    grow(0, 10)
    few = [queries(client, url) for url in urls]
    grow(10, 1000)
    many = [queries(client, url) for url in urls]
    assert few == many
    assert max(many) <= BUDGET
    assert all(len(client.get(url).content) <= 100_000 for url in urls)


def test_the_tree_shows_every_unit_and_whether_its_counter_is_open(client, district):
    factories.unit("Phòng Tư pháp", parent=district)
    with time_machine.travel(MONDAY_MORNING, tick=False):
        body = client.get(reverse("organisation:units")).content.decode()
    assert "Phòng Tư pháp" in body
    assert "Đang mở cửa đến 11:30" in body


def test_many_units_come_in_pages_and_none_is_lost(client, district):
    Unit.objects.bulk_create(
        Unit(name=f"Phường {n:03d}", slug=f"p-{n}", code=f"X.{n}", level=Level.WARD, parent=district, order=n) for n in range(250)
    )
    seen = [
        name
        for page in (1, 2, 3)
        for name in re.findall(r"Phường \d{3}", client.get(reverse("organisation:units"), {"trang": page}).content.decode())
    ]
    assert seen == [f"Phường {n:03d}" for n in range(250)]
    assert client.get(reverse("organisation:units"), {"trang": "x" * 50}).status_code == 200


def test_a_unit_says_what_it_does_who_where_and_when(client, district):
    Population.objects.create(unit=district, counted_on=dt.date(2026, 1, 1), inhabitants=178_095, voters=124_680)
    body = client.get(reverse("organisation:unit", args=[district.slug])).content.decode()
    told = ["Tiếp công dân", "Nguyễn Văn Mẫu", "tel:02000000111", "Bộ phận một cửa quận", "Phòng chờ", "Có đường dốc", "178.095"]
    for text in [*told, "7:30–11:30, 13:00–17:00", "Thứ Hai–Thứ Sáu"]:
        assert text in body


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("2026-11-23 09:00", "Đang mở cửa đến 11:30"),
        ("2026-11-23 11:30", "Đang đóng cửa, mở lại 13:00 hôm nay"),
        ("2026-11-22 09:00", "Đang đóng cửa, mở lại 7:30 ngày mai"),
        ("2026-11-20 17:00", "Đang đóng cửa, mở lại 7:30 Thứ Hai 23/11"),
    ],
)
def test_open_now_is_told_in_words(client, district, at, says):
    with time_machine.travel(dt.datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")), tick=False):
        response = client.get(reverse("organisation:unit", args=[district.slug]))
    assert says in response.content.decode()


def test_a_page_is_kept_no_longer_than_it_is_true(client, district):
    with time_machine.travel(dt.datetime(2026, 11, 23, 11, 29, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")), tick=False):
        response = client.get(reverse("organisation:unit", args=[district.slug]))
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_a_holiday_and_a_half_day_close_the_counter_and_say_why(client, district):
    services.seed_calendar([2026])
    CalendarDay.objects.create(
        date=dt.date(2026, 11, 23), unit=district, kind="closed", half=Half.AFTERNOON, counts_for_deadlines=True, label="Tập huấn"
    )
    with time_machine.travel(dt.datetime(2026, 11, 23, 13, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")), tick=False):
        body = client.get(reverse("organisation:unit", args=[district.slug])).content.decode()
    assert "Đang đóng cửa, mở lại 7:30 Thứ Tư 25/11" in body
    assert "Tập huấn" in body
    assert "Ngày Văn hóa Việt Nam" in body


@pytest.mark.parametrize("language", ["", "/en"])
def test_a_leader_has_a_short_biography_folded_away_and_nobody_else_has(client, district, language):
    Person.objects.update(biography="Cử nhân Luật.\nTừ 2015: <b>Phó</b> Chủ tịch.")
    officer = factories.holding(district, "Công chức", "Vũ Văn Ví Dụ")
    Person.objects.filter(pk=officer.person_id).update(biography="Kỹ sư xây dựng.")
    page = f"{language}/co-quan/{district.slug}/"
    assert "<details><summary>" not in client.get(page).content.decode()  # a post like any other
    before = queries(client, page)
    Post.objects.filter(title="Chủ tịch").update(is_leader=True)
    assert queries(client, page) == before
    body = client.get(page).content.decode()
    words = "Short biography" if language else "Tiểu sử tóm tắt"
    told = "Cử nhân Luật.<br>Từ 2015: &lt;b&gt;Phó&lt;/b&gt; Chủ tịch."
    assert f'<details><summary>{words}</summary><p class="small" lang="vi">{told}</p></details>' in body
    assert "Kỹ sư xây dựng" not in body
    Person.objects.update(biography="")
    assert "<details><summary>" not in client.get(page).content.decode()


def test_a_closed_counter_leads_to_another(client, district):
    other = factories.point(factories.ward("Phường Vạn An"), name="Một cửa Vạn An")
    Closure.objects.create(
        point=district.service_points.get(), first_day=dt.date(2026, 11, 20), last_day=dt.date(2026, 12, 1), reason="Sửa mái nhà", instead=other
    )
    with time_machine.travel(MONDAY_MORNING, tick=False):
        body = client.get(reverse("organisation:unit", args=[district.slug])).content.decode()
    assert "Sửa mái nhà" in body
    assert reverse("organisation:unit", args=[other.unit.slug]) in body
    assert "mở lại 7:30 Thứ Tư 2/12" in body


def test_who_is_away_is_told_with_who_steps_in(client, district):
    deputy = factories.holding(district, "Phó Chủ tịch", "Lê Thị Thử")
    held = factories.holding(district, "Công chức", "Vũ Văn Ví Dụ", absent_from=dt.date(2026, 11, 20), absent_to=dt.date(2026, 11, 30))
    held.post.stands_in = deputy.post
    held.post.save()
    with time_machine.travel(MONDAY_MORNING, tick=False):
        body = client.get(reverse("organisation:unit", args=[district.slug])).content.decode()
    assert "Vắng mặt" in body
    assert re.search(r"Người làm thay:\s*<strong lang=\"vi\">Lê Thị Thử", body)


def test_a_closed_unit_leads_to_its_successors(client):
    old, new = factories.ward("Phường Cũ"), factories.ward("Phường Mới")
    services.close_unit(old, dt.date(2020, 1, 31), [new], None)
    page = client.get(reverse("organisation:unit", args=[old.slug]))
    body = page.content.decode()
    assert page.status_code == 200
    assert "31/01/2020" in body
    assert reverse("organisation:unit", args=[new.slug]) in body
    assert "Phường Cũ" in client.get(reverse("organisation:unit", args=[new.slug])).content.decode()
    assert "Phường Cũ" in client.get(reverse("organisation:units")).content.decode()


@pytest.mark.parametrize("language", ["", "/en"])
def test_a_closed_unit_offers_no_way_to_reach_it_and_those_of_its_successors(client, language):
    ways = {"telephone": "0200 000 0199", "email": "cu@example.org", "website": "https://cu.example.org/"}
    old, new = factories.ward("Phường Cũ", **ways), factories.ward("Phường Mới", telephone="0200 000 0177")
    page = f"{language}/co-quan/{old.slug}/"
    with time_machine.travel(MONDAY_MORNING, tick=False) as clock:
        services.close_unit(old, MONDAY_MORNING.date(), [new], None)
        last_day = client.get(page).content.decode()
        assert all(last_day.count(way) >= 1 for way in ways.values())
        clock.move_to(MONDAY_MORNING + dt.timedelta(days=1))
        body = client.get(page).content.decode()
    main = body.partition("<main")[2].partition("</main>")[0]
    assert not [way for way in [*ways.values(), "tel:02000000199"] if way in body]
    assert f"{language}/co-quan/{new.slug}/" in main and "tel:02000000177" in main


def test_english_readers_get_english_and_vietnamese_is_marked(client, district):
    Unit.objects.filter(pk=district.pk).update(name_en="Ben Lanh District")
    factories.unit("Phòng Tư pháp", parent=district)
    body = client.get(f"/en/co-quan/{district.slug}/").content.decode()
    assert "Ben Lanh District" in body
    assert '<span lang="vi">Phòng Tư pháp</span>' in body
    assert "Where and when" in body
    assert "Monday–Friday" in body


def test_machines_read_the_unit_and_no_name_breaks_out(client):
    nasty = factories.unit("</script><script>alert(1)</script>", telephone="0200 000 0100")
    body = client.get(reverse("organisation:unit", args=[nasty.slug])).content.decode()
    assert "<script>alert" not in body
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', body).group(1))
    assert data["@type"] == "GovernmentOrganization"
    assert data["name"] == nasty.name


def test_an_unknown_unit_is_not_found_and_posting_is_refused(client, district):
    assert client.get("/co-quan/khong-co/").status_code == 404
    assert client.post(reverse("organisation:units")).status_code == 405


def test_no_inline_style_or_script_stands_in_the_pages(client, district):
    for url in (reverse("organisation:units"), reverse("organisation:unit", args=[district.slug])):
        body = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"application/ld\+json\")(?![^>]*\ssrc=)", body)


def test_the_sitemap_has_every_unit_in_both_languages(district):
    from organisation.sitemaps import UnitSitemap

    locations = [UnitSitemap()._location(item) for item in UnitSitemap()._items()]
    assert locations == [f"/co-quan/{district.slug}/", f"/en/co-quan/{district.slug}/"]
