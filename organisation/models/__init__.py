"""Units and where they are valid, service points, posts and people, fields, and the working calendar."""

from .calendar import CalendarDay, CalendarSeed, CalendarStamp, DeadlinePolicy
from .identity import SiteIdentity
from .people import Holding, Person, Post
from .points import Closure, OpeningHours, Room, ServicePoint
from .units import Field, Population, Unit, UnitQuerySet, UnitsAreKept, today

__all__ = [
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
    "SiteIdentity",
    "Unit",
    "UnitQuerySet",
    "UnitsAreKept",
    "today",
]
