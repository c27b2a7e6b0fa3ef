"""What the law obliges a unit to make public (Luật Thực hiện dân chủ ở cơ sở 10/2022, Đ11 to Đ13): fourteen groups, each item
with an owner, a legal basis, the day of the decision, the day by which it had to be public, and a day to look at it again."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import DraftStateMixin, LockableMixin, PreviewableMixin, RevisionMixin, WorkflowMixin

from organisation.book import Book, book
from organisation.models import Person, Post, Unit, in_language, today
from organisation.services import calendar_for

from .four_eyes import Attended

TERM = 5  # working days after the decision (Đ12.3), where no other law says otherwise
SHOWN_DAYS = 30  # consecutive days (Đ13.1)
PERMANENT_GROUPS = (4, 13)


class DutyGroup(models.IntegerChoices):
    """The fourteen groups of Đ11."""

    PLANS = 1, gettext_lazy("Plans for economy and society, and their results")
    BUDGET = 2, gettext_lazy("Budget: estimates, how it is spent, settlement")
    LAND = 3, gettext_lazy("Investment projects, land, compensation, planning")
    OFFICIALS = 4, gettext_lazy("Rules on democracy, duties and conduct of officials")
    FUNDS = 5, gettext_lazy("Funds and contributions of the people")
    ASSETS = 6, gettext_lazy("Public assets and their use")
    SUPPORT = 7, gettext_lazy("Support, credit and social benefits")
    RELIEF = 8, gettext_lazy("Help after disasters, donations")
    MILITARY = 9, gettext_lazy("Military service")
    INSPECTION = 10, gettext_lazy("Inspections, work against corruption, votes of confidence")
    CONSULTATION = 11, gettext_lazy("What people were asked, and what became of their answers")
    FEES = 12, gettext_lazy("Fees and charges")
    PROCEDURES = 13, gettext_lazy("Administrative procedures")
    OTHER = 14, gettext_lazy("Other things that law makes public")


# What the portal fulfils by itself: the catalogue shows every procedure with its fees.
FULFILLED = {DutyGroup.FEES: "procedures_catalog:list", DutyGroup.PROCEDURES: "procedures_catalog:list"}


class Channel(models.TextChoices):
    """How something is made public (Đ13)."""

    PORTAL = "portal", gettext_lazy("on this portal")
    BOARD = "board", gettext_lazy("posted at the office")
    LOUDSPEAKER = "loudspeaker", gettext_lazy("by loudspeaker")
    MEETING = "meeting", gettext_lazy("told in a meeting")
    HEADS = "heads", gettext_lazy("through heads of villages and quarters")


class DisclosureQuerySet(models.QuerySet["DisclosureItem"]):
    """The vocabulary of public duties."""

    def shown_on(self, day: dt.date) -> DisclosureQuerySet:
        """Public on a day."""
        return self.filter(live=True, published_on__lte=day).filter(Q(posted_until=None) | Q(posted_until__gte=day))

    def shown(self) -> DisclosureQuerySet:
        """Public today."""
        return self.shown_on(today())

    def owed(self) -> DisclosureQuerySet:
        """Decided, and not public yet."""
        return self.filter(published_on=None, due_on__isnull=False)

    def to_review(self, day: dt.date) -> DisclosureQuerySet:
        """Public, and due to be looked at again."""
        return self.filter(live=True, review_on__lte=day)

    def published_between(self, first: dt.date, last: dt.date) -> DisclosureQuerySet:
        """Made public in a period, whether or not it still is."""
        return self.filter(published_on__range=(first, last), first_published_at__isnull=False)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


class DisclosureItem(Attended, WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, models.Model):
    """One thing that the law obliges a unit to make public (nội dung phải công khai)."""

    # wagtail's own default is True: objects.create() would publish
    live = models.BooleanField(verbose_name=gettext_lazy("published"), default=False, editable=False)
    expire_at = None  # `posted_until` says it
    expired = None

    group = models.PositiveSmallIntegerField(gettext_lazy("group"), choices=DutyGroup.choices)
    key = models.CharField(
        gettext_lazy("address"), max_length=80, unique=True, validators=[RegexValidator(r"\A[a-z0-9]+(?:-[a-z0-9]+)*\Z")],
        help_text=gettext_lazy("Part of the address of its public page: small letters, digits, hyphens."),
    )  # fmt: skip
    title = models.CharField(gettext_lazy("title"), max_length=250)
    title_en = models.CharField(gettext_lazy("title in English"), max_length=250, blank=True)
    summary = models.CharField(gettext_lazy("summary"), max_length=500, blank=True)
    summary_en = models.CharField(gettext_lazy("summary in English"), max_length=500, blank=True)
    body = models.TextField(gettext_lazy("content"), blank=True, help_text=gettext_lazy("An empty line begins a new paragraph."))
    body_en = models.TextField(gettext_lazy("content in English"), blank=True)
    document = models.ForeignKey(
        "wagtaildocs.Document", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("document")
    )
    link = models.CharField(
        gettext_lazy("address of the portal"), max_length=300, blank=True, validators=[RegexValidator(r"\A/(?!/)[^\s\\]*\Z")],
        help_text=gettext_lazy("Where the portal itself shows it: /thu-tuc/ and the like."),
    )  # fmt: skip
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=gettext_lazy("unit"))
    owner_post = models.ForeignKey(
        Post, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("post that answers for it")
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("person who answers for it")
    )
    owner_words = models.CharField(gettext_lazy("who answers for it, in words"), max_length=200, blank=True)
    basis = models.CharField(gettext_lazy("legal basis"), max_length=300)
    decided_on: Any = models.DateField(gettext_lazy("decided on"), null=True, blank=True)
    term = models.PositiveSmallIntegerField(
        gettext_lazy("to be public within (working days)"), default=TERM, validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=gettext_lazy("Five, unless another law says otherwise."),
    )  # fmt: skip
    channels: Any = ArrayField(
        models.CharField(max_length=12, choices=Channel.choices), default=list, blank=True, verbose_name=gettext_lazy("how it is made public")
    )
    permanent = models.BooleanField(gettext_lazy("stays public"), default=False, help_text=gettext_lazy("Groups 4 and 13 always do."))
    posted_until: Any = models.DateField(
        gettext_lazy("last day on display"), null=True, blank=True, help_text=gettext_lazy("At least 30 days after publication. Empty: no end.")
    )
    review_months = models.PositiveSmallIntegerField(
        gettext_lazy("look at it again after (months)"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    # Kept by the services, not by the editor's form.
    due_on: Any = models.DateField(gettext_lazy("public by"), null=True, blank=True, editable=False)
    published_on: Any = models.DateField(gettext_lazy("public since"), null=True, blank=True, editable=False)
    reviewed_on: Any = models.DateField(gettext_lazy("looked at again on"), null=True, blank=True, editable=False)
    review_on: Any = models.DateField(gettext_lazy("to be looked at again by"), null=True, blank=True, editable=False)

    _revisions = GenericRelation("wagtailcore.Revision", related_query_name="disclosure_item")
    _workflow_states = GenericRelation(
        "wagtailcore.WorkflowState", content_type_field="base_content_type", object_id_field="object_id", for_concrete_model=False,
        related_query_name="disclosure_item",
    )  # fmt: skip

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("public duty")
        verbose_name_plural = gettext_lazy("public duties")
        ordering: ClassVar = ["group", "-decided_on", "title"]
        indexes: ClassVar = [
            models.Index(fields=["group", "-published_on"], name="duty_group", condition=Q(live=True)),
            models.Index(fields=["review_on"], name="duty_review"),
            models.Index(fields=["due_on"], name="duty_due", condition=Q(published_on=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(group__range=(1, 14)), name="duty_group_of_law"),
            models.CheckConstraint(
                condition=~Q(group__in=PERMANENT_GROUPS) | Q(permanent=True), name="duty_permanent_groups",
                violation_error_message=gettext_lazy("The law keeps this group public for good: mark it “stays public”."),
            ),
            models.CheckConstraint(
                condition=Q(permanent=False) | Q(posted_until=None), name="duty_permanent_has_no_end",
                violation_error_message=gettext_lazy("What stays public has no last day."),
            ),
            models.CheckConstraint(
                condition=Q(posted_until=None) | Q(published_on=None) | Q(posted_until__gte=F("published_on") + dt.timedelta(days=SHOWN_DAYS - 1)),
                name="duty_shown_thirty_days",
                violation_error_message=gettext_lazy("The law asks for at least 30 consecutive days on display."),
            ),
            models.CheckConstraint(condition=Q(live=False) | Q(published_on__isnull=False), name="duty_live_has_day"),
            models.CheckConstraint(
                condition=Q(owner_post__isnull=False) | Q(owner__isnull=False) | ~Q(owner_words=""), name="duty_has_owner",
                violation_error_message=gettext_lazy("Say who answers for it: a post, a person, or in words."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """The day by which it must be public follows the calendar until it is public; then it stands."""
        if self.published_on is None and kwargs.get("update_fields") is None:
            self.due_on = calendar_for(self.unit_id).add_working_days(self.decided_on, self.term) if self.decided_on else None
        if self.live and self.published_on is None:
            self.published_on = today()
        if self.live and self.review_on is None:
            self.review_on = months_after(self.reviewed_on or self.published_on, self.review_months)
        return super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("portal:duty", args=[self.key])

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)

    @property
    def lead(self) -> str:
        """The summary in the reader's language."""
        return in_language(self.summary, self.summary_en)

    @property
    def paragraphs(self) -> list[str]:
        """The content in the reader's language, by paragraphs."""
        text = in_language(self.body, self.body_en).replace("\r\n", "\n")
        return [part.strip() for part in text.split("\n\n") if part.strip()]

    @property
    def group_name(self) -> str:
        """The group in words."""
        return str(DutyGroup(self.group).label)

    @property
    def channel_names(self) -> list[str]:
        """How it is made public, in words; on this portal in any case."""
        return [str(Channel(code).label) for code in dict.fromkeys([Channel.PORTAL, *self.channels])]

    @property
    def earliest_end(self) -> dt.date:
        """The first day that may be its last on display, by what is known today."""
        return (self.published_on or today()) + dt.timedelta(days=SHOWN_DAYS - 1)

    def late_days(self, calendars: Book | None = None) -> int:
        """How many working days it came late, or is late by now; 0 when it is not. Lists give the calendars that they asked for
        once; without them a late item costs a query."""
        end = self.published_on or today()
        if self.due_on is None or end <= self.due_on:
            return 0
        return max(0, (calendars or book()).calendar(self.unit_id).working_days_between(self.due_on, end))

    def clean(self) -> None:
        """What the constraints say, at the field that breaks it."""
        super().clean()
        if self.group in PERMANENT_GROUPS:
            self.permanent = True
        if self.permanent:
            self.posted_until = None
        if self.posted_until and self.posted_until < self.earliest_end:
            raise ValidationError({"posted_until": _("The law asks for at least 30 consecutive days on display.")})
        if self.decided_on and self.decided_on > today():
            raise ValidationError({"decided_on": _("This day is still to come.")})

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """A revision's content on this row: the days that the services keep stay."""
        item = super().with_content_json(content)
        for name in ("due_on", "published_on", "reviewed_on", "review_on"):
            setattr(item, name, getattr(self, name))
        return item

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """The public page's own."""
        return "portal/duty.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """The public page's own."""
        from ..disclosure import duty_context

        return {**super().get_preview_context(request, mode_name), **duty_context(self)}


class DutyReminder(models.Model):
    """Somebody was reminded of a duty: once for each day that it was about."""

    class Kind(models.TextChoices):
        """Of what."""

        REVIEW = "review", gettext_lazy("look at it again")
        DUE = "due", gettext_lazy("make it public")

    item = models.ForeignKey(DisclosureItem, models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    for_day = models.DateField()
    made_at = models.DateTimeField(auto_now_add=True)
    mailed_at: Any = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("reminder of a duty")
        verbose_name_plural = gettext_lazy("reminders of duties")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "kind", "for_day"], name="duty_reminder_once")]
