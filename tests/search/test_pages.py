"""The search page and the API: every input is answered, personal numbers are not searched."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.api import SearchAnswer

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
    from search import finder
    from search.forms import clean_query

    query = clean_query(typed)
    results = finder.find(query)
    assert results.total >= len(results.hits)


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
