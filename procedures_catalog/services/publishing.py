"""The only door through which a version becomes public, and the way back before its day."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import DraftStateMixin, Page, Revision
from wagtail.signals import published, unpublished

from organisation.models import today
from safeguards.services import record as record_event

from ..completeness import missing_parts
from .closing import end_replaced, make_room, procedure_ids, reopen
from .drafting import wrote
from .errors import AlreadyInForce, CatalogueError, FourEyes, Incomplete, InvalidVersion, NotPermitted, Tampered
from .revisions import digest_of, record_in_memory

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import Approval, ProcedureVersion

logger = logging.getLogger(__name__)
PUBLISH = "procedures_catalog.publish_procedureversion"
OVERRIDE = "procedures_catalog.override_completeness"


def _lock(version: ProcedureVersion) -> ProcedureVersion:
    """The row, locked with its procedure and those it replaces, in the order of keys, so that two never wait for each other."""
    from ..models import Procedure, ProcedureVersion

    list(Procedure.objects.filter(Q(pk=version.procedure_id) | Q(code__in=version.replaces)).order_by("pk").select_for_update())
    return ProcedureVersion.objects.select_for_update(of=("self",)).select_related("procedure", "decision", "end_decision").get(pk=version.pk)


def _approve(row: ProcedureVersion, revision: Any, content: ProcedureVersion, approver: User | None) -> Approval:
    """The approval under which this revision goes out: the approver's, made now, or (a schedule come due) the one that stands."""
    from ..models import Approval, Contribution

    digest = digest_of(content)
    if approver is None:
        standing = Approval.objects.filter(version_id=row.pk, revision=revision).select_related("approver").order_by("pk").last()
        if standing is None or revision.approved_go_live_at is None:
            raise FourEyes(_("Nobody has approved this revision."))
        if standing.digest != digest:
            raise Tampered
        if wrote(row, standing.approver):
            raise FourEyes
        return standing
    if not approver.is_active or not approver.has_perm(PUBLISH):
        raise NotPermitted
    if wrote(row, approver):
        raise FourEyes
    if not Contribution.objects.filter(Q(revision=revision) | Q(digest=digest), version_id=row.pk).exists():
        raise FourEyes(_("It is not on record who wrote this revision. Save it once more in the editor, then ask for approval."))
    approval, created = Approval.objects.get_or_create(revision=revision, approver=approver, defaults={"version": row, "digest": digest})
    if not created and approval.digest != digest:
        raise Tampered
    return approval


def clean(content: ProcedureVersion) -> None:
    """Validate a version and each row of its parts, which `full_clean` alone does not reach; raises InvalidVersion."""
    from ..models import PARTS

    if content.valid_from is None:
        raise CatalogueError(_("Say from which day the version is in force."))
    if not content.levels:
        raise CatalogueError(_("Say at which levels of government the version holds."))
    try:
        content.full_clean(exclude=["live_revision", "latest_revision", "locked_by"])
    except ValidationError as error:
        raise InvalidVersion(error) from error
    for name, model in PARTS.items():
        for position, row in enumerate(getattr(content, name).all(), start=1):
            try:
                row.full_clean(exclude=["version"], validate_unique=False)
            except ValidationError as error:
                where = _("%(part)s, row %(row)s") % {"part": capfirst(str(model._meta.verbose_name_plural)), "row": position}  # type: ignore[attr-defined]
                raise InvalidVersion(error, where) from error


def _gate(content: ProcedureVersion, approver: User, reason: str) -> list[str]:
    """The completeness gate: what is missing, if somebody may and does say why it goes out all the same."""
    missing = missing_parts(record_in_memory(content))
    if missing and not (reason and approver.has_perm(OVERRIDE)):
        raise Incomplete(missing)
    return missing


