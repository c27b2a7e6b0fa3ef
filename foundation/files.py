"""The private folder: files that no web server reaches, under names that say nothing (U7, U8).

Nothing of a citizen or of an import ever lies in the public media. A file is reached through a view that asks for rights.
"""

from __future__ import annotations

import re
import secrets
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}(\.gz)?\Z")


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files under PRIVATE_ROOT, readable by the portal's own user only. They have no address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(location=None, file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        """The private folder of the installation."""
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:
        """The same, absolute."""
        return str(settings.PRIVATE_ROOT)

    def url(self, name: str | None) -> str:
        """There is none; raises SuspiciousFileOperation."""
        raise SuspiciousFileOperation("A private file has no address.")


def random_name(folder: str, original: str) -> str:
    """A name in `folder` that says nothing but the kind of file; `original` gives the ending, when it is a plain one."""
    endings = [ending.lower() for ending in PurePosixPath(original.replace("\\", "/")).suffixes]
    kept = "".join(endings[-2:]) if endings[-1:] == [".gz"] else "".join(endings[-1:])
    return f"{folder}/{secrets.token_hex(16)}{kept if _SUFFIX.match(kept) else ''}"
