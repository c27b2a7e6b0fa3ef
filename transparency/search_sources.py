"""The pages of figures in the search box: service levels, the roadmap, what is posted, and the lists of figures and of open data.

They are there from the first day and change with a release only, which writes them anew (`search.services.bring`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.registries import SearchDocument, SearchSource, search_sources

KIND = "figures"


@dataclass(frozen=True)
class Page:
    """A page that is not of one thing: what it is called, what it shows, and what people call it, one name a line."""

    title: Any
    summary: Any
    names: str
    view: str


PAGES = {
    "index": Page(
        _("Figures"), _("Each figure stands beside its definition and the file from which anybody can count it again."),
        "số liệu, thống kê\nbáo cáo thống kê\ncông khai số liệu", "transparency:index",
    ),
    "levels": Page(
        _("Service levels"), _("How many procedures can be done online, by level, unit and field, as picture, table and file."),
        "thống kê dịch vụ công trực tuyến\nbao nhiêu thủ tục làm được trên mạng\ntỷ lệ thủ tục trực tuyến toàn trình",
        "transparency:levels",
    ),
    "roadmap": Page(
        _("Roadmap of service levels"), _("Which level each procedure is to have by the end of which year, and whether it was kept."),
        "kế hoạch nâng mức độ dịch vụ công\nkế hoạch chuyển đổi số thủ tục", "transparency:roadmap",
    ),
    "posting": Page(
        _("Posting of procedures"), _("Of the procedures that each unit is bound to publish, how many stand here, and which are missing."),
        "niêm yết thủ tục hành chính\ntỷ lệ công khai thủ tục\nthủ tục còn thiếu", "transparency:posting",
    ),
    "open-data": Page(
        _("Open data"),
        _("What this portal shows about procedures, offices and days is yours to take: whole tables, without asking, without an account."
          " Nothing in them is about a person."),
        "dữ liệu mở\ntải dữ liệu về\nbảng dữ liệu CSV, JSON, Excel", "opendata:index",
    ),
}  # fmt: skip


def document(kind: str, key: str, page: Page, **rest: Any) -> SearchDocument:
    """A page of ours as search knows it: called by its Vietnamese title, found in English too."""
    facts, further = rest.pop("facts", {}), rest.pop("body", "")
    said = {}
    for language in ("vi", "en"):
        with override(language):
            said[language] = (str(page.title), str(page.summary))
    with override("vi"):
        url = rest.pop("url", "") or reverse(page.view)
    english = said["en"] if said["en"] != said["vi"] else ("", "")
    return SearchDocument(
        kind=kind,
        object_id=key,
        title=said["vi"][0],
        url=url,
        body="\n".join(part for part in (said["vi"][1], further) if part),
        asked="\n".join(name for name in (*page.names.splitlines(), *english) if name),
        facts={"kind": kind, "summary": {language: text for language, (_title, text) in said.items()}, "title_en": english[0], **facts},
        weight=2.0,
        **rest,
    )


def documents() -> Iterator[SearchDocument]:
    """All of them."""
    for key, page in PAGES.items():
        yield document(KIND, key, page)


def visible(object_ids: Iterable[str]) -> set[str]:
    """Those that there are."""
    return set(object_ids) & PAGES.keys()


def register() -> None:
    """Called when the application starts."""
    search_sources.register(KIND, SearchSource(kind=KIND, label=_("Figures"), documents=documents, visible=visible))
