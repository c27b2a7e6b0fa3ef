"""A guide from a file, both languages, as the demonstration has them (`life-events/<life event>.toml`)."""

from __future__ import annotations

import tomllib
import uuid
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.models import Locale

from procedures_catalog.models import LifeEvent, Procedure
from safeguards.models import User

from .content_import import NAMESPACE, ContentFileError, Report, blocks
from .guide_rules import dead_ends
from .models import GuideIndexPage, GuidePage
from .services import four_eyes

LANGUAGES = ("vi", "en")
CHOICES = ("one", "all")


def _html(text: str) -> str:
    """Words of a file as rich text: paragraphs and lists, headings and quotations have no place in a step."""
    return "".join(block["value"] for block in blocks(text) if block["type"] == "text")


def _read(path: Path) -> dict[str, Any]:
    """The file, checked for what every guide needs."""
    try:
        about = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentFileError(f"{path.name}: {error}") from error
    for language in LANGUAGES:
        for name in ("title", "summary"):
            if not str(about.get(language, {}).get(name, "")).strip():
                raise ContentFileError(f"{path.name}: [{language}] has no {name}")
    for number, step in enumerate(about.get("steps", []), start=1):
        if step.get("choose", "one") not in CHOICES:
            raise ContentFileError(f"{path.name}: step {number}: choose is one or all")
        for language in LANGUAGES:
            for name in ("title", "text"):
                if not str(step.get(language, {}).get(name, "")).strip():
                    raise ContentFileError(f"{path.name}: step {number} [{language}] has no {name}")
        if bool(step["vi"].get("condition")) != bool(step["en"].get("condition")):
            raise ContentFileError(f"{path.name}: step {number} has a condition in one language only")
    return about


def _chosen(path: Path, number: int, code: str, procedure: Procedure) -> dict[str, Any]:
    """A procedure in a step, as a list of blocks stores it; Wagtail knows an item by its key."""
    return {"type": "item", "value": procedure.pk, "id": str(uuid.uuid5(NAMESPACE, f"life-event/{path.stem}/{number}/{code}"))}


def _steps(path: Path, about: dict[str, Any], language: str, procedures: dict[str, Procedure]) -> list[dict[str, Any]]:
    """The steps in the form in which a page stores them."""
    return [
        {
            "type": "step",
            "value": {
                "title": step[language]["title"].strip(),
                "condition": step[language].get("condition", "").strip(),
                "text": _html(step[language]["text"]),
                "hint": " ".join(step[language].get("hint", "").split()),
                "procedures": [_chosen(path, number, code, procedures[code]) for code in step.get("procedures", [])],
                "choose": step.get("choose", "one"),
                "together": bool(step.get("together", False)),
            },
        }
        for number, step in enumerate(about.get("steps", []), start=1)
    ]


def load_guide(path: Path, *, author: User, approver: User, report: Report) -> None:
    """One guide in both languages, translations of each other; raises ContentFileError, and then nothing has changed. The file
    is named after the life event, and so is the address."""
    about = _read(path)
    event = LifeEvent.objects.filter(slug=path.stem).first()
    if event is None:
        raise ContentFileError(f"{path.name}: there is no life event {path.stem}")
    codes = {code for step in about.get("steps", []) for code in step.get("procedures", [])}
    procedures = {one.code: one for one in Procedure.objects.filter(code__in=codes)}
    if missing := sorted(codes - procedures.keys()):
        raise ContentFileError(f"{path.name}: there is no procedure {', '.join(missing)}")
    for language in LANGUAGES:
        _write(path, about, language, event, _steps(path, about, language, procedures), author, approver, report)


def _index(language: str) -> GuideIndexPage:
    found: GuideIndexPage | None = GuideIndexPage.objects.filter(locale__language_code=language, live=True).order_by("path").first()
    if found is None:
        raise ContentFileError(f"there is no page for guides in {language}: run ensure_site first")
    return found


def _write(
    path: Path, about: dict[str, Any], language: str, event: LifeEvent, steps: list[dict[str, Any]], author: User, approver: User,
    report: Report,
) -> None:  # fmt: skip
    index, locale = _index(language), Locale.objects.get(language_code=language)
    key = uuid.uuid5(NAMESPACE, f"life-event/{path.stem}")
    page = GuidePage.objects.filter(translation_key=key, locale=locale).first()
    new = page is None
    page = page or GuidePage(locale=locale, translation_key=key, live=False, slug=path.stem)
    before = "" if new else four_eyes.digest_of(page)
    words = about[language]
    page.title, page.summary, page.event = words["title"].strip(), " ".join(words["summary"].split()), event
    page.before, page.steps = _html(words.get("before", "")), steps
    if not new and four_eyes.digest_of(page) == before:
        report.count("unchanged")
        return
    if found := dead_ends(steps):
        raise ContentFileError(f"{path.name} [{language}]: " + "; ".join(f"step {problem.block + 1}: {problem.message}" for problem in found))
    try:
        if new:
            index.add_child(instance=page)
        page.save_revision(user=author).publish(user=approver)
    except ValidationError as error:
        raise ContentFileError(f"{path.name} [{language}]: {'; '.join(error.messages)}") from error
    report.count("made" if new else "changed")
