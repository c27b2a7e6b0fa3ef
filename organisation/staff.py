"""Which units a member of staff works for: what lists of the back office are narrowed by (A10)."""

from __future__ import annotations

from typing import Any

from .enums import UnitKind
from .models import Holding, Unit

EVERY_UNIT = "organisation.work_for_every_unit"


def units_of(user: Any) -> set[int] | None:
    """Ids of the units whose things this account works with: those where its person holds a post today, and their departments, down to
    the next government (a district's officer does not see into its wards). None: every unit, with that right. An account without a
    person or a post has none. Two queries."""
    if user.has_perm(EVERY_UNIT):
        return None
    found = set(Holding.objects.current().filter(person__account=user.pk).values_list("post__unit", flat=True))
    if not found:
        return found
    departments = list(Unit.objects.exclude(kind=UnitKind.GOVERNMENT).exclude(parent=None).values_list("pk", "parent"))
    while more := {pk for pk, parent in departments if parent in found} - found:
        found |= more
    return found
