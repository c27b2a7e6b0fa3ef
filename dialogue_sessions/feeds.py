"""Calendars and feeds to follow: iCalendar by unit and kind and of one session, Atom of what was announced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation import ical
from foundation.api import absolute
from foundation.atom import AtomFeed, tag
from foundation.registries import FeedGroup, FeedLink, feed_groups
from organisation.models import Unit, in_language, today
from procedures_catalog.caching import asks, public_page

from .agenda import queries
from .agenda.asking import KIND_NAMES, KINDS, Ask, one_of, read_slug
from .enums import SessionKind, SessionState
from .models import Session, SessionQuerySet
from .presentation import moment_text, time_span, where

if TYPE_CHECKING:
    _Base = Feed[Session, Any]
else:
    _Base = Feed  # generic in the stubs only
BACK = dt.timedelta(days=60)  # what is over leaves followers' calendars no sooner than this
MOST = 1_000
NEWEST = 50


def _host() -> str:
    return urlsplit(str(settings.WAGTAILADMIN_BASE_URL)).hostname or "localhost"


def with_moves(found: SessionQuerySet) -> Any:
    """Sessions with how often each was moved, or held elsewhere, and what an entry names."""
    changes = {"times_moved": Count("moves", distinct=True), "times_elsewhere": Count("former_places", distinct=True)}
    return found.select_related("unit", "post", "room__point").annotate(**changes).defer("unit__duties", "unit__duties_en")


def entry(session: Any) -> ical.Event:
    """A session of `with_moves` as an entry of a calendar. The link to an online session is for those who have a seat: it is not here."""
    cancelled = session.state == SessionState.CANCELLED
    text = [str(session.get_kind_display()), session.unit.title]
    if cancelled:
        text.append(_("Cancelled: %(reason)s") % {"reason": session.reason})
    if session.post is not None:
        text.append(_("Receives: %(post)s") % {"post": session.post.name})
    if session.subjects.strip():
        text.append(session.subjects.strip())
    address = absolute(session.get_absolute_url())
    return ical.Event(
        uid=f"lich-{session.pk}@{_host()}",
        title=_("CANCELLED: %(title)s") % {"title": session.name} if cancelled else session.name,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed=session.changed_at,
        url=address,
        where=", ".join(where(session)) or (_("online") if session.online_link else ""),
        text="\n".join([*text, address]),
        kinds=(str(session.get_kind_display()),),
        sequence=session.times_moved + session.times_elsewhere + cancelled,
        cancelled=cancelled,
    )


def _answer(found: list[Any], name: str, file: str) -> HttpResponse:
    response = HttpResponse(ical.write((entry(session) for session in found), name=name), content_type=ical.CONTENT_TYPE)
    if found:
        response["Last-Modified"] = http_date(max(session.changed_at for session in found).timestamp())
    response["Content-Disposition"] = f'inline; filename="{file}.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@asks("co-quan", "loai")
@public_page
def calendar_ics(request: HttpRequest) -> HttpResponse:
    """The calendar to follow: of all, of one unit (`?co-quan=`), of one kind (`?loai=`). Appointments at counters are not in it, but
    when they are asked for."""
    ask = Ask(day=today(), unit=read_slug(request.GET.get("co-quan", "")), kind=one_of(request.GET.get("loai", ""), KINDS))
    unit = Unit.objects.filter(slug=ask.unit).only("slug", "name", "name_en").first() if ask.unit else None
    if ask.unit and unit is None:
        raise Http404(_("There is no such choice."))
    begin = queries.midnight(today()) - BACK
    found = with_moves(queries.of_kind(ask).filter(starts_at__gte=begin).order_by("starts_at", "pk"))[:MOST]
    parts = [_("Dialogues and reception days"), str(KIND_NAMES[ask.kind]) if ask.kind else "", unit.title if unit else ""]
    return _answer(list(found), ", ".join(part for part in parts if part), "lich")


@require_safe
@public_page
def session_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """One session, to put into one's own calendar."""
    found = with_moves(Session.objects.public().filter(slug=slug)).first()
    if found is None:
        raise Http404(_("There is no such session, or it is not public yet."))
    return _answer([found], found.name, found.slug)


