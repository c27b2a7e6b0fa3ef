"""The home of the portal and of a unit: places for what other applications bring, in order, within the budget, and nothing
where nobody brings anything."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe

from foundation.registries import PagePanel, page_panels, panels_for
from procedures_catalog import listing, prepared, views

pytestmark = pytest.mark.django_db
HOME = ["home.figures", "home.main", "home.events", "home.promises"]
UNIT = ["unit.figures", "unit.main", "unit.events", "unit.promises", "unit.news", "unit.coming"]
ASKING = HOME + UNIT[:4]
BUDGET = 12


@pytest.fixture(autouse=True)
def nothing_remembered():
    """A process holds what was committed; here it may hold what tests before have rolled back."""
    listing._memory.clear()
    prepared.answers.clear()
    views._bodies.clear()


def asked(path: str) -> tuple[list[str], str]:
    """What a page asks the database the second time, and the page."""
    Client().get(path)
    with CaptureQueriesContext(connection) as seen:
        response = Client().get(path)
    assert response.status_code == 200
    return [query["sql"][:160] for query in seen.captured_queries], response.content.decode()


@pytest.fixture
def panels():
    """A panel in each slot, those for figures, main part, events and promises with a query each where no application has one of its own
    that asks; `said` is what they render."""
    said = {"text": "<p>{slot}</p>"}
    filled = {slot for slot in ASKING if panels_for(slot)}

    def render(slot: str):
        def one(request, about) -> str:
            if slot in ASKING and slot not in filled:
                with connection.cursor() as cursor:
                    cursor.execute("select 1")
            return mark_safe(said["text"].format(slot=slot))

        return one

    for slot in HOME + UNIT:
        page_panels.register(f"test {slot}", PagePanel(slot=slot, order=999, query_budget=1, render=render(slot)))
    yield said
    for slot in HOME + UNIT:
        page_panels._items.pop(f"test {slot}")


@pytest.mark.accepts("L3")
@pytest.mark.parametrize(("path", "slots"), [("/", HOME), ("/co-quan/song-lanh/", UNIT)])
def test_panels_stand_in_their_order_and_the_page_stays_within_its_budget(site, panels, path, slots):
    queries, text = asked(path)
    assert len(queries) <= BUDGET, "\n".join(queries)
    places = [text.index(f"<p>{slot}</p>") for slot in slots]
    assert places == sorted(places)


@pytest.mark.parametrize(("path", "slots"), [("/", HOME), ("/co-quan/song-lanh/", UNIT)])
def test_where_nobody_brings_anything_nothing_stands(site, panels, path, slots):
    panels["text"] = ""
    empty = asked(path)[1]
    for slot in HOME + UNIT:
        page_panels._items.pop(f"test {slot}")
    without = asked(path)[1]
    for slot in HOME + UNIT:  # the fixture takes them away
        page_panels.register(f"test {slot}", PagePanel(slot=slot, order=999, query_budget=0, render=lambda request, about: ""))
    assert empty == without


@pytest.mark.accepts("L3")
def test_the_budgets_that_panels_name_leave_room_for_the_page(site):
    ours = {name: panel for name, panel in page_panels.items() if panel.slot in HOME}
    for name in ours:
        page_panels._items.pop(name)
    try:
        queries, _text = asked("/")  # the page without what others bring
    finally:
        page_panels._items.update(ours)
    assert len(queries) + sum(panel.query_budget for slot in HOME for panel in panels_for(slot)) <= BUDGET, "\n".join(queries)
