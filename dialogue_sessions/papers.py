"""Papers that somebody brings to their matter: the place where they are taken from a form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .models import Registration


def attach(registration: Registration, files: Iterable[Any]) -> None:
    """Keep the files of a form with a registration. No form asks for files yet."""
