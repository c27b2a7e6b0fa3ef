"""A procedure's identity, and what the unit itself adds to it: guidance, asked questions, who offers it where."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from organisation.models import ServicePoint, Unit

CODE_PATTERN = r"^[1-9]\.\d{6}$"


class LifeEvent(models.Model):
    """Something that happens in a life (sự kiện trong đời) and asks for procedures."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    summary = models.CharField(_("summary"), max_length=250, blank=True)
    summary_en = models.CharField(_("summary in English"), max_length=250, blank=True)
    icon = models.CharField(_("icon"), max_length=40, blank=True)
    order = models.PositiveIntegerField(_("order"), default=1000)

    class Meta:
        verbose_name = _("life event")
        verbose_name_plural = _("life events")
        ordering: ClassVar = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class Procedure(ClusterableModel):
    """An administrative procedure (thủ tục hành chính): the national code is its identity, its name is versioned.

    What stands here beside the code is the unit's own and untouched by imports of records."""

    code = models.CharField(
        _("national code"), max_length=8, unique=True,
        validators=[RegexValidator(CODE_PATTERN, _("A national code has the form 1.004873: one digit, a full stop, six digits."))],
    )  # fmt: skip
    summary = models.TextField(_("in plain words"), blank=True, help_text=_("One or two sentences: what it is and when you need it."))
    guidance = models.TextField(_("local guidance"), blank=True, help_text=_("What neighbours should know. Blank lines make paragraphs."))
    popularity = models.PositiveIntegerField(_("rank by demand"), null=True, blank=True, help_text=_("1 is asked for most."))
    review_on = models.DateField(_("review by"), null=True, blank=True)
    life_events = ParentalManyToManyField(LifeEvent, blank=True, related_name="procedures", verbose_name=_("life events"))
    replaced_by = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="replaces", verbose_name=_("replaced by"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(code__regex=CODE_PATTERN), name="procedure_code_shape"),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """The public page, by code."""
        return reverse("procedures_catalog:procedure", args=[self.code])


class AskedQuestion(models.Model):
    """A question that people ask of a procedure, with its answer."""

    procedure = ParentalKey(Procedure, on_delete=models.CASCADE, related_name="questions")
    sort_order = models.PositiveIntegerField(default=0)
    question = models.CharField(_("question"), max_length=300)
    answer = models.TextField(_("answer"))

    class Meta:
        verbose_name = _("asked question")
        verbose_name_plural = _("asked questions")
        ordering: ClassVar = ["sort_order", "id"]

    def __str__(self) -> str:
        return self.question


class ServiceOffer(models.Model):
    """Which service point takes a procedure's dossiers, and which unit decides."""

    procedure = ParentalKey(Procedure, on_delete=models.CASCADE, related_name="offers")
    point = models.ForeignKey(ServicePoint, models.CASCADE, related_name="offers", verbose_name=_("service point"))
    deciding_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="decides", verbose_name=_("unit that decides"))
    online = models.BooleanField(_("online"), default=False)
    by_post = models.BooleanField(_("by post"), default=False)
    outside_territory = models.BooleanField(_("also for people who live elsewhere"), default=False)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints: ClassVar = [models.UniqueConstraint(fields=["procedure", "point"], name="offer_once_a_point")]
