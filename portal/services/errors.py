"""Why a change was refused, in words for whoever asked for it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _


class ContentError(ValidationError):
    """A change of state was refused. `messages` are sentences for the person who asked."""


class FourEyesRefused(PermissionDenied, ContentError):
    """Who wrote part of it does not publish it. A refusal of a right to Wagtail's views, an error with words to forms."""

    words = _("You wrote part of this. Hand it in: somebody who wrote none of it has to publish it.")

    def __init__(self, message: Any = None) -> None:
        # By field, as Wagtail's API reads every ValidationError.
        ContentError.__init__(self, {NON_FIELD_ERRORS: [message or self.words]})
