"""What the page cache makes of other processes: real transactions, real commits, and the faults that it is built to avoid."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from organisation.models import SiteIdentity, Unit, today
from portal.page_cache import middleware, stamp
from portal.page_cache.memory import Kept, Key
from procedures_catalog import queries, stored
from procedures_catalog.caching import public_page
from procedures_catalog.models import StoredBody
from procedures_catalog.prepared import rows
from tests.procedures_catalog.factories import VersionFactory

from .caching import elsewhere, number, page_cache, status

__all__ = ["page_cache"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("page_cache")]


def get(path: str):
    return Client().get(path)


@pytest.fixture
def place():
    """A procedure's path."""
    unit = Unit.objects.create(name="Phường Sông Lành", slug="song-lanh", code="H90.77", level=3)
    SiteIdentity.objects.create(unit=unit, name="Cổng minh bạch")
    return f"/thu-tuc/{VersionFactory().procedure.code}/"


def test_other_processes_publish_and_withdraw(place):
    """By a connection of its own: nothing before its commit, everything after, however it was written."""
    get(place)
    assert status(get(place)) == "hit"
    with elsewhere() as link:
        link.execute("update organisation_siteidentity set name = 'Cổng tên mới'")
        assert status(get(place)) == "hit"
        link.commit()
        assert "Cổng tên mới" in get(place).content.decode()
        assert status(get(place)) == "hit"
        # What has begun cannot be taken back (procedures_catalog, 0004); what is to come can.
        coming = VersionFactory(upcoming=True)
        path = f"/thu-tuc/{coming.procedure.code}/"
        get(path)
        assert status(get(path)) == "hit"
        assert StoredBody.objects.filter(version=coming).count() == 1
        link.execute("update procedures_catalog_procedureversion set live = false where id = %s", [coming.pk])
        assert status(get(path)) == "hit"
        link.commit()
        assert get(path).status_code == 404
        assert StoredBody.objects.filter(version=coming).count() == 0  # nothing of what was taken back stays ready made
        link.execute("update procedures_catalog_procedureversion set live = true where id = %s", [coming.pk])
        link.commit()
        assert get(path).status_code == 200


def test_what_is_rolled_back_never_was(place):
    get(place)
    before = number()
    try:
        with transaction.atomic():
            SiteIdentity.objects.update(name="Không bao giờ")
            # Inside it, nothing is read from memory and nothing is kept.
            inside = get(place)
            assert status(inside) == "bypass"
            assert "Không bao giờ" in inside.content.decode()
            raise RuntimeError
    except RuntimeError:
        pass
    assert number() == before
    assert status(get(place)) == "hit"
    # A savepoint takes its word along; what comes after it is told of all the same, and once.
    with transaction.atomic():
        try:
            with transaction.atomic():
                SiteIdentity.objects.update(name="Không")
                raise RuntimeError
        except RuntimeError:
            pass
        SiteIdentity.objects.update(name="Có")
        Unit.objects.update(telephone="0200")
    assert number() == before + 1
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from foundation_touched")
        assert cursor.fetchone() == (0,)
    assert "Có" in get(place).content.decode()
    # A row that somebody deleted comes back with the next change; until then nothing is kept.
    with elsewhere() as link:
        link.execute("delete from foundation_stamp")
        link.commit()
    assert status(get(place)) == "bypass"
    SiteIdentity.objects.update(name="Tên khác")
    assert status(get(place)) == "stored"


