"""A page of the back office on which several things can be done to one row: each with a form, a right and the states that allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from foundation.forms import TellingForm

from .. import services


@dataclass(frozen=True)
class Action:
    """One thing. `do` takes the row, what was filled in, and who does it."""

    label: Any
    button: Any
    form: type[Any]
    right: str
    states: Iterable[str]
    do: Callable[[Any, Mapping[str, Any], Any], Any]
    done: Any


def told(form: TellingForm, error: services.SessionError) -> None:
    """A refusal at the field that it is about, where the form has it."""
    if isinstance(error, services.Invalid) and hasattr(error.error, "message_dict"):
        for name, sentences in error.error.message_dict.items():
            field = {"answer": "text", "answer_way": "way", "merged_into": "into", "refusal_words": "words"}.get(name, name)
            form.add_error(field if field in form.fields else None, list(sentences))
    else:
        form.add_error(None, str(error))


def gone() -> str:
    """What is said of an action that the row does not allow any more."""
    return _("This has changed meanwhile and cannot be done any more. Look at how it stands now.")


def first(**condition: Any) -> Any:
    """An order in which rows stand first of which something is true."""
    return ExpressionWrapper(Q(**condition), BooleanField()).desc()
