"""Promises as an open dataset: every public one, with its dates. Nothing in it is about who asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.open_columns import column_of
from foundation.registries import Column, OpenDataset, open_datasets

from . import promise_data
from .models import Promise

COLUMNS = (
    Column("id", _("Number of the promise; stands in its address."), "integer"),
    Column("unit", _("The unit that is responsible, by its slug.")),
    Column("post", _("The post that sees to it.")),
    column_of(Promise, "text"),
    column_of(Promise, "text_en"),
    Column("session", _("The session at which it was made, by its slug; empty: none.")),
    column_of(Promise, "made_on"),
    Column("first_due_on", _("The date that held when it became public."), "date"),
    Column("due_on", _("The date that holds now."), "date"),
    Column("moves", _("How often its date was moved, each time with a reason."), "integer"),
    Column("transfers", _("How often another unit took it over, each time with a reason."), "integer"),
    column_of(Promise, "state"),
    column_of(Promise, "kept_on"),
    column_of(Promise, "result"),
    column_of(Promise, "reason"),
    Column("url", _("Its page.")),
)


def _rows() -> Iterator[dict[str, Any]]:
    yield from promise_data.rows(Promise.objects.public())


PROMISES = OpenDataset(
    slug="promises",
    title=_("Promises to residents"),
    description=_("What units promised, by when, how often the date moved, and what came of it. Still open and past its date means overdue."),
    columns=COLUMNS,
    rows=_rows,
    page=lambda: reverse("promises:board"),
    key=("id",),
    joins={"unit": "don-vi.slug"},
)


def register() -> None:
    """Give them away."""
    open_datasets.register(PROMISES.slug, PROMISES)
