"""Places at which sessions were to be held before they were held elsewhere."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .sessions import NO_REASON, Session

NO_PLACE = _("Say where it was to be.")


class FormerPlace(models.Model):
    """A public session that is held elsewhere (đổi địa điểm): the former place stays visible, with the reason, as a former time does.

    Both places stand in words, as everybody read them: a room may get another name later."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="former_places", verbose_name=_("session"))
    place = models.TextField(_("was to be at"))
    place_now = models.TextField(_("is held at"), blank=True)  # empty: online alone
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("changed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("former place of a session")
        verbose_name_plural = _("former places of sessions")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="former_place_why", violation_error_message=NO_REASON),
            models.CheckConstraint(condition=~models.Q(place=""), name="former_place_where", violation_error_message=NO_PLACE),
        ]

    def __str__(self) -> str:
        return f"{self.place} > {self.place_now}"

    def clean(self) -> None:
        """The same rules as the constraints, told at the field that breaks them."""
        super().clean()
        errors = {}
        if not self.reason.strip():
            errors["reason"] = NO_REASON
        if not self.place.strip():
            errors["place"] = NO_PLACE
        if errors:
            raise ValidationError(errors)


def leaves(was: tuple[int | None, str], now: tuple[int | None, str]) -> bool:
    """Whether a session with this room and place, once it has those, is no longer where everybody read that it would be. A room goes
    before a place in words."""
    before = was[0] or was[1].strip()
    return bool(before) and before != (now[0] or now[1].strip())
