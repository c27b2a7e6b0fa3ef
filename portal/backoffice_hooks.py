"""What of Wagtail's back office helps nobody here is not shown: news of Wagtail and a guide on a foreign site, in English."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail import hooks

FOREIGN = ("whats-new-in-wagtail", "editor-guide")


@hooks.register("construct_help_menu")
def leave_out_foreign_help(request: HttpRequest, items: list[Any]) -> None:
    """The help menu without what leads away from the portal."""
    items[:] = [item for item in items if not item.name.startswith(FOREIGN)]
