"""Finding rows by words, typed with or without tone marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.lookups import Unaccent
from django.db.models import Case, CharField, IntegerField, Q, QuerySet, TextField, Value, When

# `unaccent` as a transform of text columns; the extension is there since the first migration of safeguards.
for kind in (CharField, TextField):
    kind.register_lookup(Unaccent)

COUNTED = 10  # words of a question


def has_marks(word: str) -> bool:
    """Whether a word was typed with tone marks or đ: then they count."""
    return "đ" in word or any(unicodedata.combining(sign) for sign in unicodedata.normalize("NFD", word))


def typed(text: str) -> list[str]:
    """The words that count of a question."""
    return unicodedata.normalize("NFC", text).casefold().replace("\x00", "").split()[:COUNTED]


def _standing(model: Any, text: str, columns: Iterable[str]) -> Q:
    """Rows in one of whose columns `text` stands: at the beginning of a word where it is one, anywhere where it is a number.
    What was typed without marks finds those with, what was typed with marks finds only itself."""
    lookup, value = ("iregex", rf"\m{re.escape(text)}") if text[0].isalpha() else ("icontains", text)
    found = Q()
    for column in columns:
        there = Q(**{f"{column}__{lookup if has_marks(text) else f'unaccent__{lookup}'}": value})
        # Many rows behind a column would multiply the rows found, once for each word.
        found |= Q(pk__in=model._default_manager.order_by().filter(there).values("pk")) if column.count("__") and _many(model, column) else there
    return found


def _many(model: Any, column: str) -> bool:
    """Whether a path leads over a relation to many."""
    for name in column.split("__")[:-1]:
        field = model._meta.get_field(name)
        if field.one_to_many or field.many_to_many:
            return True
        model = field.related_model
    return False


def find(rows: QuerySet[Any], text: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """The rows in one of whose `columns` each word of `text` stands; at most ten words count."""
    for word in typed(text):
        rows = rows.filter(_standing(rows.model, word, columns))
    return rows


def nearest_first(rows: QuerySet[Any], text: str, names: tuple[str, ...], more: tuple[str, ...] = ()) -> QuerySet[Any]:
    """Rows found, in their order but for this: first those whose `names` say the words as they were typed, side by side, then
    those that say them so in `more`. Without it `so do` gives whatever has `hồ sơ` and `đo` before the first `sổ đỏ`."""
    phrase = " ".join(typed(text))
    if not phrase:
        return rows
    near = Case(
        When(_standing(rows.model, phrase, names), then=Value(0)),
        *([When(_standing(rows.model, phrase, more), then=Value(1))] if more else []),
        default=Value(2),
        output_field=IntegerField(),
    )
    order = rows.query.order_by or rows.model._meta.ordering
    ranked: QuerySet[Any] = rows.annotate(nearness=near).order_by("nearness", *order)
    return ranked
