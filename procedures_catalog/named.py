"""What public records name and a visitor may look for by itself: forms, legal documents, publication decisions; and who names it.

Each is public as long as a public version names it, whatever the day: the catalogue shows versions of the past for their days. A
form is what its code and name say, in however many records it stands."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Left

from organisation.enums import LEVEL_BY_CODE, Level

from .enums import ChangeKind
from .form_downloads import public_documents
from .models import FormRow, LegalBasisRow, LegalDocument, ProcedureVersion, PublicationDecision
from .models.parts import FORM_KEY, FORM_KEY_LENGTH
from .prepared import fingerprint

FORM, DOCUMENT, DECISION = "form", "legal-document", "decision"
ORDER = {"effective": 0, "upcoming": 1, "ended": 2}
FORMATS = ("docx", "odt", "pdf")
_OF_A_FILE = ("_id", "__file", "__file_size", "__file_hash")
KEPT = 16  # characters of a fingerprint
_VERSION = ("procedure_id", "procedure__code", "procedure__popularity", "name", "field_id", "levels", "valid_from", "valid_to", "change_kind")


def standing(valid_from: dt.date | None, valid_to: dt.date | None, change_kind: str, day: dt.date) -> str:
    """How a public version stands on a day: `effective`, `upcoming` or `ended`."""
    if valid_from is not None and valid_from > day:
        return "upcoming"
    if valid_to is not None and valid_to < day:
        return "ended"
    return "ended" if change_kind == ChangeKind.ABOLISHED else "effective"


@dataclass(frozen=True, slots=True)
class Use:
    """A procedure that names the thing, by the version that says most of it today."""

    procedure: int
    code: str
    popularity: int | None
    name: str
    field: int | None
    levels: tuple[int, ...]
    standing: str
    last_day: dt.date | None

    @property
    def order(self) -> tuple[Any, ...]:
        """In force before coming before ended, then by demand, then by code."""
        return (ORDER[self.standing], self.popularity or 10**9, self.code)


def _use(values: Sequence[Any], day: dt.date) -> Use:
    procedure, code, popularity, name, field, levels, valid_from, valid_to, change_kind = values
    return Use(procedure, code, popularity, name, field, tuple(levels), standing(valid_from, valid_to, change_kind, day), valid_to)


def of_procedures(found: Iterable[Use]) -> list[Use]:
    """Each procedure once, the best first."""
    best: dict[str, Use] = {}
    for use in sorted(found, key=lambda use: use.order):
        best.setdefault(use.code, use)
    return list(best.values())


def level_codes(uses: Iterable[Use]) -> tuple[str, ...]:
    """The levels of government of all of them."""
    there = {level for use in uses for level in use.levels}
    return tuple(level.code for level in LEVEL_BY_CODE.values() if int(level) in there and level is not Level.UNKNOWN)


# ── Forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Form:
    """A form of public records: its latest code, name and files that anybody may have (kind, document's key, name in the storage)."""

    key: str
    code: str
    name: str
    files: tuple[tuple[str, int, str, int], ...]  # kind, key, name in the storage, bytes
    uses: list[Use]
    contents: tuple[str, ...]  # what its files hold, the filled-in sample aside: a checksum each

    @property
    def same(self) -> list[str]:
        """What another form has in common that is this one under another code or in other words."""
        return _same(self.name, self.code, self.contents)


def _same(name: str, code: str, contents: tuple[str, ...]) -> list[str]:
    """The same files, and the name or the code. Nothing of a form without files; files alone do not tell, an appendix holds many forms."""
    short = " ".join(code.split()).casefold().removeprefix("mẫu ").removeprefix("số ")
    called = dict.fromkeys(filter(None, (" ".join(name.split()).casefold(), short)))
    return [fingerprint(one, *contents)[:KEPT] for one in called] if contents else []


def _content(digest: str, number: int) -> str:
    return digest or f"document {number}"


def form_rows() -> Any:  # the stubs lose what is annotated
    """The rows of forms, each with the key of its form."""
    return FormRow.objects.annotate(key=Left(FORM_KEY, Value(FORM_KEY_LENGTH)))


def form_keys(**of: Any) -> set[str]:
    """Keys of the forms of some rows."""
    return set(form_rows().filter(**of).order_by().values_list("key", flat=True).distinct())


def forms(keys: Iterable[str], day: dt.date) -> Iterator[Form]:
    """Those of some forms that are public."""
    kinds = [f"{kind}{column}" for kind in (*FORMATS, "sample") for column in _OF_A_FILE]
    found = form_rows().filter(key__in=list(keys), version__live=True).order_by("pk")
    rows: dict[str, list[Any]] = defaultdict(list)
    for key, code, name, *rest in found.values_list("key", "code", "name", *kinds, *(f"version__{name}" for name in _VERSION)):
        rows[key].append((code, name, rest[: len(kinds)], _use(rest[len(kinds) :], day)))
    open_to_all = public_documents(
        {number for many in rows.values() for _code, _name, files, _use_ in many for number in files[:: len(_OF_A_FILE)] if number}
    )
    for key, many in rows.items():
        # Of several rows the one that is in force says it, the latest among equals.
        many.sort(key=lambda row: ORDER[row[3].standing])
        best = ORDER[many[0][3].standing]
        code, name, *_rest = [row for row in many if ORDER[row[3].standing] == best][-1]
        files: dict[str, tuple[str, int, str, int]] = {}
        contents: dict[str, str] = {}
        for _code, _name, of_row, _of in many:
            for place, kind in enumerate((*FORMATS, "sample")):
                number, stored, size, digest = of_row[place * len(_OF_A_FILE) : (place + 1) * len(_OF_A_FILE)]
                if number in open_to_all and kind not in files:
                    files[kind] = (kind, number, stored, size or 0)
                    contents[kind] = _content(digest, number)
        held = tuple(contents[kind] for kind in FORMATS if kind in contents)
        yield Form(key, code.strip(), " ".join(name.split()), tuple(files.values()), of_procedures(use for *_row, use in many), held)


def twins(form: Form) -> dict[str, tuple[str, str]]:
    """The other public forms that are this one under another code or in other words: key -> name and code. One query."""
    documents = [number for kind, number, _stored, _size in form.files if kind in FORMATS]
    if not documents:
        return {}
    holds = Q(*((f"{kind}__file_hash__in", form.contents) for kind in FORMATS), *((f"{kind}__in", documents) for kind in FORMATS), _connector=Q.OR)
    columns = [f"{kind}{column}" for kind in FORMATS for column in ("__file_hash", "_id")]
    mine, found = set(form.same), {}
    rows = form_rows().filter(holds, version__live=True).exclude(key=form.key).order_by("pk")
    for key, code, name, *files in rows.values_list("key", "code", "name", *columns):
        contents = tuple(_content(digest, number) for digest, number in zip(files[::2], files[1::2], strict=True) if number)
        if not mine.isdisjoint(_same(name, code, contents)):
            found[key] = (" ".join(name.split()), code.strip())
    return found


def public_forms(keys: Iterable[str]) -> set[str]:
    """Which of some forms a public record has."""
    return form_keys(key__in=list(keys), version__live=True)


# ── Legal documents and decisions ─────────────────────────────────────────────────────────────────────────────────────


def uses_of_documents(keys: Iterable[int], day: dt.date) -> dict[int, list[Use]]:
    """Who rests on each of some legal documents."""
    made: dict[int, list[Use]] = defaultdict(list)
    rows = LegalBasisRow.objects.filter(document_id__in=list(keys), version__live=True).order_by()
    for key, *values in rows.values_list("document_id", *(f"version__{name}" for name in _VERSION)):
        made[key].append(_use(values, day))
    return {key: of_procedures(uses) for key, uses in made.items()}


def uses_of_decisions(keys: Iterable[int], day: dt.date) -> dict[int, list[Use]]:
    """What each of some decisions published or ended."""
    made: dict[int, list[Use]] = defaultdict(list)
    wanted = set(keys)
    rows = ProcedureVersion.objects.published().filter(Q(decision_id__in=wanted) | Q(end_decision_id__in=wanted)).order_by()
    for published, ended, *values in rows.values_list("decision_id", "end_decision_id", *_VERSION):
        for key in {published, ended} & wanted:
            made[key].append(_use(values, day))
    return {key: of_procedures(uses) for key, uses in made.items()}


def public_legal_documents() -> QuerySet[LegalDocument]:
    """Those that a public record rests on."""
    return LegalDocument.objects.filter(pk__in=LegalBasisRow.objects.filter(version__live=True).values("document_id"))


def public_decisions() -> QuerySet[PublicationDecision]:
    """Those that a public record names."""
    published = ProcedureVersion.objects.published()
    found: QuerySet[PublicationDecision] = PublicationDecision.objects.filter(
        Q(pk__in=published.exclude(decision=None).values("decision_id")) | Q(pk__in=published.exclude(end_decision=None).values("end_decision_id"))
    )
    return found


# ── What procedures name ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Named:
    """Keys of what some procedures name."""

    forms: set[str]
    documents: set[int]
    decisions: set[int]

    def __or__(self, other: Named) -> Named:
        return Named(self.forms | other.forms, self.documents | other.documents, self.decisions | other.decisions)


def nothing() -> Named:
    """Of no procedure."""
    return Named(set(), set(), set())


def named_by(procedures: Iterable[int]) -> Named:
    """What all versions of some procedures name, public or not: one that was just taken back is a draft by now. Whoever writes the
    parts of such a version anew asks before, since what it named is gone after."""
    of = list(procedures)
    versions = ProcedureVersion.objects.filter(procedure_id__in=of).order_by()
    return Named(
        form_keys(version__procedure_id__in=of),
        set(LegalBasisRow.objects.filter(version__procedure_id__in=of).order_by().values_list("document_id", flat=True).distinct()),
        {key for pair in versions.values_list("decision_id", "end_decision_id") for key in pair if key is not None},
    )
