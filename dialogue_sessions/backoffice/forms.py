"""Forms of the back office: the planner of a year, one session, and what a change asks for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from organisation.calendar import NOON
from organisation.models import WEEKDAYS, Field, Post, Room, Unit, today

from .. import scope
from ..enums import BEFORE_START, EDITABLE, Because, PoolKind, SessionKind
from ..models import Pool, Session
from ..planning import LAST, Rule
from ..services import Seats
from .fields import BesideField, ClockInput, CodesField, DayInput, MomentField, PlaceReasonField, RoomField
from .year import Wish

PLACES = [(1, _("first")), (2, _("second")), (3, _("third")), (4, _("fourth")), (LAST, _("last"))]
WAYS = [("weekdays", _("days of the week")), ("month_days", _("days of the month")), ("nth", _("the first, second … such weekday of the month"))]
HALVES = [("", _("as the times say")), ("am", _("the morning")), ("pm", _("the afternoon")), ("full", _("either"))]
FIRST_YEAR, LAST_YEAR = 2020, 2100
PAST = _("That time is over. Choose a later one.")


class ForUnits(TellingForm):
    """Choices are of the units in sight: another unit's posts and rooms are not offered, and not taken."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = scope.units_for(user)
        choices: dict[str, Any] = {
            "unit": units, "post": Post.objects.filter(unit__in=units).select_related("unit"),
            "stand_in": Post.objects.filter(unit__in=units).select_related("unit"), "room": Room.objects.select_related("point"),
            "attending": Unit.objects.current().order_by("level", "order", "name"),
        }  # fmt: skip
        for name, rows in choices.items():
            if name in self.fields:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]  # a ModelChoiceField
        if "unit" in self.fields and not self.is_bound and len(found := list(units[:2])) == 1:
            self.initial.setdefault("unit", found[0].pk)  # who works for one unit need not choose it

    def fieldset(self, *names: str) -> list[forms.BoundField]:
        """Some of its fields, in order."""
        return [self[name] for name in names if name in self.fields]


def _times(data: dict[str, Any]) -> Iterator[tuple[dt.time, dt.time]]:
    for begins, ends in (("begins", "ends"), ("begins_2", "ends_2")):
        if data.get(begins) and data.get(ends):
            yield data[begins], data[ends]


class SeatsFields(TellingForm):
    """How many seats there are, by where."""

    seats_hall = forms.IntegerField(label=_("Seats in the hall"), min_value=0, max_value=5000, required=False)
    seats_online = forms.IntegerField(label=_("Seats online"), min_value=0, max_value=5000, required=False)
    seats_walk_in = forms.IntegerField(
        label=_("Seats kept for those who come without registering"), min_value=0, max_value=5000, required=False
    )  # fmt: skip

    def seats(self) -> list[Seats]:
        """The pools that are asked for."""
        wanted = ((PoolKind.HALL, "seats_hall"), (PoolKind.ONLINE, "seats_online"), (PoolKind.WALK_IN, "seats_walk_in"))
        return [Seats(self.cleaned_data[name], kind) for kind, name in wanted if self.cleaned_data.get(name)]


