"""A form that could not be taken says so where everybody notices: before the form, in the title, at the field."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from safeguards.models import User
from tests.beginnings import house_roles

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
SUMMARY = "#error-summary"


@pytest.fixture
def editor():
    """Somebody who may import."""
    house_roles()
    user = User.objects.create_user("bientap", password="đúng mật khẩu", email="b@example.org")
    user.groups.add(Group.objects.get(name="editor"))
    return user


def described(page, selector):
    """The words that a screen reader says after the field's name."""
    return page.evaluate(
        """selector => (document.querySelector(selector).getAttribute("aria-describedby") || "").split(" ")
        .map(id => document.getElementById(id)?.textContent ?? `no element ${id}`).join(" ")""",
        selector,
    )


def assert_told(page, link_to, words):
    """The summary has the focus and leads to the field; the field knows that it is wrong, and why; the title begins with it."""
    page.wait_for_selector(f"{SUMMARY}:focus")
    assert page.title().startswith("Lỗi: ")
    link = page.locator(f"{SUMMARY} a[href='{link_to}']").first
    assert words in link.inner_text()
    assert page.get_attribute(link_to, "aria-invalid") == "true"
    assert words in described(page, link_to) and "no element" not in described(page, link_to)
    link.press("Enter")
    assert page.evaluate("document.activeElement.id") == link_to[1:]


@pytest.mark.accepts("W3")
def test_signing_in_without_a_password(visit):
    opened = visit()
    opened.open("/tai-khoan/dang-nhap/")
    assert opened.page.title().startswith("Đăng nhập · ") and not opened.page.locator(SUMMARY).count()
    opened.page.fill("#id_login", "bientap")
    opened.page.click("main button[type=submit]")
    assert_told(opened.page, "#id_password", "bắt buộc")
    assert opened.page.input_value("#id_login") == "bientap"
    assert opened.page.get_attribute("#id_login", "aria-invalid") is None


@pytest.mark.accepts("W3")
def test_an_upload_of_nothing_and_of_a_file_of_another_kind(visit, editor):
    opened = visit()
    client = Client()
    client.force_login(editor)
    opened.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": opened.base}]
    )
    opened.open("/admin/import/")
    assert not opened.page.title().startswith("Lỗi")
    opened.page.check("#id_draft")
    upload = opened.page.locator("form[enctype] button[type=submit]")
    upload.click()
    assert_told(opened.page, "#id_file", "bắt buộc")
    assert opened.page.is_checked("#id_draft")
    opened.page.set_input_files("#id_file", {"name": "anh.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"})
    upload.click()
    assert_told(opened.page, "#id_file", "XLSX")
    assert "10 MB" in described(opened.page, "#id_file") and opened.page.is_checked("#id_draft")
    assert (opened.violations, opened.errors) == ([], [])
