"""People of the back office, what happened (events and their seals), how often somebody tried (limits) and failed (attempts)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .uploads.models import StoredFile

__all__ = ["Attempts", "Event", "RateLimit", "Seal", "StoredFile", "User"]


class User(AbstractUser):
    """A member of staff (người dùng). Citizens have no account."""

    display_name = models.CharField(_("name"), max_length=150, blank=True)

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]  # the stubs want a plain str where Django takes lazy text
        verbose_name_plural = _("users")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.get_username()

    def get_full_name(self) -> str:
        """The name shown; Wagtail asks for it by this name."""
        return self.display_name or super().get_full_name()

    def rights(self) -> str:
        """What this account may do, as far as a session depends on it: whoever changes it, in whichever way, ends the sessions.

        The backend that loads the user of a request reads the ids along with the row; elsewhere they are asked for."""
        groups = self.__dict__.get("group_ids")
        permissions = self.__dict__.get("permission_ids")
        if groups is None or permissions is None:
            groups = list(self.groups.order_by("pk").values_list("pk", flat=True))
            permissions = list(self.user_permissions.order_by("pk").values_list("pk", flat=True))
        return f"{self.is_active}|{self.is_superuser}|{self.is_staff}|{groups}|{permissions}"

    def _session_hash(self, secret: str) -> str:
        return salted_hmac("safeguards.User.session", f"{self.password}|{self.rights()}", secret=secret, algorithm="sha256").hexdigest()

    def get_session_auth_hash(self) -> str:
        """What a session must still agree with: a new password or other rights end it at the next request (A7)."""
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under former keys, while `SECRET_KEY` changes."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)


class Event(models.Model):
    """One thing that happened, written in the transaction that made it happen. Append-only: a trigger and the
    application's database role allow neither change nor removal. `payload` holds no personal data in the clear."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    kind = models.CharField(_("kind"), max_length=80)  # "procedures_catalog.version_published"
    subject_type = models.CharField(_("subject type"), max_length=80)
    subject_id = models.CharField(_("subject"), max_length=80)
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor"))
    payload: models.JSONField[Any, Any] = models.JSONField(_("details"), default=dict, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject"),
            models.Index(fields=["kind", "id"], name="event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type} {self.subject_id}"


class Seal(models.Model):
    """A hash over a batch of events and over the seal before it, made by a job, so that no writer waits for another.

    It covers every event with an id above the previous seal's `last_event` up to its own. `previous` is unique: the
    database itself refuses a chain that forks. Append-only like the events."""

    id = models.BigAutoField(primary_key=True)
    first_event = models.BigIntegerField()
    last_event = models.BigIntegerField()
    count = models.IntegerField()
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.first_event}-{self.last_event}"


class RateLimit(models.Model):
    """How often a key did an action in a window. Counted in one statement, so that processes cannot race (C11)."""

    scope = models.CharField(max_length=40)
    key = models.CharField(max_length=64)  # HMAC of the address or account, never the thing itself
    window = models.BigIntegerField()  # start of the window, seconds since the epoch
    count = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("rate limit")
        verbose_name_plural = _("rate limits")
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "key", "window"], name="rate_limit_once")]


class Attempts(models.Model):
    """When somebody failed lately: signing in, typing a code. One row a key, one statement a try (accounts/attempts.py)."""

    scope = models.CharField(max_length=40)
    key = models.CharField(max_length=64)  # HMAC of the address or account, never the thing itself
    stamps = ArrayField(models.BigIntegerField())  # microseconds since the epoch, of the tries that count
    latest = models.BigIntegerField()
    allowed = models.BooleanField()  # the answer to the latest try

    class Meta:
        verbose_name = _("failed attempts")
        verbose_name_plural = _("failed attempts")
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "key"], name="attempts_once")]
