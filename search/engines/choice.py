"""Which engine answers: Elasticsearch where there is one that does, the built-in one otherwise."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from search.planner import Plan

from . import Answer, elasticsearch, local
from .breaker import Breaker

logger = logging.getLogger(__name__)

KEEP_UP_SECONDS = 10.0  # between two looks of the built-in engine at the table while it is not asked
STAND_IN_WAIT = 0.3  # seconds that whoever stands in may take to begin: the visitor has waited for the other one already


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, the engine that gave it, and whether it stood in for another."""

    answer: Answer
    engine: str
    degraded: bool = False


_breakers: dict[elasticsearch.Options, Breaker] = {}
_guard = threading.Lock()
_kept_up = 0.0


def configured() -> elasticsearch.Options | None:
    """The Elasticsearch of the settings; None where the built-in engine is the only one."""
    return elasticsearch.options()


def breaker(chosen: elasticsearch.Options) -> Breaker:
    """The process's breaker before an Elasticsearch."""
    with _guard:
        return _breakers.setdefault(chosen, Breaker())


def answer(plan: Plan) -> Answered:
    """The relevant set of a plan. Never fails for Elasticsearch's sake."""
    chosen = elasticsearch.options()
    if chosen is None:
        return Answered(local.engine().run(plan), local.NAME)
    watch = breaker(chosen)
    ticket = watch.enter()
    if ticket is None:
        return Answered(local.engine().run(plan, wait=STAND_IN_WAIT), local.NAME, degraded=True)
    try:
        found = elasticsearch.engine(chosen).run(plan)
    except elasticsearch.Unavailable as error:
        watch.leave(ticket, well=False)
        logger.warning("search: elasticsearch %s, the built-in engine answers%s", error, "" if watch.closed else " for the next 30 s")
        return Answered(local.engine().run(plan, wait=STAND_IN_WAIT), local.NAME, degraded=True)
    except BaseException:
        watch.leave(ticket, well=False)
        raise
    watch.leave(ticket, well=True)
    _keep_up()
    return Answered(found, elasticsearch.NAME)


def again(plan: Plan, former: Answered) -> Answered:
    """The relevant set of a further plan for the same visitor: of whoever answered the former one, so that nobody waits twice for an
    Elasticsearch that does not."""
    if former.degraded:
        return Answered(local.engine().run(plan, wait=STAND_IN_WAIT), local.NAME, degraded=True)
    return answer(plan)


def _keep_up() -> None:
    """Let the stand-in look at the table now and then, or it would begin an outage with what it knew long ago."""
    global _kept_up
    with _guard:
        if time.monotonic() - _kept_up < KEEP_UP_SECONDS:
            return
        _kept_up = time.monotonic()
    local.engine().keep_up()


def trouble() -> str:
    """For /readyz: what is wrong with the Elasticsearch of the settings, in a few words."""
    chosen = elasticsearch.options()
    if chosen is None:
        return ""
    if not breaker(chosen).closed:
        return "does not answer, the built-in engine does"
    return elasticsearch.engine(chosen).trouble()
