"""Phrases: several short texts in one column, one a line in a form."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from . import language

MOST = 80  # phrases in one row
LONGEST = 200
SEPARATOR = ";"  # between phrases in one cell of a file


def tidy(phrase: str) -> str:
    """A phrase as it is kept: NFC, single blanks, none around it."""
    return " ".join(unicodedata.normalize("NFC", phrase).split())


def tidied(phrases: Any) -> list[str]:
    """Phrases as they are kept, in their order, each once; blank ones go."""
    return list(dict.fromkeys(made for phrase in phrases if (made := tidy(str(phrase)))))


def key_of(phrase: str) -> str:
    """What tells phrases apart for search: their folded words."""
    return " ".join(language.fold(word) for word in language.words(phrase))


class LinesField(forms.CharField):
    """A text area with one phrase a line."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("One a line."))
        kwargs["strip"] = False
        super().__init__(**kwargs)
        self.widget.attrs["rows"] = 5  # a text area has ten by itself

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """Lines as a list."""
        return tidied(value if isinstance(value, list | tuple) else str(value or "").splitlines())

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as lists."""
        return bool(self.to_python(initial or []) != self.to_python(data))

    def run_validators(self, value: Any) -> None:
        """The model's field has the rules."""


class PhrasesField(ArrayField):  # type: ignore[type-arg]  # Django's fields take no arguments when the program runs
    """Phrases of ordinary words, each with at least one letter or digit."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("base_field", None)
        kwargs.pop("size", None)
        kwargs.setdefault("default", list)
        super().__init__(models.CharField(max_length=LONGEST), **kwargs)

    def deconstruct(self) -> Any:
        """Without what is always the same."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field", None)
        kwargs.pop("size", None)
        return name, path, args, kwargs

    def validate(self, value: Any, model_instance: Any) -> None:
        """Not too many, none that search could not read."""
        super().validate(value, model_instance)
        if len(value) > MOST:
            raise ValidationError(_("At most %(most)s phrases in one entry.") % {"most": MOST})
        for phrase in value:
            if not key_of(phrase):
                raise ValidationError(_("“%(phrase)s” has no word that search could look for.") % {"phrase": phrase})
            if SEPARATOR in phrase:
                raise ValidationError(_("A phrase has no semicolon: write each on a line of its own."))

    def formfield(self, **kwargs: Any) -> Any:
        """One phrase a line."""
        kwargs = {
            "required": not self.blank,
            "label": capfirst(self.verbose_name),
            **({"help_text": self.help_text} if self.help_text else {}),
            **kwargs,
        }
        kwargs.pop("form_class", None)
        return LinesField(**{name: value for name, value in kwargs.items() if name in {"required", "label", "help_text", "initial", "widget"}})
