"""The switch for work on the portal: while the file stands, visitors read why and until when (503); the back office, signing in
and what machines ask about health go on. A file, since it must work while the database is away; `manage.py maintenance` writes it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from .refusals import language_of, refuse

RETRY_AFTER = 600  # seconds, where nobody said until when
LONGEST_WAIT = 24 * 3600
OPEN = ("/healthz", "/readyz", "/.well-known/", "/csp-report")


def file() -> Path:
    """Where the switch is."""
    return Path(settings.MAINTENANCE_FILE)


@dataclass(frozen=True)
class Notice:
    """What is said meanwhile: words of whoever switched it on by language ('' for the usual ones), and until when."""

    words: dict[str, str]
    until: datetime | None = None

    def retry_after(self, now: datetime) -> int:
        """Seconds after which it is worth asking again."""
        left = int((self.until - now).total_seconds()) if self.until else RETRY_AFTER
        return min(max(left, 60), LONGEST_WAIT)

    def said(self, language: str) -> str:
        """The sentence for a page."""
        reason = self.words.get(language, "") or _("The portal is being worked on.")
        if self.until is None:
            return reason
        day = date_format(timezone.localtime(self.until), "SHORT_DATETIME_FORMAT")
        return f"{reason} {_('It will be back at %(time)s.') % {'time': day}}"


def on(words: dict[str, str], until: datetime | None) -> None:
    """Switch it on; what is read meanwhile is the old file or the new one, never half of it."""
    content = json.dumps({"words": words, "until": until.isoformat() if until else None}, ensure_ascii=False)
    partial = file().with_suffix(".part")
    partial.write_text(content, encoding="utf-8")
    partial.replace(file())


def off() -> bool:
    """Switch it off; gives whether it was on."""
    was = file().exists()
    file().unlink(missing_ok=True)
    return was


def notice() -> Notice | None:
    """What to say, or None when the portal is open. An empty file (`touch`) is a switch too."""
    try:
        text = file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        content: dict[str, Any] = json.loads(text)
        until = content.get("until")
        return Notice({str(key): str(value) for key, value in content.get("words", {}).items()}, datetime.fromisoformat(until) if until else None)
    except (ValueError, AttributeError, TypeError):
        return Notice({})


class Maintenance:
    """Stands before whatever keeps pages. Who carries a session goes on as far as the view, where it is known whose it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    @staticmethod
    def _closed(request: HttpRequest) -> HttpResponse | None:
        found = notice()
        if found is None:
            return None
        language = language_of(request)
        with override(language):
            said = found.said(language)
        return refuse(request, 503, retry_after=found.retry_after(timezone.now()), said=said)

    @staticmethod
    def _open_to(path: str) -> bool:
        return path.startswith((*settings.STAFF_PATHS, *settings.ACCOUNT_PATHS, *OPEN))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """503 for visitors while the switch is on."""
        if os.path.lexists(file()) and not self._open_to(request.path_info) and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self._closed(request) or self.get_response(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, named: Any) -> HttpResponse | None:
        """A session proves nothing by being there."""
        if not os.path.lexists(file()) or self._open_to(request.path_info) or request.user.is_authenticated:
            return None
        return self._closed(request)
