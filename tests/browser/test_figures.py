"""The figures in a browser: axe at 320 and 1280, both colour schemes, strong contrast, no script needed, nothing sideways."""

from __future__ import annotations

import datetime as dt

import pytest

from procedures_catalog import listing
from tests.beginnings import whole_site
from tests.transparency.conftest import planned, town, version  # noqa: F401  # fixtures
from transparency.services import change_plan, post_list

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def clock():
    """The browser's clock is the machine's; the pages are of today."""
    listing._memory.clear()
    yield
    listing._memory.clear()


@pytest.fixture
def figures(town, version, planned):  # noqa: F811
    """Levels in every scheme, plans in every state that a page shows, a list with gaps; gives the addresses."""
    whole_site()
    year = dt.date.today().year
    of = version("1.000001", at=[town["ward"]], proactive_level=2, valid_from=dt.date(year - 2, 1, 1)).procedure
    version("1.000002", at=[town["ward"], town["other"]], legacy_level=3, online_level="partial", partial_reason_kind="presence")
    version("1.000003", decides=town["office"], legacy_level=2, online_level="information")
    for number in range(60):
        planned(version(bare=True).procedure, ["full", "partial"][number % 2], year + number % 3 - 1, decided_on=dt.date(year - 1, 1, 14))
    change_plan(planned(of, "partial", year), "full", "Kế hoạch 61/KH-UBND", dt.date(year, 1, 15), None)
    lines = [("1.000001", "Đăng ký khai sinh"), ("1.000003", "Ở đơn vị khác"), ("1.000009", "Thủ tục tên rất dài " * 20)]
    post_list(town["ward"], "Quyết định 915/QĐ-UBND", dt.date(year, 1, 1), lines, None)
    ward = town["ward"].slug
    return {
        "index": "/so-lieu/", "levels": "/so-lieu/muc-do/", "one unit": f"/so-lieu/muc-do/?co-quan={ward}&cach-tinh=2011",
        "a day": f"/so-lieu/muc-do/?ngay={year}-06-01", "roadmap": "/so-lieu/lo-trinh/", "second page": "/so-lieu/lo-trinh/?trang=2",
        "posting": "/so-lieu/niem-yet/", "posting of one": f"/so-lieu/niem-yet/?co-quan={ward}", "English": "/en/so-lieu/muc-do/", "home": "/",
    }  # fmt: skip


@pytest.mark.accepts("W1", "W5", "P10")
@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True), (320, True), (1280, False)])
def test_figures_pass_axe_and_do_not_scroll_sideways(visit, figures, width, dark):
    found = visit(width=width, dark=dark)
    for name, path in figures.items():
        assert found.open(path).status == 200, name
        assert found.axe() == [], name
        assert found.overflow() == [], name
        assert found.violations == [], name
    assert found.foreign == []
    assert found.errors == []


def test_a_day_is_chosen_without_javascript(visit, figures):
    found = visit(javascript=False)
    found.open(figures["one unit"])
    found.page.locator("input[name=ngay]").fill("2020-01-01")
    found.page.locator("main form button").click()
    assert "ngay=2020-01-01" in found.page.url
    assert "co-quan=" in found.page.url  # the choice stays
    found.page.locator(".notice").first.wait_for()


def test_bars_are_told_and_have_patterns(visit, figures):
    found = visit(width=320)
    found.open(figures["levels"])
    bar = found.page.locator("svg.bar.large").first
    assert bar.get_attribute("role") == "img"
    assert "63" in bar.locator("title").text_content()
    assert "%" in bar.locator("desc").text_content()
    assert found.page.locator("svg.bar rect[fill^='url(#bar-pattern']").count() > 0
    assert found.page.locator("[style]").count() == 0
