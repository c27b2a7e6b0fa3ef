"""`manage.py backup FOLDER`: the whole portal in one encrypted file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup import making, passphrases
from portal.backup.programs import NoPrograms
from portal.backup.sealed import Unreadable


class Command(BaseCommand):
    """Runs as the owner of the database (manage.py sees to it)."""

    help = "Writes database, files and keys into one encrypted file, reads it back, and removes old ones (--keep)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, under which passphrase, how many to keep."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--passphrase-file", type=Path, help="a file with the passphrase (default: BACKUP_PASSPHRASE_FILE)")
        parser.add_argument("--keep", type=int, default=0, metavar="N", help="remove all but the newest N backups of the folder afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make, prove, thin out."""
        try:
            made = making.make(options["folder"], passphrases.read(options["passphrase_file"]), self.stdout.write)
        except (passphrases.NoPassphrase, NoPrograms, Unreadable, OSError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        for gone in making.thin_out(options["folder"], options["keep"]):
            self.stdout.write(f"removed {gone.name}")
        if not made.exists():
            raise CommandError(f"{made} is gone: is the clock right?")
