"""Sessions that residents attend, their seats in pools, who has one and who waits, what is asked and promised, and dated rules."""

from .agenda import AgendaItem, Delay
from .day import AttendanceClosing, CheckIn
from .law import Lateness, LegalMinimum, LegalTerm
from .policy import PriorityGroup, SeatPolicy
from .privacy import ConsentText, RetentionPolicy
from .questions import Question, QuestionQuerySet, QuestionSupport, QuestionText
from .requests import DialogueRequest, RequestNote, RequestThreshold, Signature
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "AgendaItem",
    "AttendanceClosing",
    "CheckIn",
    "ConsentText",
    "Delay",
    "DialogueRequest",
    "Lateness",
    "LegalMinimum",
    "LegalTerm",
    "Pool",
    "PriorityGroup",
    "Question",
    "QuestionQuerySet",
    "QuestionSupport",
    "QuestionText",
    "Registration",
    "RegistrationQuerySet",
    "RequestNote",
    "RequestThreshold",
    "RetentionPolicy",
    "SeatPolicy",
    "Series",
    "Session",
    "SessionMove",
    "SessionQuerySet",
    "Signature",
]
