"""The door of search: what can be found is written here, in the transaction of the change that makes it so."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from foundation.registries import SearchDocument, SearchSource, search_sources

from . import files, following, language, learning, numbers
from .models import Entry

BATCH = 500

BLANK = "[…]"  # where such a number stood
TELEPHONE = "telephone"

_COLUMNS = (
    "kind", "object_id", "code", "title", "body", "asked", "url", "unit", "field", "levels", "audiences", "facets", "facts",
    "valid_from", "valid_to", "weight", "streams", "language_version", "digest",
)  # fmt: skip


_TYPES = dict.fromkeys(_COLUMNS, "text") | {
    "levels": "text[]", "audiences": "text[]", "facets": "jsonb", "facts": "jsonb", "streams": "jsonb", "valid_from": "date", "valid_to": "date",
    "weight": "float8", "language_version": "int",
}  # fmt: skip
UPSERT = (
    f"insert into search_entry ({', '.join(_COLUMNS)}, live, version, xid) "  # noqa: S608  # column names of our own  # nosec B608
    f"select {', '.join(f'r.{column}' for column in _COLUMNS)}, true, nextval('search_entry_version'), pg_current_xact_id()::text::bigint "
    f"from jsonb_to_recordset(%s::jsonb) as r({', '.join(f'{column} {_TYPES[column]}' for column in _COLUMNS)}) "
    "on conflict (kind, object_id) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in (*_COLUMNS[2:], "live", "version", "xid"))
)

# Whoever writes everything anew takes long: what others wrote meanwhile is newer than what was read.
UNTOUCHED = "(search_entry.xid = pg_current_xact_id()::text::bigint or pg_visible_in_snapshot(search_entry.xid::text::xid8, %s::pg_snapshot))"
UPSERT_UNTOUCHED = f"{UPSERT} where {UNTOUCHED}"


def _batches(items: Iterable[SearchDocument]) -> Iterator[list[SearchDocument]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def without_personal_numbers(text: str) -> str:
    """A text without the telephone, identity and dossier numbers in it: nobody finds a thing by such a number."""
    return numbers.without(language.normalise(text), " ")


def shown_text(text: str) -> str:
    """A text as it is kept for the lines under results: as it was written, with a sign where a telephone, identity or dossier number
    stood. Nobody finds a thing by one, and no table of ours holds them beside each other."""
    text = text.replace("\x00", "")  # cannot be stored, and tells nothing
    plain = language.visible(text)
    shown = numbers.without(plain, BLANK)
    return text if shown == plain else shown


def shown_facts(value: Any, name: str = "") -> Any:
    """What a result line shows, its texts as `shown_text`. `telephone` alone is a number on purpose: the office's own."""
    if isinstance(value, str):
        return value if name == TELEPHONE else shown_text(value)
    if isinstance(value, dict):
        return {key: shown_facts(inner, key) for key, inner in value.items()}
    return [shown_facts(inner) for inner in value] if isinstance(value, list | tuple) else value


def streams_of(document: SearchDocument, learned: str = "") -> dict[str, str]:
    """The token streams of a document, by field and stream, without the personal numbers that its texts may hold; with the questions
    that were learned of it, one a line."""
    title, body = without_personal_numbers(document.title), without_personal_numbers(document.body)
    asked = "\n".join(without_personal_numbers(line) for line in document.asked.splitlines())
    made = language.entry_streams(title, asked, body, document.code, learned)
    if document.attached:
        made["body_folded"] = " ".join([*made.get("body_folded", "").split(), *_words_of_files(document.attached, made)])
    return made


def _words_of_files(attached: str, made: dict[str, str]) -> Iterator[str]:
    """The different words that only the files of a thing say. Each once: a decree of thirty pages holds a thousand, and a word that
    it says fifty times is not fifty times what it is about."""
    seen = {"", *made.get("body_folded", "").split(), *made["title_folded"].split()}
    spoken = (language.fold(word) for word in language.words(without_personal_numbers(attached)) if not word.isdigit())
    fresh = (word for word in spoken if not (word in seen or seen.add(word)))  # type: ignore[func-returns-value]
    return islice(fresh, files.WORDS)


