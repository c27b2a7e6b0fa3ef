"""Jobs of the catalogue: schedules come due, the day turns, references are counted anew."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from procrastinate.contrib.django import app
from wagtail.models import ReferenceIndex

from organisation.models import today
from safeguards.models import Event
from safeguards.services import record as record_event

logger = logging.getLogger(__name__)
DAY_TURNED = "procedures_catalog.day_turned"


@app.periodic(cron="*/5 * * * *", periodic_id="publish_scheduled")
@app.task(name="procedures_catalog.publish_scheduled", queueing_lock="publish_scheduled", lock="publish_scheduled")
def publish_scheduled(timestamp: int) -> dict[str, Any]:
    """Publish what is due; gives how much, and which revisions failed."""
    from . import services

    done = services.publish_scheduled()
    return {"published": len(done.published), "expired": len(done.expired), "failed": done.failed}


def turn_day(day: dt.date | None = None) -> int:
    """Refresh what search knows of the procedures whose version, or a fee of it, took effect or ended since the last time, in local
    days, and of the legal documents that did, and forget which changes were told before that (`following.compact`) and the stored
    parts of pages that nobody will ask for. Gives how many procedures. Run as often as you like: once a day it finds work, and a day
    missed is made up for."""
    from . import following, named, stored
    from .models import FeeRow, LegalDocument, ProcedureVersion
    from .search_sources import reindex, reindex_named

    day = day or today()
    with transaction.atomic():
        last = Event.objects.filter(kind=DAY_TURNED).order_by("-id").first()
        since = dt.date.fromisoformat(last.payload["day"]) if last else day - dt.timedelta(days=1)
        if since >= day:
            return 0
        began = Q(valid_from__gt=since, valid_from__lte=day)
        ended = Q(valid_to__gte=since, valid_to__lt=day)
        moved = ProcedureVersion.objects.published().filter(began | ended)
        # A result's words for the fee are those of the day on which its document was written; the page reckons by today.
        fees = FeeRow.objects.filter(began | ended, version__live=True).order_by()
        procedures = sorted({*moved.values_list("procedure_id", flat=True), *fees.values_list("version__procedure_id", flat=True)})
        reindex(procedures)
        laws = set(LegalDocument.objects.filter(began | ended).values_list("pk", flat=True))
        reindex_named(named.Named(set(), laws, set()))
        following.compact()
        stored.clean(day)
        from organisation.models import SiteIdentity

        subject = SiteIdentity.current() or SiteIdentity(pk=0)
        record_event(DAY_TURNED, subject, payload={"day": day.isoformat(), "since": since.isoformat(), "procedures": len(procedures)})
    return len(procedures)


# Every quarter of an hour, so that it runs right after midnight in Vietnam whatever zone the scheduler reckons in.
@app.periodic(cron="1,16,31,46 * * * *", periodic_id="turn_day")
@app.task(name="procedures_catalog.turn_day", queueing_lock="turn_day", lock="turn_day")
def turn_day_job(timestamp: int) -> int:
    """The turn of the day."""
    return turn_day()


@app.task(name="procedures_catalog.rebuild_references", queue="low")
def rebuild_references(version_ids: list[int]) -> int:
    """Count anew what these versions refer to (documents, decisions): saving a row of a part does not, see `models.parts.PartRow`."""
    from .models import ProcedureVersion

    versions = list(ProcedureVersion.objects.filter(pk__in=version_ids))
    for version in versions:
        with transaction.atomic():
            ReferenceIndex.create_or_update_for_object(version)
    return len(versions)


def rebuild_references_later(version_ids: Iterable[int]) -> None:
    """Ask for that, in the caller's transaction."""
    rebuild_references.defer(version_ids=list(version_ids))
