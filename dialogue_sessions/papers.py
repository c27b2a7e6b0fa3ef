"""Papers that somebody sends ahead to their matter, so that whoever receives them can prepare.

They are the staff's who work with the registration, they go as soon as the registration is forgotten, lapses or is cancelled, and
whoever sent them may take each one back. `safeguards.uploads` looks at them, keeps them sealed and gives them out."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.registries import FileOwner, file_owners
from safeguards.encryption import Unreadable
from safeguards.models import StoredFile, User
from safeguards.uploads import services as uploads

from .enums import LIVING, OPEN_TO_CLERKS, OVER, SessionKind
from .models import Registration, RegistrationPaper, RetentionPolicy

OWNER = "dialogue_sessions.registration"
PURPOSE = "dialogue_sessions.paper"
# Sessions to which a person brings a matter of their own; to a dialogue people come to listen and to ask.
WITH_PAPERS = frozenset({SessionKind.PERIODIC, SessionKind.EXTRAORDINARY, SessionKind.LEGAL_AID, SessionKind.APPOINTMENT})
# Papers go with their registration. Should nobody ever forget that, they go so long after it was due: a session may be moved, too.
OUTER_WALL = dt.timedelta(days=400)

TOO_MANY = _("Together with those that we have, these are too many: at most 20 files and 50 MB. Delete some first.")


class NoRoom(Exception):
    """With these there would be more, or larger, papers than are taken."""


class Over(Exception):
    """The registration ended, or was forgotten, meanwhile: nobody would read them."""


def takes_more(registration: Registration) -> bool:
    """Whether papers can still be sent: there is somebody who will read them."""
    session = registration.session
    return session.kind in WITH_PAPERS and registration.state in LIVING and session.state in OPEN_TO_CLERKS


def attach(registration: Registration, files: Iterable[StoredFile], *, actor: User | None = None) -> list[RegistrationPaper]:
    """Keep the files of a form (`FilesField` with our PURPOSE) with a registration; gives what is kept. A file that has gone
    meanwhile, or belongs to something already, is left out. Raises NoRoom and Over, with nothing done."""
    new = list({file.pk: file for file in files}.values())
    if not new:
        return []
    until = registration.session.ends_at + dt.timedelta(days=RetentionPolicy.objects.days()) + OUTER_WALL
    with transaction.atomic():
        # One form after the other, so that the limits hold over all of them; and none beside whoever cancels or forgets it.
        current = Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=registration.pk)
        if current.forgotten_at is not None or current.state in OVER:
            raise Over
        had = of(registration)
        if len(had) + len(new) > settings.UPLOAD_FILES or sum(file.size for file in (*had, *new)) > settings.UPLOAD_TOTAL_BYTES:
            raise NoRoom
        made = []
        for file in new:
            try:
                (kept,) = uploads.attach([file], OWNER, registration.uid, keep_until=until, actor=actor)
            except uploads.FileError:
                continue
            made.append(RegistrationPaper.objects.create(registration=registration, file=kept))
    return made


def of(registration: Registration) -> Sequence[StoredFile]:
    """The files of a registration, in the order in which they came."""
    return [paper.file for paper in RegistrationPaper.objects.filter(registration=registration).select_related("file").order_by("pk")]


def shown(registration: Registration) -> list[dict[str, Any]]:
    """Its papers as lists show them to whoever sent them."""
    return described_for_sender(of(registration))


def described_for_sender(files: Iterable[StoredFile]) -> list[dict[str, Any]]:
    """Files as lists show them to whoever sent them; a name whose key is gone is told as such."""
    return [{"uid": file.uid, "name": _name(file), "size": file.size, "said": file.said} for file in files]


def _name(file: StoredFile) -> str:
    try:
        return file.shown_name
    except Unreadable:
        return gettext("cannot be read")


def take_back(registration: Registration, uid: Any) -> bool:
    """Whoever sent a paper does not want it there any more; whether there was one."""
    return bool(uploads.remove(StoredFile.objects.of(OWNER, registration.uid).filter(uid=uid), "withdrawn"))


def remove(registration: Registration) -> int:
    """All papers of a registration, in the caller's transaction; gives how many."""
    return uploads.remove_of(OWNER, registration.uid, "forgotten")


def described(registration: Registration) -> list[dict[str, Any]]:
    """What is held of them, for the person whose they are."""
    return uploads.described(OWNER, registration.uid)


def as_uid(typed: str) -> uuid.UUID | None:
    """The id of a file as a form says it; None for anything else."""
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def with_papers(rows: QuerySet[Registration]) -> QuerySet[RegistrationPaper]:
    """The papers of some registrations, by place in the queue."""
    return (
        RegistrationPaper.objects.filter(registration__in=rows)
        .select_related("file", "registration__pool")
        .order_by("registration__queue_no", "registration", "pk")
    )


def _may_read(request: HttpRequest, uid: str) -> bool:
    from . import scope

    return scope.may(request.user, scope.REVEAL) and scope.registrations_for(request.user).filter(uid=uid).exists()


def _existing(uids: Iterable[str]) -> set[str]:
    """Registrations that still need their papers: neither forgotten nor cancelled nor lapsed."""
    rows = Registration.objects.filter(uid__in=list(uids), forgotten_at=None).exclude(state__in=OVER)
    return {str(uid) for uid in rows.values_list("uid", flat=True)}


def register() -> None:
    """Tell whose these files are."""
    file_owners.register(OWNER, FileOwner(_("Registration"), _may_read, _existing))
