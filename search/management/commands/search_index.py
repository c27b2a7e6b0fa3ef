"""Make, compare and describe the mirrors of `search.Entry`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from foundation.registries import search_sources
from search import services
from search.engines.local import engine
from search.models import Entry


class Command(BaseCommand):
    """`search_index rebuild|reconcile|status`."""

    help = "Rebuild the search index, compare it with the database and mend it, or say how it stands."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and whether entries are made anew from their sources as well."""
        parser.add_argument("action", choices=["rebuild", "reconcile", "status"])
        parser.add_argument("--entries", action="store_true", help="make the entries anew from their sources first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; reconcile exits 1 when a difference remains."""
        if options["entries"] or options["action"] == "reconcile":
            changed, removed = self._entries()
            self.stdout.write(f"entries: {changed} written, {removed} removed")
        local = engine()
        if options["action"] == "rebuild":
            self.stdout.write(f"local: {local.sync(rebuild=True)} entries")
        elif options["action"] == "reconcile":
            local.sync()
            known = {f"{kind}:{object_id}" for kind, object_id in Entry.objects.filter(live=True).values_list("kind", "object_id")}
            difference = known ^ local.refs()
            if difference:
                local.sync(rebuild=True)
                difference = known ^ local.refs()
            self.stdout.write(f"local: difference {len(difference)}")
            if difference:
                raise CommandError("the local mirror differs from the database")
        self.stdout.write(json.dumps(local.status(), ensure_ascii=False))

    def _entries(self) -> tuple[int, int]:
        changed = removed = 0
        for source in search_sources:
            with transaction.atomic():
                seen: set[str] = set()

                def documents(source: Any = source, seen: set[str] = seen) -> Any:
                    for document in source.documents():
                        seen.add(document.object_id)
                        yield document

                changed += services.put(documents())
                gone = set(Entry.objects.filter(kind=source.kind, live=True).values_list("object_id", flat=True)) - seen
                removed += services.remove(source.kind, gone)
        return changed, removed
