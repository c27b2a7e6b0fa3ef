"""The door of organisation: closing and reopening units, changing calendar days, and what others may ask.

Every change is one function here: it checks, writes, and records its event in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from safeguards import services as safeguards
from safeguards.models import User

from .models import CalendarDay, CalendarSeed, Field, Holding, Person, Post, ServicePoint, Unit, today
from .queries import (
    Branch,
    Holder,
    answers_for,
    below,
    calendar_for,
    counter,
    counters,
    holders,
    main_point,
    open_status,
    open_statuses,
    points,
    points_serving,
    successors_of,
    tree,
    units_at,
    weekly,
)
from .search_sources import reindex_posts, reindex_units
from .seed import LIBRARY, SeedDay, days_of
from .signals import renamed

__all__ = [
    "Branch",
    "Holder",
    "OrganisationError",
    "SeedReport",
    "answers_for",
    "below",
    "calendar_for",
    "close_unit",
    "counter",
    "counters",
    "holders",
    "main_point",
    "open_status",
    "open_statuses",
    "points",
    "points_serving",
    "record_change",
    "release_main_point",
    "remove_day",
    "reopen_unit",
    "save_day",
    "seed_calendar",
    "successors_of",
    "tree",
    "units_at",
    "weekly",
]


class OrganisationError(ValidationError):
    """A change that the rules refuse, with a message for the person who asked for it."""


# ── Units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def close_unit(unit: Unit, last_day: dt.date, successors: Collection[Unit], actor: User | None, *, with_below: bool = False) -> Unit:
    """Let a unit end on `last_day` and name who carries on. Its service points end that day, and so do its posts' holders.
    The main point of the site stays it until its last day has passed.

    Units below that go on are refused unless `with_below`: then they end the same day, and their page leads to the same
    successors. Raises OrganisationError with a message for people; changes nothing then.
    """
    with transaction.atomic():
        # All units are locked in one order: two closings that name each other as successors wait, and the second is refused.
        everyone = {row.pk: row for row in Unit.objects.select_for_update().order_by("pk")}
        own = everyone[unit.pk]
        _check_closing(own, last_day, successors)
        ending = [row for row in below(own, everyone.values()) if row.valid_to is None or row.valid_to > last_day]
        if ending and not with_below:
            names = ", ".join(row.name for row in ending[:5])
            raise OrganisationError(
                _("These units belong to it and go on: %(names)s. Close or move them first, or close them with it.") % {"names": names}
            )
        closing = [own, *ending]
        too_young = [row.name for row in closing if row.valid_from and row.valid_from > last_day]
        if too_young:
            raise OrganisationError(_("The last day is before the first day of: %(names)s.") % {"names": ", ".join(too_young)})
        Unit.objects.filter(pk__in=[row.pk for row in closing]).update(valid_to=last_day)
        own.valid_to = last_day
        own.successors.set(successors)
        going_on = models.Q(valid_to=None) | models.Q(valid_to__gt=last_day)
        ServicePoint.objects.filter(going_on, unit__in=closing).filter(models.Q(valid_from=None) | models.Q(valid_from__lte=last_day)).update(
            valid_to=last_day
        )
        Holding.objects.filter(going_on, post__unit__in=closing, valid_from__lte=last_day).update(valid_to=last_day)
        codes = sorted(row.code for row in successors)
        safeguards.record_many(
            [
                ("organisation.unit_closed", row, {"code": row.code, "last_day": last_day.isoformat(), "successors": codes, "with": own.code})
                for row in closing
            ],
            actor=actor,
        )
        reindex_units([row.pk for row in closing])
        release_main_point()
    unit.valid_to = last_day
    return unit


def _check_closing(unit: Unit, last_day: dt.date, successors: Collection[Unit]) -> None:
    if unit.valid_to is not None:
        raise OrganisationError(_("%(unit)s ended on %(day)s already.") % {"unit": unit.name, "day": f"{unit.valid_to:%d/%m/%Y}"})
    if unit.valid_from and last_day < unit.valid_from:
        raise OrganisationError(_("The last day is before the first."))
    if unit.pk in {row.pk for row in successors}:
        raise OrganisationError(_("A unit cannot succeed itself."))
    next_day = last_day + dt.timedelta(days=1)
    for successor in successors:
        if not successor.is_valid_on(next_day):
            raise OrganisationError(
                _("%(unit)s does not exist on %(day)s and cannot carry on.") % {"unit": successor.name, "day": f"{next_day:%d/%m/%Y}"}
            )


def reopen_unit(unit: Unit, actor: User | None) -> Unit:
    """Take back a closing made by mistake: no last day, no successors. Service points and holders keep their end and are
    put right by hand, since some of them may really have ended. Raises OrganisationError when the unit is not closed."""
    with transaction.atomic():
        own = Unit.objects.select_for_update().get(pk=unit.pk)
        if own.valid_to is None:
            raise OrganisationError(_("%(unit)s is not closed.") % {"unit": own.name})
        if own.parent and own.parent.valid_to:
            raise OrganisationError(_("%(unit)s belongs to a unit that is closed: reopen that one first.") % {"unit": own.name})
        payload = {"code": own.code, "last_day": own.valid_to.isoformat(), "successors": sorted(own.successors.values_list("code", flat=True))}
        own.successors.clear()
        own.valid_to = None
        own.save(update_fields=["valid_to"])
        safeguards.record("organisation.unit_reopened", own, actor=actor, payload=payload)
        reindex_units([own.pk])
    unit.valid_to = None
    return unit


def release_main_point(day: dt.date | None = None) -> int:
    """Take the mark of the main point off one whose last day has passed on a day (today), so that another may have it; gives how
    many. Until then it stands under every page, for people still go there."""
    with transaction.atomic():
        over = list(ServicePoint.objects.select_for_update().filter(is_main=True, valid_to__lt=day or today()))
        for point in over:
            ServicePoint.objects.filter(pk=point.pk).update(is_main=False)
            record_change("changed", point, None, ["is_main"])
    return len(over)


def record_change(verb: str, subject: models.Model, actor: User | None, changed: Iterable[str] = ()) -> None:
    """Record that a person changed something of the organisation, inside the caller's transaction. `changed` are names of
    fields, never their values: a telephone number is nobody's business in the log."""
    kind = f"organisation.{subject._meta.model_name}_{verb}"
    safeguards.record(kind, subject, actor=actor, payload={"fields": sorted(changed)} if changed else None)
    _follow_in_search(verb, subject, changed)


