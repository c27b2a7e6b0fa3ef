"""What search may find of the catalogue: one document a procedure, made of the version that answers today; and what procedures
name: forms, legal documents, publication decisions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from wagtail.documents import get_document_model

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field, Unit, today
from search import files, services

from . import named
from .enums import AgencyRole, Audience, DocumentKind, OnlineLevel
from .facts import limit_and_fee
from .form_downloads import public_documents
from .models import AskedQuestion, DecisionFile, InvolvedAgency, LegalDocument, Procedure, ProcedureVersion, ResultRow, StepRow
from .queries import facts_rows

KIND = "procedure"
BATCH = 500
STATES = {"effective": _("in force"), "upcoming": _("in force later"), "ended": _("no longer in force")}
_BODY_STEPS = 1500  # characters of the steps that still tell what a procedure is about


def _standing(version: dict[str, Any], day: dt.date) -> str:
    return named.standing(version["valid_from"], version["valid_to"], version["change_kind"], day)


_ORDER = named.ORDER


def _best(versions: list[dict[str, Any]], day: dt.date) -> dict[str, Any]:
    """The version that answers: in force before coming before ended; the nearest to the citizen (ward first); the latest."""
    return min(
        versions, key=lambda version: (_ORDER[_standing(version, day)], -max([level for level in version["levels"] if level < Level.OTHER] or [0]),
                                       -version["valid_from"].toordinal(), -version["id"]),
    )  # fmt: skip


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    made: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *rest in rows:
        made[key].append(tuple(rest))
    return made


def _asking(question: str) -> str:
    line = " ".join(question.split())
    return line if line.endswith("?") else f"{line} ?"


def documents_for(procedure_ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of some procedures, or of all; those without a published version give none."""
    wanted: QuerySet[Procedure] = Procedure.objects.filter(versions__live=True).distinct()
    if procedure_ids is not None:
        wanted = wanted.filter(pk__in=list(procedure_ids))
    keys = list(wanted.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield from _documents(keys[start : start + BATCH])


def _documents(keys: list[int]) -> Iterator[SearchDocument]:
    day = today()
    identities = {row["id"]: row for row in Procedure.objects.filter(pk__in=keys).values("id", "code", "summary", "guidance", "popularity")}
    by_procedure: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows: Any = ProcedureVersion.objects.filter(procedure_id__in=keys, live=True).values(
        "id", "procedure_id", "name", "levels", "field_id", "field__name", "valid_from", "valid_to", "change_kind", "subjects", "online_level",
        "legacy_level", "description", "keywords", "code_full",
    )  # fmt: skip
    for version in rows:
        by_procedure[version["procedure_id"]].append(version)
    chosen = {key: _best(versions, day) for key, versions in by_procedure.items()}
    ids = [version["id"] for version in chosen.values()]
    of = {"version_id__in": ids}
    steps = _grouped(StepRow.objects.filter(**of).order_by("sort_order", "id").values_list("version_id", "title", "text"))
    results = _grouped(ResultRow.objects.filter(**of).values_list("version_id", "name"))
    told = {row["id"]: limit_and_fee(row, day) for row in facts_rows(ids)}
    agencies = _grouped(
        InvolvedAgency.objects.filter(**of, role=AgencyRole.COMPETENT)
        .order_by("sort_order", "id")
        .values_list("version_id", "unit_id", "name", "unit__name")
    )
    questions = _grouped(AskedQuestion.objects.filter(procedure_id__in=keys).values_list("procedure_id", "question"))
    for key in keys:
        version, identity = chosen[key], identities[key]
        vid, standing = version["id"], _standing(version, day)
        body = [identity["summary"], identity["guidance"], version["description"]]
        body += [name for (name,) in results.get(vid, [])]
        body.append(" ".join(f"{title} {text}" for title, text in steps.get(vid, []))[:_BODY_STEPS])
        agency = agencies.get(vid, [(None, "", "")])[0]
        demand = 1 / (1 + identity["popularity"] / 50) if identity["popularity"] else 0.0
        yield SearchDocument(
            kind=KIND,
            object_id=str(key),
            code=identity["code"],
            title=version["name"],
            url=f"/thu-tuc/{identity['code']}/",
            body="\n".join(part for part in body if part),
            # keywords are folk names, which count more than questions do; a line that is a question says so
            asked="\n".join([*version["keywords"].replace(";", "\n").splitlines(), *(_asking(question) for (question,) in questions.get(key, []))]),
            unit=str(agency[0] or ""),
            field=str(version["field_id"] or ""),
            levels=tuple(level.code for level in LEVEL_BY_CODE.values() if int(level) in version["levels"] and level is not Level.UNKNOWN),
            audiences=tuple(version["subjects"]),
            facets={"service": [version["online_level"]] if version["online_level"] else [], "state": [standing]},
            facts={
                "summary": identity["summary"],
                "field": version["field__name"] or "",
                "agency": agency[1] or agency[2] or "",
                **told[vid],
                "online": version["online_level"],
                "state": standing,
            },
            valid_from=version["valid_from"],
            valid_to=version["valid_to"],
            weight=(2 - _ORDER[standing]) + demand,
        )


def reindex(procedure_ids: Iterable[int], before: named.Named | None = None) -> None:
    """Write what search knows of some procedures and of what they name anew, in the caller's transaction; what is no longer public
    goes. `before` is what else they named until now."""
    keys = list(dict.fromkeys(procedure_ids))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        seen: set[str] = set()
        documents = list(documents_for(batch))
        seen.update(document.object_id for document in documents)
        services.put(documents)
        gone = [str(key) for key in batch if str(key) not in seen]
        if gone:
            services.remove(KIND, gone)
        reindex_named(named.named_by(batch) | (before or named.nothing()))
        before = None


def visible(object_ids: Iterable[str]) -> set[str]:
    """Which procedures have a public page."""
    keys = [int(key) for key in object_ids if key.isdigit()]
    return {str(key) for key in ProcedureVersion.objects.filter(procedure_id__in=keys, live=True).order_by().values_list("procedure_id", flat=True)}


def facet_labels(name: str, values: Iterable[str]) -> dict[str, str]:
    """Labels of the facets that the catalogue fills."""
    values = list(values)
    keys = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 12]
    if name == "field":
        return {str(key): label for key, label in Field.objects.filter(pk__in=keys).values_list("pk", "name")}
    if name == "unit":
        return {str(key): label for key, label in Unit.objects.filter(pk__in=keys).values_list("pk", "name")}
    known: dict[str, Any] = {}
    if name == "level":
        known = {level.code: level.label for level in Level if level is not Level.UNKNOWN}
    elif name == "audience":
        known = dict(Audience.choices)
    elif name == "service":
        known = dict(OnlineLevel.choices)
    elif name == "state":
        known = dict(STATES)
    return {value: str(known[value]) for value in values if value in known}


