"""What the lists are made of, in a process's memory: the versions that are not over, by facet value and in each order.

A set of versions is a number with a bit for each place on the shelf: counting what two choices leave is `&` and
`bit_count`, so that facets over 10,000 procedures cost a fraction of a millisecond. A shelf never changes; `replaced` gives
another one that differs in some procedures, and shares the rest."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Any

from .enums import ChangeKind

UNRANKED = 1_000_000
# Facet → the word in the address.
FACETS = {"field": "linh-vuc", "unit": "co-quan", "event": "su-kien", "audience": "doi-tuong", "service": "muc-do", "level": "cap"}
PLACES = {name: place for place, name in enumerate(FACETS)}
MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def fold(text: str) -> str:
    """A key that puts Vietnamese names in the order of a dictionary: letters first, marks second."""
    text = unicodedata.normalize("NFC", text).casefold()
    bare = MARKS.sub("", unicodedata.normalize("NFD", text.replace("đ", "d\uffff")))
    return f"{bare}\x00{text}"


def words_of(name: str) -> set[str]:
    """The words by which names are compared."""
    return set(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Listed:
    """A version that is not over, as lists need it. `values` holds its values of each facet, in the order of FACETS."""

    pk: int
    procedure: int
    code: str
    name: str
    popularity: int
    valid_from: str
    valid_to: str | None
    change_kind: str
    name_key: str
    breadth: int  # different words in the name
    values: tuple[frozenset[str], ...]
    several: bool = False  # other versions of it are in force at other levels

    def in_force_on(self, day: str) -> bool:
        """Whether a list of that day (ISO) has it: the version by which a decision abolishes a procedure is in none."""
        return self.valid_from <= day and self.ends_after(day) and self.change_kind != ChangeKind.ABOLISHED

    def ends_after(self, day: str) -> bool:
        """Whether it still holds on that day, or will."""
        return self.valid_to is None or self.valid_to >= day

    @property
    def newness(self) -> int:
        """Newest first, as a number."""
        return -int(self.valid_from.replace("-", ""))


# Each ends in something that no other version has.
ORDERS: dict[str, Callable[[Listed], Any]] = {
    "popularity": lambda item: (item.popularity, item.name_key, item.code, item.pk),
    "name": lambda item: (item.name_key, item.code, item.pk),
    "code": lambda item: (item.code, item.pk),
    "newest": lambda item: (item.newness, item.code, item.pk),
}


def by_change(item: Listed) -> tuple[int, int, str, int]:
    """The order of what changed last: as `queries.recent_changes` has it."""
    return item.newness, item.popularity, item.code, -item.pk


def _with(items: list[Listed], order: Callable[[Listed], Any], gone: Iterable[Listed], come: Iterable[Listed]) -> list[Listed]:
    """A sorted list without some of its items and with others."""
    items = items.copy()
    for item in gone:
        del items[bisect_left(items, order(item), key=order)]
    for item in come:
        items.insert(bisect_left(items, order(item), key=order), item)
    return items


@dataclass(frozen=True)
class Shelf:
    """The versions that are not over on a day, those in force in their orders and under their facet values."""

    day: str
    of_procedure: dict[int, tuple[Listed, ...]] = field(default_factory=dict)  # all that are not over
    orders: dict[str, list[Listed]] = field(default_factory=lambda: {name: [] for name in ORDERS})  # in force
    changes: list[Listed] = field(default_factory=list)  # all that are not over, newest first
    places: dict[int, int] = field(default_factory=dict)  # version in force → its bit
    at: list[Listed | None] = field(default_factory=list)  # bit → version in force
    free: frozenset[int] = frozenset()  # bits that nobody has
    masks: dict[tuple[int, str], int] = field(default_factory=dict)  # facet, value → who has it
    words: dict[str, int] = field(default_factory=dict)  # word → whose name has it
    everybody: int = 0

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def of(cls, day: str, items: Iterable[Listed]) -> Shelf:
        """A shelf with these versions."""
        grouped: dict[int, list[Listed]] = {}
        for item in items:
            if item.ends_after(day):
                grouped.setdefault(item.procedure, []).append(item)
        of_procedure = {procedure: _told_apart(found, day) for procedure, found in grouped.items()}
        here = [item for found in of_procedure.values() for item in found]
        listed = [item for item in here if item.in_force_on(day)]
        return cls(
            day=day,
            of_procedure=of_procedure,
            orders={name: sorted(listed, key=order) for name, order in ORDERS.items()},
            changes=sorted(here, key=by_change),
            places={item.pk: bit for bit, item in enumerate(listed)},
            at=list(listed),
            masks=_masks(listed, _keys),
            words=_masks(listed, _words),
            everybody=(1 << len(listed)) - 1,
        )

    def on(self, day: str) -> Shelf:
        """The same versions on a later day: some begin, some are over."""
        return Shelf.of(day, (item for found in self.of_procedure.values() for item in found))

    def replaced(self, procedures: Collection[int], items: Iterable[Listed]) -> Shelf:
        """A shelf on which these procedures have these versions instead of those that they had."""
        grouped: dict[int, list[Listed]] = {}
        for item in items:
            grouped.setdefault(item.procedure, []).append(item)
        of_procedure = self.of_procedure.copy()
        gone = [item for procedure in procedures for item in of_procedure.pop(procedure, ())]
        of_procedure.update((procedure, _told_apart(found, self.day)) for procedure, found in grouped.items())
        come = [item for procedure in grouped for item in of_procedure[procedure]]
        gone_listed = [item for item in gone if item.pk in self.places]
        come_listed = [item for item in come if item.in_force_on(self.day)]
        places, at, masks, words, everybody = self.places.copy(), self.at.copy(), self.masks.copy(), self.words.copy(), self.everybody
        free = set(self.free)
        for item in gone_listed:
            bit = places.pop(item.pk)
            at[bit] = None
            free.add(bit)
            everybody ^= 1 << bit
            _take(masks, _keys(item), bit)
            _take(words, _words(item), bit)
        for item in come_listed:
            if not free:
                free.add(len(at))
                at.append(None)
            bit = free.pop()
            places[item.pk], at[bit] = bit, item
            everybody |= 1 << bit
            for key in _keys(item):
                masks[key] = masks.get(key, 0) | 1 << bit
            for word in _words(item):
                words[word] = words.get(word, 0) | 1 << bit
        return replace(
            self,
            of_procedure=of_procedure,
            orders={name: _with(self.orders[name], order, gone_listed, come_listed) for name, order in ORDERS.items()},
            changes=_with(self.changes, by_change, gone, come),
            places=places,
            at=at,
            free=frozenset(free),
            masks=masks,
            words=words,
            everybody=everybody,
        )

    def having(self, wanted: Mapping[str, str]) -> int:
        """Who has all of these facet values."""
        bits = self.everybody
        for name, value in wanted.items():
            bits &= self.masks.get((PLACES[name], value), 0)
        return bits

    def counts(self, name: str, bits: int) -> dict[str, int]:
        """How many of these have each value of a facet; values that none of them has are left out."""
        place = PLACES[name]
        found = {value: (bits & mask).bit_count() for (facet, value), mask in self.masks.items() if facet == place}
        return {value: count for value, count in found.items() if count}

    def ordered(self, order: str, bits: int) -> Iterator[Listed]:
        """These, in an order."""
        if bits == self.everybody:
            return iter(self.orders[order])
        here = bits.to_bytes(len(self.at) // 8 + 1, "little")
        places = self.places
        return (item for item in self.orders[order] if here[(bit := places[item.pk]) >> 3] >> (bit & 7) & 1)

    def similar(self, name: str, code: str, count: int = 6) -> list[Listed]:
        """Those whose names share the most words with a name (as a part of all words of both, a fifth at least): company
        for a record that has no field."""
        wanted = words_of(name)
        scored: list[tuple[float, int, str, Listed]] = []
        for shared, bits in _sharing([self.words[word] for word in wanted if word in self.words]):
            # The fewer other words, the more alike; so the nearest of those who share as much are soon told.
            others = (item for item in self._those(bits) if item.code != code and shared * 6 >= len(wanted) + item.breadth)
            nearest = nsmallest(count, others, key=lambda item: (item.breadth, item.popularity, item.code))
            scored += [(-shared / (len(wanted) + item.breadth - shared), item.popularity, item.code, item) for item in nearest]
            scored = sorted(scored, key=lambda row: row[:3])[:count]
            # Whoever shares fewer words shares at most this part of all.
            if len(scored) == count and -scored[-1][0] > (shared - 1) / len(wanted):
                break
        return [row[-1] for row in scored]

    def _those(self, bits: int) -> Iterator[Listed]:
        if bits.bit_count() > len(self.at) // 8:
            yield from self.ordered("code", bits)
            return
        while bits:
            item = self.at[(bits & -bits).bit_length() - 1]
            bits &= bits - 1
            if item is not None:
                yield item


def _keys(item: Listed) -> Iterator[tuple[int, str]]:
    return ((place, value) for place, values in enumerate(item.values) for value in values)


def _words(item: Listed) -> set[str]:
    return words_of(item.name)


def _masks(items: Sequence[Listed], keys: Callable[[Listed], Iterable[Any]]) -> dict[Any, int]:
    size = len(items) // 8 + 1
    having: dict[Any, bytearray] = {}
    for bit, item in enumerate(items):
        for key in keys(item):
            having.setdefault(key, bytearray(size))[bit >> 3] |= 1 << (bit & 7)
    return {key: int.from_bytes(bits, "little") for key, bits in having.items()}


def _take(masks: dict[Any, int], keys: Iterable[Any], bit: int) -> None:
    for key in keys:
        masks[key] ^= 1 << bit
        if not masks[key]:
            del masks[key]


def _sharing(masks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of some sets: (how many of them, who is in exactly so many), most first. Adds the sets bit by bit, as a processor adds."""
    planes: list[int] = []
    for mask in masks:
        carry = mask
        for place, plane in enumerate(planes):
            planes[place], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    anybody = 0
    for mask in masks:
        anybody |= mask
    for number in range(len(masks), 0, -1):
        bits = anybody
        for place, plane in enumerate(planes):
            bits &= plane if number >> place & 1 else ~plane
        if bits and not number >> len(planes):
            yield number, bits


def _told_apart(found: Sequence[Listed], day: str) -> tuple[Listed, ...]:
    """The versions of a procedure, each knowing whether it is the only one in force."""
    several = sum(item.in_force_on(day) for item in found) > 1
    return tuple(item if item.several == several else replace(item, several=several) for item in found)
