"""The catalogue as open datasets: procedures in force with a table for each of their parts, and every published version.

Read a table at a time as a stream. Whoever signed a decision and who works where is in no column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from foundation.api import absolute
from foundation.open_columns import column_of, plain
from foundation.registries import Column, OpenDataset, open_datasets
from organisation.models import today

from .models import PARTS, LegalDocument, Procedure, ProcedureVersion, PublicationDecision, ServiceOffer
from .record import LEVEL_NAMES

CHUNK = 1_000
PROCEDURES = "thu-tuc"
VERSION = Column("version", _("Number of the version: what ties the tables of the catalogue together."), "integer")
CODE = Column("code", _("National code of the procedure."))
ROW = Column("row", _("Place among the rows of its procedure, beginning with 1."), "integer")


def levels(numbers: Any) -> list[str]:
    """Levels of government as words, from the top down."""
    return [LEVEL_NAMES[number] for number in sorted(numbers) if number in LEVEL_NAMES]


def page_of(code: str) -> str:
    """The address of a procedure's page, whole."""
    return absolute(reverse("procedures_catalog:procedure", args=[code]))


# ── Procedures in force ───────────────────────────────────────────────────────────────────────────────────────────────
OWN = (
    "code_full", "name", "change_kind", "valid_from", "subjects", "sets", "online_level", "legacy_level", "partial_reason_kind", "partial_reason",
    "proactive_level", "procedure_type", "locally_regulated", "receiving_address", "description", "regime", "source", "source_url",
)  # fmt: skip


def in_force() -> Any:
    """The versions in force today; an abolition is none."""
    return ProcedureVersion.objects.in_force_on(today())


def procedure_rows() -> Iterator[dict[str, Any]]:
    """A row a version in force: a procedure has several where levels of government differ."""
    events = Procedure.life_events.through.objects.filter(procedure=OuterRef("procedure")).order_by("lifeevent__slug")
    rows = (
        in_force()
        .annotate(
            number=F("pk"), code=F("procedure__code"), summary=F("procedure__summary"), field_slug=F("field__slug"),
            decision_number=F("decision__number"), events=ArraySubquery(events.values("lifeevent__slug")),
        )
        .order_by("procedure__code", "pk")
        .values("number", "code", "summary", "field_slug", "decision_number", "events", "levels", *OWN)
    )  # fmt: skip
    for row in rows.iterator(chunk_size=CHUNK):
        yield {
            "version": row["number"], "code": row["code"], "levels": levels(row["levels"]), "field": row["field_slug"],
            "decision": row["decision_number"], "life_events": row["events"], "summary": plain(row["summary"]), "url": page_of(row["code"]),
            **{name: plain(row[name]) for name in OWN},
        }  # fmt: skip


CATALOGUE = OpenDataset(
    slug=PROCEDURES,
    title=_("Procedures in force"),
    description=_("Every procedure that is in force today, a row for each level of government at which its record differs."),
    columns=(
        VERSION,
        CODE,
        column_of(ProcedureVersion, "code_full"),
        column_of(ProcedureVersion, "name", note=_("Official text, in Vietnamese.")),
        Column("levels", _("The levels of government that decide: ministry, province, district, ward, other."), "list"),
        Column("field", _("Field of administration, by its slug.")),
        column_of(ProcedureVersion, "change_kind"),
        column_of(ProcedureVersion, "valid_from"),
        Column("decision", _("Number of the decision that published it.")),
        column_of(ProcedureVersion, "subjects"),
        column_of(ProcedureVersion, "sets"),
        column_of(ProcedureVersion, "online_level", note=_("Since Decree 42/2022.")),
        column_of(ProcedureVersion, "legacy_level"),
        column_of(ProcedureVersion, "partial_reason_kind"),
        column_of(ProcedureVersion, "partial_reason"),
        column_of(ProcedureVersion, "proactive_level"),
        column_of(ProcedureVersion, "procedure_type"),
        column_of(ProcedureVersion, "locally_regulated"),
        column_of(ProcedureVersion, "receiving_address"),
        column_of(ProcedureVersion, "description"),
        column_of(ProcedureVersion, "regime"),
        column_of(ProcedureVersion, "source"),
        column_of(ProcedureVersion, "source_url"),
        Column("life_events", _("What happens in a life and asks for it, by slugs."), "list"),
        Column("summary", _("What it is, in plain words of this office.")),
        Column("url", _("Address of its page.")),
    ),
    rows=procedure_rows,
    frequency="DAILY",
    page=lambda: reverse("procedures_catalog:list"),
    key=("version",),
    joins={"field": "linh-vuc.slug"},
)