class PlannerForm(SeatsFields, ForUnits):
    """A rule that makes a year of dates, and what all of its sessions share."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    kind = forms.ChoiceField(label=_("Kind"), choices=SessionKind.choices, initial=SessionKind.PERIODIC)
    title = forms.CharField(label=_("Title"), max_length=200)
    title_en = forms.CharField(label=_("English title"), max_length=200, required=False)
    year = forms.IntegerField(label=_("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    way = forms.ChoiceField(label=_("Which days"), choices=WAYS, widget=forms.RadioSelect, initial="weekdays")
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    every = forms.TypedChoiceField(
        label=_("How often"), coerce=int, initial=1, required=False, empty_value=None,
        choices=[(1, _("every week")), (2, _("every second week")), (3, _("every third week")), (4, _("every fourth week"))],
        help_text=_("Counted from the week of the first day, which must then be given."),
    )  # fmt: skip
    month_days = forms.CharField(
        label=_("Days of the month"), max_length=100, required=False,
        help_text=_("Numbers with a comma between them: 15, 25. A month without such a day has its last one instead."),
    )  # fmt: skip
    nth_places = forms.TypedMultipleChoiceField(
        label=_("Which of the month"), choices=PLACES, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    nth_weekday = forms.TypedChoiceField(label=_("Weekday"), choices=WEEKDAYS, coerce=int, required=False, empty_value=None)
    in_months = forms.TypedMultipleChoiceField(
        label=_("In which months"), choices=[(month, str(month)) for month in range(1, 13)], coerce=int, widget=forms.CheckboxSelectMultiple,
        initial=list(range(1, 13)),
    )  # fmt: skip
    half = forms.ChoiceField(
        label=_("What must be working time"), choices=HALVES, required=False,
        help_text=_("A day on which this half is not worked is held on the next working day."),
    )  # fmt: skip
    first = forms.DateField(label=_("Not before"), required=False, widget=DayInput)
    last = forms.DateField(label=_("Not after"), required=False, widget=DayInput)
    begins = forms.TimeField(label=_("Begins"), widget=ClockInput, initial=dt.time(7, 30))
    ends = forms.TimeField(label=_("Ends"), widget=ClockInput, initial=dt.time(11, 30))
    begins_2 = forms.TimeField(label=_("Begins again"), widget=ClockInput, required=False, help_text=_("After the break, if there is one."))
    ends_2 = forms.TimeField(label=_("Ends again"), widget=ClockInput, required=False)
    slot_minutes = forms.IntegerField(
        label=_("Minutes of a slot"), min_value=5, max_value=480, required=False, help_text=_("Empty: each time is one session.")
    )  # fmt: skip
    per_person = forms.IntegerField(
        label=_("Most places of one person"), min_value=1, max_value=100, required=False,
        help_text=_("In sessions that are still to come. Empty: no limit.")
    )  # fmt: skip
    post = forms.ModelChoiceField(Post.objects.none(), label=_("Who receives"), required=False)
    stand_in = forms.ModelChoiceField(Post.objects.none(), label=_("Who stands in"), required=False)
    attending = BesideField()
    served_fields = forms.ModelMultipleChoiceField(
        Field.objects.order_by("name"), label=_("Fields"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Appointments: pages of procedures of these fields lead to its slots. With neither fields nor single procedures, those of "
                    "all procedures that the unit takes do."),
    )  # fmt: skip
    served_codes = CodesField()
    room = RoomField(Room.objects.none(), label=_("Room"), required=False)
    place = forms.CharField(label=_("Where it is held, if in none of the rooms"), max_length=250, required=False)
    online_link = forms.URLField(label=_("Online link"), required=False, assume_scheme="https")
    accessibility = forms.CharField(label=_("Accessibility"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    subjects = forms.CharField(
        label=_("Expected subjects"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One a line.")
    )  # fmt: skip
    opens_days = forms.IntegerField(
        label=_("Registration opens so many days before"), min_value=1, max_value=365, required=False, help_text=_("Empty: nobody registers online.")
    )  # fmt: skip
    lead_hours = forms.IntegerField(label=_("Registration closes so many hours before"), min_value=0, max_value=2000, required=False, initial=24)
    skip_planned = forms.BooleanField(label=_("Leave out days on which the unit holds such a session already"), required=False, initial=True)

    def clean_month_days(self) -> tuple[int, ...]:
        """Numbers from 1 to 31."""
        text = str(self.cleaned_data["month_days"])
        parts = [part for part in re.split(r"[\s,;]+", text) if part]
        if any(not part.isdecimal() or len(part) > 2 or not 1 <= int(part) <= 31 for part in parts):
            raise forms.ValidationError(_("Write numbers from 1 to 31 with a comma between them, such as 15, 25."))
        return tuple(sorted({int(part) for part in parts}))

    def clean(self) -> dict[str, Any]:
        """What belongs together."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_days(data)
        self._clean_times(data)
        if data.get("opens_days") and (data.get("lead_hours") or 0) >= 24 * data["opens_days"]:
            self.add_error("lead_hours", _("Registration would close before it opens."))
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("The last day is before the first."))
        if data.get("post") and data.get("post") == data.get("stand_in"):
            self.add_error("stand_in", _("Nobody stands in for themselves."))
        if not self.errors and not self.seats() and data.get("opens_days"):
            self.add_error("seats_hall", _("People can register, but there are no seats. Give a number of seats."))
        return data

    def _clean_days(self, data: dict[str, Any]) -> None:
        needed = {"weekdays": "weekdays", "month_days": "month_days", "nth": "nth_places"}.get(data.get("way", ""))
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("Choose at least one day."))
        if needed == "nth_places" and not data.get("nth_weekday") and "nth_weekday" not in self.errors:
            self.add_error("nth_weekday", _("Choose the weekday."))
        if data.get("way") == "weekdays" and (data.get("every") or 1) > 1 and not data.get("first") and "first" not in self.errors:
            self.add_error("first", _("Say from which day on: weeks are counted from it."))

    def _clean_times(self, data: dict[str, Any]) -> None:
        for begins, ends in (("begins", "ends"), ("begins_2", "ends_2")):
            if data.get(begins) and data.get(ends) and data[ends] <= data[begins]:
                self.add_error(ends, _("It ends before it begins."))
        if bool(data.get("begins_2")) != bool(data.get("ends_2")) and not {"begins_2", "ends_2"} & set(self.errors):
            self.add_error("ends_2", _("Give both times after the break, or neither."))
        if data.get("ends") and data.get("begins_2") and data["begins_2"] < data["ends"]:
            self.add_error("begins_2", _("It begins again before the first part ends."))
        halves = {"am" if begins < NOON else "pm" for begins, _ends in _times(data)}
        if data.get("half") in {"am", "pm"} and halves and data["half"] not in halves:
            self.add_error("half", _("No time is in this half of the day."))

    def half_of_the_day(self) -> Any:
        """The half that must be working time."""
        said = self.cleaned_data.get("half")
        halves = {"am" if begins < NOON else "pm" for begins, _ends in _times(self.cleaned_data)}
        return said or (halves.pop() if len(halves) == 1 else "full")

    def wish(self) -> Wish:
        """The checked wish; raises WrongRule for what no field could see."""
        data = self.cleaned_data
        way: dict[str, Any] = {
            "weekdays": {"weekdays": tuple(data["weekdays"]), "every": data["every"] or 1},
            "month_days": {"month_days": data["month_days"]},
            "nth": {"nth": tuple((place, data["nth_weekday"]) for place in data["nth_places"])},
        }[data["way"]]
        rule = Rule(**way, in_months=tuple(data["in_months"]), half=self.half_of_the_day(), first=data["first"], last=data["last"])
        return Wish(
            data["unit"], data["kind"], data["year"], rule, tuple(_times(data)), data["slot_minutes"], data["room"], bool(data["skip_planned"])
        )

    def opens(self) -> Any:
        """When registration opens for a session, from its beginning; nothing when nobody registers online."""
        days = self.cleaned_data["opens_days"]
        return (lambda starts_at: starts_at - dt.timedelta(days=days)) if days else None

    def shared(self) -> dict[str, Any]:
        """What every session of the year has."""
        names = ("post", "stand_in", "room", "place", "online_link", "accessibility", "subjects", "attending")
        return {name: self.cleaned_data[name] for name in names}

    def served(self) -> dict[str, Any]:
        """What an appointment's slots are for."""
        return {"fields": self.cleaned_data["served_fields"], "procedures": self.cleaned_data["served_codes"]}