# ── What procedures name ──────────────────────────────────────────────────────────────────────────────────────────────

_NAMED_BODY = 6  # procedures whose names stand in the text of what they name


def _common(uses: list[named.Use]) -> dict[str, Any]:
    """What a document says of the procedures that name the thing."""
    return {
        "field": str(uses[0].field or ""),
        "levels": named.level_codes(uses),
        "body": "\n".join(dict.fromkeys(use.name for use in uses[:_NAMED_BODY])),
    }


def _using(uses: list[named.Use]) -> dict[str, Any]:
    return {"procedures": len(uses), "first": uses[0].name}


def forms(keys: Iterable[str] | None = None) -> Iterator[SearchDocument]:
    """The documents of forms of public records, or of some."""
    wanted = sorted(named.form_keys(version__live=True) if keys is None else set(keys))
    for start in range(0, len(wanted), BATCH):
        found = list(named.forms(wanted[start : start + BATCH], today()))
        known = files.texts(name for form in found for kind, _key, name, _size in form.files if kind != "sample")
        for form in found:
            state = form.uses[0].standing
            # The formats of a form say the same: the first that could be read speaks for all.
            said = next((known[name] for kind, _key, name, _size in form.files if kind != "sample" and name in known), "")
            yield SearchDocument(
                kind=named.FORM,
                object_id=form.key,
                title=form.name,
                url=f"/thu-tuc/mau/{form.key}/",
                asked="\n".join(part for part in ("biểu mẫu, mẫu đơn", form.code) if part),
                attached=said,
                facets={"state": [state], "same": form.same},
                facts={
                    "kind": named.FORM, "code": form.code, "state": state, **_using(form.uses),
                    "formats": [kind.upper() for kind, _key, _name, _size in form.files if kind != "sample"],
                },
                weight=float(2 - named.ORDER[state]),
                **_common(form.uses),
            )  # fmt: skip


