"""What is let in, what is turned away, and what every answer carries."""

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from safeguards import middleware
from safeguards.logs import JsonFormatter, RequestFilter
from safeguards.models import Event, User
from safeguards.requests import client_address, current_request_id, under_request
from safeguards.services import record

PUBLIC = "/en/"


def guard(request):
    return middleware.RequestGuard(lambda _: HttpResponse("in"))(request)


@pytest.mark.accepts("B4")
@pytest.mark.parametrize(("fields", "status"), [(1000, 200), (1001, 400)])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "query"])
def test_a_public_form_has_at_most_a_thousand_fields(kind, fields, status):
    names = {f"f{number}": "x" for number in range(fields)}
    if kind == "query":
        request = RequestFactory().get(PUBLIC, names)
    elif kind == "multipart":
        request = RequestFactory().post(PUBLIC, names)
    else:
        request = RequestFactory().post(PUBLIC, "&".join(f"{name}=x" for name in names), content_type="application/x-www-form-urlencoded")
    assert guard(request).status_code == status


@pytest.mark.accepts("B4")
def test_many_values_of_one_name_count_too():
    request = RequestFactory().post(PUBLIC, {"f": ["x"] * 1001})
    assert guard(request).status_code == 400


@pytest.mark.accepts("B4")
@pytest.mark.parametrize(("fields", "status"), [(9_000, 200), (10_001, 400)])
@pytest.mark.django_db
def test_the_back_office_may_send_ten_thousand_fields(client, fields, status):
    client.force_login(User.objects.create_superuser("root"))
    response = client.post("/admin/account/", {f"f{number}": "x" for number in range(fields)})
    assert response.status_code == status


@pytest.mark.accepts("B4")
@pytest.mark.parametrize("path", [PUBLIC, "/api/v1/procedures", "/admin/login/"])
def test_a_body_over_the_limit_is_413(client, settings, path):
    limit = settings.STAFF_BODY_BYTES if path.startswith("/admin/") else settings.PUBLIC_BODY_BYTES
    for content_type in ("application/x-www-form-urlencoded", "application/json", "application/octet-stream"):
        response = client.generic("POST", path, b"a" * (limit + 1), content_type=content_type)
        assert response.status_code == 413
        assert response["Content-Security-Policy"]
        assert response["X-Request-ID"]


@pytest.mark.accepts("B4")
def test_a_claimed_length_decides_before_a_byte_is_read(settings):
    request = RequestFactory().generic("POST", PUBLIC, b"", CONTENT_LENGTH=str(settings.PUBLIC_BODY_BYTES + 1))
    assert guard(request).status_code == 413


@pytest.mark.accepts("B4")
def test_of_a_repeated_parameter_the_last_counts():
    assert RequestFactory().get("/?page=1&page=2").GET["page"] == "2"
    assert RequestFactory().post("/?page=9", "page=1&page=2", content_type="application/x-www-form-urlencoded").POST["page"] == "2"


@pytest.mark.accepts("B2", "B4")
@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "q=%ff", "q=%ed%a0%80", "%00=1", "q=%c3"])
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/v1/x", "/khong-co/"])
def test_unreadable_bytes_in_a_query_are_400(client, path, query):
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("query", ["q=%F0%9F%8F%A0", "q=h%E1%BB%99+kh%E1%BA%A9u", "q=%E2%80%AE", "q=", "&&&", "q=%", "q=%zz"])
def test_readable_bytes_are_let_in(query):
    assert guard(RequestFactory().get(f"/?{query}")).status_code == 200


@pytest.mark.accepts("B2")
def test_nul_in_a_path_is_400(client):
    assert client.get("/thu-tuc/%00/").status_code == 400


@pytest.mark.accepts("A16")
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "x"])
@pytest.mark.parametrize("path", ["/", "/admin/", "/static/portal/css/portal.css", "/healthz"])
def test_unusual_methods_are_refused_everywhere(client, method, path):
    response = client.generic(method, path)
    assert response.status_code == 405
    assert "TRACE" not in response["Allow"]
    assert b"HTTP_" not in response.content


def test_a_refusal_speaks_the_readers_language_and_says_no_more(client):
    vietnamese, english = client.get("/?q=%00"), client.get("/en/?q=%00")
    assert b'lang="vi"' in vietnamese.content
    assert b'lang="en"' in english.content
    assert vietnamese["X-Request-ID"] in vietnamese.content.decode()
    assert client.get("/api/v1/x?q=%00").json().keys() == {"detail", "request_id"}


def forwarded(peer, header):
    return RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=header)


@pytest.fixture
def proxies(settings):
    import ipaddress

    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.accepts("B8")
@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),  # an untrusted peer claims in vain
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the left part is the client's own claim
        ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", "198.51.100.7"),  # two proxies of ours
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "1.2.3.4", "2001:db8:1:2::/64"),
        ("", "1.2.3.4", ""),
    ],
)
def test_only_our_own_proxies_say_who_asks(proxies, peer, header, address):
    assert client_address(forwarded(peer, header)) == address


