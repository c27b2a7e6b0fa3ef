"""What the catalogue holds, as an import needs it: natural keys and periods, loaded once, compared in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.db.models.fields.json import KT

from organisation.models import Field, Unit

from ..models import FormRow, LegalDocument, Procedure, ProcedureVersion, PublicationDecision
from ..record import plain
from .columns import FILE_KINDS, REFERENCES, TABLES

FINGERPRINT = "fingerprint"  # the first of a version's import notes, for the machine


@dataclass
class Period:
    """A version's place in its procedure's timeline: stored (`pk`), or planned (`entry`)."""

    levels: frozenset[int]
    valid_from: dt.date | None
    valid_to: dt.date | None = None
    end_kind: str = ""
    end_decision: str = ""
    decision: str = ""
    digest: str = ""
    live: bool = True
    pk: int | None = None
    entry: Any = None
    fingerprint: str = ""  # of the national portal's record that it was made of, and of the reader that made it
    files: frozenset[tuple[str, str, str, str]] = frozenset()  # of its forms: see `form_files.Attached`

    def overlaps(self, levels: frozenset[int]) -> bool:
        """Whether both hold at a common level; a level that nobody stated (0) may be any."""
        return bool(self.levels & levels) or 0 in self.levels or 0 in levels

    def holds_after(self, day: dt.date) -> bool:
        """Whether it is in force on the day or will be later."""
        return self.valid_to is None or self.valid_to >= day

    def says(self, digest: str, files: frozenset[tuple[str, str, str, str]]) -> bool:
        """Whether it says the same, and has every file that is stated; other files that were attached to it may stay."""
        return self.digest == digest and files <= self.files


@dataclass
class Reference:
    """A stored row that records name: its key and what it says."""

    pk: int
    row: dict[str, Any]


@dataclass
class CatalogueState:
    """Procedures by code, versions by code, and what records name, by natural key."""

    procedures: dict[str, int] = field(default_factory=dict)
    versions: dict[str, list[Period]] = field(default_factory=dict)
    references: dict[str, dict[str, Reference]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls) -> CatalogueState:
        """Read it all: seven queries, whatever the size."""
        state = cls(
            procedures=dict(Procedure.objects.order_by().values_list("code", "pk")),
            units=dict(Unit.objects.order_by().values_list("code", "pk")),
            references=references(),
        )
        codes = {pk: code for code, pk in state.procedures.items()}
        numbers = {reference.pk: number for number, reference in state.references["decisions"].items()}
        rows = ProcedureVersion.objects.order_by("valid_from", "pk").values_list(
            "pk", "procedure_id", "levels", "valid_from", "valid_to", "end_kind", "end_decision_id", "decision_id", "content_digest", "live",
            KT("import_notes__0__code"), KT("import_notes__0__text"),
        )  # fmt: skip
        files = attached_files()
        for pk, procedure, levels, valid_from, valid_to, end_kind, end_decision, decision, digest, live, first_note, fingerprint in rows:
            period = Period(
                frozenset(levels) or frozenset({0}), valid_from, valid_to, end_kind, numbers.get(end_decision, ""), numbers.get(decision, ""),
                digest, live, pk, None, fingerprint if first_note == FINGERPRINT else "",
                files.get(pk, frozenset()),
            )  # fmt: skip
            state.versions.setdefault(codes[procedure], []).append(period)
        return state


def attached_files(versions: Collection[int] | None = None) -> dict[int, frozenset[tuple[str, str, str, str]]]:
    """The files of forms, by version; of these versions, or of all."""
    found: dict[int, set[tuple[str, str, str, str]]] = {}
    rows: Any = FormRow.objects.order_by() if versions is None else FormRow.objects.order_by().filter(version__in=versions)
    some = Q(*((f"{kind}__isnull", False) for kind in FILE_KINDS), _connector=Q.OR)
    for version, code, name, *hashes in rows.filter(some).values_list("version_id", "code", "name", *(f"{kind}__file_hash" for kind in FILE_KINDS)):
        found.setdefault(version, set()).update((code, name, kind, digest) for kind, digest in zip(FILE_KINDS, hashes, strict=True) if digest)
    return {version: frozenset(files) for version, files in found.items()}


def _rows(name: str, model: Any, key: str, paths: Mapping[str, str]) -> dict[str, Reference]:
    table = TABLES[name]
    columns = [paths.get(column.name, column.name) for column in table.columns]
    return {
        row[key]: Reference(pk, row)
        for pk, *values in model.objects.order_by().values_list("pk", *columns)
        if (row := {column.name: plain(column, value) for column, value in zip(table.columns, values, strict=True)})
    }


def references() -> dict[str, dict[str, Reference]]:
    """Fields, decisions and legal documents by their natural key."""
    return {
        "fields": _rows("fields", Field, "name", {}),
        "decisions": _rows("decisions", PublicationDecision, "number", {}),
        "legal_documents": _rows("legal_documents", LegalDocument, "number", {"replaced_by": "replaced_by__number"}),
    }


KEYS = {"fields": "name", "decisions": "number", "legal_documents": "number"}
assert set(KEYS) == set(REFERENCES)  # noqa: S101  # a table of references without a natural key could not be found again
