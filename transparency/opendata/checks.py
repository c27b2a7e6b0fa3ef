"""Guards of `manage.py check` for whoever registers a dataset.

opendata.E001  a dataset's columns, key or joins name what does not exist
opendata.E002  a column is named like something about a person
opendata.E003  a name that addresses cannot hold
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from foundation.registries import OpenDataset, open_datasets

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,11}\Z")
KINDS = {"string", "integer", "number", "boolean", "date", "datetime", "list"}
ABOUT_PEOPLE = ("person", "signer", "holder", "officer", "owner", "author", "approver", "user", "account", "birth", "citizen_id")


def problems(dataset: OpenDataset) -> list[CheckMessage]:
    """What is wrong with a registration."""
    names = [column.name for column in dataset.columns]
    found: list[CheckMessage] = []
    if not SLUG.match(dataset.slug) or len(dataset.slug) > 80:
        found.append(Error(f"{dataset.slug!r} cannot stand in an address.", id="opendata.E003"))
    wrong = [name for name in (*dataset.key, *dataset.joins) if name not in names]
    wrong += [column.name for column in dataset.columns if column.kind not in KINDS]
    wrong += [name for name in set(names) if names.count(name) > 1]
    for target in dataset.joins.values():
        slug, _dot, column = target.partition(".")
        if slug not in open_datasets or column not in {one.name for one in open_datasets[slug].columns}:
            wrong.append(target)
    if wrong:
        found.append(Error(f"The dataset {dataset.slug} is wrong about {', '.join(sorted(wrong))}.", id="opendata.E001"))
    found += [
        Error(f"The column {dataset.slug}.{name} is about a person.", id="opendata.E002")
        for name in names
        if any(word in name.split("_") for word in ABOUT_PEOPLE)
    ]
    return found


@register()
def datasets_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each registered dataset can be made, described and joined, and is about nobody."""
    return [message for dataset in open_datasets for message in problems(dataset)]
