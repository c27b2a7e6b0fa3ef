"""The life of a question until it is answered: sent, received, taken or refused, merged and parted again, supported, withdrawn.

All changes of one dialogue's questions pass one lock of their own, taken first: whom a support counts for depends on several rows, and
seats need not wait for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging import services as messaging
from messaging.models import Contact
from safeguards.models import StoredFile, User
from safeguards.services import record

from .. import question_notices as notices
from .. import question_papers, question_search
from .. import question_privacy as privacy
from ..enums import QUESTION_MOVES, QUESTION_OVER, TO_ANSWER, QuestionPart, QuestionRefusal, QuestionState
from ..models import Question, QuestionSupport, QuestionText, Session
from ..models.questions import PUBLIC_MOST
from ..similarity import personal_number
from . import gate
from .errors import Invalid, NoQuestions, PersonalNumber, ReasonMissing, TooManyQuestions, WrongState

State = QuestionState
MOST_OPEN = 5  # questions of one contact to one dialogue that nobody has answered yet


# ── What every change is made of ──────────────────────────────────────────────────────────────────────────────────────


def lock_questions(session_id: int) -> None:
    """Let whoever changes questions of one dialogue do so one after the other; within `gate.change()`."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [gate.LOCK_TIMEOUT])
        cursor.execute("select pg_advisory_xact_lock(hashtext('dialogue_sessions.questions'), %s)", [session_id])


def locked(question: Question) -> Question:
    """The question as it is now, under the lock of its dialogue; raises WrongState when it is gone."""
    lock_questions(question.session_id)
    found = Question.objects.select_related("session__unit", "merged_into", "unit").filter(pk=question.pk).first()
    if found is None:
        raise WrongState
    return found


def locked_unproven(question: Question) -> Question:
    """The same of one whose sender is not known yet, with its row: the night may be about to forget it. Raises WrongState when it is gone."""
    lock_questions(question.session_id)
    found = Question.objects.select_for_update(of=("self",), no_key=True).select_related("session__unit").filter(pk=question.pk).first()
    if found is None:
        raise WrongState
    return found


def move(question: Question, state: str, actor: User | None, payload: dict[str, Any] | None = None, **values: Any) -> None:
    """Bring a locked question into a state; raises WrongState, or Invalid with the field that is wrong."""
    was = question.state
    if state not in QUESTION_MOVES[was]:
        raise WrongState
    for name, value in {"state": state, **values}.items():
        setattr(question, name, value)
    if state in QUESTION_OVER and question.ended_at is None:
        question.ended_at = gate.now()
    save(question)
    told = {"session": question.session_id, "from": was, **(payload or {})}
    record(f"dialogue_sessions.question_{state}", question, actor=actor, payload=told)
    question_search.follow(question)