def test_writers_do_not_wait_for_each_other(place):
    """Two transactions that change something public run side by side: the stamp's row is locked at commit alone."""
    with elsewhere() as first, elsewhere() as second:
        before = number()
        first.execute("update organisation_siteidentity set name = 'Một'")
        second.execute("update organisation_unit set telephone = '1'")  # would wait two seconds, and fail, if the first held the row
        second.commit()
        assert number() == before + 1
        first.commit()
        assert number() == before + 2
        # The control: a stamp that is raised at once makes the second wait.
        first.execute("update organisation_siteidentity set name = 'Hai'")
        first.execute("set constraints all immediate")
        second.execute("update organisation_unit set telephone = '2'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.commit()
        first.rollback()


# ── a reader between a writer's steps ───────────────────────────────────────────


class Late(middleware.PageCache):
    """The fault: the stamp is read after the page was made."""

    def __call__(self, request):
        response = self.get_response(request)
        moment = middleware.stamp.read().as_of
        key = Key(moment, today(), "x", request.path_info)
        kept = middleware.pages.get(key)
        if kept is not None:
            return HttpResponse(kept.body)
        middleware.pages.put(key, Kept((("ETag", "x"),), response.content), 10, 10**6)
        return response


class Reader:
    """Somebody who asks for a page that says a number; another does something between the page's making and its keeping."""

    def __init__(self, cache: type[middleware.PageCache] = middleware.PageCache) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self.before: Callable[[], None] = lambda: None

        def view(_request):
            self.before()
            with connection.cursor() as cursor:
                cursor.execute("select hotline from organisation_siteidentity")
                text = cursor.fetchone()[0]
            self.meanwhile()
            return HttpResponse(text)

        self.serve = cache(public_page(view))

    def read(self) -> str:
        return self.serve(RequestFactory().get("/so/")).content.decode()


WRITE = "update organisation_siteidentity set hotline = '2'"


def stale_after(reader: Reader, moment: str, write, finish) -> bool:
    """Whether, with a writer's commit at this moment of a reading, a later reader still gets what was before."""
    SiteIdentity.objects.update(hotline="1")
    middleware.pages.clear()
    steps = {"before": None, "meanwhile": None}
    setattr(reader, moment, lambda: (write(), finish()))
    reader.read()
    for step in steps:
        setattr(reader, step, lambda: None)
    return reader.read() != "2"


@pytest.mark.parametrize("moment", ["before", "meanwhile"])
def test_no_page_is_kept_under_a_stamp_that_is_newer_than_it(place, moment):
    with elsewhere() as link:
        assert not stale_after(Reader(), moment, lambda: link.execute(WRITE), link.commit)


def test_the_controls_show_old_pages(place, monkeypatch):
    """A stamp that is read after the page was made, one that is raised after the commit, one that is a sequence: each of them shows
    an old page, so the comparison can tell."""
    with elsewhere() as link:
        assert stale_after(Reader(Late), "meanwhile", lambda: link.execute(WRITE), link.commit)

        # Raised by a transaction of its own after the commit: between the two, the old page is still right by its stamp.
        reader = Reader()
        SiteIdentity.objects.update(hotline="1")
        reader.read()
        with connection.cursor() as cursor:
            cursor.execute("alter table organisation_siteidentity disable trigger public_update")
        reader.read()
        link.execute(WRITE)
        link.commit()
        shown = reader.read()
        link.execute("update foundation_stamp set stamp = gen_random_uuid(), number = number + 1")
        link.commit()
        assert shown == "1"

        # A sequence is seen before the commit: the old page is kept under the new number.
        with connection.cursor() as cursor:
            cursor.execute("create sequence page_stamp")
        monkeypatch.setattr(
            stamp, "READ", "select json_build_array((select last_value from page_stamp)::text, 1, false, null, null, statement_timestamp())::text"
        )  # fmt: skip
        middleware.pages.clear()
        SiteIdentity.objects.update(hotline="1")
        link.execute(WRITE)
        link.execute("select nextval('page_stamp'), nextval('page_stamp')")
        reader.read()
        link.commit()
        shown = reader.read()
        with connection.cursor() as cursor:
            cursor.execute("drop sequence page_stamp")
            cursor.execute("alter table organisation_siteidentity enable always trigger public_update")
        assert shown == "1"


def test_readers_beside_a_writer_never_see_less_than_was_committed(place):
    """Four readers with connections of their own, and a writer who counts: whoever asks after a commit sees that number or a later one."""
    SiteIdentity.objects.update(hotline="0")
    reader, committed, done, stale = Reader(), [0], threading.Event(), []

    def write() -> None:
        with elsewhere() as link:
            for count in range(1, 61):
                link.execute("update organisation_siteidentity set hotline = %s", [str(count)])
                link.commit()
                committed[0] = count
        done.set()

    def ask() -> int:
        asked = 0
        try:
            while not done.is_set():
                least = committed[0]
                if int(reader.read()) < least:
                    stale.append(least)
                asked += 1
        finally:
            connection.close()
        return asked

    with ThreadPoolExecutor(5) as pool:
        askers = [pool.submit(ask) for _ in range(4)]
        pool.submit(write).result()
        assert sum(asker.result() for asker in askers) > 60
    assert not stale
    assert reader.read() == "60"


def test_a_body_is_not_stored_of_what_is_being_taken_back():
    """A reader who made the parts while another takes the version back: nothing of it is stored, whoever is first."""
    version = VersionFactory(upcoming=True)
    text = queries.VERSION(pk=version.pk)
    data = rows(text)[0]
    made = stored.make(data, today())
    with elsewhere() as link:
        link.execute("update procedures_catalog_procedureversion set live = false where id = %s", [version.pk])
        stored.store(data, "vi", "d" * 64, today(), made)
        link.commit()
    assert StoredBody.objects.count() == 0
    stored.store(data, "vi", "d" * 64, today(), made)  # a draft's
    assert StoredBody.objects.count() == 0
