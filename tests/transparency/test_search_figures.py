"""Open datasets and the pages of figures are found by the box, in both languages, from the first day and after each release."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import override

from foundation.registries import OpenDataset, SearchDocument, SearchSource, open_datasets, search_sources
from search import finder, services
from search.models import Entry
from tests.search.conftest import mirror, own_writes
from transparency.opendata import services as open_data
from transparency.opendata.models import Release
from transparency.search_sources import PAGES

pytestmark = pytest.mark.django_db
__all__ = ["mirror", "own_writes"]


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"


def bring() -> str:
    out = io.StringIO()
    call_command("search_index", "entries", stdout=out)
    return out.getvalue()


def shown(kind: str) -> dict[str, str]:
    entries = {entry.object_id: entry.url for entry in Entry.objects.filter(kind=kind, live=True)}
    return {key: entries[key] for key in search_sources[kind].visible(entries)}


def test_an_upgrade_alone_makes_every_dataset_and_page_of_figures_findable(client):
    assert not Entry.objects.filter(kind__in=["dataset", "figures"]).exists()
    bring()
    assert shown("dataset").keys() == {dataset.slug for dataset in open_datasets}
    assert shown("figures").keys() == PAGES.keys()
    for url in (*shown("dataset").values(), *shown("figures").values()):
        assert client.get(url).status_code == 200, url
        assert client.get(f"/en{url}").status_code == 200, url
    assert "entries: 0 written, 0 removed" in bring()


@pytest.mark.parametrize(
    ("query", "kind", "key"),
    [
        ("mức độ dịch vụ công", "figures", "levels"), ("muc do dich vu cong", "figures", "levels"), ("service levels", "figures", "levels"),
        ("lộ trình nâng mức độ", "figures", "roadmap"), ("niêm yết thủ tục", "figures", "posting"), ("thống kê", "figures", "index"),
        ("dữ liệu mở", "figures", "open-data"), ("tai du lieu ve", "figures", "open-data"), ("opening hours", "dataset", "gio-tiep-nhan"),
        ("dữ liệu giờ mở cửa", "dataset", "gio-tiep-nhan"),
    ],
)  # fmt: skip
def test_they_are_found_by_what_people_call_them(own_writes, query, kind, key):
    bring()
    hit = finder.find(query).hits[0]
    assert (hit.kind, hit.id) == (kind, key), [(one.kind, one.id) for one in finder.find(query).hits]


def test_a_procedure_comes_before_the_figures_about_it(own_writes):
    bring()
    services.put([SearchDocument("thing", "1", "Khai báo thủ tục đang có hiệu lực", "/1/", weight=2.0)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(search_sources._items, "thing", SearchSource("thing", "Things", list, set))
        hits = finder.find("thủ tục đang có hiệu lực").hits
    assert [hit.kind for hit in hits][:2] == ["thing", "dataset"]


def test_they_have_a_tab_of_their_own_in_both_languages(own_writes, client):
    bring()
    vietnamese, english = client.get("/tim/?q=mức độ dịch vụ công").content.decode(), client.get("/en/tim/?q=service levels").content.decode()
    for html, tabs in ((vietnamese, ("Số liệu", "Dữ liệu mở")), (english, ("Figures", "Open data"))):
        nav = html.split('<nav class="tabs"')[1].split("</nav>")[0]
        for tab in tabs:
            assert f">{tab} <span" in nav, nav
    assert "How many procedures can be done online" in english
    assert 'href="/en/so-lieu/muc-do/"' in english


def test_a_new_release_is_told_of_in_its_transaction(own_writes):
    bring()
    slug = "linh-vuc"
    assert "day" not in Entry.objects.get(kind="dataset", object_id=slug).facts
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        open_data.make([open_datasets[slug]])
        raise ZeroDivisionError
    assert "day" not in Entry.objects.get(kind="dataset", object_id=slug).facts
    open_data.make([open_datasets[slug]])
    entry = Entry.objects.get(kind="dataset", object_id=slug)
    assert entry.facts["day"] == f"{Release.objects.get(dataset=slug).day:%d/%m/%Y}"
    assert "entries: 0 written, 0 removed" in bring()


def test_a_dataset_that_a_release_takes_away_is_found_no_more(monkeypatch, own_writes):
    gone = OpenDataset("tam-thoi", "Bảng tạm thời quýnh quáng", "Một câu.", (), list)
    monkeypatch.setitem(open_datasets._items, "tam-thoi", gone)
    bring()
    assert [hit.id for hit in finder.find("bảng tạm thời quýnh quáng").hits][:1] == ["tam-thoi"]
    del open_datasets._items["tam-thoi"]
    assert "tam-thoi" not in {hit.id for hit in finder.find("bảng tạm thời quýnh quáng").hits}, "an index that lags behind shows nothing"
    assert "1 removed" in bring()


def test_what_is_found_does_not_depend_on_the_language_of_whoever_writes_it():
    with override("en"):
        bring()
    assert Entry.objects.get(kind="figures", object_id="levels").url == "/so-lieu/muc-do/"
    assert "entries: 0 written" in bring()


@pytest.mark.django_db(transaction=True)
def test_bringing_everything_leaves_alone_what_others_wrote_meanwhile(monkeypatch):
    """A whole catalogue takes long to read: somebody publishes, and somebody else writes anew, before it is written."""
    from threading import Thread

    def elsewhere(*documents: SearchDocument) -> None:
        def write() -> None:
            with transaction.atomic():
                services.put(documents)
            connection.close()

        thread = Thread(target=write)
        thread.start()
        thread.join()

    def reading():
        yield SearchDocument("thing", "1", "Như đã đọc", "/1/")
        elsewhere(SearchDocument("thing", "1", "Vừa sửa", "/1/"), SearchDocument("thing", "2", "Vừa công bố", "/2/"))

    elsewhere(SearchDocument("thing", "1", "Trước kia", "/1/"), SearchDocument("thing", "3", "Đã gỡ", "/3/"))
    monkeypatch.setattr(search_sources, "_items", {"thing": SearchSource("thing", "Things", reading, set)})
    assert services.bring() == (0, 1)
    assert dict(Entry.objects.filter(live=True).values_list("object_id", "title")) == {"1": "Vừa sửa", "2": "Vừa công bố"}


def test_day_of_the_files_is_the_local_one(own_writes):
    """Made after midnight in Vietnam, before it in UTC."""
    slug = "linh-vuc"
    moment = dt.datetime(2026, 1, 1, 18, 30, tzinfo=dt.UTC)
    Release.objects.create(dataset=slug, made_at=moment, checked_at=moment, rows=1, digest="x", files={})
    bring()
    assert Entry.objects.get(kind="dataset", object_id=slug).facts["day"] == "02/01/2026"
