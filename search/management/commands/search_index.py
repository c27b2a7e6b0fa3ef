"""Make, compare and describe the mirrors of `search.Entry`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from foundation.bar import Bar
from search import files, index, learning, services
from search.engines import elasticsearch
from search.engines.folder import FAILINGS, said
from search.engines.local import engine


class Command(BaseCommand):
    """`search_index entries|rebuild|reconcile|status`."""

    help = (
        "Rebuild the search indexes, compare them with the database and mend them, or say how they stand. `entries` writes what can be found anew"
        " from its sources and leaves the rest to the mirrors, which follow: each upgrade does that by itself (set_up)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, with which engine, and whether entries are made anew from their sources as well."""
        parser.add_argument("action", choices=["entries", "rebuild", "reconcile", "status"])
        parser.add_argument("--entries", action="store_true", help="make the entries anew from their sources first")
        parser.add_argument("--engine", choices=["local", "elasticsearch"], help="one engine only (otherwise each that is configured)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; 1 when a difference remains, or when Elasticsearch is configured and does not answer."""
        action, only = options["action"], options["engine"]
        if options["entries"] or action in {"entries", "reconcile"}:
            changed, removed = services.bring()
            self.stdout.write(f"entries: {changed} written, {removed} removed")
            self.stdout.write(f"learned questions: {learning.bring()} entries mended")
        if action == "entries":
            return
        if only is None:
            self.stdout.write(f"files: {json.dumps(files.states())}")
        wrong = []
        if only in {None, "local"}:
            try:
                wrong.append(self._local(action))
            except FAILINGS as error:
                wrong.append(f"local: {said(error)}")
        chosen = elasticsearch.options()
        if only == "elasticsearch" and chosen is None:
            raise CommandError("ELASTICSEARCH_URL is not set")
        if only in {None, "elasticsearch"} and chosen is not None:
            wrong.append(self._elasticsearch(action, chosen))
        if any(wrong):
            raise CommandError("; ".join(filter(None, wrong)))

    def _local(self, action: str) -> str:
        local = engine()
        wrong = ""
        if action == "rebuild":
            self.stdout.write(f"local: {local.sync(rebuild=True)} entries")
        elif action == "reconcile":
            compared = index.reconcile_local(local)
            self.stdout.write(f"local: {compared.differed} differed, difference {compared.remain}")
            if compared.remain:
                wrong = "the local mirror differs from the database"
        self.stdout.write(json.dumps(local.status(), ensure_ascii=False))
        return wrong

    def _elasticsearch(self, action: str, chosen: elasticsearch.Options) -> str:
        bar = Bar()
        wrong = ""
        try:
            if action == "rebuild":
                self.stdout.write(f"elasticsearch: {index.rebuild(chosen, bar)} entries")
            elif action == "reconcile":
                compared = index.reconcile(chosen, bar)
                self.stdout.write(f"elasticsearch: {compared.differed} differed, difference {compared.remain}")
                if compared.remain:
                    wrong = "elasticsearch differs from the database"
            self.stdout.write(json.dumps(index.status(chosen), ensure_ascii=False))
        except elasticsearch.Unavailable as error:
            wrong = f"elasticsearch: {error}"
        finally:
            bar.end()
        return wrong
