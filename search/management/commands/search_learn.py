"""Learn from what people chose after their questions, now instead of at night."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from search import learning


class Command(BaseCommand):
    """`search_learn`."""

    help = "Learn from the log of questions which thing people choose after which question, and which questions many ask; as each night."

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn, and say what changed."""
        gained = learning.learn()
        self.stdout.write(
            f"learned questions: {gained.learned} new, {gained.forgotten} forgotten; popular questions: {gained.popular} new, "
            f"{gained.unpopular} gone; {gained.entries} entries written"
        )
