"""Calendars for the tests, from the seed alone."""

from organisation.calendar import Calendar, Day
from organisation.seed import days_of


def national(*years: int) -> Calendar:
    """The country's calendar of some years."""
    days = [Day(d.date, d.kind, "full", d.works, d.works, d.label, d.label_en, d.confirmed) for year in years for d in days_of(year)]
    return Calendar(({day.date: (day,) for day in days},))
