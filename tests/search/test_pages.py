"""The search page and the API: every input is answered, personal numbers are not searched."""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import finder, language, planner, vocabulary
from search.api import SearchAnswer
from search.forms import FOR_AUDIENCE, NEAR_UNIT, PARAMETERS, clean_query
from search.models import Entry, QueryLog

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]
HOSTILE = [
    "a" * 10_000, "*", "khai*", "khai?sinh", "/.*/", "(((((", "a AND b OR NOT c", "\"khai sinh", "khai^10", "title:khai", "{!lucene}", "\x00khai\x00",
    "khai\u200bsinh", "kha\u0301i sinh", "\ud800", "🏠 nhà", "\u202ekhai", "' or 1=1 --", "<script>alert(1)</script>", "%", "_", "\\", "khai\r\nsinh",
]  # fmt: skip


@pytest.mark.accepts("S6")
@pytest.mark.parametrize("typed", HOSTILE)
def test_odd_questions_are_answered(client, publish, typed):
    publish("1", "Đăng ký khai sinh")
    safe = typed.encode("utf-8", "surrogatepass")
    page = client.get(f"{reverse('search:search')}?q={quote(safe)}")
    assert page.status_code in {200, 400}
    answer = client.get(f"/api/v1/search?q={quote(safe)}")
    assert answer.status_code in {200, 400, 422}
    assert client.get(f"{reverse('search:suggest')}?q={quote(safe)}").status_code in {200, 400}


@pytest.mark.accepts("S6")
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=300))
def test_any_question_is_planned_and_answered(publish, typed):
    query = clean_query(typed)
    results = finder.find(query)
    assert results.total >= len(results.hits)


WORDS = ["đăng ký", "khai sinh", "Giấy", "phép", "kết hôn", "cấp", "lại"]
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from([unicodedata.normalize("NFD", word) for word in WORDS]),
    st.sampled_from(["dang ky", "khai sinh", "ddawng kys", "kha\u200bi si\u200dnh", "\ufeffgiấy", "\u202egnud"]),
    st.sampled_from(
        ["*", "khai*", "*sinh", "kh?i", "/k.*h/", "(a+)+$", "[^a]*", "{1,9999}", "\\", '"', "AND", "~2", "^99", "title_folded:*", "%", "_"]
    ),
    st.text(max_size=30),
    st.builds(lambda letter, times: letter * times, st.characters(exclude_categories=["Cs"]), st.sampled_from([100, 2_000, 10_000])),
)
QUESTIONS = st.lists(PIECES, min_size=1, max_size=6).map(" ".join).map(lambda text: text[:10_000])


