"""A version's rows as a page shows them: grouped, worded, split into paragraphs. No queries here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisation.enums import Level

from . import facts
from .enums import AgencyRole, Audience, ChangeKind, Channel, DocumentKind, EndKind, FeeKind, OnlineLevel, PartialReason, State
from .prose import blocks, is_plain, shorten
from .queries import Data, date_of
from .source_texts import named_texts

Row = dict[str, Any]
FORMATS = (("docx", "DOCX"), ("odt", "ODT"), ("pdf", "PDF"))
TONES = {OnlineLevel.FULL: "early", OnlineLevel.PARTIAL: "", OnlineLevel.INFORMATION: "wait"}


def label(enum: Any, value: Any) -> str:
    """The words for a code of an enumeration; empty for one that it does not know."""
    return str(enum(value).label) if value in enum.values else ""


def safe_url(url: str | None) -> str:
    """A web address that may stand in a link; anything but http and https is dropped."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def level_names(levels: Iterable[int]) -> list[str]:
    """The levels in words, highest first."""
    return [str(Level(level).label) for level in sorted(levels) if level in Level.values and level != Level.UNKNOWN]


def level_code(levels: Sequence[int]) -> str:
    """The word for `?cap=` that picks a version by its level."""
    return Level(min(levels)).code if levels else Level.UNKNOWN.code


def service_level(version: Mapping[str, Any]) -> Row | None:
    """The level in force, in a citizen's words, with the reason that law demands for a partial one."""
    level = version["online_level"]
    if level not in OnlineLevel.values:
        return None
    words = {
        OnlineLevel.FULL: _("You can do all of it online"),
        OnlineLevel.PARTIAL: _("You can do part of it online"),
        OnlineLevel.INFORMATION: _("File at the counter; online there is information only"),
    }
    return {
        "text": words[OnlineLevel(level)],
        "tone": TONES[OnlineLevel(level)],
        "reason_kind": label(PartialReason, version.get("partial_reason_kind")),
        "reason": version.get("partial_reason", ""),
    }


def prose(text: str) -> Row:
    """A text as a template part takes it: one plain line, or blocks."""
    return {"plain": text} if is_plain(text) else {"blocks": blocks(text)}


def quantity(row: Mapping[str, Any]) -> str:
    """Originals and copies in words."""
    if row["present_only"]:
        return _("only to show")
    words = []
    if row["originals"]:
        words.append(ngettext("%(n)s original", "%(n)s originals", row["originals"]) % {"n": row["originals"]})
    if row["copies"]:
        words.append(ngettext("%(n)s copy", "%(n)s copies", row["copies"]) % {"n": row["copies"]})
    return ", ".join(words)


def form_files(row: Mapping[str, Any]) -> list[Row]:
    """The formats in which a form can be downloaded."""
    files = []
    for kind, name in (*FORMATS, ("sample", _("filled-in sample"))):
        if row[f"{kind}_id"] and row[f"{kind}_file"]:
            file_name = row[f"{kind}_file"].rsplit("/", 1)[-1]
            url = reverse("wagtaildocs_serve", args=[row[f"{kind}_id"], file_name])
            files.append({"name": name, "url": url, "size": file_size(row[f"{kind}_size"])})
    return files


def file_size(size: int | None) -> str:
    """A size in bytes for people: `28 KB`, `1.4 MB`; empty when it is not known."""
    if not size:
        return ""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    return f"{number_format(size / 1_000_000, 1)} MB"


def forms(rows: Sequence[Row]) -> list[Row]:
    """Forms with their files."""
    return [{**row, "files": form_files(row), "anchor": f"mau-{number}"} for number, row in enumerate(rows, 1)]


def papers(rows: Sequence[Row], known: Sequence[Row], cases: Sequence[Row]) -> list[Row]:
    """Papers by case (those for everybody first), then by group as the record groups them; each with its form."""
    by_code = {form["code"].casefold(): form for form in known if form["code"]}
    by_name = {form["name"].casefold(): form for form in known}
    about = {case["name"]: case["description"] for case in cases}
    order = ["", *about, *(row["case"] for row in rows)]
    found: dict[str, Row] = {}
    for case in dict.fromkeys(order):
        groups: dict[str, list[Row]] = {}
        for row in rows:
            if row["case"] == case:
                form = by_code.get(row["form_code"].casefold()) if row["form_code"] else by_name.get(row["name"].casefold())
                shown = {**row, "text": prose(row["name"]), "quantity": quantity(row), "form": form}
                groups.setdefault(row["group"], []).append(shown)
        if groups:
            found[case] = {"case": case, "about": about.get(case, ""), "groups": [{"name": name, "rows": part} for name, part in groups.items()]}
    return list(found.values())


