"""The life of a promise: made, published, its date moved or its words changed with a reason, kept, refused, opened again.

Each change locks the row, is allowed by the table of transitions, leaves an event, follows in search, and tells those who follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from organisation.models import Post, Unit, today
from safeguards.models import User
from safeguards.services import record

from ..enums import PROMISE_MOVES, PUBLIC_PROMISES, PromiseState, QuestionState
from ..models import ConclusionLine, Contribution, Promise, PromiseEvidence, PromiseMove, PromiseTransfer, PromiseVersion, Question
from ..models.promises import NOT_YET, SAME_DAY, SAME_UNIT
from . import gate
from .errors import Invalid, ReasonMissing, SessionError, WrongState
from .reminding import tell_new_owner

State = PromiseState


class Stale(WrongState):
    """Somebody else changed it since the page was loaded."""

    def default(self) -> str:
        """What to do, and that nothing is lost."""
        return _("Somebody else changed this meanwhile. What you typed still stands below; look at how it is now, then save again.")


def clean(row: models.Model) -> None:
    """Ask a row for its rules in words; raises Invalid."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(error) from error


@contextmanager
def locked(promise: Promise, version: int | None = None) -> Iterator[Promise]:
    """The promise as it is now, its row locked. With `version`, raises Stale when it is another one by now."""
    with gate.change():
        # Without its unit and post: a row that was waited for is read anew, what is joined to it is not, and one that was handed on
        # meanwhile would not be found.
        current = Promise.objects.select_for_update().filter(pk=promise.pk).first()
        if current is None:
            raise WrongState
        if version is not None and current.version != version:
            raise Stale
        yield current


