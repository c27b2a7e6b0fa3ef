"""`manage.py import_procedures FILE`: CSV, XLSX, JSON, JSON Lines, also .gz, or a folder of CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from procedures_catalog.importing import terminal
from procedures_catalog.importing.accounts import NoSuchUser, actor_of_command
from procedures_catalog.importing.service import NotReady, Options, run_import


class Command(BaseCommand):
    """Import records of procedures; a file with errors changes nothing."""

    help = "Import records of procedures (docs/import-format.md). A file with errors changes nothing and ends with exit code 1."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how to take it."""
        parser.add_argument("file", help="CSV (.zip or folder), XLSX, JSON or JSON Lines; each may be gzipped")
        parser.add_argument("--dry-run", action="store_true", help="show what would change and write nothing")
        parser.add_argument("--draft", action="store_true", help="leave drafts instead of publishing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="take the good records of a file with bad ones")
        parser.add_argument("--user", default="", help="in whose name; the command's own account by default")
        parser.add_argument("--files", default="", help="the folder of the forms' files (table form_files); by default the folder that is imported")
        parser.add_argument("--report", default="", help="write the whole report to this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, exit 1 when something was wrong."""
        bar = terminal.Bar()
        chosen = Options(
            dry_run=options["dry_run"], draft=options["draft"], skip_bad_rows=options["skip_bad_rows"],
            files=Path(options["files"]) if options["files"] else None,
        )  # fmt: skip
        try:
            report = run_import(options["file"], actor=actor_of_command(options["user"]), options=chosen, progress=bar)
        except (NotReady, NoSuchUser) as error:
            raise CommandError(str(error)) from error
        finally:
            bar.end()
        if options["report"]:
            with Path(options["report"]).open("wb") as out:
                out.writelines(report.as_csv())
        if options["verbosity"]:
            terminal.summary(report, self.stdout.write)
        if report.problem_count:
            terminal.problems(report, self.stderr.write)
            if not report.done and not (report.dry_run and chosen.skip_bad_rows):
                raise CommandError(_("%(count)d problems; nothing was changed.") % {"count": report.problem_count})
        if options["verbosity"]:
            done = (
                _("Nothing was written: this was a trial.") if report.dry_run else _("Done in %(seconds).1f seconds.") % {"seconds": report.seconds}
            )
            self.stdout.write(done)
