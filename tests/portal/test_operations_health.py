"""/healthz and /readyz: each fault shows at once, and nobody outside learns more than a word."""

import shutil
from collections import namedtuple

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from foundation.registries import HealthCheck, health_checks
from portal import health


@pytest.fixture
def ready(client):
    def ask():
        response = client.get("/readyz")
        assert set(response.json()) == {"status"}
        return response.status_code, response.json()["status"]

    return ask


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_sound_portal_is_ready(ready, client):
    assert ready() == (200, "ready")
    assert client.get("/healthz").json() == {"status": "alive"}


def test_healthz_asks_no_database(client):
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_missing_migration_is_unready(ready):
    MigrationRecorder(connection).record_unapplied("safeguards", "0002_append_only")
    assert ready() == (503, "unready")


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "answer"), [(4, (200, "ready")), (6, (503, "unready"))])
def test_jobs_that_nobody_takes_are_unready(ready, minutes, answer):
    sql(
        f"""insert into procrastinate_jobs (queue_name, task_name, args, status, priority, attempts, scheduled_at)
            values ('default', 'x', '{{}}', 'todo', 0, 0, now() - interval '{minutes} minutes')"""
    )
    assert ready() == answer


@pytest.mark.django_db
def test_a_job_without_a_date_counts_from_when_it_was_deferred(ready):
    sql("insert into procrastinate_jobs (queue_name, task_name, args, status, priority, attempts) values ('default', 'x', '{}', 'todo', 0, 0)")
    assert ready() == (200, "ready")
    sql("update procrastinate_events set at = now() - interval '6 minutes'")
    assert ready() == (503, "unready")


@pytest.mark.django_db
def test_failed_jobs_are_degraded(ready):
    sql("insert into procrastinate_jobs (queue_name, task_name, args, status, priority, attempts) values ('default', 'x', '{}', 'failed', 0, 0)")
    assert ready() == (200, "degraded")


@pytest.mark.django_db
@pytest.mark.parametrize(("free", "answer"), [(11, (200, "ready")), (9, (503, "unready"))])
def test_a_full_disk_is_unready(ready, monkeypatch, free, answer):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 100 - free, free))
    assert ready() == answer


@pytest.mark.django_db
def test_without_the_database_it_is_unready_and_nothing_else_is_asked(ready, monkeypatch):
    def broken():
        raise DatabaseError("secret host 10.1.2.3")

    monkeypatch.setattr(health.connection, "cursor", broken)
    assert ready() == (503, "unready")
    assert list(health.examine()[1]) == ["database"]


@pytest.fixture
def extra():
    def add(probe, essential):
        health_checks._items["test"] = HealthCheck(probe, essential)

    yield add
    health_checks._items.pop("test", None)


@pytest.mark.django_db
@pytest.mark.parametrize(("essential", "answer"), [(False, (200, "degraded")), (True, (503, "unready"))])
def test_an_applications_own_check_counts(ready, extra, essential, answer, capsys):
    extra(lambda: "does not answer", essential)
    assert ready() == answer
    if essential:
        with pytest.raises(SystemExit):
            call_command("ready")
    else:
        call_command("ready")
    assert "test: does not answer" in capsys.readouterr().out