def save(question: Question) -> None:
    """Write it after its rules were asked in words."""
    try:
        question.full_clean(exclude=["session", "unit", "merged_into"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(error) from error
    question.save()


def publish_text(question: Question, part: str, text: str, actor: User | None, why: str = "") -> int:
    """Write the next version of a public text; gives its number. The event names number and digest, not the text: should it hold
    something private after all, it can be taken away."""
    number = (question.text_version if part == QuestionPart.QUESTION else question.answer_version) + 1
    QuestionText.objects.create(question=question, part=part, version=number, text=text, why=why, actor=actor)
    payload = {"session": question.session_id, "part": str(part), "version": number, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    record("dialogue_sessions.question_text_published", question, actor=actor, payload=payload)
    return number


def root_of(question: Question) -> Question:
    """The question that this one counts for: itself, or what it was merged into, and so on."""
    while question.merged_into is not None:
        question = question.merged_into
    return question


def family(question: Question) -> list[int]:
    """Keys of a question and of all that was merged into it, however often."""
    found, level = [question.pk], [question.pk]
    while level:
        level = list(Question.objects.filter(merged_into__in=level).values_list("pk", flat=True))
        found += level
    return found


def _recount(*questions: Question) -> None:
    for question in questions:
        question.supports = QuestionSupport.objects.filter(counted_for=question).values("digest").distinct().count()
        question.gathered = len(family(question))
        Question.objects.filter(pk=question.pk).update(supports=question.supports, gathered=question.gathered)


def plain(text: str) -> str:
    """Text as it is kept: line ends of one kind, nothing that no column takes, no blanks around."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def _needed(text: str, field: str, most: int = PUBLIC_MOST) -> str:
    text = plain(text)
    if not text:
        raise Invalid(ValidationError({field: _("Write the text that everybody may read.")}))
    if len(text) > most:
        said = _("This text has %(length)s characters; at most %(most)s fit.") % {"length": len(text), "most": most}
        raise Invalid(ValidationError({field: said}))
    return text


# ── Who asks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def send_question(session: Session, text: str, village: str = "", uid: uuid.UUID | None = None) -> Question:
    """Keep a question until the contact of who asks is proven; forgotten after two days if it never is. Raises NoQuestions."""
    if not session.takes_questions(gate.now()):
        raise NoQuestions
    question = Question(session=session, village=plain(village)[:120], sent_at=gate.now(), uid=uid or uuid.uuid4())
    question.write(plain(text))
    question.save(force_insert=True)
    return question


def drop_question(question: Question) -> None:
    """Forget a question at once to which no code could be sent."""
    question_papers.remove(Question.objects.filter(pk=question.pk, state=State.UNPROVEN))
    Question.objects.filter(pk=question.pk, state=State.UNPROVEN).delete()


def receive_question(question: Question, contact: Contact | None, actor: User | None = None) -> Question:
    """The contact is proven (or a clerk answers for it): the question goes to the moderators. Asked twice, it stays as it is.
    Raises NoQuestions, TooManyQuestions, WrongState, Busy."""
    with gate.change():
        current = locked_unproven(question)
        if current.state != State.UNPROVEN:
            if contact is not None and current.own_supports.filter(asked=True, contact=contact).exists():
                return current
            raise WrongState
        # Who sent it in time types the code in time, too: the minutes of the code are nobody's fault.
        if not current.session.takes_questions(current.sent_at):
            raise NoQuestions
        if contact is not None:
            mine = QuestionSupport.objects.filter(asked=True, digest=contact.digest, question__session=current.session)
            if mine.filter(question__state__in=[State.RECEIVED, *TO_ANSWER]).count() >= MOST_OPEN:
                raise TooManyQuestions(MOST_OPEN)
            _join(current, current, contact, asked=True, wants_news=True)
            current.supports = 1
        move(current, State.RECEIVED, actor)
        notices.tell_asker(notices.RECEIVED, current)
    return current


def send_again(question: Question, contact: Contact, text: str, village: str = "", files: Iterable[StoredFile] = ()) -> Question:
    """A question that came with a registration and was not taken goes to the moderators after all, as it is worded now, with the papers
    that it has and these. All of it or nothing. Raises NoQuestions, TooManyQuestions, papers.NoRoom, WrongState, Busy."""
    with gate.change():
        current = locked_unproven(question)
        if current.state != State.UNPROVEN:
            raise WrongState
        current.sent_at, current.village = gate.now(), plain(village)[:120]
        current.write(plain(text))
        current.save(update_fields=["sent_at", "village", "text_sealed"])
        question_papers.add_locked(current, files)
        return receive_question(current, contact)


def ask_question(session: Session, text: str, contact: Contact | None, village: str = "", actor: User | None = None) -> Question:
    """The same in one step, for a contact that is proven already (with a registration) or for a clerk. Raises as the two steps."""
    with gate.change():
        return receive_question(send_question(session, text, village), contact, actor)


def _join(question: Question, root: Question, contact: Contact, *, asked: bool, wants_news: bool) -> QuestionSupport:
    keep_for(question.session, contact)
    return QuestionSupport.objects.create(
        question=question, counted_for=root, contact=contact, digest=contact.digest, asked=asked, wants_news=wants_news
    )


def keep_for(session: Session, contact: Contact) -> None:
    """Messaging keeps the contact until the answer can be sent, and a while after (`keep_contacts` goes on where answers are late)."""
    day = max(timezone.localdate(session.starts_at), timezone.localdate()) + dt.timedelta(days=30)
    messaging.keep(contact, day + dt.timedelta(days=privacy.retention_days(timezone.localdate())))


def support_question(question: Question, contact: Contact, *, wants_news: bool = True) -> bool:
    """Count a proven contact for a question, for the one that it was merged into where it was; whether that is new. Raises WrongState
    for what is answered or gone, Busy."""
    with gate.change():
        current = locked(question)
        root = root_of(current)
        if root.state not in TO_ANSWER:
            raise WrongState(_("This question is answered or no longer stands: there is nothing left to support."))
        if QuestionSupport.objects.filter(counted_for=root, digest=contact.digest).exists():
            return False
        _join(root, root, contact, asked=False, wants_news=wants_news)
        _recount(root)
        record("dialogue_sessions.question_supported", root, payload={"session": root.session_id, "supports": root.supports})
    return True


def withdraw_question(question: Question) -> Question:
    """Who asked takes it back: what was sent, papers and the contact are forgotten at once. Where others support it, the question stays theirs.
    Raises WrongState, Busy."""
    with gate.change():
        current = locked(question)
        if current.state in [State.UNPROVEN, *QUESTION_OVER]:
            raise WrongState
        root = root_of(current)
        QuestionSupport.objects.filter(question=current, asked=True).delete()
        question_papers.remove([current], "withdrawn")
        current.text_sealed, current.forgotten_at = "", gate.now()
        _recount(root)
        current.supports = root.supports if root.pk == current.pk else current.supports
        if current.state == State.MERGED or root.supports:
            save(current)
            record("dialogue_sessions.question_left", current, payload={"session": current.session_id, "state": current.state})
        else:
            move(current, State.WITHDRAWN, None)
    return current


# ── Who moderates ─────────────────────────────────────────────────────────────────────────────────────────────────────


def read_question(question: Question, actor: User) -> str:
    """What was sent, for a moderator; who read it is on record (Law 7). Raises `encryption.Unreadable`."""
    with transaction.atomic():
        record("dialogue_sessions.question_read", question, actor=actor, payload={"session": question.session_id})
    return question.sent_text()


def accept_question(question: Question, public_text: str, actor: User | None, *, sure: bool = False) -> Question:
    """Take a question and make its text public, as the moderator has written it. A text with what looks like a telephone or identity
    number is refused unless the moderator is `sure`. Raises Invalid, PersonalNumber, WrongState, Busy."""
    text = _checked(public_text, sure=sure)
    with gate.change():
        current = locked(question)
        if State.ACCEPTED not in QUESTION_MOVES[current.state] or current.state == State.MERGED:
            raise WrongState
        version = publish_text(current, QuestionPart.QUESTION, text, actor)
        move(current, State.ACCEPTED, actor, public_text=text, text_version=version, accepted_at=gate.now())
        notices.tell_asker(notices.ACCEPTED, current)
    return current


def rewrite_question(question: Question, public_text: str, actor: User | None, *, sure: bool = False) -> Question:
    """Another wording of a question that is public; the former stays as a version. Raises Invalid, PersonalNumber, WrongState, Busy."""
    text = _checked(public_text, sure=sure)
    with gate.change():
        current = locked(question)
        if current.state not in [*TO_ANSWER, State.MERGED, State.ANSWERED]:
            raise WrongState
        if text != current.public_text:
            current.text_version = publish_text(current, QuestionPart.QUESTION, text, actor)
            current.public_text = text
            save(current)
            question_search.follow(current)
    return current


def _checked(public_text: str, *, sure: bool) -> str:
    text = _needed(public_text, "public_text")
    if not sure and (kind := personal_number(text)):
        raise PersonalNumber(kind)
    return text


def refuse_question(question: Question, reason: str, words: str, actor: User | None) -> Question:
    """Do not take a question, or end one that was taken, with a reason that is read by who asked and, of one that was public, by
    everybody. Raises ReasonMissing, Invalid, WrongState, Busy."""
    if reason not in QuestionRefusal.values or not plain(words):
        raise ReasonMissing(_("Choose a reason and explain it in a sentence: who asked reads both."))
    words = _needed(words, "refusal_words")
    with gate.change():
        current = locked(question)
        move(current, State.REFUSED, actor, {"reason": str(reason)}, refusal=reason, refusal_words=words)
        if current.accepted_at is None:
            notices.tell_asker(notices.REFUSED, current)
        else:
            later("tell_question", question_id=current.pk, occasion="refused")
    return current


def merge_question(question: Question, into: Question, actor: User | None) -> Question:
    """Put a question together with another one of the same dialogue: supports count there, each contact once, and the answer goes to
    who asked this one, too. Into what is answered already: they get that answer now. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = locked(question)
        target = locked(into)
        if target.session_id != current.session_id or target.pk == current.pk or not target.is_listed:
            said = _("A question is put together with another one of the same dialogue, which stands by itself.")
            raise Invalid(ValidationError({"merged_into": said}))
        keys = family(current)
        move(current, State.MERGED, actor, {"into": target.pk}, merged_into=target, supports=0)
        QuestionSupport.objects.filter(question__in=keys).update(counted_for=target)
        _recount(target)
        notices.tell_asker(notices.MERGED, current, occasion=f":{target.pk}")
        if target.state == State.ANSWERED:
            later("tell_question", question_id=target.pk, occasion=f"answered-{target.answer_version}")
    return current


def unmerge_question(question: Question, actor: User | None) -> Question:
    """Let a merged question stand by itself again, with the supports that were given to it; published minutes that answer it do so at
    once. Raises WrongState, Busy."""
    from . import answers

    with gate.change():
        current = locked(question)
        target = current.merged_into
        if target is None:
            raise WrongState
        move(current, State.ASSIGNED if current.unit_id else State.ACCEPTED, actor, {"out_of": target.pk}, merged_into=None)
        QuestionSupport.objects.filter(question__in=family(current)).update(counted_for=current)
        _recount(current, root_of(target))
        answers.answer_parted(current, actor)
    return current


def later(job: str, **arguments: Any) -> None:
    """What goes to many people goes by a job, deferred in this transaction."""
    from .. import jobs

    getattr(jobs, job).defer(**arguments)
