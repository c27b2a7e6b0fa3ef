"""A file on its way out: only to whom its owner's application lets have it, as a download that no browser opens as a page (U8)."""

from __future__ import annotations

import itertools
import logging
import re
import uuid
from collections.abc import Iterator
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from foundation.registries import file_owners
from safeguards.encryption import Unreadable
from safeguards.models import User
from safeguards.refusals import refuse

from . import services
from .enums import MEDIA_TYPES, Kind
from .models import StoredFile

log = logging.getLogger(__name__)

RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


class NoSuchPart(ValueError):
    """The file is not that long."""


@require_safe
def download(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """For a member of staff. Who may not have it is not told that it is there."""
    file = StoredFile.objects.exclude(owner_label="").filter(uid=uid).first()
    owner = file_owners.find(file.owner_label) if file else None
    if file is None or owner is None or not file.is_readable or not owner.may_read(request, file.owner_uid):
        raise Http404
    return serve(request, file, actor=request.user if isinstance(request.user, User) else None)


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """From where to where a Range header asks, the end not included; None for all of it (no header, several parts, another unit).
    Raises NoSuchPart."""
    asked = RANGE.fullmatch(header.strip())
    if asked is None or not any(asked.groups()):
        return None
    first, last = asked.groups()
    if not first:
        if not int(last):
            raise NoSuchPart
        return max(0, size - int(last)), size
    start, stop = int(first), int(last) + 1 if last else size
    if last and stop <= start:
        return None
    if start >= size:
        raise NoSuchPart
    return start, min(stop, size)


def serve(request: HttpRequest, file: StoredFile, *, actor: User | None) -> HttpResponseBase:
    """The answer with a file's content, or the part that was asked for. The caller has asked whether it may go out."""
    answer: HttpResponseBase
    try:
        # If-Range names a state of the file, and ours has none: then all of it.
        part = None if "If-Range" in request.headers else part_of(request.headers.get("Range", ""), file.size)
    except NoSuchPart:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{file.size}"
        return _closed(answer, file)
    start, stop = part or (0, file.size)
    if request.method == "HEAD":
        answer = HttpResponse()
    else:
        try:
            content = services.read(file, actor=actor, start=start, stop=stop)
            # The first piece now: a file that is not as it was sent is an error here, not a broken download.
            first = next(content)
        except (Unreadable, OSError, StopIteration):
            log.error("a file of a citizen could not be read", extra={"file": file.pk})
            return refuse(request, 500)
        answer = StreamingHttpResponse(_closing(first, content))
    if part:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    answer["Content-Length"] = str(stop - start)
    return _closed(answer, file)


def _closing(first: bytes, content: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from itertools.chain([first], content)
    finally:
        content.close()  # type: ignore[attr-defined]  # a generator


def _closed(answer: HttpResponseBase, file: StoredFile) -> HttpResponseBase:
    """The headers that keep a file from being anything but a file."""
    name = file.shown_name
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._- ") else "_" for sign in name)
    answer["Content-Type"] = MEDIA_TYPES[Kind(file.kind)]
    answer["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store, private"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Accept-Ranges"] = "bytes"
    return answer
