"""Sessions that residents attend, their seats in pools, who has one and who waits, what is asked and promised, and the dated rules for all of it."""

from .agenda import AgendaItem, Delay
from .day import AttendanceClosing, CheckIn
from .law import Lateness, LegalMinimum, LegalTerm
from .policy import PriorityGroup, SeatPolicy
from .privacy import ConsentText, RetentionPolicy
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "AgendaItem",
    "AttendanceClosing",
    "CheckIn",
    "ConsentText",
    "Delay",
    "Lateness",
    "LegalMinimum",
    "LegalTerm",
    "Pool",
    "PriorityGroup",
    "Registration",
    "RegistrationQuerySet",
    "RetentionPolicy",
    "SeatPolicy",
    "Series",
    "Session",
    "SessionMove",
    "SessionQuerySet",
]
