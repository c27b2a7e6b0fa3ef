"""Sessions that residents attend, their seats in pools, who has one and who waits, and the dated rules for all of it."""

from .law import Lateness, LegalMinimum, LegalTerm
from .papers import RegistrationPaper
from .policy import PriorityGroup, SeatPolicy
from .privacy import ConsentText, RetentionPolicy
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "ConsentText",
    "Lateness",
    "LegalMinimum",
    "LegalTerm",
    "Pool",
    "PriorityGroup",
    "Registration",
    "RegistrationPaper",
    "RegistrationQuerySet",
    "RetentionPolicy",
    "SeatPolicy",
    "Series",
    "Session",
    "SessionMove",
    "SessionQuerySet",
]
