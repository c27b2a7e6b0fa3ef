"""What the menu of a row in the list of pages offers: what Wagtail's own would, to whoever may do it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.backoffice.explorer import menu_of

from .conftest import section, signed_in

pytestmark = pytest.mark.django_db
ROW = ["edit", "add_subpage", "move", "copy", "delete", "unpublish", "history"]


def offered(page, user) -> list[str]:
    """Names of the addresses that the menu leads to, and that each of them answers."""
    links = {reverse(f"wagtailadmin_pages:{name}", args=[page.pk]): name for name in [*ROW, "view_draft"]}
    found = [links[entry["url"]] for entry in menu_of(page, user) if entry["url"] in links]
    client = signed_in(user)
    assert [name for url, name in links.items() if name in found and client.get(url).status_code != 200] == []
    return found


def test_a_publisher_is_offered_all_that_may_be_done(article, publisher):
    assert offered(article("Quầy mở thêm tối thứ Tư"), publisher) == [name for name in ROW if name != "add_subpage"]
    assert offered(section(), publisher) == [name for name in ROW if name != "delete"]


def test_an_editor_takes_nothing_off_the_site_and_moves_nothing_that_is_public(article, editor):
    assert offered(article("Bài đã công khai"), editor) == ["edit", "copy", "history"]
    assert offered(article("Bài còn nháp", live=False), editor) == ["edit", "view_draft", "move", "copy", "delete", "history"]
    assert "add_subpage" in offered(section(), editor)


def test_the_menu_asks_the_database_nothing(article, editor, client):
    parent = section()
    client.force_login(editor)
    address = reverse("wagtailadmin_explore", args=[parent.pk])
    article("Một")
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(6):
        article(f"Bài {number}", live=bool(number % 2))
    with CaptureQueriesContext(connection) as seven:
        assert client.get(address).content.decode().count("/history/") >= 7
    assert len(seven) <= len(one) + 1  # of drafts it is asked once for all whether they are approved
