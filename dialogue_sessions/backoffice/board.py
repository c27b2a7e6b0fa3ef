"""The board: sessions by state, with what each still needs and what is next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.hours import day_clock
from organisation.book import Book, book
from organisation.calendar import ONE_DAY
from organisation.models import Post, Unit, today
from organisation.staff import units_of

from .. import law, scope
from ..enums import DIALOGUES, RECEPTIONS_WITH_SCHEDULE, MinutesState, PoolKind, RegistrationState, SessionKind, SessionState, TermKey
from ..models import Minutes, Pool, Registration, Session, SessionQuerySet
from ..planning import Timer

COLUMNS = [
    SessionState.DRAFT, SessionState.ANNOUNCED, SessionState.OPEN, SessionState.CLOSED, SessionState.UNDER_WAY, SessionState.HELD,
    SessionState.CANCELLED,
]  # fmt: skip
SHOWN = 40  # cards of a column
BACK = 14 * ONE_DAY  # what was held or called off stays on the board so long


class BoardFilters(forms.Form):
    """By unit, kind, who receives, and week."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("Unit"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[("", "---------"), *SessionKind.choices], required=False)
    post = forms.ModelChoiceField(Post.objects.none(), label=gettext_lazy("Who receives"), required=False)
    week = forms.DateField(
        label=gettext_lazy("Week of the day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = scope.units_for(user)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["post"].queryset = Post.objects.filter(unit__in=units).select_related("unit")  # type: ignore[attr-defined]  # the same

    def checked(self) -> BoardFilters:
        """Itself, its data read."""
        self.is_valid()
        return self

    def narrow(self, rows: SessionQuerySet) -> SessionQuerySet:
        """The rows that the filters leave."""
        data = self.cleaned_data
        for name in ("unit", "kind", "post"):
            if data.get(name):
                rows = rows.filter(**{name: data[name]})
        if not data.get("kind"):
            rows = rows.exclude(kind=SessionKind.APPOINTMENT)  # a day has dozens of them: they have a list of their own
        if day := data.get("week"):
            monday = dt.datetime.combine(day - (day.isoweekday() - 1) * ONE_DAY, dt.time.min, timezone.get_default_timezone())
            return rows.filter(starts_at__gte=monday, starts_at__lt=monday + 7 * ONE_DAY)
        over = [SessionState.HELD, SessionState.CANCELLED]
        return rows.exclude(state__in=over, starts_at__lt=timezone.now() - BACK)


@dataclass(frozen=True)
class Card:
    """One session on the board."""

    session: Any
    url: str
    next: str
    late: bool
    missing: list[str]


def with_numbers(rows: SessionQuerySet) -> Any:
    """Sessions with their seats, how many are taken, who waits, and whether some are online: in the same query."""
    pools = Pool.objects.filter(session=OuterRef("pk")).order_by().values("session")
    waits = Registration.objects.filter(session=OuterRef("pk"), state=RegistrationState.WAITING).order_by().values("session")

    def number(of: Any) -> Coalesce:
        return Coalesce(Subquery(of, output_field=IntegerField()), 0)

    return rows.annotate(
        seats=number(pools.annotate(n=Sum("capacity")).values("n")),
        seats_taken=number(pools.annotate(n=Sum("taken")).values("n")),
        people_waiting=number(waits.annotate(n=Sum("size")).values("n")),
        online_pools=number(pools.annotate(n=Count("pk", filter=Q(kind=PoolKind.ONLINE))).values("n")),
        to_book=number(pools.annotate(n=Sum("capacity", filter=~Q(kind=PoolKind.WALK_IN))).values("n")),
        reported=Exists(Minutes.objects.filter(session=OuterRef("pk"), state=MinutesState.PUBLISHED)),
    )  # fmt: skip


def missing(session: Any) -> list[str]:
    """What the public would still look for in vain."""
    found = []
    if session.room_id is None and not session.place and not session.online_link:
        found.append(_("where"))
    if session.post_id is None:
        found.append(_("who receives"))
    if session.kind in RECEPTIONS_WITH_SCHEDULE + DIALOGUES and not session.subjects.strip():
        found.append(_("expected subjects"))
    if not session.seats:
        found.append(_("seats"))
    if session.to_book and session.registration_opens is None:
        found.append(_("when to register"))
    if session.online_pools and not session.online_link:
        found.append(_("online link"))
    return found


def _moment(moment: dt.datetime | None) -> str:
    return day_clock(moment) or "–"


def next_step(session: Any, timers: list[Timer], shelf: Book, day: dt.date) -> tuple[str, bool]:
    """What is due next, and whether it is late. No query: `shelf` is `book()`."""
    calendar = shelf.calendar(session.unit_id) if session.state in {SessionState.DRAFT, SessionState.HELD} else None
    if session.state == SessionState.DRAFT and calendar is not None:
        dues = law.announce_by(session, calendar, timers, online=bool(session.online_pools))
        if dues:
            first = min(due.latest for due in dues)
            return _("make public by %(day)s") % {"day": f"{first:%d/%m/%Y}"}, day > first
        return _("make public before %(at)s") % {"at": _moment(session.starts_at)}, False
    if session.state == SessionState.ANNOUNCED and session.registration_opens:
        return _("registration opens %(at)s") % {"at": _moment(session.registration_opens)}, False
    if session.state == SessionState.OPEN:
        return _("registration closes %(at)s") % {"at": _moment(session.registration_closes)}, False
    if session.state in {SessionState.ANNOUNCED, SessionState.CLOSED}:
        return _("begins %(at)s") % {"at": _moment(session.starts_at)}, False
    if session.state == SessionState.UNDER_WAY:
        return _("ends %(at)s") % {"at": _moment(session.ends_at)}, False
    if session.state == SessionState.HELD and session.kind in DIALOGUES and not session.reported and calendar is not None:
        due = law.term(TermKey.RESULT, law.day_of(session), calendar, timers)
        return (_("results public by %(day)s") % {"day": f"{due.latest:%d/%m/%Y}"}, day > due.latest) if due else ("", False)
    return "", False


@scope.office(scope.VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """Columns of cards."""
    user: Any = request.user
    form = BoardFilters(request.GET, user=user)
    rows = scope.sessions_for(user)
    rows = form.checked().narrow(rows)
    counts = Counter(dict(rows.order_by().values_list("state").annotate(Count("pk"))))
    timers, shelf, day = law.timers(), book(), today()
    cards: dict[str, list[Card]] = {state: [] for state in COLUMNS}
    for state in COLUMNS:
        if counts[state]:
            order = "-starts_at" if state in {SessionState.HELD, SessionState.CANCELLED} else "starts_at"
            found = with_numbers(rows.filter(state=state)).select_related("unit", "room", "post").order_by(order, "pk")[:SHOWN]
            cards[state] = [_card(session, timers, shelf, day) for session in found]
    columns = [
        {"state": state, "label": SessionState(state).label, "count": counts[state], "cards": cards[state], "more": counts[state] - len(cards[state])}
        for state in COLUMNS
    ]
    context = {
        "columns": columns, "form": form, "page_title": _("Sessions"), "header_icon": "group", "may_plan": scope.may(user, scope.PLAN),
        "total": sum(counts.values()), "appointments_url": "" if form.cleaned_data.get("kind") else f"?kind={SessionKind.APPOINTMENT}",
        "no_unit": not counts and units_of(user) == set(),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/board.html", context)


def _card(session: Session, timers: list[Timer], shelf: Book, day: dt.date) -> Card:
    words, late = next_step(session, timers, shelf, day)
    lacks = missing(session) if session.state not in {SessionState.HELD, SessionState.CANCELLED} else []
    return Card(session, reverse("dialogue_sessions_backoffice:session", args=[session.pk]), words, late, lacks)
