"""Kinds and states of sessions, pools and registrations, with the sets that code asks for and the tables of what may follow what."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SessionKind(models.TextChoices):
    """What a resident can attend (domain.md 5.1, 5.2)."""

    YEARLY = "yearly", _("yearly dialogue")
    THEMATIC = "thematic", _("dialogue on one subject")
    ON_REQUEST = "on_request", _("dialogue asked for by voters")
    PERIODIC = "periodic", _("periodic reception of citizens")
    EXTRAORDINARY = "extraordinary", _("extraordinary reception of citizens")
    LEGAL_AID = "legal_aid", _("free legal aid")
    MOBILE = "mobile", _("mobile service day")
    APPOINTMENT = "appointment", _("appointment at the counter")


class SessionState(models.TextChoices):
    """Where a session is in its life. A session that is moved keeps its state: its former date stands in `SessionMove`."""

    DRAFT = "draft", _("draft")
    ANNOUNCED = "announced", _("made public")
    OPEN = "open", _("open for registration")
    CLOSED = "closed", _("registration closed")
    UNDER_WAY = "under_way", _("under way")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")


SESSION_MOVES: dict[str, frozenset[str]] = {
    SessionState.DRAFT: frozenset({SessionState.ANNOUNCED, SessionState.CANCELLED}),
    SessionState.ANNOUNCED: frozenset({SessionState.OPEN, SessionState.CLOSED, SessionState.UNDER_WAY, SessionState.CANCELLED}),
    SessionState.OPEN: frozenset({SessionState.CLOSED, SessionState.UNDER_WAY, SessionState.CANCELLED}),
    SessionState.CLOSED: frozenset({SessionState.OPEN, SessionState.UNDER_WAY, SessionState.CANCELLED}),
    SessionState.UNDER_WAY: frozenset({SessionState.HELD, SessionState.CANCELLED}),
    SessionState.HELD: frozenset(),
    SessionState.CANCELLED: frozenset(),
}
# A room is taken by these: a draft may still wait for another room, a cancelled session leaves it free.
TAKES_PLACE = [SessionState.ANNOUNCED, SessionState.OPEN, SessionState.CLOSED, SessionState.UNDER_WAY, SessionState.HELD]
BEFORE_START = [SessionState.ANNOUNCED, SessionState.OPEN, SessionState.CLOSED]
# A clerk takes registrations on paper before they open online, and seats those who stand at the door.
OPEN_TO_CLERKS = [SessionState.ANNOUNCED, SessionState.OPEN, SessionState.CLOSED, SessionState.UNDER_WAY]


class PoolKind(models.TextChoices):
    """A part of a session's seats; nobody of one pool waits for a seat of another (Rulings, Seats)."""

    HALL = "hall", _("in the hall")
    ONLINE = "online", _("online")
    WALK_IN = "walk_in", _("kept for those who come without registering")
    VILLAGE = "village", _("kept for a village")


class RegistrationState(models.TextChoices):
    """Where a registration is in its life."""

    HELD = "held", _("seat held until it is confirmed")
    CONFIRMED = "confirmed", _("seat confirmed")
    WAITING = "waiting", _("on the waiting list")
    OFFERED = "offered", _("a freed seat is offered")
    DECLINED = "declined", _("offer declined")
    EXPIRED = "expired", _("lapsed")
    CANCELLED = "cancelled", _("cancelled")
    ATTENDED = "attended", _("attended")
    NO_SHOW = "no_show", _("did not come")


