"""What the levels' roadmap plans, and which procedures a unit is bound to publish. Both are only ever added to: a changed plan or
list leaves the former one standing (triggers in migration 0001)."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear, Now
from django.utils.translation import gettext_lazy as _

from organisation.models import Unit, today
from procedures_catalog.enums import OnlineLevel
from procedures_catalog.models import Procedure
from procedures_catalog.models.identity import CODE_PATTERN

from .enums import PlanEnd, Scheme
from .rules import SCHEMES

FIRST_YEAR, LAST_YEAR = 2011, 2100
LEVELS = [*OnlineLevel.choices, *((str(number), str(number)) for number in range(4, 0, -1))]
_OF_SCHEME = Q()
for _scheme, _levels in SCHEMES.items():
    _OF_SCHEME |= Q(scheme=_scheme, level__in=_levels)


class PlanQuerySet(models.QuerySet["PlannedLevel"]):
    """The vocabulary of plans."""

    def current(self) -> PlanQuerySet:
        """Neither replaced nor withdrawn."""
        return self.filter(ended_on=None)

    def of(self, plan: PlannedLevel) -> PlanQuerySet:
        """All plans of the same procedure, unit, year and scheme."""
        return self.filter(procedure=plan.procedure_id, unit=plan.unit_id, year=plan.year, scheme=plan.scheme)


class PlannedLevel(models.Model):
    """The service level that a procedure is to have by the end of a year (lộ trình cung cấp dịch vụ công trực tuyến)."""

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="planned_levels", verbose_name=_("procedure"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="planned_levels", verbose_name=_("unit"), help_text=_("The unit that has to reach the level.")
    )
    year = models.PositiveSmallIntegerField(
        _("by the end of"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)], help_text=_("A year, such as 2026.")
    )
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices, default=Scheme.ONLINE)
    level = models.CharField(_("planned level"), max_length=12, choices=LEVELS)
    basis = models.CharField(_("decision that plans it"), max_length=300, help_text=_("Number and title, as people would look for it."))
    decided_on = models.DateField(_("decided on"))
    ended_on = models.DateField(_("holds no longer since"), null=True, blank=True, editable=False)
    end_kind = models.CharField(_("why it ended"), max_length=10, choices=PlanEnd.choices, blank=True, editable=False)
    end_basis = models.CharField(_("decision that ended it"), max_length=300, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned level")
        verbose_name_plural = _("planned levels")
        ordering: ClassVar = ["-year", "procedure__code", "scheme", "-decided_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_OF_SCHEME, name="plan_level_of_scheme", violation_error_message=_("The scheme does not have this level.")
            ),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="plan_year"),
            models.CheckConstraint(
                condition=Q(year__gte=ExtractYear("decided_on")), name="plan_before_its_year_ends",
                violation_error_message=_("A level is planned before its year ends."),
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="plan_has_basis"),
            models.CheckConstraint(
                condition=Q(ended_on=None, end_kind="", end_basis="")
                | (Q(ended_on__gte=F("decided_on"), end_kind__in=PlanEnd.values) & ~Q(end_basis="")),
                name="plan_end",
                violation_error_message=_("A plan ends on a day, by another plan or by a decision that withdraws it."),
            ),
            models.UniqueConstraint(
                fields=["procedure", "unit", "year", "scheme"], condition=Q(ended_on=None), name="plan_one_current",
                violation_error_message=_("There is a plan for this procedure, unit, year and scheme: change that one."),
            ),
        ]  # fmt: skip
        permissions: ClassVar = [("import_plannedlevel", _("Can import planned levels"))]

    def __str__(self) -> str:
        return f"{self.procedure.code} · {self.year}: {self.get_level_display()}"

    def clean(self) -> None:
        """What the database holds, in words where it was typed."""
        super().clean()
        if self.scheme in SCHEMES and self.level and self.level not in SCHEMES[self.scheme]:
            raise ValidationError({"level": _("The scheme does not have this level.")})
        if self.decided_on and self.decided_on > today():
            raise ValidationError({"decided_on": _("This day is still to come.")})
        if self.decided_on and self.year and self.decided_on > dt.date(min(max(self.year, 1), 9999), 12, 31):
            raise ValidationError({"decided_on": _("A level is planned before its year ends.")})

    @property
    def procedure_code(self) -> str:
        """For lists."""
        return str(self.procedure.code)


class PostingListQuerySet(models.QuerySet["PostingList"]):
    """The vocabulary of lists."""

    def standing(self) -> PostingListQuerySet:
        """Not corrected by another list of the same day."""
        return self.filter(superseded_at=None)


class PostingList(models.Model):
    """The procedures that a unit is bound to publish from a day on (danh mục thủ tục phải niêm yết, công khai). The list in force
    on a day is the unit's latest that began by then."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posting_lists", verbose_name=_("unit"))
    source = models.CharField(_("decision or list that binds"), max_length=300)
    valid_from = models.DateField(_("binds from"))
    digest = models.CharField(max_length=64, editable=False)  # SHA-256 over source and entries: a list imported again changes nothing
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    superseded_at = models.DateTimeField(_("corrected"), null=True, blank=True, editable=False)

    objects = PostingListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list of procedures to publish")
        verbose_name_plural = _("lists of procedures to publish")
        ordering: ClassVar = ["unit", "-valid_from", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(source=""), name="posting_list_has_source"),
            models.UniqueConstraint(fields=["unit", "valid_from"], condition=Q(superseded_at=None), name="posting_list_one_a_day"),
        ]
        permissions: ClassVar = [("import_postinglist", _("Can import lists of procedures to publish"))]

    def __str__(self) -> str:
        return f"{self.unit} · {self.source}"


class PostingEntry(models.Model):
    """A line of such a list. By code, not by a key of the catalogue: what is missing here has none."""

    posting_list = models.ForeignKey(PostingList, models.PROTECT, related_name="entries", verbose_name=_("list"))
    code = models.CharField(_("national code"), max_length=8, validators=[RegexValidator(CODE_PATTERN)])
    name = models.TextField(_("name"))

    class Meta:
        verbose_name = _("procedure to publish")
        verbose_name_plural = _("procedures to publish")
        ordering: ClassVar = ["posting_list", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["posting_list", "code"], name="posting_entry_once"),
            models.CheckConstraint(condition=Q(code__regex=CODE_PATTERN), name="posting_entry_code"),
            models.CheckConstraint(condition=~Q(name=""), name="posting_entry_name"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
