"""manage.py import_organisation FOLDER: units, service points, people and calendar from CSV."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organisation.importing import import_folder
from organisation.importing.tables import TABLES
from safeguards.models import User


class Command(BaseCommand):
    """Import the organisation from a folder of CSV files. All or nothing; a second time changes nothing."""

    help = "Import units, service points, people and calendar from a folder of CSV files (docs/organisation.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, who imports, and whether to write."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"with any of {', '.join(f'{name}.csv' for name in TABLES)}")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
        parser.add_argument("--actor", metavar="USERNAME", help="the account in whose name the change is recorded")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report; exit 1 with every bad row and column when there is one."""
        actor = None
        if options["actor"]:
            actor = User.objects.filter(username=options["actor"]).first()
            if actor is None:
                raise CommandError(f"there is no account {options['actor']}")
        try:
            result = import_folder(options["folder"], actor, dry_run=options["dry_run"])
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        for mistake in result.mistakes:
            self.stderr.write(str(mistake))
        if result.mistakes:
            raise CommandError(f"{len(result.mistakes)} mistakes; nothing was written")
        for name in TABLES:
            parts = [
                f"{counts[name]} {word}"
                for word, counts in (
                    ("new", result.created),
                    ("changed", result.updated),
                    ("removed", result.removed),
                    ("unchanged", result.unchanged),
                )
                if counts.get(name)
            ]
            if parts:
                self.stdout.write(f"{name}: {', '.join(parts)}")
        if options["dry_run"]:
            self.stdout.write("nothing was written (--dry-run)")
