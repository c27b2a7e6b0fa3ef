"""`manage.py demonstration_accounts`: four people to try the back office with; their passwords are made here and now."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from safeguards import roles, services
from safeguards.models import User

# Invented people. Code of the role -> account, name shown, whether it manages accounts (a superuser, A13).
ACCOUNTS = {
    "editor": ("bientap", "Biên tập viên (trình diễn)", False),
    "publisher": ("congkhai", "Người duyệt (trình diễn)", False),
    "leader": ("lanhdao", "Lãnh đạo (trình diễn)", False),
    "administrator": ("quantri", "Quản trị (trình diễn)", True),
}


def accounts_file() -> Path:
    """Where the passwords stand, readable by the one who started the portal."""
    return Path(settings.VAR) / "demonstration-accounts.txt"


class Command(BaseCommand):
    """Idempotent: while the file is there, accounts and passwords stay; without it, every password is made anew."""

    help = "Makes the four accounts of the demonstration, with passwords of their own in var/demonstration-accounts.txt."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them; refuses in production."""
        if settings.STAGE == "production":
            raise CommandError("Demonstration accounts have no place in production.")
        file = accounts_file()
        names = [name for name, _, _ in ACCOUNTS.values()]
        if file.exists() and User.objects.filter(username__in=names).count() == len(names):
            self.stdout.write(f"The accounts are there; passwords: {file}")
            return
        roles.apply()
        with transaction.atomic():
            lines = [self._account(code, *account) for code, account in ACCOUNTS.items()]
            self._write(file, lines)
        self.stdout.write(f"Four accounts made; passwords: {file}")

    def _account(self, code: str, username: str, shown: str, superuser: bool) -> str:
        password = secrets.token_urlsafe(15)
        user, _ = User.objects.get_or_create(username=username, defaults={"display_name": shown})
        user.is_superuser = user.is_staff = superuser
        user.is_active = True
        user.set_password(password)
        user.save()
        user.groups.set(Group.objects.filter(name=code))
        services.record("safeguards.demonstration_account", user, payload={"role": code})
        return f"{code:15} {username:12} {password}"

    def _write(self, file: Path, lines: list[str]) -> None:
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write("role            account      password (made for this installation; delete this file to have new ones made)\n")
            handle.write("\n".join(lines) + "\n")
