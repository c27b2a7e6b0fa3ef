"""What the values of facets are called, remembered for a moment: the same few fields and units stand beside every search."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from django.utils import translation

from foundation.registries import search_sources

SECONDS = 2.0  # so long a new name may go unseen beside results
MOST = 5_000


class Labels:
    """The labels that one process remembers, by language; what has none is remembered too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], str | None] = {}
        self._until = 0.0

    def of(self, name: str, values: Iterable[str]) -> dict[str, str]:
        """Labels of the values of a facet, asked of the applications; a value that none of them knows is left out."""
        values, language = list(values), translation.get_language() or ""
        with self._lock:
            if time.monotonic() >= self._until or len(self._known) > MOST:
                self._known, self._until = {}, time.monotonic() + SECONDS
            known = self._known
        missing = [value for value in values if (language, name, value) not in known]
        if missing:
            labels = _asked(name, missing)
            known.update({(language, name, value): labels.get(value) for value in missing})
        found = {value: known[language, name, value] for value in values}
        return {value: label for value, label in found.items() if label is not None}

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._known = {}


def _asked(name: str, values: list[str]) -> dict[str, str]:
    if name == "kind":
        return {source.kind: str(source.label) for source in search_sources if source.kind in values}
    labels: dict[str, str] = {}
    for source in search_sources:
        if source.facet_labels is not None:
            labels.update(source.facet_labels(name, values))
    return labels


memory = Labels()
