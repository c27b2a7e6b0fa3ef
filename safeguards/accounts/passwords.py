"""What a password may be (A6): long, and neither what everybody takes nor what this office is called. The rest is its owner's."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.registries import local_words

LONGEST = 1000  # more is no password, but work for the server
FILE = Path(__file__).with_name("common_words.txt")
ENOUGH = 8  # letters and signs that must be left when the words of the file are taken out
YEAR = re.compile(r"(?:19|20)\d\d")
REPEATED = re.compile(r"(.)\1{2,}")
ROW = re.compile(r"0?123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?")
LOOK_ALIKE = str.maketrans("@4301!5$7", "aaeoiisst")


def fold(text: str) -> str:
    """Lower case without tone marks, spaces and signs between letters."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().replace("đ", "d"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and not sign.isspace() and sign not in "._-")


@functools.lru_cache(maxsize=1)
def common_words() -> tuple[str, ...]:
    """The words of the file, folded."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return tuple(fold(line) for line in lines if line.strip() and not line.startswith("#"))


def left_of(password: str, words: Iterable[str]) -> str:
    """What is a person's own in a password: without the words, years, and signs in a row or repeated."""
    folded = fold(password)
    ordered = sorted({word for word in words if len(word) >= 3}, key=len, reverse=True)
    left = []
    for form in (folded, folded.translate(LOOK_ALIKE)):
        for word in ordered:
            form = form.replace(word, " ")
        for pattern in (YEAR, REPEATED, ROW):
            form = pattern.sub(" ", form)
        left.append(form.replace(" ", ""))
    return min(left, key=len)


class LengthValidator(MinimumLengthValidator):
    """At least so many signs; a thousand at most."""

    def __init__(self) -> None:
        super().__init__(settings.PASSWORD_LENGTH)

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError with how many are missing."""
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is longer than %(longest)s characters. Take a shorter one.") % {"longest": LONGEST}, code="password_too_long"
            )
        missing = self.min_length - len(password)
        if missing > 0:
            message = ngettext(
                "The password needs at least %(length)s characters: add %(missing)s more. Best is a short sentence that only you know.",
                "The password needs at least %(length)s characters: add %(missing)s more. Best is a short sentence that only you know.",
                missing,
            )
            raise ValidationError(message % {"length": self.min_length, "missing": missing}, code="password_too_short")

    def get_help_text(self) -> str:
        """What to do."""
        return _("At least %(length)s characters; spaces and tone marks are welcome. A short sentence that only you know is best.") % {
            "length": self.min_length
        }


class CommonWordsValidator(CommonPasswordValidator):
    """Refuses what is on Django's list of common passwords, and what is little more than words anybody would try here:
    "matkhau", names of places, of the portal and its offices, years, rows of digits."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        own = [fold(word) for words in local_words for word in words()]
        words = [*common_words(), fold(settings.WAGTAIL_SITE_NAME), *own]
        if password.lower().strip() in self.passwords or len(left_of(password, words)) < ENOUGH:
            raise ValidationError(
                _("This password is easy to guess: common words, names of places, years, digits in a row. Add words that nobody would expect."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        """What to leave out."""
        return _("No common words alone: “matkhau”, names of places, of the office or the portal, years.")


class OwnNameValidator(UserAttributeSimilarityValidator):
    """Django's comparison with the account's own name, saying what to do."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        try:
            super().validate(password, user)
        except ValidationError as error:
            raise ValidationError(
                _("The password is too much like your own name or address. Take other words."), code="password_too_similar"
            ) from error

    def get_help_text(self) -> str:
        """What to leave out."""
        return _("Not your own name.")
