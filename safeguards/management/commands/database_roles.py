"""`manage.py database_roles`: the rights of the application's and the reporting role, as the owner gives them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from safeguards import database


class Command(BaseCommand):
    """Idempotent. `migrate` does the same at its end; this is for a database restored or given new roles."""

    help = "Grants the application's role its rights (events and seals: adding only) and makes the reporting views."

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, in one transaction."""
        try:
            with transaction.atomic():
                views = database.apply()
        except database.RolesError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Rights granted; {views} reporting views.")
