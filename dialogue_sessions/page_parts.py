"""What the parts of a session's page read: questions sent ahead, the agenda, what came of it, what was promised."""

from __future__ import annotations

from typing import Any

from . import after_page, question_list, running_order, session_page
from .models import Session


def questions(session: Session) -> dict[str, Any]:
    """Questions sent ahead."""
    return {"questions": question_list.for_page(session)}


def after(session: Session) -> dict[str, Any]:
    """Minutes, conclusion, promises."""
    found = after_page.for_page(session)
    return {"after": found, "promises": found.promises}


def register() -> None:
    """Add the parts to the page."""
    session_page.extras[:] = [questions, running_order.for_session_page, after]
