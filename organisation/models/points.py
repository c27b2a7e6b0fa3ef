"""Service points: where citizens go, when they find somebody there, and how they get in."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, cast

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Cast, Extract, Greatest, JSONObject, Least
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from foundation.hours import clock

from ..enums import PointKind
from .units import Unit, in_language, today


class ServicePointQuerySet(models.QuerySet["ServicePoint"]):
    """The vocabulary of service points."""

    def valid_on(self, day: dt.date) -> ServicePointQuerySet:
        """Points that exist on a day (they may be closed for the moment)."""
        return self.filter(models.Q(valid_from=None) | models.Q(valid_from__lte=day)).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=day))

    def current(self) -> ServicePointQuerySet:
        """Points that exist today."""
        return self.valid_on(today())

    def with_hours(self) -> ServicePointQuerySet:
        """With weekly hours (`week`) and closures not yet over (`shut`) as JSON, so that any number of points and all that
        tells whether they are open come in one query."""
        own = models.OuterRef("pk")
        hours = OpeningHours.objects.filter(point=own).order_by("weekday", "opens")
        closures = Closure.objects.filter(point=own, last_day__gte=today()).order_by("first_day")
        rows: Any = self.select_related("unit").annotate(
            week=ArraySubquery(hours.values(data=JSONObject(weekday="weekday", opens="opens", closes="closes"))),
            shut=ArraySubquery(
                closures.values(
                    data=JSONObject(
                        first="first_day", last="last_day", reason="reason", reason_en="reason_en",
                        instead="instead__name", instead_en="instead__name_en", unit="instead__unit__slug",
                    )
                )
            ),
        )  # fmt: skip
        return cast(ServicePointQuerySet, rows)

    def with_rooms(self) -> ServicePointQuerySet:
        """With its rooms as JSON (`room_list`), in the same query."""
        rooms = Room.objects.filter(point=models.OuterRef("pk")).order_by("name")
        listed: Any = self.annotate(room_list=ArraySubquery(rooms.values(data=JSONObject(name="name", seats="seats", wheelchair="wheelchair"))))
        return cast(ServicePointQuerySet, listed)


class ServicePoint(ClusterableModel):
    """Where citizens go (điểm tiếp nhận): address, hours, telephone, how to get in."""

    name = models.CharField(_("name"), max_length=250)
    name_en = models.CharField(_("name in English"), max_length=250, blank=True)
    slug = models.SlugField(_("address on the site"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=PointKind.choices, default=PointKind.ONE_STOP)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="service_points", verbose_name=_("unit"))
    serves = models.ManyToManyField(
        Unit, blank=True, related_name="served_by", verbose_name=_("serves"), help_text=_("Units whose dossiers it takes beside its own unit's.")
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="branches", verbose_name=_("branch of"))
    address = models.CharField(_("street address"), max_length=250)
    directions = models.TextField(_("how to get there"), blank=True, help_text=_("Bus lines, where to park, which door."))
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    accessibility = models.TextField(_("accessibility"), blank=True, help_text=_("Ramps, lifts, seats, somebody who signs."))
    map_url = models.URLField(_("map"), blank=True)
    is_main = models.BooleanField(_("main point of the site"), default=False, help_text=_("Shown in the footer of every page."))
    valid_from = models.DateField(_("open since"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)

    objects = ServicePointQuerySet.as_manager()

    class Meta:
        verbose_name = _("service point")
        verbose_name_plural = _("service points")
        ordering: ClassVar = ["unit__level", "unit__order", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_from=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="point_validity",
                violation_error_message=_("The last day is before the first."),
            ),
            models.UniqueConstraint(
                fields=["is_main"],
                condition=models.Q(is_main=True),
                name="point_one_main",
                violation_error_message=_("Another service point is the main one already: take the mark off it first."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="point_not_own_branch",
                violation_error_message=_("A service point cannot be a branch of itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    def clean(self) -> None:
        """No point is a branch of its own branch (trigger `point_no_cycle`)."""
        super().clean()
        seen: set[Any] = set()
        above = self.parent
        while self.pk and above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError({"parent": _("A service point cannot be a branch of itself.")})
            seen.add(above.pk)
            above = above.parent


class Room(models.Model):
    """A room or a counter of a service point."""

    point = ParentalKey(ServicePoint, on_delete=models.CASCADE, related_name="rooms", verbose_name=_("service point"))
    name = models.CharField(_("name"), max_length=120)
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    wheelchair = models.BooleanField(_("wheelchair access"), default=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["point", "name"], name="room_name_once", violation_error_message=_("There is a room of this name already.")
            )
        ]

    def __str__(self) -> str:
        return self.name


WEEKDAYS: list[tuple[int, Any]] = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]


def _seconds(field: str) -> Any:
    return Cast(Extract(field, "epoch"), models.IntegerField())


class OpeningHours(models.Model):
    """One session of a weekday at a service point (7:30-11:30)."""

    point = ParentalKey(ServicePoint, on_delete=models.CASCADE, related_name="hours", verbose_name=_("service point"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)  # ISO
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
            ),
            ExclusionConstraint(
                name="hours_apart",
                expressions=[
                    ("point", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    # least and greatest: hours in the wrong order are told by their own constraint, not by a range that cannot be built
                    (
                        models.Func(
                            Least(_seconds("opens"), _seconds("closes")), Greatest(_seconds("opens"), _seconds("closes")), function="int4range"
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Two sessions of one weekday overlap."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.opens)}–{clock(self.closes)}"


class Closure(models.Model):
    """A service point closed for some days while its unit works on (đóng cửa tạm thời): repair works, a move."""

    point = ParentalKey(ServicePoint, on_delete=models.CASCADE, related_name="closures", verbose_name=_("service point"))
    first_day = models.DateField(_("closed from"))
    last_day = models.DateField(_("closed to"), help_text=_("The last day on which it is closed."))
    reason = models.CharField(_("reason"), max_length=250)
    reason_en = models.CharField(_("reason in English"), max_length=250, blank=True)
    instead = models.ForeignKey(
        ServicePoint, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("where to go instead")
    )  # fmt: skip

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering: ClassVar = ["-first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="closure_in_order",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=~models.Q(instead=models.F("point")),
                name="closure_elsewhere",
                violation_error_message=_("Name another service point than the one that is closed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%d/%m/%Y}-{self.last_day:%d/%m/%Y}"

    @property
    def why(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.reason, self.reason_en)
