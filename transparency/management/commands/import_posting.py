"""`manage.py import_posting FILE`: lists of procedures that units are bound to publish, from CSV."""

from ._figures import FiguresCommand


class Command(FiguresCommand):
    """All of it or nothing; the same file again changes nothing."""

    help = "Imports lists of procedures that units are bound to publish from a CSV file (docs/figures.md)."
    kind = "posting"
