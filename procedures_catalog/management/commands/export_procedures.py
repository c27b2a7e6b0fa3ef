"""`manage.py export_procedures FILE`: the whole catalogue in the format that import reads."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from procedures_catalog.exporting import SUFFIXES, export

KINDS = {suffix: kind for kind, suffix in SUFFIXES.items()}


class Command(BaseCommand):
    """Export the catalogue."""

    help = "Export the whole catalogue: .zip (CSV), .xlsx, .json or .jsonl by the name of the file; .json.gz and .jsonl.gz are gzipped."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--drafts", action="store_true", help="drafts too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it beside its place first, so that a failure leaves no half file."""
        path: Path = options["file"]
        suffixes = path.suffixes
        zipped = bool(suffixes) and suffixes[-1] == ".gz"
        kind = KINDS.get(suffixes[-2] if zipped and len(suffixes) > 1 else suffixes[-1] if suffixes else "")
        if kind is None:
            raise CommandError(_("The name of the file must end with .zip, .xlsx, .json or .jsonl."))
        partial = path.with_name(f".{path.name}.part")
        try:
            with ExitStack() as stack:
                out: Any = stack.enter_context(partial.open("wb"))
                if zipped:
                    out = stack.enter_context(gzip.GzipFile(fileobj=out, mode="wb", mtime=0))
                export(out, kind, drafts=options["drafts"])
            partial.replace(path)
        except OSError as error:
            raise CommandError(_("The file cannot be written: %(error)s") % {"error": error}) from error
        finally:
            partial.unlink(missing_ok=True)
