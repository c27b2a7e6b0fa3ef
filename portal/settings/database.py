"""PostgreSQL: the only store. Without DATABASE_URL an embedded server under `var/` is started (development, demonstration)."""

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal import environment
from safeguards import carrying

from .apps import STAGE

DEFAULT_PASSWORDS = {"", "postgres", "portal", "portal_app", "portal_owner", "password", "changeme", "change-me", "secret", "admin", "123456"}
# C13: a lock or a statement that hangs ends with an error, never with a waiting citizen. Commands and jobs may think longer.
WEB_TIMEOUTS = "-c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s"
WORK_TIMEOUTS = "-c lock_timeout=10s -c statement_timeout=5min -c idle_in_transaction_session_timeout=10min"
OWNER_TIMEOUTS = "-c lock_timeout=10s"
# A server that does not answer is given up after three seconds, one that stopped answering after ten (F10).
CONNECTING: dict[str, Any] = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3,
}  # fmt: skip


def _parse(url: str) -> dict[str, Any]:
    """A `postgresql://` URL as Django's settings; a socket folder may stand in `?host=`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise environment.UnsafeEnvironment("DATABASE_URL must start with postgresql:// (PostgreSQL 15 or later).")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if STAGE == "production" and parts.hostname and unquote(parts.password or "").lower() in DEFAULT_PASSWORDS:
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
        "OPTIONS": {**CONNECTING, **options, "options": WORK_TIMEOUTS if environment.flag("PORTAL_WORK") else WEB_TIMEOUTS},
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

_app = _parse(environment.text("DATABASE_URL"))
_owner = _parse(environment.text("DATABASE_OWNER_URL") or environment.text("DATABASE_URL"))
if STAGE == "production":
    # Two roles, or an injection could take the seal off the events (O13).
    if AS_OWNER and not environment.text("DATABASE_OWNER_URL"):
        raise environment.UnsafeEnvironment("DATABASE_OWNER_URL is not set. Commands that change the schema run as the database's owner.")
    if environment.text("DATABASE_OWNER_URL") and _owner["USER"] == _app["USER"]:
        raise environment.UnsafeEnvironment("DATABASE_URL and DATABASE_OWNER_URL name the same role: the application must not own its tables.")
DATABASE_ROLES = {
    "app": _app["USER"],
    "owner": _owner["USER"],
    "report": environment.text("DATABASE_REPORT_ROLE", "portal_report"),
}
DATABASES: dict[str, dict[str, Any]] = {"default": _owner if AS_OWNER else _app}
if AS_OWNER:
    # Migrations may take longer than any request may.
    DATABASES["default"]["OPTIONS"]["options"] = OWNER_TIMEOUTS

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PROCRASTINATE_ON_APP_READY = "safeguards.carrying.carry"  # a job runs, and logs, under the id of the request that caused it
PROCRASTINATE_WORKER_DEFAULTS = {"worker_middleware": [carrying.under_its_request]}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
