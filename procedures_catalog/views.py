"""Public pages of the catalogue: lists, a procedure, its print view, its QR code, the difference of two versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation import qr
from foundation.registries import panels_for
from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import today
from safeguards.limits import limited

from . import facts, jsonld, listing, presentation, queries, sections, stored
from .caching import asks, public_page
from .difference import Difference, compare
from .enums import State
from .prepared import Store, fingerprint, rows
from .queries import Data, date_of
from .record import records_by_id
from .wording import difference_for_people

# Parts of pages under the fingerprint of the data that they show: about 40 KB each.
_bodies = Store(size=1_000)
BODY_PARTS = ("lead", "aside")


def read_date(text: str | None) -> dt.date | None:
    """A date from an address, as machines write it (2026-01-31) or as people do (31/1/2026); anything that is none is as if
    not asked."""
    if not text or len(text) > 10:
        return None
    form = "%Y-%m-%d" if "-" in text else "%d/%m/%Y"
    try:
        return dt.datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


def read_choice(request: HttpRequest, known: listing.Catalogue) -> listing.Choice:
    """The visitor's choices; a value or page that cannot exist is a page that does not exist."""
    values = {}
    for name, word in listing.FACETS.items():
        value = request.GET.get(word, "")
        if value and value not in known.names[name]:
            raise Http404(_("There is no such choice."))
        if value:
            values[name] = value
    sort = request.GET.get("sap-xep", "")
    number = request.GET.get("trang", "1") or "1"
    if not (number.isascii() and number.isdigit()) or not 1 <= int(number[:7]) <= listing.MAX_PAGE:
        raise Http404(_("There is no such page."))
    return listing.Choice(values, sort if sort in listing.SORTS else "", int(number[:7]))


def list_title(choice: listing.Choice, names: Any) -> str:
    """What the list holds, in words: "Procedures: civil status, ward"."""
    parts = [listing.name_of(name, value, names) for name, value in choice.values.items()]
    return _("Procedures: %(what)s") % {"what": ", ".join(parts)} if parts else _("All procedures")


FACET_TITLES = {
    "event": gettext_lazy("What happens in your life"),
    "field": gettext_lazy("Field"),
    "level": gettext_lazy("Level"),
    "service": gettext_lazy("Service level"),
    "audience": gettext_lazy("Who it is for"),
    "unit": gettext_lazy("Office"),
}


def shown_items(found: listing.Catalogue, items: Sequence[listing.Listed], day: dt.date) -> list[Data]:
    """The rows of a page of the list, with their facts and the words for their values."""
    lines = found.facts_of(items, day)
    shown = []
    for item in items:
        field, _unit, _event, _audience, service, levels = item.values
        online = next((value for value in service if not value.startswith("cu-")), "")
        url = reverse("procedures_catalog:procedure", args=[item.code])
        shown.append({
            "url": f"{url}?cap={min(levels, key=lambda code: LEVEL_BY_CODE[code])}" if item.several and levels else url,
            "code": item.code, "name": item.name, "facts": lines[item.pk], "several": item.several,
            "service": presentation.service_level({"online_level": online}),
            "field": ", ".join(listing.name_of("field", value, found.names) for value in field),
            "levels": ", ".join(listing.name_of("level", code, found.names) for code in sorted(levels, key=lambda code: LEVEL_BY_CODE[code])),
        })  # fmt: skip
    return shown


