"""`manage.py set_up`: what an installation needs besides tables and roles. Safe to run again, and every upgrade does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import override

from portal.models import HomePage
from portal.setup import PUBLISHERS, ensure_site, set_up_workflow


class Command(BaseCommand):
    """The ways of approval, the days off, the words of search and what it finds, and, the first time, the pages that every portal begins with."""

    help = (
        "Sets up a new installation after `migrate` and `roles_apply`: home pages, help, accessibility statement, privacy notice, news and guides in"
        " both languages, the ways of approval, synonyms and guidance of search, and the country's days off of last, this and next year. What is"
        " there already stays as it is; what search finds is written anew where this release describes it otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether pages are made although there are some."""
        parser.add_argument(
            "--pages", action="store_true", help="also make starting pages that are gone, or that a release brings (the first time, all are made)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each step keeps what is there."""
        if not Group.objects.filter(name=PUBLISHERS).exists():
            raise CommandError(f"There is no role '{PUBLISHERS}' yet. Run first: manage.py roles_apply")
        with override("vi"):  # stored words are in the language of the installation
            call_command("catalogue_workflow", stdout=self.stdout)
            if options["pages"] or not HomePage.objects.exists():
                ensure_site()
                self.stdout.write("The pages of the site are there.")
            else:
                set_up_workflow()
                self.stdout.write("The site has pages already; they stay as they are.")
        call_command("search_tables", "seed", stdout=self.stdout)
        call_command("search_index", "entries", stdout=self.stdout)  # what this release describes otherwise, or makes findable
        year = timezone.localdate().year
        call_command("calendar_seed", *(str(one) for one in range(year - 1, year + 2)), stdout=self.stdout)
