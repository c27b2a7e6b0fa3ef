"""News, notices and guides, and the sections that list them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet

from foundation import qr
from organisation.models import Unit, today
from procedures_catalog.backoffice.choosers import ProcedureChooser
from procedures_catalog.models import Procedure

from ..accessibility import Problem, is_blank
from ..blocks import PageBody
from .pages import ContentPage, ContentPageQuerySet
from .readable import ReadablePage, ReadablePageForm

PICTURE_NEEDS_WORDS = gettext_lazy("Say in words what the picture shows, or mark it as decoration.")


class ArticleKind(models.TextChoices):
    """What an article is."""

    NEWS = "news", gettext_lazy("news")
    NOTICE = "notice", gettext_lazy("notice")
    GUIDE = "guide", gettext_lazy("guide")


class SectionPage(ReadablePage):
    """A list of articles (chuyên mục): by page, by year and month, by kind."""

    summary = models.CharField(gettext_lazy("summary"), max_length=300, blank=True, help_text=gettext_lazy("One sentence under the title."))
    place = models.CharField(
        gettext_lazy("linked from"), max_length=6, choices=ContentPage.Place.choices, default=ContentPage.Place.NAVIGATION, blank=True,
        help_text=gettext_lazy("Linked as soon as it has an article."),
    )  # fmt: skip
    body = StreamField(PageBody(), verbose_name=gettext_lazy("above the list"), blank=True)

    objects: ClassVar[Any] = PageManager.from_queryset(ContentPageQuerySet)()

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    promote_panels: ClassVar = [*Page.promote_panels, FieldPanel("place")]
    parent_page_types: ClassVar = ["portal.HomePage", "portal.SectionPage"]
    subpage_types: ClassVar = ["portal.ArticlePage", "portal.SectionPage"]
    template = "portal/section.html"

    class Meta:
        verbose_name = gettext_lazy("section")
        verbose_name_plural = gettext_lazy("sections")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The list that the address asks for."""
        from ..article_lists import section_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | section_context(request, self)


def behind_a_lock() -> Exists:
    """Of pages in a query: whether a lock stands before them or a page above them (Wagtail's `public()` asks first)."""
    return Exists(
        PageViewRestriction.objects.annotate(below=ExpressionWrapper(OuterRef("path"), models.CharField())).filter(below__startswith=F("page__path"))
    )


class ArticleQuerySet(PageQuerySet):
    """The vocabulary of articles."""

    def for_everybody(self) -> ArticleQuerySet:
        """Published, and with no lock before them or a page above them; asked in the same query."""
        found: ArticleQuerySet = self.live().filter(~behind_a_lock())
        return found

    def newest_first(self) -> ArticleQuerySet:
        """By their own date, the latest published first within a day."""
        found: ArticleQuerySet = self.order_by("-date", "-first_published_at", "-pk")
        return found

    def in_language(self, language: str) -> ArticleQuerySet:
        """Of one language."""
        found: ArticleQuerySet = self.filter(locale__language_code=language)
        return found


class ArticlePageForm(ReadablePageForm):
    """Says beside the picture that it needs words."""

    def clean(self) -> Any:
        """Hold back a publication that somebody could not see."""
        cleaned = super().clean()
        read = self.cleaned_data.get
        if self.publishes() and read("picture") and not read("picture_decorative") and is_blank(read("picture_alt") or ""):
            self.add_error("picture_alt", PICTURE_NEEDS_WORDS)
        return cleaned


class ArticlePage(RoutablePageMixin, ReadablePage):
    """A piece of news, a notice or a guide (bài viết)."""

    base_form_class = ArticlePageForm

    kind = models.CharField(gettext_lazy("kind"), max_length=8, choices=ArticleKind.choices, default=ArticleKind.NEWS)
    date = models.DateField(gettext_lazy("date"), default=today)
    summary = models.CharField(gettext_lazy("summary"), max_length=400, help_text=gettext_lazy("Two sentences: what it is about, for whom."))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("unit"), help_text=gettext_lazy("Whose news it is.")
    )
    picture = models.ForeignKey("wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("picture"))
    picture_alt = models.CharField(
        gettext_lazy("what it shows"), max_length=250, blank=True, help_text=gettext_lazy("Read out to who cannot see the picture.")
    )
    picture_decorative = models.BooleanField(gettext_lazy("decoration only"), default=False)
    body = StreamField(PageBody(), verbose_name=gettext_lazy("content"), blank=True)

    objects: ClassVar[Any] = PageManager.from_queryset(ArticleQuerySet)()

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("kind"), FieldPanel("date"), FieldPanel("unit")]),
        FieldPanel("summary"),
        MultiFieldPanel(
            [FieldPanel("picture"), FieldRowPanel([FieldPanel("picture_alt"), FieldPanel("picture_decorative")])], gettext_lazy("Picture")
        ),
        FieldPanel("body"),
        InlinePanel("related", label=gettext_lazy("procedure"), heading=gettext_lazy("Related procedures"), max_num=12),
    ]
    parent_page_types: ClassVar = ["portal.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "portal/article.html"

    class Meta:
        verbose_name = gettext_lazy("article")
        verbose_name_plural = gettext_lazy("articles")
        indexes: ClassVar = [models.Index(fields=["-date"], name="article_date")]

    @property
    def picture_without_words(self) -> bool:
        """Whether the picture says nothing to who cannot see it."""
        return self.picture_id is not None and not self.picture_decorative and is_blank(self.picture_alt)

    def problems(self) -> list[Problem]:
        """Those of the blocks, and a picture without words."""
        found = super().problems()
        if self.picture_without_words:
            found.insert(0, Problem(-1, str(PICTURE_NEEDS_WORDS)))
        return found

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The article with what it refers to."""
        from ..article_lists import article_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | article_context(request, self)

    @path("in/", name="print")
    def print_view(self, request: HttpRequest) -> HttpResponse:
        """The same on paper, with the QR code that leads back."""
        context = self.get_context(request)
        code = qr.svg(context["share_url"], title=_("QR code that leads to this page"))
        return render(request, "portal/article_print.html", context | {"robots": "noindex, follow", "qr": code})


class RelatedProcedure(Orderable):
    """A procedure that an article is about."""

    page = ParentalKey(ArticlePage, on_delete=models.CASCADE, related_name="related")
    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="+", verbose_name=gettext_lazy("procedure"))

    panels: ClassVar = [FieldPanel("procedure", widget=ProcedureChooser)]

    class Meta(Orderable.Meta):
        verbose_name = gettext_lazy("related procedure")
        verbose_name_plural = gettext_lazy("related procedures")
