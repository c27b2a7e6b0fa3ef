"""`manage.py account`: what who manages accounts does in the back office, when nobody is left who may enter it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.registries import sealed
from safeguards.accounts import backends, factors, services


class Command(BaseCommand):
    """Each does one thing to one account, with its event; `rewrap` concerns all."""

    help = "A link to choose a password, the second factor taken away, a lock opened; secrets written under today's FIELD_KEY."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, to whom."""
        actions = parser.add_subparsers(dest="action", required=True)
        for name, what in (
            ("link", "print a link by which the person chooses a password; the former one and all sessions end"),
            ("take-factor", "take the second factor away; the person sets up another when signing in next"),
            ("unlock", "forget failed tries"),
        ):
            actions.add_parser(name, help=what).add_argument("name", help="the account's name")
        actions.add_parser(
            "rewrap", help="write the secrets of all factors, contacts and messages under today's FIELD_KEY; then FIELD_KEY_FALLBACKS may go"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["action"] == "rewrap":
            self.stdout.write(f"{factors.rewrap() + sum(rewrap() for rewrap in sealed)} secrets written under today's key.")
            return
        user = backends.find(options["name"])
        if user is None:
            raise CommandError("There is no such account.")
        if options["action"] == "link":
            if not user.is_active:
                raise CommandError("The account is inactive.")
            self.stdout.write(services.give_link(user, actor=None))
        elif options["action"] == "take-factor":
            self.stdout.write("Taken away." if services.remove_factor(user, actor=None) else "There was none.")
        else:
            services.unlock(user, actor=None)
            self.stdout.write("Open.")
