"""A series after it was planned: its title, limit, what its appointments are for; and what its sessions to come have in common. Which of
them follow is chosen, and shown before anything is saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from foundation.hours import clock_day
from organisation.models import Field, Post, Room, Unit

from .. import scope, services
from ..enums import SessionKind
from ..models import Series, Session
from ..series_changes import OWN, SEATS, SHARED, Change, Standing, Whom, Wish, as_typed, change, leave_their_place, standing, to_come
from .fields import CodesField, PlaceReasonField
from .forms import SeatsFields
from .sessions import tell

NOT_CHOSEN = gettext_lazy("What you changed belongs to the sessions to come: choose which of them follow.")


class SeriesForm(SeatsFields):
    """A series as it stands, and what most of its sessions to come have."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200, required=False)
    per_person = forms.IntegerField(
        label=gettext_lazy("Most places of one person"), min_value=1, max_value=100, required=False,
        help_text=gettext_lazy("In sessions that are still to come. Empty: no limit. Who has more already keeps them."),
    )  # fmt: skip
    served_fields = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Fields"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Pages of procedures of these fields lead to its slots. With neither fields nor single procedures, those of all "
                               "procedures that the unit takes do."),
    )  # fmt: skip
    served_codes = CodesField()
    post = forms.TypedChoiceField(label=gettext_lazy("Who receives"), coerce=int, empty_value=None, required=False)
    stand_in = forms.TypedChoiceField(label=gettext_lazy("Who stands in"), coerce=int, empty_value=None, required=False)
    attending = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who attends"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Departments that answer beside who receives."),
    )  # fmt: skip
    room = forms.TypedChoiceField(label=gettext_lazy("Room"), coerce=int, empty_value=None, required=False)
    place = forms.CharField(label=gettext_lazy("Where it is held, if in none of the rooms"), max_length=250, required=False)
    place_reason = PlaceReasonField()
    online_link = forms.URLField(label=gettext_lazy("Online link"), required=False, assume_scheme="https")
    accessibility = forms.CharField(label=gettext_lazy("Accessibility"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    subjects = forms.CharField(
        label=gettext_lazy("Expected subjects"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=gettext_lazy("One a line.")
    )  # fmt: skip
    whom = forms.ChoiceField(
        label=gettext_lazy("Which sessions to come follow"), choices=Whom.choices, widget=forms.RadioSelect, initial=Whom.NONE,
        help_text=gettext_lazy("Those that have begun or were held never do."),
    )  # fmt: skip

    def __init__(self, *args: Any, series: Series, now: Standing, units: QuerySet[Unit], **kwargs: Any) -> None:
        initial = now.initial()
        initial["served_fields"] = initial.pop("fields")
        initial["served_codes"] = ", ".join(sorted(now.codes.values()))
        del initial["procedures"]
        super().__init__(*args, initial=initial, **kwargs)
        self.now = now
        # What stands there stays a choice, also where it is of a unit that is not in sight or exists no more.
        posts = Post.objects.filter(Q(unit__in=units) | Q(pk__in=[now.shared["post"], now.shared["stand_in"]])).select_related("unit")
        beside = Unit.objects.current() | Unit.objects.filter(pk__in=now.shared["attending"])
        self._choose(posts, "post", "stand_in")
        self._choose(beside.order_by("level", "order", "name"), "attending")
        self._choose(((row.pk, f"{row.name} ({row.point.name})") for row in Room.objects.select_related("point")), "room")
        if series.kind == SessionKind.APPOINTMENT:
            self._choose(Field.objects.order_by("name"), "served_fields")
        else:
            del self.fields["served_fields"], self.fields["served_codes"]

    def _choose(self, rows: Iterable[Any], *names: str) -> None:
        """What is offered, read once; what was chosen is looked up in it, without asking for each again."""
        offered = [row if isinstance(row, tuple) else (row.pk, str(row)) for row in rows]
        for name in names:
            choice: Any = self.fields[name]
            choice.choices = offered if isinstance(choice, forms.MultipleChoiceField) else [("", "---------"), *offered]

    def fieldset(self, *names: str) -> list[forms.BoundField]:
        """Some of its fields, in order."""
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Nobody stands in for themselves."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("post") and data.get("post") == data.get("stand_in"):
            self.add_error("stand_in", _("Nobody stands in for themselves."))
        return data

    def wish(self) -> Wish:
        """What was filled in; what was not asked stays as it is."""
        data = self.cleaned_data
        keys = {"fields": "served_fields", "procedures": "served_codes"}
        values: dict[str, Any] = {}
        for name in (*OWN, *SHARED):
            asked = keys.get(name, name)
            if asked not in self.fields:
                values[name] = self.now.own[name]
            elif name == "procedures":
                values[name] = tuple(sorted(row.pk for row in data[asked]))
            elif name in {"fields", "attending"}:
                values[name] = tuple(sorted(data[asked]))
            else:
                values[name] = as_typed(data[asked])
        return Wish(values, {str(kind): data[asked] for kind, asked in SEATS.items()}, data["whom"], data["place_reason"])


@scope.office(scope.CHANGE, methods=("GET", "HEAD", "POST"))
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, show what would change, save what was shown."""
    user: Any = request.user
    units = scope.units_for(user)
    found = get_object_or_404(Series.objects.filter(unit__in=units).select_related("unit"), pk=pk)
    sessions = to_come(found, timezone.now())
    form = SeriesForm(request.POST if request.method == "POST" else None, series=found, now=standing(found, sessions), units=units)
    made: Change | None = None
    if request.method == "POST" and form.is_valid():
        made = _looked_at(form, found, sessions)
        if made is not None and "save" in request.POST and _saved(request, form, found, made):
            return redirect(reverse("dialogue_sessions_backoffice:series", args=[pk]))
    context = {
        "series": found, "form": form, "change": made if not form.errors else None, "to_come": len(sessions), "fieldsets": _fieldsets(form),
        "back": reverse("dialogue_sessions_backoffice:series", args=[pk]), "page_title": _("Change a series"), "page_subtitle": found.title,
        "header_icon": "calendar-alt", "words": _words(form, made) if made is not None else [],
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/series_edit.html", context, status=422 if form.errors else 200)


def _fieldsets(form: SeriesForm) -> list[tuple[str, Any]]:
    parts = [
        (_("The series"), form.fieldset("title", "title_en", "per_person")),
        (_("What appointments are for"), form.fieldset("served_fields", "served_codes")),
        (_("Who receives, in sessions to come"), form.fieldset("post", "stand_in", "attending")),
        (_("Where, in sessions to come"), form.fieldset("room", "place", "place_reason", "online_link", "accessibility", "subjects")),
        (_("Seats, in sessions to come"), form.fieldset("seats_hall", "seats_online", "seats_walk_in")),
        (_("Which sessions to come follow"), form.fieldset("whom")),
    ]
    return [(title, fields) for title, fields in parts if fields]


def _looked_at(form: SeriesForm, found: Series, sessions: list[Session]) -> Change | None:
    """What the form would do; what no field could know stands in it as an error."""
    made = change(found, form.wish(), sessions, form.now)
    if not made:
        form.add_error(None, _("Nothing is changed yet: what you see is how the series stands."))
    elif made.of_sessions and form.cleaned_data["whom"] == Whom.NONE:
        form.add_error("whom", str(NOT_CHOSEN))
    elif not form.cleaned_data["place_reason"] and leave_their_place(made, form.wish()):
        form.add_error(
            "place_reason", _("Sessions that are public are held elsewhere. Say why: the reason stands on their pages beside the former place.")
        )
    for session, name, taken in made.too_small[:5]:
        said = _("%(when)s: %(taken)s seats are taken, there cannot be fewer than that.")
        form.add_error(name, said % {"when": clock_day(session.starts_at), "taken": taken})
    return None if form.errors else made


def _saved(request: HttpRequest, form: SeriesForm, found: Series, made: Change) -> bool:
    user: Any = request.user
    seen = request.POST.get("seen", "")
    try:
        if not constant_time_compare(seen, made.seen):
            raise services.Stale
        done = services.edit_series(found, form.wish(), user, seen=seen)
    except services.Stale:
        messages.warning(request, _("Something was changed since you looked: here is how it stands now. Please look again, then save."))
        return False
    except services.SessionError as error:
        tell(form, error)
        return False
    number = len(done.sessions)
    said = ngettext("The series is changed, and %(n)s session with it.", "The series is changed, and %(n)s sessions with it.", number)
    messages.success(request, said % {"n": number})
    return True


def _words(form: SeriesForm, made: Change) -> list[str]:
    """The names of the fields that change."""
    names = {"fields": "served_fields", "procedures": "served_codes"}
    wanted = [names.get(name, name) for name in dict.fromkeys([*made.own, *made.shared])]
    wanted += [asked for kind, asked in SEATS.items() if kind in made.seats]
    return [str(form.fields[name].label) for name in wanted if name in form.fields]
