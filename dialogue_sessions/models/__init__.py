"""Sessions that residents attend, their seats in pools, who has one and who waits, and the dated rules for all of it."""

from .law import Lateness, LegalMinimum, LegalTerm
from .policy import PriorityGroup, SeatPolicy
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "Lateness",
    "LegalMinimum",
    "LegalTerm",
    "Pool",
    "PriorityGroup",
    "Registration",
    "RegistrationQuerySet",
    "SeatPolicy",
    "Series",
    "Session",
    "SessionMove",
    "SessionQuerySet",
]
