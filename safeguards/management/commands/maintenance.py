"""`manage.py maintenance on|off|status`: the page that visitors read while the portal is worked on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from safeguards import maintenance


def read_time(text: str, now: datetime) -> datetime:
    """`18:30` (today, or tomorrow when that is past), `2026-12-01 18:30`, or `90` (minutes from now)."""
    if text.isdigit():
        return now + timedelta(minutes=int(text))
    local = timezone.localtime(now)
    try:
        clock = datetime.strptime(text, "%H:%M")  # noqa: DTZ007  # a time of day; the zone is the portal's
        then = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        return then if then > local else then + timedelta(days=1)
    except ValueError:
        pass
    try:
        return timezone.make_aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise CommandError(f"{text!r} is no time: 18:30, 2026-12-01T18:30, or a number of minutes.") from error


class Command(BaseCommand):
    """Asks no database: it works while that is away."""

    help = "Switches the maintenance page on or off. The back office, signing in, /healthz and /readyz go on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What, until when, and the words."""
        parser.add_argument("what", choices=["on", "off", "status"])
        parser.add_argument("--until", help="18:30, 2026-12-01T18:30 or minutes from now; visitors and their programs are told")
        parser.add_argument("--vi", default="", help="why, in Vietnamese")
        parser.add_argument("--en", default="", help="why, in English")

    def handle(self, *args: Any, **options: Any) -> None:
        """Switch, or say how it stands."""
        if options["what"] == "on":
            until = read_time(options["until"], timezone.now()) if options["until"] else None
            maintenance.on({"vi": options["vi"], "en": options["en"]}, until)
        elif options["what"] == "off":
            maintenance.off()
        found = maintenance.notice()
        ends = f" until {timezone.localtime(found.until):%d/%m/%Y %H:%M}" if found and found.until else ""
        self.stdout.write(f"maintenance: {'on' + ends if found else 'off'}")