def _row(document: SearchDocument) -> tuple[Any, ...]:
    title, asked = shown_text(document.title), "\n".join(map(shown_text, document.asked.split("\n")))
    attached = document.attached[: files.SHOWN]
    body = shown_text("\n".join(part for part in (document.body, attached) if part))
    content = (
        document.kind, document.object_id, document.code, title, body, asked, document.url, document.unit, document.field,
        list(document.levels), list(document.audiences), document.facets or {}, shown_facts(document.facts or {}),
        document.valid_from, document.valid_to, document.weight, *([hashlib.sha256(document.attached.encode()).hexdigest()] if attached else []),
    )  # fmt: skip
    digest = hashlib.sha256(_json([language.VERSION, *content]).encode()).hexdigest()
    return (*content[:16], document, language.VERSION, digest)


def put(documents: Iterable[SearchDocument], *, snapshot: str = "") -> int:
    """Write documents as entries, in the caller's transaction; what is unchanged keeps its version. Gives how many changed. With a
    `snapshot` of the database, older than the documents, what was written since stays as it is.

    Token streams are made only for what changed: they are most of the work."""
    changed = 0
    for batch in _batches(documents):
        rows = {(row[0], row[1]): row for row in map(_row, batch)}
        with connection.cursor() as cursor:
            cursor.execute(
                """select e.kind, e.object_id from search_entry e
                   join unnest(%s::text[], %s::text[], %s::text[]) as w(kind, object_id, digest)
                     on w.kind = e.kind and w.object_id = e.object_id
                   where e.live and e.digest = w.digest""",
                [[key[0] for key in rows], [key[1] for key in rows], [row[-1] for row in rows.values()]],
            )
            for known in cursor.fetchall():
                del rows[tuple(known)]
            if not rows:
                continue
            learned = learning.questions_of(rows)
            values = [(*row[:16], streams_of(row[16], learned.get(key, "")), *row[17:]) for key, row in rows.items()]
            # Sorted, so that two writers lock rows in the same order; one JSON text, since a statement with thousands of
            # placeholders costs more to read than to run.
            values.sort(key=lambda value: (value[0], value[1]))
            records = json.dumps([dict(zip(_COLUMNS, value, strict=True)) for value in values], ensure_ascii=False, default=_plain)
            cursor.execute(*((UPSERT_UNTOUCHED, [records, snapshot]) if snapshot else (UPSERT, [records])))
            changed += cursor.rowcount
    if changed:
        following.soon()
    return changed


def remove(kind: str, object_ids: Iterable[str]) -> int:
    """Take things out of search, in the caller's transaction; a tombstone stays for the mirrors. Gives how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            """update search_entry set live = false, title = '', body = '', asked = '', facts = '{}', facets = '{}', streams = '{}', digest = '',
                      version = nextval('search_entry_version'), xid = pg_current_xact_id()::text::bigint
               where kind = %s and object_id = any(%s) and live""",
            [kind, sorted(object_ids)],
        )
        gone = int(cursor.rowcount)
    if gone:
        following.soon()
    return gone


def bring() -> tuple[int, int]:
    """Write everything anew from its sources, a transaction a kind; gives how many entries differed and how many went. What a release
    describes otherwise, or makes findable for the first time, is found once this has run: each upgrade runs it."""
    written = removed = 0
    for source in search_sources:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_current_snapshot()::text")
            snapshot = str(cursor.fetchone()[0])
            seen: set[str] = set()
            written += put(_noted(source, seen), snapshot=snapshot)
            cursor.execute(
                f"select object_id from search_entry where kind = %s and live and not object_id = any(%s) and {UNTOUCHED}",  # noqa: S608  # words of our own  # nosec B608
                [source.kind, sorted(seen), snapshot],
            )
            removed += remove(source.kind, [object_id for (object_id,) in cursor.fetchall()])
    return written, removed


def _noted(source: SearchSource, seen: set[str]) -> Iterator[SearchDocument]:
    for document in source.documents():
        seen.add(document.object_id)
        yield document


def titles(kind: str, object_ids: Iterable[str]) -> dict[str, str]:
    """What things are called in search now, those that it has."""
    return dict(Entry.objects.filter(kind=kind, live=True, object_id__in=list(object_ids)).values_list("object_id", "title"))
