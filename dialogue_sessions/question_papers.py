"""Papers and pictures that somebody sends with a question.

They are the moderators' of the dialogue and the unit's that is to answer, go with what was sent (`question_privacy`), and whoever sent
them may take each one back. `safeguards.uploads` looks at them, keeps them sealed and gives them out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.registries import FileOwner, file_owners
from organisation.staff import units_of
from safeguards.models import StoredFile
from safeguards.services import record
from safeguards.uploads import services as uploads

from .enums import TO_ANSWER, QuestionState
from .models import Question, QuestionPaper, RetentionPolicy
from .papers import OUTER_WALL, NoRoom, Over, described_for_sender

OWNER = "dialogue_sessions.question"
PURPOSE = "dialogue_sessions.question_paper"
MODERATE, ANSWER = "dialogue_sessions.moderate_question", "dialogue_sessions.answer_question"


def attach(question: Question, files: Iterable[StoredFile]) -> list[QuestionPaper]:
    """Keep the files of a form (`FilesField` with our PURPOSE) with a question; gives what is kept. A file that has gone meanwhile, or
    belongs to something already, is left out: the question stands without it. Nothing is kept with one that was withdrawn or forgotten
    meanwhile. Raises Busy."""
    from .services import gate, questions

    with gate.change():
        # Beside nobody who withdraws it (the lock of its dialogue) or forgets it (the row).
        questions.lock_questions(question.session_id)
        current = Question.objects.select_for_update(no_key=True).filter(pk=question.pk, forgotten_at=None).first()
        if current is None or current.state == QuestionState.WITHDRAWN:
            return []
        return _keep(question, files)


def _keep(question: Question, files: Iterable[StoredFile]) -> list[QuestionPaper]:
    until = question.session.ends_at + dt.timedelta(days=RetentionPolicy.objects.days()) + OUTER_WALL
    made = []
    for file in {file.pk: file for file in files}.values():
        try:
            (kept,) = uploads.attach([file], OWNER, question.uid, keep_until=until)
        except uploads.FileError:
            continue
        made.append(QuestionPaper.objects.create(question=question, file=kept))
    return made


def takes_more(question: Question) -> bool:
    """Whether more can be sent to a question that came in: neither it nor the one that it was put together with is decided."""
    root = question
    while root.merged_into is not None:
        root = root.merged_into
    return question.forgotten_at is None and root.state in [QuestionState.RECEIVED, *TO_ANSWER]


def add(question: Question, files: Iterable[StoredFile]) -> list[QuestionPaper]:
    """The same later, by whoever asked: until the question is decided, and within the limits of one form over all that was sent to it.
    Raises NoRoom and Over, with nothing done, and Busy."""
    from .services import gate, questions

    with gate.change():
        questions.lock_questions(question.session_id)  # beside nobody who decides it, withdraws it, or sends more
        current = Question.objects.select_for_update(of=("self",), no_key=True).select_related("merged_into").filter(pk=question.pk).first()
        if current is None or not takes_more(current):
            raise Over
        made = add_locked(current, files)
        if made:
            record("dialogue_sessions.question_papers_added", current, payload={"session": current.session_id, "files": len(made)})
    return made


def add_locked(question: Question, files: Iterable[StoredFile]) -> list[QuestionPaper]:
    """More to a question that the caller has locked. Raises NoRoom, with nothing done."""
    had, new = of(question), list({file.pk: file for file in files}.values())
    if len(had) + len(new) > settings.UPLOAD_FILES or sum(file.size for file in (*had, *new)) > settings.UPLOAD_TOTAL_BYTES:
        raise NoRoom
    return _keep(question, new)


def of(question: Question) -> list[StoredFile]:
    """The files of a question, in the order in which they came."""
    return [paper.file for paper in QuestionPaper.objects.filter(question=question).select_related("file").order_by("pk")]


def shown(question: Question) -> list[dict[str, Any]]:
    """Its papers as the page of whoever sent them lists them."""
    return described_for_sender(of(question))


def take_back(question: Question, uid: Any) -> bool:
    """Whoever sent a paper does not want it there any more; whether there was one."""
    return bool(uploads.remove(StoredFile.objects.of(OWNER, question.uid).filter(uid=uid), "withdrawn"))


def remove(questions: Iterable[Question], why: str = "forgotten") -> int:
    """All papers of some questions, in the caller's transaction; gives how many."""
    return uploads.remove(StoredFile.objects.filter(pk__in=QuestionPaper.objects.filter(question__in=list(questions)).values("file")), why)


def described(question: Question) -> list[dict[str, Any]]:
    """What is held of them, for the person whose they are."""
    return uploads.described(OWNER, question.uid)


# ── The staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def answering(question: Question) -> set[int]:
    """The units that are to answer a question, or the one that it was put together with."""
    units, current = set(), question
    while True:
        units.add(current.unit_id)
        if current.merged_into is None:
            return {unit for unit in units if unit is not None}
        current = current.merged_into


def may_read(user: Any, question: Question) -> bool:
    """Whether somebody has the papers: who moderates the dialogue, and who writes answers in the unit that is to answer."""
    if question.state == QuestionState.UNPROVEN:
        return False
    units = units_of(user)
    if user.has_perm(MODERATE) and (units is None or question.session.unit_id in units):
        return True
    unit = answering(question)
    return bool(user.has_perm(ANSWER) and (unit if units is None else unit & units))


def for_staff(user: Any, question: Question) -> list[QuestionPaper]:
    """The papers of a question, and of what was put together with it, as far as somebody may read them. Names of files may name people:
    the list shows none, and who takes a file is on record."""
    rows = QuestionPaper.objects.filter(Q(question=question) | Q(question__merged_into=question))
    found = list(rows.select_related("file", "question__session", "question__merged_into").order_by("question", "pk"))
    if not found:
        return []
    mine: dict[int, bool] = {}
    for paper in found:
        if paper.question_id not in mine:
            mine[paper.question_id] = may_read(user, paper.question)
    return [paper for paper in found if mine[paper.question_id]]


def _may_read(request: HttpRequest, uid: str) -> bool:
    question = Question.objects.filter(uid=uid).select_related("session", "merged_into").first()
    return question is not None and may_read(request.user, question)


def _existing(uids: Iterable[str]) -> set[str]:
    """Questions that still need their papers: neither withdrawn nor forgotten."""
    rows = Question.objects.filter(uid__in=list(uids), forgotten_at=None).exclude(state=QuestionState.WITHDRAWN)
    return {str(uid) for uid in rows.values_list("uid", flat=True)}


def register() -> None:
    """Tell whose these files are."""
    file_owners.register(OWNER, FileOwner(_("Question"), _may_read, _existing))
