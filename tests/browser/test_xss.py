"""Whatever an editor, an import or an address brings, no browser runs it (acceptance B10)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from organisation.models import SiteIdentity
from procedures_catalog.models import AskedQuestion, LegalDocument, LifeEvent, Procedure
from tests.procedures_catalog.factories import DAY, FieldFactory, VersionFactory

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.accepts("B10")]
RUN = "window.__ran=1"
PAYLOADS = [
    f"<script>{RUN}</script>", f"</script><script>{RUN}</script>", f"<ScRiPt>{RUN}</sCrIpT>", f"<script src=data:,{RUN}></script>",
    f"<script>/*</title>*/{RUN}</script>", f"</title><script>{RUN}</script>", f"</textarea><script>{RUN}</script>", f"--><script>{RUN}</script>",
    f"<!--<img src='--><img src=x onerror={RUN}>", f"]]><script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<img src=x onerror='{RUN}'>",
    f'<img src=x onerror="{RUN}">', f"<IMG SRC=x ONERROR={RUN}>", f"<img/src=x/onerror={RUN}>", f"<img src=x:x onerror={RUN}//",
    f"<svg onload={RUN}>", f"<svg/onload={RUN}>", f"<svg><script>{RUN}</script></svg>", f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{RUN}><text y=20>x</text></a></svg>", f"<svg><set attributeName=onload to={RUN}>",
    f"<math><mi//xlink:href='data:x,<script>{RUN}</script>'>", f"<math href=javascript:{RUN}>x</math>", f"<body onload={RUN}>", f"<body onpageshow={RUN}>",  # noqa: E501
    f"<iframe src=javascript:{RUN}>", f"<iframe srcdoc='<script>parent.{RUN}</script>'>", f"<iframe onload={RUN}>", f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>", f"<details open ontoggle={RUN}>", f"<video src=x onerror={RUN}>", f"<audio src=x onerror={RUN}>",
    f"<video><source onerror={RUN}>", f"<input autofocus onfocus={RUN}>", f"<select autofocus onfocus={RUN}>", f"<textarea autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>", f"<a href=javascript:{RUN}>x</a>", f"<a href='java\tscript:{RUN}'>x</a>", f"<a href=' javascript:{RUN}'>x</a>",
    f"<form action=javascript:{RUN}><button>x</button></form>", f"<button formaction=javascript:{RUN} form=x>x</button>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>", f"<base href=javascript:{RUN}//>", f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<link rel=import href=data:text/html,<script>{RUN}</script>>", f"<style>@import 'javascript:{RUN}';</style>", f"<div style=width:expression({RUN})>",  # noqa: E501
    f'" onmouseover={RUN} x="', f"' onfocus={RUN} autofocus x='", f'"><script>{RUN}</script>', f"'><script>{RUN}</script>", f"`><script>{RUN}</script>",  # noqa: E501
    f'" autofocus onfocus={RUN} "', f"javascript:{RUN}", f"data:text/html,<script>{RUN}</script>", f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}", f"{{% debug %}}<script>{RUN}</script>", f"<template><script>{RUN}</script></template>", f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",  # noqa: E501
    f"\u003cscript\u003e{RUN}\u003c/script\u003e", f"＜script＞{RUN}＜/script＞", f"<scr\u200bipt>{RUN}</script>", f"%3Cscript%3E{RUN}%3C/script%3E",
    f"&lt;script&gt;{RUN}&lt;/script&gt;", f"\u2028{RUN}\u2029", f"</p></div></main><script>{RUN}</script>", f"<x onclick={RUN} id=x>", "<a id=__violations href=x>",  # noqa: E501
]  # fmt: skip


def test_the_corpus_is_large_enough():
    assert len(set(PAYLOADS)) >= 60


@pytest.fixture
def poisoned():
    """A procedure every text of which carries the whole corpus, and one more for each payload in its name."""
    every = "\n".join(PAYLOADS)
    unit = town.office()
    unit.name = f"Phường {PAYLOADS[52]} {PAYLOADS[1]}"
    unit.save()
    SiteIdentity.objects.update(name=PAYLOADS[52][:120], hotline=PAYLOADS[50][:40])
    field = FieldFactory(slug="doc", name=(PAYLOADS[0] + PAYLOADS[10] + PAYLOADS[50])[:200])
    law = LegalDocument.objects.create(number=PAYLOADS[5][:120], title=every[:1200], url=f"javascript:{RUN}//", valid_to=town.today() - DAY)
    short = [payload[:120] for payload in PAYLOADS]
    event = LifeEvent.objects.create(slug="doc", name=short[10], summary=short[0])
    procedure = Procedure.objects.create(code="1.111111", summary=every, guidance=every, popularity=1)
    procedure.life_events.set([event])
    procedure.save()
    AskedQuestion.objects.create(procedure=procedure, question=short[16], answer=every)
    parts = {
        "cases": [{"name": short[1], "description": every}],
        "methods": [{"channel": "online", "case": short[2], "limit_text": every, "fee_text": every, "description": every}],
        "steps": [{"actor": payload[:250], "title": payload[:300], "text": payload} for payload in PAYLOADS],
        "process": [{"name": short[3], "post": short[4], "hours": 1}],
        "papers": [
            {"case": short[5], "group": payload, "name": payload, "form_code": short[6], "note": payload, "originals": 1} for payload in PAYLOADS
        ],
        "fees": [{"case": short[7], "amount": 1, "unit": short[8], "condition": every, "formula": every, "legal_basis": every}],
        "forms": [{"code": short[6], "name": every, "file_names": every}],
        "results": [{"name": payload, "validity": short[9]} for payload in PAYLOADS],
        "conditions": [{"text": payload} for payload in PAYLOADS],
        "agencies": [{"role": "competent", "name": every}],
    }
    common = {
        "procedure": procedure, "field": field, "name": every[:2500], "description": every, "receiving_address": every, "partial_reason": every,
        "online_level": "partial", "procedure_type": short[11], "source": short[12][:60], "source_url": f"javascript:{RUN}//",
        "source_text": {short[13]: every},
    }  # fmt: skip
    VersionFactory(**common, parts=parts, laws=[law], valid_from=town.today() - 50 * DAY)
    VersionFactory(
        **{**common, "name": "Tên khác " + short[0]}, valid_from=town.today() - 300 * DAY, valid_to=town.today() - 51 * DAY, end_kind="superseded"
    )
    for number, payload in enumerate(PAYLOADS):
        VersionFactory(procedure__code=f"5.{number:06d}", name=payload, field=field, parts={})
    return procedure.code


def ran(opened):
    return (
        opened.page.evaluate("[window.__ran, document.querySelectorAll('iframe, object, embed, base, meta[http-equiv]').length]"),
        opened.dialogs,
        opened.violations,
    )


def test_stored_texts_run_nowhere(visit, poisoned):
    opened = visit()
    addresses = [
        "/", "/en/", "/thu-tuc/", "/thu-tuc/?trang=2", "/thu-tuc/?linh-vuc=doc&sap-xep=ten", f"/thu-tuc/{poisoned}/", f"/en/thu-tuc/{poisoned}/",
        f"/thu-tuc/{poisoned}/in/", f"/thu-tuc/{poisoned}/thay-doi/", f"/thu-tuc/{poisoned}/?ngay={town.today() - 100 * DAY}", "/co-quan/", "/khong-co/",  # noqa: E501
    ]  # fmt: skip
    for address in addresses:
        response = opened.open(address)
        assert response.status in {200, 404}, address
        for name in ("details", "summary"):
            opened.page.evaluate("name => document.querySelectorAll(name).forEach(e => { e.open = true; })", name)
        opened.page.wait_for_timeout(50)
        assert ran(opened) == ([None, 0], [], []), address
        links = opened.page.evaluate(
            "[...document.querySelectorAll('a[href], form[action]')].map(e => e.href || e.action).filter(u => !/^(https?|tel|mailto):/.test(u))"
        )
        assert links == [], address
    assert opened.foreign == []


def test_addresses_run_nowhere(visit, client, poisoned):
    opened = visit()
    words = ["q", "linh-vuc", "cap", "trang", "sap-xep", "ngay", "tu", "den"]
    for number, payload in enumerate(PAYLOADS):
        where = ["/thu-tuc/", f"/thu-tuc/{poisoned}/", f"/thu-tuc/{poisoned}/thay-doi/", "/"][number % 4]
        opened.open(f"{where}?{'&'.join(f'{word}={quote(payload)}' for word in words)}")
        assert ran(opened)[0][0] is None, payload
        assert (opened.dialogs, opened.violations) == ([], []), payload
    for payload in PAYLOADS[:12]:
        opened.open(f"/{quote(payload, safe='')}/")
        assert ran(opened)[0][0] is None, payload


def test_data_and_feeds_are_not_pages(client, poisoned):
    for address in ("/api/v1/procedures", f"/api/v1/procedures/{poisoned}", "/thu-tuc/thay-doi.atom", "/sitemap.xml", f"/thu-tuc/{poisoned}/qr.svg"):
        response = client.get(address)
        assert response.status_code == 200, address
        assert "text/html" not in response["Content-Type"]
        assert response["X-Content-Type-Options"] == "nosniff"
