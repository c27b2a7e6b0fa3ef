"""Links that lead nowhere, as the last check found them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _


class LinkProblem(models.Model):
    """A link that leads nowhere (liên kết hỏng): where it stands, where it leads, since when."""

    class Reason(models.TextChoices):
        """What is wrong."""

        MISSING = "missing", _("there is no such page or file")
        DRAFT = "draft", _("leads to a page that is not public")
        ABOLISHED = "abolished", _("leads to a procedure that is no longer in force")
        GONE = "gone", _("the other site says that it is not there")
        BROKEN = "broken", _("the other site answers with an error")
        UNREACHABLE = "unreachable", _("not reachable from this machine")
        REFUSED = "refused", _("an address that we do not ask")

    source_kind = models.CharField(_("kind"), max_length=20)
    source_id = models.CharField(max_length=40)
    source_title = models.CharField(_("stands on"), max_length=300)
    place = models.CharField(_("place"), max_length=120, blank=True)
    words = models.CharField(_("words of the link"), max_length=300, blank=True)
    target = models.CharField(_("leads to"), max_length=2000)
    external = models.BooleanField(_("another site"), default=False)
    reason = models.CharField(_("what is wrong"), max_length=12, choices=Reason.choices)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    since: Any = models.DateTimeField(_("since"))
    checked_at: Any = models.DateTimeField(_("last looked at"))

    class Meta:
        verbose_name = _("broken link")
        verbose_name_plural = _("broken links")
        ordering: ClassVar = ["since", "pk"]
        constraints: ClassVar = [models.UniqueConstraint("source_kind", "source_id", MD5("place"), MD5("target"), name="link_problem_once")]

    def __str__(self) -> str:
        return f"{self.source_title}: {self.target}"
