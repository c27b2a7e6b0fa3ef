"""A job runs under the id of the request that caused it: what it logs, records and mails can be found by the code on the page.

The id travels among the job's arguments, put there when the job is deferred and taken off before it runs. A job that nobody's
request caused (a periodic one) has an id of its own, `job-17`. No Django is imported here: settings name these functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.jobs import Job
from procrastinate.manager import JobManager

ARGUMENT = "_request_id"


def _with_id(job: Job) -> Job:
    from .requests import current_request_id

    identifier = current_request_id()
    return job.evolve(task_kwargs={**job.task_kwargs, ARGUMENT: identifier}) if identifier else job


class CarryingManager(JobManager):
    """Hands the id of the current request to each job that is deferred."""

    def batch_defer_jobs(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        """Defer, with the id."""
        deferred: list[Job] = super().batch_defer_jobs([_with_id(job) for job in jobs], connection)
        return deferred

    async def batch_defer_jobs_async(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        """The same for asynchronous callers."""
        deferred: list[Job] = await super().batch_defer_jobs_async([_with_id(job) for job in jobs], connection)
        return deferred


def carry(app: Any) -> None:
    """Let the application's jobs carry ids (settings: PROCRASTINATE_ON_APP_READY)."""
    app.job_manager = CarryingManager(app.connector)


async def under_its_request(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Run one job under its id."""
    from .requests import under_request

    identifier = context.job.task_kwargs.pop(ARGUMENT, "") or f"job-{context.job.id}"
    with under_request(identifier):
        return await call_next()