def _follow_in_search(verb: str, subject: models.Model, changed: Iterable[str]) -> None:
    """What is found of the organisation says the same as its pages. (Rows that go: see search_following.)"""
    if isinstance(subject, Unit):
        reindex_units([subject.pk])
    elif isinstance(subject, ServicePoint):
        # One that changed hands stood in another unit's text; which one is not known any more.
        reindex_units(Unit.objects.values_list("pk", flat=True) if "unit" in changed else [subject.unit_id])
    elif isinstance(subject, Post):
        reindex_posts([subject.pk])
    elif isinstance(subject, Person):
        reindex_posts(subject.holdings.values_list("post_id", flat=True))
    elif isinstance(subject, Field) and verb == "changed" and "name" in changed:
        renamed.send(Field, ids=[subject.pk])


# ── The calendar ──────────────────────────────────────────────────────────────────────────────────────────────────────


def save_day(day: CalendarDay, actor: User | None) -> CalendarDay:
    """Write an entry that a person made or changed; from then on the seed leaves it alone. Raises ValidationError."""
    day.seeded = False
    day.full_clean()
    created = day.pk is None
    with transaction.atomic():
        day.save()
        safeguards.record("organisation.calendar_day_added" if created else "organisation.calendar_day_changed", day, actor=actor, payload=_told(day))
    return day


def remove_day(day: CalendarDay, actor: User | None) -> None:
    """Take an entry out: the day is an ordinary one again. The seed does not bring it back (see CalendarSeed)."""
    with transaction.atomic():
        safeguards.record("organisation.calendar_day_removed", day, actor=actor, payload=_told(day))
        day.delete()


def _told(day: CalendarDay) -> dict[str, str | bool | None]:
    return {
        "date": day.date.isoformat(),
        "unit": day.unit.code if day.unit else None,
        "kind": day.kind,
        "half": day.half,
        "counts": day.counts_for_deadlines,
        "open": day.counter_open,
    }


@dataclass
class SeedReport:
    """What seeding did: dates by what became of them."""

    created: list[dt.date] = field(default_factory=list)
    updated: list[dt.date] = field(default_factory=list)
    unchanged: list[dt.date] = field(default_factory=list)
    kept: list[dt.date] = field(default_factory=list)  # a person wrote or changed the entry
    left_out: list[dt.date] = field(default_factory=list)  # a person took the entry out
    withdrawn: list[dt.date] = field(default_factory=list)  # an untouched guess that the library no longer makes

    @property
    def changes(self) -> int:
        """How many rows were written."""
        return len(self.created) + len(self.updated) + len(self.withdrawn)


def seed_calendar(years: Iterable[int], actor: User | None = None, *, restore: bool = False) -> SeedReport:
    """Write the country's days off of some years (see `seed`). What a person wrote, changed or took out stays as it is;
    `restore` brings back what was taken out. Running it twice changes nothing the second time."""
    report = SeedReport()
    with transaction.atomic():
        for year in sorted(set(years)):
            _seed_year(year, report, actor, restore=restore)
    return report


def _seed_year(year: int, report: SeedReport, actor: User | None, *, restore: bool) -> None:
    seed, _created = CalendarSeed.objects.select_for_update().get_or_create(year=year, defaults={"library": LIBRARY})
    before = set(seed.dates)
    rows: dict[dt.date, list[CalendarDay]] = {}
    for row in CalendarDay.objects.filter(unit=None, date__year=year):
        rows.setdefault(row.date, []).append(row)
    planned = {day.date: day for day in days_of(year)}
    wrote = report.changes
    for date, day in planned.items():
        standing = rows.get(date, [])
        if not standing and date.isoformat() in before and not restore:
            report.left_out.append(date)
        elif not standing:
            CalendarDay.objects.create(**_columns(day), date=date, seeded=True)
            report.created.append(date)
        elif not standing[0].seeded:
            report.kept.append(date)
        else:
            _refresh(standing[0], day, report)
    for date, standing in rows.items():
        if date not in planned and standing[0].seeded:
            standing[0].delete()
            report.withdrawn.append(date)
    if report.changes != wrote or seed.library != LIBRARY:
        seed.library, seed.dates = LIBRARY, sorted(before | {date.isoformat() for date in planned})
        seed.save()
        safeguards.record(
            "organisation.calendar_seeded", seed, actor=actor, payload={"year": year, "library": LIBRARY, "changed": report.changes - wrote}
        )


def _columns(day: SeedDay) -> dict[str, str | bool]:
    return {
        "kind": day.kind,
        "counts_for_deadlines": day.works,
        "counter_open": day.works,
        "label": day.label,
        "label_en": day.label_en,
        "source": day.source,
        "confirmed": day.confirmed,
    }


def _refresh(row: CalendarDay, day: SeedDay, report: SeedReport) -> None:
    changed = {name: value for name, value in _columns(day).items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save()
    (report.updated if changed else report.unchanged).append(row.date)
