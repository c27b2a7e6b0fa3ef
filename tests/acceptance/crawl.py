"""Walking over all addresses as somebody, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.test import Client

from .addresses import Address, addresses
from .conftest import signed_in
from .databases import checksums
from .world import SUPERUSER, World

ANONYMOUS = "anonymous"
# Who may do most tries every row that the file names; the others one a pattern, and public pages in one language.
THOROUGH = {ANONYMOUS, "publisher"}
# Everybody asks with GET; the rarer methods lead through the same views, so two callers suffice, and one address of each view.
RARE_METHODS = {SUPERUSER: ("HEAD", "OPTIONS"), ANONYMOUS: ("HEAD", "OPTIONS")}


@dataclass
class Walk:
    """What a walk met."""

    role: str
    before: dict[str, str]
    after: dict[str, str]
    answers: list[tuple[Address, str, int]] = field(default_factory=list)
    signed_out: list[str] = field(default_factory=list)

    @property
    def changed(self) -> list[str]:
        """Tables whose rows are not what they were."""
        return sorted(table for table in self.before if self.before[table] != self.after.get(table))

    def found(self) -> set[str]:
        """Patterns of the back office that showed something (GET, 200)."""
        return {address.pattern.key for address, method, status in self.answers if address.pattern.staff and method == "GET" and status == 200}


def client_of(world: World, role: str) -> Client:
    """A client of this role; errors of views become answers."""
    client = Client() if role == ANONYMOUS else signed_in(world.users[role])
    client.raise_request_exception = False
    return client


def one_each(every: list[Address]) -> list[Address]:
    """The first address of each pattern."""
    return list({address.pattern.key: address for address in reversed(every)}.values())


def one_of_each_view(every: list[Address]) -> list[Address]:
    """The first address of each view: the lists of forty snippets are one class of Wagtail's, or our own of a common one."""

    def view(address: Address) -> object:
        return getattr(address.pattern.callback, "view_class", address.pattern.key)

    return list({view(address): address for address in reversed(one_each(every))}.values())


def walk(world: World, role: str, exempt: set[str]) -> Walk:
    """Ask for every address."""
    client = client_of(world, role)
    every = addresses(world)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value if role != ANONYMOUS else ""
    done = Walk(role, checksums(exempt), {})
    steps = [("GET", address) for address in (every if role in THOROUGH else one_each(every))]
    steps += [(method, address) for method in RARE_METHODS.get(role, ()) for address in one_of_each_view(every)]
    for method, address in steps:
        response = client.generic(method, address.path)
        response.close()
        done.answers.append((address, method, response.status_code))
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if session and cookie is not None and not cookie.value:
            done.signed_out.append(f"{method} {address.path}")
            client.cookies[settings.SESSION_COOKIE_NAME] = session
    done.after = checksums(exempt)
    return done
