"""How often a page is shown: counted without knowing by whom, in batches, machines left out; what is read most."""

from __future__ import annotations

import time

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from organisation.models import today
from portal import reading
from portal.article_lists import most_read
from portal.models import PageViews

from .conftest import DAY, section, signed_in

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    """Counts of this test alone."""
    own = reading.Counts()
    monkeypatch.setattr(reading, "counts", own)
    return own


def read(path: str, **headers: str):
    return Client(headers={"User-Agent": BROWSER, **headers}).get(path)


def stored() -> dict[int, int]:
    return dict(PageViews.objects.values_list("page_id", "count"))


def test_readers_are_counted_and_written_many_at_a_time(article, counts):
    page, other = article(), article()
    for _ in range(3):
        response = read(page.url)
        assert reading.HEADER not in response
    read(other.url)
    assert stored() == {}  # nothing is written by a visit
    assert counts.write() == 4
    assert stored() == {page.pk: 3, other.pk: 1}
    read(page.url)
    counts.write()
    assert stored()[page.pk] == 4
    assert counts.write() == 0


def test_a_visit_costs_no_further_query(article, django_assert_max_num_queries):
    page = article()
    read(page.url)
    with django_assert_max_num_queries(15) as with_reader:
        read(page.url)
    with django_assert_max_num_queries(15) as with_machine:
        Client().get(page.url)
    assert len(with_reader) == len(with_machine)


def test_a_page_asked_for_again_counts_though_it_is_not_sent(article, counts):
    page = article()
    etag = read(page.url).headers["ETag"]
    assert read(page.url, **{"If-None-Match": etag}).status_code == 304
    counts.write()
    assert stored() == {page.pk: 2}


def test_what_another_server_of_pages_answered_counts_too(article, counts, rf):
    """The page cache stands inside: whatever it keeps of an answer, the middleware counts it by its header."""
    from django.http import HttpResponse

    page = article()
    middleware = reading.CountReaders(lambda request: HttpResponse("kept", headers={reading.HEADER: str(page.pk)}))
    middleware(rf.get(page.url, headers={"User-Agent": BROWSER}))
    counts.write()
    assert stored() == {page.pk: 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": ""}, {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, {"User-Agent": "curl/8"}, {"User-Agent": "Coccocbot"},
        {"User-Agent": "Mozilla/5.0 HeadlessChrome/120"}, {"User-Agent": "facebookexternalhit python"}, {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
)  # fmt: skip
def test_machines_and_pages_fetched_ahead_do_not_count(article, counts, headers):
    read(article().url, **headers)
    assert counts.write() == 0


def test_staff_at_work_and_pages_not_found_do_not_count(article, editor, counts):
    page = article()
    client = signed_in(editor)
    client.get(page.url, headers={"User-Agent": BROWSER})
    read(f"{section().url}khong-co/")
    Client(headers={"User-Agent": BROWSER}).head(page.url)
    assert counts.write() == 0


def test_nothing_about_the_reader_is_kept(article, counts):
    read(article().url)
    counts.write()
    assert {field.name for field in PageViews._meta.get_fields()} == {"id", "page", "day", "count"}


def test_counts_wait_while_the_database_is_away(article, counts, monkeypatch):
    page = article()
    read(page.url)

    def away():
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", away)
        assert counts.write() == 0
    assert counts.write() == 1
    assert stored() == {page.pk: 1}


def test_a_page_that_is_gone_is_forgotten(article, counts):
    counts.add(999_999, today())
    counts.write()
    assert stored() == {}


def test_many_waiting_or_long_waiting_is_time_to_write(counts, monkeypatch):
    assert not counts.add(1, today())
    monkeypatch.setattr(reading, "EVERY_COUNTS", 2)
    assert counts.add(1, today())
    fresh = reading.Counts()
    assert not fresh.add(1, today())
    monkeypatch.setattr(reading, "EVERY_COUNTS", 10_000)
    monkeypatch.setattr(reading, "EVERY_SECONDS", 0)
    assert fresh.add(1, today())


def test_read_most_in_the_last_thirty_days(article):
    old, some, most, english = article("Cũ"), article("Ít"), article("Nhiều"), article("English", language="en")
    draft = article("Nháp", live=False)
    for page, day, count in (
        (old, today() - 31 * DAY, 900), (some, today() - 30 * DAY, 3), (most, today() - DAY, 5), (some, today() - 2 * DAY, 1),
        (english, today() - DAY, 50), (draft, today() - DAY, 70), (some, today(), 999),
    ):  # fmt: skip
        PageViews.objects.create(page=page, day=day, count=count)
    assert [line["title"] for line in most_read("vi")] == ["Nhiều", "Ít"]
    assert [line["title"] for line in most_read("en")] == ["English"]
    assert "Đọc nhiều" in Client().get(section().url).content.decode()


def test_the_number_on_the_page_stands_still_for_a_day(article):
    page = article()
    PageViews.objects.create(page=page, day=today() - DAY, count=1234)
    PageViews.objects.create(page=page, day=today(), count=9)
    assert "đã xem 1.234 lượt" in Client().get(page.url).content.decode()


@pytest.mark.accepts("B14")
def test_a_hostile_name_of_a_browser_costs_little(rf):
    started = time.process_time()
    for name in ("x" * 50_000, "python" * 9_000, "bo" * 25_000):
        reading.is_person(rf.get("/", headers={"User-Agent": name}))
    assert time.process_time() - started < 1
