"""Links to a draft for somebody without an account: signed, bound to one revision, until a day, taken back at will."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page, PreviewableMixin, Revision

from procedures_catalog.models import ProcedureVersion
from safeguards.services import record

from ..models.four_eyes import Attended
from .errors import ContentError
from .four_eyes import approvals

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import PreviewLink

DAYS = 7
LONGEST = 60
_signer = Signer(salt="portal.preview_link", sep="~")


def revision_digest(revision: Revision) -> str:
    """SHA-256 (hex) of what a revision holds now."""
    return hashlib.sha256(json.dumps(revision.content, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()


def _signed(link: PreviewLink) -> str:
    return f"{link.pk}.{link.revision_id}.{int(link.expires_at.timestamp())}.{link.digest[:16]}"


def token(link: PreviewLink) -> str:
    """What stands in the address: the row's key and an HMAC over key, revision, content and last moment."""
    signature = _signer.signature(_signed(link))
    return f"{link.pk}-{signature}"


def may_share(content: Any, user: Any) -> bool:
    """Who may edit something may show it."""
    if isinstance(content, Page):
        return bool(content.permissions_for_user(user).can_edit())
    options = content._meta
    return bool(user.has_perm(f"{options.app_label}.change_{options.model_name}"))


@transaction.atomic
def make_link(content: Any, user: User, days: int = DAYS) -> PreviewLink:
    """A link to the latest revision of a page, a version of a procedure or a public duty, for `days` (1 to 60). Raises
    PermissionDenied for who may not edit it, ContentError when there is no draft to show."""
    from ..models import PreviewLink

    if not isinstance(content, PreviewableMixin) or not may_share(content, user):
        raise PermissionDenied
    revision = content.latest_revision
    if revision is None:
        raise ContentError(_("There is no saved draft to show. Save it first."))
    if not 1 <= days <= LONGEST:
        raise ContentError(_("A link lives from 1 to 60 days."))
    link = PreviewLink.objects.create(
        revision=revision, digest=revision_digest(revision), title=revision.object_str[:300], made_by=user,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )  # fmt: skip
    record(
        "portal.preview_link_made", link, actor=user,
        payload={"subject": content._meta.label_lower, "key": str(content.pk), "revision": revision.pk, "until": link.expires_at.isoformat()},
    )  # fmt: skip
    return link


@transaction.atomic
def revoke_link(link: PreviewLink, user: User) -> PreviewLink:
    """Take a link back: who made it, or whoever may edit what it shows. Raises PermissionDenied, ContentError."""
    from ..models import PreviewLink

    row = PreviewLink.objects.select_for_update(of=("self",)).select_related("revision").get(pk=link.pk)
    content = row.revision.content_object
    if row.made_by_id != user.pk and (content is None or not may_share(content, user)):
        raise PermissionDenied
    if row.revoked_at is not None:
        raise ContentError(_("This link has been taken back already."))
    row.revoked_at, row.revoked_by = timezone.now(), user
    row.save(update_fields=["revoked_at", "revoked_by"])
    record("portal.preview_link_revoked", row, actor=user)
    return row


@dataclass(frozen=True)
class Opened:
    """What a link shows, or why it shows nothing: "", "unknown", "expired", "revoked", "changed", "published"."""

    why_not: str
    content: Any = None
    link: PreviewLink | None = None


def open_link(text: str) -> Opened:
    """What stands behind the end of an address. Whoever guesses learns nothing: a wrong signature is an unknown link."""
    from ..models import PreviewLink

    key, _sep, signature = text.partition("-")
    if not (key.isascii() and key.isdigit() and len(key) < 12) or not signature.isascii():
        return Opened("unknown")
    link = PreviewLink.objects.select_related("revision", "made_by").filter(pk=int(key)).first()
    if link is None:
        return Opened("unknown")
    try:
        _signer.unsign(f"{_signed(link)}~{signature}")
    except BadSignature:
        return Opened("unknown")
    if link.revoked_at is not None or not link.made_by.is_active:  # who left the office took no keys along
        return Opened("revoked", link=link)
    if link.expires_at <= timezone.now():
        return Opened("expired", link=link)
    if revision_digest(link.revision) != link.digest:
        return Opened("changed", link=link)
    row = link.revision.content_object
    if row is None:
        return Opened("changed", link=link)
    if row.live and row.live_revision_id == link.revision_id and (not isinstance(row, ProcedureVersion) or row.state == "effective"):
        return Opened("published", content=row, link=link)
    if _was_public(row, link.revision):
        # Taken down or corrected since, and not for a link to bring back.
        return Opened("changed", link=link)
    return Opened("", content=link.revision.as_object(), link=link)


def _was_public(row: Any, revision: Revision) -> bool:
    """Whether a page or duty has shown this revision: what was approved, but for what waits for its day."""
    return isinstance(row, Attended) and revision.approved_go_live_at is None and approvals(row).filter(revision_id=revision.pk).exists()
