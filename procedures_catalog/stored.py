"""The parts of a procedure's page that depend on its version alone, rendered once for all processes.

They are kept under a digest of the data that they are made from, so that no row can be stale; what changes apart from the version
(who answers, counters, neighbours, history, notices) is rendered around them each time. Made by the first reader after a
publication; deleted with the version, when it is taken back, and, by the daily job, when another release serves."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from foundation.release import release

from . import presentation
from .prepared import fingerprint
from .queries import Data, date_of

log = logging.getLogger(__name__)

# Whole sections of the page, and pieces of two that say more than the version does.
SECTIONS = ("giay-to", "cach-nop", "le-phi", "cac-buoc", "ket-qua", "dieu-kien", "tre-hen", "can-cu", "nguyen-van")
PIECES = ("decides", "record")
TEMPLATES = {
    **{name: f"procedures_catalog/body/sections/{name}.html" for name in SECTIONS},
    **{name: f"procedures_catalog/body/pieces/{name}.html" for name in PIECES},
}
DAY = dt.timedelta(days=1)
ALWAYS = dt.date(1, 1, 1)
# Of what a version has, the page around asks whether there is any.
ASKED = ("papers", "methods", "fees", "steps", "results", "conditions", "agencies", "process", "legal_bases")


@dataclass(frozen=True)
class Kept:
    """The rendered parts, and which of the version's lists have something in them."""

    html: Mapping[str, SafeString]
    has: Mapping[str, bool]


def stretch(version: Data, day: dt.date) -> tuple[dt.date, dt.date | None]:
    """The first and last day (None: for good) around a day on which the parts are the same: fees and laws begin and end."""
    begins = {first for first, _decree in presentation.ONE_STOP_DECREES}
    for row in (*version["fees_rows"], *version["legal_bases_rows"]):
        if start := date_of(row["valid_from"]):
            begins.add(start)
        if (end := date_of(row["valid_to"])) and end < dt.date.max:
            begins.add(end + DAY)
    following = min((first for first in begins if first > day), default=None)
    return max((first for first in begins if first <= day), default=ALWAYS), following - DAY if following else None


def make(version: Data, day: dt.date) -> Kept:
    """The parts, rendered now, in the active language."""
    shown = presentation.version_page(version, day)
    context = {"version": shown, "day": day, "LANGUAGE_CODE": get_language() or ""}
    html = {name: mark_safe(render_to_string(template, context)) for name, template in TEMPLATES.items()}  # noqa: S308  # a template's own  # nosec B308 B703
    return Kept(html, {name: bool(shown[name]) for name in ASKED})


def kept(version_text: str, version: Data, day: dt.date) -> Kept:
    """The parts of a public version: as they are stored, or made and stored now. `version_text` is the answer of `queries.VERSION`
    that `version` was read from."""
    language, digest = get_language() or "", fingerprint(version_text)
    found = find(version["id"], language, digest, day)
    if found is None:
        found = make(version, day)
        store(version, language, digest, day, found)
    return found


def find(version: int, language: str, digest: str, day: dt.date) -> Kept | None:
    """What is stored, made by this release from this very data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select parts from procedures_catalog_storedbody where version_id = %s and language = %s and release = %s and digest = %s"
            " and day_from <= %s and (day_to is null or day_to >= %s) limit 1",
            [version, language, release(), digest, day, day],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    parts = json.loads(row[0])
    return Kept({name: mark_safe(parts["html"][name]) for name in TEMPLATES}, parts["has"])  # noqa: S308  # what `make` rendered  # nosec B308 B703


def store(version: Data, language: str, digest: str, day: dt.date, made: Kept) -> None:
    """Keep what was made, if the version is public at this moment. A page does not fail because nothing can be written."""
    first, last = stretch(version, day)
    parts = json.dumps({"html": made.html, "has": made.has}, ensure_ascii=False)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Locked against being taken back meanwhile: whoever does that deletes what is stored (trigger `stored_body_gone`).
            cursor.execute(
                "insert into procedures_catalog_storedbody (version_id, language, release, digest, day_from, day_to, parts)"
                " select id, %s, %s, %s, %s, %s, %s from (select id from procedures_catalog_procedureversion"
                " where id = %s and live for share skip locked) public on conflict do nothing",
                [language, release(), digest, first, last, parts, version["id"]],
            )
    except DatabaseError:
        log.warning("the parts of version %s could not be stored", version["id"], exc_info=True)


def clean(day: dt.date) -> int:
    """Delete what no page will ask for again: of another release, of days that are over, and what newer data took the place of;
    gives how many. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from procedures_catalog_storedbody old where release <> %s or day_to < %s or exists ("
            "select from procedures_catalog_storedbody newer where newer.version_id = old.version_id and newer.language = old.language"
            " and newer.release = old.release and newer.digest <> old.digest and newer.made_at > old.made_at)",
            [release(), day],
        )
        return int(cursor.rowcount)


def contents_of(has: Mapping[str, bool], procedure: Data, people: Iterable[Data]) -> list[Data]:
    """The headings of the page around these parts."""
    return presentation.contents(dict(has), procedure, list(people))
