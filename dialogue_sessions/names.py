"""Names at the door: masked on lists, found as people say them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from safeguards import encryption
from safeguards.models import User
from safeguards.services import record

from . import contacts
from .models import Registration, Session

_TWO_LETTERS = ("ch", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr")  # one sound, abbreviated as it is written
UNREADABLE = "•••"


def masked(name: str) -> str:
    """Enough to recognise a name on a list by: "Nguyễn Văn An" is "Ng. V. A."."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    return " ".join(f"{part[:2] if _folded(part).startswith(_TWO_LETTERS) else part[:1]}." for part in parts[:6])


def _folded(text: str) -> str:
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def says(asked: str, name: str) -> bool:
    """Whether a name is the one that somebody says: with or without marks, all of the words, the last of them perhaps begun only."""
    words, said = _folded(asked).split(), _folded(name).split()
    if not words:
        return False
    return all(word in said for word in words[:-1]) and any(one.startswith(words[-1]) for one in said)


@dataclass(frozen=True)
class Named:
    """A registration with its name in the clear, for this one answer."""

    registration: Registration
    name: str

    @property
    def masked(self) -> str:
        """As lists show it."""
        return masked(self.name) if self.name != UNREADABLE else UNREADABLE


def read(rows: Iterable[Registration]) -> list[Named]:
    """The names of these registrations, opened in memory. Who reads them is on record by `opened`."""
    found = []
    for row in rows:
        try:
            name = contacts.name_of(row) if row.name_sealed else ""
        except encryption.Unreadable:
            name = UNREADABLE
        found.append(Named(row, name))
    return found


def opened(session: Session, actor: User, how_many: int) -> None:
    """Somebody opens a session's list of names: on record, once for each list that is opened."""
    with transaction.atomic():
        record("dialogue_sessions.names_read", session, actor=actor, payload={"rows": how_many})
