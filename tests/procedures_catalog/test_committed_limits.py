"""The limit that a unit commits itself to: whole, and shorter than the statutory one, in the editor and in an import."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from procedures_catalog import facts
from procedures_catalog.limits import NO_NUMBER, NO_UNIT, NOT_SHORTER, committed_fault
from procedures_catalog.models import MethodRow

from .import_kit import jsonl, people, take, version
from .making import draft, form_data, person


@pytest.mark.parametrize(
    ("limit", "committed", "fault"),
    [
        ((3, "working_days"), (None, ""), None),
        ((3, "working_days"), (2, "working_days"), None),
        ((3, "working_days"), (2.5, "working_days"), None),
        ((3, "working_days"), (3, "working_days"), ("committed_value", NOT_SHORTER)),
        ((3, "working_days"), (4, "working_days"), ("committed_value", NOT_SHORTER)),
        ((3, "working_days"), (20, "working_hours"), None),
        ((3, "working_days"), (24, "working_hours"), ("committed_value", NOT_SHORTER)),
        ((3, "working_days"), (None, "same_day"), None),
        ((None, "same_day"), (None, "same_day"), ("committed_unit", NOT_SHORTER)),
        ((None, "same_day"), (4, "working_hours"), None),
        ((2, "days"), (47, "hours"), None),
        ((2, "days"), (48, "hours"), ("committed_value", NOT_SHORTER)),
        ((3, "days"), (2, "working_days"), None),
        ((3, "days"), (3, "working_days"), ("committed_value", NOT_SHORTER)),
        ((3, "working_days"), (4, "days"), None),  # over a weekend it is shorter
        ((1, "months"), (30, "days"), None),  # in most months it is
        ((1, "months"), (31, "days"), ("committed_value", NOT_SHORTER)),
        ((30, "days"), (2, "months"), ("committed_value", NOT_SHORTER)),
        ((None, ""), (2, "hours"), None),  # the statutory one stands in words
        ((3, "working_days"), (2, ""), ("committed_unit", NO_UNIT)),
        ((3, "working_days"), (None, "days"), ("committed_value", NO_NUMBER)),
    ],
)
def test_a_committed_limit_is_whole_and_shorter(limit, committed, fault):
    assert committed_fault(*limit, *committed) == fault


def test_a_way_to_file_refuses_a_commitment_that_is_none():
    row = MethodRow(channel="counter", limit_value=3, limit_unit="working_days", committed_value=5, committed_unit="working_days")
    with pytest.raises(ValidationError) as caught:
        row.clean()
    assert set(caught.value.message_dict) == {"committed_value"}
    row.committed_value = 2
    row.clean()


@pytest.mark.django_db
def test_the_editor_says_it_beside_the_field(client):
    editor = person("editor")
    row = draft(editor)
    client.force_login(editor)
    data = {**form_data(client, row), "methods-0-committed_value": "5", "methods-0-committed_unit": "working_days"}
    page = client.post(reverse("wagtailsnippets_procedures_catalog_procedureversion:edit", args=[row.pk]), data)
    assert page.status_code == 200
    assert "không ngắn hơn thời hạn luật định" in page.content.decode()


@pytest.mark.django_db
def test_an_import_names_the_row_and_the_column(tmp_path):
    actor, _approver = people()
    method = {"channel": "counter", "limit_value": 3, "limit_unit": "working_days", "committed_unit": "working_days"}
    report = take(jsonl(tmp_path / "x.jsonl", version(methods=[{"channel": "online"}, {**method, "committed_value": 3}])), actor)
    assert [(problem.row, problem.column, problem.message) for problem in report.problems] == [(4, "methods[1].committed_value", str(NOT_SHORTER))]
    report = take(jsonl(tmp_path / "y.jsonl", version(methods=[{**method, "committed_value": "hai"}])), actor)
    assert [problem.column for problem in report.problems] == ["methods[0].committed_value"]
    assert report.problems[0].message != str(NO_NUMBER)
    assert take(jsonl(tmp_path / "z.jsonl", version(methods=[{**method, "committed_value": 2}])), actor).problems == []


def test_a_committed_limit_is_told_whatever_the_statutory_one_is():
    own = {"channel": "counter", "limit_value": None, "limit_unit": "", "committed_value": 2, "committed_unit": "hours"}
    in_words = facts.how_long([{**own, "limit_text": "Ngay khi nhận đủ hồ sơ"}])
    assert in_words.answer == "Ngay khi nhận đủ hồ sơ"
    assert "2" in in_words.note
    alone = facts.how_long([{**own, "limit_text": ""}])
    assert alone.unclear
    assert "2" in alone.note
