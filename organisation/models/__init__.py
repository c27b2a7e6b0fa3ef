"""Units and where they are valid, service points, posts and people, fields, and the working calendar."""

from .calendar import CalendarDay, CalendarSeed, CalendarStamp, DeadlinePolicy
from .identity import SiteIdentity
from .people import Holding, Person, Post
from .points import WEEKDAYS, Closure, OpeningHours, Room, ServicePoint, ServicePointQuerySet
from .units import Field, Population, Unit, UnitQuerySet, UnitsAreKept, in_language, today

__all__ = [
    "WEEKDAYS",
    "CalendarDay",
    "CalendarSeed",
    "CalendarStamp",
    "Closure",
    "DeadlinePolicy",
    "Field",
    "Holding",
    "OpeningHours",
    "Person",
    "Population",
    "Post",
    "Room",
    "ServicePoint",
    "ServicePointQuerySet",
    "SiteIdentity",
    "Unit",
    "UnitQuerySet",
    "UnitsAreKept",
    "in_language",
    "today",
]
