"""The rows that come with the portal, and tables as files."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction

from safeguards.models import Event
from search import editing, importing, tables
from search.models import Abbreviation, Guidance, Pick, SeededRow, SynonymGroup, VocabularyWord

pytestmark = pytest.mark.django_db


def seed() -> str:
    out = io.StringIO()
    call_command("search_tables", "seed", stdout=out)
    return out.getvalue()


# ── What comes with the portal ────────────────────────────────────────────────────────────────────────────────────────


def test_the_portal_comes_with_its_words():
    assert "synonyms: 235 added" in seed()
    assert "giấy chứng sinh" in SynonymGroup.objects.get(canonical="đăng ký khai sinh").one_way
    assert Abbreviation.objects.get(short="CA").capitals
    rules = tables.read()
    for question, word in {
        "đổi bằng lái xe ở đâu": "Công an", "cccd bị mất": "công an", "đơn ly hôn": "Tòa án", "rut bao hiem mot lan": "Bảo hiểm xã hội",
        "nộp thuế đất": "Thuế",
        "phòng công chứng gần nhất": "văn phòng công chứng", "lam ho chieu": "xuất nhập cảnh",
    }.items():  # fmt: skip
        (said, *_more) = tables.guidance_for(question, rules)
        assert word in said.text, question
        assert said.text_en
    for question in ("công chứng giấy tờ", "đăng ký kết hôn", "thuê đất công ích", "đăng ký hộ kinh doanh", "căn hộ chung cư", "bằng tốt nghiệp"):
        assert tables.guidance_for(question, rules) == (), question


def test_bringing_them_again_changes_nothing():
    seed()
    before = tables.read().stamp, Event.objects.count()
    assert "synonyms: 0 added, 0 brought up to date" in seed()
    assert (tables.read().stamp, Event.objects.count()) == before


def test_what_an_editor_changed_or_removed_stays_so(monkeypatch):
    own = SynonymGroup.objects.create(canonical="Ly hôn", same=["bỏ nhau"])
    seed()
    assert list(SynonymGroup.objects.filter(canonical__iexact="ly hôn")) == [own]
    changed = SynonymGroup.objects.get(canonical="tiếng ồn")
    changed.same = [*changed.same, "loa kẹo kéo"]
    editing.save(changed, None)
    editing.remove(SynonymGroup.objects.get(canonical="cây xanh"), None)
    monkeypatch.setattr(importing, "seeds", lambda table: [
        SynonymGroup(canonical="tiếng ồn", same=["hát to"]), SynonymGroup(canonical="cây xanh", same=["chặt cây"]),
        SynonymGroup(canonical="lễ hội", same=["hội làng"]), SynonymGroup(canonical="ly hôn", same=["ly dị"]),
    ] if table == "synonyms" else [])  # fmt: skip
    assert "synonyms: 0 added, 1 brought up to date" in seed()
    assert "loa kẹo kéo" in SynonymGroup.objects.get(canonical="tiếng ồn").same
    assert not SynonymGroup.objects.filter(canonical="cây xanh").exists()
    assert SynonymGroup.objects.get(canonical="lễ hội").same == ["hội làng"], "nobody had touched it: the release's words"
    own.refresh_from_db()
    assert own.same == ["bỏ nhau"]
    assert SeededRow.objects.count() > 150


# ── Changes are on record ─────────────────────────────────────────────────────────────────────────────────────────────


def test_each_change_is_an_event_with_what_it_was_and_is():
    row = editing.save(SynonymGroup(canonical="khai sinh", same=["GKS"]), None)
    row.same = ["GKS", "khai sanh"]
    editing.save(row, None)
    editing.save(row, None)
    editing.remove(row, None)
    kinds = Event.objects.filter(subject_type="search.synonymgroup").values_list("kind", "payload")
    assert [kind for kind, _payload in kinds] == ["search.synonymgroup_added", "search.synonymgroup_changed", "search.synonymgroup_removed"]
    assert kinds[1][1] == {"key": "khai sinh", "before": {"same": ["GKS"]}, "after": {"same": ["GKS", "khai sanh"]}}


def test_a_change_that_breaks_a_rule_leaves_no_trace():
    with pytest.raises(ValidationError):
        editing.save(SynonymGroup(canonical="khai sinh"), None)
    assert not Event.objects.exists()


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


GROUPS = sheet(["canonical", "same"], ["đăng ký khai sinh", "GKS; khai sanh"], ["đăng ký khai tử", "giấy báo tử"])


@pytest.mark.parametrize("make", [importing.as_csv, importing.as_xlsx])
def test_what_is_exported_is_imported_without_a_change(make, publish):
    publish("1", "Đăng ký khai sinh")
    seed()
    SynonymGroup.objects.create(canonical="=cmd|' /C calc'!A0", same=["'dấu nháy", "+84"], note="=1+1\nhai dòng")
    Pick.objects.create(phrases=["khai sinh"], kind="thing", object_id="1")
    for table, model in editing.TABLES.items():
        data = make(table)
        report = importing.read(table, data, None)
        assert report.problems == []
        assert (report.added, report.changed, report.unchanged) == (0, 0, model.objects.count())
        assert report.rows == report.unchanged > 0


def test_no_cell_of_an_export_is_a_formula():
    SynonymGroup.objects.create(canonical="=cmd|' /C calc'!A0", same=["@x"])
    (_header, row) = csv.reader(io.StringIO(importing.as_csv("synonyms").decode("utf-8-sig")))
    assert row[0].startswith("'=")
    workbook = openpyxl.load_workbook(io.BytesIO(importing.as_xlsx("synonyms")))
    assert {cell.data_type for line in workbook.worksheets[0].iter_rows() for cell in line} <= {"s", "inlineStr"}
    assert workbook.worksheets[0]["A2"].value.startswith("'=")


def test_a_dry_run_shows_exactly_what_would_happen_and_changes_nothing():
    SynonymGroup.objects.create(canonical="Đăng ký khai sinh", same=["GKS"])
    preview = importing.read("synonyms", GROUPS, None, dry_run=True)
    assert [(change.key, change.before is None, change.columns) for change in preview.changes] == [
        ("đăng ký khai sinh", False, [("canonical", "Đăng ký khai sinh", "đăng ký khai sinh"), ("same", "GKS", "GKS; khai sanh")]),
        ("đăng ký khai tử", True, [
            ("canonical", "", "đăng ký khai tử"), ("same", "", "giấy báo tử"), ("one_way", "", ""), ("note", "", ""), ("active", "", "yes"),
        ]),
    ]  # fmt: skip
    assert SynonymGroup.objects.count() == 1
    assert not Event.objects.exists()
    done = importing.read("synonyms", GROUPS, None)
    assert done.changes == preview.changes
    assert importing.read("synonyms", GROUPS, None).unchanged == 2


def test_a_column_that_a_file_does_not_have_stays_as_it_is():
    SynonymGroup.objects.create(canonical="đăng ký khai sinh", same=["GKS"], one_way=["giấy chứng sinh"], note="hỏi hộ tịch", active=False)
    importing.read("synonyms", GROUPS, None)
    row = SynonymGroup.objects.get(canonical="đăng ký khai sinh")
    assert (row.same, row.one_way, row.note, row.active) == (["GKS", "khai sanh"], ["giấy chứng sinh"], "hỏi hộ tịch", False)


BAD = {
    "no header": (b"", "canonical", 1),
    "no text": (b"canonical\n\xff\xfe", "", 1),
    "a column is missing": (sheet(["same"], ["GKS"]), "canonical", 1),
    "a column is not known": (sheet(["canonical", "formula"], ["a", "b"]), "formula", 1),
    "no other words": (sheet(["canonical", "same"], ["khai sinh", ""]), "", 2),
    "a term is missing": (sheet(["canonical", "same"], ["khai tử", "x"], ["", "GKS"]), "canonical", 3),
    "too many cells": (sheet(["canonical", "same"], ["khai sinh", "GKS", "more"]), "", 2),
    "twice": (sheet(["canonical", "same"], ["khai sinh", "GKS"], ["Khai sinh", "x"]), "", 3),
    "neither yes nor no": (sheet(["canonical", "same", "active"], ["khai sinh", "GKS", "maybe"]), "active", 2),
    "no workbook": (b"PK\x03\x04 not a zip", "", 1),
    "in both lists": (sheet(["canonical", "same", "one_way"], ["khai sinh", "GKS", "gks"]), "one_way", 2),
}


@pytest.mark.parametrize(("data", "column", "row"), BAD.values(), ids=BAD)
def test_a_bad_file_names_row_and_column_and_changes_nothing(data, column, row):
    report = importing.read("synonyms", data, None)
    assert [(problem.row, problem.column) for problem in report.problems] == [(row, column)]
    assert not SynonymGroup.objects.exists()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_file_of_another_spreadsheet_is_read(delimiter):
    data = f'canonical{delimiter}same\r\nkhai sinh{delimiter}"GKS; khai sanh"\r\n'.encode("utf-8-sig")
    assert importing.read("synonyms", data, None).problems == []
    assert SynonymGroup.objects.get().same == ["GKS", "khai sanh"]


def test_a_workbook_with_a_formula_or_more_than_it_may_unfold_is_refused(monkeypatch):
    workbook = openpyxl.Workbook()
    workbook.active.append(["word"])
    workbook.active.append(["=1+1"])
    out = io.BytesIO()
    workbook.save(out)
    assert importing.read("words", out.getvalue(), None).problems
    workbook.active["A2"].value = "Sóc Sơn"
    out = io.BytesIO()
    workbook.save(out)
    assert importing.read("words", out.getvalue(), None, dry_run=True).added == 1
    monkeypatch.setattr(importing, "MAX_UNFOLDED", 1000)
    assert importing.read("words", out.getvalue(), None).problems
    assert not VocabularyWord.objects.exists()


def test_a_pick_names_its_thing_by_address_or_code(publish):
    publish("7", "Đăng ký khai sinh", code="1.001193")
    data = sheet(["phrases", "url"], ["khai sinh; giấy khai sinh", "https://example.vn/en/7/?x=1"], ["gks", "1.001193"])
    assert importing.read("picks", data, None).problems == []
    assert set(Pick.objects.values_list("kind", "object_id")) == {("thing", "7")}
    assert importing.read("picks", sheet(["phrases", "url"], ["a", "/gone/"]), None).problems[0].column == "url"


def test_the_command_imports_exports_and_fails_on_a_bad_file(tmp_path):
    file, out = tmp_path / "groups.csv", io.StringIO()
    file.write_bytes(GROUPS)
    call_command("search_tables", "import", "synonyms", str(file), "--dry-run", stdout=out)
    assert not SynonymGroup.objects.exists()
    call_command("search_tables", "import", "synonyms", str(file), stdout=out)
    call_command("search_tables", "export", "synonyms", str(tmp_path / "out.xlsx"), stdout=out)
    assert (tmp_path / "out.xlsx").read_bytes()[:2] == b"PK"
    file.write_bytes(sheet(["canonical"], ["x"]))
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("search_tables", "import", "synonyms", str(file), stdout=out, stderr=out)


def test_guidance_of_the_fixture_is_complete():
    for said in importing.seeds("guidance"):
        assert isinstance(said, Guidance)
        assert said.text_en
        assert len(said.text) <= 300
    with transaction.atomic():
        assert {type(row) for table in editing.TABLES for row in importing.seeds(table)} == {SynonymGroup, Abbreviation, Guidance, VocabularyWord}
