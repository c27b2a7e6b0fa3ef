"""L3: the number of queries of a page is bounded, and the same for ten rows of everything as for a hundred."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import Page, WorkflowState

from portal.models import HomePage
from procedures_catalog.listing import Memory
from procedures_catalog.prepared import Store
from search import labels

from . import databases
from .addresses import addresses
from .conftest import signed_in
from .crawl import one_each
from .growth import Subjects, grow

FEW, MANY = 10, 100
# A process that has just started reads a little more, once: L3's own figure holds for it.
PUBLIC, STAFF = {"warm": 12, "cold": 15}, 25
# Lists of the back office: our own, and Wagtail's lists of pages, pictures and files.
LISTS = re.compile(
    r"^wagtailsnippets_(organisation|procedures_catalog|safeguards|search|transparency)_\w+:list$|_backoffice:|^wagtail(images|docs):index$|^wagtailadmin_(explore|home)$|^(catalogue|import)\w*:"
)
PROCEDURES = ("/thu-tuc/", "/api/v1/procedures/")
NO_LISTS = re.compile(r":compare$|chosen|:create|results|submit|completeness_new")


class Remembering:
    """Everything in which this process keeps what it made ahead of requests: what was there, and what is made while it is looked at.
    (Looking at every object there is, as `all_there` does, takes longer than a page.)"""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.things: list[weakref.ref[Store | Memory]] = [weakref.ref(thing) for thing in self.all_there()]
        for kind in (Store, Memory):
            monkeypatch.setattr(kind, "__init__", self._noting(kind.__init__))

    @staticmethod
    def all_there() -> list[Store | Memory]:
        """Found among all objects; not by isinstance, which would wake Django's lazy ones."""
        return [thing for thing in gc.get_objects() if type(thing) in {Store, Memory}]

    def _noting(self, begin: Callable[..., None]) -> Callable[..., None]:
        def noted(thing: Store | Memory, *args: Any, **kwargs: Any) -> None:
            begin(thing, *args, **kwargs)
            self.things.append(weakref.ref(thing))

        return noted

    def known(self) -> list[Store | Memory]:
        """Those that are still there."""
        return [thing for one in self.things if (thing := one()) is not None]

    def forget(self) -> None:
        """As after a restart: it is gone."""
        cache.clear()
        labels.memory.forget()
        for thing in self.known():
            thing.clear()


def queries(client: Client, path: str, remembering: Remembering | None = None) -> int:
    """How many queries a page costs, in a process that has shown it before or (`remembering`) one that forgets all that it made."""
    client.get(path)
    if remembering:
        remembering.forget()
    with CaptureQueriesContext(connection) as asked:
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    # Once a minute, whatever the page, a session notes that it was used; now and then search looks whether its words moved.
    by_the_clock = ("SAVEPOINT", "RELEASE SAVEPOINT", 'UPDATE "django_session"', "select stamp::text", "select count(*), coalesce(sum(version)")
    return len([query for query in asked.captured_queries if not query["sql"].startswith(by_the_clock)])


def public_paths(world, subjects: Subjects) -> dict[str, str]:
    """A page of each public pattern, by pattern; where a thing is shown, the thing that has most below it."""
    found: dict[str, str] = {}
    for address in one_each([address for address in addresses(world, staff=False) if address.status == 200]):
        key = address.pattern.key
        arguments = address.pattern.arguments
        if arguments == ("code",) and address.path.startswith(PROCEDURES):
            found[key] = reverse(address.pattern.name, args=[subjects.procedure.code])
            found[f"{key} (old)"] = reverse(address.pattern.name, args=[subjects.old.code])
        elif arguments == ("slug",) and address.path.startswith("/co-quan/"):
            found[key] = reverse(address.pattern.name, args=[subjects.unit.slug])
            found[f"{key} (closed)"] = reverse(address.pattern.name, args=[subjects.closed_unit.slug])
        else:
            found[key] = address.path
    with override("en"):
        found["procedure in English"] = reverse("procedures_catalog:procedure", args=[subjects.procedure.code])
    return found


def everyday_pages() -> list[str]:
    """Where everybody of the back office comes by: its home, and the explorer at its root, at the home page, which has most
    children, and at each page that waits for a review."""
    home = HomePage.objects.order_by("-numchild")[0]
    waiting = WorkflowState.objects.active().filter(base_content_type=ContentType.objects.get_for_model(Page)).order_by("pk")
    parents = [home.pk, *(int(state.object_id) for state in waiting[:2])]
    assert len(parents) > 1
    return [reverse("wagtailadmin_home"), reverse("wagtailadmin_explore_root"), *(reverse("wagtailadmin_explore", args=[pk]) for pk in parents)]


@pytest.fixture(scope="module")
def measured(world, in_town):
    """Queries by page at both sizes: {size: {page: number}}."""
    visitor, publisher, superuser = Client(), signed_in(world.users["publisher"]), signed_in(world.users["superuser"])
    found: dict[str, dict[int, dict[str, int]]] = {"cold": {}, "warm": {}, "staff": {}}
    with pytest.MonkeyPatch.context() as patch, databases.nothing_stays():
        remembering = Remembering(patch)
        remembering.forget()  # what was kept before is older than what stands in this transaction, and would be looked at each time
        try:
            for size in (FEW, MANY):
                paths = public_paths(world, grow(world, size))
                found["warm"][size] = {key: queries(visitor, path) for key, path in paths.items()}
                found["cold"][size] = {key: queries(visitor, path, remembering) for key, path in paths.items()}
                found["staff"][size] = {}
                for address in one_each(addresses(world, staff=True)):
                    if LISTS.search(address.pattern.key) and not NO_LISTS.search(address.pattern.key):
                        who = publisher if publisher.get(address.path).status_code == 200 else superuser
                        if who.get(address.path).status_code == 200:
                            found["staff"][size][address.pattern.key] = queries(who, address.path)
                for name in ("editor", "publisher", "superuser"):
                    for path in everyday_pages():
                        found["staff"][size][f"{path} as {name}"] = queries(signed_in(world.users[name]), path)
            assert {id(thing) for thing in Remembering.all_there()} <= {id(thing) for thing in remembering.known()}
        finally:
            world.things.pop("grown", None)
            remembering.forget()
    return found


@pytest.mark.accepts("L3")
@pytest.mark.parametrize("state", ["warm", "cold"])
def test_public_pages_cost_a_bounded_number_of_queries(measured, state):
    costly = {page: number for page, number in measured[state][MANY].items() if number > PUBLIC[state]}
    assert len(measured[state][MANY]) > 12
    assert not costly, costly


@pytest.mark.accepts("L3")
@pytest.mark.parametrize("state", ["warm", "cold"])
def test_public_pages_cost_the_same_with_ten_rows_and_a_hundred(measured, state):
    few, many = measured[state][FEW], measured[state][MANY]
    grown = {page: (few[page], many[page]) for page in few if few[page] != many[page]}
    assert not grown, grown


@pytest.mark.accepts("L3")
def test_lists_of_the_back_office_cost_a_bounded_number_of_queries(measured):
    costly = {page: number for page, number in measured["staff"][MANY].items() if number > STAFF}
    assert len(measured["staff"][MANY]) > 12
    assert not costly, costly


@pytest.mark.accepts("L3")
def test_lists_of_the_back_office_cost_the_same_with_ten_rows_and_a_hundred(measured):
    few, many = measured["staff"][FEW], measured["staff"][MANY]
    grown = {page: (few[page], many[page]) for page in few if few[page] != many[page]}
    assert not grown, grown
