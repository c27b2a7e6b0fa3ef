"""`manage.py import_roadmap FILE`: planned service levels, from CSV."""

from ._figures import FiguresCommand


class Command(FiguresCommand):
    """All of it or nothing; the same file again changes nothing."""

    help = "Imports planned service levels from a CSV file (docs/figures.md)."
    kind = "roadmap"
