"""Export: nothing in it is a formula, and importing it again changes nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from procedures_catalog.exporting import CONTENT_TYPES, SUFFIXES, WRITERS, export, reference_rows
from procedures_catalog.importing.cleaning import clean_record
from procedures_catalog.importing.readers import COMMAND, open_source
from procedures_catalog.models import ProcedureVersion
from procedures_catalog.record import records_of

from .import_kit import LAW, jsonl, people, portal_record, take, version

FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "|cmd", "%1", "＝1+1", " =1+1", "'=1+1", '"=1+1"']
KINDS = list(CONTENT_TYPES)


def written(kind, records, rows):
    out = io.BytesIO()
    WRITERS[kind](out, records, rows)
    return out.getvalue()


def formulas_in_every_field():
    record = version(
        description="=cmd|' /C calc'!A0", keywords="@SUM(1+1)", receiving_address="+1+1", partial_reason="-2+3", procedure_type="=1+1",
        cases=[{"name": formula, "description": formula} for formula in FORMULAS if formula.strip() == formula],
        steps=[{"actor": formula.strip() or "x", "title": formula, "text": f"{formula} và chữ"} for formula in FORMULAS],
        papers=[{"name": formula, "note": formula, "group": formula} for formula in FORMULAS],
        conditions=[{"text": formula} for formula in FORMULAS],
        source_text={formula: formula for formula in FORMULAS},
    )  # fmt: skip
    return record


@pytest.mark.accepts("X1")
@pytest.mark.django_db
def test_no_cell_of_a_csv_export_begins_as_a_formula_does(tmp_path):
    actor, _ = people()
    assert take(jsonl(tmp_path / "a.jsonl", formulas_in_every_field()), actor).problems == []
    out = io.BytesIO()
    export(out, "csv")
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            for row in csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))):
                assert not [cell for cell in row if cell.lstrip(' \t\r\n\u00a0"')[:1] in "=+-@|%＝" and cell.strip()], name


@pytest.mark.accepts("X1")
@pytest.mark.django_db
def test_every_cell_of_a_workbook_is_typed_as_text(tmp_path):
    actor, _ = people()
    take(jsonl(tmp_path / "a.jsonl", formulas_in_every_field()), actor)
    out = io.BytesIO()
    export(out, "xlsx")
    kinds = {cell.data_type for sheet in load_workbook(out) for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}
    with zipfile.ZipFile(out) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


@pytest.mark.accepts("X1")
@pytest.mark.django_db
def test_libreoffice_evaluates_nothing(tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    assert office, "LibreOffice is needed: apt-get install libreoffice-calc-nogui"
    actor, _ = people()
    take(jsonl(tmp_path / "a.jsonl", formulas_in_every_field()), actor)
    (tmp_path / "in").mkdir()
    for kind in ("csv", "xlsx"):
        with (tmp_path / "in" / f"a{SUFFIXES[kind]}").open("wb") as out:
            export(out, kind)
    with zipfile.ZipFile(tmp_path / "in" / "a.zip") as archive:
        archive.extractall(tmp_path / "in", ["steps.csv", "papers.csv", "conditions.csv", "versions.csv", "cases.csv"])
    files = sorted([*(tmp_path / "in").glob("*.csv"), *(tmp_path / "in").glob("*.xlsx")])
    subprocess.run(
        [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "fods", "--outdir", str(tmp_path / "out"),
         *map(str, files)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    converted = list((tmp_path / "out").glob("*.fods"))
    assert len(converted) == len(files)
    for path in converted:
        assert not re.search("table:formula", path.read_text(encoding="utf-8")), path.name


# -- identity --

LINES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40).map(str.strip)
TEXTS = st.one_of(
    LINES, st.sampled_from([*FORMULAS, "_x000D_", "_x005F_x0041_", "§long:1", "a\nb", "x" * 33_000, "''", "; ;", "yes", "1.0", "\ufeffx", "𝔘 𠜎"])
).map(lambda text: "".join(letter for letter in text if letter.isprintable() or letter == "\n").strip())  # fmt: skip
NAMES = TEXTS.map(lambda text: text or "Tên").map(lambda text: text[:300].strip() or "Tên")
NUMBERS = st.one_of(st.none(), st.integers(0, 99_999), st.sampled_from([0.5, 2.25, 99_999.99]))
RECORDS = st.builds(
    lambda number, name, texts, numbers, flags: version(
        f"1.{number:06}", name=name, valid_from="2025-07-01" if flags[0] else "2025-01-31", locally_regulated=flags[1], description=texts[0],
        keywords=texts[1], source_text={"x": texts[2], "y": [texts[3], 1, None]} if flags[2] else {},
        cases=[{"name": name, "description": texts[4]}],
        methods=[{"channel": "post", "case": name, "limit_value": numbers[0], "limit_unit": "days" if flags[3] else "", "limit_text": texts[5]}],
        papers=[{"name": texts[6] or "Giấy", "originals": 0 if flags[4] else None, "copies": 3, "present_only": flags[5], "note": texts[7]}],
        fees=[{"amount": 0 if flags[0] else 99_999_999_999_999, "condition": texts[8]}, {"formula": texts[9], "valid_to": "2026-01-01"}],
        process=[{"name": name, "hours": numbers[1] or 0}],
        conditions=[{"text": texts[3] or "Điều kiện"}],
    ),
    st.integers(1, 999_999), NAMES, st.lists(TEXTS, min_size=10, max_size=10), st.lists(NUMBERS, min_size=2, max_size=2),
    st.lists(st.booleans(), min_size=6, max_size=6),
)  # fmt: skip
DISTINCT = st.lists(RECORDS, min_size=1, max_size=4, unique_by=lambda record: record["code"])


def cleaned(path):
    problems = []
    with open_source(path, COMMAND.begin()) as source:
        records = [clean_record(raw, lambda *problem: problems.append(problem), is_json=source.is_json) for raw in source.records()]
        assert source.problems == []
    assert problems == []
    return records


@pytest.mark.accepts("X3")
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(records=DISTINCT)
def test_what_is_written_is_read_again(tmp_path, kind, records):
    path = jsonl(tmp_path / "a.jsonl", *records, references=False)
    before = cleaned(path)
    again = tmp_path / f"again{SUFFIXES[kind]}"
    again.write_bytes(written(kind, before, {"legal_documents": [LAW]}))
    assert cleaned(again) == before


@pytest.mark.accepts("X3")
@pytest.mark.django_db
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(records=DISTINCT, kind=st.sampled_from(KINDS))
def test_import_of_an_export_is_the_identity(tmp_path, kind, records):
    with transaction.atomic():
        actor, _ = people()
        assert take(jsonl(tmp_path / "a.jsonl", *records), actor).problems == []
        path = tmp_path / f"out{SUFFIXES[kind]}"
        with path.open("wb") as out:
            export(out, kind)
        before, rows = list(records_of(ProcedureVersion.objects.order_by("procedure__code"))), reference_rows()
        report = take(path, actor)
        assert (report.problems, report.counts["unchanged"]) == ([], len(records))
        assert not any(counts["new"] or counts["changed"] for counts in report.references.values())
        assert list(records_of(ProcedureVersion.objects.order_by("procedure__code"))) == before
        assert reference_rows() == rows
        transaction.set_rollback(True)


@pytest.mark.accepts("X3")
@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_an_export_makes_the_same_catalogue_elsewhere(tmp_path, kind):
    actor, _ = people()
    first = jsonl(
        tmp_path / "a.jsonl", version(), version(valid_from="2026-01-01", sets=2, change_kind="amended"), version("1.000002", levels=["province"]),
        version("1.000003", valid_from="2026-02-01", change_kind="replaced", replaces=["1.004873"]), portal_record(),
    )  # fmt: skip
    assert take(first, actor).problems == []
    path = tmp_path / f"out{SUFFIXES[kind]}"
    with path.open("wb") as out:
        export(out, kind)
    before = list(records_of(ProcedureVersion.objects.order_by("procedure__code", "valid_from")))
    ids = set(ProcedureVersion.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:  # elsewhere: the same tables, none of the rows
        cursor.execute("set constraints all immediate")
        cursor.execute(
            "truncate procedures_catalog_procedure, procedures_catalog_procedureversion, procedures_catalog_publicationdecision,"
            " procedures_catalog_legaldocument, organisation_field cascade"
        )
    report = take(path, actor)
    assert report.problems == []
    assert list(records_of(ProcedureVersion.objects.order_by("procedure__code", "valid_from"))) == before
    assert not ids & set(ProcedureVersion.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_command_writes_by_the_name_of_the_file(tmp_path):
    actor, _ = people()
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    for name in ("a.zip", "a.xlsx", "a.json", "b.jsonl", "c.jsonl.gz"):
        call_command("export_procedures", str(tmp_path / name))
        assert cleaned(tmp_path / name)[0]["code"] == "1.004873"
    with pytest.raises(CommandError):
        call_command("export_procedures", str(tmp_path / "a.pdf"))
    assert json.loads((tmp_path / "a.json").read_text())[0]["table"] == "fields"
    assert not list(tmp_path.glob(".*.part"))
