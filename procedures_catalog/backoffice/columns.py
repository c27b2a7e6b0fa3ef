"""Columns of lists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from ..completeness import labels
from ..enums import State

# Wagtail's own looks for a status: what can be relied on stands out, what is over steps back.
LOOKS = {State.EFFECTIVE: "primary", State.UPCOMING: "primary"}


class StateColumn(Column):
    """The state of a version today, and whether it waits for approval."""

    cell_template_name = "procedures_catalog/admin/cells/state.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        """The state in words."""
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        state = instance.state
        context["state"] = state.label
        context["look"] = LOOKS.get(state, "")
        context["waits"] = any(item.status == "in_progress" for item in instance._workflow_states.all())
        return context


class MissingColumn(Column):
    """How many compulsory parts are missing, and which."""

    cell_template_name = "procedures_catalog/admin/cells/missing.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        """The missing parts in words."""
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        context["count"] = len(instance.missing)
        context["labels"] = ", ".join(labels(instance.missing))
        return context


def level_names(version: Any) -> str:
    """The levels in words."""
    from organisation.enums import Level

    return ", ".join(str(Level(level).label) for level in sorted(version.levels))


MINOR = "catalogue-minor"  # left out where the screen is narrow

COLUMNS = [
    StateColumn("state", label=_("State"), classname="catalogue-state"),
    Column("valid_from", label=_("In force from"), accessor="valid_from", sort_key="valid_from", width="10%", classname=MINOR),
    Column("levels", label=_("Level"), accessor=level_names, width="9%", classname=MINOR),
    Column("field", label=_("Field"), accessor="field", sort_key="field__name", width="14%", classname=MINOR),
    Column("decision", label=_("Decision"), accessor="decision", sort_key="decision__number", width="12%", classname=MINOR),
    MissingColumn("missing", label=_("Missing"), width="8%", classname=MINOR),
]
