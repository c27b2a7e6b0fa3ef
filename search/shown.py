"""What results show of an entry. A process reads it once as long as it does not change and cuts it into words once: short as it is, that is
most of what a search costs beside the engine. Which entries are live, and whether they changed, the database says each time."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .language import Laid

READ = 6000  # characters of a text in which the stretch to show is looked for word by word
WHOLE = 32_000  # characters of a text that are read at all: what files say may stand that far down
MOST = 4_000_000  # characters of all entries that are remembered: some fifteen megabytes

_SELECT = """select e.kind, e.object_id, e.digest, case when e.digest is distinct from w.digest then
  jsonb_build_array(e.code, e.title, left(e.body, %s), left(e.asked, %s), e.url, e.facts)::text end
from unnest(%s::text[], %s::text[], %s::text[]) as w(kind, object_id, digest)
join search_entry e on e.kind = w.kind and e.object_id = w.object_id
where e.live"""

Key = tuple[str, str]


@dataclass(slots=True)
class Shown:
    """An entry as results show it: its texts as far as they are read."""

    kind: str
    object_id: str
    code: str
    title: str
    body: str
    asked: str
    url: str
    facts: dict[str, Any]
    digest: str  # of all of it: what is the same has not changed, whatever happened to the database

    @property
    def size(self) -> int:
        """Characters of its texts."""
        return len(self.title) + len(self.body) + len(self.asked)


class Memory:
    """The entries that a process shows most; the one that was shown longest ago goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Key, Shown] = OrderedDict()
        self._size = 0

    def of(self, keys: list[Key]) -> dict[Key, Shown]:
        """Those of the entries that are live, as they are now."""
        with self._lock:
            known = {key: self._known[key] for key in keys if key in self._known}
        digests = [known[key].digest if key in known else None for key in keys]
        found: dict[Key, Shown] = {}
        with connection.cursor() as cursor:
            cursor.execute(_SELECT, [WHOLE, WHOLE, [kind for kind, _id in keys], [object_id for _kind, object_id in keys], digests])
            for kind, object_id, digest, said in cursor.fetchall():
                key = (kind, object_id)
                found[key] = known[key] if said is None else _read(kind, object_id, digest, json.loads(said))
        with self._lock:
            for key, entry in found.items():
                former = self._known.pop(key, None)
                self._known[key] = entry
                self._size += entry.size - (former.size if former else 0)
            while self._size > MOST:
                self._size -= self._known.popitem(last=False)[1].size
        return found

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._known.clear()
            self._size = 0


def _read(kind: str, object_id: str, digest: str, said: list[Any]) -> Shown:
    code, title, body, asked, url, facts = said
    return Shown(kind, object_id, code, Laid(title), Laid(body), Laid(asked), url, facts, digest)


memory = Memory()