@require_safe
@asks(*listing.FACETS.values(), "sap-xep", "trang")
@public_page
def procedure_list(request: HttpRequest) -> HttpResponse:
    """The catalogue in force today, narrowed by any combination of six facets."""
    day = today()
    found = listing.catalogue(day)
    if (closed := request.GET.get(listing.FACETS["unit"], "")) in found.closed:
        return redirect("organisation:unit", closed)  # where its work went stands there
    choice = read_choice(request, found)
    page = listing.page(found, choice)
    if page.number > page.pages:
        raise Http404(_("There is no such page."))
    several = len(choice.values) > 1
    context = {
        "title": list_title(choice, found.names),
        "page": page,
        "items": shown_items(found, page.items, day),
        "choice": choice,
        "facets": [
            {"name": name, "word": listing.FACETS[name], "title": title, "options": page.facets[name], "official": listing.is_official(name),
             "chosen": next((option for option in page.facets[name] if option.chosen), None)}
            for name, title in FACET_TITLES.items()
        ],
        "removals": [
            {"name": listing.name_of(name, value, found.names), "url": request.path + choice.query(**{name: None})}
            for name, value in choice.values.items()
        ],
        "sorts": [
            {"name": words, "url": request.path + choice.query(sort=sort), "chosen": sort == choice.sort}
            for sort, words in (("", _("Most asked for")), ("ten", _("Name")), ("moi", _("Newest")))
        ],
        "previous_url": choice.query(page=page.number - 1) or request.path if page.number > 1 else "",
        "next_url": choice.query(page=page.number + 1) if page.number < page.pages else "",
        "panels": panels(request, "list.top", choice.values),
        "canonical": request.build_absolute_uri(request.path + listing.Choice(choice.values).query(page=page.number)),
        "robots": "noindex, follow" if several or choice.sort else "",
        "section": "procedures",
    }  # fmt: skip
    return render(request, "procedures_catalog/list.html", context)


def pick(versions: Sequence[Data], day: dt.date, level: str) -> Data | None:
    """The version to show of those in force on a day: the one at the level that was asked for, else at the level closest
    to citizens."""
    in_force = [row for row in versions if presentation.state_on(row, day) in {State.EFFECTIVE, State.ABOLISHED} and not ended(row, day)]
    asked = LEVEL_BY_CODE.get(level)
    if asked is not None and (found := next((row for row in in_force if int(asked) in row["levels"]), None)):
        return found
    ordinary = [row for row in in_force if max(row["levels"], default=0) <= Level.WARD]
    return max(ordinary or in_force, key=lambda row: max(row["levels"], default=0), default=None)


def ended(row: Data, day: dt.date) -> bool:
    """Whether a version's last day lies before a day."""
    end = date_of(row["valid_to"])
    return end is not None and end < day


def day_after(last: str) -> dt.date:
    """The first day on which something no longer holds."""
    return dt.date.fromisoformat(last[:10]) + dt.timedelta(days=1)


def choose_version(procedure: Data, day: dt.date, level: str, asked_day: bool) -> Data | None:
    """The version that a page shows. Without a day of the visitor's own, a procedure that is not in force shows what comes,
    or what was last; with one, it shows nothing but that."""
    versions: list[Data] = procedure["versions"]
    found = pick(versions, day, level)
    if found or asked_day:
        return found
    upcoming = [row for row in versions if presentation.state_on(row, day) == State.UPCOMING]
    return upcoming[-1] if upcoming else versions[0] if versions else None


def other_levels(versions: Sequence[Data], shown: Data, day: dt.date) -> list[Data]:
    """The versions in force on the same day at other levels."""
    here = [row for row in versions if presentation.state_on(row, day) == State.EFFECTIVE and not ended(row, day)]
    return [
        {"names": presentation.level_names(row["levels"]), "code": presentation.level_code(row["levels"]), "shown": row["id"] == shown["id"]}
        for row in sorted(here, key=lambda row: min(row["levels"], default=9))
    ]


def to_come(entries: Sequence[Data], shown: Data) -> list[Data]:
    """The published versions that will take the place of the one shown."""
    return [item for item in entries if item["state"] == State.UPCOMING and item["id"] != shown["id"] and set(item["levels"]) & set(shown["levels"])]


def load(code: str) -> tuple[str, Data]:
    """A procedure that has something public, with the text that it came in; 404 for any other."""
    text = queries.PROCEDURE(code=code)
    procedure = queries.one(text)
    if procedure is None or not procedure["versions"]:
        raise Http404(_("There is no procedure with this code."))
    return text, procedure