REGISTRATION_MOVES: dict[str, frozenset[str]] = {
    RegistrationState.HELD: frozenset({RegistrationState.CONFIRMED, RegistrationState.EXPIRED, RegistrationState.CANCELLED}),
    # To `held`: whose contact is not proven yet; to `confirmed`: who takes a free seat of another pool, or is seated at the door.
    RegistrationState.WAITING: frozenset(
        {
            RegistrationState.OFFERED, RegistrationState.HELD, RegistrationState.CONFIRMED, RegistrationState.EXPIRED,
            RegistrationState.CANCELLED,
        }
    ),
    RegistrationState.OFFERED: frozenset(
        {RegistrationState.CONFIRMED, RegistrationState.DECLINED, RegistrationState.EXPIRED, RegistrationState.CANCELLED}
    ),
    RegistrationState.CONFIRMED: frozenset({RegistrationState.ATTENDED, RegistrationState.NO_SHOW, RegistrationState.CANCELLED}),
    # A mark set by mistake; to `confirmed` as long as nobody has said who did not come, or when that is taken back.
    RegistrationState.ATTENDED: frozenset({RegistrationState.NO_SHOW, RegistrationState.CONFIRMED}),
    RegistrationState.NO_SHOW: frozenset({RegistrationState.ATTENDED, RegistrationState.CONFIRMED}),
    RegistrationState.DECLINED: frozenset(),
    RegistrationState.EXPIRED: frozenset(),
    RegistrationState.CANCELLED: frozenset(),
}  # fmt: skip
SEATED = [
    RegistrationState.HELD, RegistrationState.OFFERED, RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW,
]  # fmt: skip  # counted in `Pool.taken`
LIVING = [RegistrationState.HELD, RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.OFFERED]
UNDECIDED = [RegistrationState.HELD, RegistrationState.WAITING, RegistrationState.OFFERED]
CAME_OR_NOT = [RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW]
OVER = [RegistrationState.DECLINED, RegistrationState.EXPIRED, RegistrationState.CANCELLED]


class Source(models.TextChoices):
    """Who wrote a registration down."""

    SELF = "self", _("by the person, online")
    CLERK = "clerk", _("by a clerk, at the counter")
    TELEPHONE = "telephone", _("by a clerk, on the telephone")
    PAPER = "paper", _("by a clerk, from paper")


class Need(models.TextChoices):
    """What somebody needs in order to take part."""

    WHEELCHAIR = "wheelchair", _("wheelchair access")
    SIGN_LANGUAGE = "sign_language", _("sign language interpreter")
    INTERPRETER = "interpreter", _("interpreter of another language")
    LARGE_PRINT = "large_print", _("papers in large print")
    COMPANION = "companion", _("comes with a companion")


# ── What the law asks for ─────────────────────────────────────────────────────────────────────────────────────────────


class TermKey(models.TextChoices):
    """What is due before or after a session (domain.md 5.1, 5.2)."""

    SCHEDULE = "schedule", _("schedule of a reception made public")
    NOTICE = "notice", _("dialogue announced")
    ONLINE_NOTICE = "online_notice", _("online reception announced")
    RESULT = "result", _("results of a dialogue made public")
    ANSWER = "answer", _("answer to whoever brought a matter")
    FORWARDED_RESULT = "forwarded_result", _("result of a forwarded matter told")


class TermUnit(models.TextChoices):
    """How a term is counted."""

    DAYS = "days", _("days")
    WORKING_DAYS = "working_days", _("working days")


class Per(models.TextChoices):
    """What a minimum is counted over."""

    WEEK = "week", _("week")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


DIALOGUES = [SessionKind.YEARLY, SessionKind.THEMATIC, SessionKind.ON_REQUEST]
# An extraordinary reception is for what cannot wait: no schedule stands before it (Luật Tiếp công dân 2013, Đ18.3).
RECEPTIONS_WITH_SCHEDULE = [SessionKind.PERIODIC]
RECEPTIONS = [SessionKind.PERIODIC, SessionKind.EXTRAORDINARY]
# What may still be changed by hand, by the state; times move by `services.move_session`, seats by `services.set_capacity`.
_TEXTS = frozenset({"title", "title_en", "accessibility", "online_link", "subjects", "post", "stand_in", "attending", "questions_until"})
EDITABLE: dict[str, frozenset[str]] = {
    SessionState.DRAFT: _TEXTS | {"kind", "room", "place", "starts_at", "ends_at", "registration_opens", "registration_closes"},
    SessionState.ANNOUNCED: _TEXTS | {"room", "place", "registration_opens", "registration_closes"},
    SessionState.OPEN: _TEXTS | {"room", "place", "registration_closes"},
    SessionState.CLOSED: _TEXTS | {"room", "place"},
    SessionState.UNDER_WAY: frozenset({"title_en", "accessibility", "online_link", "stand_in"}),
    SessionState.HELD: frozenset({"title_en"}),
    SessionState.CANCELLED: frozenset(),
}


class Because(models.TextChoices):
    """Why the staff cancels a registration. A closed list: it stands in events, where no words about a person may stand."""

    ASKED = "asked", _("the person asked for it")
    TWICE = "twice", _("registered twice")
    MISTAKE = "mistake", _("written down by mistake")
    ELSEWHERE = "elsewhere", _("the matter is dealt with elsewhere")


