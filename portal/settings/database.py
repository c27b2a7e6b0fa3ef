"""PostgreSQL: the only store. Without DATABASE_URL an embedded server under `var/` is started (development, demonstration)."""

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal import environment

from .apps import STAGE


def _parse(url: str) -> dict[str, Any]:
    """A `postgresql://` URL as Django's settings; a socket folder may stand in `?host=`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise environment.UnsafeEnvironment("DATABASE_URL must start with postgresql:// (PostgreSQL 15 or later).")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if STAGE == "production" and parts.hostname and unquote(parts.password or "") in {"", "postgres", "portal", "password", "changeme"}:
        raise environment.UnsafeEnvironment("DATABASE_URL has no password or a default one: set a password of its own for the database.")
    options = {key: value for key, value in query.items() if key.startswith("ssl")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": environment.number("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        # C13: a lock or a statement that hangs ends with an error, never with a waiting citizen.
        "OPTIONS": {
            **options,
            "options": "-c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s",
        },
    }


AS_OWNER = environment.flag("PORTAL_AS_OWNER")
if not environment.text("DATABASE_URL"):
    if STAGE == "production":
        raise environment.UnsafeEnvironment("DATABASE_URL is not set. Production needs a PostgreSQL of its own: see docs/install.md.")
    from portal.embedded import ensure_server

    _urls = ensure_server(environment.var_folder())
    os.environ["DATABASE_URL"] = _urls["app"]
    os.environ["DATABASE_OWNER_URL"] = _urls["owner"]
    os.environ["DATABASE_REPORT_URL"] = _urls["report"]

_url = environment.text("DATABASE_OWNER_URL") if AS_OWNER else ""
DATABASES: dict[str, dict[str, Any]] = {"default": _parse(_url or environment.text("DATABASE_URL"))}
if AS_OWNER:
    # Migrations and imports of schema may take longer than any request may.
    DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=10s"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PROCRASTINATE_ON_APP_READY = None
