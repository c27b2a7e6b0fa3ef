"""Search follows what the catalogue's services do not see: rows that editors change in forms of Wagtail's, files that go behind a
lock, units and fields that get another name. In the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save, pre_delete
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from organisation.models import Field, Unit
from organisation.signals import renamed

from . import named, search_sources
from .models import DecisionFile, InvolvedAgency, LegalDocument, ProcedureVersion, PublicationDecision


def _former(document: LegalDocument) -> set[int]:
    return set(LegalDocument.objects.filter(replaced_by=document.pk).values_list("pk", flat=True))


def document_changed(sender: Any, instance: LegalDocument, **kwargs: Any) -> None:
    """A legal document says something else or is gone: it, and those that name it as their successor."""
    with transaction.atomic():
        former = getattr(instance, "was_successor_of", None) or _former(instance)
        search_sources.reindex_named(named.Named(set(), {instance.pk, *former}, set()))


def document_going(sender: Any, instance: LegalDocument, **kwargs: Any) -> None:
    """A legal document goes: whose successor it was is known only now."""
    instance.was_successor_of = _former(instance)  # type: ignore[attr-defined]


def decision_changed(sender: Any, instance: PublicationDecision, **kwargs: Any) -> None:
    """A decision says something else."""
    with transaction.atomic():
        search_sources.reindex_named(named.Named(set(), set(), {instance.pk}))


def decision_file_changed(sender: Any, instance: DecisionFile, **kwargs: Any) -> None:
    """A decision has another file."""
    with transaction.atomic():
        search_sources.reindex_named(named.Named(set(), set(), {instance.decision_id}))


def file_changed(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A document of Wagtail's has another file, or lies in another collection. One just made belongs to nothing yet."""
    if kwargs.get("created"):
        return
    with transaction.atomic():
        search_sources.reindex_named(search_sources.holding(Q(pk=instance.pk)))


def lock_changed(sender: Any, instance: CollectionViewRestriction, **kwargs: Any) -> None:
    """A lock was put before a collection, or taken away: what has a file in it or below."""
    with transaction.atomic():
        search_sources.reindex_named(search_sources.holding(Q(collection__path__startswith=instance.collection.path)))


def collection_changed(sender: Any, instance: Collection, **kwargs: Any) -> None:
    """A collection was moved, maybe under another that is locked, or has another name."""
    if kwargs.get("created"):
        return
    with transaction.atomic():
        search_sources.reindex_named(search_sources.holding(Q(collection__path__startswith=instance.path)))


def names_changed(sender: Any, ids: list[int], **kwargs: Any) -> None:
    """Units or fields have another name: procedures whose lines say it."""
    if sender is Unit:
        concerned = InvolvedAgency.objects.filter(unit_id__in=ids, version__live=True).values_list("version__procedure_id", flat=True)
    else:
        concerned = ProcedureVersion.objects.published().filter(field_id__in=ids).values_list("procedure_id", flat=True)
    search_sources.reindex(sorted(set(concerned)))


def connect() -> None:
    """Listen."""
    for model, follow in (
        (LegalDocument, document_changed), (PublicationDecision, decision_changed), (DecisionFile, decision_file_changed),
        (CollectionViewRestriction, lock_changed), (Collection, collection_changed),
    ):  # fmt: skip
        post_save.connect(follow, sender=model, dispatch_uid=f"procedures_catalog.search.{model.__name__}.saved")
        post_delete.connect(follow, sender=model, dispatch_uid=f"procedures_catalog.search.{model.__name__}.deleted")
    pre_delete.connect(document_going, sender=LegalDocument, dispatch_uid="procedures_catalog.search.LegalDocument.going")
    post_save.connect(file_changed, sender=get_document_model(), dispatch_uid="procedures_catalog.search.file")
    for model in (Unit, Field):
        renamed.connect(names_changed, sender=model, dispatch_uid=f"procedures_catalog.search.{model.__name__}.renamed")
