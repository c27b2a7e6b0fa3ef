"""What a visitor reads when something does not work: 400, 403, 404, 405, 413, 429, 500, 503, in both languages and as JSON."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import html5lib
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_protect

from foundation.registries import search_sources
from organisation.enums import Level
from organisation.models import SiteIdentity, Unit
from portal import errors, nearest
from portal import urls as portal_urls
from safeguards import maintenance
from safeguards.limits import limited
from safeguards.models import User
from search import services, tables, vocabulary
from search.engines import local
from tests.procedures_catalog import factories

INSIDE = re.compile(rb"Traceback|django|wagtail|psycopg|postgres|\.py\b|/site-packages/|/srv/|Exception|granian|\d+\.\d+\.\d+ ", re.IGNORECASE)
STATUSES = [400, 403, 404, 405, 413, 429, 500, 503]


def broken(request):
    raise RuntimeError("secret /srv/minh-bach/portal/inside.py")


def away(request):
    raise OperationalError("connection to server at 10.1.2.3 failed")


def forbidden(request):
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied("secret")


def missing(request):
    raise Http404


@csrf_protect
def form(request):
    return HttpResponse("taken")


@limited("search")
def counted(request):
    return HttpResponse("counted")


VIEWS = {"hong": broken, "mat": away, "cam": forbidden, "khong-co": missing, "mau-don": form, "dem": counted}
urlpatterns = [
    *(path(f"{prefix}{name}/", view) for prefix in ("thu/", "en/thu/", "api/thu/") for name, view in VIEWS.items()),
    *portal_urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = errors.bad_request, errors.forbidden, errors.not_found, errors.server_error


@pytest.fixture
def site(db, settings):
    settings.ROOT_URLCONF = "tests.portal.test_operations_errors"
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "search": (0, 3600)}
    settings.RATE_LIMIT_RULES = []
    unit = Unit.objects.create(name="Phường Sông Lành", slug="song-lanh", code="H90.77", level=Level.WARD)
    SiteIdentity.objects.create(unit=unit, name="Cổng minh bạch", hotline="0200 000 0113")


def answer(status: int, prefix: str = "") -> HttpResponse:
    """The portal's answer with a status, at an address of that language or of the API."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    ways: dict[int, Any] = {
        400: lambda: client.get(f"{prefix}/thu/mau-don/?q=%ff"),
        403: lambda: client.get(f"{prefix}/thu/cam/"),
        404: lambda: client.get(f"{prefix}/thu/khong-co/"),
        405: lambda: client.generic("TRACE", f"{prefix}/thu/mau-don/"),
        413: lambda: client.post(f"{prefix}/thu/mau-don/", b"a" * (django_settings.PUBLIC_BODY_BYTES + 1), content_type="text/plain"),
        429: lambda: client.get(f"{prefix}/thu/dem/"),
        500: lambda: client.get(f"{prefix}/thu/hong/"),
        503: lambda: client.get(f"{prefix}/thu/mat/"),
    }
    return ways[status]()


