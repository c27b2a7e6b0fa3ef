"""The roadmap: planned level per procedure and year against what is in force, kept or missed. What is made of the plans is kept
under the plans' own fingerprint: other plans, versions or days have another one."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation import charts
from foundation.registries import Column
from procedures_catalog.prepared import Store, fingerprint

from . import queries
from .enums import PlanEnd, PlanState, Scheme
from .levels import level_name, share_text
from .rules import Held, Judgement, judge

PER_PAGE = 50
_kept = Store(size=6)
# Of a year that is over, verdicts come first; the tone goes with pattern and word, never alone.
TONES = {PlanState.KEPT: 0, PlanState.AHEAD: 1, PlanState.DUE: 2, PlanState.MISSED: 5, PlanState.WITHDRAWN: 3, PlanState.UNKNOWN: 4}
TAGS = {PlanState.KEPT: "early", PlanState.AHEAD: "early", PlanState.DUE: "wait", PlanState.MISSED: "late"}
ORDER = [PlanState.KEPT, PlanState.MISSED, PlanState.AHEAD, PlanState.DUE, PlanState.WITHDRAWN, PlanState.UNKNOWN]


@dataclass
class Plan:
    """A plan as it stands on a day, with those that stood in its place before."""

    pk: int
    code: str
    name: str
    unit: str
    unit_code: str
    unit_name: str
    unit_name_en: str
    year: int
    scheme: str
    level: str
    basis: str
    decided_on: dt.date
    ended_on: dt.date | None
    end_kind: str
    end_basis: str
    judgement: Judgement
    field_slug: str
    field_name: str
    field_name_en: str
    former: list[Plan] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What it is a plan of."""
        return self.code, self.unit, self.year, self.scheme

    @property
    def state(self) -> str:
        """How it stands."""
        return self.judgement.state


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _plan(row: Sequence[Any], day: dt.date) -> Plan:
    (pk, code, name, unit, unit_code, unit_name, unit_name_en, year, scheme, level, basis, decided, ended, kind, end_basis, history,
     field_slug, field_name, field_name_en) = row  # fmt: skip
    ended_on = _date(ended)
    if ended_on is not None and ended_on > day:
        ended_on, kind, end_basis = None, "", ""  # on that day nobody knew
    held = [Held(level_, dt.date.fromisoformat(first), _date(last)) for level_, first, last in history]
    withdrawn = kind == PlanEnd.WITHDRAWN
    return Plan(
        pk, code, name or "", unit, unit_code, unit_name, unit_name_en, year, scheme, level, basis, dt.date.fromisoformat(decided), ended_on, kind,
        end_basis, judge(scheme, level, year, held, day, withdrawn=withdrawn), field_slug, field_name, field_name_en,
    )  # fmt: skip


def read(answer: str, day: dt.date) -> list[Plan]:
    """The plans that hold on a day (those withdrawn by then too), each with the ones that it replaced, the latest first. A plan
    that was withdrawn and made anew stands as the new one, with the former beneath."""
    chains: dict[tuple[str, str, int, str], list[Plan]] = {}
    for row in json.loads(answer):
        plan = _plan(row, day)
        chains.setdefault(plan.key, []).append(plan)
    found = []
    for chain in chains.values():
        chain.sort(key=lambda plan: (plan.ended_on is None, plan.decided_on, plan.pk))
        last = chain[-1]
        last.former = chain[-2::-1]
        found.append(last)
    return found


def plans(day: dt.date) -> list[Plan]:
    """The plans of a day, judged; one query. They are everybody's: nothing in them may be changed."""
    text = queries.plans(day)
    found: list[Plan] = _kept.get_or_make((fingerprint(text), day), lambda: read(text, day))
    return found


def chosen(found: Sequence[Plan], **wanted: str) -> list[Plan]:
    """Those that have all of these values; an empty one asks for nothing."""
    asked = {name: value for name, value in wanted.items() if value}
    return [plan for plan in found if all(str(getattr(plan, name)) == value for name, value in asked.items())]


def _total(line: Counter[str]) -> int:
    return sum(line.values())


def by_year(found: Sequence[Plan]) -> list[dict[str, Any]]:
    """For each scheme its own table: a line a year with how many plans stand how, and the bar."""
    lines: dict[str, dict[int, Counter[str]]] = {}
    for plan in found:
        lines.setdefault(plan.scheme, {}).setdefault(plan.year, Counter())[plan.state] += 1
    tables = []
    for scheme in Scheme.values:
        if scheme not in lines:
            continue
        years = []
        for year, line in sorted(lines[scheme].items()):
            judged = line[PlanState.KEPT] + line[PlanState.MISSED]
            segments = [charts.Segment(line[state], TONES[state]) for state in ORDER]
            years.append({
                "year": year, "total": _total(line), "cells": [line[state] for state in ORDER],
                "kept_share": share_text(line[PlanState.KEPT], judged), "judged": judged, "picture": charts.bar(segments),
            })  # fmt: skip
        tables.append({"scheme": scheme, "name": Scheme(scheme).label, "years": years})
    return tables


