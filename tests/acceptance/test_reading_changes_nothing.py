"""B5 and the rights of roles, on one walk over every address as every role."""

from __future__ import annotations

import functools
import os

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from safeguards import roles

from . import databases, matrix
from .addresses import book, patterns
from .crawl import ANONYMOUS, Walk, walk
from .world import SUPERUSER

ROLES = [ANONYMOUS, *(role.code for role in roles.load()), SUPERUSER]
BROKEN_ON_PURPOSE = {"wagtailadmin_error_test"}  # Wagtail's own page to see the error page with; superusers only


@pytest.fixture(scope="module")
def walked(world):
    """The walk of a role, once."""

    @functools.cache
    def made(role: str) -> Walk:
        return walk(world, role, set(book("unchanged")["tables"]))

    return made


@pytest.mark.accepts("B5")
@pytest.mark.parametrize("role", ROLES)
def test_no_reading_request_changes_anything(walked, role):
    changed = walked(role).changed
    assert not changed, changed


@pytest.mark.accepts("B5")
@pytest.mark.parametrize("role", ROLES)
def test_no_reading_request_signs_anybody_out(walked, role):
    assert walked(role).signed_out == []


@pytest.mark.parametrize("role", ROLES)
def test_no_address_breaks(walked, role):
    broken = [
        (str(address), method, status)
        for address, method, status in walked(role).answers
        if status >= 500 and address.pattern.key not in BROKEN_ON_PURPOSE
    ]
    assert not broken, broken


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
    assert [table for table in before if before[table] != after[table]] == ["organisation_unit"]


# ── Who finds what in the back office ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_in_the_back_office_what_the_matrix_says(walked, role):
    found = walked(role).found()
    if os.environ.get("MATRIX_WRITE"):
        matrix.note(role, found)
    expected = matrix.expected(role)
    assert not found - expected, f"answers {role}, against the matrix: {sorted(found - expected)}"
    assert not expected - found, f"does not answer {role}, against the matrix: {sorted(expected - found)}"


def test_every_address_of_the_back_office_has_a_row():
    keys = {pattern.key for pattern in patterns() if pattern.staff}
    assert not keys - matrix.rows(), f"without a row in admin_matrix.toml: {sorted(keys - matrix.rows())}"
    assert not matrix.rows() - keys, f"in admin_matrix.toml, but gone: {sorted(matrix.rows() - keys)}"