class SessionsFeed(_Base):
    """What was announced, moved or called off, newest first."""

    feed_type = AtomFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, with the cache headers of a public page."""
        return public_page(super().__call__)(request, *args, **kwargs)

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("Dialogues and reception days")

    def subtitle(self, obj: Any) -> str:
        """What it tells of."""
        return _("What is announced, moved or called off.")

    def link(self, obj: Any) -> str:
        """The calendar."""
        return reverse("dialogue_sessions:calendar")

    def feed_guid(self, obj: Any) -> str:
        """The same for ever."""
        return tag("lich", get_language() or "vi")

    def items(self, obj: Any) -> list[Session]:
        """The sessions that were announced last; appointments are too many to be news."""
        found = Session.objects.public().exclude(kind=SessionKind.APPOINTMENT).exclude(announced_at=None).order_by("-announced_at", "-pk")
        return list(found.select_related("unit", "room__point").prefetch_related("moves", "former_places")[:NEWEST])

    def item_title(self, item: Session) -> str:
        """The title, and whether it is called off."""
        return _("CANCELLED: %(title)s") % {"title": item.name} if item.state == SessionState.CANCELLED else item.name

    def item_description(self, item: Session) -> str:
        """When and where; why it was moved, is held elsewhere, or was called off."""
        moves, places = list(item.moves.all()), list(item.former_places.all())
        parts = [moment_text(item.starts_at), time_span(item.starts_at, item.ends_at), ", ".join(where(item)), item.unit.title]
        if moves:
            parts.append(_("moved from %(moment)s: %(reason)s") % {"moment": moment_text(moves[-1].old_starts_at), "reason": moves[-1].reason})
        if places:
            parts.append(_("was to be at %(place)s: %(reason)s") % {"place": places[-1].place, "reason": places[-1].reason})
        if item.state == SessionState.CANCELLED:
            parts.append(_("Cancelled: %(reason)s") % {"reason": item.reason})
        return ". ".join(part for part in parts if part)

    def item_guid(self, item: Session) -> str:
        """The same for a session for ever, and another when it was moved, in time or place, or called off: readers show it again."""
        return tag(
            "lich", str(item.pk), str(len(item.moves.all()) + len(item.former_places.all())), "huy" if item.state == SessionState.CANCELLED else ""
        )

    def item_updateddate(self, item: Session) -> dt.datetime:
        """When it was announced or moved last."""
        changes = [move.at for move in item.moves.all()] + [former.at for former in item.former_places.all()]
        return item.changed_at if item.state == SessionState.CANCELLED else max(changes, default=item.announced_at or item.changed_at)

    def item_pubdate(self, item: Session) -> dt.datetime:
        """When it was announced."""
        return item.announced_at or item.changed_at


def links() -> Iterable[FeedLink]:
    """The feed, the whole calendar, and one for each unit that has something in it. One query."""
    yield FeedLink(_("What is announced, moved or called off"), reverse("dialogue_sessions:feed"))
    address = reverse("dialogue_sessions:ics")
    yield FeedLink(_("The whole calendar (iCalendar)"), address)
    for unit in queries.units(""):
        vietnamese = (get_language() or "vi") != "vi" and not unit.name_en
        yield FeedLink(in_language(unit.name, unit.name_en), f"{address}?co-quan={unit.slug}", vietnamese)


def register() -> None:
    """Called when the application starts."""
    text = gettext_lazy("Addresses that end in .ics go into the calendar of a telephone or a computer, which then follows every change.")
    feed_groups.register("sessions", FeedGroup(gettext_lazy("Dialogues and reception days"), text, 15, links))
