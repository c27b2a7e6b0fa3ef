"""The tables and columns of the import format (docs/import-format.md), the one list that readers, import and export share.

Lengths, choices and kinds of value come from the models, so that no rule is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from organisation.enums import LEVEL_BY_CODE, Level
from organisation.models import Field

from ..enums import Audience
from ..models import PARTS, AskedQuestion, LegalDocument, LifeEvent, Procedure, ProcedureVersion, PublicationDecision, ServiceOffer

LIST_SEPARATOR = ";"
LEVEL_CODES = tuple(code for code, level in LEVEL_BY_CODE.items() if level is not Level.UNKNOWN)
REFERENCES = ("fields", "decisions", "legal_documents")

# The longest official name has 1,094 characters, the longest text of a record some 60,000.
NAME_LENGTH, TEXT_LENGTH = 2_000, 200_000
NAME = ProcedureVersion._meta.get_field("name")
TEXT, DATE, YES_NO, INTEGER, DECIMAL, LIST, CHOICE, JSON = "text", "date", "yes_no", "integer", "decimal", "list", "choice", "json"


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in files, the model's field behind it, and whether a row must fill it."""

    name: str
    field: Any = None  # the model's field; None for keys and names of other things
    required: bool = False  # every row needs a value
    kind: str = TEXT
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    digits: tuple[int, int] = (0, 0)  # before and after the decimal point
    default: Any = None  # what an empty cell means, where it means something

    @cached_property
    def empty(self) -> Any:
        """What a record holds where nothing is stated; never changed in place."""
        if self.default is not None:
            return self.default
        return {LIST: [], YES_NO: False, JSON: {}, TEXT: "", CHOICE: ""}.get(self.kind)


@dataclass(frozen=True)
class Table:
    """A table of the format, with the model that its rows become."""

    name: str
    model: type[models.Model]
    columns: tuple[Column, ...]
    has_record: bool = True  # its rows name the record that they belong to

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by their name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def blank(self) -> dict[str, Any]:
        """A row that states nothing."""
        return {column.name: column.empty for column in self.columns}

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns that every row must fill."""
        return tuple(column.name for column in self.columns if column.required)

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The first row of a file."""
        names = tuple(column.name for column in self.columns)
        return ("record", *names) if self.has_record else names

    @cached_property
    def compulsory(self) -> tuple[str, ...]:
        """Columns without which a file is refused."""
        names = tuple(column.name for column in self.columns if column.required)
        return ("record", *names) if self.has_record else names


# Columns whose name differs from the model's field.
FIELD_NAMES = {("forms", "files"): "file_names"}
# Columns that name another thing, or hold a list of words.
SPECIAL: dict[tuple[str, str], dict[str, Any]] = {
    ("versions", "code"): {"kind": TEXT, "max_length": 8},
    ("versions", "levels"): {"kind": LIST, "choices": LEVEL_CODES},
    ("versions", "subjects"): {"kind": LIST, "choices": tuple(Audience.values)},
    ("versions", "replaces"): {"kind": LIST},
    ("versions", "source_text"): {"kind": JSON},
    ("versions", "field"): {"kind": TEXT, "max_length": 200},
    ("versions", "decision"): {"kind": TEXT, "max_length": 120},
    ("versions", "end_decision"): {"kind": TEXT, "max_length": 120},
    ("legal_bases", "document"): {"kind": TEXT, "max_length": 120},
    ("agencies", "unit"): {"kind": TEXT, "max_length": 35},
    ("legal_documents", "replaced_by"): {"kind": TEXT, "max_length": 120},
    ("guidance", "life_events"): {"kind": LIST},
    ("questions", "code"): {"kind": TEXT, "max_length": 8},
    ("offers", "code"): {"kind": TEXT, "max_length": 8},
    ("offers", "service_point"): {"kind": LIST},
    ("offers", "deciding_unit"): {"kind": TEXT, "max_length": 35},
}