@pytest.mark.accepts("S6")
@settings(max_examples=1000, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(typed=QUESTIONS, page=st.sampled_from(["1", "2", "1000000", "-1", "x"]))
def test_whatever_is_typed_is_answered_with_bounded_work(client, publish, typed, page):
    """Not by the clock: by how many terms the engine is given and how many questions the database is asked."""
    if not Entry.objects.exists():
        publish("1", "Đăng ký khai sinh")
        publish("2", "Cấp lại giấy phép kinh doanh")
    plan = planner.plan(clean_query(typed), lexicon=vocabulary.current())
    assert len(plan.terms) <= planner.MAX_WORDS * 40
    assert len(planner.relaxed(clean_query(typed), vocabulary.current()).terms) <= 6 * 4 * 2
    connection.queries_log.clear()  # it holds so many and no more: a full one would count nothing
    with CaptureQueriesContext(connection) as captured:
        answers = [
            client.get(reverse("search:search"), {"q": typed, "trang": page}), client.get(reverse("search:suggest"), {"q": typed}),
            client.get("/api/v1/search", {"q": typed[:1000]}),
        ]  # fmt: skip
    assert all(answer.status_code < 500 for answer in answers)
    if "\x00" not in typed and not language.personal_number(typed):
        assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert len(captured) <= 100


@pytest.mark.accepts("S6")
@pytest.mark.parametrize("typed", ["Đăng ký khai sinh", "đăng ký khai sinh cho con ở Sông Lành", "ĐĂNG KÝ"])
def test_spellings_of_unicode_are_one_question(publish, typed):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai tử")
    asked = [
        unicodedata.normalize("NFC", typed), unicodedata.normalize("NFD", typed), typed.replace("a", "a\u200b"), language.fold(typed),
        f"\ufeff{typed}\u200d",
    ]  # fmt: skip
    assert len({tuple(hit.id for hit in finder.find(clean_query(query)).hits) for query in asked}) == 1


@pytest.mark.accepts("B2")
@pytest.mark.parametrize("name", ["choice", "found"])
@settings(max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(token=PIECES, said=PIECES)
def test_whatever_is_sent_to_the_small_forms_is_refused_and_changes_nothing(client, name, token, said):
    answer = client.post(f"{reverse(f'search:{name}')}?v={quote(token[:2000].encode('utf-8', 'surrogatepass'))}", {"v": token, "thay": said})
    assert answer.status_code in {400, 413}
    assert not QueryLog.objects.exists()


@pytest.mark.accepts("B2")
@settings(max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(values=st.dictionaries(st.sampled_from(["q", "trang", "so", FOR_AUDIENCE, NEAR_UNIT, *PARAMETERS.values()]), PIECES, max_size=5))
def test_whatever_the_form_of_search_sends_is_answered(client, publish, values):
    if not Entry.objects.exists():
        publish("1", "Đăng ký khai sinh")
    for address in (reverse("search:search"), reverse("search:thanks"), reverse("search:suggest")):
        answer = client.get(address, {name: value[:3000] for name, value in values.items()})
        assert answer.status_code in {200, 302, 400}, values
        assert not answer.cookies


@pytest.mark.accepts("P14")
@pytest.mark.parametrize("typed", ["0912345678", "khai sinh 0912 345 678", "001089012345", "123456789", "H15.50.05.13-261008-0975"])
def test_no_personal_number_stays_in_an_address(client, publish, typed):
    """Neither of the page nor of a link on it, however it came there."""
    publish("1", "Đăng ký khai sinh")
    for more in ({}, {"loai": "thing"}, {"trang": "2"}, {"toi-la": "citizen"}):
        answer = client.get(reverse("search:search"), {"q": typed, **more})
        assert answer.status_code == 302
        assert answer["Location"] in {f"/tim/?so={kind}" for kind in ("telephone", "identity", "dossier")}
    digits = "".join(letter for letter in typed if letter.isdigit())
    shown = client.get(answer["Location"]).content.decode()
    assert typed not in shown
    assert digits not in shown
    for address in (f"/tim/?so={typed}", f"/tim/?loai={typed}", f"/tim/?toi-la={typed}", f"/tim/cam-on/?thay={typed}"):
        links = re.findall(r'(?:href|ping|action|value)="([^"]*)"', client.get(address).content.decode().partition("<main")[2])
        if "loai" not in address:
            assert not [link for link in links if typed in link]


@pytest.mark.accepts("P14")
def test_pages_of_search_are_kept_out_of_other_search_engines_and_of_the_sitemap(client, publish):
    publish("1", "Đăng ký khai sinh")
    for address in ("/tim/", "/tim/?q=khai+sinh", "/en/tim/?q=khai+sinh", "/tim/?q=zzzz", "/tim/?so=telephone", "/tim/goi-y/?q=khai", "/tim/cam-on/"):
        answer = client.get(address)
        assert answer["X-Robots-Tag"] == "noindex", address
        if "html" in answer["Content-Type"]:
            assert '<meta name="robots" content="noindex">' in answer.content.decode()
    sitemaps = client.get("/sitemap.xml").content.decode()
    parts = re.findall(r"<loc>https?://[^/]+([^<]+)</loc>", sitemaps)
    assert "/tim/" not in sitemaps
    for part in [part for part in parts if part.endswith(".xml")]:
        assert "/tim/" not in client.get(part).content.decode()


@pytest.mark.accepts("S6", "L8")
@pytest.mark.parametrize("page", ["1000000", "0", "-1", "x", "", "1e9", "٣", "9" * 500])
def test_odd_pages_give_the_nearest_page(client, publish, page):
    publish("1", "Đăng ký khai sinh")
    assert client.get(reverse("search:search"), {"q": "khai sinh", "trang": page}).status_code == 200


@pytest.mark.parametrize(("typed", "kind"), [("0912345678", "telephone"), ("001089012345", "identity"), ("H15.50.05.13-261008-0975", "dossier")])
def test_a_personal_number_is_taken_out_of_the_address(client, publish, typed, kind):
    answer = client.get(reverse("search:search"), {"q": typed})
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('search:search')}?so={kind}"
    assert typed not in client.get(answer["Location"]).content.decode()
    assert client.get("/api/v1/search", {"q": typed}).json()["total"] == 0


def test_results_are_kept_out_of_other_search_engines(client, publish):
    answer = client.get(reverse("search:search"), {"q": "khai sinh"})
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]


def test_nothing_found_says_what_to_do(client, publish):
    publish("1", "Đăng ký khai sinh")
    body = client.get(reverse("search:search"), {"q": "zzzz"}).content.decode()
    assert reverse("procedures_catalog:list") in body


def test_the_api_answers_in_the_shape_that_stays(client, publish):
    publish("1", "Đăng ký khai sinh", code="1.001193", field="", levels=("ward",))
    answer = client.get("/api/v1/search", {"q": "khai sinh"})
    data = json.loads(answer.content)
    assert {"engine", "took_ms", "total", "did_you_mean", "hits", "facets"} <= set(data)
    assert set(data["hits"][0]) == {"kind", "id", "code", "title", "url", "score", "highlights", "pinned"}
    # The answer is written by hand: nothing in it is unknown to the schema, and nothing that the schema names is missing.
    assert SearchAnswer.model_validate(data).model_dump() == data
    assert data["engine"] == "local"
    assert data["hits"][0]["highlights"]["title"] == "Đăng ký **khai sinh**"


@pytest.mark.accepts("L3")
@pytest.mark.parametrize("query", ["", "khai sinh"])
def test_the_page_costs_the_same_queries_with_ten_and_with_two_hundred_things(client, publish, query):
    counts = []
    for upto in (10, 200):
        for number in range(upto):
            publish(str(number), f"Đăng ký khai sinh {number}", levels=("ward",))
        client.get(reverse("search:search"), {"q": query})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(reverse("search:search"), {"q": query}).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[1] <= 12
