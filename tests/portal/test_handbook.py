"""The handbook does not drift from the portal: its pictures are there, its links lead somewhere, its bold words are the interface's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import polib
import pytest
import wagtail
from django.urls import Resolver404, resolve
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "handbook"
PAGES = sorted(FOLDER.glob("*.md"))
CHAPTERS = [page for page in PAGES if page.name[:2].isdigit()]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
ADDRESS = re.compile(r"`(/[^`]*)`")
MOST_BYTES = 3 * 1024 * 1024


@cache
def words() -> frozenset[str]:
    """Everything that the interface says in Vietnamese: ours, and Wagtail's where we add nothing."""
    catalogues = [*ROOT.glob("*/locale/vi/LC_MESSAGES/*.po"), *ROOT.glob("locale/vi/LC_MESSAGES/*.po")]
    catalogues += Path(wagtail.__file__).parent.glob("**/locale/vi/LC_MESSAGES/*.po")
    said = set()
    for catalogue in catalogues:
        for entry in polib.pofile(str(catalogue)):
            said |= {entry.msgstr, *entry.msgstr_plural.values()}
    return frozenset(text.strip().casefold() for text in said)


def texts(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def ids(page: Path) -> str:
    return page.name


def test_there_is_a_chapter_for_each_line_of_the_contents():
    linked = [target for mark, _words, target in LINK.findall(texts(FOLDER / "README.md")) if not mark and target[:2].isdigit()]
    assert linked == [chapter.name for chapter in CHAPTERS]
    english = [target for _mark, _words, target in LINK.findall(texts(FOLDER / "english.md")) if target[:2].isdigit()]
    assert english == linked


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_to_a_file(page):
    for _mark, said, target in LINK.findall(texts(page)):
        assert said.strip(), target
        assert not target.startswith(("http", "/")), target
        assert (page.parent / target.partition("#")[0]).resolve().is_file(), target


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_address_is_one_of_the_portal(page):
    for address in ADDRESS.findall(texts(page)):
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(f"{page.name}: {address}")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=ids)
def test_bold_words_are_words_of_the_interface(chapter):
    unknown = [word for word in BOLD.findall(texts(chapter)) if word.casefold() not in words()]
    assert unknown == []


def test_the_judge_of_words_knows_what_the_interface_does_not_say():
    assert "đăng nhập" in words()
    assert "bấm vào đây để bắt đầu" not in words()


def test_pictures_are_all_there_all_used_and_small():
    used = {target for page in PAGES for mark, _words, target in LINK.findall(texts(page)) if mark}
    pictures = {f"pictures/{file.name}" for file in (FOLDER / "pictures").glob("*")}
    assert used == pictures
    for name in pictures:
        with Image.open(FOLDER / name) as picture:
            assert (picture.format, picture.width <= 1000, picture.mode) == ("PNG", True, "P"), name
    assert sum((FOLDER / name).stat().st_size for name in pictures) <= MOST_BYTES


@pytest.mark.parametrize("chapter", CHAPTERS, ids=ids)
def test_a_chapter_is_steps(chapter):
    """Numbered steps, in order from 1; the last is a table of troubles."""
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", texts(chapter), re.MULTILINE)]
    if chapter != CHAPTERS[-1]:
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 2
