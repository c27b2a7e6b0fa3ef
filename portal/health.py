"""/healthz: this process answers. /readyz: what it stands on answers too. Anonymous callers get one word; `manage.py ready` says more."""

from __future__ import annotations

import functools
import logging
import shutil

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation.registries import HealthCheck, health_checks

log = logging.getLogger(__name__)

FREE_DISK_SHARE = 0.10
JOB_LAG_SECONDS = 300


def database() -> str:
    """A question and its answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        log.warning("readyz: the database does not answer", exc_info=True)
        return "does not answer"
    return ""


@functools.cache
def _migrations_of_this_release() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def migrations() -> str:
    """Every migration of this release is applied."""
    missing = _migrations_of_this_release() - set(MigrationRecorder(connection).applied_migrations())
    return f"{len(missing)} not applied" if missing else ""


def jobs() -> str:
    """No job that should have begun waits for more than five minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select coalesce(extract(epoch from now() - min(coalesce(scheduled_at, at))), 0)
               from procrastinate_jobs join lateral (
                 select min(e.at) as at from procrastinate_events e where e.job_id = procrastinate_jobs.id and e.type = 'deferred') d on true
               where status = 'todo' and coalesce(scheduled_at, at) < now()"""
        )
        (lag,) = cursor.fetchone()
    return f"the oldest waits for {int(lag)} s: is a worker running?" if lag > JOB_LAG_SECONDS else ""


def failed_jobs() -> str:
    """Jobs that gave up and that nobody has looked at."""
    with connection.cursor() as cursor:
        cursor.execute("select task_name, count(*) from procrastinate_jobs where status = 'failed' group by 1 order by 1")
        return ", ".join(f"{name} {count}" for name, count in cursor.fetchall())


def disk() -> str:
    """A tenth of the disk under var/ is free."""
    usage = shutil.disk_usage(settings.VAR)
    share = usage.free / usage.total
    return f"{share:.0%} free" if share < FREE_DISK_SHARE else ""


def register() -> None:
    """The checks of the portal itself; applications add theirs (scanner, mail) when they start."""
    for name, check in {
        "database": HealthCheck(database, essential=True),
        "migrations": HealthCheck(migrations, essential=True),
        "jobs": HealthCheck(jobs, essential=True),
        "disk": HealthCheck(disk, essential=True),
        "failed jobs": HealthCheck(failed_jobs),
    }.items():
        health_checks.register(name, check)


def examine() -> tuple[str, dict[str, str]]:
    """(ready, degraded or unready; what is wrong, by check). Without the database nothing else is asked."""
    wrong: dict[str, str] = {}
    essential = False
    for name, check in health_checks.items():
        try:
            reason = check.probe()
        except DatabaseError:
            log.warning("readyz: %s could not be asked", name, exc_info=True)
            reason = "could not be asked"
        if reason:
            wrong[name] = reason
            essential = essential or check.essential
        if name == "database" and reason:
            break
    return ("unready" if essential else "degraded" if wrong else "ready"), wrong


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives; nothing else is asked."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when ready or degraded, 503 when not; one word, no detail."""
    status, _ = examine()
    return JsonResponse({"status": status}, status=503 if status == "unready" else 200)
