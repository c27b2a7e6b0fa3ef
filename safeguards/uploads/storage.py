"""The private folder. Django gives a folder without an address that of public media: this one has none."""

from __future__ import annotations

from django.core.files.storage import FileSystemStorage


class PrivateFolder(FileSystemStorage):
    """Files that only `safeguards.uploads` hands out."""

    def url(self, name: str | None) -> str:
        """There is none."""
        raise ValueError("this file is not accessible via a URL")