def _reasoned(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def _save(promise: Promise, kind: str, actor: User | None, **payload: Any) -> None:
    """Write, record, follow in search, tell. The payload holds dates and states: what was kept when can be reckoned again from it."""
    from .. import promise_search

    promise.version += 1
    clean(promise)
    promise.save()
    told = {"state": promise.state, "due_on": promise.due_on.isoformat(), "kept_on": promise.kept_on.isoformat() if promise.kept_on else None}
    record(f"dialogue_sessions.promise_{kind}", promise, actor=actor, payload={**told, **payload})
    if promise.state in PUBLIC_PROMISES:
        promise_search.reindex([promise.pk])
        if kind != "published":
            _tell(promise, kind)


def _tell(promise: Promise, kind: str) -> None:
    from ..promise_jobs import tell_followers

    tell_followers.defer(promise_id=promise.pk, version=promise.version, what=kind)


def _to(promise: Promise, state: str) -> str:
    was = promise.state
    if state not in PROMISE_MOVES[was]:
        raise WrongState
    promise.state = state
    return was


# ── Drafts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_promise(promise: Promise, actor: User | None) -> Promise:
    """Write a new promise down, as a draft. Raises Invalid."""
    with gate.change():
        promise.state, promise.first_due_on = State.DRAFT, promise.due_on
        clean(promise)
        promise.save(force_insert=True)
        record("dialogue_sessions.promise_made", promise, actor=actor, payload={"unit": promise.unit_id, "due_on": promise.due_on.isoformat()})
    return promise


def promise_of_line(line: ConclusionLine, post: Post | None, actor: User | None) -> Promise:
    """The promise that a line of a conclusion notice is, as a draft: of its unit, by its date, with a way back to it. Without `post`
    the one that leads the unit sees to it. Raises SessionError."""
    chosen = post or Post.objects.filter(unit=line.unit_id, is_leader=True).first()
    if chosen is None:
        raise SessionError(_("Nobody leads this unit here. Choose who sees to the promise."))
    if Promise.objects.filter(conclusion_line=line).exists():
        raise SessionError(_("This line is a promise already."))
    notice = line.notice
    return make_promise(
        Promise(
            unit=line.unit, post=chosen, session=notice.session, conclusion_line=line, text=line.text, made_on=notice.signed_on, due_on=line.due_on
        ),
        actor,
    )


def promise_of_contribution(line: Contribution, post: Post, due_on: dt.date, text: str, actor: User | None) -> Promise:
    """A promise made in answer to somebody, as a draft, with a way back to the line of the minutes. Raises SessionError."""
    session = line.minutes.session
    made_on = min(session.starts_at.astimezone(gate.zone()).date(), today())
    return make_promise(Promise(unit=post.unit, post=post, session=session, contribution=line, text=text, made_on=made_on, due_on=due_on), actor)


def promise_of_answer(question: Question, promise: Promise, actor: User | None) -> Promise:
    """A promise made in the answer to a question, as a draft, with a way back to the question. Raises SessionError, Invalid."""
    if question.state != QuestionState.ANSWERED:
        raise SessionError(_("This question has no public answer yet. Answer it first, then make a promise of the answer."))
    promise.question, promise.session = question, question.session
    return make_promise(promise, actor)


def edit_draft(promise: Promise, actor: User | None, *, version: int | None = None, **values: Any) -> Promise:
    """Change a promise that is not public yet. Raises WrongState, Stale, Invalid."""
    with locked(promise, version) as current:
        if current.state != State.DRAFT:
            raise WrongState
        for name, value in values.items():
            setattr(current, name, value)
        current.first_due_on = current.due_on
        _save(current, "edited", actor)
    return current


def discard_promise(promise: Promise, actor: User | None) -> None:
    """Take a draft away. What is public stays. Raises WrongState."""
    with locked(promise) as current:
        if current.state != State.DRAFT:
            raise WrongState
        record("dialogue_sessions.promise_discarded", current, actor=actor)
        PromiseEvidence.objects.filter(promise=current).delete()
        current.delete()


# ── Public ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def publish_promise(promise: Promise, actor: User | None) -> Promise:
    """Make it public: from now on date and words change only with a reason. Raises WrongState, Invalid."""
    with locked(promise) as current:
        if current.state != State.DRAFT:  # what is public already is opened again by `reopen_promise`, with a reason
            raise WrongState
        was = _to(current, State.OPEN)
        current.first_due_on, current.published_at = current.due_on, gate.now()
        clean(current)
        PromiseVersion.objects.create(promise=current, number=1, text=current.text, text_en=current.text_en)
        _save(current, "published", actor, **{"from": was, "unit": current.unit_id, "session": current.session_id})
    return current


def move_promise(
    promise: Promise, due_on: dt.date, reason: str, decided_by: Post | None, actor: User | None, *, version: int | None = None
) -> Promise:
    """Move the date of a promise that is still to be kept; former date and reason stay visible. Raises ReasonMissing, WrongState, Invalid."""
    with locked(promise, version) as current:
        _move_date(current, due_on, _reasoned(reason), decided_by)
        _save(current, "moved", actor)
    return current


def _move_date(promise: Promise, due_on: dt.date, reason: str, decided_by: Post | None) -> None:
    if not promise.is_followed_up:
        raise WrongState
    if due_on == promise.due_on:
        raise Invalid(ValidationError({"due_on": SAME_DAY}))
    if due_on < today():
        raise Invalid(ValidationError({"due_on": _("The new date lies in the past.")}))
    move = PromiseMove(promise=promise, old_due_on=promise.due_on, new_due_on=due_on, reason=reason, decided_by=decided_by)
    clean(move)
    move.save(force_insert=True)
    promise.due_on = due_on


def change_promise(
    promise: Promise, reason: str, decided_by: Post | None, actor: User | None, *, text: str = "", text_en: str = "", due_on: dt.date | None = None,
    version: int | None = None,
) -> Promise:  # fmt: skip
    """Promise something else instead: other words, with them perhaps another date. It is still followed up; the former words stay
    visible. Raises ReasonMissing, WrongState, Invalid."""
    why = _reasoned(reason)
    with locked(promise, version) as current:
        was = _to(current, State.CHANGED)
        words = (text.strip() or current.text, text_en.strip())
        if words == (current.text, current.text_en):
            raise Invalid(ValidationError({"text": _("These are the words that hold already. To move only the date, move the date.")}))
        current.reason = why
        if due_on is not None and due_on != current.due_on:
            _move_date(current, due_on, why, decided_by)
        current.text, current.text_en = words
        clean(current)
        number = (current.versions.aggregate(top=models.Max("number"))["top"] or 0) + 1
        PromiseVersion.objects.create(promise=current, number=number, text=current.text, text_en=current.text_en, reason=why)
        _save(current, "changed", actor, **{"from": was, "number": number})
    return current


def keep_promise(promise: Promise, kept_on: dt.date, result: str, actor: User | None, *, version: int | None = None) -> Promise:
    """It is done. In time or late follows from the day of completion and the date in force. Raises WrongState, Invalid."""
    if kept_on > today():
        raise Invalid(ValidationError({"kept_on": NOT_YET}))
    if not result.strip():
        raise Invalid(ValidationError({"result": _("Say what was done: everybody reads it.")}))
    with locked(promise, version) as current:
        if kept_on < current.made_on:
            raise Invalid(ValidationError({"kept_on": _("That is before it was promised.")}))
        was = _to(current, State.KEPT_LATE if kept_on > current.due_on else State.KEPT)
        current.kept_on, current.result, current.reason = kept_on, result.strip(), ""
        _save(current, current.state, actor, **{"from": was})
    return current


def refuse_promise(promise: Promise, reason: str, actor: User | None, *, version: int | None = None) -> Promise:
    """It will not be done; everybody reads why. Raises ReasonMissing, WrongState."""
    why = _reasoned(reason)
    with locked(promise, version) as current:
        was = _to(current, State.REFUSED)
        current.reason = why
        _save(current, "refused", actor, **{"from": was})
    return current


def reopen_promise(promise: Promise, reason: str, actor: User | None, *, version: int | None = None) -> Promise:
    """It was marked as done, or as refused, by mistake or too early; everybody reads why it is open again. Raises ReasonMissing, WrongState."""
    why = _reasoned(reason)
    with locked(promise, version) as current:
        was = _to(current, State.OPEN)
        current.kept_on, current.result, current.reason = None, "", why
        _save(current, "reopened", actor, **{"from": was})
    return current


def hand_over(promise: Promise, post: Post, actor: User | None) -> Promise:
    """Somebody else of the unit sees to it from now on. Raises Invalid."""
    with locked(promise) as current:
        current.post = post
        _save(current, "handed_over", actor, post=post.pk)
    return current


def transfer_promise(
    promise: Promise, unit: Unit, reason: str, decided_by: Post | None, actor: User | None, *, version: int | None = None
) -> Promise:
    """Another unit takes it over, and the one that leads it sees to it; who was responsible before stays visible, with the reason. What
    is overdue stays with the unit that missed it, unless that one is closed: nobody's record gets better by handing on. Raises
    ReasonMissing, WrongState, Invalid."""
    why = _reasoned(reason)
    with locked(promise, version) as current:
        if not current.is_followed_up:
            raise WrongState
        if unit.pk == current.unit_id:
            raise Invalid(ValidationError({"unit": SAME_UNIT}))
        if unit.is_closed:
            raise Invalid(ValidationError({"unit": _("This unit is closed. Choose one that works today.")}))
        if current.days_late(today()) and not current.unit.is_closed:
            raise SessionError(_("It is overdue: it stays with this unit until it is kept, or its date is moved with a reason."))
        leads = Post.objects.filter(unit=unit, is_leader=True).order_by("order", "pk").first()
        if leads is None:
            raise Invalid(ValidationError({"unit": _("Nobody leads this unit here, so nobody would see to the promise. Add its head first.")}))
        row = PromiseTransfer(promise=current, old_unit=current.unit, new_unit=unit, reason=why, decided_by=decided_by)
        clean(row)
        row.save(force_insert=True)
        was, current.unit, current.post = current.unit_id, unit, leads
        _save(current, "transferred", actor, unit=unit.pk, was=was)
        tell_new_owner(current)
    return current


def add_evidence(evidence: PromiseEvidence, actor: User | None) -> PromiseEvidence:
    """Show how far it is, or that it is kept. Raises Invalid."""
    with locked(evidence.promise) as current:
        clean(evidence)
        evidence.save(force_insert=True)
        record("dialogue_sessions.promise_evidence", current, actor=actor, payload={"evidence": evidence.pk})
        if current.state in PUBLIC_PROMISES:
            current.version += 1
            current.save(update_fields=["version", "changed_at"])
            _tell(current, "evidence")
    return evidence
