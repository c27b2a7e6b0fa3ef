"""`manage.py stored_files {status,sweep,verify}`: whether rows and files of citizens agree, and each file with its hash."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Sum

from safeguards.models import StoredFile
from safeguards.uploads import upkeep
from safeguards.uploads.scanner import trouble


class Command(BaseCommand):
    """Numbers only: no name, no person."""

    help = "Files that people sent: how many in which state (status), strays removed (sweep), contents compared with their hashes (verify)."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("action", choices=["status", "sweep", "verify"])
        parser.add_argument("--dry-run", action="store_true", help="sweep: count what no row knows, remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit 1 when a file is missing or changed."""
        if options["action"] == "status":
            for row in StoredFile.objects.order_by().values("state").annotate(files=Count("pk"), bytes=Sum("size")).order_by("state"):
                self.stdout.write(f"{row['state']}: {row['files']} files, {row['bytes']} bytes")
            self.stdout.write(f"virus scanner: {trouble() or 'no trouble'}")
            return
        found = upkeep.sweep(dry_run=options["dry_run"]) if options["action"] == "sweep" else upkeep.verify()
        self.stdout.write(f"no row knows: {found.strays}, missing: {len(found.missing)}, changed: {len(found.changed)}")
        if wrong := found.missing + found.changed:
            raise CommandError(f"Rows whose file is missing or not as it was sent: {', '.join(map(str, wrong[:50]))}. Restore them from a backup.")
