"""The projector's view of a session: what is spoken about now, what comes next, how long, how many people are there."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import qr

from . import running_order
from .day_notices import session_address
from .enums import SessionState
from .models import Session
from .services import day, delays

REFRESH = 20  # seconds after which a page without a script asks again


def address_on_the_wall(session: Session, *, asks: bool) -> str:
    """Where the code leads: to the page for a question as long as any is taken, then to the session's."""
    if asks:
        return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse("questions:send", args=[session.slug]))
    return session_address(session, get_language() or settings.LANGUAGE_CODE)


def left(until: dt.datetime, now: dt.datetime) -> str:
    """The time that is left, to the minute, in words."""
    seconds = (until - now).total_seconds()
    minutes = -int(-seconds // 60) if seconds > 0 else int(-seconds // 60)
    if seconds > 0:
        return ngettext("%(minutes)s minute left", "%(minutes)s minutes left", minutes) % {"minutes": minutes}
    return ngettext("%(minutes)s minute over", "%(minutes)s minutes over", minutes) % {"minutes": minutes}


@require_safe
@never_cache
def screen(request: HttpRequest, slug: str) -> HttpResponse:
    """Made anew each time it is asked, since it shows the moment; `?dung=1` stays as it is. No person's name or number stands in it."""
    session = get_object_or_404(Session.objects.public().select_related("unit", "room"), slug=slug)
    now = timezone.now()
    delay = delays.latest(session)
    points = running_order.for_page(session, delay.minutes if delay is not None else 0)
    running, following = running_order.now_and_next(points)
    begins = delay.starts_at if delay is not None else session.starts_at
    called_off, over = session.state == SessionState.CANCELLED, session.state == SessionState.HELD
    asks = session.takes_questions(now)
    address = address_on_the_wall(session, asks=asks)
    title = _("Code that leads to: send a question") if asks else _("Code that leads to the page of this session")
    context: dict[str, Any] = {
        "session": session, "now": now, "delay": delay if delay is not None and delay.minutes and now < begins else None, "begins": begins,
        "running": running, "following": following, "left": left(running.ends, now) if running is not None else "",
        "share": min(100, max(0, round(100 * (now - running.begins) / (running.ends - running.begins)))) if running is not None else 0,
        "waits": not called_off and not over and running is None and now < begins, "called_off": called_off, "over": over and running is None,
        "present": day.attendance(session).present, "code": qr.svg(address, title=title), "address": address, "asks": asks,
        "stopped": request.GET.get("dung") == "1", "refresh": REFRESH, "robots": "noindex",
    }  # fmt: skip
    return render(request, "dialogue_sessions/screen.html", context)
