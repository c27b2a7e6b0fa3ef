"""What is written to people on the day itself: the session begins late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from foundation.hours import clock
from foundation.registries import MessageKind, Placeholder, message_kinds
from messaging import services as messaging
from messaging.enums import Channel, Language
from messaging.models import Contact

from .models import Delay, Registration, Session

DELAYED = "dialogue_sessions.delayed"


def register() -> None:
    """Tell messaging the kind."""
    message_kinds.register(
        DELAYED,
        MessageKind(
            key=DELAYED,
            label=_("A session begins late"),
            placeholders=(
                Placeholder("session", _("the session's title"), _("Dialogue about land")),
                Placeholder("begins", _("when it will begin"), "8:30"),
                Placeholder("reason", _("why"), _("The hall's power was cut.")),
                Placeholder("link", _("the session's page"), "https://…/lich/doi-thoai/", link=True),
            ),
            defaults={
                (Channel.EMAIL, Language.VI): (
                    "Bắt đầu lúc {begins}: {session}",
                    "{session} sẽ bắt đầu lúc {begins}, không đúng giờ đã báo.\n\nLý do: {reason}\n\n"
                    "Chỗ của bạn vẫn giữ nguyên, bạn không cần làm gì thêm. Mong bạn thông cảm.\n\n{link}",
                ),
                (Channel.EMAIL, Language.EN): (
                    "Begins at {begins}: {session}",
                    "{session} will begin at {begins}, not at the time that we told you.\n\nReason: {reason}\n\n"
                    "Your seat is kept, and there is nothing that you need to do. We are sorry.\n\n{link}",
                ),
                (Channel.SMS, Language.VI): ("", "{session} bat dau luc {begins}. Cho cua ban van giu. {link}"),
                (Channel.SMS, Language.EN): ("", "{session} begins at {begins}. Your seat is kept. {link}"),
            },
            expires_after=dt.timedelta(hours=8),
            quiet=False,  # who is on the way needs it now
        ),
    )


def session_address(session: Session, language: str) -> str:
    """The whole address of a session's page, in a language; the projector's view stands one step below it."""
    with translation.override(language):
        return urljoin(settings.WAGTAILADMIN_BASE_URL, urljoin(reverse("dialogue_sessions:screen", args=[session.slug]), "../"))


def tell(session: Session, delay: Delay, registrations: Sequence[Registration]) -> int:
    """A notice to each of these whose contact is kept, in their language, in the caller's transaction; gives how many."""
    contacts = {contact.digest: contact for contact in Contact.objects.filter(digest__in={row.contact_hmac for row in registrations})}
    begins = clock(delay.starts_at)
    told = 0
    for row in registrations:
        contact = contacts.get(row.contact_hmac)
        if contact is None:
            continue
        with translation.override(contact.language):
            values = {"session": session.name, "begins": begins, "reason": delay.reason, "link": session_address(session, contact.language)}
        messaging.send(
            DELAYED, contact, values, dedupe_key=f"{DELAYED}:{delay.pk}:{row.pk}", expires_at=delay.starts_at, unit=session.unit
        )  # fmt: skip
        told += 1
    return told
