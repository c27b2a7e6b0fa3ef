"""What the public pages read: a procedure with its life, a version with its parts, neighbours, who answers for it.

Each is one prepared query (see `prepared.py`); the page's whole content comes in four, however large the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject, Left

from organisation.enums import Level
from organisation.models import Holding, Post, SiteIdentity, Unit

from .enums import AgencyRole, EndKind
from .models import PARTS, AskedQuestion, InvolvedAgency, LifeEvent, Procedure, ProcedureVersion, ServiceOffer
from .models.parts import FORM_KEY, FORM_KEY_LENGTH
from .prepared import Prepared, rows

UPCOMING_DAYS = 60  # so long before a version takes effect it is among the changes
CHANGES = 50  # of each kind, as many as the feed holds
RELATED = 6  # neighbours shown beside a procedure
DECIDING = (AgencyRole.COMPETENT, AgencyRole.DELEGATED)
Data = dict[str, Any]


def _json_rows(queryset: QuerySet[Any], **columns: Any) -> ArraySubquery:
    """A correlated queryset as an array of objects."""
    return ArraySubquery(queryset.values(row=JSONObject(**{name: F(value) if isinstance(value, str) else value for name, value in columns.items()})))


def _names(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


def _current_name(reference: str) -> Subquery:
    """The name in the newest published version of the procedure that `reference` points to."""
    versions = ProcedureVersion.objects.published().filter(procedure=OuterRef(reference)).order_by("-valid_from", "-id")
    return Subquery(versions.values("name")[:1])


def _procedure(code: str) -> Any:
    versions = ProcedureVersion.objects.published().filter(procedure=OuterRef("pk")).order_by("-valid_from", "-id")
    replaced_by = Procedure.replaced_by.through.objects.filter(from_procedure=OuterRef("pk")).order_by("to_procedure__code")
    replaces = Procedure.replaced_by.through.objects.filter(to_procedure=OuterRef("pk")).order_by("from_procedure__code")
    site = SiteIdentity.objects.order_by("pk")
    return Procedure.objects.filter(code=code).values("id", "code", "summary", "guidance", "popularity", "review_on").annotate(
        site_unit=Subquery(site.values("unit__name")[:1]),
        versions=_json_rows(
            versions, **_names("id", "name", "levels", "valid_from", "valid_to", "change_kind", "end_kind", "replaces", "field"),
            decision="decision__number", decision_title="decision__title", signed_on="decision__signed_on", end_decision="end_decision__number",
            decision_id="decision_id", end_decision_id="end_decision_id",
        ),
        questions=_json_rows(AskedQuestion.objects.filter(procedure=OuterRef("pk")), **_names("question", "answer")),
        offers=_json_rows(
            ServiceOffer.objects.filter(procedure=OuterRef("pk")).order_by("point__unit__level", "point__unit__order", "point__name"),
            **_names("online", "by_post", "outside_territory"), point="point__name", point_en="point__name_en", address="point__address",
            telephone="point__telephone", is_main="point__is_main", unit="point__unit__name", unit_slug="point__unit__slug",
            deciding_unit="deciding_unit__name", deciding_slug="deciding_unit__slug", point_from="point__valid_from", point_to="point__valid_to",
            unit_from="point__unit__valid_from", unit_to="point__unit__valid_to",
        ),
        events=_json_rows(LifeEvent.objects.filter(procedures=OuterRef("pk")), **_names("slug", "name", "name_en")),
        replaced_by_codes=_json_rows(replaced_by, code="to_procedure__code", name=_current_name("to_procedure")),
        replaces_codes=_json_rows(replaces, code="from_procedure__code", name=_current_name("from_procedure")),
    )  # fmt: skip


PROCEDURE = Prepared(_procedure, code=str)

PART_COLUMNS: dict[str, dict[str, Any]] = {
    "cases": _names("name", "description"),
    "methods": _names("channel", "case", "limit_value", "limit_unit", "limit_text", "committed_value", "committed_unit", "fee_text", "description"),
    "steps": _names("actor", "title", "text"),
    "process": _names("name", "post", "hours"),
    "papers": _names("case", "group", "name", "originals", "copies", "present_only", "form_code", "note"),
    "fees": _names("kind", "channel", "case", "amount", "unit", "formula", "condition", "valid_from", "valid_to", "legal_basis"),
    "forms": {
        **_names("code", "name", "file_names", "docx_id", "odt_id", "pdf_id", "sample_id"),
        **{f"{kind}_file": f"{kind}__file" for kind in ("docx", "odt", "pdf", "sample")},
        **{f"{kind}_size": f"{kind}__file_size" for kind in ("docx", "odt", "pdf", "sample")},
        "key": Left(FORM_KEY, Value(FORM_KEY_LENGTH)),
    },
    "results": _names("code", "name", "validity"),
    "conditions": _names("text"),
    "legal_bases": {
        "articles": "articles", "number": "document__number", "title": "document__title", "kind": "document__kind", "url": "document__url",
        "valid_from": "document__valid_from", "valid_to": "document__valid_to", "replaced_by": "document__replaced_by__number",
        "document": "document_id",
    },
    "agencies": {"role": "role", "name": "name", "unit": "unit__name", "unit_slug": "unit__slug"},
}  # fmt: skip
VERSION_COLUMNS = (
    "id", "code_full", "levels", "name", "change_kind", "valid_from", "valid_to", "end_kind", "subjects", "sets", "legacy_level", "online_level",
    "partial_reason_kind", "partial_reason", "proactive_level", "procedure_type", "locally_regulated", "receiving_address", "description",
    "regime", "source", "source_url", "synced_at", "source_text",
)  # fmt: skip


def part_rows(name: str) -> ArraySubquery:
    """The rows of a part (`methods_rows`) of the version at hand, in their order."""
    part = name.removesuffix("_rows")
    model: Any = PARTS[part]
    return _json_rows(model.objects.filter(version=OuterRef("pk")).order_by("sort_order", "id"), **PART_COLUMNS[part])


def _facts(versions: str) -> Any:
    parts = {name: part_rows(name) for name in ("methods_rows", "fees_rows")}
    # One parameter for any number of them, so that the statement stays the same.
    chosen = RawSQL("select unnest(%s::bigint[])", [versions])  # a parameter  # nosec B611
    return ProcedureVersion.objects.filter(pk__in=chosen).order_by().annotate(**parts).values("id", *parts)


FACTS = Prepared(_facts, versions=str)


def facts_rows(keys: Iterable[int]) -> list[dict[str, Any]]:
    """The rows that a result line is made of, for some versions, in one query."""
    return rows(FACTS(versions=list(keys)))


def _version(pk: int) -> Any:
    parts = {f"{name}_rows": part_rows(name) for name in PART_COLUMNS}
    return ProcedureVersion.objects.published().filter(pk=pk).order_by().values(
        *VERSION_COLUMNS, field_name=F("field__name"), field_slug=F("field__slug"), field_name_en=F("field__name_en"),
        decision_number=F("decision__number"), decision_title=F("decision__title"), decision_issuer=F("decision__issuer"),
        decision_signed_on=F("decision__signed_on"), decision_key=F("decision_id"), end_decision_number=F("end_decision__number"), **parts,
    )  # fmt: skip


VERSION = Prepared(_version, pk=int)


def _related(field: int, procedure: int, day: dt.date) -> Any:
    return (
        ProcedureVersion.objects.in_force_on(day)
        .filter(field=field)
        .exclude(procedure=procedure)
        .order_by(Coalesce("procedure__popularity", 1_000_000), "procedure__code", "-id")
        .values("name", code=F("procedure__code"))[:RELATED]
    )


RELATED_IN_FIELD = Prepared(_related, field=int, procedure=int, day=dt.date)


def _competent(version: int, procedure: int, day: dt.date) -> QuerySet[Unit]:
    """The units of a day that decide by a version: those that its record names, those that the offers name, and those at whose
    counters it is filed where the record names no unit at all, or, of wards, names them only in words ("the ward")."""
    agencies = InvolvedAgency.objects.filter(version=version, role__in=DECIDING).order_by()
    named, in_words = agencies.filter(unit__isnull=False), agencies.filter(unit=None)
    offers = ServiceOffer.objects.filter(procedure=procedure).order_by()
    filed_at = Q(pk__in=offers.filter(deciding_unit=None).values("point__unit"))
    open_on = (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_to=None) | Q(valid_to__gte=day))
    return (
        Unit.objects.filter(open_on)
        .filter(
            Q(pk__in=named.values("unit"))
            | Q(pk__in=offers.filter(deciding_unit__isnull=False).values("deciding_unit"))
            | (filed_at & ~Exists(named))
            | (filed_at & Q(level=Level.WARD, is_government=True) & Exists(in_words))
        )
        .order_by()
    )


def _responsible(field: int, procedure: int, version: int, day: dt.date) -> Any:
    """Posts that answer: in the units that decide, who leads them and who has the field; in their departments, who has it."""
    deciding = _competent(version, procedure, day).values("pk")
    held = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
    holder = _json_rows(
        Holding.objects.filter(held, post=OuterRef("pk")).order_by("-valid_from"),
        **_names("absent_from", "absent_to"), name="person__name", telephone="person__telephone", email="person__email",
    )  # fmt: skip
    stand_in = _json_rows(Holding.objects.filter(held, post=OuterRef("stands_in")).order_by("-valid_from"), name="person__name")
    fields = Post.fields.through.objects.filter(post=OuterRef("pk"), field=field)
    return (
        Post.objects.annotate(has_field=Exists(fields))
        .filter(
            Q(unit__in=deciding) & (Q(has_field=True) | Q(is_leader=True))
            | Q(unit__parent__in=deciding, unit__is_government=False) & Q(has_field=True)
        )
        .order_by("unit__level", "unit__order", "unit__name", "is_leader", "order", "id")
        .annotate(holder=holder, stand_in=stand_in)
        .values("title", "title_en", "is_leader", "holder", "stand_in", unit_name=F("unit__name"), unit_slug=F("unit__slug"), level=F("unit__level"))
    )


RESPONSIBLE = Prepared(_responsible, field=int, procedure=int, version=int, day=dt.date)


def _newest(versions: Any) -> Any:
    return (
        versions.annotate(popularity=Coalesce("procedure__popularity", 1_000_000))
        .order_by("-valid_from", "popularity", "procedure__code", "-id")
        .values("id", "name", "popularity", "change_kind", "valid_from", code=F("procedure__code"), decision_number=F("decision__number"))[:CHANGES]
    )


def _changes(day: dt.date) -> Any:
    """What came into force last, and what will next: newest first."""
    return _newest(ProcedureVersion.objects.published().filter(valid_from__lte=day))


def _came_and_over(since: dt.date, day: dt.date) -> Any:
    """What came into force since a day and is over again. What began since then ended since then, too: for that there is an index."""
    return _newest(ProcedureVersion.objects.published().filter(valid_to__gte=since, valid_to__lt=day, valid_from__gte=since))


def _endings(day: dt.date) -> Any:
    """What ended last without a new version of its own."""
    return (
        ProcedureVersion.objects.published()
        .filter(valid_to__lt=day, end_kind__in=[EndKind.ABOLISHED, EndKind.REPLACED, EndKind.EXPIRED])
        .order_by("-valid_to", "procedure__code")
        .values("id", "name", "end_kind", "valid_to", code=F("procedure__code"), decision_number=F("end_decision__number"))[:CHANGES]
    )


CAME = Prepared(_changes, day=dt.date)
CAME_AND_OVER = Prepared(_came_and_over, since=dt.date, day=dt.date)
ENDED = Prepared(_endings, day=dt.date)


def newest_first(came: Iterable[Data], ended: Iterable[Data], day: dt.date, count: int) -> list[Data]:
    """Beginnings and endings together, newest first, each with its `on` date."""
    begun = [{**row, "on": date_of(row["valid_from"]), "ended": False} for row in came]
    begun.sort(key=lambda row: (-row["on"].toordinal(), row["popularity"], row["code"], -row["id"]))
    over = [{**row, "on": dt.date.fromisoformat(row["valid_to"]) + dt.timedelta(days=1), "ended": True} for row in ended]
    found = sorted(begun + over, key=lambda row: row["on"], reverse=True)
    return [{**row, "upcoming": row["on"] > day} for row in found[:count]]


def recent_changes(day: dt.date, count: int = 6) -> list[Data]:
    """What changed last and what is about to: beginnings and endings, newest first, each with its `on` date."""
    return newest_first(rows(CAME(day=day + dt.timedelta(days=UPCOMING_DAYS))), rows(ENDED(day=day)), day, count)


def one(text: str) -> Data | None:
    """The only row of a prepared answer, or None."""
    found = rows(text)
    return found[0] if found else None


def date_of(value: str | None) -> dt.date | None:
    """A date as a JSON answer writes it."""
    return dt.date.fromisoformat(value[:10]) if value else None
