"""Why the editor does not offer to publish, and what to do next. The menu hides what the services would refuse; a button that
is simply not there leaves people guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from safeguards.models import User

from .. import services
from ..completeness import labels, missing_parts
from ..enums import State
from ..models import Contribution, ProcedureVersion
from ..services.revisions import record_in_memory

PUBLISH = "procedures_catalog.publish_procedureversion"
OVERRIDE = "procedures_catalog.override_completeness"
NAMED = 5


@dataclass(frozen=True)
class Told:
    """Sentences for whoever edits: why, and what next."""

    why: tuple[str, ...]
    next: tuple[str, ...]


def others_who_may(version: ProcedureVersion) -> list[str]:
    """Names of those who may publish a version and wrote none of it, at most `NAMED` and one."""
    right = Permission.objects.filter(content_type__app_label="procedures_catalog", codename="publish_procedureversion")
    writers = Contribution.objects.filter(version_id=version.pk).values("user")
    may = User.objects.filter(Q(groups__permissions__in=right) | Q(user_permissions__in=right) | Q(is_superuser=True), is_active=True)
    return [str(user) for user in may.exclude(pk__in=writers).distinct().order_by("username")[: NAMED + 1]]


def _named(version: ProcedureVersion) -> str:
    people = others_who_may(version)
    if not people:
        return _("At present nobody else may publish it: ask whoever manages the accounts.")
    if len(people) > NAMED:
        return _("Able to approve it: %(names)s and others.") % {"names": ", ".join(people[:NAMED])}
    return _("Able to approve it: %(names)s.") % {"names": ", ".join(people)}


def _hand_in(label: str) -> str:
    if label:
        return _("When you have finished, choose “%(button)s” in the menu at the bottom.") % {"button": label}
    return _("When you have finished, save the draft and tell one of them.")


def _missing(version: ProcedureVersion, user: Any) -> tuple[str, str]:
    """What is missing, and how it may go out all the same; both empty when nothing is."""
    # the row of a draft knows; that of a version already public tells of what is public
    missing = labels(missing_parts(record_in_memory(version)) if version.live else version.missing)
    if not missing or version.incomplete_reason:
        return "", ""
    why = ngettext(
        "A compulsory part is still missing, so it cannot be published yet: %(parts)s.",
        "Compulsory parts are still missing, so it cannot be published yet: %(parts)s.",
        len(missing),
    ) % {"parts": ", ".join(missing)}
    if user.has_perm(OVERRIDE):
        return why, _("Fill them in. If one cannot be had, write under “More” why it goes out all the same.")
    return why, _("Fill them in. If one cannot be had, write under “More” why; somebody with the right to do so decides.")


def publishing(version: ProcedureVersion | None, user: Any, *, submit_label: str = "") -> Told | None:
    """What stands between a user and publishing a version as it was last saved, or None where nothing does, or where the lock
    of what is in force says all. `submit_label` is the button that hands it in, where there is one."""
    if version is None or version.pk is None:
        return Told(
            (_("You are writing this version, so somebody else has to approve it."),),
            (_("Save the draft first. Then you can go on writing, or send it for approval."),),
        )
    if version.state not in {State.DRAFT, State.UPCOMING} or (version.live and not version.has_unpublished_changes):
        return None
    waits = version.workflow_in_progress
    missing, how = _missing(version, user)
    if services.wrote(version, user):
        after = _("It has been sent and waits for approval. You need do nothing more.") if waits else _hand_in(submit_label)
        why = _("You wrote part of this version, so somebody else has to approve it.")
        return Told(tuple(filter(None, (why, missing))), tuple(filter(None, (how, after, _named(version)))))
    if not user.has_perm(PUBLISH):
        after = _("It has been sent and waits for approval.") if waits else _hand_in(submit_label)
        why = _("You may write, but publishing needs a right that you do not hold.")
        return Told(tuple(filter(None, (why, missing))), tuple(filter(None, (how, after, _named(version)))))
    return Told((missing,), (how,)) if missing else None
