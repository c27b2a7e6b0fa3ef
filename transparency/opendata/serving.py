"""A file of a release as an answer: in part when a part is asked for, not at all when the reader has it already."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, parse_http_date_safe

from .formats import BLOCK, CONTENT_TYPES
from .models import Release

MAX_AGE = 60
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")
EXPOSED = "ETag, Last-Modified, Content-Range, Accept-Ranges, Content-Disposition, Repr-Digest"


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range that a header asks for; None when it asks for something else (then all is sent).

    Raises ValueError when the file has no such bytes."""
    found = RANGE.match(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many
        length = int(found[2])
        if not length or not size:
            raise ValueError("no such bytes")
        return max(0, size - length), size - 1
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise ValueError("no such bytes")
    return first, last


def _still_so(request: HttpRequest, etag: str, made_at: datetime) -> bool:
    """Whether a part may be added to what the reader has (`If-Range`)."""
    condition = request.headers.get("If-Range")
    if not condition:
        return True
    if condition.startswith('"'):
        return condition == etag
    return parse_http_date_safe(condition) == int(made_at.timestamp())


def _blocks(file: IO[bytes], first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block


def serve(request: HttpRequest, release: Release, kind: str, path: Path, name: str) -> HttpResponseBase:
    """The file under the name that it is saved by; raises FileNotFoundError when it is not there."""
    file = path.open("rb")  # closed by the stream, or below
    known = release.files[kind]
    size = path.stat().st_size
    etag = f'"{known["sha256"][:32]}"'
    made = int(release.made_at.timestamp())
    headers = {
        "ETag": etag,
        "Last-Modified": http_date(made),
        "Accept-Ranges": "bytes",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": EXPOSED,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(known['sha256'])).decode()}:",
    }
    first, length, status = 0, size, 200
    if "Range" in request.headers and _still_so(request, etag, release.made_at):
        try:
            part = asked_range(request.headers["Range"], size)
        except ValueError:
            file.close()
            return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        if part:
            first, length, status = part[0], part[1] - part[0] + 1, 206
            headers["Content-Range"] = f"bytes {part[0]}-{part[1]}/{size}"
    response: HttpResponseBase
    kept = get_conditional_response(request, etag=etag, last_modified=made)
    if kept is not None:
        file.close()
        response = kept
    elif request.method == "HEAD":
        file.close()
        response = HttpResponse(status=status, content_type=CONTENT_TYPES[kind])
        response["Content-Length"] = str(length)
    else:
        response = StreamingHttpResponse(_blocks(file, first, length), status=status, content_type=CONTENT_TYPES[kind])
        response["Content-Length"] = str(length)
        response._resource_closers.append(file.close)  # type: ignore[attr-defined]  # a reader who leaves early closes it, too
    for header, value in headers.items():
        response[header] = value
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    return response
