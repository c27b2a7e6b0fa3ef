"""Guides for tests: steps in the form in which a page stores them, guides written by one and published by another."""

from __future__ import annotations

import uuid
from typing import Any

from portal.models import GuideIndexPage, GuidePage
from procedures_catalog.models import LifeEvent, Procedure


def step(title: str, *procedures: Procedure, text: str = "<p>Đến quầy, hỏi cán bộ trực.</p>", **more: Any) -> dict[str, Any]:
    """A step as stored."""
    chosen = [{"type": "item", "value": one.pk, "id": str(uuid.uuid4())} for one in procedures]
    value = {"title": title, "condition": "", "text": text, "hint": "", "procedures": chosen, "choose": "one", "together": False, **more}
    return {"type": "step", "value": value, "id": str(uuid.uuid4())}


def event(slug: str = "co-con", name: str = "Có con", **more: Any) -> LifeEvent:
    """A life event of the catalogue."""
    return LifeEvent.objects.get_or_create(slug=slug, defaults={"name": name, "name_en": "Having a child", **more})[0]


def write_guide(editor: Any, publisher: Any, steps: list[dict[str, Any]], language: str = "vi", **fields: Any) -> GuidePage:
    """A guide that the editor wrote and, where there is one, the publisher published."""
    index = GuideIndexPage.objects.get(locale__language_code=language)
    values = {
        "title": "Nhà có em bé", "summary": "Một lần nộp là đủ.", "slug": "co-con", "before": "<p>Giấy chứng sinh.</p>", "live": False,
        "locale": index.locale, "event": fields.pop("event", None) or event(), **fields,
    }  # fmt: skip
    page = GuidePage(steps=steps, **values)
    index.add_child(instance=page)
    revision = page.save_revision(user=editor)
    if publisher is not None:
        revision.publish(user=publisher)
    return GuidePage.objects.get(pk=page.pk)
