"""The posting page: of the procedures that a unit is bound to publish, how many stand here, and which do not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation import charts
from foundation.registries import Column

from . import queries
from .enums import Posting
from .levels import share_text

NAMED = 8  # of a unit, on the page of all units
PER_PAGE = 100
TONES = {Posting.COMPLETE: 0, Posting.INCOMPLETE: 1, Posting.ELSEWHERE: 4, Posting.MISSING: 5}


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _unit(row: dict[str, Any], *, alone: bool = False) -> dict[str, Any]:
    """A unit's line: n published of N, the share, the bar, what is missing; or that there is no list."""
    english = get_language() == "en"
    bound = sum(row[state] for state in Posting.values)
    published = row["complete"] + row["incomplete"]
    segments = [
        charts.Segment(row[state], TONES[Posting(state)], str(row[state]), f"{Posting(state).label}: {row[state]}") for state in Posting.values
    ]  # fmt: skip
    title = _("%(published)s of %(bound)s published") % {"published": published, "bound": bound}
    lacking = [
        {"code": code, "name": name, "elsewhere": state == Posting.ELSEWHERE, "since": _date(since)} for code, name, state, since in row["lacking"]
    ]  # fmt: skip
    return {
        "slug": row["slug"], "code": row["code"], "name": (english and row["name_en"]) or row["name"], "vietnamese": english and not row["name_en"],
        "has_list": row["source"] is not None, "source": row["source"], "valid_from": _date(row["valid_from"]), "own": row["own"], "bound": bound,
        "published": published, "share": share_text(published, bound), **{state: row[state] for state in Posting.values}, "extra": row["extra"],
        "lack": row["missing"] + row["elsewhere"], "lacking": lacking, "more": row["missing"] + row["elsewhere"] - len(lacking),
        "partial": [{"code": code, "name": name} for code, name in row["partial"]],
        "unlisted": [{"code": code, "name": name} for code, name in row["unlisted"]], "picture": charts.bar(segments, title=title if alone else ""),
    }  # fmt: skip


def overview(day: dt.date) -> dict[str, Any]:
    """All units that have a list, and the levels of government that have none; one query."""
    answer = queries.posting(day, limit=NAMED)
    units = [_unit(row) for row in answer["units"]]
    with_list = [unit for unit in units if unit["has_list"]]
    bound, published = sum(unit["bound"] for unit in with_list), sum(unit["published"] for unit in with_list)
    return {
        "units": with_list, "without": [unit for unit in units if not unit["has_list"]], "bound": bound, "published": published,
        "share": share_text(published, bound), "incomplete": sum(unit["incomplete"] for unit in with_list),
        "lack": sum(unit["lack"] for unit in with_list),
    }  # fmt: skip


def of_unit(day: dt.date, slug: str, page: int) -> dict[str, Any] | None:
    """One unit with a page of what is missing; None for a unit that does not exist. A unit without a list has `has_list` False."""
    answer = queries.posting(day, slug, limit=PER_PAGE, offset=(page - 1) * PER_PAGE, more=PER_PAGE)
    if not answer["known"]:
        return None
    if not answer["units"]:
        return {"unit": None, "pages": 1}
    unit = _unit(answer["units"][0], alone=True)
    return {"unit": unit, "pages": max(1, -(-unit["lack"] // PER_PAGE))}


COLUMNS = (
    Column("date", gettext_lazy("the day on which list and portal are compared"), "date"),
    Column("unit", gettext_lazy("code of the unit that is bound to publish")),
    Column("unit_name", gettext_lazy("its name, in Vietnamese")),
    Column("source", gettext_lazy("decision or list that binds it")),
    Column("valid_from", gettext_lazy("the day from which the list binds"), "date"),
    Column("code", gettext_lazy("national code of the procedure")),
    Column("name", gettext_lazy("name on the list; of what is on no list, the official name here")),
    Column(
        "state", gettext_lazy("complete, incomplete, elsewhere (here, but not under this unit), missing; unlisted: here without being on the list")
    ),
    Column(
        "since", gettext_lazy("missing since: the day from which lists name it without a gap, or the day after it was last in force here"), "date"
    ),
)


def table(day: dt.date, unit: str = "") -> Iterator[dict[str, Any]]:
    """Every line of every list, and what stands here without being on one."""
    for code, unit_name, source, valid_from, procedure, name, state, since in queries.posting_rows(day, unit):
        yield {
            "date": day, "unit": code, "unit_name": unit_name, "source": source, "valid_from": valid_from, "code": procedure, "name": name,
            "state": state, "since": since,
        }  # fmt: skip
