"""Guards of `manage.py check`: forgetting one of the house's laws is an error at start.

safeguards.E001  a foreign key that goes up the house
safeguards.E002  a role in roles.toml may manage users
safeguards.E003  roles.toml names a permission that does not exist
safeguards.E004  a group in the database may manage users (A13)
safeguards.E005  reporting.toml names a table or column that does not exist
safeguards.E006  reporting.toml names a column about a person
safeguards.E007  an append-only table lost its trigger
safeguards.E008  production without a second factor for staff
safeguards.W001  no limit counts tries (RATE_LIMITS is off) in production
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from . import database, roles

PERSONAL_MODELS = {"organisation.person", "organisation.holding", "safeguards.user"}
PERSONAL_NAMES = ("person", "signer", "actor", "user", "author", "approver", "account", "telephone", "email", "address", "password", "payload")


def _columns(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    return {field.column: field for field in model._meta.concrete_fields if field.column is not None}


def upward_keys(house: Sequence[str], every: Iterable[type[models.Model]]) -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    """Relations from a lower application of the house to an upper one (`house` goes from top to bottom)."""
    floor = {label: -position for position, label in enumerate(house)}
    for model in every:
        here = model._meta.app_label
        if here not in floor:
            continue
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            target = field.related_model
            if target is None or isinstance(target, str):
                continue
            if floor.get(target._meta.app_label, -len(floor)) > floor[here]:
                yield model, field


@register(Tags.models)
def keys_go_down(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A string in a ForeignKey hides from import-linter what this sees."""
    return [
        Error(
            f"{model._meta.label}.{field.name} points up the house, to {field.related_model}.",
            hint="Put the relation on the upper application, or go through a registry of foundation.",
            obj=model,
            id="safeguards.E001",
        )
        for model, field in upward_keys(settings.HOUSE, apps.get_models(include_auto_created=True))
    ]


@register(Tags.security)
def roles_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Roles name what exists, and none manages users: only superusers do (A13)."""
    messages: list[CheckMessage] = []
    known = roles.known_permissions()
    for role in roles.load():
        for permission in role.permissions:
            if roles.manages_users(permission):
                messages.append(Error(f"The role {role.code} may manage users ({permission}).", id="safeguards.E002"))
            elif permission not in known:
                messages.append(Error(f"The role {role.code} names the unknown permission {permission}.", id="safeguards.E003"))
    return messages


@register(Tags.database)
def groups_do_not_manage_users(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """What the file forbids must not be given by hand either."""
    if not databases or "default" not in databases or "auth_group_permissions" not in connection.introspection.table_names():
        return []
    return [
        Error(f"The group {group} may manage users ({permission}): only superusers may.", id="safeguards.E004")
        for group, permission in roles.groups_that_manage_users()
    ]


def _guards_are_migrated() -> bool:
    """Whether this database already had the migration that sets the triggers: `migrate` asks the checks before it can."""
    recorder = MigrationRecorder(connection)
    return recorder.has_table() and ("safeguards", "0002_append_only") in recorder.applied_migrations()


@register(Tags.database)
def events_are_guarded(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Somebody may have switched a trigger off "for a moment"."""
    if not databases or "default" not in databases or not _guards_are_migrated():
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """select relname from pg_class c where relname = any(%s) and relnamespace = 'public'::regnamespace and not exists (
                 select from pg_trigger t where t.tgrelid = c.oid and tgname = 'append_only' and tgenabled in ('O', 'A'))""",
            [list(database.APPEND_ONLY_TABLES)],
        )
        rows = cursor.fetchall()
    return [Error(f"The table {table} has no active trigger that keeps it append-only.", id="safeguards.E007") for (table,) in rows]


@register(Tags.security)
def reports_are_impersonal(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The reporting role reads named columns; none of them may be about a person (O13)."""
    messages: list[CheckMessage] = []
    for label, report in database.report_tables().items():
        try:
            model = apps.get_model(label)
            columns = _columns(model)
            missing = [column for column in report["columns"] if column not in columns]
            if missing:
                raise FieldDoesNotExist(", ".join(missing))
        except (LookupError, FieldDoesNotExist) as error:
            messages.append(Error(f"reporting.toml: {label}: {error}", id="safeguards.E005"))
            continue
        for column in report["columns"]:
            field = columns[column]
            target = field.related_model._meta.label_lower if isinstance(field.related_model, type) else ""
            if label in PERSONAL_MODELS or target in PERSONAL_MODELS or any(word in column for word in PERSONAL_NAMES):
                messages.append(Error(f"reporting.toml: {label}.{column} is about a person.", id="safeguards.E006"))
    return messages


@register(Tags.security, deploy=True)
def tries_are_counted(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A production without limits is open to guessing."""
    if settings.RATE_LIMITS_ON:
        return []
    return [Warning("RATE_LIMITS is off: nothing counts tries.", id="safeguards.W001")]


@register(Tags.security)
def staff_show_a_second_factor(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The settings refuse this already; here stands who sets them past the environment."""
    if settings.STAGE != "production" or settings.SECOND_FACTOR == "required":
        return []
    return [Error("SECOND_FACTOR is off in production.", hint="Set SECOND_FACTOR=required, or leave it out.", id="safeguards.E008")]
