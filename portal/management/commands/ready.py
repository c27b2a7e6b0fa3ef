"""`manage.py ready`: what /readyz knows, in full."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal import health


class Command(BaseCommand):
    """Exit 1 when the portal is not ready."""

    help = "Says whether the portal is ready, degraded or not ready, and why."

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine."""
        status, wrong = health.examine()
        self.stdout.write(status)
        for name, reason in wrong.items():
            self.stdout.write(f"  {name}: {reason}")
        if status == "unready":
            raise SystemExit(1)
