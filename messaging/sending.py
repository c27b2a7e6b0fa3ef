"""Delivery: one try of one message, and the round that tries what is due, gives up what is too late, and picks up what a dead worker
dropped.

A message belongs to whoever holds its lock (an advisory lock of the database session, gone with the worker that held it). It is marked as
being sent and committed, handed over outside any transaction, and its outcome committed. So it is handed over once, unless the worker dies
between the other side's "OK" and our commit: then it goes again under the same reference."""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from safeguards.encryption import Unreadable
from safeguards.services import record

from . import links, quiet
from .channels import Down, NotSent, Outgoing, Refused, carrier
from .enums import DUE_STATES, FINAL_STATES, TRANSITIONS, Channel, Reason, State
from .models import ChannelState, Message, kind_of

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 15.0, 240.0  # seconds; the longest is also how late a message may be after an outage
PROBE_SECONDS = 50  # how long one message asks a channel that does not answer, for all of them; less than between two rounds
MOST_A_ROUND = 5_000
LOCKS = 0x4D42 << 44  # a range of advisory locks that nobody else here takes


class WrongTransition(RuntimeError):
    """A state that does not follow from the one before: a mistake of the programmer."""


def wait_after(tries: int) -> dt.timedelta:
    """How long after so many tries the next one comes: doubled each time up to four minutes, and never all at once."""
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(0, tries - 1), 10))
    return dt.timedelta(seconds=seconds * random.uniform(0.5, 1))  # noqa: S311  # spreads tries, guards nothing  # nosec B311


@contextmanager
def held(pk: int) -> Iterator[bool]:
    """Hold the lock of a message, if nobody does: whether it is ours."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCKS + pk])
        (ours,) = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCKS + pk])


def move(message: Message, state: State, now: dt.datetime, *, actor: Any = None, **changes: Any) -> None:
    """Bring a row that the caller has locked into another state, with its event; raises WrongTransition. The one place where states change."""
    if state not in TRANSITIONS[message.state]:
        raise WrongTransition(f"{message.state} -> {state}")
    kind = kind_of(message.kind)
    final = state in FINAL_STATES
    changes |= {"done_at": now if final else None, "sending_since": now if state == State.SENDING else None}
    if state not in DUE_STATES:
        changes["next_try_at"] = None
    if final and (kind is None or kind.secret):
        changes["sealed"] = ""
    before = message.state
    message.state = state
    for name, value in changes.items():
        setattr(message, name, value)
    message.save(update_fields=["state", *changes])
    if final or before in FINAL_STATES:
        payload = {"kind": message.kind, "channel": message.channel, "tries": message.tries, **({"reason": message.reason} if message.reason else {})}
        record(f"messaging.message_{state.value}", message, actor=actor, payload=payload)


def take_back(message: Message, now: dt.datetime) -> bool:
    """A row that the caller has locked is not needed any more; whether it had not gone. What is being handed over at this moment may
    still arrive; should the other side not take it, nobody tries again."""
    if message.state in DUE_STATES:
        move(message, State.SUPPRESSED, now, reason=Reason.CANCELLED)
        return True
    if message.state == State.SENDING:
        message.reason = Reason.CANCELLED
        message.save(update_fields=["reason"])
    return False


def _locked(pk: int, *states: str) -> Message | None:
    return Message.objects.select_for_update(of=("self",)).select_related("contact").filter(pk=pk, state__in=states).first()


@transaction.atomic
def _begin(pk: int) -> Message | None:
    """The message, marked as being sent; None when it is not to be sent now."""
    now = timezone.now()
    message = _locked(pk, *DUE_STATES)
    if message is None or message.next_try_at > now:
        return None
    kind = kind_of(message.kind)
    if message.expires_at <= now:
        move(message, State.EXPIRED, now, reason=message.reason or Reason.TOO_LATE)
        return None
    if message.contact.opted_out_at and not (kind and kind.asked_for):
        move(message, State.SUPPRESSED, now, reason=Reason.OPTED_OUT)
        return None
    if (kind is None or kind.quiet) and quiet.holds(now):
        message.next_try_at = quiet.ends_after(now)
        message.save(update_fields=["next_try_at"])
        return None
    if not _may_try(message.channel, now):
        return None
    move(message, State.SENDING, now, tries=message.tries + 1)
    return message


def _hand_over(message: Message) -> str:
    """Outside any transaction; gives the other side's name for it. Raises NotSent."""
    way = carrier(message.channel)
    if way is None:
        raise Refused(Reason.NO_CHANNEL)
    try:
        parts, to = message.parts, message.contact.value
    except (Unreadable, ValueError) as error:
        raise Refused(Reason.UNREADABLE) from error
    kind = kind_of(message.kind)
    stop = "" if kind and kind.asked_for else links.stop_url(message.contact, message.language)
    return way.send(Outgoing(to, str(message.reference), parts["text"], parts["subject"], parts["html"], stop))


