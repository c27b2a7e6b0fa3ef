"""One publication decision applied to many procedures at once, and drafts handed in for approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import WorkflowState

from safeguards.services import record as record_event

from ..enums import ChangeKind
from .drafting import copy_as_new_version
from .errors import CatalogueError

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import LegalDocument, Procedure, ProcedureVersion, PublicationDecision


@dataclass
class Applied:
    """What became of one procedure: the drafts made, or why none was."""

    procedure: Procedure
    drafts: list[ProcedureVersion] = field(default_factory=list)
    problem: str = ""


class _Refused(Exception):
    """Carries the answer out of the transaction that it rolls back."""

    def __init__(self, answers: list[Applied]) -> None:
        self.answers = answers


@dataclass(frozen=True)
class CommonChanges:
    """What a decision changes in all the procedures it names: fields of the version, and legal bases."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    add_legal_bases: tuple[LegalDocument, ...] = ()
    replace_legal_basis: LegalDocument | None = None  # this one goes, wherever it stands, for the first of those added


def _legal_bases(version: ProcedureVersion, changes: CommonChanges) -> None:
    """Write the common legal bases into a draft's rows, in memory; the caller saves."""
    from ..models import LegalBasisRow

    rows: Any = version.legal_bases
    standing = {row.document_id for row in rows.all()}
    if changes.replace_legal_basis is not None and changes.replace_legal_basis.pk in standing:
        rows.remove(*[row for row in rows.all() if row.document_id == changes.replace_legal_basis.pk])
    for document in changes.add_legal_bases:
        if document.pk not in standing:
            rows.add(LegalBasisRow(document=document, sort_order=len(rows.all())))


def _copy(
    source: ProcedureVersion, *, user: User, decision: PublicationDecision, valid_from: dt.date, kind: str, changes: CommonChanges,
    fields: Mapping[str, Any],
) -> ProcedureVersion:  # fmt: skip
    return copy_as_new_version(
        source, user=user, decision=decision, valid_from=valid_from, change_kind=kind,
        changes={**changes.fields, **fields}, prepare=lambda draft: _legal_bases(draft, changes),
    )  # fmt: skip


def _drafted_already(procedure: Procedure, decision: PublicationDecision) -> bool:
    from ..models import ProcedureVersion

    return ProcedureVersion.objects.filter(procedure=procedure, decision=decision).exists()


def _sources(procedure: Procedure, day: dt.date) -> list[ProcedureVersion]:
    """The versions that a decision changes: those in force on the day before it, at whatever levels."""
    from ..models import ProcedureVersion

    before = day - dt.timedelta(days=1)
    return list(ProcedureVersion.objects.in_force_on(before).filter(procedure=procedure).select_related("procedure").order_by("pk"))


def apply_decision(
    decision: PublicationDecision,
    procedures: Iterable[Procedure],
    *,
    user: User,
    kind: str,
    valid_from: dt.date,
    changes: CommonChanges | None = None,
    replaced_by: Iterable[Procedure] = (),
) -> tuple[bool, list[Applied]]:
    """Drafts of what a decision does to many procedures: all, or none when one cannot be made. Gives whether they were made,
    and an answer for each procedure. For `replaced`, the drafts are of the procedures that take over."""
    changes = changes or CommonChanges()
    picked = sorted(procedures, key=lambda procedure: procedure.code)
    try:
        with transaction.atomic():
            if kind == ChangeKind.REPLACED:
                answers = _replace(decision, picked, list(replaced_by), user=user, valid_from=valid_from, changes=changes)
            else:
                answers = [_one(decision, procedure, user=user, kind=kind, valid_from=valid_from, changes=changes) for procedure in picked]
            if any(answer.problem for answer in answers):
                raise _Refused(answers)
            record_event(
                "procedures_catalog.decision_applied", decision, actor=user,
                payload={"number": decision.number, "kind": kind, "drafts": [draft.pk for answer in answers for draft in answer.drafts]},
            )  # fmt: skip
    except _Refused as refused:
        for answer in refused.answers:
            answer.drafts = []
        return False, refused.answers
    return True, answers


def _one(
    decision: PublicationDecision, procedure: Procedure, *, user: User, kind: str, valid_from: dt.date, changes: CommonChanges
) -> Applied:  # fmt: skip
    if _drafted_already(procedure, decision):
        return Applied(procedure, problem=_("A version for this decision exists already."))
    sources = _sources(procedure, valid_from)
    if not sources:
        return Applied(procedure, problem=_("No version is in force on the day before."))
    try:
        drafts = [
            _copy(source, user=user, decision=decision, valid_from=valid_from, kind=kind, changes=changes, fields={}) for source in sources
        ]  # fmt: skip
    except CatalogueError as error:
        return Applied(procedure, problem=str(error))
    return Applied(procedure, drafts)


def _replace(
    decision: PublicationDecision, old: list[Procedure], new: list[Procedure], *, user: User, valid_from: dt.date, changes: CommonChanges
) -> list[Applied]:  # fmt: skip
    """n to m: each procedure that takes over gets a draft that names all it replaces. A new code begins with the text of the
    first procedure replaced, for the editor to change."""
    if not new:
        return [Applied(procedure, problem=_("Say which procedures take over.")) for procedure in old]
    overlap = {procedure.pk for procedure in old} & {procedure.pk for procedure in new}
    answers = []
    for procedure in old:
        problem = _("A procedure cannot replace itself.") if procedure.pk in overlap else ""
        if not problem and not _sources(procedure, valid_from):
            problem = _("No version is in force on the day before.")
        answers.append(Applied(procedure, problem=problem))
    if any(answer.problem for answer in answers):
        return answers
    codes = [procedure.code for procedure in old]
    text = _sources(old[0], valid_from)[0]
    for procedure in new:
        if _drafted_already(procedure, decision):
            answers.append(Applied(procedure, problem=_("A version for this decision exists already.")))
            continue
        own = _sources(procedure, valid_from)
        fields = {"replaces": codes, "procedure": procedure}
        try:
            drafts = [
                _copy(source, user=user, decision=decision, valid_from=valid_from, kind=ChangeKind.REPLACED, changes=changes, fields=fields)
                for source in (own or [text])
            ]
        except CatalogueError as error:
            answers.append(Applied(procedure, problem=str(error)))
        else:
            answers.append(Applied(procedure, drafts))
    return answers


@transaction.atomic
def submit(version: ProcedureVersion, *, user: User) -> Any:
    """Hand a draft in for approval; gives the workflow's state. Raises CatalogueError when there is no workflow, or when it
    waits already."""
    if version.live and not version.has_unpublished_changes:
        raise CatalogueError(_("Nothing in this version waits to be approved."))
    if version.workflow_in_progress:
        raise CatalogueError(_("This version waits for approval already."))
    workflow = version.get_workflow()
    if workflow is None:
        raise CatalogueError(_("No way of approval is set up. An administrator runs: manage.py catalogue_workflow"))
    state = version.current_workflow_state
    if state is not None and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        state.resume(user)
    else:
        state = workflow.start(version, user)
    record_event("procedures_catalog.version_submitted", version, actor=user, payload={"code": version.procedure.code})
    return state
