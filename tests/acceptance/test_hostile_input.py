"""B2, B4, L8, S4: whatever is sent to a public address, the answer is an answer, never a breakdown."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from portal import nearest
from procedures_catalog import listing
from search.forms import PARAMETERS

from .addresses import Address, addresses, book, patterns
from .crawl import one_each

ALLOWED = {200, 301, 302, 303, 304, 400, 403, 404, 405, 409, 413, 422, 429}
EXAMPLES = 500
# Derandomised: the same examples each time, so that a failure is one of the code and not of the day.
patiently = how(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

ODD = [
    "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202e\u202dgnp.exe", "\u200b\u200d\ufeff", "e\u0301\u0323", "o\u031b\u0300", "Tiê\u0301ng",
    "👩‍👩‍👧‍👦", "🇻🇳", "\U0010ffff",
    "İstanbul", "ß", "ǅ", "٣", "１", "²", "%", "%00", "%ff", "%c0%ae", "..", "../../etc/passwd", "\\",
    "'", "''--", '"', "`", ";", "<script>", "{{7*7}}", "{% x %}", "${x}",
    "\r\nX: y", "\x1b[2J", "\x7f", "\ufffe", "(?=a*)*b", "*", "?", "[", "(", "AND OR NOT", "title_exact:*",
    '"a b"~2', "a^9999", "-1", "0", "1e5", "NaN", "0x10", "9" * 40,
    "2026-02-30", "0000-00-00", "9999-12-31", "2026-W01-1", "+", "&", "=", "#", "a" * 5_000, "ơ" * 3_000, "a " * 3_000, "",
]  # fmt: skip
values = st.one_of(
    st.sampled_from(ODD), st.text(max_size=40), st.lists(st.sampled_from(ODD), max_size=4).map("".join), st.integers().map(str), st.dates().map(str)
)
BODIES = (b"\x00\xff", b"{", b"--x\r\n", b"[" * 100_000)
MEGABYTE = "ă" * (1024 * 1024 // 2)


def encoded(text: str) -> str:
    """Text as a hostile client sends it: lone surrogates as the bytes that no decoder should take."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


BY_KEY = {pattern.key: pattern for pattern in patterns()}
PUBLIC = [key for key in book()["examples"] if key in BY_KEY and not BY_KEY[key].staff and key not in {"wagtaildocs_serve", "wagtail_serve"}]
WITH_PARAMETERS = [key for key in PUBLIC if "parameters" in book()["examples"][key]]
WITH_ARGUMENTS = [key for key in [*PUBLIC, "wagtaildocs_serve", "wagtail_serve"] if key in BY_KEY and BY_KEY[key].arguments]


@cache
def queries() -> list[list[tuple[int, str]]]:
    """What is asked of every address: up to five parameters, each the number of a name and a value. Drawn once for all of them: to draw
    takes half as long as to ask."""
    found: list[list[tuple[int, str]]] = []

    @patiently
    @given(st.lists(st.tuples(st.integers(0, 9), values), min_size=1, max_size=5))
    def take(pairs):
        found.append(pairs)

    take()
    assert len(found) >= EXAMPLES
    return found


@cache
def drawn() -> list[str]:
    """Further values, the same for every path: what a path takes is decided by a few converters, not by each view anew."""
    found: list[str] = []

    @how(patiently, max_examples=80)
    @given(values)
    def take(value):
        found.append(value)

    take()
    return found


def first(world, key: str) -> Address:
    """An address of a pattern that answers."""
    return next(address for address in addresses(world, staff=False) if address.pattern.key == key)


@pytest.fixture(scope="module")
def client():
    """A visitor to whom a breakdown is a status."""
    return Client(raise_request_exception=False)


