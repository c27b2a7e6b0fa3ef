"""Sessions that residents attend, their seats in pools, who has one and who waits, what is asked and promised, and dated rules."""

from .agenda import AgendaItem, Delay
from .answered_in import ContributionQuestion
from .day import AttendanceClosing, CheckIn
from .law import Lateness, LegalMinimum, LegalTerm
from .minutes import Addendum, Attendance, ConclusionLine, ConclusionNotice, Contribution, Correction, Minutes, MinutesFile, ReceptionCase
from .papers import RegistrationPaper
from .places import FormerPlace
from .policy import PriorityGroup, SeatPolicy
from .privacy import ConsentText, RetentionPolicy
from .promises import Promise, PromiseEvidence, PromiseFollower, PromiseMove, PromiseQuerySet, PromiseTransfer, PromiseVersion, RecordPolicy
from .question_papers import QuestionPaper
from .questions import Question, QuestionQuerySet, QuestionSupport, QuestionText
from .requests import DialogueRequest, RequestNote, RequestThreshold, Signature
from .seats import Pool, Registration, RegistrationQuerySet
from .sessions import Series, Session, SessionMove, SessionQuerySet

__all__ = [
    "Addendum",
    "AgendaItem",
    "Attendance",
    "AttendanceClosing",
    "CheckIn",
    "ConclusionLine",
    "ConclusionNotice",
    "ConsentText",
    "Contribution",
    "ContributionQuestion",
    "Correction",
    "Delay",
    "DialogueRequest",
    "FormerPlace",
    "Lateness",
    "LegalMinimum",
    "LegalTerm",
    "Minutes",
    "MinutesFile",
    "Pool",
    "PriorityGroup",
    "Promise",
    "PromiseEvidence",
    "PromiseFollower",
    "PromiseMove",
    "PromiseQuerySet",
    "PromiseTransfer",
    "PromiseVersion",
    "Question",
    "QuestionPaper",
    "QuestionQuerySet",
    "QuestionSupport",
    "QuestionText",
    "ReceptionCase",
    "RecordPolicy",
    "Registration",
    "RegistrationPaper",
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
