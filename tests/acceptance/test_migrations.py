"""F11: models and migrations agree, migrations are safe beside a running release, and lead forward from nothing and back again
with rows in the tables."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from organisation.models import Field

from . import databases

# The tables of people stand under Django's and Wagtail's own, whose way back is theirs: Wagtail's breaks over rows
# (wagtaildocs 0011). So safeguards goes back to its first migration, which makes tables and does nothing else.
FIRST = {"safeguards": "0001_initial"}


def house_tables() -> set[str]:
    """Tables of our own applications that stand in the database."""
    ours = {model._meta.db_table for label in settings.HOUSE for model in apps.get_app_config(label).get_models(include_auto_created=True)}
    return ours & set(connection.introspection.table_names())


@pytest.mark.accepts("F11")
def test_models_and_migrations_agree(in_town):
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(said.getvalue())


@pytest.mark.accepts("F11")
def test_a_model_without_its_migration_would_be_seen(in_town, monkeypatch):
    monkeypatch.setattr(Field._meta.get_field("slug"), "max_length", 51)
    with pytest.raises(SystemExit):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.accepts("F11")
def test_the_linter_has_nothing_against_our_migrations(in_town, capsys, monkeypatch):
    path = Path(settings.STATICFILES_DIRS[0]).parent / "tools" / "migrations.py"
    specification = importlib.util.spec_from_file_location("portal_migrations", path)
    assert specification
    assert specification.loader
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    monkeypatch.setattr("sys.argv", ["migrations.py"])
    monkeypatch.chdir(path.parent.parent)
    assert tool.main() == 0, capsys.readouterr().out


@pytest.mark.accepts("F11")
def test_migrations_lead_back_to_nothing_and_forward_again_with_rows_in_the_tables(founded):
    name, scratch = founded[0], databases.name_of("scratch")
    databases.copy(name, scratch)
    try:
        with databases.connected(scratch, "owner"):
            before = house_tables()
            with connection.cursor() as cursor:
                cursor.execute("select (select count(*) from procedures_catalog_procedureversion), (select count(*) from safeguards_event)")
                assert all(cursor.fetchone())
            for label in settings.HOUSE:
                if any(app == label for app, _name in MigrationExecutor(connection).loader.disk_migrations):
                    call_command("migrate", label, FIRST.get(label, "zero"), verbosity=0)
            assert {table.partition("_")[0] for table in house_tables()} == {"safeguards"}
            left = {key for key in MigrationRecorder(connection).applied_migrations() if key[0] in settings.HOUSE}
            assert left == set(FIRST.items())
            call_command("migrate", verbosity=0)
            assert house_tables() == before
            executor = MigrationExecutor(connection)
            assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    finally:
        databases.drop(scratch)
