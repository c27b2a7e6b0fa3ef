"""The parts of a version: rows that belong to it, one level deep (Wagtail's comparison does not see a child of a child)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import MD5, Concat, Left, Lower
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey

from organisation.models import Unit

from ..enums import AgencyRole, Channel, FeeKind, LimitUnit
from ..limits import committed_fault
from .reference import LegalDocument
from .version import ProcedureVersion


class PartRow(models.Model):
    """A row of a part of a version."""

    version: Any
    sort_order = models.PositiveIntegerField(default=0)
    sort_order_field = "sort_order"  # Wagtail's inline panels write the order of the page there
    # Wagtail would index the references of the whole version again for each row saved; a job does it once for all of them.
    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True
        ordering: ClassVar = ["sort_order", "id"]


def part(related_name: str) -> Any:
    """The key of a part to its version."""
    return ParentalKey(ProcedureVersion, on_delete=models.CASCADE, related_name=related_name)


class CaseRow(PartRow):
    """A case (trường hợp): other parts name it when they hold only for it."""

    version = part("cases")
    name = models.CharField(_("case"), max_length=300)
    description = models.TextField(_("description"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("case")
        verbose_name_plural = _("cases")


class MethodRow(PartRow):
    """A way to file (cách thức thực hiện) with its time limit and fee, and the shorter limit that the unit commits itself to."""

    version = part("methods")
    channel = models.CharField(_("how"), max_length=8, choices=Channel.choices)
    case = models.CharField(_("case"), max_length=300, blank=True)
    limit_value = models.DecimalField(_("time limit"), max_digits=7, decimal_places=2, null=True, blank=True)
    limit_unit = models.CharField(_("unit"), max_length=14, choices=LimitUnit.choices, blank=True)
    limit_text = models.TextField(_("time limit in words"), blank=True)
    committed_value = models.DecimalField(_("limit we commit to"), max_digits=7, decimal_places=2, null=True, blank=True)
    committed_unit = models.CharField(_("unit of that limit"), max_length=14, choices=LimitUnit.choices, blank=True)
    fee_text = models.TextField(_("fee in words"), blank=True)
    description = models.TextField(_("description"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("way to file")
        verbose_name_plural = _("ways to file")

    def clean(self) -> None:
        """The limit that the unit commits itself to is whole, and shorter than the statutory one."""
        fault = committed_fault(self.limit_value, self.limit_unit, self.committed_value, self.committed_unit)
        if fault:
            raise ValidationError({fault[0]: fault[1]})


class StepRow(PartRow):
    """A step (trình tự thực hiện)."""

    version = part("steps")
    actor = models.CharField(_("who"), max_length=250, blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("what happens"))

    class Meta(PartRow.Meta):
        verbose_name = _("step")
        verbose_name_plural = _("steps")


class ProcessRow(PartRow):
    """A step of the internal process (quy trình nội bộ): the hours of all steps are the time limit."""

    version = part("process")
    name = models.CharField(_("step"), max_length=300)
    post = models.CharField(_("post"), max_length=250, blank=True)
    hours = models.DecimalField(_("working hours"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta(PartRow.Meta):
        verbose_name = _("internal step")
        verbose_name_plural = _("internal process")


class PaperRow(PartRow):
    """A paper (thành phần hồ sơ) with originals and copies."""

    version = part("papers")
    case = models.CharField(_("case"), max_length=300, blank=True)
    group = models.TextField(_("group"), blank=True)
    name = models.TextField(_("paper"))
    originals = models.PositiveSmallIntegerField(_("originals"), null=True, blank=True)
    copies = models.PositiveSmallIntegerField(_("copies"), null=True, blank=True)
    present_only = models.BooleanField(_("only shown"), default=False, help_text=_("Looked at and handed back."))
    form_code = models.CharField(_("form"), max_length=250, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("paper")
        verbose_name_plural = _("papers")


class FeeRow(PartRow):
    """A fee rule (phí, lệ phí): amount or formula, for a channel, a case, a condition, a period."""

    version = part("fees")
    kind = models.CharField(_("kind"), max_length=8, choices=FeeKind.choices, default=FeeKind.FEE)
    channel = models.CharField(_("how"), max_length=8, choices=Channel.choices, blank=True)
    case = models.CharField(_("case"), max_length=300, blank=True)
    amount = models.DecimalField(_("amount in đồng"), max_digits=14, decimal_places=0, null=True, blank=True, validators=[MinValueValidator(0)])
    unit = models.CharField(_("for each"), max_length=120, blank=True)
    formula = models.TextField(_("how it is reckoned"), blank=True)
    condition = models.TextField(_("condition"), blank=True)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("to"), null=True, blank=True)
    legal_basis = models.TextField(_("legal basis"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("fee")
        verbose_name_plural = _("fees")


# What tells forms apart wherever they stand: code and name, whatever their capitals and blanks. Its beginning is their address.
FORM_KEY_LENGTH = 16
FORM_KEY = MD5(
    Lower(
        Func(
            Concat("code", Value("|"), "name", output_field=models.TextField()), Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace",
            output_field=models.TextField(),
        )
    )
)  # fmt: skip


class FormRow(PartRow):
    """A form (mẫu đơn, tờ khai), with a file in each of several formats."""

    version = part("forms")
    code = models.CharField(_("code"), max_length=250, blank=True)
    name = models.TextField(_("name"))
    docx = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="DOCX")
    odt = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ODT")
    pdf = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="PDF")
    sample = models.ForeignKey("wagtaildocs.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("filled-in sample"))
    file_names = models.TextField(_("names of files in the source"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        indexes: ClassVar = [models.Index(Left(FORM_KEY, Value(FORM_KEY_LENGTH)), name="form_key")]


class ResultRow(PartRow):
    """A result (kết quả thực hiện)."""

    version = part("results")
    code = models.CharField(_("code"), max_length=60, blank=True)
    name = models.TextField(_("result"))
    validity = models.CharField(_("how long it is valid"), max_length=250, blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("result")
        verbose_name_plural = _("results")


class ConditionRow(PartRow):
    """A condition (yêu cầu, điều kiện)."""

    version = part("conditions")
    text = models.TextField(_("condition"))

    class Meta(PartRow.Meta):
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")


class LegalBasisRow(PartRow):
    """A legal basis (căn cứ pháp lý)."""

    version = part("legal_bases")
    document = models.ForeignKey(LegalDocument, models.PROTECT, related_name="uses", verbose_name=_("legal document"))
    articles = models.CharField(_("articles"), max_length=300, blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")


class InvolvedAgency(PartRow):
    """An agency in one of its four roles; a unit of this installation, or a name."""

    version = part("agencies")
    role = models.CharField(_("role"), max_length=12, choices=AgencyRole.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    name = models.TextField(_("name"), blank=True)

    class Meta(PartRow.Meta):
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(name="") | Q(unit__isnull=False), name="agency_named")]

    def __str__(self) -> str:
        return self.name or str(self.unit)

    def clean(self) -> None:
        """A unit or a name."""
        if not self.name and not self.unit_id:
            raise ValidationError(_("Choose a unit or write a name."))

    def validate_constraints(self, exclude: Any = None) -> None:
        """`clean` says it in words, without three queries a row."""
