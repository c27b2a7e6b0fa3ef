"""Promises in every state: from minutes, from a reception's conclusion, from the answer to a question."""

from __future__ import annotations

import datetime as dt
from typing import Any

from organisation.calendar import ONE_DAY

from .. import services
from ..models import ConclusionLine, ConclusionNotice, Contribution, Promise, PromiseEvidence, ReceptionCase, Session
from ..services import gate
from .reading import Stage
from .receptions import of_series


def _day_of(session: Session) -> dt.date:
    return session.starts_at.astimezone(gate.zone()).date()


def load(stage: Stage, session: Session, rows: list[dict[str, Any]], lines: list[Contribution]) -> None:
    """Promises of a session, each published the day after it was made, then what became of it."""
    for row in rows:
        post = stage.owner(row["post"])
        made = stage.day(row["made"]) if "made" in row else _day_of(session)
        promise = Promise(
            unit=post.unit, post=post, session=session, contribution=lines[row["line"] - 1] if "line" in row else None, text=row["text"],
            text_en=row["text_en"], made_on=made, due_on=made + row["due"] * ONE_DAY,
        )  # fmt: skip
        _publish(stage, services.make_promise(promise, stage.actor))
        _became(stage, promise, row)


def _publish(stage: Stage, promise: Promise) -> Promise:
    with gate.as_of(min(stage.now, stage.now + (promise.made_on - stage.today + ONE_DAY))):
        return services.publish_promise(promise, stage.actor)


def _became(stage: Stage, promise: Promise, row: dict[str, Any]) -> None:
    leader = promise.unit.posts.filter(is_leader=True).first()
    if "evidence" in row:
        at = stage.now + (promise.made_on + (row.get("kept", row["due"]) * ONE_DAY) - stage.today)
        services.add_evidence(PromiseEvidence(promise=promise, text=row["evidence"], at=min(at, stage.now)), stage.actor)
    if "kept" in row:
        services.keep_promise(promise, promise.made_on + row["kept"] * ONE_DAY, row["result"], stage.actor)
    elif "refused" in row:
        services.refuse_promise(promise, row["refused"], stage.actor)
    elif "changed" in row:
        services.change_promise(promise, row["changed"], leader, stage.actor, text=row["changed_text"], text_en=row["changed_text_en"])
    elif "moved_to" in row:
        services.move_promise(promise, stage.day(row["moved_to"]), row["moved_why"], leader, stage.actor)
    elif "given_to" in row:
        services.transfer_promise(promise, stage.unit(row["given_to"]), row["given_why"], leader, stage.actor)


# ── Conclusions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def load_conclusions(stage: Stage) -> None:
    """What came of reception days."""
    for row in stage.read("receptions-conclusions.toml")["conclusions"]:
        session = of_series(stage, row["series"], row["after"])
        with gate.as_of(session.ends_at + ONE_DAY / 24):
            services.follow_clock(session.pk)
            for case in row["cases"]:
                _case(stage, session, case)
        conclusions(stage, session, [row])


def _case(stage: Stage, session: Session, row: dict[str, Any]) -> None:
    case = ReceptionCase(
        session=session, unit=stage.unit(row["unit"]), due_on=_day_of(session) + row["due"] * ONE_DAY,
        public_subject=row.get("public_subject", ""), public_answer=row.get("public_answer", ""),
    )  # fmt: skip
    case = services.save_case(case, row["subject"], row["answer"], stage.actor)
    services.notify_case(case, _day_of(session) + row["notified"] * ONE_DAY, stage.actor)
    if case.public_subject:
        services.publish_case(case, stage.actor)


def conclusions(stage: Stage, session: Session, rows: list[dict[str, Any]]) -> None:
    """Notices with their lines, each of which is a promise."""
    for row in rows:
        signed = _day_of(session) + row["signed"] * ONE_DAY
        with gate.as_of(session.ends_at + row["signed"] * ONE_DAY):
            notice = services.save_conclusion(ConclusionNotice(session=session, number=row["number"], signed_on=signed), stage.actor)
            lines = [_conclusion_line(stage, notice, signed, about) for about in row["lines"]]
            services.publish_conclusion(notice, stage.actor)
        for line, about in zip(lines, row["lines"], strict=True):
            promise = services.promise_of_line(line, None, stage.actor)
            if "text_en" in about:
                promise = services.edit_draft(promise, stage.actor, text_en=about["text_en"])
            _publish(stage, promise)


def _conclusion_line(stage: Stage, notice: ConclusionNotice, signed: dt.date, about: dict[str, Any]) -> ConclusionLine:
    due = stage.day(about["due_in"]) if "due_in" in about else signed + about["due"] * ONE_DAY
    return services.add_conclusion_line(ConclusionLine(notice=notice, unit=stage.unit(about["unit"]), text=about["text"], due_on=due), stage.actor)
