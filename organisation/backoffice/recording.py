"""Views that record what a person did, in the transaction that did it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.snippets.views.snippets import CreateView, DeleteView, EditView

from .. import services
from ..models import CalendarDay


class RecordingCreateView(CreateView):
    """Adds a row and records it. Wagtail calls save_instance inside a transaction."""

    def save_instance(self) -> Any:
        """The new row."""
        instance = super().save_instance()
        services.record_change("added", instance, self.request.user)
        return instance


class RecordingEditView(EditView):
    """Changes a row and records which fields, never their values."""

    def save_instance(self) -> Any:
        """The changed row."""
        changed = set(self.form.changed_data) | {name for name, formset in getattr(self.form, "formsets", {}).items() if formset.has_changed()}
        instance = super().save_instance()
        if changed:
            services.record_change("changed", instance, self.request.user, changed)
        return instance


class RecordingDeleteView(DeleteView):
    """Removes a row and records it."""

    def delete_action(self) -> None:
        """In one transaction with its event."""
        with transaction.atomic():
            services.record_change("removed", self.object, self.request.user)
            super().delete_action()


class DayCreateView(CreateView):
    """A new calendar day, with the date and unit that were clicked in the year's picture."""

    def get_initial(self) -> dict[str, Any]:
        """Date and unit from the address."""
        return {**super().get_initial(), **{name: self.request.GET[name] for name in ("date", "unit") if name in self.request.GET}}

    def save_instance(self) -> CalendarDay:
        """The new day, recorded."""
        return services.save_day(self.form.save(commit=False), self.request.user)


class DayEditView(EditView):
    """A calendar day; once a person saved it, the seed leaves it alone."""

    def save_instance(self) -> CalendarDay:
        """The changed day, recorded."""
        return services.save_day(self.form.save(commit=False), self.request.user)


class DayDeleteView(DeleteView):
    """Takes a day out: it is an ordinary one again, and the seed does not bring it back."""

    def delete_action(self) -> None:
        """Recorded by the service."""
        services.remove_day(self.object, self.request.user)
