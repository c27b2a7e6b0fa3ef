"""Drafts: begun, written, copied, thrown away. Who wrote what is noted where nobody can take it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models.copying import _copy

from safeguards.services import record as record_event

from ..completeness import missing_parts
from ..enums import ChangeKind
from .errors import CatalogueError, NotPermitted
from .revisions import digest_of, record_in_memory

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import ProcedureVersion, PublicationDecision


def contribute(version: ProcedureVersion, user: User, revision: Any, *, digest: str = "") -> bool:
    """Note that `user` wrote what `revision` says, unless that is what was last noted (publishing what another wrote makes a
    revision, but writes nothing). Gives whether a row was added."""
    from ..models import Contribution

    digest = digest or digest_of(version)
    last = Contribution.objects.filter(version_id=version.pk).order_by("-pk").values_list("digest", flat=True).first()
    if last == digest:
        return False
    Contribution.objects.create(version_id=version.pk, user=user, revision=revision, digest=digest)
    return True


def note_revision(version: ProcedureVersion, user: Any, revision: Any) -> None:
    """What every saved revision leaves behind: who wrote it, and (on a draft) what it still lacks."""
    from .. import jobs
    from ..record import digest

    record = record_in_memory(version)
    if user is not None:
        contribute(version, user, revision, digest=digest(record))
    missing = missing_parts(record)
    if not version.live and missing != version.missing:
        version.missing = missing
        type(version).objects.filter(pk=version.pk, live=False).update(missing=missing)
    jobs.rebuild_references_later([version.pk])


def wrote(version: ProcedureVersion, user: Any) -> bool:
    """Whether a user wrote any part of a version."""
    from ..models import Contribution

    return bool(user is not None and user.pk and Contribution.objects.filter(version_id=version.pk, user_id=user.pk).exists())


def may_approve(version: ProcedureVersion, user: Any) -> bool:
    """Whether a user holds the right to publish and wrote none of the version."""
    return bool(user is not None and user.is_active and user.has_perm("procedures_catalog.publish_procedureversion") and not wrote(version, user))


def _begin(version: ProcedureVersion, user: User, payload: dict[str, Any]) -> None:
    version.live = False
    version.has_unpublished_changes = True
    version.save()
    revision = version.save_revision(user=user, clean=False)
    log(instance=version, action="wagtail.create", user=user, revision=revision, content_changed=True)
    record_event("procedures_catalog.version_drafted", version, actor=user, payload={"code": version.procedure.code, **payload})


@transaction.atomic
def draft(version: ProcedureVersion, *, user: User) -> ProcedureVersion:
    """Save a new version, with its parts, as a draft that `user` wrote."""
    if not user.has_perm("procedures_catalog.add_procedureversion"):
        raise NotPermitted(_("You do not hold the right to write records of procedures."))
    _begin(version, user, {})
    return version


@transaction.atomic
def copy_as_new_version(
    version: ProcedureVersion,
    *,
    user: User,
    decision: PublicationDecision | None = None,
    valid_from: dt.date | None = None,
    change_kind: str = ChangeKind.AMENDED,
    changes: Mapping[str, Any] | None = None,
    prepare: Callable[[ProcedureVersion], None] | None = None,
) -> ProcedureVersion:
    """A draft with all that `version` says, for a new period and decision; `changes` are further fields of the version,
    `prepare` may change its rows before it is saved. The one who copies is its writer, whoever wrote the original."""
    if not user.has_perm("procedures_catalog.add_procedureversion"):
        raise NotPermitted(_("You do not hold the right to write records of procedures."))
    update = {
        "decision": decision, "valid_from": valid_from, "change_kind": change_kind, "replaces": [], "source": "", "source_url": "",
        "synced_at": None, "import_notes": [], **(changes or {}),
    }  # fmt: skip
    copy: ProcedureVersion
    copy, _children = _copy(version, exclude_fields=["id", *version.exclude_fields_in_copy], update_attrs={})
    for name, value in update.items():
        setattr(copy, name, value)
    if prepare is not None:
        prepare(copy)
    _begin(copy, user, {"copied_from": version.pk, "decision": decision.number if decision else ""})
    return copy


@transaction.atomic
def discard(version: ProcedureVersion, *, user: User | None = None) -> tuple[int, dict[str, int]]:
    """Delete a draft that was never public, with the record of who wrote it; the event stays."""
    from ..models import Approval, Contribution, ProcedureVersion

    row = ProcedureVersion.objects.select_for_update().get(pk=version.pk)
    if row.live or row.first_published_at is not None:
        raise CatalogueError(_("A version that was public is never deleted. It can be ended by a decision."))
    record_event(
        "procedures_catalog.version_discarded",
        row,
        actor=user,
        payload={"code": row.procedure.code, "name": row.name[:200], "writers": _writers(row)},
    )
    # Revisions are protected by these rows, so they go first; a deferred trigger sees to it that the version follows.
    for model in (Approval, Contribution):
        model.objects.filter(version_id=row.pk)._raw_delete(using=row._state.db)
    return _delete_row(row)


def _writers(version: ProcedureVersion) -> list[int]:
    return sorted(set(version.contributions.values_list("user_id", flat=True)))


def _delete_row(version: ProcedureVersion) -> tuple[int, dict[str, int]]:
    """The row and what hangs on it, past `VersionLife.delete`, which leads here."""
    return models.Model.delete(version)
