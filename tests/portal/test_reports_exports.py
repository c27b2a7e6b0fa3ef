"""Exports of the back office: reports and listings of Wagtail and of the house write no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import openpyxl
import pytest
from django.urls import get_resolver, reverse
from django.utils import timezone
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.admin.views.reports import ReportView
from wagtail.log_actions import log
from wagtail.models import Page

from foundation.tabular import escape
from portal.spreadsheets import GUARDS, guard
from safeguards.models import User

PREFIXES = ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", ' "=', " =", '"=', "'=", "\ufeff="]
RISKY = [f"{prefix}cmd|' /C calc'!A0" for prefix in PREFIXES]
ESCAPED = {escape(text) for text in RISKY}
WRITERS = ("stream_csv", "write_csv_row", "write_xlsx", "write_csv_response", "write_xlsx_response", "as_spreadsheet", "to_row_dict")


def subclasses(kind):
    """Every class below one."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def exporting_views():
    """Every view class of the running portal that can export; the address book is read first, so that all are defined."""
    assert get_resolver().url_patterns
    found = {SpreadsheetExportMixin, *subclasses(SpreadsheetExportMixin)}
    return sorted((kind for kind in found if not kind.__module__.startswith("tests.")), key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


def escapes_nothing(kind):
    """What of an export of this class leaves as it came."""
    view = kind()
    wrong = []
    fields = [*kind.list_export, "anything"]
    # What a view makes of a thing of its own kind (a content type's name) is a text at risk like any other.
    view.custom_field_preprocess = {name: dict.fromkeys(made, str) for name, made in view.custom_field_preprocess.items()}
    for field in fields:
        for text in RISKY:
            out = io.StringIO()
            view.write_csv_row(csv.DictWriter(out, [field]), {field: text})
            out.seek(0)
            cell = next(csv.reader(out), [""])[0]
            sheet = openpyxl.Workbook(write_only=True).create_sheet()
            typed = next(view.generate_xlsx_row(sheet, {field: text}))
            if cell != escape(text):
                wrong.append(f"{field}: CSV {cell!r}")
            if typed.value != escape(text) or typed.data_type != "s":
                wrong.append(f"{field}: XLSX {typed.value!r} {typed.data_type}")
    view.export_headings = {"x": RISKY[0]}
    if view.get_heading(SimpleNamespace(model=Page), "x") != escape(RISKY[0]):
        wrong.append("heading")
    return wrong


@pytest.mark.accepts("X2")
def test_every_view_that_exports_escapes_formulas():
    views = exporting_views()
    names = {kind.__name__ for kind in views}
    assert {"CompletenessReport", "LogEntriesView", "LockedPagesView", "AgingPagesView", "IndexView"} <= names
    assert not {kind.__qualname__: wrong[:3] for kind in views if (wrong := escapes_nothing(kind))}


@pytest.mark.accepts("X2")
def test_no_view_writes_files_past_the_guard():
    own = {
        (kind.__name__, name)
        for kind in exporting_views()
        for name in WRITERS
        if name in vars(kind) and kind is not SpreadsheetExportMixin
    }  # fmt: skip
    # Rows are made by views, cells by the mixin alone.
    assert {pair for pair in own if pair[1] != "to_row_dict"} == set()


def test_the_walker_sees_a_view_that_escapes_nothing():
    class Careless(ReportView):
        """Writes cells as they are."""

        list_export = ["title"]

        def preprocess_field_value(self, field, value, export_format):
            return value

        def get_heading(self, queryset, field):
            return self.export_headings[field]

    wrong = escapes_nothing(Careless)
    assert "heading" in wrong and any("CSV" in text for text in wrong) and any("XLSX" in text for text in wrong)


def test_without_the_guard_wagtail_writes_formulas(monkeypatch):
    for name in GUARDS:
        monkeypatch.setattr(SpreadsheetExportMixin, name, getattr(SpreadsheetExportMixin, name).__wrapped__)
    assert "heading" in escapes_nothing(ReportView)
    guard()
    guard()
    assert escapes_nothing(ReportView) == []


@pytest.mark.accepts("X2")
@pytest.mark.parametrize("address", ["/admin/reports/site-history/", "/admin/reports/locked/", "/admin/reports/aging-pages/"])
@pytest.mark.django_db
def test_reports_of_wagtail_are_downloaded_without_formulas(client, address):
    admin = User.objects.create_superuser("admin", email="a@example.org", password="x")
    parent = Page.get_first_root_node().get_children().first()
    for text in RISKY:
        page = parent.add_child(instance=Page(title=text, slug=f"p-{RISKY.index(text)}"))
        page.locked, page.locked_by, page.locked_at, page.last_published_at = True, admin, timezone.now(), timezone.now()
        page.save()
        log(page, "wagtail.publish", user=admin)
    client.force_login(admin)
    table = client.get(address, {"export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(table.streaming_content).decode(), newline="")))
    cells = {cell for row in rows for cell in row}
    assert cells >= ESCAPED and not cells & (set(RISKY) - ESCAPED)
    sheet = client.get(address, {"export": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(sheet.streaming_content)))
    assert not [cell.value for row in book.active for cell in row if cell.data_type == "f" or cell.value in set(RISKY) - ESCAPED]


@pytest.mark.accepts("O14")
@pytest.mark.django_db
def test_files_of_every_report_count_together_and_its_page_does_not(client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "export": (2, 3600)}
    client.force_login(User.objects.create_superuser("admin", email="a@example.org", password="x"))
    history, links = "/admin/reports/site-history/", reverse("portal_backoffice:links_report")
    assert [client.get(history).status_code for _ in range(4)] == [200] * 4
    assert [client.get(history, {"export": "csv"}).status_code, client.get(links, {"export": "xlsx"}).status_code] == [200, 200]
    for address in (history, links):
        refused = client.get(address, {"export": "csv"})
        assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
        assert "Bạn đang thao tác quá nhanh" in refused.content.decode()
