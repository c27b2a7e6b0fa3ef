"""The passphrase of backups: from a file, so that it stands on no command line and in no list of processes."""

from __future__ import annotations

from pathlib import Path

from portal import environment

SHORTEST = 20


class NoPassphrase(Exception):
    """There is none, or a weak one; the text says what to do."""


def read(file: Path | None) -> str:
    """The first line of the file, or of the one that BACKUP_PASSPHRASE_FILE names; raises NoPassphrase."""
    named = file or (Path(told) if (told := environment.text("BACKUP_PASSPHRASE_FILE")) else None)
    if named is None:
        raise NoPassphrase("Name a file with the passphrase: --passphrase-file, or BACKUP_PASSPHRASE_FILE.")
    try:
        lines = named.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NoPassphrase(f"{named} cannot be read: {error.strerror}.") from error
    passphrase = lines[0].strip() if lines else ""
    if len(passphrase) < SHORTEST:
        raise NoPassphrase(f"The passphrase in {named} is too short: {SHORTEST} characters at least, such as the output of openssl rand -base64 33.")
    return passphrase