@pytest.mark.accepts("B16", "W7")
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("status", STATUSES)
def test_an_error_has_a_page_in_the_language_of_the_address(site, status, language):
    response = answer(status, "/en" if language == "en" else "")
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    html = response.content.decode()
    document = html5lib.parse(html, namespaceHTMLElements=False)
    assert document.get("lang") == language
    assert [len(list(document.iter(tag))) for tag in ("h1", "main", "title")] == [1, 1, 1]
    assert list(document.iter("header"))
    title = "".join(next(document.iter("title")).itertext())
    heading = "".join(next(document.iter("h1")).itertext()).strip()
    assert heading and heading in title
    assert response["X-Request-ID"] in html
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"] and "Server" not in response
    assert not INSIDE.search(response.content.replace(b"django_language", b"")), INSIDE.search(response.content)
    vietnamese = re.search(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", heading)
    assert bool(vietnamese) is (language == "vi")


@pytest.mark.accepts("B16")
@pytest.mark.parametrize("status", STATUSES)
def test_an_error_of_the_api_is_json(site, status):
    response = answer(status, "/api")
    assert response.status_code == status
    body = response.json()
    assert body["request_id"] == response["X-Request-ID"]
    assert body["detail"]
    assert "no-store" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not INSIDE.search(response.content)
    if status in {429, 503}:
        assert body["retry_after"] == int(response["Retry-After"]) > 0


@pytest.mark.accepts("B16")
@pytest.mark.parametrize("status", [400, 405, 413, 500, 503])
def test_what_may_be_broken_is_not_asked(site, status, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert answer(status).status_code == status


def test_429_says_when_to_come_back(site):
    response = answer(429)
    seconds = int(response["Retry-After"])
    assert 0 < seconds <= 3600
    assert re.search(r"\d+ (phút|giây)", response.content.decode())


@pytest.mark.parametrize(("seconds", "words"), [(1, "1 second."), (59, "59 seconds."), (60, "1 minute."), (61, "2 minutes."), (0, "1 second.")])
def test_a_wait_is_said_as_people_say_it(seconds, words):
    from django.utils import translation

    from safeguards.refusals import when

    with translation.override("en"):
        assert when(seconds).endswith(words)


def test_a_stale_form_and_a_large_file_say_how_to_go_on(site):
    client = Client(enforce_csrf_checks=True)
    stale = client.post("/thu/mau-don/", {"a": "b"})
    assert stale.status_code == 403
    assert "Quay lại" in stale.content.decode()
    assert "Quay lại" in answer(413).content.decode()


# ── What is not there, and what may be meant ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def procedures(site, settings, tmp_path, monkeypatch):
    """Two procedures that can be found, and searches that nobody rations."""
    settings.SEARCH_LOCAL_INDEX = tmp_path / "search"
    monkeypatch.setattr(local, "_engines", {})
    monkeypatch.setattr(local, "CHECK_EVERY", -1.0)
    monkeypatch.setattr(local, "COMMITTED", "xid >= %s")  # the test's own transaction
    monkeypatch.setattr(nearest, "allowance", nearest.Allowance(1000, 1000))
    # A process remembers search's words; in a transaction that wrote it would read them each time.
    monkeypatch.setattr(tables, "WROTE", "false")
    monkeypatch.setattr(tables, "memory", tables.Memory())
    monkeypatch.setattr(vocabulary, "memory", vocabulary.Vocabulary())
    made = published("1.001193", "Đăng ký khai sinh"), published("2.000815", "Chứng thực bản sao từ bản chính giấy tờ")
    services.put(search_sources["procedure"].documents())
    return made


def published(code, name):
    return factories.VersionFactory(procedure=factories.ProcedureFactory(code=code), name=name)


@pytest.mark.parametrize(
    "address",
    [
        "/thu-tuc/1.001194/", "/thu-tuc/1.00193/", "/thu-tuc/1.0011933/", "/thu-tuc/1.001139/", "/thu-tuc/1001193/", "/thu-tuc/1-001193",
        "/1.001193", "/thu-tuc/1.1193/", "/thu-tuc/1.001193.000.00.00.H5/", "/thu-tuc/1.001194.html", "/thutuc/1.001193/",
        "/tthc/chi-tiet/1_001193.aspx", "/en/thu-tuc/1.001194/",
    ],
)  # fmt: skip
def test_a_code_nearly_right_leads_to_its_procedure(procedures, address):
    response = Client().get(address, follow=True)
    assert response.status_code == 404
    prefix = "/en" if address.startswith("/en") else ""
    assert f'href="{prefix}/thu-tuc/1.001193/"' in response.content.decode()
    assert "2.000815" not in response.content.decode()


def test_the_nearest_code_stands_first(procedures):
    for code in ("1.001195", "1.011193"):
        published(code, f"Việc {code}")
    assert nearest.procedures("/thu-tuc/1.001193-x/")[0].code == "1.001193"
    assert {one.code for one in nearest.procedures("/thu-tuc/1.001193-x/")} == {"1.001193", "1.001195", "1.011193"}


def test_the_words_of_an_address_lead_to_procedures(procedures):
    found = nearest.procedures("/dich-vu-cong/dang-ky-khai-sinh.html")
    assert [one.code for one in found][:1] == ["1.001193"]
    assert Client().get("/dich-vu-cong/dang-ky-khai-sinh.html").content.decode().count("/thu-tuc/1.001193/") == 1


PROBES = [
    "/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/index.php", "/vendor/phpunit/eval-stdin.php", "/favicon.ico", "/static/x.css",
    "/1.001193.php", "/backup.zip", "/.aws/",
]  # fmt: skip


@pytest.mark.parametrize("address", PROBES)
def test_who_looks_for_holes_costs_no_query(procedures, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().get(address, follow=True)
    assert response.status_code == 404
    assert response["X-Request-ID"] in response.content.decode()


@pytest.mark.parametrize("address", ["/cgi-bin/luci/", "/actuator/health/", "/wp-admin/", "/media/khai-sinh.png"])
def test_a_hole_that_looks_like_a_page_is_asked_of_the_tree_and_no_more(procedures, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        assert Client().get(address).status_code == 404


def test_a_missing_page_costs_few_queries_however_large_the_catalogue(procedures, django_assert_max_num_queries):
    Client().get("/dang-ky-khai-sinh-khac/")
    with django_assert_max_num_queries(12):
        Client().get("/dang-ky-khai-sinh-cho-con/")
    with django_assert_max_num_queries(12):
        Client().get("/thu-tuc/1.001194/")


def test_searches_for_missing_pages_are_rationed():
    ration = nearest.Allowance(per_second=2, at_once=3)
    assert [ration.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [ration.take(101.0) for _ in range(3)] == [True, True, False]
    ration.took(nearest.SLOW_SECONDS + 1, now=102.0)
    assert not ration.take(110.0)
    assert ration.take(102.0 + nearest.REST_SECONDS + 1)


def test_without_a_ration_the_page_stands_without_suggestions(procedures, monkeypatch):
    monkeypatch.setattr(nearest.allowance, "take", lambda: False)
    response = Client().get("/thu-tuc/1.001194/")
    assert response.status_code == 404
    assert "1.001193" not in response.content.decode()
    assert 'role="search"' in response.content.decode()


@pytest.mark.accepts("B10", "B14")
@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a" * 5000, "-" * 5000, "1." * 3000, "1 " * 3000, "%00", "%ff%fe",
     "{{7*7}}", "\u202eđăng ký"],
)  # fmt: skip
def test_a_hostile_address_is_not_said_back(procedures, hostile):
    from urllib.parse import quote

    started = time.process_time()
    response = Client(raise_request_exception=False).get(f"/{quote(hostile, safe='%')}/")
    assert response.status_code in {400, 404}
    html = response.content.decode()
    assert "<script>alert" not in html
    assert "onerror=alert" not in html
    assert "49" not in re.sub(r"[0-9a-f]{32}", "", html) or "{{7*7}}" not in hostile
    assert time.process_time() - started < 5


# ── The database away, a lock that waits, work on the portal ─────────────────────────────────────────────────────────


@pytest.mark.accepts("C13")
@pytest.mark.parametrize("way", ["/", "/thu-tuc/", "/en/thu-tuc/", "/tai-khoan/dang-nhap/", "/tim/?q=khai+sinh", "/api/v1/procedures"])
def test_without_the_database_every_address_says_503(site, settings, monkeypatch, way):
    settings.RATE_LIMIT_RULES = django_settings.RATE_LIMIT_RULES

    def gone(*args, **kwargs):
        raise OperationalError("connection failed: 10.1.2.3")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", gone)
        response = Client(raise_request_exception=False).get(way)
    if way == "/tai-khoan/dang-nhap/" and response.status_code == 200:
        return  # its form asks the database only when it is sent
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert not INSIDE.search(response.content)


@pytest.mark.accepts("C13")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_wait_in_the_database_ends_with_503(settings, limit):
    """A real lock, held by somebody else. The limits are those of web processes, shorter for the test."""
    User.objects.create_user("ai-do")
    held, release = threading.Event(), threading.Event()

    def hold():
        from django.db import connections

        with transaction.atomic():
            User.objects.select_for_update().get(username="ai-do")
            held.set()
            release.wait(30)
        connections.close_all()

    def waiting(request):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local {limit} = '200ms'")
            User.objects.select_for_update().get(username="ai-do")
        return HttpResponse("got it")

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    before = urlpatterns[:]
    urlpatterns.insert(0, path("thu/khoa/", waiting))
    settings.ROOT_URLCONF = "tests.portal.test_operations_errors"
    from django.urls import clear_url_caches

    clear_url_caches()
    try:
        response = Client(raise_request_exception=False).get("/thu/khoa/")
        assert response.status_code == 503
        assert response["Retry-After"] == str(errors.RETRY_AFTER)
        release.set()
        holder.join(30)
        assert Client().get("/thu/khoa/").content == b"got it"
    finally:
        release.set()
        holder.join(30)
        urlpatterns[:] = before
        clear_url_caches()


@pytest.mark.accepts("C13")
def test_web_processes_have_these_limits():
    from portal.settings import database

    assert all(limit in database.WEB_TIMEOUTS for limit in ("lock_timeout=3s", "statement_timeout=10s", "idle_in_transaction_session_timeout=30s"))
    assert errors.RETRY_AFTER >= 10


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("x"), True),
        (psycopg.errors.IdleInTransactionSessionTimeout("x"), True),
        (psycopg.errors.AdminShutdown("x"), True),
        (psycopg.errors.UndefinedTable("x"), False),
        (RuntimeError("x"), False),
        (None, False),
    ],
)
def test_what_passes_by_itself_is_told_from_what_is_broken(error, expected):
    from django.db.utils import DatabaseErrorWrapper

    if isinstance(error, psycopg.Error):
        try:
            with DatabaseErrorWrapper(connection):
                raise error
        except Exception as wrapped:  # noqa: BLE001  # whichever of Django's it became
            error = wrapped
    assert errors.is_unavailable(error) is expected


