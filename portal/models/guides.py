"""Guides: what happens in a life, step by step, over several procedures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.forms import Select
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.blocks import StreamBlockValidationError
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from foundation import qr
from procedures_catalog.backoffice.choosers import procedure_chooser
from procedures_catalog.models import LifeEvent

from .. import guide_rules
from ..accessibility import Problem
from ..blocks import TEXT_FEATURES, PageBody
from .pages import locked
from .readable import ReadablePage, ReadablePageForm

ProcedureChooserBlock = procedure_chooser.get_block_class(name="ProcedureChooserBlock", module_path="portal.models.guides")


class StepBlock(blocks.StructBlock):
    """A step. How long, how much, where and which papers stand in no step: the catalogue says them on the day that it is read."""

    title = blocks.CharBlock(
        max_length=160, label=gettext_lazy("title"), help_text=gettext_lazy("What to do, as an invitation: “Register the birth”.")
    )
    condition = blocks.CharBlock(
        required=False,
        max_length=160,
        label=gettext_lazy("only if"),
        help_text=gettext_lazy("Empty: everybody has this step. Otherwise who: “you rent”."),
    )
    text = blocks.RichTextBlock(features=TEXT_FEATURES, label=gettext_lazy("text"))
    hint = blocks.TextBlock(
        required=False, rows=2, max_length=600, label=gettext_lazy("hint"), help_text=gettext_lazy("What a neighbour would tell you beside it.")
    )
    procedures = blocks.ListBlock(
        ProcedureChooserBlock(label=gettext_lazy("procedure")), default=[], label=gettext_lazy("procedures"), collapsed=False,
        help_text=gettext_lazy("What is filed in this step, if anything. Time limit, fee, place and papers come from the catalogue."),
    )  # fmt: skip
    choose = blocks.ChoiceBlock(
        choices=[("one", gettext_lazy("one of them is enough")), ("all", gettext_lazy("each of them"))], default="one",
        label=gettext_lazy("of several procedures"),
    )  # fmt: skip
    together = blocks.BooleanBlock(
        required=False, label=gettext_lazy("in one go"), help_text=gettext_lazy("Filed together with the step before it, in one visit.")
    )

    class Meta:
        icon = "list-ol"
        label = gettext_lazy("step")
        label_format = "{title}"


class GuideSteps(blocks.StreamBlock):
    """The steps, in their order."""

    step = StepBlock()


class GuideIndexPage(ReadablePage):
    """All that happens in a life: the guides, and where there is none yet, the procedures."""

    summary = models.CharField(gettext_lazy("summary"), max_length=300, blank=True, help_text=gettext_lazy("One sentence under the title."))
    body = StreamField(PageBody(), verbose_name=gettext_lazy("above the list"), blank=True)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    parent_page_types: ClassVar = ["portal.HomePage"]
    subpage_types: ClassVar = ["portal.GuidePage"]
    max_count_per_parent = 1
    template = "portal/guides.html"

    class Meta:
        verbose_name = gettext_lazy("guides to what happens in a life")
        verbose_name_plural = gettext_lazy("guides to what happens in a life")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """With the life events."""
        from ..guides import index_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | index_context(request, self)


class GuideQuerySet(PageQuerySet):
    """The vocabulary of guides."""

    def for_everybody(self) -> GuideQuerySet:
        """Published, and with no lock before them or a page above them; asked in the same query."""
        found: GuideQuerySet = self.live().filter(~locked())
        return found

    def in_language(self, language: str) -> GuideQuerySet:
        """Of one language."""
        found: GuideQuerySet = self.filter(locale__language_code=language)
        return found


class GuidePageForm(ReadablePageForm):
    """Says beside each step what keeps the guide from being published."""

    def clean(self) -> Any:
        """Hold back a publication that would lead somebody astray."""
        cleaned = super().clean()
        steps = self.cleaned_data.get("steps")
        if steps is None or not self.publishes():
            return cleaned
        stored = steps.get_prep_value()
        for words in guide_rules.problems_before(self.cleaned_data.get("before") or ""):
            self.add_error("before", words)
        found = [*guide_rules.problems(stored), *guide_rules.dead_ends(stored)]
        by_step: dict[int, list[Problem]] = {}
        for problem in found:
            by_step.setdefault(problem.block, []).append(problem)
        if general := by_step.pop(-1, []):
            self.add_error("steps", ValidationError([problem.message for problem in general]))
        elif by_step:
            errors = {place: ValidationError([problem.message for problem in told]) for place, told in by_step.items()}
            self.add_error("steps", StreamBlockValidationError(block_errors=errors))
        return cleaned


class GuidePage(RoutablePageMixin, ReadablePage):
    """A guide through something that happens in a life (hướng dẫn từng bước)."""

    base_form_class = GuidePageForm

    event = models.ForeignKey(
        LifeEvent, models.PROTECT, related_name="guides", verbose_name=gettext_lazy("what happens"),
        help_text=gettext_lazy("The life event of the catalogue. Its card on the home page leads here."),
    )  # fmt: skip
    summary = models.CharField(
        gettext_lazy("summary"), max_length=400, help_text=gettext_lazy("Two sentences: how much of it can be done in one go, and by when.")
    )
    before = RichTextField(
        gettext_lazy("before you begin"), features=TEXT_FEATURES, blank=True, help_text=gettext_lazy("What to have ready, and what to ask at home.")
    )
    steps = StreamField(GuideSteps(), verbose_name=gettext_lazy("steps"), blank=True)
    body = StreamField(PageBody(), verbose_name=gettext_lazy("below the steps"), blank=True)

    objects: ClassVar[Any] = PageManager.from_queryset(GuideQuerySet)()

    content_panels: ClassVar = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("event", widget=Select), FieldPanel("summary")], gettext_lazy("What it is about")),
        FieldPanel("before"),
        FieldPanel("steps"),
        FieldPanel("body"),
    ]
    parent_page_types: ClassVar = ["portal.GuideIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "portal/guide.html"

    class Meta:
        verbose_name = gettext_lazy("step-by-step guide")
        verbose_name_plural = gettext_lazy("step-by-step guides")

    def problems(self) -> list[Problem]:
        """Those of the words and of the steps."""
        stored = self.steps.get_prep_value()
        words = [Problem(-1, message) for message in guide_rules.problems_before(self.before)]
        return [*super().problems(), *words, *guide_rules.problems(stored)]

    def publish(self, revision: Any, *args: Any, **kwargs: Any) -> Any:
        """Publish a revision that leads to procedures that are there. What ends later is told on the page and in the report
        of broken links: a guide does not vanish with one of its procedures."""
        if found := guide_rules.dead_ends(revision.as_object().steps.get_prep_value()):
            raise ValidationError({"steps": [problem.message for problem in found]})
        return super().publish(revision, *args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The guide with what the catalogue says today."""
        from ..guides import guide_context

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | guide_context(request, self)

    @path("in/", name="print")
    def print_view(self, request: HttpRequest) -> HttpResponse:
        """The same on paper: a checklist to tick with a pen, with the QR code that leads back."""
        context = self.get_context(request)
        code = qr.svg(context["share_url"], title=_("QR code that leads to this page"))
        return render(request, "portal/guide_print.html", context | {"robots": "noindex, follow", "qr": code})
