"""What stands on a guide's page, and where guides are told of: the home page, lists of a life event, pages of procedures.

Of a procedure a guide says nothing itself: time limit, fee, place, papers and who decides are the catalogue's, as of today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.db.models import F, Func, IntegerField, JSONField, OuterRef, Subquery
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from wagtail.rich_text import get_text_for_indexing

from foundation.registries import PagePanel, page_panels
from organisation.models import today
from procedures_catalog import facts, listing, summaries
from procedures_catalog.jsonld import data_block
from procedures_catalog.models import LifeEvent
from procedures_catalog.prepared import Prepared, rows, together

from .guide_rules import procedures_in
from .guide_totals import Filing, Step, Totals, totals
from .navigation import page_url

if TYPE_CHECKING:
    from .models import GuideIndexPage, GuidePage

Data = dict[str, Any]


# ── Where guides are ──────────────────────────────────────────────────────────────────────────────────────────────────


def _events(language: str) -> Any:
    """The life events with their guide in a language, in the editors' order."""
    from .models import GuidePage

    guides = GuidePage.objects.for_everybody().in_language(language).filter(event=OuterRef("pk")).order_by("path")
    length = Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())
    return LifeEvent.objects.order_by("order", "name").values("slug", "name", "name_en", "summary", "summary_en").annotate(
        guide=Subquery(guides.values("url_path")[:1]), title=Subquery(guides.values("title")[:1]),
        steps=Subquery(guides.annotate(length=length).values("length")[:1], output_field=IntegerField()),
    )  # fmt: skip


EVENTS = Prepared(_events, language=str)
EVENT = Prepared(lambda pk: LifeEvent.objects.filter(pk=pk).values("slug", "name", "name_en"), pk=int)


def life_events(found: listing.Catalogue, options: Mapping[str, listing.Option]) -> list[Data]:
    """The life events that have a guide or procedures, in the reader's language: where each leads. One query."""
    language = get_language() or "vi"
    english = language == "en"
    list_url = reverse("procedures_catalog:list")
    shown = []
    for row in rows(EVENTS(language=language)):
        option = options.get(row["slug"])
        if option is None and not row["guide"]:
            continue
        shown.append({
            "slug": row["slug"], "name": (english and row["name_en"]) or row["name"], "summary": (english and row["summary_en"]) or row["summary"],
            "count": option.count if option else 0, "translated": english and bool(row["name_en"]), "steps": row["steps"] or 0,
            "list_url": list_url + option.url if option else "", "guide": row["title"] or "",
            "url": page_url(row["guide"], language) if row["guide"] else list_url + (option.url if option else ""),
        })  # fmt: skip
    return shown


def above(url: str) -> str:
    """The page of all guides, which stands above each of them."""
    return url.rstrip("/").rsplit("/", 1)[0] + "/"


def _of_procedure(procedure: str, language: str) -> Any:
    from .models import GuidePage

    # A procedure stands in few guides and a guide in few steps: the numbers of those steps, counted by the database.
    places = RawSQL(
        "(select json_agg(n order by n) from jsonb_array_elements(portal_guidepage.steps) with ordinality step(value, n) where exists"
        " (select from jsonb_array_elements(step.value #> '{value,procedures}') item where item.value ->> 'value' = %s))",
        [procedure],  # a parameter
        output_field=JSONField(),
    )  # nosec B611
    length = Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())
    found = GuidePage.objects.for_everybody().in_language(language).annotate(places=places, length=length)
    return found.filter(places__isnull=False).order_by("path").values("title", "url_path", "places", "length")


OF_PROCEDURE = Prepared(_of_procedure, procedure=str, language=str)


def of_procedure(request: HttpRequest, procedure: Mapping[str, Any]) -> str:
    """On a procedure's page: the guides that lead through it, and by which step. One query."""
    language = get_language() or "vi"
    found = [
        {**row, "url": page_url(row["url_path"], language), "first": row["places"][0]}
        for row in rows(OF_PROCEDURE(procedure=str(procedure["id"]), language=language))
    ]  # fmt: skip
    return render_to_string("portal/parts/in_guides.html", {"guides": found}) if found else ""


def of_list(request: HttpRequest, values: Mapping[str, str]) -> str:
    """On a list narrowed by a life event: its guide. One query, none for other lists."""
    if not values.get("event"):
        return ""
    language = get_language() or "vi"
    row = next((row for row in rows(EVENTS(language=language)) if row["slug"] == values["event"] and row["guide"]), None)
    if row is None:
        return ""
    guide = {"title": row["title"], "url": page_url(row["guide"], language), "steps": row["steps"]}
    return render_to_string("portal/parts/guide_line.html", {"guide": guide})


def register() -> None:
    """Offer the panels."""
    page_panels.register("guides of a procedure", PagePanel(slot="procedure.aside", order=5, query_budget=1, render=of_procedure))
    page_panels.register("guide of a life event", PagePanel(slot="list.top", order=5, query_budget=1, render=of_list))


def index_context(request: HttpRequest, page: GuideIndexPage) -> Data:
    """All life events: those with a guide, and those that are a list so far."""
    found = listing.catalogue()
    options = {option.value: option for option in listing.page(found, listing.Choice()).facets["event"]}
    events = life_events(found, options)
    return {
        "guided": [event for event in events if event["guide"]],
        "listed": [event for event in events if not event["guide"]],
        "section": "guides",
        "canonical_url": request.build_absolute_uri(request.path),
    }


