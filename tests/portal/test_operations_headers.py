"""The rules of Mozilla's HTTP Observatory over every kind of answer (O2), reports of broken policies (O3), security.txt and the
pages of law (O17), and nothing of the inside in the open (A16)."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.images.models import Image

from organisation.models import SiteIdentity
from portal.starting_pages import PAGES
from safeguards import reports
from safeguards.models import User
from tests.beginnings import whole_site
from tests.procedures_catalog import factories

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
YEAR = 31_536_000


@pytest.fixture
def town(site, settings, tmp_path):
    """A portal with one of everything, under the headers of production."""
    settings.SECURE_SSL_REDIRECT = False
    settings.WAGTAILADMIN_BASE_URL = "https://testserver"
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD = YEAR, True, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.MEDIA_ROOT = tmp_path / "media"
    procedure = factories.VersionFactory(procedure=factories.ProcedureFactory(code="1.001193"), name="Đăng ký khai sinh")
    image = Image.objects.create(title="x", file=SimpleUploadedFile("a.gif", GIF, "image/gif"))
    return {
        "page": "/", "english": "/en/", "procedure": f"/thu-tuc/{procedure.procedure.code}/", "list": "/thu-tuc/",
        "picture": "/thu-tuc/1.001193/qr.svg",
        "feed": "/thu-tuc/thay-doi.atom",
        "sitemap": "/sitemap.xml", "robots": "/robots.txt", "api": "/api/v1/procedures",
        "openapi": "/api/v1/openapi.json",
        "static": "/static/portal/css/portal.css", "media": image.file.url, "health": "/healthz", "redirect": "/thu-tuc", "long code": "/en",
        "suggest": "/tim/goi-y/?q=khai", "not found": "/khong-co/", "probe": "/.env", "unreadable": "/?q=%ff", "api error": "/api/v1/khong-co",
        "missing file": "/static/khong-co.css", "missing media": "/media/khong-co.png", "sign-in": "/tai-khoan/dang-nhap/", "back office": "/admin/",
        "admin login": "/admin/login/", "security.txt": "/.well-known/security.txt", "refused method": "/csp-report",
    }  # fmt: skip


def policy(response) -> dict[str, set[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";") if part.strip()]
    return {part[0]: set(part[1:]) for part in parts}


def faults(path: str, response) -> list[str]:
    """What the Observatory would take points for, and what is ours beyond it."""
    headers = response.headers
    staff = path.startswith("/admin/")
    found = []
    hsts = re.fullmatch(r"max-age=(\d+); includeSubDomains; preload", headers.get("Strict-Transport-Security", ""))
    if not hsts or int(hsts[1]) < YEAR:
        found.append("HSTS")
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append("nosniff")
    if headers.get("Referrer-Policy") not in {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}:
        found.append("Referrer-Policy")
    if headers.get("Cross-Origin-Opener-Policy") != "same-origin":
        found.append("COOP")
    if not {"camera=()", "geolocation=()", "microphone=()"} <= set(headers.get("Permissions-Policy", "").split(", ")):
        found.append("Permissions-Policy")
    if headers.get("X-Frame-Options") != ("SAMEORIGIN" if staff else "DENY"):
        found.append("X-Frame-Options")
    said = policy(response)
    if said.get("frame-ancestors") != ({"'self'"} if staff else {"'none'"}):
        found.append("frame-ancestors")
    if said.get("object-src") != {"'none'"} or said.get("base-uri") != {"'none'"} or said.get("form-action") != {"'self'"}:
        found.append("object-src, base-uri, form-action")
    if not staff and (said.get("default-src") != {"'none'"} or any("unsafe" in word or "*" in word for words in said.values() for word in words)):
        found.append("the strict policy")
    if any("http:" in word or "https:" in word for words in said.values() for word in words):
        found.append("a foreign host in the policy")
    if said.get("report-uri") != {"/csp-report"} or said.get("report-to") != {"csp"} or headers.get("Reporting-Endpoints") != 'csp="/csp-report"':
        found.append("reports")
    for name, cookie in response.cookies.items():
        if not (
            cookie["secure"] and cookie["httponly"] and cookie["samesite"] in {"Lax", "Strict"} and cookie["path"] == "/" and not cookie["domain"]
        ):
            found.append(f"cookie {name}")
    if {"Server", "X-Powered-By", "Via"} & set(headers):
        found.append("a name of the server")
    origin = headers.get("Access-Control-Allow-Origin")
    if origin and (not path.startswith(("/api/", "/static/")) or headers.get("Access-Control-Allow-Credentials")):
        found.append("CORS")
    if not headers.get("Cache-Control") and response.status_code == 200 and not path.startswith(("/static/", "/media/")):
        found.append("Cache-Control")
    if not headers.get("X-Request-ID"):
        found.append("request id")
    return found


@pytest.mark.accepts("O2")
def test_every_kind_of_answer_has_its_headers(town):
    client = Client(raise_request_exception=False)
    wrong, statuses = {}, set()
    for what, path in town.items():
        for method in ("get", "head", "options"):
            response = getattr(client, method)(path, secure=True)
            statuses.add(response.status_code)
            if found := faults(path, response):
                wrong[f"{method} {what} {path} {response.status_code}"] = found
    assert not wrong, wrong
    assert {200, 301, 302, 400, 404, 405} <= statuses


@pytest.mark.accepts("O2")
def test_a_page_that_is_known_already_and_pages_of_staff_have_them_too(town):
    client = Client()
    etag = client.get(town["procedure"], secure=True)["ETag"]
    again = client.get(town["procedure"], secure=True, headers={"if-none-match": etag})
    assert (again.status_code, faults(town["procedure"], again)) == (304, [])
    client.force_login(User.objects.create_superuser("truc"))
    for path in ("/admin/", "/admin/pages/", "/admin/reports/site-history/", "/admin/khong-co/"):
        assert faults(path, client.get(path, secure=True)) == [], path


@pytest.mark.accepts("O2")
def test_a_missing_header_would_be_seen(town, monkeypatch, settings):
    settings.SECURE_HSTS_SECONDS = 60
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "permissions_policy" not in name]
    assert faults("/", Client().get("/", secure=True)) == ["HSTS", "Permissions-Policy"]


# ── Reports of browsers ──────────────────────────────────────────────────────────────────────────────────────────────

NEW = [
    {
        "type": "csp-violation",
        "url": "https://testserver/tra-cuu/?ma=0901234567",
        "body": {
            "documentURL": "https://testserver/thu-tuc/1.001193/?so=0901234567",
            "effectiveDirective": "script-src-elem",
            "blockedURL": "https://evil.example/x.js?who=0901234567",
            "sample": "alert('0901234567')",
        },
    }
]
OLD = {"csp-report": {"document-uri": "https://testserver/en/?q=a", "violated-directive": "img-src 'self'", "blocked-uri": "inline", "referrer": "x"}}


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.WARNING, "safeguards.csp")
    return lambda: [(one.directive, one.blocked, one.page) for one in caplog.records if one.name == "safeguards.csp"]


def report(content, kind="application/reports+json", **headers):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Client(enforce_csrf_checks=True).generic("POST", "/csp-report", body, content_type=kind, **headers).status_code


@pytest.mark.accepts("O3")
@pytest.mark.django_db
def test_a_report_is_logged_without_what_was_on_the_page(told, caplog):
    assert report(NEW) == report(OLD, "application/csp-report") == 204
    assert told() == [("script-src-elem", "https://evil.example", r"thu-tuc/(?P<code>[1-9]\.\d{6})/$"), ("img-src", "inline", "en/")]
    assert "0901234567" not in caplog.text + json.dumps([vars(one) for one in caplog.records], default=str)


@pytest.mark.accepts("O3")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]x", b"null", b"[1]", b'{"a": 1}', b"\xff\xfe", b"[" * 9000, b'{"csp-report": []}', b'[{"body": {"blockedURL": "http://["}}]'],
)
def test_what_is_no_report_is_refused_and_breaks_nothing(told, content):
    assert report(content) in {204, 400}
    assert all(one == ("", "unreadable", "/") for one in told())


@pytest.mark.accepts("O3")
@pytest.mark.django_db
def test_reports_are_small_few_and_on_one_line(told, settings):
    assert report(b" " * (reports.MOST_BYTES + 1)) == 413
    assert report([*NEW * 50]) == 204
    assert len(told()) == reports.MOST_REPORTS
    long = {"csp-report": {"violated-directive": "x\r\n" + "y" * 1000, "blocked-uri": "data:" + "z" * 1000, "document-uri": "/"}}
    assert report(long) == 204
    directive, blocked, _page = told()[-1]
    assert len(directive) <= reports.LONGEST and "\n" not in directive
    assert blocked == "data"
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "csp_report": (3, 3600)}
    assert [report(OLD) for _ in range(4)] == [204, 204, 204, 429]


# ── Whom to tell, and what the law wants said ────────────────────────────────────────────────────────────────────────


def lines() -> dict[str, list[str]]:
    response = Client().get("/.well-known/security.txt")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    found: dict[str, list[str]] = {}
    for line in response.content.decode().splitlines():
        name, _sep, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.accepts("O17")
def test_security_txt_is_as_its_standard_asks(site, settings):
    settings.WAGTAILADMIN_BASE_URL = "https://minhbach.example.gov.vn"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "minhbach.example.gov.vn"]
    settings.SECURITY_CONTACT = ["an-toan@example.gov.vn", "https://example.gov.vn/bao-loi"]
    whole_site()
    found = lines()
    assert found["Contact"] == ["mailto:an-toan@example.gov.vn", "https://example.gov.vn/bao-loi"]
    assert len(found["Expires"]) == 1
    expires = dt.datetime.strptime(found["Expires"][0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    assert dt.timedelta(days=28) < expires - dt.datetime.now(dt.UTC) <= dt.timedelta(days=30)
    assert found["Preferred-Languages"] == ["vi, en"]
    assert found["Canonical"] == ["https://minhbach.example.gov.vn/.well-known/security.txt"]
    assert found["Policy"] == ["https://minhbach.example.gov.vn/bao-lo-hong/"]
    assert set(found) == {"Contact", "Expires", "Preferred-Languages", "Canonical", "Policy"}
    assert Client().get("/bao-lo-hong/").status_code == 200


@pytest.mark.accepts("O17")
def test_without_a_contact_the_offices_line_answers_and_without_that_there_is_no_file(site, settings):
    settings.SECURITY_CONTACT = []
    assert lines()["Contact"] == ["tel:+842000000113"]
    SiteIdentity.objects.update(hotline="")
    assert Client().get("/.well-known/security.txt").status_code == 404


@pytest.mark.accepts("O17")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_of_law_are_there_and_every_foot_leads_to_them(site, language):
    whole_site()
    prefix = "/en" if language == "en" else ""
    for key in ("accessibility", "privacy", "security"):
        address = f"{prefix}/{PAGES[key][language]['slug']}/"
        page = Client().get(address)
        assert page.status_code == 200, address
        for other in (f"{prefix}/", f"{prefix}/thu-tuc/", f"{prefix}/khong-co/", address):
            assert f'href="{address}"' in Client().get(other).content.decode(), (other, address)


@pytest.mark.accepts("O17")
def test_the_notice_names_every_cookie_and_every_time_that_something_is_kept():
    """What the notice promises is what the settings do."""
    from safeguards.limits import KEEP_SECONDS

    words = json.dumps(PAGES["privacy"]["en"]["body"])
    assert KEEP_SECONDS == 24 * 3600 and "Removed after a day" in words
    assert django_settings.SESSION_COOKIE_AGE == 12 * 3600 and "after 12 hours" in words
    assert django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE or django_settings.ACCOUNT_SESSION_REMEMBER is False
    for language in ("vi", "en"):
        assert len(PAGES["privacy"][language]["body"]) == len(PAGES["privacy"]["vi"]["body"])


def test_setting_up_again_keeps_the_words_of_editors(site):
    from portal.models import ContentPage

    whole_site()
    ContentPage.objects.filter(slug="quyen-rieng-tu").update(title="Của chúng tôi")
    whole_site()
    assert ContentPage.objects.get(slug="quyen-rieng-tu").title == "Của chúng tôi"


# ── Nothing of the inside ────────────────────────────────────────────────────────────────────────────────────────────

INSIDE = [
    "/.git/HEAD", "/.git/config", "/.gitignore", "/.env", "/manage.py", "/Dockerfile", "/compose.yaml", "/static", "/static/",
    "/static/portal/", "/media/",
    "/__debug__/", "/api/docs", "/api/v1/docs", "/api/v1/redoc", "/admin/doc/", "/django-admin/", "/server-status", "/metrics", "/var/backups/",
    "/.well-known/", "/maintenance.json",
]  # fmt: skip


@pytest.mark.accepts("A16")
@pytest.mark.parametrize("path", INSIDE)
def test_nothing_of_the_inside_has_an_address(site, path):
    response = Client().get(path, follow=True)
    at_the_door = response.request["PATH_INFO"] == "/tai-khoan/dang-nhap/"
    assert response.status_code == 404 or (path.startswith("/admin/") and at_the_door), (path, response.status_code)
    assert b"Index of" not in response.content


@pytest.mark.accepts("A16")
def test_an_installation_begins_without_an_account(db):
    assert not User.objects.exists()
    whole_site()
    assert not User.objects.exists()
