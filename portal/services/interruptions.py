"""Something stops being available, and is available again."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organisation.models import SiteIdentity, today
from organisation.services import calendar_for
from safeguards.services import record

from .errors import ContentError

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import Interruption

LONGEST_AHEAD = dt.timedelta(days=366)


def calendar_unit(interruption: Interruption) -> int | None:
    """Whose working days count: the service point's unit, else the office that runs the portal."""
    if interruption.point is not None:
        return int(interruption.point.unit_id)
    identity: Any = SiteIdentity.current()
    return int(identity.unit_id) if identity else None


def notice_days(interruption: Interruption, day: dt.date) -> int:
    """Working days after `day` up to the day on which it begins, which is not one of them: seven are left in between."""
    start = timezone.localtime(interruption.starts_at).date()
    return calendar_for(calendar_unit(interruption)).working_days_between(day, start - dt.timedelta(days=1))


@transaction.atomic
def announce(interruption: Interruption, user: User | None) -> Interruption:
    """Tell the public that something is or will not be available (an unsaved row in, a saved one out), with its event.

    Raises ContentError: planned work needs seven working days of notice and an end; what is shorter is announced as unplanned,
    which the public page says."""
    from ..models.interruptions import NOTICE

    now = timezone.now()
    if not interruption._state.adding:
        raise ContentError(_("This has been announced already."))
    if interruption.starts_at > now + LONGEST_AHEAD:
        raise ContentError(_("It begins more than a year ahead: announce it later."))
    interruption.announced_at, interruption.announced_by = now, user
    interruption.notice_days = notice_days(interruption, today())
    if interruption.planned and interruption.ends_at is None:
        raise ContentError({"ends_at": _("Planned work has an end.")})
    if interruption.planned and interruption.notice_days < NOTICE:
        raise ContentError({
            "planned": _("Planned work is announced at least 7 working days ahead; here there are %(days)s. Choose a later day, or announce "
                         "it as unplanned: the page then says so.") % {"days": max(0, interruption.notice_days)}
        })  # fmt: skip
    if interruption.ends_at is not None and interruption.ends_at <= now:
        raise ContentError({"ends_at": _("This is over already.")})
    interruption.full_clean(exclude=["announced_by", "lifted_by"])
    interruption.save(force_insert=True)
    record("portal.interruption_announced", interruption, actor=user, payload=_said(interruption))
    return interruption


@transaction.atomic
def amend(interruption: Interruption, changes: dict[str, Any], user: User) -> Interruption:
    """Change the words or the expected end of what goes on; what and from when stay as announced. Raises ContentError."""
    from ..models import Interruption

    row = Interruption.objects.select_for_update(of=("self",)).get(pk=interruption.pk)
    _still_open(row)
    fixed = set(changes) - {"reason", "reason_en", "instead", "instead_en", "ends_at"}
    if fixed:
        raise ContentError(_("What is not available, and from when, stays as announced. Lift this one and announce another."))
    before = row.ends_at
    for name, value in changes.items():
        setattr(row, name, value)
    if row.ends_at is not None and row.ends_at <= timezone.now():
        raise ContentError({"ends_at": _("To end it now, lift it.")})
    row.full_clean(exclude=["announced_by", "lifted_by"])
    row.save(update_fields=list(changes))
    payload = {"fields": sorted(changes)}
    if row.ends_at != before:
        payload |= {"ends_at": row.ends_at.isoformat() if row.ends_at else ""}  # type: ignore[dict-item]  # a text beside a list
    record("portal.interruption_amended", row, actor=user, payload=payload)
    return row


def _still_open(row: Interruption) -> None:
    if row.lifted_at is not None:
        raise ContentError(_("This has been lifted already."))
    if row.ends_at is not None and row.ends_at <= timezone.now():
        raise ContentError(_("This is over already."))


@transaction.atomic
def lift(interruption: Interruption, user: User | None) -> Interruption:
    """It is available again (or what was planned will not happen), with its event. Raises ContentError when it is over."""
    from ..models import Interruption

    row = Interruption.objects.select_for_update(of=("self",)).get(pk=interruption.pk)
    _still_open(row)
    row.lifted_at, row.lifted_by, row.stage = timezone.now(), user, Interruption.Stage.OVER
    row.save(update_fields=["lifted_at", "lifted_by", "stage"])
    record("portal.interruption_lifted", row, actor=user, payload={**_said(row), "before_it_began": row.starts_at > row.lifted_at})
    return row


@transaction.atomic
def note_ended(now: dt.datetime | None = None) -> int:
    """Put on record what began and what ended by itself since the last time; gives how many changed. Pages follow the clock,
    not this: it is what raises the stamp of pages kept."""
    from ..models import Interruption

    now = now or timezone.now()
    moved = 0
    for row in Interruption.objects.select_for_update(of=("self",)).exclude(stage=Interruption.Stage.OVER).filter(starts_at__lte=now).order_by("pk"):
        stage = Interruption.Stage.RUNNING if row.is_running(now) else Interruption.Stage.OVER
        if stage != row.stage:
            row.stage = stage
            row.save(update_fields=["stage"])
            record(f"portal.interruption_{'began' if stage == Interruption.Stage.RUNNING else 'ended'}", row, payload=_said(row))
            moved += 1
    return moved


def _said(row: Interruption) -> dict[str, Any]:
    return {
        "scope": row.scope, "procedure": row.procedure.code if row.procedure else "", "point": row.point.slug if row.point else "",
        "planned": row.planned, "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat() if row.ends_at else "",
        "notice_days": row.notice_days,
    }  # fmt: skip
