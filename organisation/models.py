"""Units and where they are valid, service points, posts and people, fields, and the working calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .enums import DayKind, Half, Level, PointKind


def today() -> dt.date:
    """The date in Vietnam now: law counts local days."""
    return timezone.localdate()


class Field(models.Model):
    """A field of administration (lĩnh vực): civil status, land, construction."""

    code = models.CharField(_("code"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=200, unique=True)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    order = models.PositiveIntegerField(_("order"), default=1000)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering: ClassVar = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(models.QuerySet["Unit"]):
    """The vocabulary of units."""

    def valid_on(self, day: dt.date) -> UnitQuerySet:
        """Units that exist on a day."""
        return self.filter(models.Q(valid_from=None) | models.Q(valid_from__lte=day)).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=day))

    def current(self) -> UnitQuerySet:
        """Units that exist today."""
        return self.valid_on(today())


class Unit(models.Model):
    """An agency or a unit (cơ quan, đơn vị). It is never deleted: it ends on a day and has successors."""

    name = models.CharField(_("name"), max_length=250)
    short_name = models.CharField(_("short name"), max_length=100, blank=True)
    name_en = models.CharField(_("name in English"), max_length=250, blank=True)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
    code = models.CharField(_("identifier code"), max_length=35, unique=True, help_text=_("QĐ 20/2020: H29.113 and the like"))
    level = models.IntegerField(_("level"), choices=Level.choices)
    is_government = models.BooleanField(
        _("is a level of government"), default=False, help_text=_("A province, district or ward itself, not one of its departments.")
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to"))
    successors = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="predecessors", verbose_name=_("successors"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    duties = models.TextField(_("duties"), blank=True)
    duties_en = models.TextField(_("duties in English"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    order = models.PositiveIntegerField(_("order"), default=1000)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering: ClassVar = ["level", "order", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_from=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="unit_validity",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="unit_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("organisation:unit", args=[self.slug])

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether the unit exists on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Population(models.Model):
    """Voters and inhabitants of a unit as counted on a day; thresholds in law are shares of it."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="populations", verbose_name=_("unit"))
    counted_on = models.DateField(_("counted on"))
    inhabitants = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    voters = models.PositiveIntegerField(_("voters"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("population")
        verbose_name_plural = _("populations")
        ordering: ClassVar = ["-counted_on"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "counted_on"], name="population_once_a_day")]