@transaction.atomic
def publish(
    version: ProcedureVersion,
    *,
    approver: User | None,
    incomplete_reason: str = "",
    revision: Any = None,
    log_action: bool | str = True,
    previous_revision: Any = None,
) -> ProcedureVersion:
    """Publish a revision (the latest by default) of a version, in the name of somebody who wrote none of it.

    `approver` None is for schedules come due: the approval that stands is used. The version in force before ends on the day
    before; procedures that it replaces end, too. Raises a `CatalogueError`, and then nothing has changed."""
    from ..named import named_by
    from ..search_sources import reindex

    row = _lock(version)
    revision = revision or row.latest_revision
    if revision is None or str(revision.object_id) != str(row.pk) or revision.base_content_type_id != row.get_base_content_type().pk:
        raise CatalogueError(_("There is no saved revision to publish. Save the version first."))
    if row.live and row.valid_from is not None and row.valid_from <= today():
        raise AlreadyInForce
    content: ProcedureVersion = revision.as_object()
    approval = _approve(row, revision, content, approver)
    clean(content)
    reason = (incomplete_reason or content.incomplete_reason or row.incomplete_reason).strip()
    missing = _gate(content, approval.approver, reason)
    if content.go_live_at and content.go_live_at > timezone.now():
        return _schedule(row, revision, content, approval, reason if missing else "", log_action)
    touched = {row.procedure_id}
    before = named_by(touched)
    if row.live:
        touched |= procedure_ids(_take_back(row, actor=approval.approver))
    content.missing, content.incomplete_reason = missing, reason if missing else ""
    ended = _write(row, revision, content, approval)
    touched |= procedure_ids(ended)
    record_event(
        "procedures_catalog.version_published", content, actor=approval.approver,
        payload={
            "code": content.procedure.code, "revision": revision.pk, "digest": approval.digest, "approval": approval.pk,
            "change_kind": content.change_kind, "valid_from": content.valid_from and content.valid_from.isoformat(),
            "decision": content.decision.number if content.decision else "", "ended": [other.pk for other in ended],
        },
    )  # fmt: skip
    if missing:
        record_event(
            "procedures_catalog.completeness_overridden", content, actor=approval.approver, payload={"missing": missing, "reason": reason[:500]}
        )
    _tell_wagtail(content, revision, approval.approver, log_action, previous_revision)
    reindex(touched, before)
    from .. import jobs

    jobs.rebuild_references_later([content.pk])
    return content


def _schedule(
    row: ProcedureVersion, revision: Any, content: ProcedureVersion, approval: Approval, reason: str, log_action: bool | str
) -> ProcedureVersion:
    """Approved now, public at `go_live_at`."""
    row.revisions.exclude(pk=revision.pk).update(approved_go_live_at=None)
    revision.approved_go_live_at = content.go_live_at
    revision.save(update_fields=["approved_go_live_at"])
    type(row).objects.filter(pk=row.pk).update(has_unpublished_changes=True, go_live_at=content.go_live_at, incomplete_reason=reason)
    _cancel_workflow(content, approval.approver)
    if log_action:
        data = {"revision": {"id": revision.pk, "go_live_at": content.go_live_at, "created": revision.created_at, "has_live_version": row.live}}
        log(instance=content, action="wagtail.publish.schedule", user=approval.approver, revision=revision, data=data)
    record_event(
        "procedures_catalog.version_scheduled", row, actor=approval.approver,
        payload={"code": row.procedure.code, "revision": revision.pk, "digest": approval.digest,
                 "at": content.go_live_at and content.go_live_at.isoformat()},
    )  # fmt: skip
    return row


