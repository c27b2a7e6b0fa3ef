"""Every address that the portal answers, made concrete: Django's resolver says which patterns there are, `urls.toml` what
stands in them. A pattern for which nothing is known raises `NoExample`, so that a new one cannot escape the walkers."""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import LocalePrefixPattern
from django.utils.translation import get_language, override

from safeguards.middleware import is_staff_path

from .world import World

FOLDER = Path(__file__).parent
LANGUAGES = ("vi", "en")


class NoExample(LookupError):
    """A pattern for which `urls.toml` holds no example."""


@functools.cache
def book(name: str = "urls") -> dict[str, Any]:
    """A file of this folder."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Pattern:
    """One pattern of the resolver."""

    key: str  # its name with its namespaces; with its arguments where a name stands twice; its route where it has none
    name: str
    route: str
    arguments: tuple[str, ...]  # names; numbers for groups without one
    in_languages: bool
    callback: Callable[..., Any]

    @property
    def staff(self) -> bool:
        """Whether it belongs to the back office."""
        return is_staff_path(f"/{self.route}")

    @property
    def model(self) -> type[models.Model] | None:
        """The model that its view is about, as the class-based views of Wagtail's viewsets know it."""
        kind = getattr(self.callback, "view_class", None)
        given = getattr(self.callback, "view_initkwargs", {})
        found = given.get("model") or getattr(kind, "model", None)
        return found if isinstance(found, type) and issubclass(found, models.Model) else None


@dataclass(frozen=True)
class Address:
    """A concrete address of a pattern. `status` is what an anonymous GET answers where that is not 200."""

    pattern: Pattern
    path: str
    language: str
    status: int = 200

    def __str__(self) -> str:
        return self.path


def _walk(patterns: list[Any], namespaces: tuple[str, ...], route: str, inside: tuple[str, ...], localised: bool) -> Iterator[Pattern]:
    for pattern in patterns:
        own = pattern.pattern
        names = (*inside, *getattr(own, "converters", {}))
        if hasattr(own, "regex") and not getattr(own, "converters", None) and not isinstance(own, LocalePrefixPattern):
            named = sorted(own.regex.groupindex, key=lambda group: own.regex.groupindex[group])
            names = (*names, *(named or map(str, range(own.regex.groups))))
        here = route + ("" if isinstance(own, LocalePrefixPattern) else str(own))
        if isinstance(pattern, URLResolver):
            further = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern.url_patterns, further, here, names, localised or isinstance(own, LocalePrefixPattern))
        elif isinstance(pattern, URLPattern):
            name = ":".join([*namespaces, pattern.name]) if pattern.name else ""
            yield Pattern(name or here, name, here, names, localised, pattern.callback)


def patterns() -> list[Pattern]:
    """All patterns of the portal."""
    found = list(_walk(get_resolver().url_patterns, (), "", (), False))
    often = Counter(pattern.key for pattern in found)
    return [
        Pattern(
            f"{one.key}({','.join(one.arguments)})" if often[one.key] > 1 else one.key,
            one.name,
            one.route,
            one.arguments,
            one.in_languages,
            one.callback,
        )
        for one in found
    ]


def thing(world: World, text: Any) -> Any:
    """What a value of the file means: "$procedure.code" is read off the town (with a slash after it where one stands there),
    anything else stands for itself."""
    if not (isinstance(text, str) and text.startswith("$")):
        return text
    if text.endswith("/"):
        return f"{thing(world, text[:-1])}/"
    name, *attributes = text[1:].split(".")
    found = world.users[name] if name in world.users else getattr(world, name)
    return functools.reduce(getattr, attributes, found)


def rows(world: World, model: type[models.Model]) -> list[Any]:
    """The rows of a model that stand in the town and are worth a walk: those that the file names, or else one."""
    if named := book()["several"].get(model._meta.label_lower):
        return [thing(world, name) for name in named]
    for value in [*world.things.values(), *world.users.values()]:
        if isinstance(value, model):
            return [value]
    first = model._default_manager.order_by("pk").first()
    return [first] if first is not None else []


def _argument(world: World, pattern: Pattern, name: str, row: Any) -> Any:
    if name == "pk" and row is not None:
        return row.pk
    if name == "revision_id" and row is not None:
        return row.latest_revision_id
    known = book()["arguments"]
    if name not in known:
        raise NoExample(f"{pattern.key}: urls.toml has no example and says nothing of an argument {name!r} ({pattern.route})")
    return thing(world, known[name])


def _derived(world: World, pattern: Pattern) -> list[Any]:
    """Examples of an address of the back office, from the model of its view and the names of its arguments."""
    about: list[Any] = [None]
    if "pk" in pattern.arguments and pattern.model is not None:
        about = rows(world, pattern.model)
        if not about:
            raise NoExample(f"{pattern.key}: the town (world.py) has no {pattern.model._meta.label}")
    return [{"arguments": {name: _argument(world, pattern, name, row) for name in pattern.arguments}} for row in about]


def _paths(world: World, pattern: Pattern) -> Iterator[tuple[str, int]]:
    """The concrete paths of a pattern in the current language, with what they answer."""
    example = book()["examples"].get(pattern.key)
    if example is None and not pattern.staff:
        raise NoExample(f"{pattern.key}: a public address without an example in urls.toml ({pattern.route})")
    if example is None:
        given = _derived(world, pattern)
    elif "paths" in example:
        for path in example["paths"]:
            yield path, example.get("status", 200)
        return
    else:
        given = example["each"]
    for one in given:
        if one.get("language", get_language()) != get_language():
            continue
        arguments = one.get("arguments", {})
        if isinstance(arguments, list):
            path = reverse(pattern.name, args=[thing(world, value) for value in arguments])
        else:
            path = reverse(pattern.name, kwargs={name: thing(world, value) for name, value in arguments.items()})
        for query in one.get("queries", [""]):
            filled = re.sub(r"\$[\w.]+", lambda found: quote(str(thing(world, found[0])), safe=""), query)
            yield path + (f"?{filled}" if filled else ""), one.get("status", 200)


def addresses(world: World, *, staff: bool | None = None) -> list[Address]:
    """Every concrete address; of the back office only, of the public only, or (None) of both. Patterns without an example
    are left out here: `missing` names them, and a test asks it."""
    made = []
    for pattern in patterns():
        if staff is not None and pattern.staff != staff:
            continue
        for language in LANGUAGES if pattern.in_languages else LANGUAGES[:1]:
            with override(language), suppress(NoExample):
                made += [Address(pattern, path, language, status) for path, status in _paths(world, pattern)]
    return made


def missing(world: World) -> list[str]:
    """What is said of each pattern that cannot be made concrete."""
    said = []
    for pattern in patterns():
        try:
            list(_paths(world, pattern))
        except NoExample as error:
            said.append(str(error))
    return said
