"""`manage.py load_dialogues FOLDER`: the demonstration's dialogues and receptions, in the manner of fixtures/demonstration/dialogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialogue_sessions import demonstration
from safeguards.models import User


class Command(BaseCommand):
    """All of it or nothing; once it stands, nothing is added and what visitors did is kept."""

    help = "Loads the dialogues, receptions, questions and promises of the demonstration, counted from today. Never in production."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder, and who does it."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--actor", required=True, help="the account in whose name it is written")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load; refuses in production."""
        if settings.STAGE == "production":
            raise CommandError("The demonstration has no place in production.")
        actor = User.objects.filter(username=options["actor"], is_active=True).first()
        if actor is None:
            raise CommandError(f"There is no account {options['actor']}.")
        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is no folder.")
        done = demonstration.load(options["folder"], actor)
        self.stdout.write("Dialogues and receptions loaded." if done else "Dialogues and receptions are there; they are kept.")
