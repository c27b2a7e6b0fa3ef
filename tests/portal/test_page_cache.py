"""Pages for anonymous visitors, kept in memory: what is public is there at once, what is withdrawn is gone, and nothing of anybody
is in them."""

from __future__ import annotations

import datetime as dt
import gzip
import re

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from organisation.models import Person, ServicePoint, SiteIdentity, Unit, today
from portal import reading
from portal.models import ContentPage, HomePage, Interruption, PageViews
from portal.page_cache import middleware, stamp
from portal.page_cache.stamp import Reading
from procedures_catalog.models import Procedure, ProcedureVersion
from safeguards.models import RateLimit
from tests.beginnings import house_roles
from tests.browser import town
from tests.procedures_catalog.factories import DAY, VersionFactory, catalogue

from .caching import as_if_committed, commit, get, number, page_cache, queries, restart, status
from .conftest import person, signed_in

__all__ = ["as_if_committed", "page_cache"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_if_committed")]

LANGUAGES = ("", "/en")


@pytest.fixture
def place(as_if_committed):
    """An office with a counter, the site's pages and a procedure; gives the procedure's path."""
    house_roles()
    unit = town.office()
    codes = town.procedures(unit)
    return f"/thu-tuc/{codes['main']}/"


def page_of(slug: str, **fields):
    """A published page of text."""
    home = HomePage.objects.get(locale__language_code="vi")
    page = ContentPage(title="Trang thử", slug=slug, summary="Chữ thường.", locale=home.locale, **fields)
    home.add_child(instance=page)
    return page


# ── kept, and the same ──────────────────────────────────────────────────────────


@pytest.mark.accepts("L1")
@pytest.mark.parametrize("path", ["/", "/thu-tuc/", "/thu-tuc/?cap=ward&trang=1", "{procedure}", "{procedure}in/", "/robots.txt", "/sitemap.xml"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_made_once_and_then_costs_the_stamp(place, path, language):
    path = path.format(procedure=place)
    path = path if path.endswith((".txt", ".xml")) else language + path
    first = get(path)
    assert status(first) == "stored"
    asked = queries(path)
    assert len(asked) == 1
    assert "foundation_stamp" in asked[0]
    again = get(path)
    assert status(again) == "hit"
    assert again.content == first.content
    # The same headers, whether a page was made or kept; what each answer gets anew differs.
    of_each = {"X-Request-ID", "Cache-Status"}
    assert {name: value for name, value in again.items() if name not in of_each} == {
        name: value for name, value in first.items() if name not in of_each
    }
    assert again["X-Request-ID"] != first["X-Request-ID"]
    for header in ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"):
        assert header in again
    assert again["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"
    assert not again.cookies


def test_a_kept_page_is_the_page_without_a_cache(place, settings):
    kept = [get(path) and get(path).content for path in ("/", place, "/thu-tuc/", "/en/")]
    settings.PAGE_CACHE_MB = 0
    made = [get(path) for path in ("/", place, "/thu-tuc/", "/en/")]
    assert [page.content for page in made] == kept
    assert all("Cache-Status" not in page for page in made)


def test_languages_do_not_meet(place):
    vietnamese, english = get(place), get(f"/en{place}")
    assert (get(place).content, get(f"/en{place}").content) == (vietnamese.content, english.content)
    assert b'<html lang="vi">' in vietnamese.content
    assert b'<html lang="en">' in english.content


def test_head_has_no_text_and_the_length_of_the_page(place):
    full = get(place)
    for _ in range(2):
        short = Client().head(place)
        assert short.content == b""
        assert short["ETag"] == full["ETag"]
    assert short["Content-Length"] == full["Content-Length"]
    assert status(short) == "hit"


def test_a_head_request_keeps_nothing(place):
    assert status(Client().head(place)) == "miss"
    assert status(get(place)) == "stored"


def test_who_has_the_page_already_is_told_so(place):
    full = get(place, **{"If-None-Match": '"another"'})
    assert full.status_code == 200
    for _ in range(2):
        short = get(place, **{"If-None-Match": full["ETag"]})
        assert short.status_code == 304
        assert short.content == b""
        assert {"ETag", "Cache-Control", "X-Frame-Options", "Content-Security-Policy", "Vary"} <= set(short.headers)
    restart()
    # Asked for so, it is made and kept all the same.
    assert get(place, **{"If-None-Match": full["ETag"]}).status_code == 304
    assert status(get(place)) == "hit"


def test_a_page_goes_out_compressed_to_who_takes_it(place):
    plain = get(place)
    for _ in range(2):
        packed = get(place, **{"Accept-Encoding": "gzip, br"})
        assert packed["Content-Encoding"] == "gzip"
        assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 3
        assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in plain["Vary"]
    assert "Content-Encoding" not in get(place)


def test_readers_are_counted_whoever_answers(place, monkeypatch):
    own = reading.Counts()
    monkeypatch.setattr(reading, "counts", own)
    page = page_of("doc-nhieu")
    for _ in range(3):
        response = get("/doc-nhieu/")
        assert reading.HEADER not in response
    etag = get("/doc-nhieu/")["ETag"]
    assert get("/doc-nhieu/", **{"If-None-Match": etag}).status_code == 304
    own.write()
    assert PageViews.objects.get(page=page).count == 5


def test_what_others_hang_on_an_address_is_not_in_the_page(place):
    first = get(f"{place}?utm_source=zalo&fbclid=abc")
    assert b"zalo" not in first.content
    assert b"fbclid" not in first.content
    assert status(get(place)) == "hit"
    assert status(get(f"{place}?gclid=1&cap=")) == "hit"


def test_a_query_that_the_view_does_not_know_is_kept_by_nobody(place):
    for _ in range(2):
        assert status(get(f"{place}?x=1")) == "bypass"
    assert len(middleware.pages) == 0


def test_choices_are_pages_of_their_own(place):
    all_of_them, ward = get("/thu-tuc/"), get("/thu-tuc/?cap=ward&trang=1")
    assert status(get("/thu-tuc/?trang=1&cap=ward&utm_source=x")) == "hit"
    assert get("/thu-tuc/?cap=ward&trang=1").content == ward.content != all_of_them.content


@pytest.mark.parametrize("path", ["/thu-tuc/9.999999/", "/khong-co/", "/tim/?q=a", "/api/v1/procedures", "/healthz", "/readyz", "/co-quan/khong-co/"])
def test_what_is_no_public_page_is_not_kept(place, path):
    get(path)
    assert status(get(path)) not in {"hit", "stored"}
    assert len(middleware.pages) == 0


# ── nobody's own ────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P9")
def test_nothing_that_is_kept_has_a_cookie_a_token_or_a_name(place):
    for path in ("/", place, "/thu-tuc/", "/cong-khai/", f"{place}in/", "/en/"):
        get(path)
    shelf = middleware.pages._plain.items
    assert len(shelf) == 6
    for kept, _size in shelf.values():
        names = {name.lower() for name, _value in kept.headers}
        assert not names & {"set-cookie", "x-request-id", "content-security-policy"}
        assert not re.search(rb"csrfmiddlewaretoken|csrf-token|wagtail-userbar", kept.body)


@pytest.mark.accepts("P9")
def test_who_is_signed_in_is_never_answered_from_memory_and_leaves_nothing_in_it(place):
    editor = person("editor", "bien-tap")
    signed = signed_in(editor)
    commit()
    for path in ("/", place):
        assert status(signed.get(path)) == ""
    assert len(middleware.pages) == 0
    get(place)
    assert status(signed.get(place)) == ""
    for own in ({"csrftoken": "x" * 32}, {"sessionid": "x"}, {"messages": "x"}):
        client = Client()
        client.cookies.load(own)
        assert status(client.get(place)) == ""


@pytest.mark.accepts("P9")
def test_personal_pages_are_kept_by_nobody(place):
    first, second = person("editor", "mot"), person("editor", "hai")
    for path in ("/tai-khoan/", "/admin/", "/tai-khoan/dang-nhap/"):
        answers = [signed_in(user).get(path, follow=True) for user in (first, second)] + [get(path)]
        for answer in answers:
            assert "no-store" in answer["Cache-Control"]
            assert status(answer) == ""
        assert b"mot@example.org" not in answers[1].content + answers[2].content
    assert len(middleware.pages) == 0


@pytest.mark.accepts("P9")
@pytest.mark.parametrize("fault", ["cookie", "varies", "private", "no word", "session", "not 200"])
def test_an_answer_that_is_somebodys_is_not_kept(rf, fault):
    from django.http import HttpResponse

    from procedures_catalog.caching import public_page

    def answer(request):
        response = public_page(lambda _request: HttpResponse("chữ"))(request) if fault != "no word" else HttpResponse("chữ")
        if fault == "cookie":
            response.set_cookie("x", "1")
        elif fault == "varies":
            response["Vary"] = "Cookie"
        elif fault == "private":
            response["Cache-Control"] = "private"
        elif fault == "session":
            request.session = type("Session", (), {"modified": True})()
        elif fault == "not 200":
            response.status_code = 206
        return response

    serve = middleware.PageCache(answer)
    for _ in range(2):
        assert status(serve(rf.get("/chu/"))) == "miss"


def test_drafts_and_their_links_are_not_kept(place):
    from portal.services.preview_links import make_link, token

    editor = person("editor", "bien-tap")
    page = page_of("ban-thao", live=False)
    page.title = "Bản thảo kín"
    page.save_revision(user=editor)
    shown = get(f"/xem-truoc/{token(make_link(page, editor))}/")
    assert "Bản thảo kín" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert status(shown) == ""
    assert status(get("/ban-thao/")) == "miss"
    assert len(middleware.pages) == 0


# ── at once ─────────────────────────────────────────────────────────────────────


def publish_page(place):
    page = page_of("trang-thu")
    return "/trang-thu/", lambda: (setattr(page, "summary", "Chữ mới tinh."), page.save_revision().publish()), "Chữ mới tinh"


def interruption(place, **fields):
    return Interruption.objects.create(**{
        "scope": "portal", "reason": "Bảo trì máy chủ", "planned": False, "starts_at": timezone.now() - dt.timedelta(hours=1),
        "announced_at": timezone.now() - dt.timedelta(hours=2), "notice_days": 0, **fields,
    })  # fmt: skip


CHANGES = {
    "a page is published": publish_page,
    "a name of the site": lambda place: ("/", lambda: SiteIdentity.objects.update(name="Cổng tên mới", hotline="0909"), "Cổng tên mới"),
    "a summary": lambda place: (place, lambda: Procedure.objects.update(summary="Tóm tắt mới tinh"), "Tóm tắt mới tinh"),
    "somebody's name": lambda place: (place, lambda: Person.objects.update(name="Người Mới Tinh"), "Người Mới Tinh"),
    "a counter's address": lambda place: (place, lambda: ServicePoint.objects.update(address="Số 1 Đường Mới"), "Số 1 Đường Mới"),
    "an interruption": lambda place: (place, lambda: interruption(place), "Bảo trì máy chủ"),
    "a new version": lambda place: ("/thu-tuc/", lambda: VersionFactory(name="Thủ tục mới tinh"), "Thủ tục mới tinh"),
    "in bulk": lambda place: ("/thu-tuc/", lambda: catalogue(12), "Thủ tục số 0"),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_is_published_is_there_at_once(place, change):
    path, publish, words = CHANGES[change](place)
    assert words not in get(path).content.decode()
    assert status(get(path)) == "hit"
    before = number()
    publish()
    assert number() > before
    after = get(path)
    assert status(after) in {"stored", "miss", "bypass"}
    assert words in after.content.decode()


def test_a_page_behind_a_lock_is_gone(place):
    page = page_of("kin")
    get("/kin/")
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    assert get("/kin/").status_code == 302
    PageViewRestriction.objects.all().delete()
    assert get("/kin/").status_code == 200
    # Its form has a token: kept by nobody.
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.PASSWORD, password="x" * 12)  # pragma: allowlist secret
    for _ in range(2):
        form = get("/kin/")
        assert "Chữ thường" not in form.content.decode()
        assert status(form) in {"miss", ""}
        assert "public" not in form["Cache-Control"]


def test_an_interruption_that_is_lifted_is_gone(place):
    found = interruption(place)
    middleware.stamp.forget()
    assert "Bảo trì máy chủ" in get(place).content.decode()
    found.lifted_at = timezone.now()
    found.save()
    assert "Bảo trì máy chủ" not in get(place).content.decode()


def test_a_unit_that_is_closed_is_named_no_more(place):
    assert "Trần Thị Mẫu" in get(place).content.decode()
    Unit.objects.update(valid_to=today() - DAY)
    assert "Trần Thị Mẫu" not in get(place).content.decode()


def test_what_nobody_sees_leaves_the_pages_alone(place):
    """Drafts, autosaves, locks, views, jobs: an editor at work costs the readers nothing."""
    editor = person("editor", "bien-tap")
    page = page_of("dang-viet")
    draft = VersionFactory(draft=True)
    get("/")
    before = number()
    page.title = "Tên nháp"
    page.save_revision(user=editor)
    Page.objects.filter(pk=page.pk).update(locked=True, locked_by=editor)
    ProcedureVersion.objects.filter(pk=draft.pk).update(name="Tên nháp")
    PageViews.objects.create(page=page, day=today(), count=3)
    SiteIdentity.objects.update(hotline=SiteIdentity.objects.get().hotline)  # written, and the same
    Unit.objects.filter(name="không có").update(name="x")
    assert number() == before
    assert status(get("/")) == "hit"


# ── the clock ───────────────────────────────────────────────────────────────────


def test_law_takes_effect_at_midnight(place, monkeypatch):
    version = VersionFactory(valid_to=today())
    VersionFactory(procedure=version.procedure, valid_from=today() + DAY, name="Tên từ ngày mai")
    path = f"/thu-tuc/{version.procedure.code}/"
    assert "Tên từ ngày mai</h1>" not in get(path).content.decode()
    assert status(get(path)) == "hit"
    tomorrow = timezone.now() + DAY
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    after = get(path)
    assert status(after) == "stored"
    assert "Tên từ ngày mai</h1>" in after.content.decode()


def test_what_begins_by_the_clock_begins_on_kept_pages(place, monkeypatch):
    """Nothing is kept while the clocks of the machines may differ, and then it is another page."""
    found = interruption(place, starts_at=timezone.now() - dt.timedelta(minutes=10), ends_at=timezone.now() - dt.timedelta(minutes=5))
    get(place)
    assert status(get(place)) == "hit"
    with connection.cursor() as cursor:
        cursor.execute("alter table portal_interruption disable trigger public_update")
        Interruption.objects.filter(pk=found.pk).update(ends_at=timezone.now() + dt.timedelta(hours=1), starts_at=timezone.now())
        cursor.execute("alter table portal_interruption enable always trigger public_update")
    during = get(place)
    assert status(during) == "bypass"
    assert "Bảo trì máy chủ" in during.content.decode()
    monkeypatch.setattr(stamp, "UNSETTLED", dt.timedelta(0))
    assert status(get(place)) == "stored"


# ── the database does not answer ────────────────────────────────────────────────


@pytest.fixture
def outage(monkeypatch):
    """Switches the database off for the stamp, and counts how often it was asked."""
    asked = []

    def begin():
        def fail(*args, **kwargs):
            asked.append(1)
            raise OperationalError("no route to host")

        monkeypatch.setattr(connection, "cursor", fail)

    begin.asked = asked
    return begin


@pytest.mark.accepts("F8")
def test_while_the_database_is_silent_what_was_right_is_shown(place, outage):
    full = get(place)
    outage()
    for _ in range(3):
        kept = Client().get(place)
        assert kept.status_code == 200
        assert kept.content == full.content
        assert 'detail="database does not answer"' in kept["Cache-Status"]
        assert kept["Cache-Control"] == "no-cache"
    assert len(outage.asked) == 1  # a database that hangs is not asked by every visitor


@pytest.mark.accepts("F8")
def test_not_for_longer_than_it_may_be_right(place, outage, monkeypatch):
    get(place)
    monkeypatch.setattr(stamp, "GRACE", 0.0)
    outage()
    client = Client(raise_request_exception=False)
    assert client.get(place).status_code >= 500


def test_not_past_a_time_at_which_it_changes(place, outage, monkeypatch):
    interruption(place, starts_at=timezone.now() + dt.timedelta(hours=1), ends_at=None)
    get(place)
    later = timezone.now() + dt.timedelta(hours=2)
    outage()
    assert middleware.stamp.read().as_of is not None
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert middleware.stamp.read() == Reading(None, answered=False)


@pytest.mark.accepts("L3")
def test_pages_cost_no_more_with_the_cache_than_without(place, settings):
    paths = ("/", "/thu-tuc/", place, f"{place}in/", "/cong-khai/")

    def cold(path):
        restart()
        return len(queries(path))

    for path in paths:
        cold(path)  # the parts of a procedure's page are stored by whoever reads it first
    with_cache = [cold(path) for path in paths]
    settings.PAGE_CACHE_MB = 0
    without = [cold(path) for path in paths]
    assert all(cached <= plain + 1 for cached, plain in zip(with_cache, without, strict=True)), (with_cache, without)
    assert max(with_cache) <= 12


@pytest.mark.accepts("O14")
def test_versions_are_compared_so_many_times_for_one_address_and_a_kept_comparison_costs_nothing(place, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "difference": (2, 3600)}
    page = f"{place}thay-doi/"
    assert status(get(page)) == "stored"
    assert [status(get(page)) for _ in range(5)] == ["hit"] * 5
    assert RateLimit.objects.get(scope="difference").count == 1
    assert status(get(f"/en{page}")) == "stored"
    first, last = (
        ProcedureVersion.objects.published().filter(procedure__code=place.split("/")[2]).order_by("valid_from").values_list("pk", flat=True)[:2]
    )
    refused = get(f"{page}?tu={first}&den={last}")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0 and refused["Cache-Control"] == "no-store"
    assert "Bạn đang thao tác quá nhanh" in refused.content.decode()
    assert status(get(page)) == "hit"  # what is there is still given
    assert get(place).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_main_counter_stands_under_kept_pages_from_its_first_day_to_its_last(place, language):
    ServicePoint.objects.update(valid_from=dt.date(2031, 3, 3), valid_to=dt.date(2031, 3, 31))
    found = {}
    for day in ("2031-03-02T23:59", "2031-03-03T00:01", "2031-03-31T23:59", "2031-04-01T00:01"):
        with time_machine.travel(dt.datetime.fromisoformat(f"{day}:00+07:00"), tick=False):
            footer = get(f"{language}/co-quan/").content.decode().partition("<footer")[2]
            found[day] = "12 Bến Chợ" in footer
    assert list(found.values()) == [False, True, True, False], found
