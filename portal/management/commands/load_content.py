"""`manage.py load_content FOLDER`: articles, guides and public duties from files, in the manner of fixtures/demonstration/content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.content_import import ContentFileError, load
from safeguards.models import User


class Command(BaseCommand):
    """All of it or nothing; run again it changes only what differs."""

    help = (
        "Takes articles (articles/*.toml), guides (life-events/*.toml) and public duties (duties.csv) from a folder: "
        "written by one person, published by another."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder, and the two people."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--author", required=True, help="the account in whose name it is written")
        parser.add_argument("--approver", required=True, help="the account in whose name it is published")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load."""
        people = {name: User.objects.filter(username=options[name], is_active=True).first() for name in ("author", "approver")}
        if missing := [options[name] for name, user in people.items() if user is None]:
            raise CommandError(f"There is no account {', '.join(missing)}.")
        if people["author"] == people["approver"]:
            raise CommandError("Author and approver are two people.")
        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is no folder.")
        try:
            report = load(options["folder"], author=people["author"], approver=people["approver"])  # type: ignore[arg-type]
        except ContentFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{report.made} made, {report.changed} changed, {report.unchanged} as they were.")
