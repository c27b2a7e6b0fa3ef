"""What search is measured by is right itself: known rankings give known numbers, and a bad file says which line is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from foundation.registries import SearchDocument
from search import evaluation, language, services


def test_a_ranking_is_measured_by_hand():
    gains = {"a": 3, "b": 1}
    assert evaluation.ndcg(["a", "b", "c"], gains, 5) == 1.0
    assert evaluation.ndcg(["c", "d"], gains, 5) == 0.0
    assert evaluation.ndcg(["b", "a"], gains, 5) == pytest.approx((1 + 7 / 1.584962500721156) / (7 + 1 / 1.584962500721156))
    assert evaluation.reciprocal_rank(["c", "b"], gains) == 0.5
    assert not evaluation.hit(["c", "b"], gains, 1)
    assert evaluation.hit(["c", "b"], gains, 2)


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1),
    st.integers(1, 10),
)
def test_the_measure_lies_between_none_and_all(found, gains, k):
    value = evaluation.ndcg(found, gains, k)
    assert 0.0 <= value <= 1.0 + 1e-9
    best = sorted(gains, key=lambda code: -gains[code])
    assert evaluation.ndcg(best, gains, k) == pytest.approx(1.0)
    assert value <= evaluation.ndcg(best, gains, k) + 1e-9


def test_questions_are_read_from_both_kinds_of_file(tmp_path):
    lines = tmp_path / "q.jsonl"
    lines.write_text(json.dumps({"query": "khai sinh", "gold": ["1.1"], "kind": "short"}) + "\n\n", encoding="utf-8")
    sheet = tmp_path / "q.csv"
    sheet.write_text("query,answers,form,note\nkhai sinh,1.1 1.2:2,marks,\n", encoding="utf-8")
    assert evaluation.read(lines) == [evaluation.Judgement("khai sinh", {"1.1": 1}, "short")]
    assert evaluation.read(sheet) == [evaluation.Judgement("khai sinh", {"1.1": 3, "1.2": 2}, "marks")]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("q.jsonl", '{"query": "a", "gold": ["x"]}\nnot json\n', "line 2"),
        ("q.jsonl", '{"query": "a"}\n', "line 1"),
        ("q.csv", "query,answers,form\na,1.1:9,marks\n", "line 2"),
        ("q.csv", "query,answers,form\n,1.1,marks\n", "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path, name, text, where):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(evaluation.WrongJudgement, match=where):
        evaluation.read(tmp_path / name)


@pytest.mark.parametrize("how", evaluation.ALTERATIONS)
def test_a_question_is_typed_in_other_ways_and_says_the_same(how):
    query = "Đăng ký khai sinh, cấp giấy phép xây dựng?"
    typed = evaluation.altered(query, how, seed=3)
    assert typed != query
    assert typed == evaluation.altered(query, how, seed=3)
    if how in {"no_marks", "nfd"}:
        assert [language.fold(word) for word in language.words(typed)] == [language.fold(word) for word in language.words(query)]


def test_one_slip_changes_one_word():
    changed = [
        sum(
            left != right
            for left, right in zip(["dang", "ky", "khai", "sinh"], evaluation.altered("đăng ký khai sinh", "typo", seed).split(), strict=True)
        )
        for seed in range(40)
    ]
    assert set(changed) <= {0, 1}  # a double letter swapped with itself changes nothing
    assert sum(changed) > 30


@pytest.fixture
def catalogue(db, monkeypatch, own_writes):
    titles = {"1.000001": "Đăng ký khai sinh", "1.000002": "Đăng ký kết hôn", "1.000003": "Cấp giấy phép xây dựng"}
    services.put(
        SearchDocument(kind="procedure", object_id=str(at), title=title, url=f"/{code}/", code=code)
        for at, (code, title) in enumerate(titles.items())
    )


def _rows(path: Path, *options: str) -> dict[str, dict[str, float]]:
    out = io.StringIO()
    call_command("search_eval", str(path), "--engine", "local", "--json", *options, stdout=out)
    return {f"{row['typed']}/{row['kind']}": row for row in json.loads(out.getvalue())["rows"]}


def test_the_command_measures_this_installation(catalogue, tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("query,answers,form\nkhai sinh,1.000001,marks\ngiay phep xay dung,1.000003,no_marks\nket hon,1.000001,wrong\n", encoding="utf-8")
    rows = _rows(path, "--alter", "telex")
    assert rows["/marks"]["ndcg"] == 1.0
    assert rows["/wrong"]["hit1"] == 0.0
    assert rows["/all"]["n"] == 3
    assert rows["telex/marks"]["ndcg"] == 1.0


def test_the_command_leaves_out_what_has_no_answer_here_and_says_so(catalogue, tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text('{"query": "khai sinh", "gold": ["1.000001"]}\n{"query": "xe", "gold": ["9.999999"]}\n', encoding="utf-8")
    out = io.StringIO()
    call_command("search_eval", str(path), "--engine", "local", stdout=out)
    assert out.getvalue().startswith("2 questions, 1 with an answer")


def test_the_command_refuses_what_it_cannot_read(db, tmp_path):
    with pytest.raises(CommandError, match=r"nothing\.csv"):
        call_command("search_eval", str(tmp_path / "nothing.csv"))
