"""What many tests begin with is built once a process, and put back row by row where a test asks for it again.

A site with its pages, roles and workflow takes seconds to build, some hundred tests begin with one, and each ends by rolling it
back. `@remembered` notes which rows a builder wrote, and the next time writes those, all of them in one statement and without
what triggers would do again (what they did is among the rows). It does so only inside a test's transaction and where the
tables that the builder could know of hold exactly what they held the first time; everywhere else the builder builds.

Putting rows back takes the right to switch triggers off, which the suite has on its own server only (tests/server.py): on
another one the builder builds each time."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import time_machine
from django.conf import UserSettingsHolder, settings
from django.core.cache import cache
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import get_language
from psycopg.types.json import Jsonb

from organisation.models import today
from procedures_catalog import listing, prepared, views

from . import rows

P = ParamSpec("P")
R = TypeVar("R")
# So many states of the database may a builder be remembered for; one that never meets the same state again is no longer watched.
MOST = 6


class Row(NamedTuple):
    """A row that a builder gave back."""

    model: type[models.Model]
    pk: Any


class NotPlain(TypeError):
    """A builder gave back what cannot be found again."""


class BesidesRows(RuntimeError):
    """A builder changed what is no row: the environment, the settings, or a file."""


def _packed(value: Any) -> Any:
    if isinstance(value, models.Model):
        return Row(type(value), value.pk)
    if isinstance(value, dict):
        return {key: _packed(one) for key, one in value.items()}
    if isinstance(value, list | tuple) and type(value) in {list, tuple}:
        return type(value)(_packed(one) for one in value)
    if value is None or isinstance(value, str | int | bool):
        return value
    raise NotPlain(type(value))


def _unpacked(value: Any) -> Any:
    if isinstance(value, Row):
        return value.model._default_manager.get(pk=value.pk)
    if isinstance(value, dict):
        return {key: _unpacked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_unpacked(one) for one in value)
    return value


class Watch:
    """Which tables the statements of a builder name."""

    def __init__(self) -> None:
        self.statements: set[str] = set()

    def __call__(self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        """Note a statement."""
        self.statements.add(statement if isinstance(statement, str) else statement.as_string(None))
        return execute(statement, params, many, context)

    def named(self, tables: list[str]) -> set[str]:
        """The tables whose names stand in them."""
        said = "\n".join(self.statements)
        return {table for table in tables if table in said}


_written: list[str] | None = None  # by this process while a builder is at work; another worker may write into the same folder meanwhile


def _hear(event: str, said: tuple[Any, ...]) -> None:
    if _written is None or event not in {"open", "os.rename"}:
        return
    path = said[1] if event == "os.rename" else said[0] if isinstance(said[2], int) and said[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else None
    if isinstance(path, str | os.PathLike):
        _written.append(os.fspath(path))


sys.addaudithook(_hear)


@contextmanager
def _writing() -> Iterator[list[str]]:
    """The files of ours that are written meanwhile: full after the block."""
    global _written  # a hook of the interpreter cannot be taken back
    found: list[str] = []
    outer, written = _written, []
    _written = written
    try:
        yield found
    finally:
        _written = outer
        if outer is not None:  # a builder that another one calls
            outer += written
        places = tuple(str(getattr(settings, name)) for name in ("MEDIA_ROOT", "PRIVATE_ROOT"))
        found += [path for path in written if str(path).startswith(places)]


def _besides() -> tuple[Any, ...]:
    """What a builder must leave alone, since nobody would put it back: the environment and the settings. (And files: `_writing`.)"""
    return dict(os.environ), getattr(settings, "_wrapped", None)


def _chosen() -> list[tuple[str, str]]:
    """The settings that a test has made its own, but for its folders."""
    found: dict[str, str] = {}
    holder: Any = settings._wrapped
    while isinstance(holder, UserSettingsHolder):
        for name, value in vars(holder).items():
            if name.isupper() and not isinstance(value, Path) and not name.endswith(("_FILE", "_FOLDER", "_INDEX", "_PATH", "_ROOT")):
                found.setdefault(name, repr(value))
        holder = holder.default_settings
    return sorted(found.items())


def _moment() -> str:
    """The day; the moment itself where the clock is a test's own."""
    return str(timezone.now() if time_machine.escape_hatch.is_travelling() else today())


@dataclass
class Kept:
    """What a builder wrote, and the checksums of the tables that it could know of: those that its statements named, those that it (or a
    trigger) changed, and those that foreign keys of these lead to."""

    before: dict[str, str]
    changes: Jsonb
    gave: Any
    at_commit: list[tuple[Any, bool]]

    def put_back(self) -> Any:
        """Write it again."""
        rows.put_back(self.changes)
        # What signals of the models would have let go of.
        cache.clear()
        listing._memory.clear()
        prepared.answers.clear()
        views._bodies.clear()
        for function, robust in self.at_commit:
            connection.run_on_commit.append((set(connection.savepoint_ids), function, robust))
        return _unpacked(self.gave)


def remembered(build: Callable[P, R]) -> Callable[P, R]:
    """A builder of rows whose work is kept for the next test. It must give back rows, plain values, or lists and mappings of them,
    write nothing but rows, and depend on nothing but its arguments, the moment, settings, the language and what is in the database."""
    kept: dict[Any, list[Kept]] = {}

    @functools.wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block or not rows.can_be_put_back():
            return build(*args, **kwargs)
        known = kept.setdefault((rows.database(), _moment(), get_language(), repr(_chosen()), repr(_packed([*args, kwargs]))), [])
        there = rows.checksums(set().union(*(one.before for one in known)))
        for one in known:
            if all(there[table] == checksum for table, checksum in one.before.items()):
                gave: R = one.put_back()
                return gave
        if len(known) >= MOST:
            return build(*args, **kwargs)
        tables = rows.tables()
        checksums, before, besides, waiting = rows.checksums(tables), rows.rows(tables), _besides(), len(connection.run_on_commit)
        watch = Watch()
        with connection.execute_wrapper(watch), _writing() as written:
            made = build(*args, **kwargs)
        if written or _besides() != besides:
            raise BesidesRows(build.__qualname__)
        changes = rows.changes(before, rows.rows(tables))
        changed = {change["name"] for change in changes}
        concerned = (watch.named(tables) | changed | rows.pointed_at(changed)).intersection(tables)
        at_commit = [(function, robust) for _savepoints, function, robust in connection.run_on_commit[waiting:]]
        known.append(Kept({table: checksums[table] for table in concerned}, Jsonb(changes), _packed(made), at_commit))
        return made

    return built
