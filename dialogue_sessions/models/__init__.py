"""Sessions that residents attend, their seats in pools, who has one and who waits, and the dated rules for all of it."""

from .minutes import (
    Addendum,
    Attendance,
    ConclusionLine,
    ConclusionNotice,
    Contribution,
    Correction,
    Minutes,
    MinutesFile,
    ReceptionCase,
)
from .policy import PriorityGroup, SeatPolicy
from .promises import (
    Promise,
    PromiseEvidence,
    PromiseFollower,
    PromiseMove,
    PromiseQuerySet,
    PromiseVersion,
    RecordPolicy,
)
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = ["Pool", "PriorityGroup", "Registration", "RegistrationQuerySet", "SeatPolicy", "Series", "Session", "SessionMove", "SessionQuerySet"]
__all__ += [
    "Addendum", "Attendance", "ConclusionLine", "ConclusionNotice", "Contribution", "Correction", "Minutes", "MinutesFile", "Promise",
    "PromiseEvidence", "PromiseFollower", "PromiseMove", "PromiseQuerySet", "PromiseVersion", "ReceptionCase", "RecordPolicy",
]  # fmt: skip
