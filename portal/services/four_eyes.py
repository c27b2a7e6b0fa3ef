"""Who wrote, who may publish. Every publication of a page or a public duty passes `approve`, whichever view began it.

Open contributions are those since the last approval. Somebody may publish a revision when none of the open contributions is
theirs; publishing unchanged what has been approved before is everybody's who holds the right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from wagtail.actions.publish_revision import PublishRevisionAction

from safeguards.requests import current_request_id

from .errors import FourEyesRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..models import Approval, Contribution

# What belongs to the row and not to what it says.
BOOKKEEPING = frozenset({
    "pk", "id", "path", "depth", "numchild", "url_path", "live", "has_unpublished_changes", "latest_revision", "live_revision",
    "first_published_at", "last_published_at", "latest_revision_created_at", "expired", "locked", "locked_at", "locked_by", "go_live_at",
    "expire_at", "due_on", "published_on", "reviewed_on", "review_on",
    "draft_title", "owner", "translation_key", "locale", "alias_of", "content_type",
    "wagtail_admin_comments", "page_ptr",
})  # fmt: skip


KEYS = frozenset({"id", "pk"})
# What Wagtail's editor of rich text writes into each paragraph: another one whenever a text without it is opened and saved.
_KEY = re.compile(r' data-block-key="[^"]{0,40}"')


def _plain(value: Any, without: frozenset[str] = KEYS) -> Any:
    """Content without keys, however it is stored: a StreamField is JSON inside JSON, its blocks carry random ids."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return _plain(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, str):
        return _KEY.sub("", value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if key not in without}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def digest_of(content: Any) -> str:
    """SHA-256 (hex) over everything that a page or duty says, without keys and states."""
    data = json.loads(json.dumps(content.serializable_data(), cls=DjangoJSONEncoder))
    said = json.dumps(_plain(data, BOOKKEEPING), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _subject(content: Any) -> dict[str, Any]:
    return {"subject_type": content._meta.label_lower, "subject_id": content.pk}


def contributions(content: Any) -> QuerySet[Contribution]:
    """All contributions to a page or duty."""
    from ..models import Contribution

    return Contribution.objects.filter(**_subject(content))


def approvals(content: Any) -> QuerySet[Approval]:
    """All approvals of a page or duty."""
    from ..models import Approval

    return Approval.objects.filter(**_subject(content))


def _open(content: Any) -> QuerySet[Contribution]:
    covered = approvals(content).aggregate(last=Max("last_contribution"))["last"]
    return contributions(content).filter(pk__gt=covered or 0)


def wrote(content: Any, user: Any) -> bool:
    """Whether a user wrote part of what has not been approved yet."""
    return bool(user is not None and user.pk and content.pk and _open(content).filter(user_id=user.pk).exists())


def note(content: Any, user: Any) -> None:
    """Note who wrote a revision just saved; saving what stands on record already is not writing."""
    if user is None or not user.pk:
        return
    from ..models import Contribution

    digest = digest_of(content)
    if not contributions(content).filter(digest=digest).exists() and not approvals(content).filter(digest=digest).exists():
        Contribution.objects.create(**_subject(content), user=user, digest=digest)


def refuse_overwriting(content: Any, revision: Any) -> None:
    """Raise PermissionDenied for a revision that is public, scheduled or approved: autosave must not rewrite it."""
    if (
        revision.approved_go_live_at is not None
        or revision.pk == content.live_revision_id
        or approvals(content).filter(revision_id=revision.pk).exists()
    ):
        raise PermissionDenied(_("This revision has been approved; it cannot be overwritten."))


def why_not(content: Any, user: Any, digest: str) -> str:
    """Why a user may not publish content with this digest as far as four eyes go, in words; '' when they may. What nobody is on
    record for having written (a translation begun by copying, a draft of a command) waits until somebody saves it."""
    if approvals(content).filter(digest=digest).exists():
        return ""
    if wrote(content, user) or contributions(content).filter(user_id=user.pk, digest=digest).exists():
        return str(FourEyesRefused.words)
    if not contributions(content).filter(digest=digest).exists():
        return _("It is not on record who wrote this. Save it once more in the editor, then ask for approval.")
    return ""


def _by_installation() -> bool:
    """Outside any request: a command or a job of whoever runs the machine."""
    return not current_request_id()


def _standing(content: Any, revision: Any, digest: str) -> bool:
    """Whether a schedule come due rests on an approval of exactly this content."""
    return bool(revision.approved_go_live_at is not None and approvals(content).filter(revision_id=revision.pk, digest=digest).exists())


@transaction.atomic
def approve(content: Any, revision: Any, user: Any) -> None:
    """Approve the publication of a revision (`content` is the revision's own object) in the name of `user`, None for the
    installation and for schedules come due. Raises FourEyesRefused, and then nothing has changed."""
    from ..models import Approval

    digest = digest_of(content)
    if user is None or not user.pk:
        if _standing(content, revision, digest):
            return
        if revision.approved_go_live_at is not None or not _by_installation():
            raise FourEyesRefused(_("Nobody has approved this revision."))
        kind, approver = Approval.Kind.INSTALLATION, None
    else:
        type(content).objects.select_for_update(of=("self",)).filter(pk=content.pk).values_list("pk", flat=True).first()
        if words := why_not(content, user, digest):
            raise FourEyesRefused(words)
        kind, approver = Approval.Kind.REVIEW, user
    _record(content, revision.pk, digest, kind, approver)


def _record(content: Any, revision_id: int | None, digest: str, kind: str, approver: Any) -> None:
    from ..models import Approval

    covered = contributions(content)
    if kind == Approval.Kind.REVIEW:
        # What was written after this revision is not approved with it.
        covered = covered.filter(digest=digest)
    last = covered.aggregate(last=Max("id"))["last"] or 0
    Approval.objects.create(**_subject(content), revision_id=revision_id, digest=digest, kind=kind, approver=approver, last_contribution=last)


def check_public(page: Any, columns: Any) -> None:
    """The last line, in a page's `save`: a page goes public, or shows another revision, only with an approval on record.
    Copies, aliases and the API come here too. Raises FourEyesRefused."""
    if _by_installation():
        return
    if page.alias_of_id:
        # An alias shows what its original shows, and no more: content that was approved there.
        if not type(page).objects.filter(pk=page.alias_of_id, live=True).exists():
            raise FourEyesRefused(_("The original is not public, so the copy that follows it is not either."))
        return
    if page.live_revision_id and approvals(page).filter(revision_id=page.live_revision_id).exists():
        return
    if columns is not None and set(columns) == {"live_revision"} and _unchanged(page):
        return
    raise FourEyesRefused(_("A page goes public when a second person publishes it. Copies begin as drafts."))


def _unchanged(page: Any) -> bool:
    """An alias that becomes a page of its own: its first revision says what the public reads already."""
    from ..models import Approval

    row = type(page).objects.filter(pk=page.pk, live=True).first()
    if row is None or page.live_revision is None:
        return False
    digest = digest_of(row)
    if digest != digest_of(page.live_revision.as_object()):
        return False
    _record(page, page.live_revision_id, digest, Approval.Kind.UNCHANGED, None)
    return True


def _attended(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Wagtail's action, behind an approval for what two people attend to."""

    @wraps(execute)
    def method(self: PublishRevisionAction, *args: Any, **kwargs: Any) -> Any:
        from ..models import Attended

        if not isinstance(self.object, Attended):
            return execute(self, *args, **kwargs)
        with transaction.atomic():
            approve(self.object, self.revision, self.user)
            return execute(self, *args, **kwargs)

    method.__dict__["attended"] = True
    return method


def guard() -> None:
    """Put the approval before Wagtail's own action, which every publication goes through: the editor builds it itself and
    passes `publish()` of the page by. Once, however often it is called."""
    if not hasattr(PublishRevisionAction.execute, "attended"):
        PublishRevisionAction.execute = _attended(PublishRevisionAction.execute)