def body(request: HttpRequest, text: str, procedure: Data, row: Data, day: dt.date, place: str = "") -> dict[str, Any]:
    """The parts of a procedure's page, made anew only when something that they show differs: the key is the data itself. With a
    `place`, the slug of a unit, no other unit of its level is named as who answers."""
    version_text = queries.VERSION(pk=row["id"])
    related = queries.RELATED_IN_FIELD(field=row["field"] or 0, procedure=procedure["id"], day=day)
    people = queries.RESPONSIBLE(field=row["field"] or 0, procedure=procedure["id"], version=row["id"], day=day)
    host = f"{request.scheme}://{request.get_host()}"
    key = fingerprint(text, version_text, related, people, str(row["id"]), str(day), get_language() or "", host, place)
    if related == "[]":
        # Of today also on the page of another day: that is where the links lead.
        found = listing.catalogue()
        neighbours = [{"code": item.code, "name": item.name} for item in found.similar(row["name"], procedure["code"])]
        key = fingerprint(key, repr(neighbours))
    else:
        neighbours = rows(related)
    made: dict[str, Any] = _bodies.get_or_make(
        key, lambda: make_body(request, procedure, version_text, neighbours, presentation.near(rows(people), place), day)
    )
    return made


def make_body(request: HttpRequest, procedure: Data, version_text: str, neighbours: list[Data], people: list[Data], day: dt.date) -> dict[str, Any]:
    """The parts of a procedure's page, rendered, and what its head needs."""
    version = rows(version_text)[0]
    kept = stored.kept(version_text, version, day)
    answers = facts.four(version, procedure["offers"], day)
    versions = presentation.timeline(procedure["versions"], day, version["id"])
    content = any(version[f"{name}_rows"] for name in ("steps", "papers", "methods", "fees", "conditions"))
    context = {
        "procedure": procedure,
        "version": presentation.version_head(version),
        "kept": kept,
        "facts": answers,
        "timeline": versions,
        "offers": procedure["offers"],
        "offers_by_unit": presentation.offers_by_unit(procedure["offers"]),
        "people": presentation.by_unit(presentation.people(people, day)),
        "related": neighbours,
        "guidance": presentation.prose(procedure["guidance"]) if procedure["guidance"] else None,
        "questions": [{"question": row["question"], "answer": presentation.prose(row["answer"])} for row in procedure["questions"]],
        "name_only": not content,
        "contents": stored.contents_of(kept.has, procedure, people),
        "day": day,
        "LANGUAGE_CODE": get_language() or "",
        "code": procedure["code"],
    }
    parts: dict[str, Any] = {name: render_to_string(f"procedures_catalog/body/{name}.html", context) for name in BODY_PARTS}
    url = request.build_absolute_uri(reverse("procedures_catalog:procedure", args=[procedure["code"]]))
    data = [jsonld.government_service(procedure, version, url, procedure["site_unit"] or "", day)]
    if procedure["questions"]:
        data.append(jsonld.questions(procedure))
    parts["jsonld"] = jsonld.data_block(*data)
    around = sum(sections.size(text) for text in parts.values())
    parts |= sections.render(context, around, lambda: presentation.version_page(version, day))
    parts["name_only"] = not content
    parts["description"] = presentation.description(procedure, version, answers)
    return parts


def panels(request: HttpRequest, slot: str, about: Any) -> list[str]:
    """What other applications have to say in a slot of the page."""
    return [html for panel in panels_for(slot) if (html := panel.render(request, about))]


def page_context(request: HttpRequest, code: str, place: str = "") -> dict[str, Any]:
    """What the page and its print view show; of one unit's counter where `place` is its slug."""
    text, procedure = load(code)
    asked = read_date(request.GET.get("ngay"))
    day = asked or today()
    offers = presentation.offers_on(procedure["offers"], day)
    places = presentation.places(offers)
    place = place if place in places else ""
    procedure = {**procedure, "offers": [offer for offer in offers if place in {"", offer["unit_slug"]}]}
    level = request.GET.get("cap", "")
    row = choose_version(procedure, day, level, asked is not None)
    newest = row or procedure["versions"][0]
    chosen = {"cap": level, "ngay": asked.isoformat() if asked else ""}
    chosen = {name: value for name, value in chosen.items() if value}
    context: dict[str, Any] = {
        "procedure": procedure,
        "code": procedure["code"],
        "name": newest["name"],
        "asked": asked,
        "today": today(),
        "level": level,
        "chosen": chosen,
        "query": "?" + urlencode(chosen) if chosen else "",
        "places": places,
        "place": place,
        "day": day,
        "row": row,
        "canonical": request.build_absolute_uri(reverse("procedures_catalog:procedure", args=[procedure["code"]])),
        "robots": "noindex, follow" if asked or level else "",
        "section": "procedures",
        "timeline": presentation.timeline(procedure["versions"], today(), row["id"] if row else None),
    }
    if row is None:
        return context
    others = other_levels(procedure["versions"], row, day)
    context |= {
        "body": body(request, text, procedure, row, day, place),
        "state": presentation.state_on(row, day),
        "from": date_of(row["valid_from"]),
        "ended_on": day_after(row["valid_to"]) if ended(row, day) else None,
        "end_label": presentation.end_label(row),
        "others": others if len(others) > 1 else [],
        "upcoming": [] if asked else to_come(context["timeline"], row),
        "panels_after_facts": panels(request, "procedure.after_facts", procedure),
        "panels_aside": panels(request, "procedure.aside", procedure),
        "panels_end": panels(request, "procedure.end", procedure),
    }  # fmt: skip
    return context


