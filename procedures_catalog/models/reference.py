"""Publication decisions and legal documents: what a record stands on."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from ..enums import DocumentKind, IssuerLevel


class PublicationDecision(ClusterableModel):
    """A decision that publishes procedures (quyết định công bố): of a minister or of a province's chair, never of a
    district or ward (NĐ 63/2010)."""

    number = models.CharField(_("number"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=600, blank=True)
    issuer = models.CharField(_("issued by"), max_length=250, blank=True)
    issuer_level = models.CharField(_("kind of issuer"), max_length=10, choices=IssuerLevel.choices, default=IssuerLevel.PROVINCE)
    signer = models.CharField(_("signed by"), max_length=150, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    shortened_track = models.BooleanField(_("shortened track"), default=False, help_text=_("The rule behind it took effect at once."))
    national_database_on = models.DateField(_("in the national database since"), null=True, blank=True)

    class Meta:
        verbose_name = _("publication decision")
        verbose_name_plural = _("publication decisions")
        ordering: ClassVar = ["-signed_on", "number"]

    def __str__(self) -> str:
        return self.number


class DecisionFile(models.Model):
    """A file of a decision."""

    decision = ParentalKey(PublicationDecision, on_delete=models.CASCADE, related_name="files")
    document = models.ForeignKey("wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name=_("file"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")


class LegalDocument(models.Model):
    """A legal document (văn bản pháp luật) with a validity of its own."""

    number = models.CharField(_("number"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind.choices, default=DocumentKind.OTHER)
    title = models.CharField(_("title"), max_length=1200, blank=True)
    issuer = models.CharField(_("issued by"), max_length=250, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_to = models.DateField(_("last day in force"), null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by"))
    url = models.URLField(_("address of the official text"), blank=True)

    class Meta:
        verbose_name = _("legal document")
        verbose_name_plural = _("legal documents")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_from=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="legal_document_validity",
                violation_error_message=_("The last day is before the first."),
            )
        ]

    def __str__(self) -> str:
        return self.number

    def is_expired_on(self, day: dt.date) -> bool:
        """Whether the document has stopped being in force by a day."""
        return self.valid_to is not None and self.valid_to < day
