"""`manage.py import_guidance FOLDER`: the unit's own words, in tables of docs/import-format.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from procedures_catalog.importing.accounts import NoSuchUser, actor_of_command
from procedures_catalog.importing.guidance import import_guidance


class Command(BaseCommand):
    """Import guidance, questions, offers and life events."""

    help = "Import guidance, asked questions, offers and life events from a folder of CSV files, a .zip or an .xlsx."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder."""
        parser.add_argument("folder")
        parser.add_argument("--dry-run", action="store_true", help="show what would change and keep nothing")
        parser.add_argument("--user", default="", help="in whose name; the command's own account by default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, exit 1 when something was wrong."""
        try:
            actor = actor_of_command(options["user"])
        except NoSuchUser as error:
            raise CommandError(str(error)) from error
        report = import_guidance(options["folder"], actor=actor, dry_run=options["dry_run"])
        for problem in report.problems:
            self.stderr.write(str(problem) + (f" [{problem.value}]" if problem.value else ""))
        if report.problems:
            raise CommandError(_("%(count)d problems; nothing was changed.") % {"count": len(report.problems)})
        if options["verbosity"]:
            for name in ("life_events", "guidance", "questions", "offers"):
                self.stdout.write(f"{report.counts[name]:>7}  {name}")
