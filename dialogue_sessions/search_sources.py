"""Sessions in the search box: what is to come and what was held or called off, never a draft. Appointments are slots, not things that
people look for by words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.models import Unit
from organisation.signals import renamed
from search import services as search

from .enums import SessionKind, SessionState
from .models import Session, SessionQuerySet
from .presentation import day_text, time_span, where

KIND = "session"


def _public() -> SessionQuerySet:
    return Session.objects.public().exclude(kind=SessionKind.APPOINTMENT)


def document(session: Session) -> SearchDocument:
    """A session as it is found: by its title, subjects, unit, who receives, day and place. Official text, so in Vietnamese."""
    with override("vi"):
        day = day_text(timezone.localdate(session.starts_at))
        kind = str(session.get_kind_display())
        lines = [
            kind,
            session.unit.name,
            session.post.title if session.post is not None else "",
            f"{day}, {time_span(session.starts_at, session.ends_at)}",
            ", ".join(where(session)),
            session.subjects.strip(),
        ]
    state = session.state if session.state in {SessionState.HELD, SessionState.CANCELLED} else ""
    return SearchDocument(
        kind=KIND,
        object_id=str(session.pk),
        title=session.title,
        url=f"/lich/{session.slug}/",
        body="\n".join(line for line in lines if line),
        asked=session.title_en,
        unit=str(session.unit_id),
        facts={
            "kind": KIND, "what": kind, "unit": session.unit.name, "state": state, "day": day,
            "date": timezone.localdate(session.starts_at).isoformat(),
        },
        weight=0.0 if state else 1.0,
    )  # fmt: skip


def _documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    found = _public() if ids is None else _public().filter(pk__in=list(ids))
    for session in found.select_related("unit", "post", "room__point").order_by("pk").iterator(chunk_size=500):
        yield document(session)


def _visible(object_ids: Iterable[str]) -> set[str]:
    return {str(pk) for pk in _public().filter(pk__in=[int(pk) for pk in object_ids]).values_list("pk", flat=True)}


def reindex(ids: Iterable[int]) -> None:
    """Write what is found of these sessions, in the transaction of the change; those that nobody may see are not in it, and a public
    one never becomes a draft again."""
    search.put(_documents(ids))


def _saved(sender: Any, instance: Session, **kwargs: Any) -> None:
    if instance.state != SessionState.DRAFT and instance.kind != SessionKind.APPOINTMENT and not kwargs.get("raw"):
        reindex([instance.pk])


def _renamed(sender: Any, ids: list[int], **kwargs: Any) -> None:
    if sender is Unit:
        reindex(_public().filter(unit__in=ids).values_list("pk", flat=True))


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Dialogues and reception days"), documents=_documents, visible=_visible))
    post_save.connect(_saved, sender=Session, dispatch_uid="dialogue_sessions.search.saved")
    renamed.connect(_renamed, dispatch_uid="dialogue_sessions.search.renamed")
