"""The source's own words, kept by the import beside what it read into structure: under names that people know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Keys of the national portal's export.
NAMES: dict[str, Any] = {
    "id": gettext_lazy("Identifier"), "code": gettext_lazy("National code"), "code_full": gettext_lazy("Code with suffix"),
    "local_code": gettext_lazy("Local code"), "name": gettext_lazy("Name"), "name_variants": gettext_lazy("Other names"),
    "decision_number": gettext_lazy("Publication decision"), "level_raw": gettext_lazy("Level"), "levels": gettext_lazy("Level"),
    "levels_three_tier": gettext_lazy("Levels in the model with districts"), "local_gov": gettext_lazy("Of local government"),
    "procedure_type": gettext_lazy("Kind of procedure"), "field": gettext_lazy("Field"), "issuing_agency": gettext_lazy("Issued by"),
    "agency": gettext_lazy("Agencies"), "competent_authority": gettext_lazy("Who decides"), "authorised_agency": gettext_lazy("Authorised agency"),
    "coordinating_agency": gettext_lazy("Coordinating agency"), "receiving_address": gettext_lazy("Where to file"),
    "applicant_types_raw": gettext_lazy("Who it is for"), "applicant_types": gettext_lazy("Who it is for"), "steps": gettext_lazy("Steps"),
    "methods_raw": gettext_lazy("Ways to file"), "methods": gettext_lazy("Ways to file"), "online_offered": gettext_lazy("Offered online"),
    "online_level": gettext_lazy("Service level"), "time_limit": gettext_lazy("Time limit"), "fee": gettext_lazy("Fees"),
    "documents_raw": gettext_lazy("Papers"), "documents": gettext_lazy("Papers"), "document_sets": gettext_lazy("Sets of papers"),
    "forms": gettext_lazy("Forms"), "conditions": gettext_lazy("Conditions"), "result": gettext_lazy("Results"), "results": gettext_lazy("Results"),
    "legal_basis_raw": gettext_lazy("Legal basis"), "legal_basis_codes": gettext_lazy("Legal basis"), "keywords": gettext_lazy("Keywords"),
    "description": gettext_lazy("Description"), "validity": gettext_lazy("How long it is valid"), "source_url": gettext_lazy("Address at the source"),
    "regime": gettext_lazy("Model of government"), "source": gettext_lazy("Source"), "snapshot": gettext_lazy("Taken over in"),
    "detail": gettext_lazy("How detailed the source is"),
}  # fmt: skip
# For machines: nothing that a person reads.
HIDDEN = frozenset({"fingerprint"})
# On public pages these would say nothing to a citizen.
FOR_STAFF = frozenset({"id", "local_gov", "online_offered", "snapshot", "levels_three_tier", "detail", "regime"})


def name_of(key: str) -> str:
    """What a key of the source is called."""
    return str(NAMES[key]) if key in NAMES else _("Other text: %(key)s") % {"key": key}


def in_words(value: Any) -> str:
    """A value of the source as text: rows of a table line by line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return " · ".join(text for item in value.values() if item not in (None, False) and (text := in_words(item)))
    if isinstance(value, list):
        return "\n".join(text for item in value if (text := in_words(item)))
    return "" if value is None else str(value).strip()


def named_texts(source_text: Any, *, public: bool) -> list[tuple[str, str]]:
    """The texts with their names, in the order of the source; on public pages without what only staff read, and without keys
    that nobody gave a name: they are how whoever gathered the data keeps it."""
    if not isinstance(source_text, Mapping):
        return []
    shown = (key for key in source_text if (key in NAMES and key not in FOR_STAFF if public else key not in HIDDEN))
    return [(name_of(key), text) for key in shown if (text := in_words(source_text[key]))]


def notes_in_words(notes: Iterable[Any]) -> list[str]:
    """What the import found unclear, for people: what, and the words that it is about."""
    from .importing.report import NOTES

    told = []
    for note in notes:
        if not isinstance(note, Mapping):
            told.append(str(note))
        elif note.get("code") not in HIDDEN:
            what = NOTES.get(f"{note.get('part')}.{note.get('code')}") or name_of(str(note.get("part", "")))
            told.append(": ".join(part for part in (str(what), str(note.get("text", ""))) if part))
    return told
