"""Jobs of safeguards: sealing, the daily head of the chain, the purge of old counters and sessions. Each may run twice or late."""

from __future__ import annotations

import logging

from django.core.management import call_command
from procrastinate.contrib.django import app

from . import limits, personal, seal
from .accounts import attempts, sessions
from .uploads import services as uploads
from .uploads import upkeep

log = logging.getLogger(__name__)

STALLED_SECONDS = 60  # without a heartbeat (a worker sends one every ten)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="safeguards.seal_events", pass_context=False)
def seal_events(timestamp: int) -> int:
    """Seal what was written since the last minute."""
    return seal.seal_pending()


@app.periodic(cron="55 16 * * *")  # 23:55 in Vietnam; the worker counts in UTC
@app.task(queueing_lock="safeguards.export_head")
def export_head(timestamp: int) -> str:
    """Seal, and let the day's head leave the database."""
    seal.seal_pending()
    return str(seal.export_head() or "")


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="safeguards.purge")
def purge(timestamp: int) -> int:
    """Forget counters and failures long past, and sessions that ended."""
    call_command("clearsessions")
    sessions.purge()
    return limits.purge() + attempts.purge()


@app.periodic(cron="41 17 * * *")  # 00:41 in Vietnam
@app.task(queueing_lock="safeguards.verify_events")
def verify_events(timestamp: int) -> int:
    """Compute the chain anew every night; a broken one is an error in the log and fails the job, which /readyz shows."""
    findings = seal.verify()
    if findings.problems:
        log.error("events do not match their seal", extra={"problems": "; ".join(findings.problems)})
        raise RuntimeError("events do not match their seal: " + "; ".join(findings.problems))
    return findings.events


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="safeguards.rescue")
async def rescue(timestamp: int) -> int:
    """Give jobs whose worker died to another one; gives their number. Jobs are written so that beginning again does no harm."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        log.warning("a job's worker died; it begins again", extra={"job": job.id, "task": job.task_name})
        await app.job_manager.retry_job(job)
    return len(stalled)


@app.periodic(cron="23 17 * * *")  # 00:23 in Vietnam
@app.task(queueing_lock="safeguards.forget")
def forget(timestamp: int) -> int:
    """Forget what is held about people and has had its time; gives how many rows."""
    return sum(personal.purge().values())


@app.periodic(cron="* * * * *", periodic_id="safeguards.scan_files")
@app.task(name="safeguards.scan_files", queueing_lock="safeguards.scan_files", lock="safeguards.scan_files")
def scan_files(timestamp: int) -> int:
    """Ask the virus scanner about files that it has not seen; gives how many have a verdict now."""
    return uploads.scan_waiting()


@app.periodic(cron="29 * * * *", periodic_id="safeguards.sweep_files")
@app.task(name="safeguards.sweep_files", queueing_lock="safeguards.sweep_files")
def sweep_files(timestamp: int) -> int:
    """Remove files of citizens that have had their time, and what no row knows; gives how many."""
    return upkeep.purge() + upkeep.sweep().strays


@app.periodic(cron="7 18 * * *", periodic_id="safeguards.verify_files")  # 01:07 in Vietnam
@app.task(name="safeguards.verify_files", queueing_lock="safeguards.verify_files")
def verify_files(timestamp: int) -> int:
    """Compare every file with its hash each night; a changed one fails the job, which /readyz shows."""
    found = upkeep.verify()
    if found.changed:
        raise RuntimeError(f"{len(found.changed)} files of citizens are not as they were sent")
    return 0
