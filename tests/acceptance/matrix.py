"""Which role finds what in the back office: `admin_matrix.toml`, one row an address, read and written.

`MATRIX_WRITE=1 pytest tests/acceptance/test_reading_changes_nothing.py` writes down what is; whoever commits it answers
for every line of the difference."""

from __future__ import annotations

import tomllib
from typing import Any

from safeguards import roles

from .addresses import FOLDER, patterns
from .world import SUPERUSER

FILE = FOLDER / "admin_matrix.toml"
STAFF = [role.code for role in roles.load()]
EVERYONE = "anonymous"
HEAD = """# Who gets an answer (GET, 200) from which address of the back office. "everyone": visitors too; "staff": every role;
# "superuser" stands for itself and is in no other word. What a role may see it must hold a permission for
# (safeguards/roles.toml); a new address without a row fails the tests.
"""


def _load() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))["addresses"] if FILE.exists() else {}


def rows() -> set[str]:
    """The addresses that have a row."""
    return set(_load())


def members(words: list[str]) -> set[str]:
    """Roles behind the words of a row."""
    found: set[str] = set()
    for word in words:
        found |= {EVERYONE, SUPERUSER, *STAFF} if word == "everyone" else set(STAFF) if word == "staff" else {word}
    return found


def expected(role: str) -> set[str]:
    """The addresses that answer a role."""
    return {key for key, words in _load().items() if role in members(words)}


def _words(found: set[str]) -> list[str]:
    if EVERYONE in found and {SUPERUSER, *STAFF} <= found:
        return ["everyone"]
    staff = ["staff"] if set(STAFF) <= found else [role for role in STAFF if role in found]
    return [*([EVERYONE] if EVERYONE in found else []), *staff, *([SUPERUSER] if SUPERUSER in found else [])]


def note(role: str, found: set[str]) -> None:
    """Write down what a role finds; addresses that are gone lose their row."""
    known = _load()
    lines = [HEAD, "[addresses]"]
    for key in sorted({pattern.key for pattern in patterns() if pattern.staff}):
        who = members(known.get(key, []))
        who = who | {role} if key in found else who - {role}
        words = ", ".join(f'"{word}"' for word in _words(who))
        lines.append(f'"{key}" = [{words}]' if "\\" not in key else f"'{key}' = [{words}]")
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
