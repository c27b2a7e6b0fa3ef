"""Why a change of state was refused, in words for whoever asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..completeness import labels


class CatalogueError(Exception):
    """A change of state was refused. `str()` is a sentence for the person who asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.default())

    def default(self) -> str:
        """What is said when the raiser says nothing."""
        return _("This cannot be done.")


class NotPermitted(CatalogueError):
    """The right is lacking."""

    def default(self) -> str:
        """Which one."""
        return _("You do not hold the right to publish records of procedures.")


class FourEyes(CatalogueError):
    """Who wrote a version cannot publish it (A12)."""

    def default(self) -> str:
        """Who can."""
        return _("You wrote part of this version. Somebody who wrote none of it has to publish it.")


class AlreadyInForce(CatalogueError):
    """What has begun is not edited."""

    def default(self) -> str:
        """What to do instead."""
        return _("This version is or was in force. It is not edited any more: copy it as a new version to change the procedure.")


class Tampered(CatalogueError):
    """What is to be published is not what was approved."""

    def default(self) -> str:
        """What to do."""
        return _("The content has changed since it was approved. It has to be approved again.")


class Overlap(CatalogueError):
    """Two versions would be in force at once."""

    def default(self) -> str:
        """Which rule."""
        return _("Another version of this procedure is in force at the same level in this period.")


class LevelsNotCovered(CatalogueError):
    """A successor that covers fewer levels would end its predecessor at the others, too."""


class Incomplete(CatalogueError):
    """Compulsory parts are missing."""

    def __init__(self, missing: Sequence[str], message: str = "") -> None:
        self.missing = list(missing)
        super().__init__(message)

    def default(self) -> str:
        """Which ones, and what would let it pass."""
        return _("The record is not complete. Missing: %(parts)s. Somebody with the right to do so can publish it with a reason.") % {
            "parts": ", ".join(labels(self.missing))
        }


class InvalidVersion(CatalogueError):
    """A field or a row is wrong."""

    def __init__(self, error: ValidationError, where: str = "") -> None:
        self.error = error
        super().__init__(_("%(where)s: %(errors)s") % {"where": where, "errors": " ".join(said(error))} if where else " ".join(said(error)))


def said(error: ValidationError) -> list[str]:
    """A validation error as sentences, each with the name of its field."""
    if not hasattr(error, "error_dict"):
        return [str(message) for message in error.messages]
    out: list[str] = []
    names: dict[str, Any] = error.message_dict
    for name, messages in names.items():
        out += [str(message) if name == "__all__" else f"{name}: {message}" for message in messages]
    return out
