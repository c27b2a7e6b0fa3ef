"""Stock searches are measured beside ours and leave nothing behind."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from wagtail.search.models import IndexEntry

from foundation.registries import SearchDocument
from search import baselines, index, services
from search.engines import elasticsearch
from tests.search.conftest import KIND

pytestmark = pytest.mark.usefixtures("own_writes")
TITLES = {"1.000001": "Đăng ký khai sinh", "1.000002": "Đăng ký kết hôn", "1.000003": "Cấp giấy phép xây dựng", "1.000004": "Cấp sổ đỏ"}
QUESTIONS = "query,answers,form\nĐăng ký kết hôn,1.000002,marks\ndang ky ket hon,1.000002,no_marks\ngiấy phép xây dựng nhà,1.000003,marks\n"


@pytest.fixture
def catalogue(db):
    """Some procedures, one with a text, and something else that bears a procedure's name."""
    services.put(
        SearchDocument(
            kind="procedure",
            object_id=str(at),
            title=title,
            url=f"/{code}/",
            code=code,
            asked="khai sanh" if at == 0 else "",
            body="đất ở" if at == 3 else "",
        )
        for at, (code, title) in enumerate(TITLES.items())
    )
    services.put([SearchDocument(kind=KIND, object_id="x", title="Đăng ký kết hôn", url="/x/", code="2.000009")])


def kept() -> list[tuple[object, ...]]:
    return list(IndexEntry.objects.order_by("pk").values_list("pk", "content_type_id", "object_id", "title_norm", "title_text"))


def test_wagtails_search_on_postgresql_finds_by_whole_words_with_their_marks(catalogue):
    stock = baselines.baselines("procedure", None)
    assert list(stock) == ["wagtail postgresql, all", "wagtail postgresql, any"]
    with stock["wagtail postgresql, all"] as ask:
        assert ask("đăng ký kết hôn", 10) == ["1.000002"]
        assert ask("khai sanh", 10) == ["1.000001"]
        assert ask("đất ở", 10) == ["1.000004"]
        assert ask("dang ky ket hon", 10) == []
        assert ask("kết hôn xã", 10) == []
    with stock["wagtail postgresql, any"] as ask:
        assert ask("kết hôn xã", 10) == ["1.000002"]
        assert len(ask("đăng ký cấp", 3)) == 3


def test_a_very_long_question_is_asked_as_far_as_ours_reads_it(catalogue):
    with baselines.baselines("procedure", None)["wagtail postgresql, any"] as ask:
        assert ask("a " * 400 + "kết hôn", 10) == []
        assert ask("kết hôn " + "a " * 400, 10)[0] == "1.000002"


@pytest.mark.parametrize("name", ["wagtail postgresql, all", "wagtail postgresql, any"])
def test_wagtails_index_is_afterwards_as_it_was(catalogue, name):
    before = kept()
    with baselines.baselines("procedure", None)[name]:
        assert len(kept()) == len(before) + len(TITLES)
    assert kept() == before


def test_wagtails_index_is_as_it_was_after_a_failure_too(catalogue):
    before = kept()
    with pytest.raises(RuntimeError, match="halfway"), baselines.baselines("procedure", None)["wagtail postgresql, any"]:
        raise RuntimeError("halfway")
    assert kept() == before


def test_nothing_else_knows_the_model_that_wagtail_searches():
    from django.apps import apps
    from modelsearch.index import get_indexed_models

    assert baselines.Findable not in apps.get_models()
    assert baselines.Findable not in get_indexed_models()


@pytest.mark.enable_socket
def test_wagtails_search_on_elasticsearch_has_an_index_that_goes(catalogue, shared):
    client = elasticsearch.Store(shared)._keeping

    def indexes() -> list[str]:
        return sorted(client.indices.get(index=f"{shared.prefix}*"))

    stock = baselines.baselines("procedure", shared)["wagtail elasticsearch"]
    with stock as ask:
        assert len(indexes()) == 1
        assert ask("kết hôn xã", 10)[0] == "1.000002"
        assert ask("dang ky ket hon", 10) == []
        assert "2.000009" not in ask("đăng ký kết hôn", 10)
        assert ask("đất ở", 10) == ["1.000004"]
    assert indexes() == []
    with baselines.baselines("procedure", shared)["wagtail es, titles only"] as ask:
        assert ask("kết hôn", 10)[0] == "1.000002"
        assert ask("đất ở", 10) == []
    with pytest.raises(RuntimeError, match="halfway"), baselines.baselines("procedure", shared)["wagtail elasticsearch"]:
        raise RuntimeError("halfway")
    assert indexes() == []


@pytest.mark.enable_socket
def test_one_table_holds_both_engines_the_baselines_and_how_alike_the_engines_answer(catalogue, shared, tmp_path):
    index.rebuild(shared)
    questions = tmp_path / "q.csv"
    questions.write_text(QUESTIONS, encoding="utf-8")
    out = io.StringIO()
    call_command("search_eval", str(questions), "-k", "5", "--baselines", "--json", stdout=out)
    report = json.loads(out.getvalue())
    rows = {(row["engine"], row["kind"]): row for row in report["rows"]}
    stock = ["wagtail postgresql, all", "wagtail postgresql, any", "wagtail elasticsearch", "wagtail es, titles only"]
    assert [name for name, kind in rows if kind == "all"] == ["local", "elasticsearch", *stock]
    assert rows["local", "no_marks"]["ndcg"] == rows["elasticsearch", "no_marks"]["ndcg"] == 1.0
    assert all(rows[name, "no_marks"]["ndcg"] == 0.0 for name in stock)
    assert report["parity"] == [{"engines": ["local", "elasticsearch"], "same_first": 1.0, "overlap": 1.0}]
    table = io.StringIO()
    call_command("search_eval", str(questions), "-k", "5", stdout=table)
    assert table.getvalue().splitlines()[-1] == "local and elasticsearch: the same first result 100.0%, of the first 5 in common 100.0%"
