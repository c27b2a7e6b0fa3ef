"""Files on their way in: counted while they stream, in memory never, and no further than the limits, whatever the request says of
their size (U2). A view that takes files says so with `takes_files`; no other public address lets a body of that size in."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import override

from safeguards import limits
from safeguards.refusals import language_of

from .enums import Reason

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)


if TYPE_CHECKING:
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile


class TakenFile(Upload):
    """One file of a form, in a temporary file that has no name on the disk. `refusal` says why nothing of it was kept, or is empty."""

    def __init__(self, file: Any, name: str, content_type: str, size: int, refusal: str) -> None:
        super().__init__(file, None, content_type, size)
        self._name = name[:1000]
        self.refusal = refusal

    def _get_name(self) -> str:
        return self._name

    # Django cuts a long name here and takes the last part of a path; the name is judged whole (names.py) and is never a path.
    name = property(_get_name, lambda self, value: None)


class Counted(FileUploadHandler):
    """Writes files away as they come. What is past a limit is read on, so that the rest of the form is not lost, and thrown away."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.files = self.total = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """The next file begins."""
        super().new_file(*args, **kwargs)
        self.files += 1
        self.refusal = Reason.TOO_MANY.value if self.files > settings.UPLOAD_FILES else ""
        self.size = 0
        self.kept: Any = tempfile.TemporaryFile()  # noqa: SIM115  # the request closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Some bytes of it."""
        self.size += len(raw_data)
        self.total += len(raw_data)
        if not self.refusal and self.size > settings.UPLOAD_FILE_BYTES:
            self.refusal = Reason.TOO_LARGE.value
        elif not self.refusal and self.total > settings.UPLOAD_TOTAL_BYTES:
            self.refusal = Reason.TOO_MUCH.value
        if self.refusal:
            self.kept.seek(0)
            self.kept.truncate()
        else:
            self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> TakenFile:
        """It is all there."""
        self.kept.seek(0)
        return TakenFile(self.kept, self.file_name or "", self.content_type or "", self.size, self.refusal)

    def upload_interrupted(self) -> None:
        """Whoever sent it has gone."""
        if kept := getattr(self, "kept", None):
            kept.close()


def takes_files(
    view: Callable[Concatenate[HttpRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R | HttpResponse]:
    """Decorate a view whose form has files: a larger body, counted files, and a limit on how often an address sends some."""

    @functools.wraps(view)
    def taking(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
        if request.method == "POST" and request.FILES:
            refused = limits.refusal(request, "upload_address")
            if refused is not None:
                return refused
        return view(request, *args, **kwargs)

    taking.takes_files = True  # type: ignore[attr-defined]
    return taking


def prepare(request: HttpRequest) -> bool:
    """Whether the address takes files; its request then counts them. Called before anybody reads the body."""
    if request.method != "POST" or request.content_type != "multipart/form-data":
        return False
    try:
        with override(language_of(request)):
            view = resolve(request.path_info).func
    except Resolver404:
        return False
    if not getattr(view, "takes_files", False):
        return False
    request.upload_handlers = [Counted(request)]
    return True
