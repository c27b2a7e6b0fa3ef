"""`manage.py search_tables`: the tables that editors keep, from and to files, and the rows that come with the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from safeguards.models import User
from search import editing, importing


class Command(BaseCommand):
    """`search_tables seed`, `search_tables import TABLE FILE`, `search_tables export TABLE FILE`."""

    help = "Brings the rows that come with the portal (what editors changed stays), or takes a table from a file (CSV, XLSX) or into one."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, with which table and file, and in whose name."""
        parser.add_argument("action", choices=["seed", "import", "export"])
        parser.add_argument("table", nargs="?", choices=sorted(editing.TABLES))
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--actor", default="", help="the account in whose name it is recorded")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit 1 and every bad row and column on bad input, nothing changed then."""
        if options["action"] == "seed":
            with transaction.atomic():
                for table in editing.TABLES:
                    added, updated = editing.seed(table, importing.seeds(table))
                    self.stdout.write(f"{table}: {added} added, {updated} brought up to date")
            return
        if options["table"] is None or options["file"] is None:
            raise CommandError("Name a table and a file.")
        (self._import if options["action"] == "import" else self._export)(options["table"], options["file"], options)

    def _import(self, table: str, file: Path, options: dict[str, Any]) -> None:
        actor = User.objects.filter(username=options["actor"], is_active=True).first()
        if options["actor"] and actor is None:
            raise CommandError(f"There is no account {options['actor']}.")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        report = importing.read(table, data, actor, dry_run=options["dry_run"])
        for problem in report.problems:
            self.stderr.write(f"row {problem.row}, {problem.column or '-'}: {problem.message} {problem.value}".rstrip())
        if report.problems:
            raise CommandError(f"{len(report.problems)} problems; nothing was changed.")
        said = f"{report.rows} rows: {report.added} added, {report.changed} changed, {report.unchanged} as they were."
        self.stdout.write(("Would be: " if options["dry_run"] else "") + said)

    def _export(self, table: str, file: Path, options: dict[str, Any]) -> None:
        file.write_bytes(importing.as_xlsx(table) if file.suffix.lower() == ".xlsx" else importing.as_csv(table))
        self.stdout.write(str(file))
