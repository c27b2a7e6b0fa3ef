#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys

# Commands that change the schema or its roles run as the owner of the database; everything else runs as the application's role.
OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "database_roles", "lintmigrations", "flush", "dbshell", "backup", "restore"}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("PORTAL_AS_OWNER", "1")
    # Commands and the worker may run statements longer than a citizen's request may (portal/settings/database.py).
    os.environ.setdefault("PORTAL_WORK", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