class ArrivalBy(models.TextChoices):
    """How somebody was told present at the door."""

    TICKET = "ticket", _("by the code on the ticket")
    NUMBER = "number", _("by the number")
    LIST = "list", _("from the list of names")
    WALK_IN = "walk_in", _("came without registering")


class AgendaState(models.TextChoices):
    """Where a point of the agenda is; read off its times."""

    TO_COME = "to_come", pgettext_lazy("point of an agenda", "to come")
    RUNNING = "running", _("running now")
    DONE = "done", _("done")


AGENDA_MOVES: dict[str, frozenset[str]] = {
    AgendaState.TO_COME: frozenset({AgendaState.RUNNING}),
    AgendaState.RUNNING: frozenset({AgendaState.DONE, AgendaState.TO_COME}),  # back: pressed by mistake
    AgendaState.DONE: frozenset({AgendaState.RUNNING}),  # taken up again
}
# Who may be told present: also after the end, since a telephone without a network sends what it holds later.
DOOR_STATES = [*BEFORE_START, SessionState.UNDER_WAY, SessionState.HELD]
# Who has a seat, or is about to: at the door a clerk answers for whoever has not confirmed.
HAS_A_SEAT_AT_THE_DOOR = [RegistrationState.CONFIRMED, RegistrationState.HELD, RegistrationState.OFFERED, RegistrationState.WAITING]
# ── Questions ahead of a dialogue, and voters' requests for one ───────────────────────────────────────────────────────


class QuestionState(models.TextChoices):
    """Where a question is in its life."""

    UNPROVEN = "unproven", _("waits for its code")
    RECEIVED = "received", _("received, not looked at yet")
    ACCEPTED = "accepted", _("to be answered at the dialogue")
    ASSIGNED = "assigned", _("a unit prepares the answer")
    MERGED = "merged", _("put together with another question")
    ANSWERED = "answered", _("answered")
    REFUSED = "refused", _("not taken")
    WITHDRAWN = "withdrawn", _("withdrawn by who asked it")


QUESTION_MOVES: dict[str, frozenset[str]] = {
    QuestionState.UNPROVEN: frozenset({QuestionState.RECEIVED}),
    QuestionState.RECEIVED: frozenset({QuestionState.ACCEPTED, QuestionState.REFUSED, QuestionState.WITHDRAWN}),
    QuestionState.ACCEPTED: frozenset(
        {QuestionState.MERGED, QuestionState.ASSIGNED, QuestionState.ANSWERED, QuestionState.REFUSED, QuestionState.WITHDRAWN}
    ),
    QuestionState.ASSIGNED: frozenset(
        {QuestionState.MERGED, QuestionState.ASSIGNED, QuestionState.ANSWERED, QuestionState.REFUSED, QuestionState.WITHDRAWN}
    ),
    QuestionState.MERGED: frozenset({QuestionState.ACCEPTED, QuestionState.ASSIGNED}),
    QuestionState.ANSWERED: frozenset({QuestionState.ANSWERED}),  # corrected, and it says so
    QuestionState.REFUSED: frozenset(),
    QuestionState.WITHDRAWN: frozenset(),
}
TO_ANSWER = [QuestionState.ACCEPTED, QuestionState.ASSIGNED]
LISTED = [QuestionState.ACCEPTED, QuestionState.ASSIGNED, QuestionState.ANSWERED]  # each with supports of its own
QUESTION_OVER = [QuestionState.ANSWERED, QuestionState.REFUSED, QuestionState.WITHDRAWN]


class QuestionRefusal(models.TextChoices):
    """Why a question is not taken; words of the moderator stand beside it."""

    OFF_TOPIC = "off_topic", _("it is not about the subject of this dialogue")
    OWN_CASE = "own_case", _("it is about one person's case, which has a way of its own")
    COMPLAINT = "complaint", _("it is a complaint or a denunciation, which the law handles in another way")
    NOT_OURS = "not_ours", _("it is for another authority")
    ANSWERED_BEFORE = "answered_before", _("it has been answered already")
    UNCLEAR = "unclear", _("it cannot be understood")
    INSULT = "insult", _("it insults somebody")
    PRIVATE = "private", _("it cannot be told without private things of somebody")


class AnswerWay(models.TextChoices):
    """How a question was answered."""

    IN_SESSION = "in_session", _("answered at the dialogue")
    IN_WRITING = "in_writing", _("answered in writing")


class QuestionPart(models.TextChoices):
    """Which public text of a question has versions."""

    QUESTION = "question", _("question")
    ANSWER = "answer", _("answer")


