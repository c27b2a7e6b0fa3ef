"""Long records: a page is at most 100 KB with all its resources, nothing of the official text is lost, and paper holds everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from procedures_catalog import sections
from procedures_catalog.presentation import prose
from tests.procedures_catalog.factories import VersionFactory

pytestmark = pytest.mark.django_db
LIMIT = 100_000
WORDS = re.compile(r"[\w]+")


def weight(html: str) -> int:
    """Bytes of a page with stylesheets, scripts and icons."""
    names = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html))
    return len(html.encode()) + sum(Path(finders.find(name)).stat().st_size for name in names)


def long_version(papers: int = 0, steps: int = 0, source: int = 0):
    """A version with so many long papers and steps, and so much text of the source."""
    parts = {}
    if papers:
        name = "bản sao có chứng thực của giấy phép xây dựng đã cấp " * 8
        parts["papers"] = [{"name": f"Giấy tờ số {number}: {name}", "originals": 1} for number in range(papers)]
    if steps:
        work = "nộp, nhận, trả, ký, lưu hồ sơ tại bộ phận một cửa " * 8
        parts["steps"] = [{"text": "\n".join(f"- Việc thứ {number} phải làm: {work}" for number in range(steps))}]
    return VersionFactory(parts=parts, source_text={"conditions": "Nguyên văn của nguồn, không đổi một chữ. " * source} if source else {})


def every_page(client, code: str) -> dict[str, str]:
    """A procedure's page and all pages that its long sections stand on, by address."""
    found = {}
    waiting = [reverse("procedures_catalog:procedure", args=[code])]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = html = answer.content.decode()
        waiting += [link.replace("&amp;", "&") for link in re.findall(r'class="card moved"><a href="([^"]+)"', html)]
        waiting += [address.partition("?")[0] + link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)" rel="next"', html)]
    return found


@pytest.mark.parametrize(("long", "moved"), [({"papers": 250}, {"giay-to"}), ({"steps": 300}, {"cac-buoc"}), ({"source": 2500}, {"nguyen-van"})])
def test_a_long_record_is_spread_over_pages_that_fit(client, long, moved):
    version = long_version(**long)
    pages = every_page(client, version.procedure.code)
    assert {address.split("/")[3] for address in pages} - {""} == moved
    assert all(weight(html) <= LIMIT for html in pages.values()), {address: weight(html) for address, html in pages.items()}


def test_no_entry_is_lost_and_each_stands_once_in_order(client):
    version = long_version(papers=250)
    pages = every_page(client, version.procedure.code)
    text = "".join(pages[address] for address in sorted(pages))
    assert [int(number) for number in re.findall(r"<p>Giấy tờ số (\d+):", text)] == list(range(250))


def test_the_print_view_holds_everything_and_no_way_elsewhere(client):
    version = long_version(papers=250, steps=300, source=2500)
    html = client.get(reverse("procedures_catalog:print", args=[version.procedure.code])).content.decode()
    assert "Giấy tờ số 249" in html
    assert "Việc thứ 299" in html
    assert html.count("Nguyên văn của nguồn") == 2500
    assert "card moved" not in html


def test_a_section_s_page_leads_back_and_is_not_indexed(client):
    code = long_version(source=2500).procedure.code
    html = client.get(reverse("procedures_catalog:section", args=[code, "nguyen-van"])).content.decode()
    assert f'href="/thu-tuc/{code}/#nguyen-van"' in html
    assert '<meta name="robots" content="noindex, follow">' in html
    assert f'rel="canonical" href="http://testserver/thu-tuc/{code}/nguyen-van/"' in html
    assert f'href="/thu-tuc/{code}/in/"' in html


def test_the_address_of_a_section_that_is_short_leads_to_its_place(client):
    code = VersionFactory().procedure.code
    answer = client.get(reverse("procedures_catalog:section", args=[code, "giay-to"]))
    assert answer["Location"] == f"/thu-tuc/{code}/#giay-to"


@pytest.mark.parametrize(
    "address", ["thay-the", "noi-nop", "giay-to/?trang=0", "nguyen-van/?trang=99", "nguyen-van/?trang=x", "nguyen-van/?trang=9999999"]
)
def test_what_is_no_section_and_no_page_is_not_found(client, address):
    code = long_version(source=2500).procedure.code
    path, _, query = address.partition("/")
    answer = client.get(f"/thu-tuc/{code}/{path}/{query}")
    assert answer.status_code == (302 if path == "giay-to" else 404)


def test_an_ordinary_record_stays_in_one_piece(client):
    version = long_version(papers=8, steps=6, source=20)
    pages = every_page(client, version.procedure.code)
    assert len(pages) == 1
    html = pages.popitem()[1]
    assert "Nguyên văn của nguồn" in html
    assert '<details class="contents-first' in html


texts = st.lists(st.text(alphabet="ab đê.;:\n-+1)", min_size=1, max_size=80), min_size=1, max_size=12)


@given(texts)
def test_cutting_loses_no_word(parts):
    found = [{"version": {"conditions": [prose("\n".join(parts))]}}]
    whole = words_of(found[0]["version"]["conditions"])
    pieces = [found[0]["version"]]
    for _ in range(6):
        cut = [sections.halves(piece, "dieu-kien") for piece in pieces]
        pieces = [half for piece, pair in zip(pieces, cut, strict=True) for half in (pair or (piece,))]
    assert [word for piece in pieces for word in words_of(piece["conditions"])] == whole


def words_of(rows: list[dict]) -> list[str]:
    """The words of texts in order."""
    said = []
    for row in rows:
        for block in row.get("blocks", []):
            said += [block.lead, block.text]
            for item in block.items:
                said += [item.mark, item.text, *item.more]
                for child in item.children:
                    said += [child.mark, child.text, *child.more]
        said.append(row.get("plain", ""))
    return WORDS.findall(" ".join(said))