def methods(rows: Sequence[Row]) -> list[Row]:
    """Ways to file, each channel with its limits and fees."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        text = facts.limit(row["limit_value"], row["limit_unit"])
        committed = facts.limit(row["committed_value"], row["committed_unit"])
        found.setdefault(row["channel"], []).append({**row, "limit": text, "committed": committed, "text": prose(row["description"])})
    return [{"name": label(Channel, channel), "rows": found[channel]} for channel in facts.CHANNEL_ORDER if channel in found]


def fees(rows: Sequence[Row], day: dt.date) -> list[Row]:
    """Fee rules with their period: in force, to come, over."""
    iso = day.isoformat()
    shown = []
    for row in rows:
        over, later = bool(row["valid_to"] and row["valid_to"] < iso), bool(row["valid_from"] and row["valid_from"] > iso)
        shown.append({
            **row, "kind": label(FeeKind, row["kind"]), "channel": label(Channel, row["channel"]), "over": over, "later": later,
            "amount": facts.money(row["amount"]) if row["amount"] is not None else "", "formula": prose(row["formula"]),
            "from": date_of(row["valid_from"]), "to": date_of(row["valid_to"]),
        })  # fmt: skip
    return sorted(shown, key=lambda row: (row["over"], row["later"]))


def steps(rows: Sequence[Row]) -> list[Row]:
    """Steps with their text split. An import that kept all steps in one text gives one row, read as blocks."""
    return [{**row, "text": prose(row["text"])} for row in rows]


def legal_bases(rows: Sequence[Row], day: dt.date) -> list[Row]:
    """Legal documents with their validity on the day."""
    iso = day.isoformat()
    return [
        {
            **row, "kind": label(DocumentKind, row["kind"]) if row["kind"] != DocumentKind.OTHER else "", "url": safe_url(row["url"]),
            "from": date_of(row["valid_from"]), "to": date_of(row["valid_to"]),
            "expired": bool(row["valid_to"] and row["valid_to"] < iso), "later": bool(row["valid_from"] and row["valid_from"] > iso),
        }
        for row in rows
    ]  # fmt: skip


def agencies(rows: Sequence[Row]) -> list[Row]:
    """Agencies by role: who decides first."""
    found = []
    for role in AgencyRole:
        named = [{"name": row["name"] or row["unit"], "slug": row["unit_slug"]} for row in rows if row["role"] == role]
        if named:
            found.append({"role": str(role.label), "agencies": named})
    return found


def state_on(version: Mapping[str, Any], day: dt.date) -> State:
    """State of a published version on a day; the same rule as `ProcedureVersion.state_on`."""
    start, end = date_of(version["valid_from"]), date_of(version["valid_to"])
    if start is None:
        return State.DRAFT
    if day < start:
        return State.UPCOMING
    if end is None or day <= end:
        return State.ABOLISHED if version["change_kind"] == ChangeKind.ABOLISHED else State.EFFECTIVE
    return State.ABOLISHED if version["end_kind"] in {EndKind.ABOLISHED, EndKind.REPLACED, EndKind.EXPIRED} else State.SUPERSEDED


def timeline(versions: Sequence[Row], day: dt.date, shown: int | None) -> list[Row]:
    """What changed and when, newest first; each entry knows the version before it at the same level and, where the versions are
    at different levels, the word for `?cap=` without which its address could lead to another of the same day."""
    several = len({frozenset(version["levels"]) for version in versions}) > 1
    found = []
    for place, version in enumerate(versions):
        before = next((older for older in versions[place + 1 :] if set(older["levels"]) & set(version["levels"])), None)
        found.append({
            **version, "from": date_of(version["valid_from"]), "to": date_of(version["valid_to"]), "state": state_on(version, day),
            "kind": label(ChangeKind, version["change_kind"]), "level_names": level_names(version["levels"]), "before": before and before["id"],
            "end": label(EndKind, version["end_kind"]), "shown": version["id"] == shown,
            "level": level_code(version["levels"]) if several else "",
        })  # fmt: skip
    return found


def people(rows: Sequence[Row], day: dt.date) -> list[Row]:
    """Who answers: the holder of each post, and who stands in while that person is away."""
    iso = day.isoformat()
    found = []
    for row in rows:
        holder = row["holder"][0] if row["holder"] else None
        away = bool(holder and holder["absent_from"] and holder["absent_from"] <= iso and (not holder["absent_to"] or holder["absent_to"] >= iso))
        stand_in = row["stand_in"][0]["name"] if row["stand_in"] else ""
        found.append({**row, "holder": holder, "away": away, "stand_in": stand_in})
    return found


def by_unit(posts: Sequence[Row]) -> dict[str, list[Row]]:
    """Posts for the page: those to show, and, when several wards decide alike, those of each ward apart, to choose one's own."""
    wards: dict[str, Row] = {}
    for post in posts:
        if post["level"] == Level.WARD:
            wards.setdefault(post["unit_slug"], {"name": post["unit_name"], "slug": post["unit_slug"], "posts": []})["posts"].append(post)
    several = len(wards) > 1
    return {"shown": [post for post in posts if not several or post["level"] != Level.WARD], "wards": list(wards.values()) if several else []}


def audiences(codes: Iterable[str]) -> list[str]:
    """Who it is for, in words."""
    return [label(Audience, code) for code in codes]


