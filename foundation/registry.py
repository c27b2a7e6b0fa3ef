"""Registries: what a lower application reads and an upper one fills when it starts, so that imports go one way only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class AlreadyRegistered(ValueError):
    """Two registrations under one name: a mistake of the programmer, told at start."""


class Registry(Generic[T]):
    """Named things in the order of their registration. Filled in `AppConfig.ready`, read afterwards."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._items: dict[str, T] = {}

    def register(self, name: str, item: T) -> T:
        """Add `item`; raises AlreadyRegistered when another one has the name."""
        if self._items.get(name, item) is not item:
            raise AlreadyRegistered(f"{self.what}: {name!r} is registered twice")
        self._items[name] = item
        return item

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def find(self, name: str) -> T | None:
        """The thing of a name, or None."""
        return self._items.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> Iterator[tuple[str, T]]:
        """Pairs of name and item."""
        return iter(self._items.items())