class SessionForm(SeatsFields, ForUnits):
    """One session: a new one with its seats, or what may still be changed of one that exists."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    kind = forms.ChoiceField(label=_("Kind"), choices=SessionKind.choices)
    title = forms.CharField(label=_("Title"), max_length=200)
    title_en = forms.CharField(label=_("English title"), max_length=200, required=False)
    starts_at = MomentField(label=_("Begins"))
    ends_at = MomentField(label=_("Ends"))
    post = forms.ModelChoiceField(Post.objects.none(), label=_("Who receives"), required=False)
    stand_in = forms.ModelChoiceField(Post.objects.none(), label=_("Who stands in"), required=False)
    room = RoomField(Room.objects.none(), label=_("Room"), required=False)
    place = forms.CharField(label=_("Where it is held, if in none of the rooms"), max_length=250, required=False)
    place_reason = PlaceReasonField()
    online_link = forms.URLField(label=_("Online link"), required=False, assume_scheme="https")
    accessibility = forms.CharField(label=_("Accessibility"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    subjects = forms.CharField(
        label=_("Expected subjects"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One a line.")
    )  # fmt: skip
    attending = BesideField()
    registration_opens = MomentField(label=_("Registration from"), required=False)
    registration_closes = MomentField(label=_("Registration until"), required=False)
    questions_until = MomentField(label=_("Questions until"), required=False, help_text=_("Dialogues. Empty: as long as registration."))
    field_order = (
        "unit", "kind", "title", "title_en", "starts_at", "ends_at", "post", "stand_in", "attending", "room", "place", "place_reason", "online_link",
        "accessibility", "subjects", "registration_opens", "registration_closes", "questions_until", "seats_hall", "seats_online", "seats_walk_in",
    )  # fmt: skip

    def __init__(self, *args: Any, session: Session | None = None, **kwargs: Any) -> None:
        if session is not None:
            kwargs["initial"] = {name: getattr(session, name) for name in EDITABLE[session.state] - {"attending"}}
            if "attending" in EDITABLE[session.state]:
                kwargs["initial"]["attending"] = list(session.attending.values_list("pk", flat=True))
        super().__init__(*args, **kwargs)
        self.session = session
        editable = EDITABLE[session.state] if session is not None else frozenset(self.fields) - {"place_reason"}
        if session is not None and session.state in BEFORE_START:
            editable |= {"place_reason"}
        for name in list(self.fields):
            if name not in editable:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What goes to the service."""
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("seats_") and name != "place_reason"}


