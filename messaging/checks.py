"""Guards of `manage.py check`.

messaging.E001  a text that comes with the portal names a placeholder that its kind does not have
messaging.E002  SMS_PROVIDER names what cannot be made
messaging.W001  text messages of a production are written to files
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from foundation.registries import message_kinds

from . import rendering
from .channels import sms


@register(Tags.templates)
def texts_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What an editor could not save does not come with the portal either."""
    found: list[CheckMessage] = []
    for kind in message_kinds:
        names = {placeholder.name for placeholder in kind.placeholders}
        for (channel, language), texts in kind.defaults.items():
            pieces = [piece for text in texts for piece in rendering.unknown_parts(text, names)]
            if pieces:
                found.append(Error(f"{kind.key}, {channel}, {language}: {', '.join(pieces)} is not replaced by anything.", id="messaging.E001"))
    return found


@register(Tags.compatibility)
def provider_exists(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Told at start, not with the first message."""
    try:
        sms.provider()
    except (ImportError, TypeError) as error:
        return [Error(f"SMS_PROVIDER: {error}", id="messaging.E002")]
    return []


@register(Tags.security, deploy=True)
def messages_leave(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Files are for the demonstration."""
    if settings.SMS_PROVIDER == "file":
        return [Warning("SMS_PROVIDER is file: text messages are written to the disk and reach nobody.", id="messaging.W001")]
    return []