def legal_documents(keys: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of legal documents that public records rest on, or of some."""
    day = today()
    found = named.public_legal_documents().select_related("replaced_by").order_by("pk")
    rows = list(found if keys is None else found.filter(pk__in=list(keys)))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        uses = named.uses_of_documents((row.pk for row in batch), day)
        for row in batch:
            state = named.standing(row.valid_from, row.valid_to, "", day)
            with override("vi"):
                kind = str(row.get_kind_display()) if row.kind != DocumentKind.OTHER else ""
            yield SearchDocument(
                kind=named.DOCUMENT,
                object_id=str(row.pk),
                code=row.number,
                title=f"{row.number} {row.title}".strip(),
                url=f"/thu-tuc/van-ban/{row.pk}/",
                asked=f"{kind} {row.number}".strip(),
                facets={"state": [state]},
                facts={
                    "kind": named.DOCUMENT, "type": row.kind, "state": state, "issuer": row.issuer, **_using(uses[row.pk]),
                    "replaced_by": row.replaced_by.number if row.replaced_by else "",
                },
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                weight=float(2 - named.ORDER[state]),
                **_common(uses[row.pk]),
            )  # fmt: skip


def decisions(keys: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of decisions that public records name, or of some."""
    day = today()
    found = named.public_decisions().order_by("pk")
    rows = list(found if keys is None else found.filter(pk__in=list(keys)))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        uses = named.uses_of_decisions((row.pk for row in batch), day)
        attached = files_of_decisions(row.pk for row in batch)
        known = files.texts(name for many in attached.values() for _key, name, _size in many)
        for row in batch:
            yield SearchDocument(
                kind=named.DECISION,
                object_id=str(row.pk),
                code=row.number,
                title=f"{row.number} {row.title}".strip(),
                url=f"/thu-tuc/quyet-dinh/{row.pk}/",
                asked=f"Quyết định công bố {row.number}",
                attached=files.joined((name for _key, name, _size in attached[row.pk]), known),
                facts={
                    "kind": named.DECISION, "issuer": row.issuer, **_using(uses[row.pk]),
                    "day": f"{row.signed_on:%d/%m/%Y}" if row.signed_on else "", "date": row.signed_on.isoformat() if row.signed_on else "",
                },
                valid_from=row.effective_on or row.signed_on,
                weight=2.0,
                **_common(uses[row.pk]),
            )  # fmt: skip


def files_of_decisions(keys: Iterable[int]) -> dict[int, list[tuple[int, str, int]]]:
    """The files of decisions that anybody may have: key of the document, name in the storage, bytes."""
    rows = list(
        DecisionFile.objects.filter(decision_id__in=list(keys))
        .order_by("pk")
        .values_list("decision_id", "document_id", "document__file", "document__file_size")
    )
    open_to_all = public_documents(document for _decision, document, _name, _size in rows)
    made: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for decision, document, name, size in rows:
        if document in open_to_all:
            made[decision].append((document, name, size or 0))
    return made


def reindex_named(keys: named.Named) -> None:
    """Write what search knows of some forms, legal documents and decisions anew, in the caller's transaction."""
    _written(named.FORM, forms(keys.forms), keys.forms)
    _written(named.DOCUMENT, legal_documents(keys.documents), {str(key) for key in keys.documents})
    _written(named.DECISION, decisions(keys.decisions), {str(key) for key in keys.decisions})


def _written(kind: str, documents: Iterable[SearchDocument], wanted: set[str]) -> None:
    if not wanted:
        return
    made = list(documents)
    services.put(made)
    if gone := wanted - {document.object_id for document in made}:
        services.remove(kind, gone)


def _numbers(ids: Iterable[str]) -> list[int]:
    return [int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 12]


def documents_visible(ids: Iterable[str]) -> set[str]:
    """Which legal documents a public record rests on."""
    found = LegalDocument.objects.filter(pk__in=_numbers(ids), uses__version__live=True)
    return {str(key) for key in found.values_list("pk", flat=True)}


def decisions_visible(ids: Iterable[str]) -> set[str]:
    """Which decisions a public record names."""
    return {str(key) for key in named.public_decisions().filter(pk__in=_numbers(ids)).values_list("pk", flat=True)}


def holding(documents: Q) -> named.Named:
    """The forms and decisions that have one of some documents of Wagtail's as a file."""
    keys = list(get_document_model().objects.filter(documents).values_list("pk", flat=True))
    has = Q(*((f"{kind}__in", keys) for kind in named.FORMATS), _connector=Q.OR)
    return named.Named(
        set(named.form_rows().filter(has).order_by().values_list("key", flat=True).distinct()),
        set(),
        set(DecisionFile.objects.filter(document_id__in=keys).values_list("decision_id", flat=True)),
    )


def files_read(names: Iterable[str]) -> None:
    """The text of some files is known now."""
    reindex_named(holding(Q(file__in=list(names))))


def register() -> None:
    """Offer the catalogue to search, and follow what changes it beside its services."""
    search_sources.register(KIND, SOURCE)
    search_sources.register(named.FORM, SearchSource(named.FORM, _("Forms"), forms, named.public_forms, files_read=files_read))
    search_sources.register(named.DOCUMENT, SearchSource(named.DOCUMENT, _("Legal documents"), legal_documents, documents_visible))
    search_sources.register(named.DECISION, SearchSource(named.DECISION, _("Publication decisions"), decisions, decisions_visible))
    from . import search_following

    search_following.connect()


SOURCE = SearchSource(KIND, _("Procedures"), documents_for, visible, facet_labels)
