"""The base of every page: it goes public only when everybody can read it and a second person has said so."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamBlockValidationError
from wagtail.models import Page

from search.language import fold

from ..accessibility import Problem, problems
from .four_eyes import Attended

# What an editor's form may be asked to do that makes the page public, at once or by somebody's approval.
PUBLISHING = ("action-publish", "action-submit", "action-restart-workflow")
APPROVING = {"approve"}
SLUG_LETTERS = 80  # of an address that is made from a title; PostgreSQL keeps 255, nobody reads out more than these


class AttendedForm:
    """The part of an editor's form that knows who wrote: says so in the form, where what was typed stays."""

    data: Any
    instance: Any
    for_user: Any

    def publishes_now(self) -> bool:
        """Whether this submission would publish at once, or approve."""
        return (
            "action-publish" in self.data
            or self.data.get("action-workflow-action-name") in APPROVING
            or self.data.get("action-workflow-action") in APPROVING
        )

    def _post_clean(self) -> None:
        """After the typed values have been put on the object: who changed something in the same submission wrote it."""
        super()._post_clean()  # type: ignore[misc]  # of Django's model forms
        if not self.publishes_now():
            return
        from ..services import FourEyesRefused, four_eyes

        content, user = self.instance, self.for_user
        parts = any(formset.has_changed() for name, formset in getattr(self, "formsets", {}).items() if name != "comments")
        before = content.get_latest_revision_as_object() if content.pk else None
        changed = before is None or parts or four_eyes.digest_of(before) != four_eyes.digest_of(content)
        words = FourEyesRefused.words if changed else four_eyes.why_not(content, user, four_eyes.digest_of(content))
        if words:
            self.add_error(None, words)  # type: ignore[attr-defined]


class ReadablePageForm(AttendedForm, WagtailAdminPageForm):
    """Says beside each block what keeps the page from being published. A draft may be saved with it."""

    def publishes(self) -> bool:
        """Whether this submission makes the page public."""
        return any(name in self.data for name in PUBLISHING) or self.data.get("action-workflow-action") is not None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False  # whoever is quicker than the editor's script, or has none, gets one from the title

    def clean_slug(self) -> str:
        """The address without marks: the editor proposes the title's own letters, which become %E1%BA%A5 wherever it is sent."""
        return fold(str(self.cleaned_data["slug"]).lower())

    def _slug_of_title(self) -> str:
        """An address from the title, which no page beside has."""
        base = slugify(fold(str(self.cleaned_data.get("title") or "").lower()))[:SLUG_LETTERS].rstrip("-")
        every = [base, *(f"{base}-{number}" for number in range(2, 100))] if base else []
        return next((slug for slug in every if Page._slug_is_available(slug, self.parent_page, self.instance)), "")

    def clean(self) -> Any:
        """Give the page an address where none was typed, and hold back a publication that somebody could not read."""
        if "slug" in self.fields and "slug" not in self.errors and not self.cleaned_data.get("slug"):
            self.cleaned_data["slug"] = self.instance.slug or self._slug_of_title()  # one that people have links to stays
            if not self.cleaned_data["slug"]:
                self.add_error("slug", self.fields["slug"].error_messages["required"])
        cleaned = super().clean()
        body = self.cleaned_data.get("body")
        if body is not None and self.publishes():
            by_block: dict[int, list[Problem]] = {}
            for problem in problems(body.get_prep_value()):
                by_block.setdefault(problem.block, []).append(problem)
            if by_block:
                errors = {place: ValidationError([problem.message for problem in found]) for place, found in by_block.items()}
                self.add_error("body", StreamBlockValidationError(block_errors=errors))
        return cleaned


class ReadablePage(Attended, Page):
    """A page that goes public only when everybody can read it and somebody else than its author said so, whatever the way:
    every publication ends in `save`."""

    base_form_class = ReadablePageForm
    body: Any

    class Meta:
        abstract = True

    def problems(self) -> list[Problem]:
        """What keeps the page from being published."""
        return problems(self.body.get_prep_value())

    def check_readable(self) -> None:
        """Raise ValidationError with every problem."""
        if found := self.problems():
            raise ValidationError({"body": [problem.message for problem in found]})

    def publish(self, revision: Any, *args: Any, **kwargs: Any) -> Any:
        """Publish a revision whose content everybody can read."""
        revision.as_object().check_readable()
        return super().publish(revision, *args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """The last line: copies, aliases, translations and the API come here too. Saving a draft updates other columns only."""
        from ..services import four_eyes

        columns = kwargs.get("update_fields")
        if self.live and (columns is None or not {"body", "live", "live_revision"}.isdisjoint(columns)):
            self.check_readable()
            four_eyes.check_public(self, columns)
        return super().save(*args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The page tells what stands around it which page it is: the language switch leads to its translation."""
        request.content_page = self  # type: ignore[attr-defined]
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context
