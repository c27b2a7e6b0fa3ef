"""Sessions that residents attend, their seats in pools, who has one and who waits, and the dated rules for all of it."""

from .law import Lateness, LegalMinimum, LegalTerm
from .policy import PriorityGroup, SeatPolicy
from .questions import Question, QuestionQuerySet, QuestionSupport, QuestionText
from .requests import DialogueRequest, RequestNote, RequestThreshold, Signature
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "DialogueRequest", "Lateness", "LegalMinimum", "LegalTerm", "Pool", "PriorityGroup", "Question", "QuestionQuerySet", "QuestionSupport",
    "QuestionText", "Registration", "RegistrationQuerySet", "RequestNote", "RequestThreshold", "SeatPolicy", "Series", "Session", "SessionMove",
    "SessionQuerySet", "Signature",
]  # fmt: skip
