"""The figures as open data: the same rows as the files beside the pages, of today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.registries import OpenDataset, open_datasets
from organisation.models import today

from . import levels, posting, roadmap


def _levels() -> Iterator[dict[str, Any]]:
    yield from levels.records(today())


def _roadmap() -> Iterator[dict[str, Any]]:
    day = today()
    yield from roadmap.table(roadmap.plans(day), day)


def _posting() -> Iterator[dict[str, Any]]:
    yield from posting.table(today())


def register() -> None:
    """Offer them."""
    open_datasets.register("levels", OpenDataset(
        "levels", _("Service levels"), _("The records in force today with their service level in each of the three schemes of law, kept apart."),
        levels.COLUMNS, _levels, page=lambda: reverse("transparency:levels"),
    ))  # fmt: skip
    open_datasets.register("roadmap", OpenDataset(
        "roadmap", _("Roadmap of service levels"), _("Which level each procedure is to have by the end of which year, and whether it was kept."),
        roadmap.COLUMNS, _roadmap, page=lambda: reverse("transparency:roadmap"),
    ))  # fmt: skip
    open_datasets.register("posting", OpenDataset(
        "posting", _("Posting of procedures"), _("What each unit is bound to publish, and whether it stands on this portal."),
        posting.COLUMNS, _posting, page=lambda: reverse("transparency:posting"),
    ))  # fmt: skip
