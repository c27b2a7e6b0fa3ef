"""Which release this process runs: what is made by one is never taken for made by another."""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata
from pathlib import Path

from django.conf import settings

PACKAGES = ("Django", "wagtail")
SUFFIXES = {".py", ".html", ".mo", ".svg"}


@functools.cache
def release() -> str:
    """A fingerprint of the code, templates and translations that pages are made with, and of the names of styles and scripts in
    them. Read once a process."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in (*settings.HOUSE, "templates", "locale"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    digest.update(manifest.read_bytes() if manifest.is_file() else b"-")
    digest.update(" ".join(metadata.version(name) for name in PACKAGES).encode())
    return digest.hexdigest()[:32]
