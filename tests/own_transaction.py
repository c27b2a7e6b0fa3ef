"""A test's own transaction is none to the portal: what answers a request must open its own, as it must in production.

Tests run inside a transaction that is taken back afterwards, so that a view which records an event or locks a row outside any
transaction passes there, and answers 500 in front of people.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.db.models.sql.compiler import SQLCompiler
from django.test.client import ClientHandler

from safeguards import services

# Inside a request: how deep the transaction was when it came; None where there was none, or outside requests.
_depth: ContextVar[int | None] = ContextVar("depth", default=None)


def is_borrowed() -> bool:
    """Whether the transaction of this moment is the test's own and not one of the request's."""
    depth = _depth.get()
    return depth is not None and len(connection.savepoint_ids) <= depth


class _Connection:
    """The connection as the portal would find it in production."""

    @property
    def in_atomic_block(self) -> bool:
        return connection.in_atomic_block and not is_borrowed()

    def __getattr__(self, name: str) -> Any:
        return getattr(connection, name)


def install() -> None:
    """From now on, in every request of a test client."""
    answer, as_sql = ClientHandler.__call__, SQLCompiler.as_sql

    def answered(handler: ClientHandler, environ: dict[str, Any]) -> Any:
        token = _depth.set(len(connection.savepoint_ids) if connection.in_atomic_block else None)
        try:
            return answer(handler, environ)
        finally:
            _depth.reset(token)

    def compiled(compiler: SQLCompiler, *args: Any, **kwargs: Any) -> Any:
        if compiler.query.select_for_update and is_borrowed():
            raise transaction.TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        return as_sql(compiler, *args, **kwargs)

    ClientHandler.__call__, SQLCompiler.as_sql = answered, compiled  # type: ignore[method-assign]
    services.connection = _Connection()  # type: ignore[assignment]
