"""The end of a version's validity: set by its successor, by an abolition, by a replacement; taken back when that is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from organisation.enums import Level
from organisation.models import today
from safeguards.services import record as record_event

from ..enums import ChangeKind, EndKind
from .drafting import copy_as_new_version
from .errors import CatalogueError, FourEyes, LevelsNotCovered, NotPermitted, Overlap

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import ProcedureVersion, PublicationDecision

DAY = dt.timedelta(days=1)
# How a successor ends what went before it.
END_OF_PREDECESSOR = {
    ChangeKind.NEW: EndKind.SUPERSEDED,
    ChangeKind.AMENDED: EndKind.SUPERSEDED,
    ChangeKind.REPLACED: EndKind.SUPERSEDED,
    ChangeKind.ABOLISHED: EndKind.ABOLISHED,
}


def end(version: ProcedureVersion, *, last_day: dt.date | None, end_kind: str, decision: Any, actor: Any) -> None:
    """Write the end of a version's validity (None opens it again), with its event."""
    from ..models import ProcedureVersion

    old = version.valid_to
    version.valid_to, version.end_kind, version.end_decision = last_day, end_kind, decision
    ProcedureVersion.objects.filter(pk=version.pk).update(valid_to=last_day, end_kind=end_kind, end_decision=decision)
    record_event(
        "procedures_catalog.version_closed" if last_day else "procedures_catalog.version_reopened",
        version, actor=actor,
        payload={
            "code": version.procedure.code, "valid_to": last_day and last_day.isoformat(), "before": old and old.isoformat(), "end_kind": end_kind,
            "decision": decision.number if decision else "",
        },
    )  # fmt: skip


def _predecessors(version: ProcedureVersion) -> list[ProcedureVersion]:
    """Public versions of the same procedure, at a level of this one, whose period reaches into this one's."""
    from ..models import ProcedureVersion

    assert version.valid_from is not None  # noqa: S101  # publish has refused a version without a day
    others = ProcedureVersion.objects.published().filter(procedure_id=version.procedure_id, levels__overlap=version.levels).exclude(pk=version.pk)
    reaching = others.filter(Q(valid_to=None) | Q(valid_to__gte=version.valid_from))
    if version.valid_to is not None:
        reaching = reaching.filter(valid_from__lte=version.valid_to)
    return list(reaching.select_related("procedure", "decision", "end_decision").order_by("valid_from").select_for_update(of=("self",)))


def make_room(version: ProcedureVersion, *, actor: Any) -> list[ProcedureVersion]:
    """End what is in force when `version` begins, on the day before; let a later version already published end this one.
    Raises Overlap when one begins on the same day, LevelsNotCovered when a level would be left without a version."""
    ended = []
    start = version.valid_from
    assert start is not None  # noqa: S101
    for other in _predecessors(version):
        if other.valid_from is None:  # no public version is without its day: a constraint holds it
            continue
        if other.valid_from > start:
            if version.valid_to is None or version.valid_to >= other.valid_from:
                version.valid_to, version.end_kind, version.end_decision = other.valid_from - DAY, EndKind.SUPERSEDED, other.decision
            continue
        if other.valid_from == start:
            raise Overlap(
                _("Another version of %(code)s begins on the same day, %(day)s. One of the two has to be taken back or begin later.")
                % {"code": version.procedure.code, "day": start.strftime("%d/%m/%Y")}
            )
        uncovered = sorted(set(other.levels) - set(version.levels))
        if uncovered:
            raise LevelsNotCovered(
                _("The version in force of %(code)s also holds for: %(levels)s. Name these levels too, so that none is left without a record.")
                % {"code": version.procedure.code, "levels": ", ".join(str(Level(level).label) for level in uncovered)}
            )
        end(other, last_day=start - DAY, end_kind=END_OF_PREDECESSOR[ChangeKind(version.change_kind)], decision=version.decision, actor=actor)
        ended.append(other)
    return ended


