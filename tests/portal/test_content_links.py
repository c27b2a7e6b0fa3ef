"""Broken links: ours resolved without network, others asked with short timeouts, never of a machine in our own network."""

from __future__ import annotations

import http.client
import http.server
import socket
import threading
import time
from contextlib import suppress

import pytest
from django.test import override_settings
from django.urls import reverse
from wagtail.models import PageViewRestriction

from portal.link_checking import external, run
from portal.link_checking.collect import in_rich_text, in_text, links
from portal.link_checking.external import Asker, Refused, Verdict, allowed, is_public
from portal.link_checking.internal import Resolver
from portal.models import LinkProblem
from tests.procedures_catalog.factories import VersionFactory

from .conftest import section, signed_in

LOCAL = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    "2001:db8::1", "not an address", "",
]  # fmt: skip


@pytest.mark.accepts("B9")
@pytest.mark.parametrize("address", LOCAL)
def test_what_does_not_lie_in_the_open_internet_is_not_asked(address):
    assert not is_public(address)
    with pytest.raises(Refused):
        allowed("http://trang.example.org/", lambda host, port: [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "203.113.131.1"])
def test_what_lies_there_is(address):
    assert is_public(address)


@pytest.mark.accepts("B9")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "//example.org/", "http://", "http:///x",
        "http://user:pw@example.org/",  # pragma: allowlist secret
        "http://example.org:22/", "http://example.org:8000/", "https://example.org:80/", "http://[::1",
        "http://example.org:99999/",
    ],
)  # fmt: skip
def test_only_plain_pages_of_the_web_are_asked(url):
    with pytest.raises(Refused):
        allowed(url, lambda host, port: ["93.184.216.34"])


@pytest.mark.accepts("B9")
@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"])
def test_however_a_machine_of_ours_is_written(host):
    """Whatever the resolver makes of it: refused, or unknown; never connected to."""
    with pytest.raises((Refused, OSError)):
        allowed(f"http://{host}/")


def test_one_bad_address_among_good_ones_is_enough():
    with pytest.raises(Refused):
        allowed("http://trang.example.org/", lambda host, port: ["93.184.216.34", "127.0.0.1"])


@pytest.fixture
def canary():
    """A server on this machine that nobody may reach, and one that answers; both count."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"{self.command} {self.path}")
            status = {"/co": 200, "/khong": 404, "/loi": 500, "/sang": 302, "/vong": 302}.get(self.path, 200)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", {"/sang": "http://10.0.0.1/", "/vong": "/vong"}[self.path])
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def reached(canary, monkeypatch):
    """As if the canary stood in the open internet, on port 80, for the name `trang.example.org` alone."""
    port, asked = canary
    monkeypatch.setattr(external, "PORTS", {"http": port, "https": 443})
    monkeypatch.setattr(external, "is_public", lambda address: address == "127.0.0.1")

    def lookup(host, _port):
        return ["127.0.0.1"] if host == "trang.example.org" else ["10.0.0.1"]

    def question(method, url):
        return external.ask(method, url, lookup)

    return Asker(question, wait=lambda seconds: None), asked


@pytest.mark.accepts("B9")
def test_the_canary_on_this_machine_hears_nothing(canary):
    port, asked = canary
    asker = Asker(wait=lambda seconds: None)
    for url in (f"http://127.0.0.1:{port}/", "http://127.0.0.1/", f"http://localhost:{port}/"):
        assert asker.verdict(url).reason == "refused"
    assert asked == []


def test_answers_of_another_site_are_read_rightly(reached):
    asker, asked = reached
    site = "http://trang.example.org"
    assert asker.verdict(f"{site}/co") == Verdict()
    assert asker.verdict(f"{site}/khong").reason == "gone"
    assert asker.verdict(f"{site}/loi").reason == "broken"
    assert asker.verdict(f"{site}/vong").reason == "broken"
    before = len(asked)
    assert asker.verdict(f"{site}/co#phan") == Verdict()  # known already
    assert len(asked) == before


@pytest.mark.accepts("B9")
def test_a_redirect_is_looked_at_again(reached):
    asker, asked = reached
    assert asker.verdict("http://trang.example.org/sang").reason == "refused"
    assert asked == ["HEAD /sang"]


def test_a_name_that_answers_twice_in_two_ways_reaches_nothing(canary, monkeypatch):
    """The connection goes to the address that was looked at, not to what the name says a moment later."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    connected = []

    def connect(address, timeout):
        connected.append((address, timeout))
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        external.ask("HEAD", "http://trang.example.org/", lambda host, port: next(answers))
    assert connected == [(("93.184.216.34", 80), 3.0)]


