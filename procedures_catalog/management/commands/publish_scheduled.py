"""`manage.py publish_scheduled`, in the place of Wagtail's, which stops at the first revision that fails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from wagtail.models import Revision

from procedures_catalog import services


class Command(BaseCommand):
    """Publish what is due, each in a savepoint of its own."""

    help = "Publish every revision whose time has come and take down what has expired. Exit 1 when something failed."

    def add_arguments(self, parser: CommandParser) -> None:
        """--dry-run, and Wagtail's own spelling of it."""
        parser.add_argument("--dry-run", "--dryrun", action="store_true", dest="dry_run", help="Only say what is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and report."""
        if options["dry_run"]:
            for revision in Revision.objects.filter(approved_go_live_at__lt=timezone.now()).order_by("approved_go_live_at"):
                self.stdout.write(f"{revision.approved_go_live_at:%Y-%m-%d %H:%M} {revision.object_str}")
            return
        done = services.publish_scheduled()
        self.stdout.write(f"published {len(done.published)}, expired {len(done.expired)}, failed {len(done.failed)}")
        for pk, reason in done.failed.items():
            self.stderr.write(f"revision {pk}: {reason}")
        if done.failed:
            raise CommandError("Some revisions were not published; they keep their schedule.")
