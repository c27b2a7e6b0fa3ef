"""Queries compiled once and answered as one JSON text: what a public page needs, without the price of building SQL and
model instances for each visit (of 25 ms a page, 16 to 19 went there)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from threading import Lock
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from .published import Answers, as_of

Marks = dict[str, Any]
Statement = tuple[str, list[Any]]
# Values that no real argument has; after compiling they show where the arguments stand.
_NUMBERS = iter(range(-987_654_321, 0))
# What was asked under the stamp of what is public is asked once a process, until something public changes.
answers = Answers(size=24_000_000)


class Prepared:
    """A queryset of `.values()` whose arguments are named scalars.

    `build` gets a stand-in for each argument and gives the queryset; it runs once a process. Calling the instance with
    the arguments gives the rows as JSON text: hash it, or decode it with `rows`."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **arguments: type) -> None:
        self.build = build
        self.marks: Marks = {name: self._mark(kind) for name, kind in arguments.items()}
        self.sql = ""
        self.parameters: tuple[Any, ...] = ()

    @staticmethod
    def _mark(kind: type) -> Any:
        number = next(_NUMBERS)
        if kind is dt.date:
            return dt.date(1, 1, 1) + dt.timedelta(days=number + 987_654_321)
        return f"\ufdd0{number}" if kind is str else number

    def _compile(self) -> None:
        sql, parameters = self.build(**self.marks).query.sql_with_params()
        missing = [name for name, mark in self.marks.items() if mark not in parameters]
        if missing:
            raise ValueError(f"prepared query does not use {', '.join(missing)}")
        self.parameters = tuple(parameters)
        self.sql = f"select coalesce(json_agg(row_to_json(answer)), '[]')::text from ({sql}) answer"  # noqa: S608 - the ORM's own SQL  # nosec B608

    def statement(self, **values: Any) -> Statement:
        """The SQL that gives the answer, and its parameters."""
        if not self.sql:
            self._compile()
        if values.keys() != self.marks.keys():
            raise TypeError(f"arguments are {', '.join(self.marks)}")
        place = {mark: values[name] for name, mark in self.marks.items()}
        return self.sql, [place.get(item, item) if isinstance(item, str | int | dt.date) else item for item in self.parameters]

    def __call__(self, **values: Any) -> str:
        """Run with these arguments; gives JSON text, an array of objects. Under a stamp the answer holds as long
        as that does; one for a list of things is asked for anew, since hardly any list comes twice."""
        moment = as_of()
        if moment is None or any(isinstance(value, list) for value in values.values()):
            return str(together(self.statement(**values))[0])
        key = (id(self), *(values.get(name) for name in self.marks))
        answer = answers.get(moment, key)
        if answer is None or values.keys() != self.marks.keys():
            answer = str(together(self.statement(**values))[0])
            answers.keep(moment, key, answer)
        return answer


def together(*statements: Statement) -> tuple[Any, ...]:
    """The answers of several statements of one value each, in one query and so of one and the same moment."""
    with connection.cursor() as cursor:
        if len(statements) == 1:
            cursor.execute(*statements[0])
        else:
            cursor.execute(
                "select " + ", ".join(f"({sql})" for sql, _parameters in statements), [value for _sql, found in statements for value in found]
            )
        answers: tuple[Any, ...] = cursor.fetchone()
    return answers


def rows(text: str) -> list[dict[str, Any]]:
    """The rows in a prepared query's answer; numbers with a decimal point are `Decimal`."""
    decoded: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return decoded


def fingerprint(*texts: str) -> str:
    """A key for what was made from these texts (SHA-256, hex)."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\x00")
    return digest.hexdigest()


class Store:
    """A bounded memory of one process for things made from data and kept under the data's own fingerprint: it cannot be
    stale, since other data has another key. The least recently used go first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: Any, make: Callable[[], Any]) -> Any:
        """What stands under a key, made now when nothing does."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        made = make()
        with self._lock:
            self._items[key] = made
            while len(self._items) > self.size:
                self._items.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()

    def __len__(self) -> int:
        return len(self._items)