# ── A guide ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_steps(page: GuidePage, known: Mapping[int, summaries.Summary]) -> list[Data]:
    """The steps with what the catalogue says of their procedures; a procedure that was never public is not named."""
    found: list[Data] = []
    first = 0  # the step with which the visit at hand begins
    for number, block in enumerate(page.steps.get_prep_value(), start=1):
        value = block["value"]
        chosen = [known[key] for key in procedures_in(value) if key in known]
        together = bool(value.get("together") and first)
        found.append({
            "number": number, "title": value.get("title") or "", "condition": (value.get("condition") or "").strip(" ."),
            "text": value.get("text") or "", "hint": value.get("hint") or "", "procedures": chosen,
            "one_of": value.get("choose") != "all", "several": len(chosen) > 1, "together": together, "with": first if together else 0,
        })  # fmt: skip
        if chosen and not together:
            first = number
    return found


def reckoned(steps: list[Data]) -> Totals:
    """What the steps come to: of what can be filed today."""
    return totals(
        [
            Step(
                step["number"],
                tuple(Filing(one.pk, one.cost, one.limit, one.papers) for one in step["procedures"] if one.in_force),
                one_of=step["one_of"],
                together=step["together"],
                conditional=bool(step["condition"]),
            )
            for step in steps
        ],
        facts.rough_hours,
    )


def visits(found: Totals) -> str:
    """ "1 visit", "2 to 5 visits"."""
    if found.visits_least == found.visits_most:
        return ngettext("%(n)s visit", "%(n)s visits", found.visits_most) % {"n": found.visits_most}
    least = max(1, found.visits_least)
    if least == found.visits_most:
        return _("at most one visit")
    return _("%(least)s to %(most)s visits") % {"least": least, "most": found.visits_most}


def steps_named(numbers: tuple[int, ...]) -> str:
    """ "step 2", "steps 2, 3"."""
    return ngettext("step %(numbers)s", "steps %(numbers)s", len(numbers)) % {"numbers": ", ".join(str(number) for number in numbers)}


def altogether(found: Totals) -> Data | None:
    """The totals in words; nothing for a guide in which nothing can be filed today."""
    if not found.visits_most:
        return None
    every_cost_open = len(set(found.cost_open)) == sum(len(trip) for trip in found.trips)
    return {
        "visits": visits(found),
        "trips": [steps_named(trip) for trip in found.trips if len(trip) > 1],
        "cost": "" if every_cost_open and not found.cost_most else facts.money(found.cost_most),
        "cost_open": steps_named(found.cost_open) if found.cost_open else "",
        "time": " + ".join(facts.limit(value, unit) for value, unit in found.time_most),
        "time_open": steps_named(found.time_open) if found.time_open else "",
        "papers": [{"name": paper.name, "steps": steps_named(paper.steps)} for paper in found.papers],
    }


def how_to(page: GuidePage, steps: list[Data], found: Totals, url: str) -> Data:
    """The guide as schema.org's HowTo."""
    data: Data = {
        "@context": "https://schema.org",
        "@type": "HowTo",
        "@id": url,
        "url": url,
        "name": page.title,
        "description": page.summary,
        "inLanguage": get_language() or "vi",
        "step": [
            {
                "@type": "HowToStep", "position": step["number"], "name": step["title"], "url": f"{url}#buoc-{step['number']}",
                "text": " ".join(strip_tags(get_text_for_indexing(step["text"])).split()),
            }
            for step in steps
        ],
        "supply": [{"@type": "HowToSupply", "name": paper.name} for paper in found.papers],
    }  # fmt: skip
    if not found.cost_open and found.visits_most:
        data["estimatedCost"] = {"@type": "MonetaryAmount", "currency": "VND", "maxValue": str(found.cost_most)}
    if page.last_published_at:
        data["dateModified"] = page.last_published_at.date().isoformat()
    return {key: value for key, value in data.items() if value}


def guide_context(request: HttpRequest, page: GuidePage, day: dt.date | None = None) -> Data:
    """The guide with what the catalogue says on a day (today). One query for the life event and all procedures."""
    day = day or today()
    keys = {key for block in page.steps.get_prep_value() for key in procedures_in(block["value"])}
    event_text, summaries_text = together(EVENT.statement(pk=page.event_id or 0), summaries.statement(keys, day))
    event = next(iter(rows(event_text)), None)
    steps = shown_steps(page, summaries.read(summaries_text, day))
    found = reckoned(steps)
    path = page_url(page.url_path, get_language() or "vi") if page.url_path else request.path
    url = request.build_absolute_uri(path)
    english = get_language() == "en"
    return {
        "steps": steps,
        "altogether": altogether(found),
        "day": day,
        "event_name": ((english and event["name_en"]) or event["name"]) if event else "",
        "event_is_english": bool(event and english and event["name_en"]),
        "list_url": f"{reverse('procedures_catalog:list')}?{urlencode({listing.FACETS['event']: event['slug']})}" if event else "",
        "over": [(step["number"], one) for step in steps for one in step["procedures"] if not one.in_force],
        "share_url": url,
        "print_url": f"{path}in/",
        "guides_url": above(path),
        "canonical_url": url,
        "mail_url": "mailto:?" + urlencode({"subject": page.title, "body": f"{page.title}\n{url}"}, quote_via=quote),
        "jsonld": data_block(how_to(page, steps, found, url)),
        "section": "guides",
    }
