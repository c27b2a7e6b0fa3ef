"""`manage.py catalogue_workflow`: the way of approval of the catalogue, made once and left alone afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from procedures_catalog.backoffice.workflow import set_up


class Command(BaseCommand):
    """An editor hands in, a publisher who wrote none of it approves."""

    help = "Set up the workflow of the catalogue: editors hand versions in, publishers approve what others wrote."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, if there is none."""
        publishers = Group.objects.filter(name="publisher").first()
        if publishers is None:
            raise CommandError("There is no group 'publisher' yet. Run first: manage.py roles_apply")
        made = set_up(publishers)
        self.stdout.write("The workflow of the catalogue is set up." if made else "The catalogue has a workflow already; it stays as it is.")
