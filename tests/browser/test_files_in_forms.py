"""Choosing files: several one after the other with scripts, as the browser has it without; what was sent is not lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dialogue_sessions.enums import SessionKind
from safeguards.models import StoredFile
from tests.beginnings import private_files
from tests.dialogue_sessions.making import open_session
from tests.safeguards import sent_files as sent

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
CHOOSER = "input[type=file]"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    private_files(settings, tmp_path)


@pytest.fixture
def address():
    return f"/lich/{open_session(kind=SessionKind.PERIODIC).slug}/dang-ky/"


def as_file(name, content):
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


@pytest.mark.accepts("W3", "W10")
def test_files_chosen_one_after_the_other_add_up_and_each_can_be_taken_back(visit, address):
    opened = visit(width=360)
    opened.open(address)
    page = opened.page
    page.set_input_files(CHOOSER, [as_file("trang-1.pdf", sent.pdf())])
    page.set_input_files(CHOOSER, [as_file("trang-2.pdf", sent.pdf()), as_file("trang-1-lon.pdf", bytes(11 * 1024 * 1024))])
    expect(page.locator(".files-chosen li")).to_have_count(3)
    expect(page.locator("[data-files] .wrong")).to_contain_text("trang-1-lon.pdf lớn hơn 10 MB")
    page.get_by_role("button", name="Bỏ ra: trang-1-lon.pdf").click()
    expect(page.locator(".files-chosen li")).to_have_count(2)
    expect(page.locator("[data-files] .wrong")).to_be_hidden()
    assert page.evaluate("[...document.querySelector('input[type=file]').files].map(file => file.name)") == ["trang-1.pdf", "trang-2.pdf"]
    assert opened.axe() == []
    assert opened.overflow() == []
    assert opened.violations == []
    assert opened.errors == []


@pytest.mark.accepts("W3")
@pytest.mark.parametrize("javascript", [True, False])
def test_a_form_with_a_mistake_keeps_the_files_and_says_which_was_not_taken(visit, address, javascript, turn):
    opened = visit(width=320, javascript=javascript)
    opened.open(address)
    page = opened.page
    page.fill("[name=subject]", "Xin cấp lại sổ")
    page.set_input_files(CHOOSER, [as_file("Đơn.pdf", sent.pdf()), as_file("Quyết định.pdf.exe", sent.EXE)])
    page.click("main form button[type=submit]")
    expect(page.locator("#error-summary")).to_contain_text("Quyết định.pdf.exe")
    kept = page.locator("[name=papers-kept]")
    expect(kept).to_have_count(1)
    expect(kept).to_be_checked()
    expect(page.locator("[name=subject]")).to_have_value("Xin cấp lại sổ")
    if javascript:
        assert opened.axe() == []
        assert opened.overflow() == []
        assert opened.violations == []
    with turn:
        assert StoredFile.objects.count() == 1
