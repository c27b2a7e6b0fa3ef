"""Guards of `manage.py check`: a table that feeds public pages and tells nobody would leave withdrawn pages standing.

portal.E001  a table whose changes do not raise the stamp of what is public
portal.E002  exempt.toml names what does not exist
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register

from foundation import published

from . import tables


@register(Tags.models)
def exempt_exists(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A name that is no longer there hides a table that takes it up again."""
    said = tables.exempt()
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    labels = {config.label for config in apps.get_app_configs()}
    unknown = [name for name in said["models"] if name not in models] + [name for name in said["applications"] if name not in labels]
    return [Error(f"exempt.toml of the page cache names {name}, which does not exist.", id="portal.E002") for name in unknown]


@register(Tags.database)
def tables_are_followed(app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Somebody may have switched a trigger off "for a moment"."""
    if not databases or "default" not in databases or not published.is_ready():
        return []
    return [
        Error(
            f"Changes of the table {table} do not raise the stamp of what is public.",
            hint="Run `manage.py migrate`, or name the model in portal/page_cache/exempt.toml with the reason.",
            id="portal.E001",
        )
        for table in published.missing(tables.followed())
    ]
