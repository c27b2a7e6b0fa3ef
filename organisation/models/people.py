"""Posts and the people who hold them."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from .units import Field, Unit, in_language, today


class Post(ClusterableModel):
    """A post in a unit (chức danh, vị trí) and its duties; who holds it changes, the post stays."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("unit"))
    title = models.CharField(_("title of the post"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    duties = models.TextField(_("duties"), blank=True)
    is_leader = models.BooleanField(_("leads the unit"), default=False)
    fields = models.ManyToManyField(Field, blank=True, related_name="posts", verbose_name=_("fields"))
    stands_in = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="stands_in_for", verbose_name=_("who steps in when absent")
    )
    order = models.PositiveIntegerField(_("order"), default=1000, help_text=_("Small numbers stand first."))

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("posts")
        ordering: ClassVar = ["unit__order", "order", "title"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "title"], name="post_title_once", violation_error_message=_("The unit has a post of this title already.")
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=models.Q(is_leader=True),
                name="post_one_leader",
                violation_error_message=_("Another post leads this unit already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(stands_in=models.F("id")),
                name="post_not_own_deputy",
                violation_error_message=_("Nobody steps in for themselves."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.unit}"

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)


class Person(models.Model):
    """A member of staff as the public sees them (cán bộ, công chức)."""

    name = models.CharField(_("name"), max_length=150)
    number: Any = models.CharField(
        _("staff number"), max_length=40, unique=True, null=True, blank=True,
        help_text=_("Not shown to the public; imports recognise the person by it."),
    )  # fmt: skip
    telephone = models.CharField(_("work telephone"), max_length=40, blank=True)
    email = models.EmailField(_("work e-mail"), blank=True)
    photo = models.ForeignKey("wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photo"))
    biography = models.TextField(_("short biography"), blank=True)
    account = models.OneToOneField("safeguards.User", models.SET_NULL, null=True, blank=True, related_name="person", verbose_name=_("account"))

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """No staff number is no number, not an empty one, of which there could be only one."""
        super().clean()
        self.number = self.number or None


class HoldingQuerySet(models.QuerySet["Holding"]):
    """The vocabulary of holdings."""

    def on(self, day: dt.date) -> HoldingQuerySet:
        """Who holds which post on a day."""
        return self.filter(valid_from__lte=day).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=day))

    def current(self) -> HoldingQuerySet:
        """Who holds which post today."""
        return self.on(today())


class Holding(models.Model):
    """Who holds a post, from when to when, and whether absent for now."""

    post = ParentalKey(Post, on_delete=models.CASCADE, related_name="holdings", verbose_name=_("position"))
    person = models.ForeignKey(Person, models.CASCADE, related_name="holdings", verbose_name=_("person"))
    valid_from = models.DateField(_("from"), default=today)
    valid_to = models.DateField(_("to"), null=True, blank=True)
    absent_from = models.DateField(_("absent from"), null=True, blank=True)
    absent_to = models.DateField(_("absent to"), null=True, blank=True, help_text=_("The last day of absence; empty while it is not known."))

    objects = HoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("holder of a post")
        verbose_name_plural = _("holders of posts")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="holding_validity",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(absent_to=None) | models.Q(absent_from__isnull=False, absent_to__gte=models.F("absent_from")),
                name="holding_absence",
                violation_error_message=_("The absence ends before it begins."),
            ),
            ExclusionConstraint(
                name="holding_once",
                expressions=[
                    ("post", RangeOperators.EQUAL),
                    ("person", RangeOperators.EQUAL),
                    (
                        models.Func(
                            "valid_from",
                            Greatest("valid_from", Coalesce("valid_to", models.Value(dt.date.max))),
                            models.Value("[]"),
                            function="daterange",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("This person holds the post in that time already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.post.title}"

    def is_absent_on(self, day: dt.date) -> bool:
        """Whether the holder is away on a day, so that somebody steps in."""
        return self.absent_from is not None and self.absent_from <= day and (self.absent_to is None or day <= self.absent_to)

    def clean(self) -> None:
        """An end of absence needs its beginning (check `holding_absence`)."""
        super().clean()
        if self.absent_to and not self.absent_from:
            raise ValidationError({"absent_from": _("When does the absence begin?")})