@pytest.mark.accepts("B8")
def test_without_proxies_nothing_is_believed(settings):
    settings.TRUSTED_PROXIES = []
    assert client_address(forwarded("10.0.0.1", "1.2.3.4")) == "10.0.0.1"


@pytest.mark.accepts("B8")
@pytest.mark.parametrize(("peer", "kept"), [("203.0.113.9", False), ("10.0.0.1", True)])
def test_forwarded_headers_of_strangers_are_taken_off(proxies, peer, kept):
    seen = {}

    def view(request):
        seen.update(request.META)
        return HttpResponse()

    headers = {
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_FORWARDED": "for=1.2.3.4",
        "HTTP_X_REAL_IP": "1.2.3.4",
    }
    middleware.RequestIdentity(view)(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))
    assert {name in seen for name in headers} == {kept}


@pytest.mark.accepts("B8")
@pytest.mark.parametrize("headers", [{"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "localhost:80@evil.example"}, {"HTTP_HOST": "a b"}])
def test_a_foreign_host_is_400(client, headers):
    assert client.get("/vao-day", **headers).status_code == 400


@pytest.mark.accepts("B8")
@pytest.mark.django_db
def test_a_forwarded_host_builds_no_address(client):
    response = client.get("/en", HTTP_X_FORWARDED_HOST="evil.example", HTTP_X_FORWARDED_PROTO="https")
    assert "evil.example" not in str(response.headers) + response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "adopted"), [("abcdef0123456789", True), ("short", False), ("x" * 65, False), ("a\r\nSet-Cookie: b=1", False)])
def test_a_request_has_an_id_that_its_events_and_lines_carry(proxies, user, given, adopted):
    def view(request):
        record("safeguards.test", user)
        return HttpResponse(current_request_id())

    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_REQUEST_ID=given)
    response = middleware.RequestIdentity(view)(request)
    identifier = response["X-Request-ID"]
    assert (identifier == given) is adopted
    assert response.content.decode() == Event.objects.get().request_id == identifier
    assert current_request_id() == ""


def test_log_lines_are_json_and_stay_one_line():
    log_record = logging.makeLogRecord({"msg": "a\r\nb %s", "args": ("c\nd",), "levelname": "INFO", "name": "x", "seal": 4})
    with under_request("r" * 8):
        RequestFilter().filter(log_record)
    line = JsonFormatter().format(log_record)
    assert "\n" not in line
    assert "\r" not in line
    parsed = json.loads(line)
    assert (parsed["request_id"], parsed["seal"], parsed["message"]) == ("r" * 8, 4, "a\r\nb c\nd")
    assert parsed["at"].endswith("+00:00")


@pytest.mark.django_db
def test_public_answers_have_the_strict_policy_and_the_back_office_its_own(client):
    public, staff = client.get("/healthz")["Content-Security-Policy"], client.get("/admin/login/")["Content-Security-Policy"]
    assert "unsafe" not in public
    assert "nonce" not in public
    assert {"script-src 'self'", "style-src 'self'", "default-src 'none'"} <= set(public.split("; "))
    assert "script-src-attr 'none'" in staff
    assert "frame-ancestors 'self'" in staff
    assert client.get("/healthz")["X-Frame-Options"] == "DENY"
    assert client.get("/admin/login/")["X-Frame-Options"] == "SAMEORIGIN"


HEADERS = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "X-Request-ID",
    "Cache-Control",
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/khong-co/", "/admin/login/", "/?q=%00", "/static/khong-co.css"])
def test_every_answer_has_its_headers(client, path):
    response = client.get(path)
    assert set(response.headers) >= HEADERS


@pytest.mark.django_db
def test_the_back_office_is_kept_by_nobody(client):
    assert client.get("/admin/login/")["Cache-Control"] == "no-store, private"


def test_an_answer_with_a_cookie_is_kept_by_nobody():
    def view(request):
        response = HttpResponse()
        response["Cache-Control"] = "public, max-age=60"
        response.set_cookie("a", "b")
        return response

    response = middleware.PolicyHeaders(view)(RequestFactory().get("/"))
    assert response["Cache-Control"] == "no-store, private"


def test_a_public_page_may_say_itself_who_keeps_it():
    def view(request):
        return HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    assert middleware.PolicyHeaders(view)(RequestFactory().get("/"))["Cache-Control"] == "public, max-age=60"


INSIDE = ["/.git/config", "/.env", "/static/", "/media/", "/__debug__/", "/django-admin/", "/var/secrets/secret_key", "/requirements.txt"]
INSIDE += ["/static/../portal/settings/security.py", "/static/%2e%2e/manage.py", "/api/docs", "/api/v1/docs", "/var/demonstration-accounts.txt"]


@pytest.mark.accepts("A16")
@pytest.mark.django_db
@pytest.mark.parametrize("path", INSIDE)
def test_nothing_of_the_inside_is_served(client, path):
    assert client.get(path, follow=True).status_code in {400, 404}


@pytest.mark.accepts("A16")
def test_no_debugging_in_the_installed_applications(settings):
    assert settings.DEBUG is False
    assert not {"debug_toolbar", "django_extensions", "silk"} & set(settings.INSTALLED_APPS)
