"""A8, A12: a bulk action does nothing that its caller may not do to things one by one, and names nothing to whoever holds no
right on its kind of thing."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.views.bulk_action.registry import bulk_action_registry as registry

from safeguards import roles

from . import databases
from .addresses import book, rows
from .crawl import client_of
from .world import SUPERUSER

ROLES = [*(role.code for role in roles.load()), SUPERUSER]
# Rights on pages and collections stand apart from those on models in safeguards/roles.toml; here what follows from them. A
# page that is public is taken away by those who publish; a draft by whoever may change it.
PAGES = {
    "delete": {"draft": {"change"}, "public": {"publish"}},
    "move": {"draft": {"change"}, "public": {"publish"}},
    "publish": {"draft": {"publish"}, "public": {"publish"}},
    "unpublish": {"draft": set(), "public": {"publish"}},
}
COLLECTIONS = {"add_tags": "change", "add_to_collection": "change", "delete": "change"}
# Actions that may go through for nobody, each with its reason.
FOR_NOBODY = {
    ("organisation", "delete"): "each is deleted by itself, so that it is recorded; units never",
    ("messaging", "delete"): "each kind of message keeps its text",
    ("search", "delete"): "each row of a table is removed by itself, so that it is recorded",
    ("publicationdecision", "delete"): "versions stand on it",
    ("legaldocument", "delete"): "versions stand on it",
    ("procedure", "delete"): "its versions stay",
    ("document", "delete"): "forms hang on it",
    ("disclosureitem", "delete"): "what was to be made public, and when, stays on record",
    ("interruption", "delete"): "it is lifted; that it was stays on record",
    ("plannedlevel", "delete"): "a former plan stays to be seen beside the one in its place",
    ("postinglist", "delete"): "a later list takes its place",
    ("lifeevent", "delete"): "the town has a guide for each of them",
    ("legalterm", "delete"): "what the law asked for stays on record; it gets a last day",
    ("legalminimum", "delete"): "as terms",
    ("consenttext", "delete"): "what people consented to stays on record",
    ("retentionpolicy", "delete"): "how long people were known stays on record",
    ("seatpolicy", "delete"): "as how long people were known",
    ("prioritygroup", "delete"): "it gets a last day",
    ("requestthreshold", "delete"): "as how long people were known",
    ("recordpolicy", "delete"): "as how long people were known",
    ("user", "delete"): "the log names them; accounts are ended",
}
OWN = {"procedureversion": {"publish": "publish", "submit": "change", "delete": "delete"}}


def actions() -> list[tuple[str, str, str]]:
    """Every bulk action of the back office: application, model, action."""
    registry.get_bulk_actions_for_model("wagtailcore", "page")
    return sorted((app, model, action) for app, models in registry.actions.items() for model, known in models.items() for action in known)


def things(world, model: str, kind) -> dict[str, object]:
    """What the actions are tried on, by its state."""
    if model == "page":
        return {"draft": world.hidden_page, "public": world.page}
    return {"": world.draft if model == "procedureversion" else rows(world, kind)[0]}


def may(user, role, app: str, model: str, action: str, state: str) -> bool:
    """Whether the file of roles lets somebody do it."""
    if any((key, action) in FOR_NOBODY for key in (app, model)):
        return False
    if user.is_superuser:
        return (model, action, state) != ("page", "unpublish", "draft")
    if model == "page":
        return bool(PAGES[action][state] & set(role.pages))
    if app in {"wagtailimages", "wagtaildocs"}:
        return COLLECTIONS[action] in role.collections
    return user.has_perm(f"{app}.{OWN.get(model, {}).get(action, action)}_{model}")


def may_see(user, role, app: str, model: str) -> bool:
    """Whether somebody may hear the names of such things in the back office."""
    if user.is_superuser:
        return True
    if model == "page":
        return bool(role.pages)
    if app in {"wagtailimages", "wagtaildocs"}:
        return bool(role.collections)
    return any(user.has_perm(f"{app}.{right}_{model}") for right in ("view", "add", "change", "delete", "publish"))


def written(asked: CaptureQueriesContext) -> set[str]:
    """Tables that were written to, but for those of sessions and the like."""
    found = set()
    for query in asked.captured_queries:
        word, _, rest = query["sql"].partition(" ")
        if word in {"INSERT", "UPDATE", "DELETE"}:
            found.add(rest.split('"')[1])
    return found - set(book("unchanged")["tables"])


@pytest.mark.accepts("A8", "A12")
@pytest.mark.parametrize("role", ROLES)
def test_a_bulk_action_does_what_its_caller_may_and_names_what_its_caller_may_see(world, role):
    user, client = world.users[role], client_of(world, role)
    known = {one.code: one for one in roles.load()}.get(role)
    form = {"chooser": world.home.pk, "collection": world.collection.pk, "tags": "x", "role": Group.objects.get(name="editor").pk,
            "mark_as_active": "False", "incomplete_reason": ""}  # fmt: skip
    wrong = []
    for app, model, action in actions():
        for state, thing in things(world, model, apps.get_model(app, model)).items():
            address = reverse("wagtail_bulk_action", args=[app, model, action]) + f"?id={thing.pk}&next=/admin/"
            with databases.nothing_stays():
                shown = client.get(address)
                with CaptureQueriesContext(connection) as asked:
                    answer = client.post(address, form)
            done = bool(written(asked))
            if done != may(user, known, app, model, action, state):
                wrong.append((app, model, action, state, "was done" if done else "was not done"))
            if answer.status_code >= 500 or shown.status_code >= 500:
                wrong.append((app, model, action, state, shown.status_code, answer.status_code))
            if str(thing) in shown.content.decode() and not may_see(user, known, app, model):
                wrong.append((app, model, action, state, "was named"))
    assert not wrong, wrong
