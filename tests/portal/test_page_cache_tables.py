"""Every table that public pages read tells of its changes, and whoever forgets it is told."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation import published
from portal.models import ArticlePage
from portal.page_cache import checks, tables
from procedures_catalog import listing, views
from tests.beginnings import house_roles
from tests.browser import town

from .conftest import person, write_article

pytestmark = pytest.mark.django_db
# Exempt, and read by public pages all the same: why that shows nothing old stands in exempt.toml.
READ_ALL_THE_SAME = {"portal_pageviews", "wagtailimages_rendition", "procedures_catalog_storedbody", "django_content_type"}


def exempt_tables() -> set[str]:
    followed = tables.followed()
    return {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.db_table not in followed}


def test_every_table_that_is_not_exempt_tells():
    assert checks.exempt_exists(None) == []
    assert checks.tables_are_followed(None, databases=["default"]) == []
    assert len(tables.followed()) > 40
    kinds = tables.followed()
    assert kinds["wagtailcore_page"] == kinds["procedures_catalog_procedureversion"] == published.LIVE
    assert kinds["organisation_person"] == published.ANY


@pytest.mark.parametrize("sql", [
    "drop trigger public_update on organisation_unit",
    "alter table organisation_unit disable trigger public_delete",
    "alter table organisation_unit enable trigger public_insert",  # as ordinary triggers are: SQL by hand may switch it off
])  # fmt: skip
def test_a_table_that_tells_no_more_is_an_error(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
    (error,) = checks.tables_are_followed(None, databases=["default"])
    assert error.id == "portal.E001"
    assert "organisation_unit" in error.msg
    tables.follow_all()
    assert checks.tables_are_followed(None, databases=["default"]) == []


def test_a_new_model_tells_from_the_migration_on_that_makes_it(monkeypatch):
    """Nobody has to think of it: what exempt.toml does not name is public."""
    with connection.cursor() as cursor:
        cursor.execute("create table portal_later (id int)")
    monkeypatch.setattr(tables, "followed", lambda: {"portal_later": published.ANY})
    assert [error.id for error in checks.tables_are_followed(None, databases=["default"])] == ["portal.E001"]
    tables.follow_all()
    assert published.missing({"portal_later": published.ANY}) == []


def test_an_exemption_of_what_does_not_exist_is_an_error(monkeypatch):
    said = tables.exempt()
    said["models"]["portal.Gone"] = "was here"
    monkeypatch.setattr(tables, "exempt", lambda: said)
    assert [error.id for error in checks.exempt_exists(None)] == ["portal.E002"]


def test_public_pages_read_no_table_that_is_exempt():
    """The list of exemptions against what pages ask the database: a table that a page begins to read is seen here."""
    house_roles()
    codes = town.procedures(town.office())
    article = write_article(person("editor", "a"), person("publisher", "b"), "Mở quầy buổi tối")
    paths = [
        *town.pages(codes).values(), ArticlePage.objects.get(pk=article.pk).url, "/tin-tuc/", "/cong-khai/", "/sitemap.xml", "/robots.txt",
        "/thu-tuc/thay-doi.atom",
    ]  # fmt: skip
    views._bodies.clear()
    listing._memory.clear()
    read: set[str] = set()
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(path)
        if answer.status_code == 200:  # an error is kept by nobody: what is not there offers what may be meant
            read |= {name for query in asked.captured_queries for name in re.findall(r'\b(?:from|join) "?(\w+)"?', query["sql"], re.IGNORECASE)}
    assert {"procedures_catalog_procedureversion", "organisation_unit", "wagtailcore_page", "portal_articlepage"} <= read
    assert read & exempt_tables() <= READ_ALL_THE_SAME


def test_a_table_that_an_earlier_release_followed_tells_no_more_after_the_upgrade():
    """The mirror is written each minute: with a trigger on it, no page would be kept for longer."""
    published.follow("search_mirror", published.ANY)
    assert published.telling(tables.left_alone()) == ["search_mirror"]
    published.follow("search_entry", published.EMPTIED)
    tables.follow_all()
    assert published.telling(tables.left_alone()) == []
    assert checks.tables_are_followed(None, databases=["default"]) == [], "and all the others still do"
