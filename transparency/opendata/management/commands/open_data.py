"""`manage.py open_data make|status|forget`: the files of open data, by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.registries import open_datasets
from transparency.opendata import services


class Command(BaseCommand):
    """The job does the same by itself."""

    help = "Makes the files of open data that are due (make), tells how they stand (status), deletes old ones (forget)."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and to which datasets."""
        parser.add_argument("action", choices=["make", "status", "forget"])
        parser.add_argument("slugs", nargs="*", metavar="DATASET", help="only these; all without")
        parser.add_argument("--before", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="forget: the files of earlier days")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what was done."""
        unknown = [slug for slug in options["slugs"] if slug not in open_datasets]
        if unknown:
            raise CommandError(f"There is no dataset {', '.join(unknown)}. There are: {', '.join(name for name, _one in open_datasets.items())}")
        chosen = [dataset for dataset in open_datasets if not options["slugs"] or dataset.slug in options["slugs"]]
        if options["action"] == "make":
            made = services.make(chosen, services.state()) if options["slugs"] else services.make_due()
            for one in made:
                self.stdout.write(f"{one.dataset}: {one.rows} rows")
            self.stdout.write(f"{len(made)} new of {len(chosen)} datasets.")
        elif options["action"] == "status":
            latest = services.latest()
            for dataset in chosen:
                release = latest.get(dataset.slug)
                size = sum(found["size"] for found in release.files.values()) if release else 0
                said = f"{release.rows} rows, {size} bytes, made {release.made_at:%Y-%m-%d %H:%M} UTC" if release else "not made yet"
                self.stdout.write(f"{dataset.slug}: {said}{'' if release is None or services.is_there(release) else ', FILES ARE MISSING'}")
        else:
            if not options["before"]:
                raise CommandError("Say which files: --before YYYY-MM-DD.")
            gone = sum(services.forget(dataset.slug, options["before"]) for dataset in chosen)
            self.stdout.write(f"{gone} releases deleted.")
