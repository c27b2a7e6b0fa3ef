"""One file of a citizen. Its content stands in the vault; its name, key and hash are sealed in its row."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguards import encryption

from .enums import READABLE, FileState, Kind
from .names import to_show

OWNER_PAIR = _("A file belongs to one thing, named by its kind and its number, or to nothing yet.")
GONE = _("What held a virus has no content any more; everything else has.")


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """The vocabulary of files."""

    def of(self, label: str, uid: Any) -> StoredFileQuerySet:
        """The files of one thing, in the order in which they came."""
        return self.filter(owner_label=label, owner_uid=str(uid)).order_by("pk")

    def staged(self) -> StoredFileQuerySet:
        """Those that belong to nothing yet."""
        return self.filter(owner_label="")

    def due(self, now: Any) -> StoredFileQuerySet:
        """Those that have had their time."""
        return self.filter(forget_after__lte=now)


class StoredFile(models.Model):
    """A file that somebody sent (tệp người dân gửi). `owner_label`, `owner_uid` name what it belongs to; `services` alone writes."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    storage_name = models.CharField(max_length=80, blank=True, editable=False)
    sealed = models.TextField(editable=False)  # name, key and SHA-256, as JSON
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)  # bytes
    state = models.CharField(_("state"), max_length=10, choices=FileState.choices, default=FileState.PENDING, editable=False)
    purpose = models.CharField(_("what for"), max_length=60, editable=False)
    owner_label = models.CharField(max_length=80, blank=True, editable=False)
    owner_uid = models.CharField(max_length=80, blank=True, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("checked"), null=True, blank=True, editable=False)
    forget_after = models.DateTimeField(_("kept until"), editable=False)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file that somebody sent")
        verbose_name_plural = _("files that people sent")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["owner_label", "owner_uid"], name="stored_file_owner"),
            models.Index(fields=["forget_after"], name="stored_file_due"),
            models.Index(fields=["id"], name="stored_file_to_scan", condition=models.Q(state__in=[FileState.PENDING, FileState.UNSCANNED])),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["storage_name"], name="stored_file_name_once", condition=~models.Q(storage_name="")),
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="stored_file_kind", violation_error_message=_("There is no such kind.")
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=FileState.values), name="stored_file_state", violation_error_message=_("There is no such state.")
            ),
            models.CheckConstraint(
                condition=models.Q(owner_label="", owner_uid="") | ~models.Q(owner_label="") & ~models.Q(owner_uid=""),
                name="stored_file_owner_pair",
                violation_error_message=OWNER_PAIR,
            ),
            models.CheckConstraint(
                condition=models.Q(state=FileState.INFECTED, storage_name="") | ~models.Q(state=FileState.INFECTED) & ~models.Q(storage_name=""),
                name="stored_file_content",
                violation_error_message=GONE,
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)

    def clean(self) -> None:
        """The same rules as the constraints, as sentences."""
        super().clean()
        if bool(self.owner_label) != bool(self.owner_uid):
            raise ValidationError(OWNER_PAIR)
        if (self.state == FileState.INFECTED) != (not self.storage_name):
            raise ValidationError(GONE)

    @property
    def context(self) -> str:
        """What the sealed column is bound to."""
        return f"safeguards.storedfile|{self.uid}"

    def seal(self, name: str, key: bytes, sha256: str) -> None:
        """Write the sealed column."""
        self.sealed = encryption.encrypt(json.dumps({"name": name, "key": base64.b64encode(key).decode(), "sha256": sha256}), self.context)

    def _opened(self) -> dict[str, str]:
        return dict(json.loads(encryption.decrypt(self.sealed, self.context)))

    @property
    def name(self) -> str:
        """The name as it was sent. Raises Unreadable."""
        return self._opened()["name"]

    @property
    def shown_name(self) -> str:
        """The name under which it is given out: harmless on any device, with the ending of what it is. Raises Unreadable."""
        return to_show(self.name, self.kind)

    @property
    def key(self) -> bytes:
        """What its content is sealed with. Raises Unreadable."""
        return base64.b64decode(self._opened()["key"])

    @property
    def sha256(self) -> str:
        """The hash of its content. Raises Unreadable."""
        return self._opened()["sha256"]

    @property
    def is_readable(self) -> bool:
        """Whether somebody who may see it can have it now."""
        return self.state in READABLE

    @property
    def said(self) -> str:
        """Its state in words, for people."""
        return str(FileState(self.state).label)
