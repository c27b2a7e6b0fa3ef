"""Search follows rows that go: whoever takes one away takes what stood below it with it. In the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from . import search_sources
from .models import Holding, Post, ServicePoint


def post_gone(sender: Any, instance: Post, **kwargs: Any) -> None:
    """A post was taken away."""
    with transaction.atomic():
        search_sources.reindex_posts([instance.pk])


def holding_gone(sender: Any, instance: Holding, **kwargs: Any) -> None:
    """Somebody holds a post no longer, or is gone."""
    with transaction.atomic():
        search_sources.reindex_posts([instance.post_id])


def point_gone(sender: Any, instance: ServicePoint, **kwargs: Any) -> None:
    """A service point was taken away: its unit's text names it."""
    with transaction.atomic():
        search_sources.reindex_units([instance.unit_id])


def connect() -> None:
    """Listen."""
    for model, follow in ((Post, post_gone), (Holding, holding_gone), (ServicePoint, point_gone)):
        post_delete.connect(follow, sender=model, dispatch_uid=f"organisation.search.{model.__name__}.deleted")