def _write(row: ProcedureVersion, revision: Any, content: ProcedureVersion, approval: Approval) -> list[ProcedureVersion]:
    """Content first, as a draft, then the one statement that makes it public: parts of a public version cannot be written."""
    from ..record import content_digest

    now = timezone.now()
    ended = make_room(content, actor=approval.approver)
    ended += end_replaced(content, actor=approval.approver)
    content.live = False
    content.go_live_at = None
    content.content_digest = content_digest(record_in_memory(content))
    content.save()
    content.live, content.live_revision = True, revision
    content.has_unpublished_changes = not revision.is_latest_revision()
    content.last_published_at = now
    content.first_published_at = row.first_published_at or now
    row.revisions.update(approved_go_live_at=None)
    type(row).objects.filter(pk=row.pk).update(
        live=True,
        live_revision=revision,
        has_unpublished_changes=content.has_unpublished_changes,
        last_published_at=content.last_published_at,
        first_published_at=content.first_published_at,
    )
    return ended


def _cancel_workflow(content: ProcedureVersion, user: Any) -> None:
    if state := content.current_workflow_state:
        state.cancel(user=user)


def _tell_wagtail(content: ProcedureVersion, revision: Any, user: Any, log_action: bool | str, previous_revision: Any) -> None:
    published.send(sender=type(content), instance=content, revision=revision)
    _cancel_workflow(content, user)
    if log_action:
        data = {"revision": {"id": previous_revision.pk, "created": previous_revision.created_at}} if previous_revision else None
        log(instance=content, action=log_action if isinstance(log_action, str) else "wagtail.publish", user=user, revision=revision, data=data)


def _take_back(row: ProcedureVersion, *, actor: Any) -> list[ProcedureVersion]:
    """A public version whose day has not come is a draft again, and what it ended goes on."""
    type(row).objects.filter(pk=row.pk).update(live=False, live_revision=None, has_unpublished_changes=True)
    row.live, row.live_revision, row.has_unpublished_changes = False, None, True
    return reopen(row, actor=actor)


@transaction.atomic
def withdraw(version: ProcedureVersion, *, approver: User | None) -> ProcedureVersion:
    """Take back a version that is public but not yet in force; raises AlreadyInForce when its day has come."""
    from ..search_sources import reindex

    row = _lock(version)
    if approver is None or not approver.is_active or not approver.has_perm(PUBLISH):
        raise NotPermitted
    if not row.live:
        raise CatalogueError(_("This version is not public."))
    if row.valid_from is None or row.valid_from <= today():
        raise AlreadyInForce
    opened = _take_back(row, actor=approver)
    row.revisions.update(approved_go_live_at=None)
    record_event("procedures_catalog.version_withdrawn", row, actor=approver, payload={"code": row.procedure.code})
    log(instance=row, action="wagtail.unpublish", user=approver)
    unpublished.send(sender=type(row), instance=row)
    reindex({row.procedure_id} | procedure_ids(opened))
    return row


@dataclass
class Scheduled:
    """What a run over the schedules did: published revisions, expired pages, and what went wrong with which."""

    published: list[int] = field(default_factory=list)
    expired: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


def publish_scheduled() -> Scheduled:
    """Publish every revision whose time has come, each in a savepoint of its own: one that fails keeps its schedule, is named
    in the log and in the answer, and stops no other."""
    done = Scheduled()
    for page in Page.objects.filter(live=True, expire_at__lt=timezone.now()).order_by("expire_at"):
        try:
            with transaction.atomic():
                page.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
        except (ValidationError, DatabaseError) as error:
            logger.exception("expired page %s was not taken down", page.pk)
            done.failed[page.pk] = str(error)
        else:
            done.expired.append(page.pk)
    due = Revision.objects.filter(approved_go_live_at__lt=timezone.now()).order_by("approved_go_live_at", "pk")
    for pk in list(due.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                revision = Revision.objects.get(pk=pk)
                if not isinstance(revision.content_object, DraftStateMixin):
                    raise CatalogueError(_("What was to be published is gone."))
                revision.publish(log_action="wagtail.publish.scheduled")
        except (CatalogueError, ValidationError, DatabaseError) as error:
            logger.exception("scheduled revision %s was not published", pk)
            done.failed[pk] = str(error)
        else:
            done.published.append(pk)
    return done