def places(offers: Sequence[Row]) -> dict[str, str]:
    """Units where one may file, slug -> name, in the order of the page, when there are several to choose from."""
    found = {offer["unit_slug"]: offer["unit"] for offer in offers}
    return found if len(found) > 1 else {}


def near(posts: list[Row], place: str) -> list[Row]:
    """Posts without those of the wards that one has not chosen."""
    return [post for post in posts if not place or post["level"] != Level.WARD or post["unit_slug"] == place]


# Which decree rules the one-stop counter, by the first day on which it did (domain.md 1).
ONE_STOP_DECREES = [(dt.date(2018, 6, 21), "61/2018/NĐ-CP"), (dt.date(2025, 7, 1), "118/2025/NĐ-CP")]


def one_stop_decree(day: dt.date) -> str:
    """The number of the decree in force on a day; empty before the first of them."""
    return next((number for first, number in reversed(ONE_STOP_DECREES) if first <= day), "")


def version_head(version: Data) -> Data:
    """What stands at the head of a version's page and in its frame; the rest is `version_page`."""
    return {
        **version,
        "levels_named": level_names(version["levels"]),
        "level_code": level_code(version["levels"]),
        "service": service_level(version),
        "from": date_of(version["valid_from"]),
        "to": date_of(version["valid_to"]),
    }


def version_page(version: Data, day: dt.date) -> Data:
    """Everything of a version that its page shows."""
    known = forms(version["forms_rows"])
    cases = version["cases_rows"]
    shown = papers(version["papers_rows"], known, cases)
    used = {id(row["form"]) for case in shown for group in case["groups"] for row in group["rows"] if row["form"]}
    return {
        **version_head(version),
        "for_whom": audiences(version["subjects"]),
        "one_stop_decree": one_stop_decree(day),
        "papers": shown,
        "forms": known,
        "other_forms": [form for form in known if id(form) not in used],
        "methods": methods(version["methods_rows"]),
        "fees": fees(version["fees_rows"], day),
        "steps": steps(version["steps_rows"]),
        "process": [{**row, "hours": facts.number(str(row["hours"]))} for row in version["process_rows"]],
        "process_hours": facts.number(sum((Decimal(str(row["hours"])) for row in version["process_rows"]), Decimal())),
        "results": version["results_rows"],
        "conditions": [prose(row["text"]) for row in version["conditions_rows"]],
        "legal_bases": legal_bases(version["legal_bases_rows"], day),
        "agencies": agencies(version["agencies_rows"]),
        "signed_on": date_of(version["decision_signed_on"]),
        "synced_on": date_of(version["synced_at"]),
        "source_link": safe_url(version["source_url"]),
        "source_blocks": [{"name": name, "text": prose(text)} for name, text in named_texts(version["source_text"], public=True)],
    }


def end_label(row: Mapping[str, Any]) -> str:
    """Why a version ended, in words."""
    return label(EndKind, row["end_kind"])


def offers_on(offers: Sequence[Row], day: dt.date) -> list[Row]:
    """Those of counters that are there on a day, of units that are: nobody is sent to a ward that was closed."""
    iso = day.isoformat()
    return [
        row
        for row in offers
        if all((not row[f"{of}_from"] or row[f"{of}_from"] <= iso) and (not row[f"{of}_to"] or row[f"{of}_to"] >= iso) for of in ("point", "unit"))
    ]


def offers_by_unit(offers: Sequence[Row]) -> list[Row]:
    """Where to file, a service point once, with what it takes apart from what is handed in there."""
    words = {
        (True, True): _("also takes what you send online or by post"),
        (True, False): _("also takes what you send online"),
        (False, True): _("also takes what you send by post"),
    }
    return [{**row, "takes": words.get((bool(row["online"]), bool(row["by_post"])), "")} for row in offers]


def description(procedure: Data, version: Data, answers: Sequence[facts.Fact]) -> str:
    """A sentence for search engines: the plain words, else the facts."""
    text = procedure["summary"] or version["description"] or ". ".join(f"{fact.question}: {fact.answer}" for fact in answers)
    return shorten(text, 160)


def contents(shown: Data, procedure: Data, people_found: Sequence[Row]) -> list[Row]:
    """The headings of the page that have something under them."""
    entries = [
        ("giay-to", _("What to bring"), shown["papers"]),
        ("cach-nop", _("Ways to file"), shown["methods"]),
        ("le-phi", _("Fees"), shown["fees"]),
        ("cac-buoc", _("Steps"), shown["steps"]),
        ("ket-qua", _("What you get"), shown["results"]),
        ("dieu-kien", _("Conditions"), shown["conditions"]),
        ("noi-nop", _("Where to file"), procedure["offers"]),
        ("hoi-dap", _("People ask"), procedure["questions"]),
        ("ai-giai-quyet", _("Who decides"), shown["agencies"] or people_found or shown["process"]),
        ("tre-hen", _("If it is late"), True),
        ("can-cu", _("Legal basis"), shown["legal_bases"]),
        ("thay-doi", _("What changed, and when"), True),
    ]
    return [{"id": anchor, "title": title} for anchor, title, there in entries if there]
