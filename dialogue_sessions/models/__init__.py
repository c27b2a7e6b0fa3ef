"""Sessions that residents attend, their seats in pools, who has one and who waits, and the dated rules for all of it."""

from .agenda import AgendaItem, Delay
from .day import AttendanceClosing, CheckIn
from .policy import PriorityGroup, SeatPolicy
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = ["Pool", "PriorityGroup", "Registration", "RegistrationQuerySet", "SeatPolicy", "Series", "Session", "SessionMove", "SessionQuerySet"]
__all__ += ["AgendaItem", "AttendanceClosing", "CheckIn", "Delay"]
