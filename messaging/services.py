"""The door of messaging: contacts, codes that prove them, messages, the editors' texts."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from safeguards.models import User
from safeguards.services import record

from .channels import carrier
from .codes import NoSuchChannel, TooManyCodes, ask_code, check_code
from .composing import UnknownKind, WrongValues
from .contacts import contact_for, erase, keep, opt_in, opt_out
from .enums import Channel, CodeVerdict
from .models import QuietHours, Template
from .outbox import CannotResend, cancel, cancel_beginning, resend, send

__all__ = [
    "CannotResend",
    "CodeVerdict",
    "NoSuchChannel",
    "TooManyCodes",
    "UnknownKind",
    "WrongValues",
    "ask_code",
    "cancel",
    "cancel_beginning",
    "check_code",
    "contact_for",
    "erase",
    "is_offered",
    "keep",
    "opt_in",
    "opt_out",
    "resend",
    "save_quiet_hours",
    "save_template",
    "send",
]


def is_offered(channel: Channel) -> bool:
    """Whether this installation sends by a channel: forms ask for no telephone number where nobody carries text messages."""
    return carrier(channel) is not None


def save_template(template: Template, actor: User | None) -> Template:
    """Write an editor's text; from then on the portal's own leaves it alone. The event holds the whole text, so that every version
    can be read again. Raises ValidationError."""
    template.text = template.text.replace("\r\n", "\n").strip()
    template.full_clean()
    with transaction.atomic():
        row = Template.objects.select_for_update().get(pk=template.pk)
        template.version = row.version + 1
        template.edited_at = timezone.now()
        template.save()
        payload = {name: getattr(template, name) for name in ("version", "subject", "text", "fold_marks", "active")}
        if row.edited_at is None:
            payload["before"] = {"subject": row.subject, "text": row.text}
        record("messaging.template_changed", template, actor=actor, payload=payload)
    return template


def save_quiet_hours(row: QuietHours, actor: User | None) -> QuietHours:
    """Write down when nobody is disturbed, from a day on; the event holds what it says. Raises ValidationError."""
    new = row.pk is None
    row.full_clean()
    with transaction.atomic():
        row.save()
        payload = {"valid_from": row.valid_from.isoformat(), "hours": f"{row.begins:%H:%M}-{row.ends:%H:%M}", "source": row.source}
        record(f"messaging.quiet_hours_{'added' if new else 'changed'}", row, actor=actor, payload=payload)
    return row