@pytest.mark.accepts("F10")
def test_a_server_that_says_nothing_is_left_after_its_time(monkeypatch):
    """Three seconds to connect, ten to answer; here the ten are made shorter, and the socket's own timeout is what ends it."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    monkeypatch.setattr(external, "PORTS", {"http": silent.getsockname()[1], "https": 443})
    monkeypatch.setattr(external, "is_public", lambda address: True)
    assert (external.CONNECT_SECONDS, external.READ_SECONDS) == (3.0, 10.0)
    monkeypatch.setattr(external, "READ_SECONDS", 0.2)
    asker = Asker(lambda method, url: external.ask(method, url, lambda host, port: ["127.0.0.1"]), wait=time.sleep)
    assert asker.verdict("http://trang.example.org/").reason == "unreachable"
    silent.close()


def test_hosts_are_not_hurried():
    waited = []
    asker = Asker(lambda method, url: (200, ""), wait=waited.append)
    for number in range(3):
        asker.verdict(f"http://trang.example.org/{number}")
    assert len(waited) == 2
    assert all(0 < seconds <= 1 for seconds in waited)


def test_a_run_asks_no_more_than_its_number(monkeypatch):
    monkeypatch.setattr(external, "MOST_QUESTIONS", 2)
    asker = Asker(lambda method, url: (200, ""), wait=lambda seconds: None)
    asker.verdict("http://a.example.org/"), asker.verdict("http://b.example.org/")
    assert not asker.may_go_on()


def test_links_of_rich_text_and_of_plain_text():
    html = '<p>Xem <a href="https://vd.example.org/a">trang <b>này</b></a>, <a linktype="page" id="7">kia</a></p>'
    assert in_rich_text(html) == [("https://vd.example.org/a", "trang này"), ("page:7", "kia")]
    assert in_text("Xem https://vd.example.org/x. Hoặc (http://vd.example.org/y)!") == [
        ("https://vd.example.org/x", ""),
        ("http://vd.example.org/y", ""),
    ]


@pytest.mark.accepts("B14")
def test_hostile_text_costs_little():
    started = time.process_time()
    in_text("http://" * 8_000), in_text("https://" + "a." * 25_000), in_text("(" * 50_000)
    assert time.process_time() - started < 1


@pytest.mark.django_db
def test_where_our_own_links_lead(article, duty, unit):
    live, draft, locked = article(), article(live=False), article()
    PageViewRestriction.objects.create(page=locked, restriction_type="login")
    good, gone = VersionFactory().procedure.code, VersionFactory(abolished=True).procedure.code
    resolver = Resolver()
    expected = {
        "": "", "/": "", "/en/": "", "/thu-tuc/": "", f"/thu-tuc/{good}/": "", f"/en/thu-tuc/{good}/": "", f"/thu-tuc/{gone}/": "abolished",
        "/thu-tuc/9.999999/": "missing", f"/co-quan/{unit.slug}/": "", "/co-quan/khong-co/": "missing", live.url: "", f"{live.url}in/": "",
        f"{section().url}khong-co/": "missing", draft.url: "draft", locked.url: "draft", f"page:{live.pk}": "", f"page:{draft.pk}": "draft",
        "page:999999": "missing", "document:999999": "missing", duty().get_absolute_url(): "", "/cong-khai/khong-co/": "missing",
        "/khong/co/": "missing", "/khong co": "missing", "/tim/": "",
    }  # fmt: skip
    assert {target: resolver.reason(target) for target in expected} == expected


def broken(page) -> list[tuple[str, str, str]]:
    rows = LinkProblem.objects.filter(source_kind="page", source_id=str(page.pk))
    return sorted(rows.values_list("place", "target", "reason"))


@pytest.mark.django_db
def test_each_broken_link_is_told_with_its_place_and_since_when(article, publisher):
    body = [
        {"type": "heading", "value": {"level": "2", "text": "Một"}},
        {"type": "text", "value": '<p><a href="/thu-tuc/9.999999/">cũ</a> <a href="/thu-tuc/">còn</a> <a href="mailto:a@example.org">thư</a></p>'},
        {"type": "links", "value": [{"label": "Ngoài", "page": None, "document": None, "url": "https://vd.example.org/x"}]},
    ]
    page = article(body=body)
    assert run.check()["broken"] == 1
    assert broken(page) == [("khối 2", "/thu-tuc/9.999999/", "missing")]
    since = LinkProblem.objects.get().since
    run.check()
    assert LinkProblem.objects.get().since == since
    assert LinkProblem.objects.get().checked_at > since
    page.body = []
    page.save()
    run.check()
    assert not LinkProblem.objects.exists()


@pytest.mark.django_db
def test_other_sites_are_asked_only_when_the_setting_says_so(article, monkeypatch):
    article(body=[{"type": "text", "value": '<p><a href="https://vd.example.org/x">ngoài</a></p>'}])
    asked = []

    def question(method, url):
        asked.append(url)
        raise OSError

    monkeypatch.setattr(run, "Asker", lambda: Asker(question, wait=lambda seconds: None))
    run.check()
    assert asked == []
    with override_settings(LINKS_CHECK_EXTERNAL=True):
        run.check()
    problem = LinkProblem.objects.get()
    assert (problem.reason, problem.external) == ("unreachable", True)
    run.check()  # not asked this time: what was found stays
    assert LinkProblem.objects.count() == 1


@pytest.mark.django_db
def test_the_report_shows_them_to_editors(article, editor):
    article(body=[{"type": "text", "value": '<p><a href="/khong-co-dau/">hỏng</a></p>'}])
    run.check()
    page = signed_in(editor).get(reverse("portal_backoffice:links_report")).content.decode()
    assert "/khong-co-dau/" in page
    assert "không có trang hoặc tệp này" in page
    assert all(link.source_kind in {"page", "duty", "procedure"} for link in links())


# ── What would end the run for everybody ──────────────────────────────────────────────────────────────────────────────


def test_what_is_no_address_is_reported_and_the_run_goes_on(article):
    article("Gõ nhầm", body=[{"type": "text", "value": '<p><a href="http://[::1">ở đây</a>, <a href="/khong-co-dau/">ở kia</a></p>'}])
    run.check()
    assert sorted(LinkProblem.objects.values_list("target", "reason")) == [("/khong-co-dau/", "missing"), ("http://[::1", "broken")]


@pytest.mark.parametrize("onward", ["http://[bad", "http://a\x00b.example.org/", "http://" + "a" * 300 + ".example.org/"])
def test_a_site_that_leads_on_to_nonsense_does_not_end_the_run(onward):
    def question(method: str, url: str) -> tuple[int, str]:
        if url == "http://trang.example.org/":
            return 302, onward
        allowed(url, lambda host, port: socket.getaddrinfo(host, port) and ["93.184.216.34"])
        return 200, ""

    assert Asker(question, lambda seconds: None).verdict("http://trang.example.org/").reason in {"broken", "refused", "unreachable"}


def test_a_site_that_answers_a_letter_at_a_time_is_cut_off(monkeypatch):
    """Each letter comes within the time of a read: only the whole has an end."""
    monkeypatch.setattr(external, "LONGEST_SECONDS", 0.4)
    monkeypatch.setattr(external, "is_public", lambda address: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setitem(external.PORTS, "http", server.getsockname()[1])
        ended = threading.Event()

        def drip() -> None:
            line, _ = server.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ended.is_set():
                    try:
                        line.sendall(b"a")
                    except OSError:
                        return
                    time.sleep(0.05)

        def ask() -> None:
            with suppress(OSError, http.client.HTTPException):
                external.ask("GET", "http://trang.example.org/", lambda host, port: ["127.0.0.1"])

        dripping, asking = threading.Thread(target=drip, daemon=True), threading.Thread(target=ask, daemon=True)
        dripping.start()
        asking.start()
        asking.join(60)
        busy = asking.is_alive()
        ended.set()
        dripping.join(60)
        assert not busy
