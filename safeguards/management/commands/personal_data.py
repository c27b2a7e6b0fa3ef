"""`manage.py personal_data {due,purge,export,erase}`: what is held about people. The person is read from standard input, so that no
list of processes and no history of a shell names them."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from safeguards import personal


class Command(BaseCommand):
    """See the module."""

    help = "What is held about people: due and purge by time; export and erase of one person, whose telephone or e-mail is read from standard input"

    def add_arguments(self, parser: CommandParser) -> None:
        """One word."""
        parser.add_argument("what", choices=["due", "purge", "export", "erase"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found or done."""
        if options["what"] in {"due", "purge"}:
            counts = personal.due() if options["what"] == "due" else personal.purge()
        else:
            person = sys.stdin.readline().strip()
            if options["what"] == "export":
                self.stdout.write(json.dumps(personal.export(person), ensure_ascii=False, indent=2, default=str))
                return
            counts = personal.erase(person)
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")
