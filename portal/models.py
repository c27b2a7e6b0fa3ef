"""The site's own pages: the home page and simple content pages, in Vietnamese and English."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import StreamBlockValidationError
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from .accessibility import Problem, problems
from .blocks import PageBody

# What an editor's form may be asked to do that makes the page public, at once or by somebody's approval.
PUBLISHING = ("action-publish", "action-submit", "action-restart-workflow")
APPROVING = {"approve"}


class ReadablePageForm(WagtailAdminPageForm):
    """Says beside each block what keeps the page from being published. A draft may be saved with it."""

    def publishes(self) -> bool:
        """Whether this submission makes the page public."""
        return any(name in self.data for name in PUBLISHING) or self.data.get("action-workflow-action") is not None

    def clean(self) -> Any:
        """Hold back a publication that somebody could not read."""
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


class ReadablePage(Page):
    """A page that goes public only when everybody can read it, whatever the way: every publication ends in `save`."""

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
        columns = kwargs.get("update_fields")
        if self.live and (columns is None or "body" in columns or "live" in columns):
            self.check_readable()
        return super().save(*args, **kwargs)


class HomePage(ReadablePage):
    """The home page: a question, a search box, and what the catalogue holds. Only its words are edited."""

    question = models.CharField(
        _("question"), max_length=120, blank=True, help_text=_("Above the search box. Empty: “What do you need to do today?”")
    )
    hint = models.CharField(_("example"), max_length=120, blank=True, help_text=_("Grey words in the search box."))
    body = StreamField(PageBody(), verbose_name=_("more"), blank=True)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("question"), FieldPanel("hint"), FieldPanel("body")]
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    subpage_types: ClassVar = ["portal.ContentPage"]
    template = "portal/home.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The page with what the catalogue holds."""
        from .home import home_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | home_context(request)


class ContentPageQuerySet(PageQuerySet):
    """The vocabulary of content pages."""

    def public_links(self, language: str) -> ContentPageQuerySet:
        """Pages of a language that have a place in the navigation or the footer and no lock before them, in the tree's order."""
        found: ContentPageQuerySet = self.filter(locale__language_code=language, view_restrictions=None).exclude(place="").order_by("path")
        return found


class ContentPage(ReadablePage):
    """A page of text: help, about, accessibility, privacy."""

    class Place(models.TextChoices):
        """Where a page is linked from."""

        NOWHERE = "", _("nowhere")
        NAVIGATION = "nav", _("navigation and footer")
        HELP = "help", _("footer: help")
        ABOUT = "about", _("footer: about")

    summary = models.CharField(_("summary"), max_length=300, blank=True, help_text=_("One sentence under the title."))
    place = models.CharField(_("linked from"), max_length=6, choices=Place.choices, default=Place.NOWHERE, blank=True)
    body = StreamField(PageBody(), verbose_name=_("content"), blank=True)

    objects = PageManager.from_queryset(ContentPageQuerySet)()

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    promote_panels: ClassVar = [*Page.promote_panels, FieldPanel("place")]
    parent_page_types: ClassVar = ["portal.HomePage", "portal.ContentPage"]
    subpage_types: ClassVar = ["portal.ContentPage"]
    template = "portal/page.html"

    class Meta:
        verbose_name = _("content page")
        verbose_name_plural = _("content pages")