# ── B2 ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("B2", "S6")
@pytest.mark.parametrize("key", WITH_PARAMETERS)
def test_parameters_of_any_kind_are_answered(world, client, key):
    path = first(world, key).path.partition("?")[0]
    known, odd = book()["examples"][key]["parameters"], ["", "x", "q\x00", "\ud800", "trang[]"]
    for turn, query in enumerate(queries()):
        # Every second name is one that the page reads, each in its turn.
        names = [odd[number // 2] if number % 2 else known[(turn + number // 2) % len(known)] for number, _ in query]
        pairs = list(zip(names, (value for _, value in query), strict=True))
        response = client.get(f"{path}?{'&'.join(f'{encoded(name)}={encoded(value)}' for name, value in pairs)}")
        assert response.status_code in ALLOWED, pairs


@pytest.mark.accepts("B2")
@pytest.mark.parametrize("key", WITH_PARAMETERS)
def test_a_megabyte_in_a_parameter_is_answered(world, client, key):
    path = first(world, key).path.partition("?")[0]
    for name in book()["examples"][key]["parameters"]:
        for value in (MEGABYTE, "9" * 1024 * 1024, "%" * 1024 * 1024):
            assert client.get(f"{path}?{name}={encoded(value)}").status_code in ALLOWED, (name, value[:3])


@pytest.mark.accepts("B2", "S6")
@pytest.mark.parametrize("key", WITH_PARAMETERS)
def test_ten_thousand_letters_make_no_page_grow(world, client, key):
    """What is asked is said back in every link of a page of results: an address must not multiply."""
    path = first(world, key).path.partition("?")[0]
    for name in [*book()["examples"][key]["parameters"], "x"]:
        response = client.get(f"{path}?{name}={encoded('ễ' * 10_000)}")
        assert response.status_code in ALLOWED
        assert len(response.getvalue()) < 600_000, (name, len(response.getvalue()))


@pytest.mark.accepts("B2")
@pytest.mark.parametrize("key", WITH_ARGUMENTS)
def test_paths_of_any_kind_are_answered(world, client, key):
    """The variable part of a path, replaced by anything."""
    path = first(world, key).path.partition("?")[0]
    pieces = path.split("/")
    place = next(n for n, piece in enumerate(pieces) if piece and not re.fullmatch(r"thu-tuc|co-quan|api|v1|procedures|documents", piece))
    for value in [*ODD, *drawn()]:
        text = encoded(value).replace("%2F", "/")
        response = client.get("/".join([*pieces[:place], text, *pieces[place + 1 :]]) or "/")
        assert response.status_code in ALLOWED, value


@pytest.mark.accepts("B2")
def test_signing_in_with_anything_is_answered(world, client):
    @patiently
    @given(username=values, password=values, onward=values)
    def ask(username, password, onward):
        body = "&".join(f"{name}={encoded(value)}" for name, value in (("login", username), ("password", password), ("next", onward)))
        response = client.post("/tai-khoan/dang-nhap/", body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in ALLOWED

    ask()
    body = f"login={encoded(MEGABYTE)}&password={encoded(MEGABYTE)}"
    assert client.post("/tai-khoan/dang-nhap/", body, content_type="application/x-www-form-urlencoded").status_code in ALLOWED


@pytest.mark.accepts("B2")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/x-www-form-urlencoded; charset=utf-7",
        "\x00",
    ],
)
def test_bodies_of_any_kind_are_answered(world, client, nothing_stays, content_type):
    wrong = []  # where a form is one button, anything sent is a click on it: a seat, a question, a signature are given back
    for address in one_each(addresses(world, staff=False)):
        asked = {body[:8]: client.generic("POST", address.path, body, content_type=content_type) for body in BODIES}
        wrong += [(address.path, body, response.status_code) for body, response in asked.items() if response.status_code not in ALLOWED]
    assert not wrong, wrong


@pytest.mark.accepts("B2")
def test_every_parameter_that_a_public_view_reads_is_tried():
    """A name read from an address somewhere in the code, and none of the file's, would escape the tests above."""
    known = {name for key in PUBLIC for name in book()["examples"][key].get("parameters", [])}
    root = Path(settings.STATICFILES_DIRS[0]).parent
    read = set(listing.FACETS.values()) | set(PARAMETERS.values())
    for app in ("portal", "dialogue_sessions", "procedures_catalog", "messaging", "organisation", "search", "safeguards"):
        for file in (root / app).rglob("*.py"):
            if not {"backoffice", "management", "migrations", "records"} & set(file.parts) and file.name not in {
                "wagtail_hooks.py",
                "viewsets.py",
                "backoffice.py",
            }:
                read |= set(re.findall(r"\bGET(?:\.get|\.getlist)?[\(\[]\s*\"([\w-]+)\"", file.read_text(encoding="utf-8")))
    operations = Client().get("/api/v1/openapi.json").json()["paths"].values()
    read |= {one["name"] for path in operations for one in path["get"].get("parameters", []) if one["in"] == "query"}
    assert not read - known, f"not in any `parameters` of urls.toml: {sorted(read - known)}"
    assert {"q", "trang", "page_size"} <= read


# ── B4 ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("B4")
def test_more_than_a_thousand_fields_are_refused_everywhere(world, client, nothing_stays):
    wrong = []
    many = "&".join(f"f{n}={n}" for n in range(1_001))
    for address in one_each(addresses(world, staff=False)):
        plain = address.path.partition("?")[0]
        got = client.get(f"{plain}?{many}").status_code
        sent = client.post(plain, many, content_type="application/x-www-form-urlencoded").status_code
        parts = client.post(plain, {f"f{n}": n for n in range(1_001)}).status_code
        if (got, sent, parts) != (400, 400, 400):
            wrong.append((plain, got, sent, parts))
    assert not wrong, wrong


@pytest.mark.accepts("B4")
def test_bodies_over_the_limit_are_refused_everywhere(world, client, nothing_stays):
    wrong = []
    body = b"a=" + b"x" * settings.PUBLIC_BODY_BYTES
    long = str(settings.STAFF_BODY_BYTES + 1)
    for address in one_each(addresses(world)):
        if address.pattern.staff:
            response = client.generic("POST", address.path, b"", content_type="text/plain", CONTENT_LENGTH=long)
        else:
            response = client.generic("POST", address.path, body, content_type="application/x-www-form-urlencoded")
        if response.status_code != 413:
            wrong.append((address.path, response.status_code))
    assert not wrong, wrong


@pytest.mark.accepts("B4")
@pytest.mark.parametrize("key", WITH_PARAMETERS)
def test_a_parameter_given_twice_means_the_same_each_time(world, client, key, monkeypatch):
    monkeypatch.setattr(nearest, "allowance", nearest.Allowance(1000, 1000))  # which a page that is not there may use up in between
    path = first(world, key).path.partition("?")[0]
    # How long it took, the clock of the screen in the hall, the id of a request that failed, the token of a form.
    changing = re.compile(rb'"took_ms": ?[\d.]+|data-now="[^"]+"|[0-9a-f]{32}|csrfmiddlewaretoken" value="\w{64}')
    for name in book()["examples"][key]["parameters"]:
        for pair in ("1", "2"), ("khai", "sinh"), ("2", "x"):
            asked = [client.get(f"{path}?{name}={pair[0]}&{name}={pair[1]}") for _ in range(2)]
            assert asked[0].status_code == asked[1].status_code
            assert changing.sub(b"", asked[0].getvalue()) == changing.sub(b"", asked[1].getvalue()), (name, pair)


# ── L8, S4 ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ABSURD = ["1000000", "-1", "0", "9" * 30, "1e9", "٣", "0x10", "1.5", " 1", "+1", "NaN", "2147483648", "9223372036854775808", "1,000", "None", "last"]


@pytest.mark.accepts("L8", "S4", "S6")
@pytest.mark.parametrize("key", [key for key in WITH_PARAMETERS if {"trang", "page", "p", "page_size"} & set(book()["examples"][key]["parameters"])])
def test_absurd_page_numbers_cost_nothing(world, client, key):
    path = first(world, key).path.partition("?")[0]
    for name in {"trang", "page", "p", "page_size"} & set(book()["examples"][key]["parameters"]):
        client.get(f"{path}?{name}=999999")  # the first page of a process that is not there makes search read its words
        for number in ABSURD:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                response = client.get(f"{path}?{name}={encoded(number)}")
            assert response.status_code in {200, 302, 400, 404, 422}, (name, number)
            assert len(asked) <= 15, (name, number, len(asked))
            if response.status_code == 200 and response.headers["Content-Type"].startswith("application/json"):
                found = response.json()
                assert len(found.get("results", found.get("hits", []))) <= 100