def _column(table: str, model: type[models.Model], spec: str) -> Column:
    name = spec.rstrip("*")
    required = spec.endswith("*")
    if special := SPECIAL.get((table, name)):
        return Column(name, required=required, **special)
    field: Any = model._meta.get_field(FIELD_NAMES.get((table, name), name))
    limits: dict[str, Any] = {}
    if isinstance(field, models.DateField):
        kind = DATE
    elif isinstance(field, models.BooleanField):
        kind = YES_NO
    elif isinstance(field, models.DecimalField):
        whole = (field.max_digits or 0) - (field.decimal_places or 0)
        kind, limits = (DECIMAL, {"digits": (whole, field.decimal_places or 0)}) if field.decimal_places else (INTEGER, {"maximum": 10**whole - 1})
    elif isinstance(field, models.IntegerField):
        low, high = (1, 4) if name.endswith("_level") else (0, 32767 if isinstance(field, models.PositiveSmallIntegerField) else 2147483647)
        kind, limits = INTEGER, {"minimum": low, "maximum": high}
    elif isinstance(field, ArrayField):
        kind = LIST
    elif field.choices:
        kind, limits = CHOICE, {"choices": tuple(str(value) for value, _label in field.flatchoices)}
    else:
        kind, limits = TEXT, {"max_length": getattr(field, "max_length", None) or (NAME_LENGTH if field is NAME else TEXT_LENGTH)}
    if kind in {INTEGER, DECIMAL}:
        limits.setdefault("minimum", 0)
    if kind in {CHOICE, INTEGER} and field.has_default() and field.get_default() != "":
        limits["default"] = field.get_default()
    return Column(name, field=field, required=required, kind=kind, **limits)


def _table(name: str, model: type[models.Model], columns: str, *, has_record: bool = True) -> Table:
    return Table(name, model, tuple(_column(name, model, spec) for spec in columns.split()), has_record)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "versions", ProcedureVersion,
            "code* code_full levels name* field change_kind valid_from valid_to end_kind end_decision decision subjects sets legacy_level"
            " online_level partial_reason_kind partial_reason proactive_level procedure_type locally_regulated receiving_address description"
            " keywords regime source source_url replaces source_text",
        ),
        _table("cases", PARTS["cases"], "name* description"),
        _table(
            "methods", PARTS["methods"],
            "channel* case limit_value limit_unit limit_text committed_value committed_unit fee_text description",
        ),
        _table("steps", PARTS["steps"], "actor title text*"),
        _table("process", PARTS["process"], "name* post hours*"),
        _table("papers", PARTS["papers"], "case group name* originals copies present_only form_code note"),
        _table("fees", PARTS["fees"], "kind channel case amount unit formula condition valid_from valid_to legal_basis"),
        _table("forms", PARTS["forms"], "code name* files"),
        _table("results", PARTS["results"], "code name* validity"),
        _table("conditions", PARTS["conditions"], "text*"),
        _table("legal_bases", PARTS["legal_bases"], "document* articles"),
        _table("agencies", PARTS["agencies"], "role* unit name"),
        _table(
            "decisions", PublicationDecision,
            "number* title issuer issuer_level signer signed_on effective_on shortened_track national_database_on", has_record=False,
        ),
        _table("legal_documents", LegalDocument, "number* kind title issuer issued_on valid_from valid_to replaced_by url", has_record=False),
        _table("fields", Field, "name* name_en code order", has_record=False),
    )
}  # fmt: skip

# The unit's own words, which no import of records touches: tables of `import_guidance`.
GUIDANCE_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table("life_events", LifeEvent, "slug* name* name_en summary summary_en icon order", has_record=False),
        _table("guidance", Procedure, "code* summary guidance popularity review_on life_events", has_record=False),
        _table("questions", AskedQuestion, "code* question* answer*", has_record=False),
        _table("offers", ServiceOffer, "code* service_point* deciding_unit online by_post outside_territory", has_record=False),
    )
}

# Files of forms, which stand beside the records in a folder: no part of a version, but what its forms point to.
FILE_KINDS = ("docx", "odt", "pdf", "sample")
FORM_FILES = Table(
    "form_files",
    PARTS["forms"],
    (
        Column("form", required=True),
        Column("path", required=True, max_length=300),
        Column("kind", kind=CHOICE, choices=FILE_KINDS),
    ),
)
READ_TABLES: dict[str, Table] = {**TABLES, FORM_FILES.name: FORM_FILES}

VERSION = TABLES["versions"]
PART_TABLES: dict[str, Table] = {name: TABLES[name] for name in PARTS}
# What the successor of a version moves; everything else of a version is its content.
VALIDITY = ("valid_from", "valid_to", "end_kind", "end_decision")
