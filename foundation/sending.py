"""How Wagtail sends a document from the disk (SENDFILE_BACKEND): as a stream, without the header `Content-Encoding: None`
that its own way puts on every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils.http import http_date


class Sent(FileResponse):
    """A file; a header without a value is no header."""

    def __setitem__(self, header: str, value: Any) -> None:
        """Set a header that says something."""
        if value is not None:
            super().__setitem__(header, value)


def sendfile(request: HttpRequest, filename: str, **options: Any) -> Sent:
    """The file of a path that Wagtail has checked. Whether the visitor has it already Wagtail asks by its ETag."""
    path = Path(filename)
    response = Sent(path.open("rb"))
    response["Last-Modified"] = http_date(path.stat().st_mtime)
    return response