def end_replaced(version: ProcedureVersion, *, actor: Any) -> list[ProcedureVersion]:
    """End the procedures that `version` replaces (n to m), and link them; raises CatalogueError for a code that is not there."""
    from ..models import Procedure, ProcedureVersion

    codes = sorted(set(version.replaces))
    if not codes:
        return []
    found = {procedure.code: procedure for procedure in Procedure.objects.filter(code__in=codes)}
    if unknown := [code for code in codes if code not in found]:
        raise CatalogueError(_("The version replaces procedures that are not in the catalogue: %(codes)s.") % {"codes": ", ".join(unknown)})
    if version.procedure.code in found:
        raise CatalogueError(_("A procedure cannot replace itself."))
    start = version.valid_from
    assert start is not None  # noqa: S101
    ended = []
    for other in (
        ProcedureVersion.objects.published()
        .filter(Q(valid_to=None) | Q(valid_to__gte=start), procedure__in=found.values(), levels__overlap=version.levels)
        .select_related("procedure", "end_decision").order_by("pk").select_for_update(of=("self",))
    ):  # fmt: skip
        if other.valid_from is not None and other.valid_from >= start:
            raise Overlap(
                _("A version of %(code)s begins on %(day)s, when it is to be replaced already.")
                % {"code": other.procedure.code, "day": other.valid_from.strftime("%d/%m/%Y")}
            )
        end(other, last_day=start - DAY, end_kind=EndKind.REPLACED, decision=version.decision, actor=actor)
        ended.append(other)
    for procedure in found.values():
        procedure.replaced_by.add(version.procedure)
    return ended


def reopen(version: ProcedureVersion, *, actor: Any) -> list[ProcedureVersion]:
    """Undo what publishing `version` ended, when it is taken back before its day."""
    from ..models import Procedure, ProcedureVersion

    start = version.valid_from
    assert start is not None  # noqa: S101
    ended = ProcedureVersion.objects.published().filter(valid_to=start - DAY, end_decision=version.decision)
    same = Q(procedure_id=version.procedure_id, levels__overlap=version.levels, end_kind__in=[EndKind.SUPERSEDED, EndKind.ABOLISHED])
    replaced = Q(procedure__code__in=version.replaces, end_kind=EndKind.REPLACED)
    opened = []
    for other in ended.filter(same | replaced).exclude(pk=version.pk).select_related("procedure", "end_decision").select_for_update(of=("self",)):
        later = (
            ProcedureVersion.objects.published()
            .filter(procedure_id=other.procedure_id, levels__overlap=other.levels, valid_from__gt=other.valid_to)
            .exclude(pk=version.pk)
            .select_related("decision")
            .order_by("valid_from")
            .first()
        )
        if later is None:
            end(other, last_day=None, end_kind="", decision=None, actor=actor)
        else:
            begins: Any = later.valid_from
            end(other, last_day=begins - DAY, end_kind=EndKind.SUPERSEDED, decision=later.decision, actor=actor)
        opened.append(other)
    for procedure in Procedure.objects.filter(code__in=version.replaces):
        procedure.replaced_by.remove(version.procedure)
    return opened


@transaction.atomic
def close(
    version: ProcedureVersion, *, approver: User, last_day: dt.date, end_kind: str = EndKind.EXPIRED, decision: PublicationDecision | None = None
) -> ProcedureVersion:
    """End a public version without a successor. Needs the right to publish, of somebody who did not write the version;
    an end that has passed is not moved."""
    from ..models import ProcedureVersion
    from ..search_sources import reindex
    from .drafting import wrote

    row = ProcedureVersion.objects.select_for_update(of=("self",)).select_related("procedure", "end_decision").get(pk=version.pk)
    if not approver.is_active or not approver.has_perm("procedures_catalog.publish_procedureversion"):
        raise NotPermitted
    if wrote(row, approver):
        raise FourEyes
    if not row.live or row.valid_from is None:
        raise CatalogueError(_("Only a public version can be ended."))
    if row.valid_to is not None and row.valid_to < today():
        raise CatalogueError(_("This version has ended already."))
    if last_day < row.valid_from:
        raise CatalogueError(_("The last day in force is before the first."))
    end(row, last_day=last_day, end_kind=end_kind, decision=decision, actor=approver)
    reindex([row.procedure_id])
    return row


def abolish(version: ProcedureVersion, *, user: User, decision: PublicationDecision, valid_from: dt.date) -> ProcedureVersion:
    """A draft by which `decision` abolishes the procedure from a day on; it takes effect when a second person publishes it."""
    return copy_as_new_version(version, user=user, decision=decision, valid_from=valid_from, change_kind=ChangeKind.ABOLISHED)


def procedure_ids(versions: Iterable[ProcedureVersion]) -> set[int]:
    """Keys of the procedures concerned."""
    return {version.procedure_id for version in versions}
