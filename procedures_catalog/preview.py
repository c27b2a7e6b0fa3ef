"""What an editor sees before the public does: the public page over the version in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.text import capfirst

from organisation.enums import LEVEL_BY_CODE

if TYPE_CHECKING:
    from .models import ProcedureVersion


def template() -> str:
    """The public page's template when it can show a version in memory, else our own plain one."""
    from . import views

    return "procedures_catalog/procedure.html" if hasattr(views, "preview_context") else "procedures_catalog/admin/preview.html"


def context(request: HttpRequest, version: ProcedureVersion) -> dict[str, Any]:
    """The context for it."""
    from . import views
    from .models import PARTS
    from .services.revisions import record_in_memory
    from .wording import details, heading

    if hasattr(views, "preview_context"):
        return dict(views.preview_context(request, version))
    record = record_in_memory(version)
    parts = [
        {
            "name": capfirst(str(model._meta.verbose_name_plural)),  # type: ignore[attr-defined]
            "rows": [{"heading": heading(row, name), "details": details(row, name)} for row in record[name]],
        }
        for name, model in PARTS.items()
        if record[name]
    ]
    levels = [LEVEL_BY_CODE[code].label for code in record["levels"]]
    return {"version": version, "record": record, "parts": parts, "levels": levels}