# ── Their parts ───────────────────────────────────────────────────────────────────────────────────────────────────────
Spec = tuple[str, str, Any, Any, dict[str, str]]


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


# Part, address, title, what it holds, columns with their paths. `process` stays out: it is about posts.
PART_TABLES: list[Spec] = [
    (
        "methods", "cach-nop", _("Ways to file, with time limits"),
        _("How a dossier may be filed, how long it takes, and the shorter limit to which the office commits itself."),
        _same("channel case limit_value limit_unit limit_text committed_value committed_unit fee_text description"),
    ),
    (
        "fees", "phi", _("Fees"),
        _("Each rule of a fee: for which way to file and which case, how much or how it is reckoned, by which legal basis, from when to when."),
        _same("kind channel case amount unit formula condition valid_from valid_to legal_basis"),
    ),
    (
        "papers", "giay-to", _("Papers"), _("What a dossier consists of, by case."),
        _same("case group name originals copies present_only form_code note"),
    ),
    ("forms", "mau-don", _("Forms"), _("The blank forms of each procedure."), {"form_code": "code", "name": "name"}),
    ("steps", "cac-buoc", _("Steps"), _("How a procedure runs, step by step."), _same("actor title text")),
    ("cases", "truong-hop", _("Cases"), _("Cases that papers, fees and ways to file name."), _same("name description")),
    (
        "results", "ket-qua", _("Results"), _("What one gets in the end, and for how long it is valid."),
        {"result_code": "code", "name": "name", "validity": "validity"},
    ),
    ("conditions", "dieu-kien", _("Conditions"), _("What has to be so."), _same("text")),
    (
        "legal_bases", "can-cu-phap-ly", _("Legal basis"), _("The documents on which each procedure rests, with their own time of validity."),
        {
            "document": "document__number", "title": "document__title", "kind": "document__kind", "articles": "articles",
            "valid_from": "document__valid_from", "valid_to": "document__valid_to", "url": "document__url",
        },
    ),
    (
        "agencies", "co-quan-thuc-hien", _("Agencies"), _("Who decides, who receives, who is consulted."),
        {"role": "role", "unit": "unit__slug", "name": "name"},
    ),
]  # fmt: skip


