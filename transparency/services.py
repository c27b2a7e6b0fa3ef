"""The door of the figures: plans and lists are added here, each with its event, in one transaction. Nothing is rewritten."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organisation.models import Unit, today
from safeguards.models import User
from safeguards.services import record

from .enums import PlanEnd
from .models import PlannedLevel, PostingEntry, PostingList


class FiguresError(ValidationError):
    """A change that the rules refuse, with a message for the person who asked for it."""


def _told(plan: PlannedLevel) -> dict[str, str | int]:
    return {
        "procedure": plan.procedure.code, "unit": plan.unit.code, "year": plan.year, "scheme": plan.scheme, "level": plan.level,
        "basis": plan.basis, "decided_on": plan.decided_on.isoformat(),
    }  # fmt: skip


def _lock(plan: PlannedLevel) -> None:
    """One writer at a time for the plans of a procedure: who waits sees what the other wrote."""
    type(plan.procedure).objects.select_for_update().get(pk=plan.procedure_id)


@transaction.atomic
def plan_level(plan: PlannedLevel, actor: User | None) -> PlannedLevel:
    """Add a plan. Raises ValidationError when there is one for the same procedure, unit, year and scheme, or a value is wrong."""
    _lock(plan)
    plan.full_clean()
    plan.save(force_insert=True)
    record("transparency.level_planned", plan, actor=actor, payload=_told(plan))
    return plan


@transaction.atomic
def change_plan(former: PlannedLevel, level: str, basis: str, decided_on: dt.date, actor: User | None) -> PlannedLevel:
    """Put another plan in the place of one: the former stays, with the day on which it ended. Gives the new one."""
    _lock(former)
    row = PlannedLevel.objects.select_related("procedure", "unit").get(pk=former.pk)
    if row.ended_on is not None:
        raise FiguresError(_("This plan holds no longer; change the one in its place."))
    if decided_on < row.decided_on:
        raise FiguresError({"decided_on": _("The plan in force was decided later than this.")})
    if (level, basis, decided_on) == (row.level, row.basis, row.decided_on):
        return row
    plan = PlannedLevel(
        procedure=row.procedure, unit=row.unit, year=row.year, scheme=row.scheme, level=level, basis=basis, decided_on=decided_on
    )  # fmt: skip
    row.ended_on, row.end_kind, row.end_basis = decided_on, PlanEnd.REPLACED, basis
    plan.full_clean(validate_constraints=False)  # its place is taken until the former one has ended
    row.save(update_fields=["ended_on", "end_kind", "end_basis"])
    plan.full_clean()
    plan.save(force_insert=True)
    record("transparency.plan_changed", plan, actor=actor, payload={**_told(plan), "former": row.pk, "former_level": row.level})
    return plan


@transaction.atomic
def withdraw_plan(plan: PlannedLevel, basis: str, on: dt.date, actor: User | None) -> PlannedLevel:
    """End a plan without another in its place, by a decision of that day."""
    _lock(plan)
    row = PlannedLevel.objects.select_related("procedure", "unit").get(pk=plan.pk)
    if row.ended_on is not None:
        raise FiguresError(_("This plan holds no longer."))
    if not basis.strip():
        raise FiguresError({"basis": _("Say which decision withdraws it.")})
    if not row.decided_on <= on <= today():
        raise FiguresError({"on": _("A day between the plan's own decision and today.")})
    row.ended_on, row.end_kind, row.end_basis = on, PlanEnd.WITHDRAWN, basis.strip()
    row.full_clean()
    row.save(update_fields=["ended_on", "end_kind", "end_basis"])
    record("transparency.plan_withdrawn", row, actor=actor, payload={**_told(row), "on": on.isoformat(), "by": row.end_basis})
    return row


def digest_of(source: str, entries: Iterable[tuple[str, str]]) -> str:
    """What tells whether two lists say the same: source, codes and names, in any order (SHA-256, hex)."""
    return hashlib.sha256(json.dumps([source, sorted(entries)], ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def post_list(unit: Unit, source: str, valid_from: dt.date, entries: Sequence[tuple[str, str]], actor: User | None) -> tuple[PostingList, bool]:
    """Add the list (code, name) that binds a unit from a day on; gives it and whether anything changed.

    The same list again changes nothing. Another list of the same day corrects the one that stands, which is kept beside it."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    digest = digest_of(source, entries)
    former = PostingList.objects.standing().filter(unit=unit, valid_from=valid_from).first()
    if former is not None and former.digest == digest:
        return former, False
    if not entries:
        raise FiguresError(_("A list without procedures binds to nothing."))
    if len({code for code, _name in entries}) < len(entries):
        raise FiguresError(_("A procedure stands twice in the list."))
    if former is not None:
        former.superseded_at = timezone.now()
        former.save(update_fields=["superseded_at"])
    made = PostingList(unit=unit, source=source, valid_from=valid_from, digest=digest)
    made.full_clean()
    made.save(force_insert=True)
    rows = [PostingEntry(posting_list=made, code=code, name=name) for code, name in entries]
    for row in rows:
        row.clean_fields(exclude=["posting_list"])
    PostingEntry.objects.bulk_create(rows)
    payload = {"unit": unit.code, "source": source, "valid_from": valid_from.isoformat(), "count": len(rows), "digest": digest}
    record("transparency.list_corrected" if former else "transparency.list_posted", made, actor=actor, payload=payload)
    return made, True
