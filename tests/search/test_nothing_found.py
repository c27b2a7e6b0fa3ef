"""Where nothing or little is found the page goes on: what comes nearest, the fields, a person."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.registries import SearchSource, search_sources
from search import finder, learning, tables, vocabulary
from search.engines import local
from search.models import Entry, Guidance, LearnedQuery
from tests.browser import town
from tests.search.conftest import KIND
from tests.search.test_learning import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]


def main(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode().partition("<main")[2].partition("</main")[0]


@pytest.fixture
def portal(publish, monkeypatch):
    town.office()
    source = SearchSource(KIND, "Things", list, set, lambda name, values: {value: f"Lĩnh vực {value}" for value in values if name == "field"})
    monkeypatch.setitem(search_sources._items, KIND, source)
    Entry.objects.all().delete()  # the portal's own pages, which are found too
    publish("1", "Đăng ký khai sinh", field="5", weight=2.9)
    publish("2", "Đăng ký kết hôn", field="5", weight=2.1)
    publish("3", "Cấp phép xây dựng", field="6", weight=2.5, levels=("district",))


def test_words_that_nobody_knows_lead_to_those_that_look_alike(portal):
    results = finder.find("xâyyyx dựơngg")
    assert results.total == 0 or results.hits[0].id == "3"
    results = finder.find("khaiiii")
    assert (results.total, results.nearest.by) == (0, "words")
    assert [hit.id for hit in results.nearest.hits] == ["1"]


def test_words_like_no_other_lead_to_what_is_asked_for_most(portal):
    results = finder.find("zzzzzz qqqqqq")
    assert (results.total, results.nearest.by) == (0, "asked")
    assert [hit.id for hit in results.nearest.hits] == ["1", "3", "2"]


def test_filters_that_exclude_everything_are_named(client, portal):
    results = finder.find("khai sinh", {"level": ("district",), "field": ("5",)})
    assert (results.total, results.nearest.by) == (0, "filters")
    assert results.nearest.hits[0].id == "1"
    page = main(client, "/tim/?q=khai+sinh&cap=district&linh-vuc=5&toi-la=citizen")
    assert 'href="?q=khai+sinh&amp;toi-la=citizen"' in page
    assert 'href="/1/"' in page


def test_only_filters_without_a_hit_is_no_dead_end(client, portal):
    page = main(client, "/tim/?linh-vuc=6&cap=ward")
    assert 'href="/1/"' in page
    assert 'href="?q=&amp;linh-vuc=5"' in page or 'href="?linh-vuc=5"' in page


@pytest.mark.parametrize("address", ["/tim/?q=zzzzzz", "/tim/?q=khai+sinh&cap=district&linh-vuc=5", "/tim/?linh-vuc=6&cap=ward", "/tim/?q=khaiiii"])
def test_no_page_is_a_dead_end(client, portal, address):
    page = main(client, address)
    assert "Lĩnh vực 5" in page
    assert "/thu-tuc/" in page
    assert 'href="tel:' in page
    assert "12 Bến Chợ" in page
    assert "7:30" in page, "when the counter is open"
    assert page.count('<article class="hit') >= 1


@pytest.mark.accepts("A14")
def test_what_the_database_does_not_show_is_in_no_answer(client, publish, hidden):
    """A mirror that lags behind: neither among results and suggestions, nor where nothing was found."""
    publish("1", "Đăng ký khai sinh", asked="giấy bí mật", weight=3.0)
    publish("2", "Đăng ký kết hôn", levels=("ward",))
    addresses = ("/tim/?q=khai+sinh", "/tim/?q=zzzz", "/tim/?q=khaiiii", "/tim/?q=khai+sinh&cap=ward", "/tim/?cap=ministry", "/tim/goi-y/?q=giay+bi")
    assert all("khai sinh" in client.get(address).content.decode().lower().replace("q=khai sinh", "") for address in addresses)
    hidden.add("1")
    for address in addresses:
        page = client.get(address).content.decode()
        assert "Đăng ký khai" not in page.replace("<mark>", "").replace("</mark>", ""), address
        assert "bí mật" not in page
    hidden.add("2")
    assert "/thu-tuc/" in main(client, "/tim/?q=zzzz"), "with nothing to show the page still goes on"


def test_guidance_stands_above(client, portal, monkeypatch):
    monkeypatch.setattr(tables, "LOOK_EVERY", -1.0)
    monkeypatch.setattr(tables, "WROTE", "false")
    Guidance.objects.create(name="x", phrases=["bằng lái"], text="Bằng lái do Công an cấp.")
    page = main(client, "/tim/?q=bang+lai")
    assert page.index("Bằng lái do Công an cấp.") < page.index('<article class="hit')


def test_a_first_result_with_less_than_half_of_the_words_is_called_weak(portal):
    assert finder.find("đăng tải hình ảnh lên mạng").weak
    assert finder.find("sinh cấp phép").hits[0].id == "3"
    assert finder.find("sinh khai đăng").weak, "three words, no two of them side by side"
    assert not finder.find("khai sinh").weak
    assert not finder.find("làm giấy khai sinh").weak
    assert not finder.find("cho tôi hỏi khai sinh cần giấy tờ gì").weak
    assert not finder.find("").weak


def test_what_people_chose_before_is_not_weak(portal):
    LearnedQuery.objects.create(kind=KIND, object_id="1", folded="lam giay cho be", asked="làm giấy cho bé", first_day=DAY, last_day=DAY)
    assert finder.find("làm giấy cho bé").total == 0
    learning.bring()
    results = finder.find("làm giấy cho bé")
    assert results.hits[0].id == "1"
    assert not results.weak


def test_a_code_is_never_weak(publish):
    publish("1", "Xác nhận tình trạng hôn nhân", code="1.004873")
    assert not finder.find("1004873").weak


@pytest.mark.accepts("L3")
def test_the_way_on_costs_few_queries(client, portal, monkeypatch):
    """As in a process that has looked at its tables and its mirror a moment ago."""
    monkeypatch.setattr(tables, "WROTE", "false")
    finder.find("khai sinh")
    monkeypatch.setattr(tables, "LOOK_EVERY", 1e9)
    monkeypatch.setattr(vocabulary, "COUNT_EVERY", 1e9)
    monkeypatch.setattr(local, "CHECK_EVERY", 1e9)
    for address in ("/tim/?q=zzzzzz", "/tim/?q=khaiiii", "/tim/?q=khai+sinh&cap=district&linh-vuc=5", "/tim/?q=dang+tai+hinh+anh+len+mang"):
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        assert len(captured) <= 12, (address, "\n".join(query["sql"][:90] for query in captured))
