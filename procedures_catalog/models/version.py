"""A version: everything that a record says, for a period. Its parts are children, one level deep."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from wagtail.models import DraftStateMixin, LockableMixin, PreviewableMixin, RevisionMixin, WorkflowMixin

from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field, today

from ..enums import (
    Audience,
    ChangeKind,
    EndKind,
    OnlineLevel,
    PartialReason,
    Regime,
    State,
)
from .identity import Procedure
from .life import VersionLife
from .reference import PublicationDecision


class ProcedureVersionQuerySet(models.QuerySet["ProcedureVersion"]):
    """The vocabulary of versions."""

    def published(self) -> ProcedureVersionQuerySet:
        """Approved and public, whatever the date."""
        return self.filter(live=True)

    def drafts(self) -> ProcedureVersionQuerySet:
        """Not public."""
        return self.filter(live=False)

    def in_force_on(self, day: dt.date) -> ProcedureVersionQuerySet:
        """In force on a day; the version by which a decision abolished the procedure is not."""
        return self.covering(day).exclude(change_kind=ChangeKind.ABOLISHED)

    def covering(self, day: dt.date) -> ProcedureVersionQuerySet:
        """What the catalogue says of a day, abolitions included."""
        return self.published().filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gte=day))

    def in_force(self) -> ProcedureVersionQuerySet:
        """In force today."""
        return self.in_force_on(today())

    def upcoming(self) -> ProcedureVersionQuerySet:
        """Published, in force later."""
        return self.published().filter(valid_from__gt=today())

    def at_level(self, level: Level) -> ProcedureVersionQuerySet:
        """Handled at a level of government."""
        return self.filter(levels__contains=[int(level)])


class ProcedureVersion(VersionLife, WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, ClusterableModel):
    """One version of a procedure (phiên bản thủ tục) at its competent levels for one period.

    `live` is False until `services.publish` approves it; from the day it is in force only the end of its validity moves.
    Both are held by triggers (migration `guards`) behind the messages of `services`."""

    # wagtail's own default is True: objects.create() would publish
    live = models.BooleanField(verbose_name=_("published"), default=False, editable=False)
    expire_at = None  # validity says it
    expired = None

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="versions", verbose_name=_("procedure"))
    levels: Any = ArrayField(
        models.IntegerField(choices=Level.choices),
        verbose_name=_("competent levels"),
        default=list,
        help_text=_("The levels of government that decide."),
    )
    code_full = models.CharField(_("long code"), max_length=40, blank=True)
    name = models.TextField(_("name"), help_text=_("The exact official name; what people call it belongs to the questions and synonyms."))
    field = models.ForeignKey(Field, models.PROTECT, null=True, blank=True, related_name="versions", verbose_name=_("field"))
    change_kind = models.CharField(_("kind of change"), max_length=10, choices=ChangeKind.choices, default=ChangeKind.NEW)
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_to = models.DateField(_("last day in force"), null=True, blank=True)
    end_kind = models.CharField(_("why it ended"), max_length=12, choices=EndKind.choices, blank=True)
    end_decision = models.ForeignKey(
        PublicationDecision, models.PROTECT, null=True, blank=True, related_name="ended_versions", verbose_name=_("decision that ended it")
    )
    decision = models.ForeignKey(
        PublicationDecision, models.PROTECT, null=True, blank=True, related_name="versions", verbose_name=_("publication decision")
    )
    replaces: Any = ArrayField(models.CharField(max_length=8), default=list, blank=True, verbose_name=_("replaces the procedures"))
    subjects: Any = ArrayField(models.CharField(max_length=24, choices=Audience.choices), default=list, blank=True, verbose_name=_("who it is for"))
    sets = models.PositiveSmallIntegerField(_("sets of papers"), null=True, blank=True)
    legacy_level = models.PositiveSmallIntegerField(
        _("service level of 2011 (1 to 4)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    online_level = models.CharField(_("service level"), max_length=12, choices=OnlineLevel.choices, blank=True)
    partial_reason_kind = models.CharField(_("why only partly"), max_length=12, choices=PartialReason.choices, blank=True)
    partial_reason = models.TextField(_("reason in words"), blank=True)
    proactive_level = models.PositiveSmallIntegerField(
        _("proactive level (1 to 4)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    procedure_type = models.CharField(_("kind of procedure"), max_length=200, blank=True)
    locally_regulated = models.BooleanField(_("regulated by the province itself"), default=False)
    receiving_address = models.TextField(_("where to file"), blank=True)
    description = models.TextField(_("description"), blank=True)
    keywords = models.TextField(_("keywords"), blank=True)
    regime = models.CharField(_("written for"), max_length=10, choices=Regime.choices, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    source_url = models.URLField(_("address of the source"), max_length=500, blank=True)
    synced_at = models.DateTimeField(_("taken over at"), null=True, blank=True)
    source_text: Any = models.JSONField(_("text of the source"), default=dict, blank=True)  # what could not be read into structure, word for word
    import_notes: Any = models.JSONField(_("notes of the import"), default=list, blank=True)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 over the record and its parts
    missing: Any = ArrayField(models.CharField(max_length=30), default=list, blank=True, editable=False)  # codes of the completeness linter
    incomplete_reason = models.TextField(_("why it is published incomplete"), blank=True)

    _revisions = GenericRelation("wagtailcore.Revision", related_query_name="procedure_version")
    _workflow_states = GenericRelation(
        "wagtailcore.WorkflowState", content_type_field="base_content_type", object_id_field="object_id", for_concrete_model=False,
        related_query_name="procedure_version",
    )  # fmt: skip

    objects = ProcedureVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("procedure version")
        verbose_name_plural = _("procedure versions")
        ordering: ClassVar = ["procedure__code", "-valid_from", "-id"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="version_no_overlap",
                expressions=[
                    ("procedure", RangeOperators.EQUAL),
                    ("levels", RangeOperators.OVERLAPS),
                    (Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(live=True),
                violation_error_message=_("Another version of this procedure is in force at the same level in this period."),
            ),
            models.CheckConstraint(condition=Q(live=False) | Q(valid_from__isnull=False), name="version_live_has_date"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="version_validity",
                violation_error_message=_("The last day in force is before the first."),
            ),
            models.CheckConstraint(condition=Q(legacy_level=None) | Q(legacy_level__range=(1, 4)), name="version_legacy_level"),
            models.CheckConstraint(condition=Q(proactive_level=None) | Q(proactive_level__range=(1, 4)), name="version_proactive_level"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["procedure", "valid_from"], name="version_period"),
            models.Index(fields=["field", "valid_from"], name="version_field", condition=Q(live=True)),
            models.Index(fields=["decision"], name="version_decision"),
            models.Index(fields=["-valid_to"], name="version_over", condition=Q(live=True, valid_to__isnull=False)),
            GinIndex(fields=["levels"], name="version_levels"),
            GinIndex(fields=["subjects"], name="version_subjects"),
        ]
        permissions: ClassVar = [
            ("import_catalogue", _("Can import official records")),
            ("export_catalogue", _("Can export the catalogue")),
            ("override_completeness", _("Can publish an incomplete record with a reason")),
        ]

    def __str__(self) -> str:
        return f"{self.procedure.code} {self.name}"

    def get_absolute_url(self) -> str:
        """The procedure's page; another day's version is asked for by `?ngay=`."""
        return str(self.procedure.get_absolute_url())

    def state_on(self, day: dt.date) -> State:
        """State of the version on a day."""
        if not self.live or self.valid_from is None:
            return State.DRAFT
        if day < self.valid_from:
            return State.UPCOMING
        if self.valid_to is None or day <= self.valid_to:
            return State.ABOLISHED if self.change_kind == ChangeKind.ABOLISHED else State.EFFECTIVE
        return State.ABOLISHED if self.end_kind in {EndKind.ABOLISHED, EndKind.REPLACED, EndKind.EXPIRED} else State.SUPERSEDED

    @property
    def state(self) -> State:
        """State of the version today."""
        return self.state_on(today())

    @property
    def level_codes(self) -> list[str]:
        """The levels as words of files and URLs."""
        return [level.code for level in LEVEL_BY_CODE.values() if int(level) in self.levels]
