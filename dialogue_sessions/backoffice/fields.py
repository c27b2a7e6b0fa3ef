"""Fields of the back office's forms: days and times, rooms, units that attend, procedures by their codes."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisation.models import Room, Unit
from procedures_catalog.models import Procedure


class PlaceReasonField(forms.CharField):
    """Why a session that is public is held elsewhere; asked for by the service when it is."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Why the place changes"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Only when a session that is public gets another room or place. It stands on the public page, beside the former place, "
                        "and in what people are told."),
        )  # fmt: skip


class DayInput(forms.DateInput):
    """The browser's own field for a day."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """The browser's own field for a time of the day."""

    input_type = "time"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A local day and time."""

    widget = MomentInput
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M")


class RoomField(forms.ModelChoiceField[Room]):
    """Rooms by the service point that they are in."""

    def label_from_instance(self, obj: Any) -> str:
        """`Phòng họp (Bộ phận một cửa)`."""
        return f"{obj.name} ({obj.point.name})"


class BesideField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # of units; the class takes no argument as it runs
    """Units that answer beside who receives: of the whole organisation, since a ward's dialogue may need a department of the district."""

    def __init__(self) -> None:
        super().__init__(
            Unit.objects.none(), label=_("Who attends"), required=False, widget=forms.CheckboxSelectMultiple,
            help_text=_("Departments that answer beside who receives."),
        )  # fmt: skip


class CodesField(forms.CharField):
    """Procedures by their codes; the value is the procedures."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Single procedures"), max_length=1000, required=False, help_text=_("Codes with a comma between them: 1.004873, 2.000815."),
        )  # fmt: skip

    def clean(self, value: Any) -> Any:
        """The procedures; a code that nobody knows is named."""
        text = super().clean(value)
        # Whoever copies a code from a decision has its long tail, too: 1.004873.000.00.00.H61.
        codes = list(dict.fromkeys(".".join(part.split(".")[:2]) for part in re.split(r"[\s,;]+", text) if part))
        found = {procedure.code: procedure for procedure in Procedure.objects.filter(code__in=codes)}
        if unknown := [code for code in codes if code not in found]:
            raise forms.ValidationError(_("We know no procedure of this code: %(codes)s."), params={"codes": ", ".join(unknown)})
        return [found[code] for code in codes]
