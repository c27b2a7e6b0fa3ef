"""Which tables feed public pages: every table that `exempt.toml` does not name. They are followed at the end of `migrate`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.apps import apps

from foundation import published
from procedures_catalog.models import PARTS

EXEMPT = Path(__file__).with_name("exempt.toml")
# Rows that are public only while they are live. Whatever else has such a column shows its other rows too (what is owed).
WHILE_LIVE = {"wagtailcore.Page", "procedures_catalog.ProcedureVersion"}


def exempt() -> dict[str, dict[str, str]]:
    """The applications and the models that tell nothing, each with why."""
    return tomllib.loads(EXEMPT.read_text(encoding="utf-8"))


def followed() -> dict[str, str]:
    """Table -> how it tells. Parts of a public version never change (procedures_catalog, 0004): they can only be emptied."""
    said = exempt()
    frozen = {model._meta.label for model in PARTS.values()}  # type: ignore[attr-defined]
    found = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if not meta.managed or meta.proxy or meta.app_label in said["applications"] or meta.label in said["models"]:
            continue
        found[meta.db_table] = published.LIVE if meta.label in WHILE_LIVE else published.EMPTIED if meta.label in frozen else published.ANY
    return found


def left_alone() -> list[str]:
    """The tables of models that tell nothing."""
    said = exempt()
    models = (model._meta for model in apps.get_models(include_auto_created=True))
    return [meta.db_table for meta in models if meta.managed and not meta.proxy
            and (meta.app_label in said["applications"] or meta.label in said["models"])]  # fmt: skip


def follow_all(**kwargs: Any) -> None:
    """After `migrate`: put the triggers on tables that have none yet, and take them off those that an earlier release followed and this
    one does not: each write there would throw away every page that is kept. Two queries when nothing is new."""
    if not published.is_ready():
        return
    tables = followed()
    for table in published.missing(tables):
        published.follow(table, tables[table])
    for table in published.telling(left_alone()):
        published.leave(table)
