"""Articles, guides and public duties from files, as the demonstration has them: written in the name of one person, published in the
name of another, like an import of procedures. Run again it changes nothing that is as the files say."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tomllib
import uuid
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.models import Locale

from organisation.models import Person, Post, Unit
from procedures_catalog.models import Procedure
from safeguards.models import User
from safeguards.services import record

from . import search_sources
from .models import ArticleKind, ArticlePage, Channel, DisclosureItem, RelatedProcedure, SectionPage
from .models.disclosure import PERMANENT_GROUPS, months_after
from .services import four_eyes

NAMESPACE = uuid.UUID("0b5d7c8e-8d5f-5f0e-9d5c-0c0f3c7f4b61")  # article translation keys are made of their file's name
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(((?:https?://|/|mailto:|tel:)[^\s()]{0,1000})\)")
_NUMBER = re.compile(r"\d{1,3}\. ")


class ContentFileError(Exception):
    """A file cannot be taken; its text names the file and what is wrong."""


@dataclass
class Report:
    """What a run did."""

    made: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, what: str) -> None:
        """One more."""
        setattr(self, what, getattr(self, what) + 1)


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def inline(text: str) -> str:
    """A line as rich text: everything escaped, `[words](address)` a link."""
    made, at = [], 0
    for found in _LINK.finditer(text):
        made.append(escape(text[at : found.start()], quote=False))
        made.append(f'<a href="{escape(found[2])}">{escape(found[1], quote=False)}</a>')
        at = found.end()
    return "".join([*made, escape(text[at:], quote=False)])


def _kind(line: str) -> str:
    if line.startswith("## "):
        return "heading"
    if line.startswith("- "):
        return "ul"
    if _NUMBER.match(line):
        return "ol"
    if line.startswith("> "):
        return "quote"
    return "p"


def blocks(text: str) -> list[dict[str, Any]]:
    """The blocks of a page out of plain text: paragraphs parted by empty lines, `## heading`, `- item`, `1. item`, `> quote`."""
    made: list[dict[str, Any]] = []
    group: list[str] = []
    kind = ""

    def close() -> None:
        nonlocal group, kind
        if not group:
            return
        if kind == "heading":
            made.extend({"type": "heading", "value": {"level": "2", "text": line[3:].strip()}} for line in group)
        elif kind == "quote":
            made.append({"type": "quote", "value": "\n".join(line[2:].strip() for line in group)})
        else:
            if kind == "p":
                html = f"<p>{inline(' '.join(group))}</p>"
            else:
                items = "".join(f"<li>{inline(line.split(' ', 1)[1].strip())}</li>" for line in group)
                html = f"<{kind}>{items}</{kind}>"
            if made and made[-1]["type"] == "text":
                made[-1]["value"] += html
            else:
                made.append({"type": "text", "value": html})
        group, kind = [], ""

    for line in [*(line.strip() for line in text.strip().splitlines()), ""]:
        new = _kind(line) if line else ""
        # A line that goes on with a list's item belongs to it.
        if line and kind in {"ul", "ol"} and new == "p":
            group[-1] += f" {line}"
            continue
        if not line or new != kind or kind == "heading":
            close()
        if line:
            group.append(line)
            kind = new
    close()
    return made


# ── Articles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(language: str) -> SectionPage:
    found: SectionPage | None = SectionPage.objects.filter(locale__language_code=language, live=True).order_by("path").first()
    if found is None:
        raise ContentFileError(f"there is no section for articles in {language}: run ensure_site first")
    return found


def _slug(text: str) -> str:
    from search.language import fold, normalise

    return re.sub(r"[^a-z0-9]+", "-", fold(normalise(text)).lower()).strip("-")[:80].rstrip("-")


def _fill(article: ArticlePage, about: dict[str, Any], words: dict[str, str], unit: Unit | None) -> None:
    article.title, article.summary = words["title"].strip(), " ".join(words["summary"].split())
    article.kind, article.date, article.unit = about["kind"], about["date"], unit
    article.body = blocks(words["body"])


def _read(path: Path) -> dict[str, Any]:
    try:
        about = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentFileError(f"{path.name}: {error}") from error
    if about.get("kind") not in ArticleKind.values:
        raise ContentFileError(f"{path.name}: kind is news, notice or guide")
    if not isinstance(about.get("date"), dt.date) or isinstance(about["date"], dt.datetime):
        raise ContentFileError(f"{path.name}: date is a day, like 2026-11-02")
    for language in ("vi", "en"):
        for name in ("title", "summary", "body"):
            if not str(about.get(language, {}).get(name, "")).strip():
                raise ContentFileError(f"{path.name}: [{language}] has no {name}")
    return about


def load_article(path: Path, *, author: User, approver: User, report: Report) -> None:
    """One article in both languages, translations of each other; raises ContentFileError, and then nothing has changed."""
    about = _read(path)
    unit = None
    if code := about.get("unit", ""):
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            raise ContentFileError(f"{path.name}: there is no unit {code}")
    procedures = {one.code: one for one in Procedure.objects.filter(code__in=about.get("related", []))}
    if missing := [code for code in about.get("related", []) if code not in procedures]:
        raise ContentFileError(f"{path.name}: there is no procedure {', '.join(missing)}")
    key = uuid.uuid5(NAMESPACE, path.stem)
    for language in ("vi", "en"):
        _write_article(path, about, language, key, unit, [procedures[code] for code in about.get("related", [])], author, approver, report)


def _write_article(
    path: Path, about: dict[str, Any], language: str, key: uuid.UUID, unit: Unit | None, procedures: list[Procedure], author: User,
    approver: User, report: Report,
) -> None:  # fmt: skip
    section, locale = _section(language), Locale.objects.get(language_code=language)
    words = about[language]
    article = ArticlePage.objects.filter(translation_key=key, locale=locale).first()
    new = article is None
    if article is None:
        article = ArticlePage(locale=locale, translation_key=key, live=False, slug=path.stem if language == "vi" else _slug(words["title"]))
    before = "" if new else four_eyes.digest_of(article)
    _fill(article, about, words, unit)
    article.related.set([RelatedProcedure(procedure=procedure, sort_order=number) for number, procedure in enumerate(procedures)])
    if not new and four_eyes.digest_of(article) == before:
        report.count("unchanged")
        return
    try:
        if new:
            section.add_child(instance=article)
        revision = article.save_revision(user=author)
        revision.publish(user=approver)
    except ValidationError as error:
        raise ContentFileError(f"{path.name} [{language}]: {'; '.join(error.messages)}") from error
    report.count("made" if new else "changed")


# ── Public duties ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _day(row: dict[str, str], name: str) -> dt.date | None:
    text = (row.get(name) or "").strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise ContentFileError(f"duty {row.get('key')}: {name} is a day like 2026-11-02, not {text!r}") from None


def _number(row: dict[str, str], name: str, default: int) -> int:
    text = (row.get(name) or "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ContentFileError(f"duty {row.get('key')}: {name} is a number, not {text!r}")
    return int(text)


TEXTS = ("title", "title_en", "summary", "summary_en", "body", "body_en", "basis", "link")


def load_duty(row: dict[str, str], *, author: User, approver: User, report: Report) -> None:
    """One public duty by its key; raises ContentFileError."""
    key = (row.get("key") or "").strip()
    unit = Unit.objects.filter(code=(row.get("unit") or "").strip()).first()
    if unit is None:
        raise ContentFileError(f"duty {key}: there is no unit {row.get('unit')!r}")
    item = DisclosureItem.objects.filter(key=key).first()
    new = item is None
    item = item or DisclosureItem(key=key)
    before = None if new else (four_eyes.digest_of(item), item.published_on, item.reviewed_on)
    for name in TEXTS:
        setattr(item, name, (row.get(name) or "").replace("\\n", "\n").strip())
    item.group, item.unit = _number(row, "group", 0), unit
    owner = (row.get("owner_post") or "").strip()
    item.owner_post = Post.objects.filter(unit=unit, title__iexact=owner).first() or Post.objects.filter(title__iexact=owner).first()
    item.owner = None if item.owner_post else Person.objects.filter(name=owner).first()
    item.owner_words = owner
    item.decided_on, item.review_months = _day(row, "decided_on"), _number(row, "review_months", 12)
    item.permanent = (row.get("permanent") or "").strip().lower() in {"yes", "có", "1", "true"} or item.group in PERMANENT_GROUPS
    item.channels = item.channels or [Channel.PORTAL.value]
    published, reviewed = _day(row, "published_on"), _day(row, "reviewed_on")
    if (four_eyes.digest_of(item), published, reviewed) == before:
        report.count("unchanged")
        return
    try:
        item.full_clean(exclude=["live_revision", "latest_revision", "locked_by"])
        if new:
            item.save()
        revision = item.save_revision(user=author)
        if published is not None:
            # When it was public elsewhere is a fact of the file, not of this run.
            DisclosureItem.objects.filter(pk=item.pk).update(
                published_on=published, reviewed_on=reviewed, review_on=months_after(reviewed or published, item.review_months)
            )
            item.refresh_from_db(fields=["published_on", "reviewed_on", "review_on"])  # the revision knows the item as it is here
            revision.publish(user=approver)
    except ValidationError as error:
        raise ContentFileError(f"duty {key}: {'; '.join(error.messages)}") from error
    report.count("made" if new else "changed")


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(folder: Path, *, author: User, approver: User) -> Report:
    """Articles (`articles/*.toml`), guides (`life-events/*.toml`) and duties (`duties.csv`) of a folder: all of them or none.
    Raises ContentFileError with every problem."""
    from .guide_import import load_guide

    report = Report()
    with transaction.atomic():
        for path in sorted((folder / "articles").glob("*.toml")):
            _try(load_article, path, author=author, approver=approver, report=report)
        for path in sorted((folder / "life-events").glob("*.toml")):
            _try(load_guide, path, author=author, approver=approver, report=report)
        duties = folder / "duties.csv"
        if duties.exists():
            with duties.open(encoding="utf-8-sig", newline="") as handle:
                for row in csv.DictReader(handle):
                    _try(load_duty, row, author=author, approver=approver, report=report)
        if report.problems:
            raise ContentFileError("\n".join(report.problems))
        if report.made or report.changed:
            record("portal.content_loaded", author, actor=author, payload={"made": report.made, "changed": report.changed})
            search_sources.reindex_duties(DisclosureItem.objects.values_list("pk", flat=True))
    return report


def _try(one: Any, what: Any, *, report: Report, **people: User) -> None:
    try:
        with transaction.atomic():
            one(what, report=report, **people)
    except ContentFileError as error:
        report.problems.append(str(error))
