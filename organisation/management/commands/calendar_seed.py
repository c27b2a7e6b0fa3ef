"""manage.py calendar_seed YEAR…: days off of the whole country."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organisation.services import seed_calendar

FIRST, LAST = 2018, 2100  # the package's days before 2018 were not checked; the lunar calendar is computed up to 2100


class Command(BaseCommand):
    """Write the days off of years into the working calendar; what a person changed or took out stays as it is."""

    help = "Seed the working calendar with the country's days off. Never overwrites what a person edited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which years."""
        parser.add_argument("years", nargs="+", type=int, metavar="YEAR")
        parser.add_argument("--restore", action="store_true", help="bring back days that a person took out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and report."""
        wrong = [year for year in options["years"] if not FIRST <= year <= LAST]
        if wrong:
            raise CommandError(f"years from {FIRST} to {LAST} only: {', '.join(map(str, wrong))}")
        report = seed_calendar(options["years"], restore=options["restore"])
        parts: list[tuple[str, list[dt.date]]] = [
            ("new", report.created),
            ("changed", report.updated),
            ("withdrawn (an untouched guess that no longer holds)", report.withdrawn),
            ("unchanged", report.unchanged),
            ("kept as a person wrote them", report.kept),
            ("left out, a person took them out (--restore brings them back)", report.left_out),
        ]
        for word, dates in parts:
            if dates:
                self.stdout.write(f"{len(dates)} {word}")
