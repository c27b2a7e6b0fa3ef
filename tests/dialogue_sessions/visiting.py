"""Somebody who visits the pages: fills the form in as it is, reads the codes that were sent to them, follows links."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from dialogue_sessions.contacts import applicant
from messaging.models import Message
from messaging.services import contact_for


class _Fields(HTMLParser):
    """The hidden fields of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.found[values["name"]] = values.get("value", "")


def hidden(response):
    return _Fields(response.content.decode()).found


def typed(contact, **values):
    """Somebody whom messaging knows by a contact."""
    return applicant("Trần Thị Mai", contact, contact_for(contact).digest, **values)


def messages_to(contact, kind):
    rows = Message.objects.filter(contact=contact_for(contact), kind=kind).order_by("pk")
    return [row.parts for row in rows]


def sms_to(contact, kind):
    """The text of the only message of a kind."""
    (message,) = messages_to(contact, kind)
    return message["text"]


class Visitor:
    """With a browser of their own."""

    def __init__(self, client, contact="0912345678"):
        self.client, self.contact = client, contact

    def form(self, session, language=""):
        return self.client.get(f"{language}/lich/{session.slug}/dang-ky/")

    def send(self, page, pool, **values):
        """Send a form that was opened."""
        said = {
            **hidden(page), "pool": str(pool.pk), "name": "Trần Thị Mai", "contact": self.contact, "size": "1", "village": "",
            "subject": "Đường liên thôn",
            "consent": "on", **values,
        }  # fmt: skip
        return self.client.post(page.wsgi_request.path, said)

    def code(self):
        """The newest code that was sent."""
        return re.search(r"\b\d{6}\b", messages_to(self.contact, "messaging.code")[-1]["text"])[0]

    def type_code(self, address):
        return self.client.post(address, {"code": self.code()})

    def register(self, pool, **values):
        """The whole way; gives the address of the place."""
        return self.type_code(self.send(self.form(pool.session), pool, **values).url).url
