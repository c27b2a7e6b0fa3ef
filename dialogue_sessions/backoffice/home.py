"""What waits for somebody among dialogues and receptions, on the first page of the back office: today's sessions, and what is to be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from wagtail.admin.ui.components import Component

from organisation.models import today
from organisation.staff import units_of

from .. import scope
from ..enums import DOOR_STATES, FOLLOWED_UP, CorrectionState, QuestionState, SessionKind
from ..models import Correction, Promise, Question, Session

SHOWN = 5
WEEK = 7


class Waits(Component):
    """A panel; nothing where nothing waits."""

    name = "dialogues"
    order = 90
    template_name = "dialogue_sessions/admin/home.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        """Six queries at most, two of them for the units."""
        user: Any = parent_context["request"].user
        units = units_of(user)
        if units == set() or not scope.may(user, scope.VIEW):
            return {"sessions": [], "tasks": []}
        return {"sessions": _today(user, units), "tasks": [(said, url) for number, said, url in _tasks(user, units) if number]}


def _among(path: str, units: set[int] | None) -> Q:
    return Q() if units is None else Q(**{f"{path}__in": units})


def _today(user: Any, units: set[int] | None) -> list[tuple[Session, str]]:
    """Sessions of this day, each with the page on which it is run, or its own."""
    begins = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Session.objects.filter(_among("unit", units), state__in=DOOR_STATES, starts_at__lt=begins + dt.timedelta(days=1), ends_at__gte=begins)
    page = "dialogue_sessions_day:session" if scope.may(user, scope.VIEW_REGISTRATIONS) else "dialogue_sessions_backoffice:session"
    shown = rows.exclude(kind=SessionKind.APPOINTMENT).order_by("starts_at", "pk")[:SHOWN]
    return [(one, reverse(page, args=[one.pk])) for one in shown]


def _tasks(user: Any, units: set[int] | None) -> list[tuple[int, str, str]]:
    """What waits, how many of it, and where it is done."""
    found = []
    if scope.may(user, "dialogue_sessions.moderate_question"):
        number = Question.objects.filter(_among("session__unit", units), state=QuestionState.RECEIVED).count()
        said = ngettext("%(n)s question waits to be looked at", "%(n)s questions wait to be looked at", number) % {"n": number}
        found.append((number, said, reverse("dialogue_sessions_backoffice:questions") + "?state=received"))
    if scope.may(user, "dialogue_sessions.change_minutes"):
        number = Correction.objects.filter(_among("minutes__session__unit", units), state=CorrectionState.PENDING).count()
        said = ngettext("%(n)s correction waits to be decided", "%(n)s corrections wait to be decided", number) % {"n": number}
        found.append((number, said, reverse("dialogue_records:corrections")))
    if scope.may(user, "dialogue_sessions.view_promise"):
        day = today()
        due = Promise.objects.filter(_among("unit", units), state__in=FOLLOWED_UP).aggregate(
            late=Count("pk", filter=Q(due_on__lt=day)),
            week=Count("pk", filter=Q(due_on__gte=day, due_on__lte=day + dt.timedelta(days=WEEK))),
        )
        promises = reverse("dialogue_records:promises")
        late = ngettext("%(n)s promise is overdue", "%(n)s promises are overdue", due["late"]) % {"n": due["late"]}
        week = ngettext("%(n)s promise is due this week", "%(n)s promises are due this week", due["week"]) % {"n": due["week"]}
        found += [(due["late"], late, f"{promises}?state=qua-han"), (due["week"], week, f"{promises}?state=week")]
    return found
