"""What keeps a guide from being published: rules over the stored form of its steps, told beside the step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from organisation.models import today
from procedures_catalog.enums import ChangeKind
from procedures_catalog.models import ProcedureVersion

from .accessibility import Problem, is_blank, rich_text_problems

Stored = Sequence[Mapping[str, Any]]


def procedures_in(value: Mapping[str, Any]) -> list[int]:
    """The procedures of a step, by primary key; what was taken away since is left out."""
    found = [item.get("value") if isinstance(item, Mapping) else item for item in value.get("procedures") or ()]
    return [key for key in found if isinstance(key, int)]


def problems_before(html: str) -> list[str]:
    """Of the words before the steps."""
    return list(rich_text_problems(html))


def _of_step(value: Mapping[str, Any], filed_before: bool) -> Iterable[str]:
    if is_blank(value.get("title") or ""):
        yield _("Say in the title what to do in this step.")
    if is_blank(strip_tags(value.get("text") or "")):
        yield _("Say in a sentence or two how to do it.")
    yield from rich_text_problems(value.get("text") or "")
    keys = procedures_in(value)
    if len(keys) != len(set(keys)):
        yield _("A procedure stands in this step twice.")
    if value.get("together") and not keys:
        yield _("Nothing is filed in this step, so it cannot go together with another.")
    elif value.get("together") and not filed_before:
        yield _("No step before this one files anything, so this one cannot go together with it.")


def problems(steps: Stored) -> list[Problem]:
    """What is wrong with the steps themselves; -1 is the guide as a whole."""
    found: list[Problem] = []
    if not steps:
        return [Problem(-1, _("A guide needs steps."))]
    filed = False
    for place, step in enumerate(steps):
        found += [Problem(place, message) for message in _of_step(step["value"], filed)]
        filed = filed or bool(procedures_in(step["value"]))
    if not filed:
        found.insert(0, Problem(-1, _("A guide leads through at least one procedure. Name it in the step in which it is filed.")))
    return found


def dead_ends(steps: Stored) -> list[Problem]:
    """Steps with a procedure that nobody can file, today or later: never published, or over. One query."""
    keys = {key for step in steps for key in procedures_in(step["value"])}
    day = today()
    alive: set[int] = set()
    names: dict[int, str] = {}
    versions: Any = ProcedureVersion.objects.published().filter(procedure__in=keys)
    columns = ("procedure_id", "procedure__code", "name", "valid_to", "change_kind")
    for key, code, name, last, kind in versions.order_by("valid_from").values_list(*columns):
        names[key] = f"{name} ({code})"
        if (last is None or last >= day) and kind != ChangeKind.ABOLISHED:
            alive.add(key)
    found = []
    for place, step in enumerate(steps):
        for key in procedures_in(step["value"]):
            if key not in names:
                found.append(Problem(place, _("A procedure of this step was never public. Choose another.")))
            elif key not in alive:
                found.append(Problem(place, _("“%(name)s” is no longer in force. Choose what took its place.") % {"name": names[key]}))
    return found