@require_safe
@asks("cap", "ngay")
@public_page
def procedure_page(request: HttpRequest, code: str) -> HttpResponse:
    """A procedure as it is in force today, at one level (`?cap=`), or as it was on a day (`?ngay=YYYY-MM-DD`)."""
    return render(request, "procedures_catalog/procedure.html", page_context(request, code))


@require_safe
@asks("cap", "ngay", "noi")
@public_page
def print_page(request: HttpRequest, code: str) -> HttpResponse:
    """The same on paper: no navigation, with the QR code that leads back, and of one ward's counter alone where it is chosen
    (`?noi=`): the addresses of all the wards fill sheets that nobody reads."""
    context = page_context(request, code, request.GET.get("noi", ""))
    return render(request, "procedures_catalog/print.html", context | {"robots": "noindex, follow"})


@require_safe
@public_page
def qr_code(request: HttpRequest, code: str) -> HttpResponse:
    """The address of the page as a QR code (SVG), for posters and letters."""
    load(code)
    url = request.build_absolute_uri(reverse("procedures_catalog:procedure", args=[code]))
    return HttpResponse(qr.svg(url, title=_("QR code of %(code)s") % {"code": code}), content_type="image/svg+xml")


def read_version(procedure: Data, text: str | None) -> Data | None:
    """One of a procedure's published versions by its number in the address."""
    if not text or not (text.isascii() and text.isdigit() and len(text) < 12):
        return None
    return next((row for row in procedure["versions"] if row["id"] == int(text)), None)


@require_safe
@asks("tu", "den")
@public_page
@limited("difference")  # asked when the page is made: one that comes from memory costs its reader nothing
def difference_page(request: HttpRequest, code: str) -> HttpResponse:
    """What changed from one version to another, part by part. Without versions in the address: the last change."""
    _text, procedure = load(code)
    entries = presentation.timeline(procedure["versions"], today(), None)
    new = read_version(procedure, request.GET.get("den"))
    old = read_version(procedure, request.GET.get("tu"))
    if (request.GET.get("den") and new is None) or (request.GET.get("tu") and old is None):
        raise Http404(_("There is no such version."))
    new = new or next((row for row in entries if row["before"]), entries[0])
    before = next((row["before"] for row in entries if row["id"] == new["id"]), None)
    old = old or next((row for row in procedure["versions"] if row["id"] == before), None)
    found: Difference | None = None
    if old and old["id"] != new["id"]:
        records = dict(records_by_id([old["id"], new["id"]]))
        found = compare(records[old["id"]], records[new["id"]])
    context = {
        "code": procedure["code"],
        "name": new["name"],
        "entries": entries,
        "old": next((row for row in entries if old and row["id"] == old["id"]), None),
        "new": next(row for row in entries if row["id"] == new["id"]),
        "difference": difference_for_people(found) if found else None,
        "canonical": request.build_absolute_uri(request.path),
        "robots": "noindex, follow",
        "section": "procedures",
    }
    return render(request, "procedures_catalog/difference.html", context)


@require_safe
def code_redirect(request: HttpRequest, code: str) -> HttpResponse:
    """The long local form of a code (2.000908.000.00.00.H61) leads to the page of the national one."""
    return HttpResponsePermanentRedirect(reverse("procedures_catalog:procedure", args=[code[:8]]))