def why(plan: Plan, day: dt.date) -> str:
    """What is behind a state, in a sentence; '' where the levels say it."""
    judgement = plan.judgement
    on = f"{judgement.reached_on:%d/%m/%Y}" if judgement.reached_on else ""
    end = f"31/12/{plan.year}"
    if plan.state == PlanState.MISSED and on:
        return _("reached on %(day)s") % {"day": on}
    if plan.state == PlanState.DUE and judgement.reached_on is not None and judgement.reached_on > day:
        return _("published already, in force from %(day)s") % {"day": on}
    if plan.state == PlanState.WITHDRAWN and judgement.why == "plan":
        return _("the plan was withdrawn on %(day)s") % {"day": f"{plan.ended_on:%d/%m/%Y}"}
    if judgement.why == "gone":
        return _("the procedure is not in force any more")
    if judgement.why == "unstated":
        return _("the record states no level in this scheme")
    if plan.state == PlanState.UNKNOWN:
        return _("there is no record here of %(day)s") % {"day": end}
    if judgement.why == "no record":
        return _("the procedure is not in force yet")
    return ""


def line(plan: Plan, day: dt.date) -> dict[str, Any]:
    """A plan as the page shows it."""
    english = get_language() == "en"
    return {
        "code": plan.code, "name": plan.name, "year": plan.year, "scheme": Scheme(plan.scheme).label, "level": level_name(plan.scheme, plan.level),
        "then": level_name(plan.scheme, plan.judgement.level) if plan.judgement.level else "",
        "now": level_name(plan.scheme, plan.judgement.now) if plan.judgement.now else "", "over": day > dt.date(plan.year, 12, 31),
        "state": PlanState(plan.state).label, "tag": TAGS.get(PlanState(plan.state), ""), "why": why(plan, day), "basis": plan.basis,
        "end_basis": plan.end_basis, "decided_on": plan.decided_on, "unit": plan.unit, "unit_name": (english and plan.unit_name_en) or plan.unit_name,
        "unit_vietnamese": english and not plan.unit_name_en,
        "former": [
            {"level": level_name(one.scheme, one.level), "basis": one.basis, "decided_on": one.decided_on, "ended_on": one.ended_on}
            for one in plan.former
        ],
    }  # fmt: skip


COLUMNS = (
    Column("date", gettext_lazy("the day on which the plan is judged"), "date"),
    Column("procedure", gettext_lazy("national code of the procedure")),
    Column("name", gettext_lazy("official name, in Vietnamese")),
    Column("unit", gettext_lazy("code of the unit that has to reach the level")),
    Column("year", gettext_lazy("by the end of which year"), "integer"),
    Column("scheme", gettext_lazy("which scheme of levels: online (since 2022), legacy (2011), proactive (2026); never converted")),
    Column("level", gettext_lazy("planned level: full, partial, information, or 1 to 4")),
    Column("basis", gettext_lazy("decision that plans it")),
    Column("decided_on", gettext_lazy("day of that decision"), "date"),
    Column("state", gettext_lazy("kept, missed, due, ahead, withdrawn, unknown; replaced: another plan took its place")),
    Column("level_then", gettext_lazy("level on 31 December of a year that is over, of the day itself otherwise")),
    Column("level_now", gettext_lazy("level on the day")),
    Column("reached_on", gettext_lazy("first day on which the planned level was or will be in force"), "date"),
    Column("ended_on", gettext_lazy("the day on which the plan was replaced or withdrawn"), "date"),
    Column("end_basis", gettext_lazy("decision that replaced or withdrew it")),
)


def table(found: Sequence[Plan], day: dt.date) -> Iterator[dict[str, Any]]:
    """Every plan a row, the former ones under those in their place."""
    for current in found:
        for plan in (current, *current.former):
            judgement = plan.judgement
            yield {
                "date": day, "procedure": plan.code, "name": plan.name, "unit": plan.unit_code, "year": plan.year, "scheme": plan.scheme,
                "level": plan.level, "basis": plan.basis, "decided_on": plan.decided_on,
                "state": plan.state if plan is current else str(PlanEnd(plan.end_kind)), "level_then": judgement.level,
                "level_now": judgement.now, "reached_on": judgement.reached_on, "ended_on": plan.ended_on, "end_basis": plan.end_basis,
            }  # fmt: skip
