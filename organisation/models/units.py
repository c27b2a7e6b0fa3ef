"""Fields of administration, and units: a tree in which each has a level, a period of validity and successors."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NoReturn, cast

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from ..enums import Level, UnitKind


def today() -> dt.date:
    """The date in Vietnam now: law counts local days."""
    return timezone.localdate()


def in_language(vietnamese: str, english: str) -> str:
    """The English text where the reader reads English and there is one, else the Vietnamese one."""
    return english if english and (get_language() or "vi").startswith("en") else vietnamese


class UnitsAreKept(models.ProtectedError):
    """Somebody tried to delete a unit. What it decided stays true: close it and name its successors."""

    def __init__(self, units: set[Any]) -> None:
        super().__init__(str(_("A unit is never deleted: close it and name its successors.")), units)


class Field(models.Model):
    """A field of administration (lĩnh vực): civil status, land, construction."""

    code = models.CharField(_("code"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=200, unique=True)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    slug = models.SlugField(_("address"), max_length=120, unique=True, help_text=_("Part of the address of its public list."))
    order = models.PositiveIntegerField(_("order"), default=1000, help_text=_("Small numbers stand first."))

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering: ClassVar = ["order", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)


# The way up from a unit, as sort keys from the top down.
PLACE = """(
  with recursive up(id, parent_id, key, steps) as (
    select u.id, u.parent_id, u.level || lpad(u."order"::text, 10, '0') || u.name, 0 from organisation_unit u where u.id = organisation_unit.id
    union all
    select u.id, u.parent_id, u.level || lpad(u."order"::text, 10, '0') || u.name, up.steps + 1
    from organisation_unit u join up on u.id = up.parent_id
  ) select array_agg(key order by steps desc) from up)"""


class UnitQuerySet(models.QuerySet["Unit"]):
    """The vocabulary of units."""

    def valid_on(self, day: dt.date) -> UnitQuerySet:
        """Units that exist on a day."""
        return self.filter(models.Q(valid_from=None) | models.Q(valid_from__lte=day)).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=day))

    def current(self) -> UnitQuerySet:
        """Units that exist today."""
        return self.valid_on(today())

    def closed(self) -> UnitQuerySet:
        """Units whose last day is over."""
        return self.filter(valid_to__lt=today())

    def in_tree_order(self) -> UnitQuerySet:
        """Each unit under the one that it belongs to: annotated with `place` (its keys from the top, the order of the tree),
        whose length is its depth. One query."""
        place = RawSQL(PLACE, [], output_field=ArrayField(models.TextField()))  # noqa: S611  # fixed text  # nosec B611
        rows: Any = self.annotate(place=place).order_by("place")  # the stubs know no querysets of our own after annotate
        return cast(UnitQuerySet, rows)

    def delete(self) -> NoReturn:
        """Refused: see UnitsAreKept."""
        raise UnitsAreKept(set(self[:10]))


class Unit(ClusterableModel):
    """An agency or a unit (cơ quan, đơn vị). It is never deleted: it ends on a day and has successors."""

    name = models.CharField(_("name"), max_length=250)
    short_name = models.CharField(_("short name"), max_length=100, blank=True)
    name_en = models.CharField(_("name in English"), max_length=250, blank=True)
    slug = models.SlugField(
        _("address"), max_length=120, unique=True, help_text=_("Part of the address of its public page, which stands in printed QR codes.")
    )
    code = models.CharField(_("identifier code"), max_length=35, unique=True, help_text=_("QĐ 20/2020: H29.113 and the like"))
    level = models.IntegerField(_("level"), choices=Level.choices)
    kind = models.CharField(_("kind"), max_length=20, choices=UnitKind.choices, default=UnitKind.DEPARTMENT)
    # a level of government itself, not one of its departments: read and filtered, never written
    is_government: Any = models.GeneratedField(
        expression=models.Q(kind=UnitKind.GOVERNMENT),  # type: ignore[arg-type]  # Q resolves as an expression; the stubs do not know
        output_field=models.BooleanField(_("is a level of government")),
        db_persist=True,
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to"))
    successors = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="predecessors", verbose_name=_("successors"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    duties = models.TextField(_("duties"), blank=True, help_text=_("What it does, in plain words. One duty a line."))
    duties_en = models.TextField(_("duties in English"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    order = models.PositiveIntegerField(_("order"), default=1000, help_text=_("Small numbers stand first."))

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        permissions: ClassVar = [("work_for_every_unit", "Works with what belongs to any unit, not only to the own one")]
        ordering: ClassVar = ["level", "order", "name"]
        indexes: ClassVar = [models.Index(fields=["parent", "order"], name="unit_parent_order")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_from=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="unit_validity",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="unit_not_own_parent",
                violation_error_message=_("A unit cannot belong to itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("organisation:unit", args=[self.slug])

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    def _indented(self) -> str:
        """The name moved in by the unit's depth in the tree, where `in_tree_order` told it: for lists and menus."""
        depth = len(getattr(self, "place", None) or [None]) - 1
        return "\u2003" * depth + ("└ " if depth else "") + self.name

    _indented.short_description = _("name")  # type: ignore[attr-defined]  # Django reads the label of a column from here
    _indented.admin_order_field = "name"  # type: ignore[attr-defined]
    indented = property(_indented)

    @property
    def duty_lines(self) -> list[str]:
        """The duties in the reader's language, one an item."""
        return [line.strip(" -•\t") for line in in_language(self.duties, self.duties_en).splitlines() if line.strip(" -•\t")]

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether the unit exists on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_closed(self) -> bool:
        """Whether its last day is over."""
        return self.valid_to is not None and self.valid_to < today()

    def ancestors(self) -> list[Unit]:
        """The units above, the closest first; stops where a cycle would begin, which the database forbids."""
        chain: list[Unit] = []
        seen = {self.pk}
        above = self.parent
        while above is not None and above.pk not in seen:
            chain.append(above)
            seen.add(above.pk)
            above = above.parent
        return chain

    def clean(self) -> None:
        """No unit belongs to itself, directly or by way of others (trigger `unit_no_cycle`)."""
        super().clean()
        if self.pk and self.parent is not None and (self.parent.pk == self.pk or self.pk in {unit.pk for unit in self.parent.ancestors()}):
            raise ValidationError({"parent": _("This unit stands below: a unit cannot belong to itself.")})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: see UnitsAreKept."""
        raise UnitsAreKept({self})


class Population(models.Model):
    """Voters and inhabitants of a unit as counted on a day; thresholds in law are shares of it."""

    unit = ParentalKey(Unit, on_delete=models.CASCADE, related_name="populations", verbose_name=_("unit"))
    counted_on = models.DateField(_("counted on"))
    inhabitants = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    voters = models.PositiveIntegerField(_("voters"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("population")
        verbose_name_plural = _("populations")
        ordering: ClassVar = ["-counted_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "counted_on"], name="population_once_a_day", violation_error_message=_("This day already has a count.")
            ),
            models.CheckConstraint(
                condition=models.Q(inhabitants=None) | models.Q(voters=None) | models.Q(voters__lte=models.F("inhabitants")),
                name="population_voters_live_here",
                violation_error_message=_("More voters than inhabitants."),
            ),
            models.CheckConstraint(
                condition=~models.Q(inhabitants=None, voters=None),
                name="population_counts_something",
                violation_error_message=_("Give the number of inhabitants, of voters, or both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}, {self.counted_on:%d/%m/%Y}"
