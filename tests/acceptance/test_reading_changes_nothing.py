"""B5 and the rights of roles, on one walk over every address as every role."""

from __future__ import annotations

import os

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from safeguards import roles

from . import databases, matrix
from .addresses import book, patterns
from .crawl import ANONYMOUS, walk
from .world import SUPERUSER

ROLES = [ANONYMOUS, *(role.code for role in roles.load()), SUPERUSER]
BROKEN_ON_PURPOSE = {"wagtailadmin_error_test"}  # Wagtail's own page to see the error page with; superusers only


@pytest.mark.accepts("B5", "A8")
@pytest.mark.parametrize("role", ROLES)
def test_a_walk_over_every_address(world, role):
    """One walk shows it all: nothing has changed, nobody was signed out, nothing broke, and the back office answered a role
    where the matrix says so, and nowhere else."""
    done = walk(world, role, set(book("unchanged")["tables"]))
    if os.environ.get("MATRIX_WRITE"):
        matrix.note(role, done.found())
    expected = matrix.expected(role)
    met = {
        "changed tables": done.changed,
        "signed out by": done.signed_out,
        "broken": [
            (method, address.path, status)
            for address, method, status in done.answers
            if status not in {address.status, *range(500)} and address.pattern.key not in BROKEN_ON_PURPOSE
        ],
        "answers against the matrix": sorted(done.found() - expected),
        "does not answer, against the matrix": sorted(expected - done.found()),
    }
    if role in world.users:
        met["answers without a right"] = matrix.without_right(world.users[role], done.found())
    assert not any(met.values()), {what: where for what, where in met.items() if where}


@pytest.mark.accepts("B5")
def test_exempt_tables_exist(world):
    assert set(book("unchanged")["tables"]) <= databases.tables()


def writes(request):
    with connection.cursor() as cursor:
        cursor.execute("update organisation_unit set telephone = telephone || '1'")
    return HttpResponse("written")


urlpatterns = [path("writes/", writes)]


@pytest.mark.accepts("B5")
@pytest.mark.urls(__name__)
def test_a_view_that_writes_would_be_seen(client, nothing_stays):
    exempt = set(book("unchanged")["tables"])
    before = databases.checksums(exempt)
    assert client.get("/writes/").content == b"written"
    after = databases.checksums(exempt)
    assert [table for table in before if before[table] != after[table]] == [
        "foundation_touched",  # what is public has changed: the stamp is raised at commit
        "organisation_unit",
        "procedures_catalog_change",  # a unit's name stands in lists: its change is told
    ]


@pytest.mark.accepts("A8")
def test_an_answer_without_a_right_would_be_seen(world):
    listing, choosing = "wagtailsnippets_procedures_catalog_legaldocument:edit", "wagtailsnippetchoosers_organisation_person:choose"
    assert matrix.without_right(world.users["clerk"], {listing, choosing}) == [listing]


@pytest.mark.accepts("A8")
def test_every_address_of_the_back_office_has_a_row():
    keys = {pattern.key for pattern in patterns() if pattern.staff}
    assert not keys - matrix.rows(), f"without a row in admin_matrix.toml: {sorted(keys - matrix.rows())}"
    assert not matrix.rows() - keys, f"in admin_matrix.toml, but gone: {sorted(matrix.rows() - keys)}"
