"""Finding rows by words, typed with or without tone marks."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.postgres.lookups import Unaccent
from django.db.models import CharField, Q, QuerySet, TextField

# `unaccent` as a transform of text columns; the extension is there since the first migration of safeguards.
for kind in (CharField, TextField):
    kind.register_lookup(Unaccent)


def has_marks(word: str) -> bool:
    """Whether a word was typed with tone marks or đ: then they count."""
    return "đ" in word or any(unicodedata.combining(sign) for sign in unicodedata.normalize("NFD", word))


def find(rows: QuerySet[Any], text: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """The rows in one of whose `columns` each word of `text` stands; at most ten words count. A word without marks finds
    those with, a word with marks finds only itself."""
    many = any("__" in column for column in columns)
    for word in unicodedata.normalize("NFC", text).casefold().replace("\x00", "").split()[:10]:
        lookup = "icontains" if has_marks(word) else "unaccent__icontains"
        found = Q()
        for column in columns:
            found |= Q(**{f"{column}__{lookup}": word})
        rows = rows.filter(found)
    return rows.distinct() if many and text.strip() else rows
