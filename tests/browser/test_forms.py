"""From a question to a form in hand: find the registration of a birth, open it, download its form in each format."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from organisation.models import SiteIdentity
from portal.management.commands.demonstration import FIXTURES, merged
from procedures_catalog.importing.service import Options, run_import
from safeguards.models import User
from search.engines import local

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
BIRTH = "1.001193"
TITLE = "Tờ khai đăng ký khai sinh"
DEMONSTRATION = FIXTURES / "demonstration"


def only(folder: Path, code: str) -> Path:
    """The tables of the demonstration with the rows of one record."""
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as table:
            reader = csv.DictReader(table)
            columns = list(reader.fieldnames or [])
            rows = [row for row in reader if row.get("record", code) == code]
        with path.open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def birth(settings, tmp_path, monkeypatch):
    """The registration of a birth as the demonstration has it, with its forms, in a small office, and found by search."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SEARCH_LOCAL_INDEX = tmp_path / "search"
    monkeypatch.setattr(local, "_engines", {})
    monkeypatch.setattr(local, "CHECK_EVERY", -1.0)
    monkeypatch.setattr(local, "COMMITTED", "xid >= %s")
    town.office()
    SiteIdentity.objects.update(import_approver=User.objects.create_user("phe-duyet"))
    folder = only(merged(DEMONSTRATION / "catalogue", tmp_path / "in"), BIRTH)
    for name in ("guidance", "questions", "offers", "life_events"):
        (folder / f"{name}.csv").unlink()
    report = run_import(folder, actor=User.objects.create_user("nhap-lieu"), options=Options(files=DEMONSTRATION / "forms" / "files"))
    assert (report.problems, report.done) == ([], True)


@pytest.mark.accepts("W1", "W2", "W5")
@pytest.mark.parametrize("width", [360, 1280])
def test_a_citizen_finds_a_form_and_takes_it_home(visit, birth, width, tmp_path):
    opened = visit(width=width)
    page = opened.page
    opened.open("/")
    page.fill("#q", "khai sinh")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Thủ tục đăng ký khai sinh").first.click()
    page.wait_for_url(f"**/thu-tuc/{BIRTH}/")
    papers = page.get_by_role("region", name="Giấy tờ cần có")
    files = {}
    for kind in ("DOCX", "PDF"):
        link = papers.get_by_role("link", name=f"{kind} {TITLE}")
        link.focus()  # by keyboard, as by touch
        with page.expect_download() as waiting:
            page.keyboard.press("Enter")
        files[kind] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[kind])
        size = f"({round(files[kind].stat().st_size / 1000)} KB)"
        assert size in (link.text_content() or "")
    assert [path.name for path in files.values()] == ["to-khai-dang-ky-khai-sinh.docx", "to-khai-dang-ky-khai-sinh.pdf"]
    with zipfile.ZipFile(files["DOCX"]) as archive:
        assert archive.testzip() is None
        assert TITLE in archive.read("word/document.xml").decode()
    reader = PdfReader(io.BytesIO(files["PDF"].read_bytes()))
    assert reader.metadata is not None
    assert reader.metadata.title == TITLE
    assert TITLE.upper() in reader.pages[0].extract_text()
    assert opened.axe() == []
    assert (opened.overflow(), opened.violations, opened.foreign, opened.errors) == ([], [], [], [])


@pytest.mark.accepts("W6")
def test_forms_are_had_without_script_and_each_link_says_which_form_it_is(visit, birth):
    opened = visit(width=360, javascript=False)
    opened.open(f"/thu-tuc/{BIRTH}/")
    links = opened.page.locator("#giay-to a[href^='/documents/']")
    names = [" ".join(name.split()) for name in links.all_text_contents()]
    assert len(names) == len(set(names)) == 5  # the birth in three formats, the acknowledgement in two
    assert all(TITLE in name or "Tờ khai đăng ký nhận cha, mẹ, con" in name for name in names)
    boxes = [link.bounding_box() for link in links.all()]
    assert all(box is not None and box["height"] >= 20 for box in boxes)
