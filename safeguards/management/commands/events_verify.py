"""`manage.py events_verify`: are the events those that were sealed?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from safeguards import seal


class Command(BaseCommand):
    """Exit 1 with a line for each thing that does not fit."""

    help = "Computes the chain of seals anew and compares it with the database and with the heads that left it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the exported heads are (a copy kept elsewhere is worth most), and whether to seal first."""
        parser.add_argument("--heads", type=Path, help="folder of exported heads (default: the installation's own)")
        parser.add_argument("--seal", action="store_true", help="seal what is pending first")
        parser.add_argument("--export", type=Path, metavar="FOLDER", help="write today's head to this folder when all is well")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify."""
        if options["seal"]:
            seal.seal_pending()
        findings = seal.verify(options["heads"])
        if options["json"]:
            self.stdout.write(json.dumps(findings.__dict__))
        else:
            self.stdout.write(f"{findings.events} events under {findings.seals} seals, {findings.unsealed} not sealed yet; head {findings.head[:16]}")
        if findings.problems:
            for problem in findings.problems:
                self.stderr.write(problem)
            raise CommandError(f"{len(findings.problems)} things do not fit the seals.")
        if options["export"]:
            self.stdout.write(f"head: {seal.export_head(folder=options['export'])}")
