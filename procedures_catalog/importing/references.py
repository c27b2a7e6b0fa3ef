"""Reference rows of a file (fields, decisions, legal documents): cleaned, compared with the stored ones, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from organisation.models import Field

from ..models import LegalDocument, PublicationDecision
from .cleaning import clean_row
from .columns import REFERENCES, TABLES
from .problems import Problem, shown
from .readers import RawRow
from .state import KEYS, CatalogueState

MODELS: dict[str, Any] = {"fields": Field, "decisions": PublicationDecision, "legal_documents": LegalDocument}


@dataclass
class ReferenceRows:
    """The reference rows of one file, by natural key, with the columns that the file states for each."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in REFERENCES})
    places: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, raw: dict[str, list[RawRow]], *, is_json: bool) -> ReferenceRows:
        """Clean the rows of a file. The same row twice is one; two rows that differ are told."""
        found = cls()
        for name, rows in raw.items():
            for number, values in rows:
                found._add(name, number, values, is_json)
        return found

    def _add(self, name: str, number: int, values: dict[str, Any], is_json: bool) -> None:
        table, key_column = TABLES[name], KEYS[name]
        bad: list[Problem] = []
        where = "" if is_json else name

        def complain(column: str, message: str, value: Any) -> None:
            bad.append(Problem(message, where, number, f"{name}.{column}" if is_json else column, shown(value), str(values.get(key_column, ""))))

        cleaned = clean_row(table, values, complain)
        if bad:
            self.problems += bad
            return
        stated = {column: cleaned[column] for column in cleaned if values.get(column) not in (None, "")}
        key = cleaned[key_column]
        known = self.rows[name].get(key)
        if known is None:
            self.rows[name][key] = stated
            self.places[name, key] = (number, where)
            return
        for column, value in stated.items():
            if known.setdefault(column, value) != value:
                message = _("Row %(row)d says otherwise: %(value)s") % {"row": self.places[name, key][0], "value": shown(known[column])}
                complain(column, message, value)
        self.problems += bad

    def check(self, state: CatalogueState) -> list[Problem]:
        """References among references: a legal document replaced by one that is nowhere."""
        documents = self.rows["legal_documents"]
        problems = []
        for number, row in documents.items():
            successor = row.get("replaced_by")
            if successor and successor not in documents and successor not in state.references["legal_documents"]:
                line, table = self.places["legal_documents", number]
                problems.append(Problem(_("There is no legal document of this number."), table, line, "replaced_by", shown(successor), number))
        return problems

    def differences(self, state: CatalogueState) -> dict[str, dict[str, list[str]]]:
        """By table: keys of rows that are new, and of rows that say something else than the stored ones."""
        out: dict[str, dict[str, list[str]]] = {}
        for name, rows in self.rows.items():
            stored = state.references[name]
            new = [key for key in rows if key not in stored]
            changed = [
                key for key, row in rows.items() if key in stored and any(stored[key].row.get(column) != value for column, value in row.items())
            ]
            out[name] = {"new": new, "changed": changed}
        return out


def _slugs(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    slugs: dict[str, str] = {}
    for name in names:
        base = slugify(name.replace("đ", "d").replace("Đ", "D"))[:100].strip("-") or "linh-vuc"
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        taken.add(slug)
        slugs[name] = slug
    return slugs


def write(rows: ReferenceRows, made: dict[str, dict[str, dict[str, Any]]], state: CatalogueState) -> dict[str, dict[str, int]]:
    """Write what is new or changed, in bulk, and put the keys into `state`. `made` are rows known by key only, which never
    change a stored one. Gives counts by table."""
    counts: dict[str, dict[str, int]] = {}
    differences = rows.differences(state)
    for name in REFERENCES:
        model, key_column, stored = MODELS[name], KEYS[name], state.references[name]
        fresh: dict[str, dict[str, Any]] = {key: row for key, row in made[name].items() if key not in stored}
        fresh.update({key: rows.rows[name][key] for key in differences[name]["new"]})
        changed = differences[name]["changed"]
        counts[name] = {"new": len(fresh), "changed": len(changed)}
        if fresh:
            _create(name, model, key_column, fresh, state)
        for key in changed:
            values = {column: value for column, value in rows.rows[name][key].items() if column not in {key_column, "replaced_by"}}
            if values:
                model.objects.filter(pk=stored[key].pk).update(**values)
            stored[key].row.update(rows.rows[name][key])
    _link_successors(rows, state)
    return counts


def _create(name: str, model: Any, key_column: str, fresh: dict[str, dict[str, Any]], state: CatalogueState) -> None:
    slugs = _slugs(fresh, set(Field.objects.values_list("slug", flat=True))) if name == "fields" else {}
    objects = []
    for key, row in fresh.items():
        values = {column: value for column, value in row.items() if column != "replaced_by"}
        if slugs:
            values["slug"] = slugs[key]
        objects.append(model(**values))
    from .state import Reference

    for created in model.objects.bulk_create(objects, batch_size=1000):
        key = getattr(created, key_column)
        state.references[name][key] = Reference(created.pk, dict(fresh[key]))


def _link_successors(rows: ReferenceRows, state: CatalogueState) -> None:
    documents = state.references["legal_documents"]
    for number, row in rows.rows["legal_documents"].items():
        successor = row.get("replaced_by")
        if successor:
            LegalDocument.objects.filter(pk=documents[number].pk).exclude(replaced_by_id=documents[successor].pk).update(
                replaced_by_id=documents[successor].pk
            )
