"""How long it is known who registered, and the words to which people consent: dated data."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organisation.models import in_language, today

DAYS = 90  # where no policy is in force
LONGEST = 3650
WRONG_DAYS = _("Days are a whole number from 1 to 3650.")


class RetentionPolicyQuerySet(models.QuerySet["RetentionPolicy"]):
    """The vocabulary of policies."""

    def days(self, day: dt.date | None = None) -> int:
        """For how many days after a session it is known who registered, by what is in force on a day (today)."""
        found = self.filter(valid_from__lte=day or today()).order_by("-valid_from").values_list("days", flat=True).first()
        return DAYS if found is None else int(found)


class RetentionPolicy(models.Model):
    """From a day on, names, contacts, matters and needs of those who registered are forgotten so many days after the session
    (thời hạn lưu dữ liệu người đăng ký). Numbers and states stay."""

    valid_from = models.DateField(_("valid from"), unique=True, error_messages={"unique": _("A policy begins on that day already.")})
    days = models.PositiveSmallIntegerField(_("days after the session"), default=DAYS)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = RetentionPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy of keeping registrations")
        verbose_name_plural = _("policies of keeping registrations")
        ordering: ClassVar = ["-valid_from"]
        default_permissions: ClassVar = ["view", "add", "change"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(days__range=(1, LONGEST)), name="retention_policy_days", violation_error_message=WRONG_DAYS
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"

    def clean(self) -> None:
        """The same rule as the constraint, at the field that breaks it."""
        super().clean()
        if self.days is not None and not 1 <= self.days <= LONGEST:
            raise ValidationError({"days": WRONG_DAYS})


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    """The vocabulary of consent."""

    def in_force(self, day: dt.date | None = None) -> ConsentText:
        """The text of a day (today): the newest, else the one that comes with the portal."""
        return self.filter(valid_from__lte=day or today()).order_by("-valid_from").first() or ConsentText(version=ConsentText.STANDARD)


class ConsentText(models.Model):
    """What somebody consents to who registers (nội dung đồng ý xử lý dữ liệu cá nhân). The registration keeps version and time; a text
    that somebody consented to is never rewritten: a new one begins on a day."""

    STANDARD = "chuan-1"

    version = models.SlugField(_("version"), max_length=40, unique=True)
    valid_from = models.DateField(_("valid from"), unique=True, error_messages={"unique": _("A text begins on that day already.")})
    text = models.TextField(_("text"), max_length=2000)
    text_en = models.TextField(_("English text"), max_length=2000, blank=True)
    source = models.CharField(_("decided by"), max_length=250, blank=True)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of consent")
        verbose_name_plural = _("texts of consent")
        ordering: ClassVar = ["-valid_from"]
        default_permissions: ClassVar = ["view", "add"]

    def __str__(self) -> str:
        return self.version

    @property
    def words(self) -> str:
        """In the reader's language."""
        if self.version == self.STANDARD and not self.text:
            return gettext(
                "I agree that the office keeps my name, my telephone number or e-mail address, the matter and what I need, to prepare this "
                "session and to write to me about it. Only those who prepare it read them. They are forgotten some time after the session; I "
                "can have them forgotten earlier, and take this consent back, on the page of my registration."
            )
        return in_language(self.text, self.text_en)

    def clean(self) -> None:
        """The version of the portal's own text is taken."""
        super().clean()
        if self.version == self.STANDARD:
            raise ValidationError({"version": _("This is the name of the portal's own text. Choose another.")})
