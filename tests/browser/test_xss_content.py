"""What editors write in articles, public duties and announcements runs in no browser either (acceptance B10)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.models import Interruption
from portal.services import announce, make_link
from portal.services.preview_links import token
from tests.portal.conftest import article, duty, editor, publisher, section, signed_in, site, unit  # noqa: F401  # fixtures
from tests.procedures_catalog.factories import VersionFactory

from .test_xss import PAYLOADS, ran

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.accepts("B10")]


@pytest.fixture
def poisoned(article, duty, editor, publisher):  # noqa: F811
    """One of each with the corpus in every text, and the addresses that show them."""
    every = "\n".join(PAYLOADS)
    body = [
        *({"type": "heading", "value": {"level": "2", "text": payload[:200]}} for payload in PAYLOADS),
        *({"type": "quote", "value": payload} for payload in PAYLOADS),
        {"type": "text", "value": "<p>Chữ thường.</p>"},
        {"type": "links", "value": [{"type": "item", "value": {"label": PAYLOADS[1], "page": None, "document": None, "url": "/thu-tuc/"}}]},
    ]  # fmt: skip
    pages = [article(payload[:200], summary=payload[:390], body=body if not number else []) for number, payload in enumerate(PAYLOADS[:14])]
    items = [
        duty(f"doc-{number}", title=payload[:250], title_en=payload[:250], summary=payload[:500], body=every, body_en=every, basis=payload[:200],
             owner_words=payload[:200], owner_post=None)
        for number, payload in enumerate(PAYLOADS[:14])
    ]  # fmt: skip
    version = VersionFactory()
    for place in ({"scope": "portal"}, {"scope": "procedure", "procedure": version.procedure}):
        texts = {"reason": every[:300], "reason_en": PAYLOADS[10], "instead": every[300:600], "instead_en": PAYLOADS[1]}
        announce(Interruption(planned=False, starts_at=timezone.now(), **place, **texts), publisher)
    link = make_link(article(PAYLOADS[16][:200], live=False, body=body), editor)
    quarter = (timezone.localdate().month + 2) // 3
    return [
        "/", "/en/", section().url, pages[0].url, f"{pages[0].url}in/", pages[10].url, "/cong-khai/", "/en/cong-khai/", items[0].get_absolute_url(),
        f"/en{items[0].get_absolute_url()}", f"/cong-khai/quy/{timezone.localdate().year}-{quarter}/", f"/xem-truoc/{token(link)}/",
        f"/thu-tuc/{version.procedure.code}/", "/khong-co/",
    ]  # fmt: skip


def test_what_editors_write_runs_nowhere(visit, poisoned):
    opened = visit()
    for address in poisoned:
        assert opened.open(address).status in {200, 404}, address
        opened.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        opened.page.wait_for_timeout(50)
        assert ran(opened) == ([None, 0], [], []), address
        links = opened.page.evaluate(
            "[...document.querySelectorAll('a[href], form[action]')].map(e => e.href || e.action).filter(u => !/^(https?|tel|mailto):/.test(u))"
        )
        assert links == [], address
    assert opened.foreign == []
