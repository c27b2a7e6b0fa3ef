"""The back office's own exports (reports, listings): Wagtail writes cells as they are, the house writes none that a spreadsheet
would take for a formula (X2). Done once, in the mixin that every exporting view has, so that no view can forget it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from wagtail.admin.views.mixins import SpreadsheetExportMixin

from foundation.tabular import escape


def _escaped(write: Callable[..., Any]) -> Callable[..., Any]:
    """What the method gives, with an apostrophe in front where it needs one."""

    @wraps(write)
    def method(*args: Any, **kwargs: Any) -> Any:
        return escape(write(*args, **kwargs))

    method.__dict__["escapes"] = True
    return method


def _as_texts(write: Callable[..., Any]) -> Callable[..., Any]:
    """The cells of a row, those that hold a text typed as text: never as a formula or as an error value like #N/A."""

    @wraps(write)
    def method(*args: Any, **kwargs: Any) -> Any:
        for cell in write(*args, **kwargs):
            if isinstance(cell.value, str):
                cell.data_type = "s"
            yield cell

    method.__dict__["escapes"] = True
    return method


GUARDS = {"preprocess_field_value": _escaped, "get_heading": _escaped, "generate_xlsx_row": _as_texts}


def guard() -> None:
    """Put the guards on Wagtail's mixin, once however often it is called."""
    for name, wrap in GUARDS.items():
        method = getattr(SpreadsheetExportMixin, name)
        if not hasattr(method, "escapes"):
            setattr(SpreadsheetExportMixin, name, wrap(method))
