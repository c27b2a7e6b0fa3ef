"""Editing what the unit itself says of a procedure: search follows in the same transaction, with an event."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.snippets.views import snippets as wagtail_views

from safeguards.services import record

from ..models import Procedure
from ..search_sources import reindex


class Followed:
    """Saving is one transaction with the index and the event."""

    event = "procedures_catalog.guidance_changed"

    def form_valid(self, form: Any) -> Any:
        """All or nothing."""
        with transaction.atomic():
            return super().form_valid(form)  # type: ignore[misc]  # of Wagtail's views

    def save_instance(self) -> Procedure:
        """Saved, on record, findable in its new words."""
        procedure: Procedure = super().save_instance()  # type: ignore[misc]
        record(self.event, procedure, actor=self.request.user, payload={"code": procedure.code, "fields": sorted(self.form.changed_data)})  # type: ignore[attr-defined]
        reindex([procedure.pk])
        return procedure


class IndexedCreateView(Followed, wagtail_views.CreateView):
    """A new code."""

    event = "procedures_catalog.procedure_added"


class IndexedEditView(Followed, wagtail_views.EditView):
    """Guidance, questions, offers."""