@transaction.atomic
def _end(begun: Message, error: NotSent | None, reference: str) -> Message | None:
    """Commit what became of it; None when it was taken from us meanwhile."""
    now = timezone.now()
    message = _locked(begun.pk, State.SENDING)
    if message is None or message.tries != begun.tries:
        log.warning("a message was sent by two workers", extra={"row": begun.pk})
        return None
    if error is None:
        move(message, State.SENT, now, reason="", answer="", provider_reference=reference[:100])
    elif isinstance(error, Refused):
        move(message, State.FAILED, now, reason=error.reason, answer=error.answer)
    elif message.reason == Reason.CANCELLED:
        move(message, State.SUPPRESSED, now, answer=error.answer)
    else:
        move(message, State.WAITING, now, reason=error.reason, answer=error.answer, next_try_at=now + wait_after(message.tries))
    if isinstance(error, Down):
        _note_down(message.channel, error, now)
    elif error is None or error.reason not in {Reason.NO_CHANNEL, Reason.UNREADABLE}:
        # Whatever was answered, there was an answer. One UPDATE that finds nothing while all is well.
        ChannelState.objects.filter(channel=message.channel).exclude(failing_since=None).update(failing_since=None, probe_at=None, reason="")
    return message


def attempt(pk: int) -> Message | None:
    """One try of one message, if it is due and nobody else is at it; gives it as it stands afterwards, else None."""
    with held(pk) as ours:
        begun = _begin(pk) if ours else None
        if begun is None:
            return None
        reference, error = "", None
        try:
            reference = _hand_over(begun)
        except NotSent as not_sent:
            error = not_sent
        return _end(begun, error, reference)


# ── A channel that does not answer ────────────────────────────────────────────────────────────────────────────────────


def _may_try(channel: str, now: dt.datetime) -> bool:
    """Whether a message may go this way now: always while it answers, else one message each time the channel is asked again."""
    state = ChannelState.objects.filter(channel=channel).first()
    if state is None or state.failing_since is None:
        return True
    return bool(ChannelState.objects.filter(channel=channel, probe_at__lte=now).update(probe_at=now + dt.timedelta(seconds=PROBE_SECONDS)))


def is_down(channel: str, now: dt.datetime) -> bool:
    """Whether the channel does not answer, and is not asked again yet."""
    return ChannelState.objects.filter(channel=channel, failing_since__isnull=False, probe_at__gt=now).exists()


def _note_down(channel: str, error: Down, now: dt.datetime) -> None:
    probe = now + dt.timedelta(seconds=PROBE_SECONDS)
    ChannelState.objects.get_or_create(channel=channel)
    ChannelState.objects.filter(channel=channel).update(failing_since=Coalesce(F("failing_since"), now), probe_at=probe, reason=error.reason)


def trouble() -> str:
    """For /readyz: which channel has let nothing through for how long; '' when all is well or it has not lasted."""
    now = timezone.now()
    since = now - dt.timedelta(minutes=settings.MESSAGES_TROUBLE_MINUTES)
    return "; ".join(
        f"{state.channel} for {int((now - state.failing_since).total_seconds() // 60)} min: {state.reason}"
        for state in ChannelState.objects.filter(failing_since__lte=since).order_by("channel")
    )


# ── The round ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def rescue() -> int:
    """Give back what a worker that is gone was sending: nobody holds its lock. Gives how many."""
    found = 0
    for pk in list(Message.objects.filter(state=State.SENDING).order_by("pk").values_list("pk", flat=True)):
        with held(pk) as ours, transaction.atomic():
            message = _locked(pk, State.SENDING) if ours else None
            if message is not None:
                now = timezone.now()
                if message.reason == Reason.CANCELLED:
                    move(message, State.SUPPRESSED, now)
                else:
                    again = now if message.tries < 3 else now + wait_after(message.tries)
                    move(message, State.WAITING, now, reason=Reason.CUT_OFF, next_try_at=again)
                found += 1
    return found


def give_up_late() -> int:
    """What could not be sent in its time; gives how many."""
    now = timezone.now()
    found = 0
    for pk in list(Message.objects.over(now).order_by("pk").values_list("pk", flat=True)[:MOST_A_ROUND]):
        with transaction.atomic():
            message = _locked(pk, *DUE_STATES)
            if message is not None and message.expires_at <= now:
                move(message, State.EXPIRED, now, reason=message.reason or Reason.TOO_LATE)
                found += 1
    return found


def send_due() -> int:
    """Try everything that is due, each once; gives how many were sent. Any number of workers may do it at the same time."""
    sent = 0
    for channel in Channel:
        rows = Message.objects.due(timezone.now()).filter(channel=channel).order_by("next_try_at", "pk")
        for pk in list(rows.values_list("pk", flat=True)[:MOST_A_ROUND]):
            message = attempt(pk)
            if message is not None and message.state == State.SENT:
                sent += 1
            elif (message is None or message.state == State.WAITING) and is_down(channel, timezone.now()):
                break
    return sent


def tend() -> int:
    """The whole round, as the job of every minute does it; gives how many were sent."""
    rescue()
    give_up_late()
    return send_due()