class ReasonForm(TellingForm):
    """Why: everybody reads it."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands on the public page and in what people are told.")
    )  # fmt: skip


class LateForm(TellingForm):
    """Why it is late, when it is."""

    reason = forms.CharField(
        label=_("Why it is late"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only when a term of the law is over. It stands on the public page."),
    )  # fmt: skip


class MoveForm(ReasonForm):
    """Another time, with the reason."""

    starts_at = MomentField(label=_("Begins"))
    ends_at = MomentField(label=_("Ends"))
    field_order = ("starts_at", "ends_at", "reason")


class ReopenForm(TellingForm):
    """Until when people may register again."""

    until = MomentField(label=_("Registration until"))

    def clean_until(self) -> dt.datetime:
        """A time to come."""
        until: dt.datetime = self.cleaned_data["until"]
        if until <= timezone.now():
            raise forms.ValidationError(PAST)
        return until


class CapacityForm(TellingForm):
    """How many seats a pool has."""

    capacity = forms.IntegerField(label=_("Seats"), min_value=0, max_value=5000)


class PoolForm(TellingForm):
    """Another pool of seats."""

    kind = forms.ChoiceField(label=_("Kind"), choices=PoolKind.choices)
    village = forms.CharField(label=_("Village"), max_length=120, required=False, help_text=_("Only for seats kept for a village."))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=5000)


class NameForm(TellingForm):
    """A name as somebody at the door says it."""

    name = forms.CharField(label=_("Full name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))


ACTIONS = [
    ("", "–"), ("cancel", _("cancel the registration")), ("pool", _("give other seats")), ("seat", _("seat at the door")),
    ("came", _("mark: came")), ("missed", _("mark: did not come")),
]  # fmt: skip


class BulkForm(TellingForm):
    """What is done with the rows that are ticked."""

    action = forms.ChoiceField(
        label=_("With those ticked"), choices=ACTIONS, error_messages={"required": _("Choose what to do with the rows that are ticked.")}
    )
    why = forms.ChoiceField(label=_("Why, when cancelling"), choices=[("", "–"), *Because.choices], required=False)
    pool = forms.ModelChoiceField(Pool.objects.none(), label=_("Which seats, when giving others"), required=False)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = session.pools.all()  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        """What an action needs."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("action") == "cancel" and not data.get("why"):
            self.add_error("why", _("Say why."))
        if data.get("action") == "pool" and not data.get("pool") and "pool" not in self.errors:
            self.add_error("pool", _("Choose the seats."))
        return data


def next_year() -> int:
    """The year that is planned most often: from October on the coming one."""
    day = today()
    return day.year + (day.month >= 10)
