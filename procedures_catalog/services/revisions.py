"""What a version says, as a digest, and which revisions are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects

if TYPE_CHECKING:
    from ..models import ProcedureVersion


def record_in_memory(version: ProcedureVersion) -> dict[str, Any]:
    """The record of a version as it stands in memory; what it names is fetched in one query a kind, not one a row."""
    from ..record import record_of

    parts: Any = version
    for rows, name in ((parts.legal_bases, "document"), (parts.agencies, "unit")):
        # rows just made in a form hold their objects; the others are fetched together
        waiting = [row for row in rows.get_object_list() if getattr(row, f"{name}_id") and not row._meta.get_field(name).is_cached(row)]
        if waiting:
            prefetch_related_objects(waiting, name)
    return record_of(version)


def digest_of(version: ProcedureVersion) -> str:
    """SHA-256 (hex) over everything that a version says, without keys and states: what four eyes compare."""
    from ..record import digest

    return digest(record_in_memory(version))


def is_settled(version: ProcedureVersion, revision: Any) -> bool:
    """Whether a revision is public, scheduled or approved: then Wagtail's autosave must not overwrite it."""
    return bool(
        revision.approved_go_live_at is not None
        or revision.pk == version.live_revision_id
        or version.approvals.filter(revision_id=revision.pk).exists()
    )
