"""django-migration-linter over our own migrations: nothing that breaks the release that still runs while they apply (F11).

`tools/migrations_accepted.txt` lists the migrations that the linter may not judge, each with its reason: those of the first
release, before which nothing ran, and later ones that somebody looked at. `--accept REASON` adds what it finds now.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "tools" / "migrations_accepted.txt"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_AS_OWNER", "1")


def accepted() -> dict[tuple[str, str], str]:
    """(application, migration) -> reason."""
    lines = [line.split(maxsplit=2) for line in ACCEPTED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {(app, name): reason for app, name, reason in lines}


def main() -> int:
    """Lint; 1 when a migration is unsafe and nobody accepted it."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django_migration_linter import MigrationLinter

    known = accepted()
    unsafe: list[tuple[str, str]] = []
    for key in sorted(MigrationLoader(connection, ignore_no_migrations=True).disk_migrations):
        app, name = key
        if app not in settings.HOUSE or key in known:
            continue
        linter = MigrationLinter(str(ROOT), include_apps=[app], include_name=[name], no_cache=True, quiet=["ok", "warning", "ignore"])
        linter.lint_all_migrations()
        if linter.has_errors:
            unsafe.append(key)
    if len(sys.argv) > 2 and sys.argv[1] == "--accept":
        with ACCEPTED.open("a", encoding="utf-8") as handle:
            handle.writelines(f"{app} {name} {' '.join(sys.argv[2:])}\n" for app, name in unsafe)
        unsafe = []
    for app, name in unsafe:
        print(f"unsafe on a living database: {app}.{name} (see docs/operations.md, Migrations)")
    return 1 if unsafe else 0


if __name__ == "__main__":
    sys.exit(main())
