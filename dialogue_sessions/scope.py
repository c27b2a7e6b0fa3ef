"""Whose sessions a member of staff works with (A10): every page of the back office reads its rows from here.

Lists, counts, searches, choosers, files and addresses of single rows: another unit's row is not there (404), it is not forbidden.
What somebody may do with the rows in sight is a permission (`safeguards/roles.toml`)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from organisation.models import Unit
from organisation.staff import units_of

from .models import Registration, RegistrationQuerySet, Series, Session, SessionQuerySet

VIEW = "dialogue_sessions.view_session"
PLAN = "dialogue_sessions.add_session"  # planning a year, a session; drafts
CHANGE = "dialogue_sessions.change_session"  # texts, seats, registration closed and opened again
ANNOUNCE = "dialogue_sessions.announce_session"  # what everybody sees: make public, move, call off
VIEW_REGISTRATIONS = "dialogue_sessions.view_registration"
REGISTER = "dialogue_sessions.manage_registration"  # write down, cancel, move, seat at the door, who came
REVEAL = "dialogue_sessions.reveal_registration"  # read one name and contact, on record
EXPORT = "dialogue_sessions.export_registration"
EXPORT_CONTACTS = "dialogue_sessions.export_contact"

P = ParamSpec("P")


def units_for(user: Any) -> QuerySet[Unit]:
    """The units whose sessions somebody works with."""
    units = units_of(user)
    return Unit.objects.all() if units is None else Unit.objects.filter(pk__in=units)


def _within(rows: QuerySet[Any], path: str, user: Any) -> Any:
    units = units_of(user)
    return rows if units is None else rows.filter(**{f"{path}__in": units})


def rows_for(user: Any, rows: QuerySet[Any], path: str) -> Any:
    """Rows of another model, narrowed by the way from them to a unit: `rows_for(user, Question.objects.all(), "session__unit")`."""
    return _within(rows, path, user)


def sessions_for(user: Any) -> SessionQuerySet:
    """The sessions of somebody's units. Two queries for the units, none yet for the rows."""
    found: SessionQuerySet = _within(Session.objects.all(), "unit", user)
    return found


def series_for(user: Any) -> QuerySet[Series]:
    """The series of somebody's units."""
    found: QuerySet[Series] = _within(Series.objects.all(), "unit", user)
    return found


def registrations_for(user: Any) -> RegistrationQuerySet:
    """Those who registered for sessions of somebody's units."""
    found: RegistrationQuerySet = _within(Registration.objects.all(), "session__unit", user)
    return found


def session_or_404(user: Any, pk: int, rows: SessionQuerySet | None = None) -> Session:
    """A session of somebody's units; anything else is not there. `rows` where more is to be read with it."""
    found: SessionQuerySet = _within(Session.objects.select_related("unit") if rows is None else rows, "unit", user)
    return get_object_or_404(found, pk=pk)


def registration_or_404(user: Any, pk: int) -> Registration:
    """A registration for a session of somebody's units, with its session and seats."""
    return get_object_or_404(registrations_for(user).select_related("session__unit", "pool"), pk=pk)


def may(user: Any, permission: str) -> bool:
    """Whether somebody has a right; which rows it reaches is a matter of scope."""
    return bool(user.has_perm(permission))


def office(
    *permissions: str, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page of the back office: kept by nobody, for those who have all of these permissions."""

    def wrap(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @never_cache
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def inside(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not all(may(request.user, permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inside

    return wrap


class Scoped:
    """For class-based views over `Session`, `Registration`, or what hangs on them: `unit_path` is the way from a row to its unit.
    The queryset of the view is narrowed, whichever page of a viewset asks for it."""

    unit_path = "unit"
    request: HttpRequest

    def get_base_queryset(self) -> Any:
        """Lists and reports of Wagtail."""
        return _within(super().get_base_queryset(), self.unit_path, self.request.user)  # type: ignore[misc]  # of the view it is mixed into

    def get_object(self, *args: Any, **kwargs: Any) -> Any:
        """One row: of somebody else's unit it is not there."""
        found = super().get_object(*args, **kwargs)  # type: ignore[misc]  # of the view it is mixed into
        if not _within(type(found)._default_manager.filter(pk=found.pk), self.unit_path, self.request.user).exists():
            raise Http404
        return found
