"""What search may find of the catalogue: one document a procedure, made of the version that answers today."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field, Unit, today
from search import services

from .enums import AgencyRole, Audience, ChangeKind, OnlineLevel
from .facts import limit_and_fee
from .models import AskedQuestion, InvolvedAgency, Procedure, ProcedureVersion, ResultRow, StepRow
from .queries import facts_rows

KIND = "procedure"
BATCH = 500
STATES = {"effective": _("in force"), "upcoming": _("in force later"), "ended": _("no longer in force")}
_BODY_STEPS = 1500  # characters of the steps that still tell what a procedure is about


def _standing(version: dict[str, Any], day: dt.date) -> str:
    if version["valid_from"] > day:
        return "upcoming"
    if version["valid_to"] is not None and version["valid_to"] < day:
        return "ended"
    return "ended" if version["change_kind"] == ChangeKind.ABOLISHED else "effective"


_ORDER = {"effective": 0, "upcoming": 1, "ended": 2}


def _best(versions: list[dict[str, Any]], day: dt.date) -> dict[str, Any]:
    """The version that answers: in force before coming before ended; the nearest to the citizen (ward first); the latest."""
    return min(
        versions, key=lambda version: (_ORDER[_standing(version, day)], -max([level for level in version["levels"] if level < Level.OTHER] or [0]),
                                       -version["valid_from"].toordinal(), -version["id"]),
    )  # fmt: skip


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    made: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *rest in rows:
        made[key].append(tuple(rest))
    return made


def _asking(question: str) -> str:
    line = " ".join(question.split())
    return line if line.endswith("?") else f"{line} ?"


def documents_for(procedure_ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of some procedures, or of all; those without a published version give none."""
    wanted: QuerySet[Procedure] = Procedure.objects.filter(versions__live=True).distinct()
    if procedure_ids is not None:
        wanted = wanted.filter(pk__in=list(procedure_ids))
    keys = list(wanted.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield from _documents(keys[start : start + BATCH])


def _documents(keys: list[int]) -> Iterator[SearchDocument]:
    day = today()
    identities = {row["id"]: row for row in Procedure.objects.filter(pk__in=keys).values("id", "code", "summary", "guidance", "popularity")}
    by_procedure: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows: Any = ProcedureVersion.objects.filter(procedure_id__in=keys, live=True).values(
        "id", "procedure_id", "name", "levels", "field_id", "field__name", "valid_from", "valid_to", "change_kind", "subjects", "online_level",
        "legacy_level", "description", "keywords", "code_full",
    )  # fmt: skip
    for version in rows:
        by_procedure[version["procedure_id"]].append(version)
    chosen = {key: _best(versions, day) for key, versions in by_procedure.items()}
    ids = [version["id"] for version in chosen.values()]
    of = {"version_id__in": ids}
    steps = _grouped(StepRow.objects.filter(**of).order_by("sort_order", "id").values_list("version_id", "title", "text"))
    results = _grouped(ResultRow.objects.filter(**of).values_list("version_id", "name"))
    told = {row["id"]: limit_and_fee(row, day) for row in facts_rows(ids)}
    agencies = _grouped(
        InvolvedAgency.objects.filter(**of, role=AgencyRole.COMPETENT)
        .order_by("sort_order", "id")
        .values_list("version_id", "unit_id", "name", "unit__name")
    )
    questions = _grouped(AskedQuestion.objects.filter(procedure_id__in=keys).values_list("procedure_id", "question"))
    for key in keys:
        version, identity = chosen[key], identities[key]
        vid, standing = version["id"], _standing(version, day)
        body = [identity["summary"], identity["guidance"], version["description"]]
        body += [name for (name,) in results.get(vid, [])]
        body.append(" ".join(f"{title} {text}" for title, text in steps.get(vid, []))[:_BODY_STEPS])
        agency = agencies.get(vid, [(None, "", "")])[0]
        demand = 1 / (1 + identity["popularity"] / 50) if identity["popularity"] else 0.0
        yield SearchDocument(
            kind=KIND,
            object_id=str(key),
            code=identity["code"],
            title=version["name"],
            url=f"/thu-tuc/{identity['code']}/",
            body="\n".join(part for part in body if part),
            # keywords are folk names, which count more than questions do; a line that is a question says so
            asked="\n".join([*version["keywords"].replace(";", "\n").splitlines(), *(_asking(question) for (question,) in questions.get(key, []))]),
            unit=str(agency[0] or ""),
            field=str(version["field_id"] or ""),
            levels=tuple(level.code for level in LEVEL_BY_CODE.values() if int(level) in version["levels"] and level is not Level.UNKNOWN),
            audiences=tuple(version["subjects"]),
            facets={"service": [version["online_level"]] if version["online_level"] else [], "state": [standing]},
            facts={
                "summary": identity["summary"],
                "field": version["field__name"] or "",
                "agency": agency[1] or agency[2] or "",
                **told[vid],
                "online": version["online_level"],
                "state": standing,
            },
            valid_from=version["valid_from"],
            valid_to=version["valid_to"],
            weight=(2 - _ORDER[standing]) + demand,
        )


def reindex(procedure_ids: Iterable[int]) -> None:
    """Write what search knows of some procedures anew, in the caller's transaction; those no longer public go."""
    keys = list(dict.fromkeys(procedure_ids))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        seen: set[str] = set()
        documents = list(documents_for(batch))
        seen.update(document.object_id for document in documents)
        services.put(documents)
        gone = [str(key) for key in batch if str(key) not in seen]
        if gone:
            services.remove(KIND, gone)


def visible(object_ids: Iterable[str]) -> set[str]:
    """Which procedures have a public page."""
    keys = [int(key) for key in object_ids if key.isdigit()]
    return {str(key) for key in ProcedureVersion.objects.filter(procedure_id__in=keys, live=True).order_by().values_list("procedure_id", flat=True)}


def facet_labels(name: str, values: Iterable[str]) -> dict[str, str]:
    """Labels of the facets that the catalogue fills."""
    values = list(values)
    keys = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 12]
    if name == "field":
        return {str(key): label for key, label in Field.objects.filter(pk__in=keys).values_list("pk", "name")}
    if name == "unit":
        return {str(key): label for key, label in Unit.objects.filter(pk__in=keys).values_list("pk", "name")}
    known: dict[str, Any] = {}
    if name == "level":
        known = {level.code: level.label for level in Level if level is not Level.UNKNOWN}
    elif name == "audience":
        known = dict(Audience.choices)
    elif name == "service":
        known = dict(OnlineLevel.choices)
    elif name == "state":
        known = dict(STATES)
    return {value: str(known[value]) for value in values if value in known}


def register() -> None:
    """Offer the catalogue to search."""
    search_sources.register(KIND, SOURCE)


SOURCE = SearchSource(KIND, _("Procedures"), documents_for, visible, facet_labels)
