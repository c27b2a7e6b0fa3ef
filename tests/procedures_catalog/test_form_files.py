"""Files of forms come with the record that names them: checked by content, kept once, under the same four eyes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override
from wagtail.documents import get_document_model

from procedures_catalog.importing.form_files import COLLECTION, LARGEST
from procedures_catalog.importing.service import Options, run_import
from procedures_catalog.models import Contribution, FormRow, ProcedureVersion
from procedures_catalog.record import digest, record_of
from safeguards.models import Event

from .import_kit import csv_folder, csv_zip, people

pytestmark = pytest.mark.django_db
Document = get_document_model()
ROWS = [["tk1", "Tờ khai", "to-khai.docx"], ["tk1", "Tờ khai", "in/to-khai.pdf"]]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def actor():
    return people()[0]


def docx(path: Path, text: str = "Tờ khai") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", f"<w>{text}</w>")
    return path


def pdf(path: Path, text: str = "Tờ khai") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"%PDF-1.7\n{text}\n%%EOF".encode())
    return path


def folder(path: Path, rows: list[list[str]] = ROWS, *, name: str = "Đăng ký khai sinh", valid_from: str = "2025-07-01", code: str = "TK-1") -> Path:
    """A folder with one record of one form, and its files."""
    tables = {
        "versions": [["record", "code", "levels", "name", "valid_from"], ["tk1", "1.001193", "ward", name, valid_from]],
        "forms": [["record", "code", "name"], ["tk1", code, "Tờ khai"], ["tk1", code, "Phiếu"]],
        "form_files": [["record", "form", "path"], *rows],
    }
    csv_folder(path, tables)
    docx(path / "to-khai.docx")
    pdf(path / "in" / "to-khai.pdf")
    return path


def take(path: Path, actor, **options):
    return run_import(path, actor=actor, options=Options(**options))


def problems(report) -> list[tuple[str, int, str, str]]:
    return [(problem.table, problem.row, problem.column, problem.message) for problem in report.problems]


def test_files_come_with_the_record_and_are_part_of_what_is_approved(tmp_path, actor):
    report = take(folder(tmp_path / "in"), actor)
    assert (problems(report), report.done) == ([], True)
    version = ProcedureVersion.objects.get()
    form, other = version.forms.all()
    assert (form.docx.filename, form.pdf.filename, form.odt, other.docx) == ("to-khai.docx", "to-khai.pdf", None, None)
    assert (form.docx.title, form.docx.collection.name, form.docx.uploaded_by_user) == ("Tờ khai", COLLECTION, actor)
    assert form.docx.file.read() == (tmp_path / "in" / "to-khai.docx").read_bytes()
    assert form.docx.file_size == (tmp_path / "in" / "to-khai.docx").stat().st_size
    assert Contribution.objects.get(version=version).digest == digest(record_of(version))
    assert version.live_revision.as_object().forms.first().docx == form.docx
    added = Event.objects.filter(kind="procedures_catalog.form_file_added").order_by("pk")
    assert [event.payload["file"] for event in added] == ["to-khai.docx", "to-khai.pdf"]
    assert {event.actor for event in added} == {actor}


def test_a_second_import_changes_nothing(tmp_path, actor):
    path = folder(tmp_path / "in")
    take(path, actor)
    before = (Event.objects.count(), Document.objects.count(), sorted((tmp_path / "media").rglob("*")))
    report = take(path, actor)
    assert (problems(report), report.counts["unchanged"]) == ([], 1)
    assert (Event.objects.count(), Document.objects.count(), sorted((tmp_path / "media").rglob("*"))) == before


def test_a_trial_keeps_no_file(tmp_path, actor):
    report = take(folder(tmp_path / "in"), actor, dry_run=True)
    assert (problems(report), report.counts["create"]) == ([], 1)
    assert (Document.objects.count(), (tmp_path / "media").exists()) == (0, False)


def test_the_same_bytes_are_one_document_wherever_they_are_named(tmp_path, actor):
    path = folder(tmp_path / "in", [["tk1", "Tờ khai", "to-khai.docx"], ["tk1", "Phiếu", "ban-sao.docx"]])
    (path / "ban-sao.docx").write_bytes((path / "to-khai.docx").read_bytes())
    take(path, actor)
    form, other = ProcedureVersion.objects.get().forms.all()
    assert form.docx == other.docx
    assert Document.objects.count() == 1


def test_the_files_of_a_version_in_force_are_not_exchanged(tmp_path, actor):
    take(folder(tmp_path / "in"), actor)
    docx(tmp_path / "in" / "to-khai.docx", "Tờ khai mới")
    report = take(tmp_path / "in", actor)
    assert [(table, column) for table, _row, column, _message in problems(report)] == [("versions", "valid_from")]
    assert Document.objects.count() == 2
    folder(tmp_path / "in", valid_from="2026-01-01")
    docx(tmp_path / "in" / "to-khai.docx", "Tờ khai mới")
    assert problems(take(tmp_path / "in", actor)) == []
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert old.forms.first().docx != new.forms.first().docx
    assert old.forms.first().pdf == new.forms.first().pdf


def test_an_import_that_states_no_files_leaves_those_that_are_there(tmp_path, actor):
    take(folder(tmp_path / "in", valid_from="2099-01-01"), actor)
    kept = set(FormRow.objects.values_list("docx", "pdf"))
    assert take(folder(tmp_path / "in", [], valid_from="2099-01-01"), actor).counts["unchanged"] == 1
    report = take(folder(tmp_path / "in", [], valid_from="2099-01-01", name="Khai sinh"), actor)
    assert (problems(report), report.counts["replace"]) == ([], 1)
    version = ProcedureVersion.objects.get()
    assert (version.name, set(version.forms.values_list("docx", "pdf"))) == ("Khai sinh", kept)


def test_a_version_to_come_takes_another_file(tmp_path, actor):
    take(folder(tmp_path / "in", valid_from="2099-01-01"), actor)
    before = hashlib.sha1((tmp_path / "in" / "to-khai.docx").read_bytes()).hexdigest()
    after = hashlib.sha1(docx(tmp_path / "in" / "to-khai.docx", "Tờ khai mới").read_bytes()).hexdigest()
    report = take(tmp_path / "in", actor, dry_run=True, detailed=5)
    told = {"part": "form_files", "old": f"Tờ khai · DOCX · {before[:8]}", "new": f"Tờ khai · DOCX · {after[:8]}"}
    assert [line.changes for line in report.lines] == [[told]]  # and nothing of the file that stays
    report = take(tmp_path / "in", actor)
    assert (problems(report), report.counts["replace"]) == ([], 1)
    assert ProcedureVersion.objects.get().forms.first().docx.file.read() == (tmp_path / "in" / "to-khai.docx").read_bytes()


def lead_out(path: Path) -> None:
    pdf(path.parent / "ngoai.pdf")
    (path / "lien-ket.pdf").symlink_to(path.parent / "ngoai.pdf")


@pytest.mark.parametrize(
    ("named", "column", "word"),
    [
        ("khong-co.docx", "path", "There is no such file"),
        ("../ngoai.pdf", "path", "leaves the folder"),
        ("in/../../ngoai.pdf", "path", "leaves the folder"),
        ("/etc/passwd", "path", "leaves the folder"),
        ("..\\ngoai.pdf", "path", "leaves the folder"),
        ("lien-ket.pdf", "path", "leaves the folder"),
        ("in", "path", "There is no such file"),
        ("chuong-trinh.docx", "path", "no DOCX, ODT or PDF"),
        ("macro.docx", "path", "no DOCX, ODT or PDF"),
        ("pdf-that.docx", "path", "is a PDF"),
        ("qua-lon.pdf", "path", "larger than 10 MB"),
    ],
)
@pytest.mark.accepts("X4")
def test_a_file_that_does_not_fit_is_told_by_row_and_nothing_is_changed(tmp_path, actor, named, column, word):
    path = folder(tmp_path / "in", [["tk1", "Tờ khai", "to-khai.docx"], ["tk1", "Phiếu", named]])
    lead_out(path)
    (path / "chuong-trinh.docx").write_bytes(b"MZ\x90\x00")
    with zipfile.ZipFile(docx(path / "macro.docx"), "a") as made:
        made.writestr("word/vbaProject.bin", "macro")
    pdf(path / "pdf-that.docx")
    pdf(path / "qua-lon.pdf", "x" * LARGEST)
    with override("en"):
        report = take(path, actor)
    assert [(table, row, at) for table, row, at, _message in problems(report)] == [("form_files", 3, column)]
    assert word in problems(report)[0][3]
    assert (ProcedureVersion.objects.count(), Document.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["tk1", "Tờ khia", "to-khai.docx"]], [("form_files", 2, "form")]),
        ([["tk1", "TK-1", "to-khai.docx"]], [("form_files", 2, "form")]),  # two forms have this code
        ([["tk1", "Tờ khai", "to-khai.docx"], ["tk1", "tờ khai", "khac.docx"]], [("form_files", 3, "path")]),
        ([["tk2", "Tờ khai", "to-khai.docx"]], [("form_files", 2, "record")]),
        ([["tk1", "Tờ khai", ""]], [("form_files", 2, "path")]),
    ],
)
def test_rows_that_name_no_form_or_the_same_kind_twice_are_told(tmp_path, actor, rows, found):
    path = folder(tmp_path / "in", rows)
    docx(path / "khac.docx", "khác")
    assert [(table, row, column) for table, row, column, _message in problems(take(path, actor))] == found
    assert ProcedureVersion.objects.count() == 0


def test_an_upload_never_reads_the_servers_own_files(tmp_path, actor):
    source = folder(tmp_path / "in")
    tables = {name: [line.split(",") for line in (source / f"{name}.csv").read_text().splitlines()] for name in ("versions", "forms", "form_files")}
    report = take(csv_zip(tmp_path / "a.zip", tables), actor)
    assert [(table, column) for table, _row, column, _message in problems(report)] == [("form_files", "path")] * 2
    line = {
        "code": "1.001193", "levels": ["ward"], "name": "Khai sinh", "forms": [{"name": "Tờ khai"}],
        "form_files": [{"form": "Tờ khai", "path": str(source / "to-khai.docx")}],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([line]))
    assert [column for _table, _row, column, _message in problems(take(tmp_path / "a.json", actor))] == ["form_files[0].path"]
    assert Document.objects.count() == 0


def test_a_sample_is_named_as_such_and_the_command_says_where_files_lie(tmp_path, actor):
    source = folder(tmp_path / "in")
    line = {
        "code": "1.001193", "levels": ["ward"], "name": "Khai sinh", "forms": [{"name": "Tờ khai"}],
        "form_files": [{"form": "Tờ khai", "path": "to-khai.docx"}, {"form": "Tờ khai", "path": "in/to-khai.pdf", "kind": "sample"}],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([line]))
    with pytest.raises(CommandError):
        call_command("import_procedures", str(tmp_path / "a.json"), user=actor.username, verbosity=0)
    call_command("import_procedures", str(tmp_path / "a.json"), files=str(source), user=actor.username, verbosity=0)
    form = ProcedureVersion.objects.get().forms.get()
    assert (form.docx.filename, form.sample.filename, form.pdf) == ("to-khai.docx", "to-khai.pdf", None)
