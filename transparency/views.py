"""Public pages of figures: what there is, service levels, the roadmap, what is posted; each with its files."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation import charts
from foundation.registries import panels_for
from organisation.models import in_language, today
from procedures_catalog.caching import asks, public_page

from . import files, levels, posting, roadmap
from .asking import Ask, one_of, read_page, read_slug
from .enums import PlanState, Scheme
from .models import FIRST_YEAR, LAST_YEAR
from .rules import ONLINE

UNITS = 40  # as choices of the roadmap; with more, the file has the rest
YEARS = {str(year): year for year in range(FIRST_YEAR, LAST_YEAR + 1)}


def _common(request: HttpRequest, ask: Ask) -> dict[str, Any]:
    narrowed = ask.asked or bool(ask.choices)
    return {
        "day": ask.day, "asked": ask.asked, "is_today": ask.day == today(), "to_come": ask.day > today(), "query": ask.query(), "section": "figures",
        "robots": "noindex, follow" if narrowed else "", "canonical_url": request.build_absolute_uri(request.path), "patterns": charts.patterns(),
        "today_url": request.path + ask.query(ngay=None), "choices": ask.choices,
    }  # fmt: skip


@require_safe
@public_page
def index(request: HttpRequest) -> HttpResponse:
    """Which figures there are: a card each, offered by whoever counts them."""
    cards = [html for panel in panels_for("figures.index") if (html := panel.render(request, None))]
    context = {"cards": cards, "section": "figures", "canonical_url": request.build_absolute_uri(request.path), "patterns": charts.patterns()}
    return render(request, "transparency/index.html", context)


# ── Service levels ────────────────────────────────────────────────────────────────────────────────────────────────────


def _levels(request: HttpRequest) -> tuple[Ask, str, str, levels.Counts]:
    """The counts that an address asks for; 404 for a unit or field that never was."""
    unit, field = read_slug(request.GET.get("co-quan", "")), read_slug(request.GET.get("linh-vuc", ""))
    by = one_of(request.GET.get("theo", ""), levels.DIMENSIONS)
    scheme = one_of(request.GET.get("cach-tinh", ""), levels.SCHEME_WORDS)
    ask = Ask.of(request, co_quan=unit, linh_vuc=field, theo=by, cach_tinh=scheme)
    found = levels.counts(ask.day, unit, field, today=today())
    if (unit and found.known["unit"] is None) or (field and found.known["field"] is None):
        raise Http404(_("There is no such choice."))
    return ask, unit, field, found


def _level_tables(ask: Ask, unit: str, field: str, found: levels.Counts, *, linked: bool) -> dict[str, Any]:
    """A table for each scheme that any record states a level in. The numbers lead to the list where it shows the same day."""
    every = found.every
    links = {word: value for word, value in (("co-quan", unit), ("linh-vuc", field)) if value} if linked else None
    return {
        "every": every, "procedures": found.procedures, "coming": found.coming, "regimes": levels.regimes(found.regimes),
        "schemes": [levels.summary(every, scheme, links) for scheme in Scheme.values if every.stated(scheme)],
        "reasons": levels.reasons(every), "partial": every.levels[Scheme.ONLINE]["partial"],
    }  # fmt: skip


def _level_lines(path: str, ask: Ask, found: levels.Counts) -> dict[str, Any]:
    """One table by unit, field or level of government, in one scheme, with the ways to the others."""
    stated = {word: scheme for word, scheme in levels.SCHEME_WORDS.items() if found.every.stated(scheme)}
    word = ask.choices.get("cach-tinh") or next(iter(stated), "nay")
    scheme = levels.SCHEME_WORDS[word]
    titles = {"co-quan": _("By unit"), "linh-vuc": _("By field"), "cap": _("By level of government")}
    ways = {name: label for name, label in titles.items() if name not in ask.choices}
    by = ask.choices.get("theo") or next(iter(ways))
    lines = levels.breakdown(found, levels.DIMENSIONS[by], scheme)
    for line in lines:
        line["url"] = path + ask.query(**{by: line["key"], "theo": None}) if by != "cap" and line["key"] else ""
    return {
        "by": by, "scheme": str(scheme), "scheme_label": scheme.label, "has_online": scheme in ONLINE, "overlapping": by != "linh-vuc",
        "lines": lines[: levels.SHOWN], "more": max(0, len(lines) - levels.SHOWN),
        "heads": [levels.level_name(scheme, level) for level in levels.steps(scheme)],
        "ways": [{"label": label, "url": f"{path}{ask.query(theo=name)}#bang", "chosen": name == by} for name, label in ways.items()],
        "scheme_ways": [
            {"label": one.label, "url": f"{path}{ask.query(cach_tinh=name)}#bang", "chosen": name == word} for name, one in stated.items()
        ],
        "removals": [
            {"name": in_language(*(found.known[name] or ("", ""))), "url": path + ask.query(**{choice: None})}
            for choice, name in (("co-quan", "unit"), ("linh-vuc", "field")) if choice in ask.choices
        ],
    }  # fmt: skip


@asks("ngay", "co-quan", "linh-vuc", "theo", "cach-tinh")
@require_safe
@public_page
def levels_page(request: HttpRequest) -> HttpResponse:
    """Records by service level, unit, field and level of government; each scheme of law in a table of its own."""
    ask, unit, field, found = _levels(request)
    common = _common(request, ask)
    context = {**common, **_level_tables(ask, unit, field, found, linked=common["is_today"]), **_level_lines(request.path, ask, found)}
    return render(request, "transparency/levels.html", context)


@asks("ngay", "co-quan", "linh-vuc", "theo", "cach-tinh")
@require_safe
@public_page
def levels_csv(request: HttpRequest) -> HttpResponse:
    """The records behind the counts, one a row."""
    ask, unit, field, _found = _levels(request)
    return files.csv_response(f"muc-do-{ask.day}", files.names(levels.COLUMNS), levels.records(ask.day, unit, field))


@asks("ngay", "co-quan", "linh-vuc", "theo", "cach-tinh")
@require_safe
@public_page
def levels_table_csv(request: HttpRequest) -> HttpResponse:
    """The counts behind the tables and pictures."""
    ask, _unit, _field, found = _levels(request)
    return files.csv_response(f"muc-do-bang-{ask.day}", levels.TABLE_COLUMNS, levels.table(found, ask.day))


@asks("ngay", "co-quan", "linh-vuc", "theo", "cach-tinh")
@require_safe
@public_page
def levels_table_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    ask, _unit, _field, found = _levels(request)
    return files.json_response(levels.table(found, ask.day), date=ask.day, records=found.every.total, procedures=found.procedures)


# ── The roadmap ───────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = {str(state): state.label for state in PlanState}
SCHEME_BY_WORD = {word: str(scheme) for word, scheme in levels.SCHEME_WORDS.items()}


def _roadmap(request: HttpRequest) -> tuple[Ask, list[roadmap.Plan], list[roadmap.Plan]]:
    """All plans of the day, and those that the address asks for."""
    year = one_of(request.GET.get("nam", ""), YEARS)
    state = one_of(request.GET.get("trang-thai", ""), STATES)
    word = one_of(request.GET.get("cach-tinh", ""), SCHEME_BY_WORD)
    unit, field = read_slug(request.GET.get("co-quan", "")), read_slug(request.GET.get("linh-vuc", ""))
    ask = Ask.of(request, nam=year, trang_thai=state, cach_tinh=word, co_quan=unit, linh_vuc=field)
    every = roadmap.plans(ask.day)
    if (unit and all(plan.unit != unit for plan in every)) or (field and all(plan.field_slug != field for plan in every)):
        raise Http404(_("There is no such choice."))
    return ask, every, roadmap.chosen(every, year=year, state=state, scheme=SCHEME_BY_WORD.get(word, ""), unit=unit, field_slug=field)


def _ways(request: HttpRequest, ask: Ask, word: str, options: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    now = ask.choices.get(word, "")
    chips = [{"label": _("all"), "url": request.path + ask.query(**{word: None, "trang": None}), "chosen": not now}]
    return chips + [
        {"label": label, "url": request.path + ask.query(**{word: value, "trang": None}), "chosen": value == now} for value, label in options
    ]


def _pager(ask: Ask, page: int, pages: int) -> dict[str, Any]:
    if page > pages:
        raise Http404(_("There is no such page."))
    return {
        "page": {"number": page, "pages": pages}, "previous_url": (ask.query(trang=page - 1 if page > 2 else None) or "?") if page > 1 else "",
        "next_url": ask.query(trang=page + 1) if page < pages else "",
    }  # fmt: skip


@asks("ngay", "nam", "trang-thai", "cach-tinh", "co-quan", "linh-vuc", "trang")
@require_safe
@public_page
def roadmap_page(request: HttpRequest) -> HttpResponse:
    """Planned level per procedure and year against what is in force."""
    number = read_page(request.GET.get("trang", ""))
    ask, every, found = _roadmap(request)
    units = {plan.unit: plan for plan in every}
    start = (number - 1) * roadmap.PER_PAGE
    lines = [roadmap.line(plan, ask.day) for plan in found[start : start + roadmap.PER_PAGE]]
    states = {plan.state for plan in every}
    schemes = {plan.scheme for plan in every}
    by_code = sorted(units.values(), key=lambda plan: plan.unit_code)[:UNITS]
    context = {
        **_common(request, ask), **_pager(ask, number, max(1, -(-len(found) // roadmap.PER_PAGE))), "tables": roadmap.by_year(found),
        "total": len(found), "every": len(every), "lines": lines,
        "states": [{"label": state.label, "tone": roadmap.TONES[state]} for state in roadmap.ORDER],
        "year_ways": _ways(request, ask, "nam", [(str(year), str(year)) for year in sorted({plan.year for plan in every})]),
        "state_ways": _ways(request, ask, "trang-thai", [(str(state), state.label) for state in roadmap.ORDER if state in states]),
        "scheme_ways": _ways(
            request, ask, "cach-tinh", [(word, Scheme(scheme).label) for word, scheme in SCHEME_BY_WORD.items() if scheme in schemes]
        ),
        "unit_ways": _ways(request, ask, "co-quan", [(plan.unit, in_language(plan.unit_name, plan.unit_name_en)) for plan in by_code]),
    }  # fmt: skip
    return render(request, "transparency/roadmap.html", context)


@asks("ngay", "nam", "trang-thai", "cach-tinh", "co-quan", "linh-vuc", "trang")
@require_safe
@public_page
def roadmap_csv(request: HttpRequest) -> HttpResponse:
    """The plans, the former ones too, one a row."""
    ask, _every, found = _roadmap(request)
    return files.csv_response(f"lo-trinh-{ask.day}", files.names(roadmap.COLUMNS), roadmap.table(found, ask.day))


@asks("ngay", "nam", "trang-thai", "cach-tinh", "co-quan", "linh-vuc", "trang")
@require_safe
@public_page
def roadmap_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    ask, _every, found = _roadmap(request)
    return files.json_response(roadmap.table(found, ask.day), date=ask.day)


# ── What is posted ────────────────────────────────────────────────────────────────────────────────────────────────────


@asks("ngay", "co-quan", "trang")
@require_safe
@public_page
def posting_page(request: HttpRequest) -> HttpResponse:
    """Each unit's share, with what is missing; `?co-quan=` shows one unit whole."""
    unit = read_slug(request.GET.get("co-quan", ""))
    number = read_page(request.GET.get("trang", ""))
    ask = Ask.of(request, co_quan=unit)
    common = _common(request, ask)
    if not unit:
        if number > 1:
            raise Http404(_("There is no such page."))
        return render(request, "transparency/posting.html", {**common, **posting.overview(ask.day)})
    found = posting.of_unit(ask.day, unit, number)
    if found is None:
        raise Http404(_("There is no such choice."))
    context = {**common, **found, **_pager(ask, number, found["pages"]), "shown": posting.PER_PAGE}
    return render(request, "transparency/posting_unit.html", context)


def _posting_rows(request: HttpRequest) -> tuple[Ask, list[dict[str, Any]]]:
    unit = read_slug(request.GET.get("co-quan", ""))
    ask = Ask.of(request, co_quan=unit)
    if unit and posting.of_unit(ask.day, unit, 1) is None:
        raise Http404(_("There is no such choice."))
    return ask, list(posting.table(ask.day, unit))


@asks("ngay", "co-quan", "trang")
@require_safe
@public_page
def posting_csv(request: HttpRequest) -> HttpResponse:
    """Every line of every list with how it stands here."""
    ask, found = _posting_rows(request)
    return files.csv_response(f"niem-yet-{ask.day}", files.names(posting.COLUMNS), found)


@asks("ngay", "co-quan", "trang")
@require_safe
@public_page
def posting_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    ask, found = _posting_rows(request)
    return files.json_response(found, date=ask.day)
