"""Which questions that were sent ahead a line of the minutes answers. Published, the minutes answer them (`answers.answer_from_minutes`)."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from safeguards.models import User
from safeguards.services import record

from ..models import Contribution, ContributionQuestion, Question
from .errors import Invalid, WrongState
from .minutes import writing
from .questions import lock_questions


def link_questions(line: Contribution, actor: User | None, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> list[int]:
    """Say that a line answers these questions (keys) of its dialogue, and those no longer; gives all that it answers then. Only what
    changes is named, so that two people who link at once do not undo each other's. Questions that are taken and stand by themselves can
    be linked. Raises Invalid, WrongState once the minutes are final, Busy."""
    with writing(line.minutes) as minutes:
        if not minutes.contributions.filter(pk=line.pk).exists():
            raise WrongState
        lock_questions(minutes.session_id)
        links = ContributionQuestion.objects.filter(contribution=line)
        had = set(links.values_list("question_id", flat=True))
        new = sorted(set(add) - had)
        gone = sorted(set(remove) & had)
        known = Question.objects.listed().filter(session=minutes.session_id, pk__in=new).count()
        if known != len(new):
            said = _("One of these questions was refused, withdrawn or put together with another one meanwhile. Look at the list again.")
            raise Invalid(ValidationError({"questions": said}))
        ContributionQuestion.objects.bulk_create(ContributionQuestion(contribution=line, question_id=pk) for pk in new)
        links.filter(question__in=gone).delete()
        if new or gone:
            payload = {"line": line.number, "linked": new, "unlinked": gone}
            record("dialogue_sessions.minutes_questions_linked", minutes, actor=actor, payload=payload)
    return sorted((had | set(new)) - set(gone))
