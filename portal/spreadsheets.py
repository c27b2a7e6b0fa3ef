"""The back office's own exports (reports, listings): Wagtail writes cells as they are, the house writes none that a spreadsheet
would take for a formula (X2), and nobody has files made without end. Done once, in the mixin that every exporting view has, so that
no view can forget it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from wagtail.admin.views.mixins import SpreadsheetExportMixin

from foundation.tabular import escape
from safeguards.limits import refusal


def _escaped(write: Callable[..., Any]) -> Callable[..., Any]:
    """What the method gives, with an apostrophe in front where it needs one."""

    @wraps(write)
    def method(*args: Any, **kwargs: Any) -> Any:
        return escape(write(*args, **kwargs))

    method.__dict__["guards"] = True
    return method


def _as_texts(write: Callable[..., Any]) -> Callable[..., Any]:
    """The cells of a row, those that hold a text typed as text: never as a formula or as an error value like #N/A."""

    @wraps(write)
    def method(*args: Any, **kwargs: Any) -> Any:
        for cell in write(*args, **kwargs):
            if isinstance(cell.value, str):
                cell.data_type = "s"
            yield cell

    method.__dict__["guards"] = True
    return method


def _counted(make: Callable[..., Any]) -> Callable[..., Any]:
    """The file, or 429 to an account that has had too many made (scope `export`)."""

    @wraps(make)
    def method(view: Any, *args: Any, **kwargs: Any) -> Any:
        refused = refusal(view.request, "export", "account")
        return make(view, *args, **kwargs) if refused is None else refused

    method.__dict__["guards"] = True
    return method


GUARDS = {
    "preprocess_field_value": _escaped, "get_heading": _escaped, "generate_xlsx_row": _as_texts, "as_spreadsheet": _counted,
}  # fmt: skip


def guard() -> None:
    """Put the guards on Wagtail's mixin, once however often it is called."""
    for name, wrap in GUARDS.items():
        method = getattr(SpreadsheetExportMixin, name)
        if not hasattr(method, "guards"):
            setattr(SpreadsheetExportMixin, name, wrap(method))
