"""English is complete, what stays Vietnamese is marked, and the switch of language stays on the page."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from .addresses import addresses
from .crawl import one_each
from .languages import strays

SWITCH = re.compile(r'<a class="language" href="([^"]+)"[^>]*hreflang="(\w+)"')
ALTERNATE = re.compile(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)"')


def body(response) -> str:
    """The page, or '' for files."""
    return "" if response.streaming or "text/html" not in response.get("Content-Type", "") else response.content.decode()


def plain(text: str) -> str:
    return text.replace("&amp;", "&")


def pages(world) -> list[str]:
    """A page of each public pattern, under its Vietnamese address."""
    found = one_each([address for address in addresses(world, staff=False) if address.status == 200])
    return sorted({address.path for address in found if not address.path.startswith(("/en/", "/api/", "/tai-khoan/", "/admin/"))})


def test_the_walker_sees_what_it_should():
    assert strays('<html lang="en"><p>Nộp ở đâu</p>') == ["Nộp ở đâu"]
    assert strays('<html lang="en"><p lang="vi">Nộp ở đâu</p> 8,000 đồng, Decision 12/QĐ-UBND') == []
    assert strays('<html lang="en"><img alt="Trụ sở"><p><span lang="vi">a</span> của ai</p>') == ["Trụ sở", "của ai"]
    assert strays('<html lang="en"><p lang="vi">a <b lang="en">của</b></p>') == ["của"]


@pytest.mark.accepts("W7")
def test_on_english_pages_what_is_vietnamese_is_marked(world, in_town):
    client, walked, found = Client(), 0, {}
    for path in pages(world):
        response = client.get(f"/en{path}", follow=True)
        if '<html lang="en"' not in body(response):
            continue
        walked += 1
        if stray := strays(body(response)):
            found[path] = stray
    assert not found, found
    for path in ("/en/khong-co/", "/en/thu-tuc/?cap=khong-co", "/en/tim/?q=zzzz", "/en/tim/?q=khai+sinh"):
        walked += 1
        assert strays(client.get(path).content.decode()) == [], path
    assert walked > 20


@pytest.mark.accepts("W7")
def test_the_switch_leads_to_a_page_in_the_other_language_and_back(world, in_town):
    client = Client()
    for path in [*pages(world), "/thu-tuc/?cap=ward&sap-xep=ten", "/tim/?q=khai+sinh&loai=procedure", f"/{world.section_path}?loai=news"]:
        response = client.get(path)
        text = body(response)
        found = SWITCH.search(text)
        if not found:  # files, print views
            continue
        there = client.get(plain(found[1]))
        assert there.status_code == 200, (path, found[1])
        assert f'<html lang="{found[2]}"' in there.content.decode(), path
        for language, url in ALTERNATE.findall(text):
            other = client.get(plain(url))
            assert other.status_code == 200, (path, url)
            assert f'<html lang="{language}"' in other.content.decode(), (path, url)


def test_the_switch_keeps_what_was_asked_for(world, in_town):
    client = Client()
    for path in ("/thu-tuc/?cap=ward&sap-xep=ten", "/tim/?q=khai+sinh&loai=procedure", f"/co-quan/{world.ward.slug}/"):
        assert plain(SWITCH.search(client.get(path).content.decode())[1]) == f"/en{path}"
        assert plain(SWITCH.search(client.get(f"/en{path}").content.decode())[1]) == path


def test_a_page_that_is_not_translated_leads_to_the_nearest_that_is_and_claims_no_alternate(world, in_town):
    client = Client()
    text = client.get(f"/{world.article_path}").content.decode()
    assert SWITCH.search(text)[1] == "/en/news/"
    assert [language for language, _url in ALTERNATE.findall(text)] == ["vi"]
    text = client.get(f"/{world.guide_path}").content.decode()
    assert SWITCH.search(text)[1] == "/en/viec/"


def help_of(html: str) -> str:
    """The way to a person, as it stands at the foot."""
    found = re.search(r"<footer.*?</footer>", html, re.DOTALL)
    return " ".join(found[0].split()) if found else ""


@pytest.mark.accepts("W11")
def test_help_stands_in_the_same_place_with_the_same_words_on_every_page(world, in_town):
    client = Client()
    seen = {}
    for path in [*pages(world), "/khong-co/"]:
        text = body(client.get(path))
        if '<header class="masthead">' in text:
            seen[path] = help_of(text)
            assert text.index("</main>") < text.index("<footer"), path
    assert len(seen) > 12
    assert len(set(seen.values())) == 1
    assert "tel:" in next(iter(seen.values()))