def part_rows(part: str, paths: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of a part of all versions in force."""
    model: Any = PARTS[part]
    rows = model.objects.filter(version__in=in_force().values("pk")).order_by("version__procedure__code", "version_id", "sort_order", "id")
    last, number = 0, 0
    for version, code, *values in rows.values_list("version_id", "version__procedure__code", *paths.values()).iterator(chunk_size=CHUNK):
        number = number + 1 if version == last else 1
        last = version
        cells = {column: plain(value) for column, value in zip(paths, values, strict=True)}
        yield {"version": version, "code": code, "row": number, **cells}


def _part_column(part: str, name: str, path: str) -> Column:
    if path.startswith("document__"):
        return column_of(LegalDocument, path.partition("__")[2], called=name)
    if path == "unit__slug":
        return Column(name, _("A unit of this portal, by its slug; otherwise the name says who."))
    return column_of(PARTS[part], path, called=name)


def _part_dataset(part: str, slug: str, title: Any, description: Any, paths: dict[str, str]) -> OpenDataset:
    columns = tuple(_part_column(part, name, path) for name, path in paths.items())
    joins = {"version": f"{PROCEDURES}.version"} | ({"unit": "don-vi.slug"} if part == "agencies" else {})
    return OpenDataset(
        slug=f"{PROCEDURES}-{slug}",
        title=title,
        description=description,
        columns=(VERSION, CODE, ROW, *columns),
        rows=lambda: part_rows(part, paths),
        frequency="DAILY",
        page=lambda: reverse("procedures_catalog:list"),
        key=("version", "row"),
        joins=joins,
    )


# ── Where they are filed ──────────────────────────────────────────────────────────────────────────────────────────────


def offer_rows() -> Iterator[dict[str, Any]]:
    """Which service point takes which procedure's dossiers, of procedures in force."""
    rows = ServiceOffer.objects.filter(procedure__in=in_force().values("procedure")).order_by("procedure__code", "point__slug")
    paths = ("procedure__code", "point__slug", "deciding_unit__slug", "online", "by_post", "outside_territory")
    names = ("code", "point", "deciding_unit", "online", "by_post", "outside_territory")
    for values in rows.values_list(*paths).iterator(chunk_size=CHUNK):
        yield dict(zip(names, values, strict=True))


OFFERS = OpenDataset(
    slug=f"{PROCEDURES}-noi-nop",
    title=_("Where procedures are filed"),
    description=_("Which service point takes the dossiers of a procedure, and which unit decides."),
    columns=(
        CODE,
        Column("point", _("The service point, by its slug.")),
        Column("deciding_unit", _("The unit that decides, by its slug, where the office names one.")),
        column_of(ServiceOffer, "online"),
        column_of(ServiceOffer, "by_post"),
        column_of(ServiceOffer, "outside_territory"),
    ),
    rows=offer_rows,
    frequency="IRREG",
    page=lambda: reverse("procedures_catalog:list"),
    key=("code", "point"),
    joins={"point": "diem-tiep-nhan.slug", "deciding_unit": "don-vi.slug"},
)

# ── What changed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def change_rows() -> Iterator[dict[str, Any]]:
    """Every published version, also those that are over or to come."""
    rows = (
        ProcedureVersion.objects.published()
        .order_by("procedure__code", "valid_from", "pk")
        .values_list(
            "pk", "procedure__code", "name", "levels", "field__slug", "change_kind", "valid_from", "valid_to", "end_kind", "decision__number",
            "decision__signed_on", "end_decision__number", "replaces",
        )
    )  # fmt: skip
    for version, code, name, numbers, *rest in rows.iterator(chunk_size=CHUNK):
        values = zip(
            ("field", "change_kind", "valid_from", "valid_to", "end_kind", "decision", "signed_on", "end_decision", "replaces"), rest, strict=True
        )
        yield {
            "version": version, "code": code, "name": name, "levels": levels(numbers), **{key: plain(value) for key, value in values},
            "url": page_of(code),
        }  # fmt: skip


CHANGES = OpenDataset(
    slug=f"{PROCEDURES}-thay-doi",
    title=_("Changes of procedures"),
    description=_("Every version that was ever published here: what came, was amended, replaced or abolished, by which decision, from when to when."),
    columns=(
        VERSION,
        CODE,
        column_of(ProcedureVersion, "name", note=_("Official text, in Vietnamese.")),
        Column("levels", _("The levels of government that decide: ministry, province, district, ward, other."), "list"),
        Column("field", _("Field of administration, by its slug.")),
        column_of(ProcedureVersion, "change_kind"),
        column_of(ProcedureVersion, "valid_from"),
        column_of(ProcedureVersion, "valid_to"),
        column_of(ProcedureVersion, "end_kind"),
        Column("decision", _("Number of the decision that published it.")),
        column_of(PublicationDecision, "signed_on"),
        Column("end_decision", _("Number of the decision that ended it.")),
        column_of(ProcedureVersion, "replaces"),
        Column("url", _("Address of its page.")),
    ),
    rows=change_rows,
    frequency="DAILY",
    page=lambda: reverse("procedures_catalog:list"),
    key=("version",),
    joins={"field": "linh-vuc.slug"},
)


def register() -> None:
    """Give them away."""
    for dataset in (CATALOGUE, CHANGES, *(_part_dataset(*spec) for spec in PART_TABLES), OFFERS):
        open_datasets.register(dataset.slug, dataset)
