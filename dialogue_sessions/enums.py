"""Kinds and states of sessions, pools and registrations, with the sets that code asks for and the tables of what may follow what."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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
    RegistrationState.ATTENDED: frozenset({RegistrationState.NO_SHOW}),  # a mark set by mistake
    RegistrationState.NO_SHOW: frozenset({RegistrationState.ATTENDED}),
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
_TEXTS = frozenset({"title", "title_en", "accessibility", "online_link", "subjects", "post", "stand_in"})
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
