"""The door of the catalogue: every change of a version's state. Each function checks, writes the row, the event and what is
found by search in one transaction, and raises a `CatalogueError` whose text can be shown to whoever asked."""

from .closing import abolish, close, reopen
from .decisions import Applied, CommonChanges, apply_decision, submit
from .drafting import contribute, copy_as_new_version, discard, draft, may_approve, note_revision, wrote
from .errors import (
    AlreadyInForce,
    CatalogueError,
    FourEyes,
    Incomplete,
    InvalidVersion,
    LevelsNotCovered,
    NotPermitted,
    Overlap,
    Tampered,
)
from .publishing import publish, publish_scheduled, withdraw
from .revisions import digest_of, is_settled

__all__ = [
    "AlreadyInForce", "Applied", "CatalogueError", "CommonChanges", "FourEyes", "Incomplete", "InvalidVersion", "LevelsNotCovered", "NotPermitted",
    "Overlap", "Tampered", "abolish", "apply_decision", "close", "contribute", "copy_as_new_version", "digest_of", "discard", "draft", "is_settled",
    "may_approve", "note_revision", "publish", "publish_scheduled", "reopen", "submit", "withdraw", "wrote",
]  # fmt: skip