class ServicePoint(models.Model):
    """Where citizens go (điểm tiếp nhận): address, hours, telephone, how to get in."""

    name = models.CharField(_("name"), max_length=250)
    name_en = models.CharField(_("name in English"), max_length=250, blank=True)
    slug = models.SlugField(_("address on the site"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=PointKind.choices, default=PointKind.ONE_STOP)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="service_points", verbose_name=_("unit"))
    serves = models.ManyToManyField(Unit, blank=True, related_name="served_by", verbose_name=_("serves"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="branches", verbose_name=_("branch of"))
    address = models.CharField(_("street address"), max_length=250)
    directions = models.TextField(_("how to get there"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    accessibility = models.TextField(_("accessibility"), blank=True, help_text=_("Ramps, lifts, seats, somebody who signs."))
    map_url = models.URLField(_("map"), blank=True)
    is_main = models.BooleanField(_("main point of the site"), default=False, help_text=_("Shown in the footer of every page."))
    valid_from = models.DateField(_("open since"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("service point")
        verbose_name_plural = _("service points")
        ordering: ClassVar = ["unit__level", "unit__order", "name"]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room or a counter of a service point."""

    point = models.ForeignKey(ServicePoint, models.CASCADE, related_name="rooms", verbose_name=_("service point"))
    name = models.CharField(_("name"), max_length=120)
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    wheelchair = models.BooleanField(_("wheelchair access"), default=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints: ClassVar = [models.UniqueConstraint(fields=["point", "name"], name="room_name_once")]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """One session of a weekday at a service point (7:30-11:30)."""

    point = models.ForeignKey(ServicePoint, models.CASCADE, related_name="hours", verbose_name=_("service point"))
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=[
            (1, _("Monday")),
            (2, _("Tuesday")),
            (3, _("Wednesday")),
            (4, _("Thursday")),
            (5, _("Friday")),
            (6, _("Saturday")),
            (7, _("Sunday")),
        ],
    )  # ISO
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering: ClassVar = ["weekday", "opens"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")),
                name="hours_in_order",
                violation_error_message=_("Closing time is before opening time."),
            )
        ]


class Post(models.Model):
    """A post in a unit (chức danh, vị trí) and its duties; who holds it changes, the post stays."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts", verbose_name=_("unit"))
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    duties = models.TextField(_("duties"), blank=True)
    is_leader = models.BooleanField(_("leads the unit"), default=False)
    fields = models.ManyToManyField(Field, blank=True, related_name="posts", verbose_name=_("fields"))
    stands_in = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="stands_in_for", verbose_name=_("who steps in when absent")
    )
    order = models.PositiveIntegerField(_("order"), default=1000)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering: ClassVar = ["unit__order", "order", "title"]

    def __str__(self) -> str:
        return f"{self.title}, {self.unit}"


class Person(models.Model):
    """A member of staff as the public sees them (cán bộ, công chức)."""

    name = models.CharField(_("name"), max_length=150)
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


class Holding(models.Model):
    """Who holds a post, from when to when, and whether absent for now."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="holdings", verbose_name=_("post"))
    person = models.ForeignKey(Person, models.CASCADE, related_name="holdings", verbose_name=_("person"))
    valid_from = models.DateField(_("from"), default=today)
    valid_to = models.DateField(_("to"), null=True, blank=True)
    absent_from = models.DateField(_("absent from"), null=True, blank=True)
    absent_to = models.DateField(_("absent to"), null=True, blank=True)

    class Meta:
        verbose_name = _("holder of a post")
        verbose_name_plural = _("holders of posts")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")), name="holding_validity")
        ]


class CalendarDay(models.Model):
    """A day that differs (domain.md 7.3). Whether it counts for deadlines and whether the counter is open are two things:
    a Saturday morning counter is open and counts for nothing. The closest scope wins: unit, then its parents, then all."""

    date = models.DateField(_("date"))
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="calendar_days", verbose_name=_("unit"), help_text=_("Empty: the whole country.")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=DayKind.choices)
    half = models.CharField(_("part of the day"), max_length=4, choices=Half.choices, default=Half.FULL)
    counts_for_deadlines = models.BooleanField(_("counts for deadlines"), default=False)
    counter_open = models.BooleanField(_("counter open"), default=False)
    label = models.CharField(_("name"), max_length=200)
    source = models.CharField(_("decided by"), max_length=250, blank=True)
    confirmed = models.BooleanField(_("confirmed"), default=True, help_text=_("A guess of the calendar library until the official plan is out."))

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering: ClassVar = ["date"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["date", "unit", "half"],
                name="calendar_day_once",
                nulls_distinct=False,
                violation_error_message=_("This day already has an entry for this unit."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%d/%m/%Y} {self.label}"

    def clean(self) -> None:
        """A holiday neither counts nor opens; a make-up day counts."""
        if self.kind in {DayKind.HOLIDAY, DayKind.COMPENSATORY} and self.counts_for_deadlines:
            raise ValidationError({"counts_for_deadlines": _("A day off does not count for deadlines.")})
        if self.kind == DayKind.MAKEUP and not self.counts_for_deadlines:
            raise ValidationError({"counts_for_deadlines": _("A make-up working day counts for deadlines.")})


class SiteIdentity(models.Model):
    """Whose portal this is: one row (see also Wagtail's site). Read by every page."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    name = models.CharField(_("name of the portal"), max_length=120, default="Cổng minh bạch")
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, default="Transparency portal")
    hotline = models.CharField(_("telephone for help"), max_length=40, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)
    import_approver = models.ForeignKey(
        "safeguards.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("approves what is imported"),
        help_text=_("Imports of official records are written by whoever imports, and approved in this person's name."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("identity of the portal")
        verbose_name_plural = _("identity of the portal")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Any:
        """The installation's identity, or None before it is set up."""
        return cls.objects.select_related("unit").first()
