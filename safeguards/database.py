"""Rights in the database: what the application's role may do, and the views that the reporting role may read (O13).

The owner migrates and owns everything. The application reads and writes rows, but changes no schema, and of events and
seals it can only add. The reporting role sees the views of `reporting.toml` and nothing else.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

APPEND_ONLY_TABLES = ("safeguards_event", "safeguards_seal")
READ_ONLY_TABLES = ("django_migrations",)
REPORTING_SCHEMA = "reporting"
REPORTING_FILE = Path(__file__).with_name("reporting.toml")


class RolesError(Exception):
    """The roles cannot be set up as configured; the text says what to do."""


def report_tables() -> dict[str, dict[str, Any]]:
    """What the reporting role may read: model label -> columns, and optionally `where`."""
    return tomllib.loads(REPORTING_FILE.read_text(encoding="utf-8"))


def _run(statement: str, **names: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names))


def _one(query: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or [])
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def role_exists(role: str) -> bool:
    """Whether the database server knows a role."""
    return bool(_one("select count(*) from pg_roles where rolname = %s", [role])[0])


def drop_reporting_views() -> None:
    """Take the views away, so that a migration may change the tables below them."""
    _run("drop schema if exists {schema} cascade", schema=sql.Identifier(REPORTING_SCHEMA))


def create_reporting_views(role: str) -> int:
    """Make every view anew and let `role` read them, and nothing but them; gives their number."""
    schema = sql.Identifier(REPORTING_SCHEMA)
    drop_reporting_views()
    _run("create schema {schema}", schema=schema)
    present = set(connection.introspection.table_names())
    made = 0
    for label, report in report_tables().items():
        table = apps.get_model(label)._meta.db_table
        if table not in present:
            continue  # migrated to an earlier state
        columns = sql.SQL(", ").join(map(sql.Identifier, report["columns"]))
        _run(
            # security_barrier: a cheap function in somebody's query must not see the rows that `where` hides
            "create view {schema}.{table} with (security_barrier) as select {columns} from public.{table} where {where}",
            schema=schema,
            table=sql.Identifier(table),
            columns=columns,
            where=sql.SQL(report.get("where", "true")),
        )
        made += 1
    if role_exists(role):
        name = sql.Identifier(role)
        _run("revoke all on all tables in schema public from {role}", role=name)
        _run("grant usage on schema {schema} to {role}", schema=schema, role=name)
        _run("grant select on all tables in schema {schema} to {role}", schema=schema, role=name)
    return made


def grant_application_rights(role: str) -> None:
    """Give the application's role its rights on all tables, present and future, and no more; raises RolesError."""
    owner = _one("select current_user")[0]
    if role == owner:
        raise RolesError("The application's role and the owner are the same. Set DATABASE_OWNER_URL to another role: see docs/install.md.")
    if not role_exists(role):
        raise RolesError(f"The database has no role {role}. Create it first: see docs/install.md.")
    superuser, createdb, createrole = _one("select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = %s", [role])
    if superuser or createdb or createrole:
        raise RolesError(f"The role {role} has rights of an administrator. Take them away: alter role {role} nosuperuser nocreatedb nocreaterole.")
    names = {"role": sql.Identifier(role), "owner": sql.Identifier(owner), "database": sql.Identifier(connection.settings_dict["NAME"])}
    for statement in (
        "revoke create on schema public from public",
        "revoke all on database {database} from public",
        "grant connect on database {database} to {role}",
        "grant usage on schema public to {role}",
        "revoke all on all tables in schema public from {role}",
        "grant select, insert, update, delete on all tables in schema public to {role}",
        "grant usage, select on all sequences in schema public to {role}",
        "alter default privileges for role {owner} in schema public grant select, insert, update, delete on tables to {role}",
        "alter default privileges for role {owner} in schema public grant usage, select on sequences to {role}",
    ):
        _run(statement, **names)
    present = set(connection.introspection.table_names())
    for table in present.intersection(APPEND_ONLY_TABLES):
        _run("revoke update, delete on {table} from {role}", table=sql.Identifier(table), **names)
    for table in present.intersection(READ_ONLY_TABLES):
        _run("revoke insert, update, delete on {table} from {role}", table=sql.Identifier(table), **names)


def grant_report_connection(role: str) -> None:
    """Let the reporting role connect."""
    if role_exists(role):
        _run(
            "grant connect on database {database} to {role}",
            database=sql.Identifier(connection.settings_dict["NAME"]),
            role=sql.Identifier(role),
        )


def apply() -> int:
    """All rights and views as they should be; gives the number of views. Raises RolesError."""
    roles = settings.DATABASE_ROLES
    grant_application_rights(roles["app"])
    grant_report_connection(roles["report"])
    return create_reporting_views(roles["report"])
