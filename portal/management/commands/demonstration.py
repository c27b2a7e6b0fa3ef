"""`manage.py demonstration`: an invented jurisdiction on an empty installation, through the product's own imports."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organisation.models import Holding, Person, SiteIdentity
from portal.models import HomePage
from portal.setup import ensure_site
from safeguards.management.commands.demonstration_accounts import ACCOUNTS
from safeguards.models import User

FIXTURES = Path(settings.STATICFILES_DIRS[0]).parent / "fixtures"


def merged(folder: Path, target: Path) -> Path:
    """The tables of a folder's parts as one folder: the parts name each other's decisions and legal documents."""
    parts = sorted(part for part in folder.iterdir() if part.is_dir()) or [folder]
    columns: dict[str, list[str]] = {}
    rows: dict[str, list[dict[str, str]]] = {}
    for part in parts:
        for table in sorted(part.glob("*.csv")):
            with table.open(encoding="utf-8", newline="") as handle:
                reader = csv.DictReader(handle)
                known = columns.setdefault(table.name, [])
                known.extend(name for name in reader.fieldnames or [] if name not in known)
                rows.setdefault(table.name, []).extend(reader)
    target.mkdir(parents=True, exist_ok=True)
    for name, names in columns.items():
        with (target / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, names, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name])
    return target


def give_posts() -> None:
    """Whoever holds no post works for no unit, and finds the lists of the back office empty: the accounts get people of the unit whose portal
    it is, the leader its head. What somebody has changed stays."""
    identity = SiteIdentity.current()
    held = Holding.objects.current().filter(post__unit=identity.unit, person__account=None) if identity is not None else Holding.objects.none()
    people = list(dict.fromkeys(holding.person for holding in held.select_related("person").order_by("-post__is_leader", "post__order", "pk")))
    users = (User.objects.get(username=ACCOUNTS[role][0]) for role in ("leader", "publisher", "editor"))
    for user, person in zip([one for one in users if not Person.objects.filter(account=one).exists()], people, strict=False):
        person.account = user
        person.save(update_fields=["account"])


class Command(BaseCommand):
    """Nothing is done where an identity of the portal stands already; the data is kept."""

    help = "Fills an empty installation with the demonstration (a district that kept its wards), or with --fixture ward (a two-tier ward of today)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which of the two fixtures."""
        parser.add_argument("--fixture", choices=["demonstration", "ward"], default="demonstration")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill it; refuses in production."""
        if settings.STAGE == "production":
            raise CommandError("The demonstration has no place in production.")
        call_command("demonstration_accounts", stdout=self.stdout)
        call_command("search_tables", "seed", stdout=self.stdout)
        # The home page comes last: what was interrupted is done again, each step keeping what is there.
        folder = FIXTURES / options["fixture"]
        if HomePage.objects.exists():
            self.stdout.write("The demonstration is there; its data is kept.")
            ensure_site()
            give_posts()
            self.content(folder)
            call_command("search_index", "entries", stdout=self.stdout)  # what another release describes otherwise
            return
        year = timezone.localdate().year
        call_command("calendar_seed", *[str(one) for one in range(year - 1, year + 2)], stdout=self.stdout)
        call_command("import_organisation", str(folder / "organisation"), stdout=self.stdout)
        give_posts()
        publisher = User.objects.get(username=ACCOUNTS["publisher"][0])
        SiteIdentity.objects.filter(import_approver=None).update(import_approver=publisher)
        with tempfile.TemporaryDirectory() as scratch:
            catalogue = merged(folder / "catalogue", Path(scratch) / "catalogue")
            call_command("import_procedures", str(catalogue), files=str(folder / "forms" / "files"), stdout=self.stdout)
            call_command("import_guidance", str(catalogue), stdout=self.stdout)
        call_command("catalogue_workflow", stdout=self.stdout)
        call_command("search_index", "rebuild", "--entries", stdout=self.stdout)
        ensure_site()
        self.content(folder)
        call_command("open_data", "make", stdout=self.stdout)
        self.stdout.write("The demonstration is ready.")

    def content(self, folder: Path) -> None:
        """Articles, guides, public duties, plans, lists and dialogues, where the fixture has them; what is there and unchanged stays."""
        if (folder / "content").is_dir():
            editor, publisher = ACCOUNTS["editor"][0], ACCOUNTS["publisher"][0]
            call_command("load_content", str(folder / "content"), author=editor, approver=publisher, stdout=self.stdout)
        for table in ("roadmap", "posting"):
            if (file := folder / "figures" / f"{table}.csv").is_file():
                call_command(f"import_{table}", str(file), actor=ACCOUNTS["publisher"][0], stdout=self.stdout)
        if (folder / "dialogues").is_dir():
            call_command("load_dialogues", str(folder / "dialogues"), actor=ACCOUNTS["publisher"][0], stdout=self.stdout)