@pytest.fixture
def switch(settings, tmp_path):
    settings.MAINTENANCE_FILE = str(tmp_path / "maintenance.json")
    yield maintenance
    maintenance.off()


@pytest.mark.django_db
def test_work_on_the_portal_is_announced_to_visitors(site, switch, capsys):
    call_command("maintenance", "on", until="90", vi="Cổng đang được nâng cấp <b>.", en="The portal is being upgraded.")
    assert "on until" in capsys.readouterr().out
    response = Client().get("/thu-tuc/")
    html = response.content.decode()
    assert response.status_code == 503
    assert "Cổng đang được nâng cấp &lt;b&gt;." in html
    assert 85 * 60 <= int(response["Retry-After"]) <= 90 * 60
    english = Client().get("/en/").content.decode()
    assert "The portal is being upgraded. It will be back at" in english
    assert Client().get("/api/v1/procedures").json()["retry_after"] > 0
    call_command("maintenance", "off")
    assert Client().get("/thu-tuc/").status_code == 200


@pytest.mark.django_db
def test_staff_and_machines_that_watch_are_let_through(site, switch):
    switch.on({}, None)
    for address, status in {"/healthz": 200, "/readyz": 200, "/tai-khoan/dang-nhap/": 200, "/admin/": 302}.items():
        assert Client().get(address).status_code == status, address
    pretender, officer = Client(), Client()
    pretender.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32
    assert pretender.get("/thu-tuc/").status_code == 503
    officer.force_login(User.objects.create_superuser("truc"))
    assert officer.get("/thu-tuc/").status_code == 200


def test_an_empty_or_broken_switch_is_on(switch):
    for content in ("", "{", "[]", '{"until": 5}'):
        switch.file().write_text(content)
        assert switch.notice() is not None
    assert switch.off()
    assert switch.notice() is None
    assert not switch.off()


def test_a_time_that_is_none_is_told(switch):
    with pytest.raises(CommandError, match="is no time"):
        call_command("maintenance", "on", until="soon")
    assert switch.notice() is None


@pytest.mark.django_db
def test_the_switch_asks_no_database(switch, django_assert_num_queries):
    with django_assert_num_queries(0):
        call_command("maintenance", "on")
        assert Client().get("/").status_code == 503
