"""Suggestions while typing: things by title and folk name, questions that many ask."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search import finder
from search.models import PopularQuery
from tests.search.test_learning import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]


@pytest.fixture
def popular():
    def popular(*asked: str, **more) -> None:
        from search.fields import key_of

        for place, words in enumerate(asked):
            PopularQuery.objects.create(folded=key_of(words), asked=words, strength=100 - place, first_day=DAY, last_day=DAY, found=3, **more)

    return popular


def suggested(client, typed: str) -> list[dict]:
    return client.get("/tim/goi-y/", {"q": typed}).json()["suggestions"]


@pytest.mark.parametrize(
    "typed", ["đăng ký kế", "dang ky ke", "DANG KY KE", "ddawng kys ke", "d9a8ng ky1 ke", "đăng ký kế", "dang ky kees", "dangky ket"]
)
def test_however_it_is_typed(client, publish, popular, typed):
    publish("1", "Đăng ký kết hôn")
    publish("2", "Gia hạn tạm trú")
    popular("đăng ký kết hôn với người nước ngoài", "tạm trú ở đâu")
    items = suggested(client, typed)
    assert [(one["kind"], one["title"]) for one in items] == [
        ("thing", "Đăng ký kết hôn"), ("question", "đăng ký kết hôn với người nước ngoài"),
    ]  # fmt: skip
    assert items[1]["url"].startswith("/tim/?q=")


def test_a_question_leads_to_its_page_of_results(client, publish, popular):
    publish("1", "Đăng ký kết hôn")
    popular("kết hôn & ly hôn 100%")
    url = suggested(client, "ket ho")[-1]["url"]
    assert 'value="kết hôn &amp; ly hôn 100%"' in client.get(url).content.decode()
    assert client.get("/en/tim/goi-y/", {"q": "ket ho"}).json()["suggestions"][-1]["url"].startswith("/en/tim/?q=")


def test_the_folk_name_that_matched_is_told(client, publish):
    publish("1", "Cấp giấy xác nhận tình trạng hôn nhân", asked="giấy độc thân\nxác nhận độc thân\nTôi độc thân thì làm gì ?")
    publish("2", "Đăng ký kết hôn")
    assert [(one["title"], one["matched"]) for one in suggested(client, "giấy độc th")] == [
        ("Cấp giấy xác nhận tình trạng hôn nhân", "giấy độc thân")
    ]
    assert suggested(client, "xac nhan tinh")[0]["matched"] == ""


def test_a_forbidden_question_is_not_offered(client, publish, popular):
    from django.utils import timezone

    publish("1", "Đăng ký kết hôn")
    popular("kết hôn giả", vetoed=True, vetoed_at=timezone.now())
    assert [one["kind"] for one in suggested(client, "ket h")] == ["thing"]


def test_what_stands_there_already_is_not_offered_again(client, publish, popular):
    publish("1", "Đăng ký kết hôn")
    popular("đăng ký kết hôn")
    assert [one["kind"] for one in suggested(client, "dang ky k")] == ["thing"]
    assert suggested(client, "dang ky ket hon")[-1]["kind"] == "thing"


def test_at_most_eight_of_which_three_are_questions(client, publish, popular):
    for number in range(20):
        publish(str(number), f"Đăng ký kết hôn {number}")
    popular(*[f"kết hôn lần {number}" for number in range(20)])
    kinds = [one["kind"] for one in suggested(client, "kết h")]
    assert kinds == ["thing"] * 5 + ["question"] * 3


def test_questions_that_begin_so_come_before_those_that_hold_it(client, publish, popular):
    publish("1", "Việc khác")
    popular("thủ tục kết hôn", "kết hôn cần gì")
    assert [one["title"] for one in suggested(client, "kết h") if one["kind"] == "question"] == ["kết hôn cần gì", "thủ tục kết hôn"]


@pytest.mark.accepts("P14")
@pytest.mark.parametrize("typed", ["0912345678", "001089012345", "H15.50.05.13-261008-0975", "khai sinh 0912 345 678"])
def test_a_personal_number_gets_no_suggestion_and_asks_nothing(client, publish, popular, typed):
    publish("1", "khai sinh 0912")
    popular("khai sinh")
    with CaptureQueriesContext(connection) as captured:
        assert suggested(client, typed) == []
    assert not [query for query in captured if "search_" in query["sql"]]


@pytest.mark.parametrize("typed", ["%", "_", "%%%%", "k_t", "\\", "' or ''='", "a" * 9000])
def test_odd_beginnings_are_answered(client, publish, popular, typed):
    publish("1", "Đăng ký kết hôn")
    popular("kết hôn")
    assert client.get("/tim/goi-y/", {"q": typed}).status_code == 200
    assert not [one for one in finder.suggest(typed) if one.kind == "question"] or "k" in typed


@pytest.mark.accepts("L3")
def test_suggestions_cost_the_same_queries_with_ten_and_with_two_hundred_things(client, publish, popular):
    counts = []
    for upto in (10, 200):
        for number in range(upto):
            publish(str(number), f"Đăng ký kết hôn {number}", asked="cưới hỏi")
            popular(f"kết hôn {upto} {number}")
        suggested(client, "kết h")
        with CaptureQueriesContext(connection) as captured:
            assert len(suggested(client, "kết h")) == 8
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8
