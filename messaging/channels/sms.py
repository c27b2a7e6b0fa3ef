"""Text messages, through whichever provider SMS_PROVIDER names. One comes with the portal: it writes files."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from ..enums import Reason
from . import Carrier, Down, Outgoing


class FileProvider:
    """Writes each message to a file of its own, for the demonstration and for tests of what goes out; the same message again is the
    same file."""

    def send(self, outgoing: Outgoing) -> str:
        """See Carrier."""
        folder = Path(settings.SMS_FOLDER)
        content = {"to": outgoing.to, "text": outgoing.text, "at": timezone.now().isoformat()}
        partial = folder / f"{outgoing.reference}.part"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                json.dump(content, handle, ensure_ascii=False)
            partial.replace(folder / f"{outgoing.reference}.json")
        except OSError as error:
            raise Down(Reason.UNREACHABLE) from error
        return outgoing.reference


def provider() -> Carrier | None:
    """The provider of the settings; None without one. Raises ImportError when they name what does not exist."""
    if not settings.SMS_PROVIDER:
        return None
    if settings.SMS_PROVIDER == "file":
        return FileProvider()
    made: Carrier = import_string(settings.SMS_PROVIDER)()
    return made
