"""`manage.py restore FILE`: a backup into an empty database, proven before and after."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup import passphrases, reading, restoring
from portal.backup.programs import NoPrograms
from portal.backup.sealed import Unreadable


class Command(BaseCommand):
    """Runs as the owner of the database (manage.py sees to it)."""

    help = "Restores a backup: proves all of it first, then changes everything in one transaction, then compares."
    requires_system_checks: list[str] = []  # those of the database need its tables

    def add_arguments(self, parser: CommandParser) -> None:
        """Which, how, and what to do with what is there."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--passphrase-file", type=Path, help="a file with the passphrase (default: BACKUP_PASSPHRASE_FILE)")
        parser.add_argument("--replace", action="store_true", help="into a portal that is not empty: what is there is gone afterwards")
        parser.add_argument("--check-only", action="store_true", help="prove the backup and change nothing")
        parser.add_argument("--keys-to", type=Path, metavar="FILE", help="write the backup's keys there, as lines of an environment file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove, restore, compare, say what is left to do."""
        try:
            passphrase = passphrases.read(options["passphrase_file"])
            if options["check_only"]:
                manifest = reading.verify(options["file"], passphrase)
                self.stdout.write(f"sound: made at {manifest['made_at']}, {len(manifest['members'])} members")
            else:
                manifest = restoring.restore(options["file"], passphrase, self.stdout.write, replace=options["replace"])
        except (passphrases.NoPassphrase, NoPrograms, Unreadable, restoring.NotRestored, restoring.NotTheSame, OSError) as error:
            raise CommandError(str(error)) from error
        if options["keys_to"]:
            self._write_keys(options["keys_to"], manifest["keys"])
        elif not options["check_only"] and (missing := restoring.missing_keys(manifest["keys"])):
            self.stderr.write(
                f"The backup was made under another {' and '.join(missing)}. Until it is set here (restore --check-only --keys-to FILE writes it), "
                "second factors cannot be read."
            )

    def _write_keys(self, target: Path, kept: dict[str, Any]) -> None:
        lines = [f"{name}={' '.join(value) if isinstance(value, list) else value}" for name, value in kept.items() if value]
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        self.stdout.write(f"keys: {target}")
