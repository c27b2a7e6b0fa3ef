"""`manage.py roles_apply`: the groups of the back office as roles.toml has them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from safeguards import roles


class Command(BaseCommand):
    """Idempotent; what somebody added to a role's group by hand is taken off again."""

    help = "Makes the groups of the back office exactly what safeguards/roles.toml says."

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply."""
        try:
            done = roles.apply()
        except roles.UnknownPermission as error:
            raise CommandError(f"roles.toml names a permission that does not exist: {error}") from error
        for role in done if options["verbosity"] else []:
            self.stdout.write(f"{role.code}: {len(role.permissions)} permissions")
