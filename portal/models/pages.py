"""The home page and simple content pages, in Vietnamese and English."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet

from ..blocks import PageBody
from .readable import ReadablePage


def locked() -> Exists:
    """For the pages of a query: whether a lock stands before one or a page above it (Wagtail's `public()` asks in a query more)."""
    below = ExpressionWrapper(OuterRef("path"), models.CharField())
    return Exists(PageViewRestriction.objects.annotate(below=below).filter(below__startswith=F("page__path")))


class HomePage(ReadablePage):
    """The home page: a question, a search box, and what the catalogue holds. Only its words are edited."""

    question = models.CharField(
        _("question"), max_length=120, blank=True, help_text=_("Above the search box. Empty: “What do you need to do today?”")
    )
    hint = models.CharField(_("example"), max_length=120, blank=True, help_text=_("Grey words in the search box."))
    body = StreamField(PageBody(), verbose_name=_("more"), blank=True)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("question"), FieldPanel("hint"), FieldPanel("body")]
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    subpage_types: ClassVar = ["portal.ContentPage", "portal.SectionPage", "portal.GuideIndexPage"]
    template = "portal/home.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The page with what the catalogue holds."""
        from ..home import home_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | home_context(request)


class ContentPageQuerySet(PageQuerySet):
    """The vocabulary of content pages."""

    def public_links(self, language: str) -> ContentPageQuerySet:
        """Pages of a language that have a place in the navigation or the footer and no lock before them or a page above them, in
        the tree's order."""
        found: ContentPageQuerySet = self.filter(~locked(), locale__language_code=language).exclude(place="").order_by("path")
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

    objects: ClassVar[Any] = PageManager.from_queryset(ContentPageQuerySet)()

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    promote_panels: ClassVar = [*Page.promote_panels, FieldPanel("place")]
    parent_page_types: ClassVar = ["portal.HomePage", "portal.ContentPage"]
    subpage_types: ClassVar = ["portal.ContentPage"]
    template = "portal/page.html"

    class Meta:
        verbose_name = _("content page")
        verbose_name_plural = _("content pages")
