"""The door of the portal's content: every change of state is a function here, in one transaction with its event."""

from .disclosure import publish_list, remind, review
from .errors import ContentError, FourEyesRefused
from .interruptions import announce, lift, note_ended
from .preview_links import make_link, revoke_link

__all__ = [
    "ContentError",
    "FourEyesRefused",
    "announce",
    "lift",
    "make_link",
    "note_ended",
    "publish_list",
    "remind",
    "review",
    "revoke_link",
]
