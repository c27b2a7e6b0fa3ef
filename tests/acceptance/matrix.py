"""Which role finds what in the back office: `admin_matrix.toml`, one row an address, read and written.

`MATRIX_WRITE=1 pytest tests/acceptance/test_reading_changes_nothing.py` writes down what is; whoever commits it answers
for every line of the difference."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from django.conf import settings

from safeguards import roles

from .addresses import FOLDER, book, patterns
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


# The right that an address about one of our models asks for, by the end of its name; any right on the model for the rest.
NEEDED = {
    "add": {"add"}, "preview_on_add": {"add"}, "create": {"add"}, "completeness_new": {"add", "change"}, "edit": {"change"},
    "preview_on_edit": {"change"},
    "delete": {"delete"}, "unpublish": {"publish"}, "revisions_unschedule": {"publish"}, "lock": {"lock"}, "unlock": {"unlock"},
    "revisions_revert": {"change"}, "workflow_action": {"publish", "change"}, "copy": {"add"},
}  # fmt: skip
ANY = {"view", "add", "change", "delete", "publish"}


def without_right(user: Any, found: set[str]) -> list[str]:
    """Addresses about our own models that answered somebody who holds no right for it."""
    open_to_staff = [re.compile(text) for text in book("open_to_staff")["addresses"]]
    wrong = []
    for pattern in patterns():
        model = pattern.model
        if (
            pattern.key not in found
            or model is None
            or model._meta.app_label not in settings.HOUSE
            or any(one.fullmatch(pattern.key) for one in open_to_staff)
        ):
            continue
        actions = NEEDED.get(pattern.key.rpartition(":")[2], ANY)
        if not any(user.has_perm(f"{model._meta.app_label}.{action}_{model._meta.model_name}") for action in actions):
            wrong.append(pattern.key)
    return sorted(wrong)


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
