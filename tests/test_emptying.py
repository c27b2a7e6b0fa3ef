"""What the quick way leaves of a database is what Django's `flush` leaves of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction

from messaging.models import Template
from organisation.enums import Level
from organisation.models import CalendarDay, Unit
from portal.setup import ensure_site
from safeguards.models import Event, User
from safeguards.services import record
from tests import emptying, rows

pytestmark = pytest.mark.django_db(transaction=True)
STAMPS = {"organisation_calendarstamp"}


@pytest.fixture
def flushes():
    """`flush`, and how often it ran."""
    calls = []

    def flush():
        calls.append(1)
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)

    flush.calls = calls
    emptying.emptied(flush)  # whatever ran before this test, the next one is quick
    calls.clear()
    return flush


def fill() -> None:
    """Rows of every kind that is hard to be rid of: append-only, kept by triggers, pointed at by others."""
    with transaction.atomic():
        user = User.objects.create_user("nguoi-thu")
        user.groups.add(Group.objects.create(name="nhóm"))
        record("tests.emptying", user)
        unit = Unit.objects.create(name="Phường Tạm", slug="tam", code="H92.1", level=Level.WARD)
        CalendarDay.objects.create(date="2026-09-02", kind="holiday", label="Quốc khánh")
        Unit.objects.create(name="Tổ Tạm", slug="to-tam", code="H92.2", level=Level.WARD, parent=unit)
        Template.objects.all().delete()
        Permission.objects.filter(codename="add_user").delete()


def there() -> dict[str, int]:
    """How many rows each table holds."""
    return {table: sum(found.values()) for table, found in rows.rows(emptying._tables()).items()}


def names() -> list[set[object]]:
    """What is seeded, without numbers."""
    return [
        set(ContentType.objects.values_list("app_label", "model")),
        set(Permission.objects.values_list("content_type__app_label", "content_type__model", "codename", "name")),
        set(Template.objects.values_list("kind", "channel", "language", "subject", "text")),
    ]


def test_the_same_rows_are_left(flushes):
    before = rows.rows(set(emptying._tables()) - STAMPS)
    fill()
    assert Event.objects.exists()
    emptying.emptied(flushes)
    assert flushes.calls == []
    quick, seeded = there(), names()
    assert rows.rows(before) == before
    fill()
    flushes()
    assert (there(), names()) == (quick, seeded)


def test_a_fresh_database_is_flushed_first(flushes, monkeypatch):
    monkeypatch.setattr(emptying, "_left", {})
    fill()
    emptying.emptied(flushes)
    assert flushes.calls == [1]


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("create table later (id int)", "drop table later"),
        ("alter table safeguards_event disable trigger append_only", "alter table safeguards_event enable trigger append_only"),
        ("revoke select on organisation_unit from {app}", "grant select on organisation_unit to {app}"),
        ("drop view reporting.safeguards_event", "select 1"),
        ("alter table organisation_unit add column later int", "alter table organisation_unit drop column later"),
    ],
)
def test_where_the_schema_or_a_right_has_changed_it_is_flushed(flushes, settings, change, back):
    with connection.cursor() as cursor:
        cursor.execute(change.format(**settings.DATABASE_ROLES))
        emptying.emptied(flushes)
        cursor.execute(back.format(**settings.DATABASE_ROLES))
    assert flushes.calls == [1]
    flushes()


def test_on_another_server_it_is_flushed(flushes, monkeypatch):
    monkeypatch.setattr(rows, "can_be_put_back", lambda: False)
    emptying.emptied(flushes)
    assert flushes.calls == [1]


def test_who_remembers_rows_hears_of_it(flushes):
    fill()
    with connection.cursor() as cursor:
        asked = (
            "select (select number from foundation_stamp), (select stamp from search_stamp), (select stamp from organisation_calendarstamp),"
            " (select max(id) from procedures_catalog_change)"
        )
        cursor.execute(asked)
        before = cursor.fetchone()
        emptying.emptied(flushes)
        cursor.execute(asked)
        after = cursor.fetchone()
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_what_is_written_afterwards_is_guarded_and_numbered_as_ever(flushes):
    fill()
    last = User.objects.latest("pk").pk
    emptying.emptied(flushes)
    assert User.objects.create_user("nguoi-moi").pk > last
    with connection.cursor() as cursor:
        cursor.execute("show session_replication_role")
        assert cursor.fetchone() == ("origin",)
        with transaction.atomic():
            record("tests.emptying", User.objects.get())
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            cursor.execute("delete from safeguards_event")


def test_a_site_can_be_founded_on_what_is_left(flushes):
    """What migrations alone make is gone, as after `flush`."""
    emptying.emptied(flushes)
    with pytest.raises(AttributeError):
        ensure_site()
    assert (there()["wagtailcore_page"], there()["wagtailcore_site"]) == (0, 0)
