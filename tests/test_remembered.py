"""What is put back is what was built, and whatever could tell the two apart is built again."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction

from foundation.registries import SearchDocument
from organisation.enums import Level
from organisation.models import Field, Unit
from search import services as search
from tests import remembered as module
from tests import rows, server
from tests.browser import town
from tests.remembered import BesidesRows, remembered

pytestmark = pytest.mark.django_db


@contextmanager
def gone_afterwards():
    """As one test after another: what is written inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def counted(build):
    """A remembered builder, and how often it has built."""
    calls = []

    def work(*args):
        calls.append(args)
        return build(*args)

    return remembered(work), calls


def everything():
    """Every row there is, whatever transaction wrote it."""
    return rows.rows(rows.tables())


def orphans() -> list[str]:
    """Foreign keys that lead to no row, asked of each constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname, conrelid::regclass::text, confrelid::regclass::text,"
            " (select array_agg(quote_ident(attname) order by n) from unnest(conkey) with ordinality k(number, n)"
            "   join pg_attribute on attrelid = conrelid and attnum = number),"
            " (select array_agg(quote_ident(attname) order by n) from unnest(confkey) with ordinality k(number, n)"
            "   join pg_attribute on attrelid = confrelid and attnum = number)"
            " from pg_constraint where contype = 'f'"
        )
        found = []
        for name, table, other, columns, theirs in cursor.fetchall():
            same = " and ".join(f"b.{there} = a.{here}" for here, there in zip(columns, theirs, strict=True))
            filled = " and ".join(f"a.{here} is not null" for here in columns)
            cursor.execute(f"select exists (select from {table} a where {filled} and not exists (select from {other} b where {same}))")
            if cursor.fetchone()[0]:
                found.append(name)
        return found


def ward() -> Unit:
    return Unit.objects.create(name="Phường Nhớ Lại", slug="nho-lai", code="H91.1", level=Level.WARD)


def test_the_same_rows_stand_there_and_every_foreign_key_leads_somewhere():
    office, offices = counted(town.office.__wrapped__)
    procedures, catalogues = counted(town.procedures.__wrapped__)
    with gone_afterwards():
        codes = procedures(office())
        built = everything()
    with gone_afterwards():
        unit = office()
        assert (unit.slug, procedures(unit)) == ("song-lanh", codes)
        assert (len(offices), len(catalogues)) == (1, 1)
        again = everything()
        assert {table for table in built if built[table] != again[table]} == set()
        assert orphans() == []
        connection.check_constraints()


def test_a_foreign_key_that_leads_nowhere_would_be_seen():
    assert rows.can_be_put_back()
    with gone_afterwards(), connection.cursor() as cursor:
        Group.objects.create(name="x").permissions.add(Permission.objects.first())
        cursor.execute("select tests_only.put_back(%s)", ['[{"name": "auth_group", "columns": "id, name", "given": "(r).id, (r).name",'
            ' "shown": "one.name", "gone": ["x"], "rows": []}]'])  # fmt: skip
        assert len(orphans()) == 1


def test_sequences_go_on_and_constraints_hold():
    build, calls = counted(ward)
    with gone_afterwards():
        build()
    with gone_afterwards():
        kept = build()
        other = Unit.objects.create(name="Phường Mới", slug="moi", code="H91.2", level=Level.WARD)
        assert len(calls) == 1
        assert other.pk > kept.pk
        with pytest.raises(IntegrityError), transaction.atomic():
            Unit.objects.bulk_create([Unit(name="Phường Mới", slug="nho-lai", code="H91.3", level=Level.WARD)])
        with connection.cursor() as cursor:
            cursor.execute("show session_replication_role")
            assert cursor.fetchone() == ("origin",)


def test_it_builds_where_a_table_that_it_reads_holds_something_else_and_not_for_others():
    def build():
        return Field.objects.create(name=f"Lĩnh vực {Unit.objects.count()}", slug="linh-vuc").name

    made, calls = counted(build)
    with gone_afterwards():
        before = made()
    with gone_afterwards():
        Group.objects.create(name="không đọc")
        assert (made(), len(calls)) == (before, 1)
    with gone_afterwards():
        ward()
        assert made() != before
    assert len(calls) == 2


def test_it_builds_where_a_row_of_its_own_table_is_there_already():
    build, calls = counted(ward)
    with gone_afterwards():
        build()
    with gone_afterwards():
        Unit.objects.create(name="Phường Trước", slug="truoc", code="H91.4", level=Level.WARD)
        build()
        assert Unit.objects.count() == 2
    assert len(calls) == 2


def test_another_moment_of_a_clock_that_stands_and_another_setting_are_built_anew(settings):
    build, calls = counted(ward)
    noon = dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC)
    for hours in (0, 1, 0):
        with time_machine.travel(noon + dt.timedelta(hours=hours), tick=False), gone_afterwards():
            build()
    assert len(calls) == 2
    settings.RATE_LIMITS_ON = not settings.RATE_LIMITS_ON
    with time_machine.travel(noon, tick=False), gone_afterwards():
        build()
    assert len(calls) == 3


def leave_a_variable(_folder):
    os.environ["LEFT_BY_A_BUILDER"] = "1"


def leave_a_file(folder: Path):
    (folder / "left.txt").write_text("x", encoding="utf-8")


@pytest.mark.parametrize("leave", [leave_a_variable, leave_a_file])
def test_a_builder_that_leaves_more_than_rows_is_refused(settings, tmp_path, monkeypatch, leave):
    monkeypatch.setenv("LEFT_BY_A_BUILDER", "0")
    settings.MEDIA_ROOT = tmp_path

    @remembered
    def build():
        leave(tmp_path)
        ward()

    with pytest.raises(BesidesRows, match="build"), gone_afterwards():
        build()


def test_what_another_process_writes_meanwhile_is_not_the_builder_s(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    @remembered
    def build():
        subprocess.run(["touch", str(tmp_path / "other.txt")], check=True)
        ward()

    with gone_afterwards():
        build()
    assert (tmp_path / "other.txt").exists()


def test_a_builder_that_gives_back_what_cannot_be_found_again_is_refused():
    build, _calls = counted(lambda: ward().__dict__.keys())
    with pytest.raises(module.NotPlain), gone_afterwards():
        build()


def test_what_waits_for_the_commit_waits_again():
    ran = []

    def build():
        transaction.on_commit(lambda: ran.append(1))
        ward()

    made, calls = counted(build)
    for times in (1, 2):
        with gone_afterwards():
            waiting = len(connection.run_on_commit)
            made()
            assert len(connection.run_on_commit) == waiting + 1
            connection.run_on_commit[-1][1]()
            assert len(ran) == times
    assert len(calls) == 1


@pytest.mark.django_db(transaction=True)
def test_rows_of_search_were_written_by_this_transaction():
    made, calls = counted(lambda: search.put([SearchDocument(kind="thing", object_id="1", title="Nhớ", url="/1/")]))
    transactions = set()
    for _ in range(2):
        with gone_afterwards(), connection.cursor() as cursor:
            made()
            cursor.execute("select xid, xid = pg_current_xact_id()::text::bigint from search_entry where object_id = '1'")
            ((number, this),) = cursor.fetchall()
            assert this
            transactions.add(number)
    assert (len(calls), len(transactions)) == (1, 2)


def test_what_no_session_switches_off_writes_tables_that_are_left_out():
    """A new trigger of that kind must be looked at: what it writes it writes again when rows are put back."""
    with connection.cursor() as cursor:
        cursor.execute("select distinct p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid where t.tgenabled = 'A' order by 1")
        assert [name for (name,) in cursor.fetchall()] == [
            "foundation_raise", "foundation_told", "procedures_catalog_stored_body_gone", "procedures_catalog_told_all",
            "procedures_catalog_told_names", "procedures_catalog_told_of_procedure", "procedures_catalog_told_point",
            "procedures_catalog_told_procedure", "procedures_catalog_told_version", "search_stamp_moves",
        ]  # fmt: skip


def test_lists_in_memory_and_the_stamp_hear_of_what_is_put_back():
    build, calls = counted(ward)
    for _ in range(2):
        with gone_afterwards(), connection.cursor() as cursor:
            cursor.execute("select coalesce(max(id), 0) from procedures_catalog_change")
            last = cursor.fetchone()[0]
            build()
            cursor.execute("select count(*) from procedures_catalog_change where id > %s", [last])
            assert cursor.fetchone()[0] > 0
            cursor.execute("select count(*) from foundation_touched")
            assert cursor.fetchone()[0] > 0
    assert len(calls) == 1


def test_on_a_server_that_is_not_the_suites_own_it_builds_each_time(monkeypatch):
    assert server.superuser("db.example.org", "portal") is None
    monkeypatch.setattr(rows, "can_be_put_back", lambda: False)
    build, calls = counted(ward)
    for _ in range(2):
        with gone_afterwards():
            build()
    assert len(calls) == 2


@pytest.mark.django_db(transaction=True)
def test_outside_a_tests_transaction_it_builds():
    build, calls = counted(ward)
    build()
    Unit.objects.all().update(slug="da-co", code="H91.9")
    build()
    assert len(calls) == 2
