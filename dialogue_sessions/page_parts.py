"""What the parts of a session's page read: questions sent ahead, the agenda, what came of it, what was promised."""

from __future__ import annotations

from typing import Any

from . import question_list, session_page
from .models import Session


def questions(session: Session) -> dict[str, Any]:
    """Questions sent ahead."""
    return {"questions": question_list.for_page(session)}


def register() -> None:
    """Add the parts to the page."""
    session_page.extras[:] = [questions]