class RequestState(models.TextChoices):
    """Where a request of voters for a dialogue is in its life."""

    UNPROVEN = "unproven", _("waits for its code")
    RECEIVED = "received", _("received, not looked at yet")
    OPEN = "open", _("collecting signatures")
    REACHED = "reached", _("enough signatures: the unit has to hold a dialogue")
    SCHEDULED = "scheduled", _("the dialogue has a date")
    REFUSED = "refused", _("not taken")
    CLOSED = "closed", pgettext_lazy("request", "closed")


REQUEST_MOVES: dict[str, frozenset[str]] = {
    RequestState.UNPROVEN: frozenset({RequestState.RECEIVED}),
    RequestState.RECEIVED: frozenset({RequestState.OPEN, RequestState.REFUSED}),
    # A unit may hold a dialogue when it is needed, too: before there are enough signatures.
    RequestState.OPEN: frozenset({RequestState.REACHED, RequestState.SCHEDULED, RequestState.REFUSED, RequestState.CLOSED}),
    RequestState.REACHED: frozenset({RequestState.SCHEDULED, RequestState.CLOSED}),
    RequestState.SCHEDULED: frozenset({RequestState.SCHEDULED, RequestState.CLOSED}),  # another one: the first was called off
    RequestState.REFUSED: frozenset(),
    RequestState.CLOSED: frozenset(),
}
REQUESTS_SHOWN = [RequestState.OPEN, RequestState.REACHED, RequestState.SCHEDULED, RequestState.CLOSED]
SIGNABLE = [RequestState.OPEN, RequestState.REACHED]
# ── Promises and minutes ──────────────────────────────────────────────────────────────────────────────────────────────


class PromiseState(models.TextChoices):
    """Where a promise is in its life. Overdue is no state: it follows from the dates."""

    DRAFT = "draft", _("draft")
    OPEN = "open", pgettext_lazy("promise", "open")
    CHANGED = "changed", _("changed, still open")
    KEPT = "kept", pgettext_lazy("promise", "kept")
    KEPT_LATE = "kept_late", _("kept, but late")
    REFUSED = "refused", _("not done, with a reason")


_CLOSES = frozenset({PromiseState.CHANGED, PromiseState.KEPT, PromiseState.KEPT_LATE, PromiseState.REFUSED})
PROMISE_MOVES: dict[str, frozenset[str]] = {
    PromiseState.DRAFT: frozenset({PromiseState.OPEN}),
    PromiseState.OPEN: _CLOSES,
    PromiseState.CHANGED: _CLOSES,
    # Marked by mistake, or not believed: it is open again, and the reason is public.
    PromiseState.KEPT: frozenset({PromiseState.OPEN}),
    PromiseState.KEPT_LATE: frozenset({PromiseState.OPEN}),
    PromiseState.REFUSED: frozenset({PromiseState.OPEN}),
}
FOLLOWED_UP = [PromiseState.OPEN, PromiseState.CHANGED]  # somebody still has to do something
DONE = [PromiseState.KEPT, PromiseState.KEPT_LATE]
PUBLIC_PROMISES = [*FOLLOWED_UP, *DONE, PromiseState.REFUSED]


class MinutesState(models.TextChoices):
    """Where the minutes of a session are in their life."""

    DRAFT = "draft", _("draft")
    CIRCULATED = "circulated", _("open for corrections")
    FINAL = "final", _("final")
    PUBLISHED = "published", _("published")


MINUTES_MOVES: dict[str, frozenset[str]] = {
    MinutesState.DRAFT: frozenset({MinutesState.CIRCULATED}),
    MinutesState.CIRCULATED: frozenset({MinutesState.FINAL}),
    MinutesState.FINAL: frozenset({MinutesState.PUBLISHED}),
    MinutesState.PUBLISHED: frozenset(),
}
EDITABLE_MINUTES = [MinutesState.DRAFT, MinutesState.CIRCULATED]
FIXED_MINUTES = [MinutesState.FINAL, MinutesState.PUBLISHED]


class Satisfaction(models.TextChoices):
    """Whether the speaker was content with the answer, as they said in the room."""

    SATISFIED = "satisfied", _("satisfied")
    PARTLY = "partly", _("partly satisfied")
    NOT_SATISFIED = "not", _("not satisfied")
    NOT_ASKED = "not_asked", _("not asked")


class CorrectionState(models.TextChoices):
    """What became of a correction that somebody proposed."""

    PENDING = "pending", _("to be decided")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("not accepted")
