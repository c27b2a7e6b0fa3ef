"""Forms of the back office: the rules that span several rows of one form, told before the database refuses them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from ..models import Unit, today


class UnitForm(WagtailAdminModelForm):
    """A unit. Its end is not edited here: closing names successors and ends what belongs to it (services.close_unit)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields and self.instance.pk:
            # What stands below it cannot stand above it; the model says so too, but need not be tempted.
            self.fields["parent"].queryset = self.fields["parent"].queryset.exclude(pk=self.instance.pk)


class PointForm(WagtailAdminModelForm):
    """A service point with its hours: sessions of one weekday may not overlap, within this form too."""

    def is_valid(self) -> bool:
        """The form, its rows, and the rows beside each other."""
        valid: bool = super().is_valid()
        return self._hours_apart() and valid

    def _hours_apart(self) -> bool:
        formset = self.formsets.get("hours") if hasattr(self, "formsets") else None
        if formset is None:
            return True
        seen: list[tuple[int, dt.time, dt.time]] = []
        apart = True
        for form in formset.forms:
            data = getattr(form, "cleaned_data", None) or {}
            if data.get("DELETE") or not (data.get("weekday") and data.get("opens") and data.get("closes")):
                continue
            session = (data["weekday"], data["opens"], data["closes"])
            if any(session[0] == weekday and session[1] < closes and opens < session[2] for weekday, opens, closes in seen):
                form.add_error("opens", _("Two sessions of one weekday overlap."))
                apart = False
            seen.append(session)
        return apart


class CloseUnitForm(forms.Form):
    """When a unit ends and who carries on."""

    last_day = forms.DateField(label=_("Last day"), widget=AdminDateInput, help_text=_("The last day on which it exists and decides."))
    successors = forms.ModelMultipleChoiceField(
        Unit.objects.none(), label=_("Successors"), required=False, help_text=_("Who carries on its work. Its public page leads to them.")
    )
    with_below = forms.BooleanField(
        label=_("Close what belongs to it as well"), required=False, help_text=_("Its departments and other units below end on the same day.")
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        still_there = Q(valid_to=None) | Q(valid_to__gt=today())
        self.fields["successors"].queryset = Unit.objects.filter(still_there).exclude(pk=unit.pk)  # type: ignore[attr-defined]  # a ModelMultipleChoiceField
