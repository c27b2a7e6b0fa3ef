"""What the two imports of figures share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from safeguards.models import User
from transparency.importing import read


class FiguresCommand(BaseCommand):
    """Reads a CSV file, all of it or nothing; exit 1 and every bad row and column on bad input."""

    kind = ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and in whose name."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--actor", default="", help="the account in whose name it is recorded")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import."""
        actor = User.objects.filter(username=options["actor"], is_active=True).first()
        if options["actor"] and actor is None:
            raise CommandError(f"There is no account {options['actor']}.")
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        report = read(self.kind, data, actor, dry_run=options["dry_run"])
        for problem in report.problems:
            self.stderr.write(f"row {problem.row}, {problem.column or '-'}: {problem.message} {problem.value}".rstrip())
        if report.problems:
            raise CommandError(f"{len(report.problems)} problems; nothing was changed.")
        said = f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.ended} ended, {report.unchanged} as they were."
        self.stdout.write(("Would be: " if options["dry_run"] else "") + said)
