"""Writing a plan in bulk: rows by COPY, everything that Wagtail and four eyes need beside them, then one UPDATE that makes
the versions public. Batches of 500, a savepoint each; a batch that the database refuses is halved until the bad row is found."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry, Revision

from organisation.enums import LEVEL_BY_CODE
from safeguards.services import record_many

from .. import named
from ..enums import ApprovalKind
from ..models import PARTS, Approval, Contribution, FormRow, Procedure, ProcedureVersion
from ..record import digest
from .columns import FIELD_NAMES, FILE_KINDS, PART_TABLES, VERSION
from .form_files import FormFiles
from .plan import CREATE, REPLACE, Entry, Plan
from .problems import Problem
from .resources import Store
from .state import CatalogueState, Period

if TYPE_CHECKING:
    from safeguards.models import User

BATCH = 500
NAMED = {"code", "field", "decision", "end_decision", "levels"}  # columns that become keys of other rows


def next_keys(model: type[models.Model], count: int) -> list[int]:
    """Keys from the model's sequence, so that rows can name one another before they are written."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [model._meta.db_table, count])
        return [key for (key,) in cursor.fetchall()]


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows by COPY: the fastest that PostgreSQL takes them, with all its constraints and triggers."""
    names = ", ".join(connection.ops.quote_name(str(getattr(model._meta.get_field(column), "column", column))) for column in columns)
    statement = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def as_json(value: Any) -> str:
    """JSON as Wagtail keeps revisions."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


class _Subject:
    """Stands for a version where only its key is asked for; a model instance a row would cost more than the row."""

    _meta = ProcedureVersion._meta

    def __init__(self, pk: int) -> None:
        self.pk = pk


@dataclass
class _Part:
    """How the rows of a part become rows of its table."""

    name: str
    model: type[models.Model]
    columns: list[tuple[str, str]]  # (column of the record, name of the model's field)

    @cached_property
    def fields(self) -> list[str]:
        """Fields in the order of the COPY."""
        return ["id", "version", "sort_order", *(field for _column, field in self.columns), *self.empty]

    @cached_property
    def empty(self) -> dict[str, Any]:
        """Fields that a file says nothing about."""
        said = {field for _column, field in self.columns} | {"id", "version", "sort_order"}
        return {field.name: field.get_default() for field in self.model._meta.concrete_fields if field.name not in said}


def _parts() -> list[_Part]:
    return [
        _Part(name, model, [(column.name, FIELD_NAMES.get((name, column.name), column.name)) for column in PART_TABLES[name].columns])
        for name, model in PARTS.items()
    ]


class Writer:
    """Writes a plan. Made for one transaction; `actor` wrote the records, `approver` is who stands for their approval."""

    def __init__(self, state: CatalogueState, store: Store, *, actor: User, approver: User | None, draft: bool, source_name: str) -> None:
        self.state, self.store, self.actor, self.approver, self.draft = state, store, actor, approver, draft
        self.source_name = source_name
        self.now = timezone.now()
        self.parts = _parts()
        self.content_type = ContentType.objects.get_for_model(ProcedureVersion)
        self.version_fields: list[Any] = list(ProcedureVersion._meta.concrete_fields)
        self.defaults = {field.name: field.get_default() for field in self.version_fields}
        self.refused: list[Problem] = []
        self.touched: set[int] = set()
        self.named_before = named.nothing()
        self.written: list[int] = []
        self.log_uuid = uuid.uuid4()
        self.files = FormFiles(None)
        self.documents: dict[str, int] = {}  # by path, for the files that records state

    # -- the plan --

    def write(self, plan: Plan, progress: Callable[[int], None] | None = None) -> None:
        """Write everything: identities, ends of validity, versions, links between replaced procedures."""
        entries = plan.of(CREATE, REPLACE)
        self._identities(entries)
        self._endings(plan.endings)
        self.documents = self.files.documents((self.store.get(entry.seq) for entry in entries if entry.files), self.actor)
        entries.sort(key=lambda entry: (entry.code, entry.valid_from or dt.date.max))
        for start in range(0, len(entries), BATCH):
            self._batch(entries[start : start + BATCH])
            if progress is not None:
                progress(min(start + BATCH, len(entries)))
        self._replaced(plan.replaced)

    def _batch(self, entries: list[Entry]) -> None:
        try:
            with transaction.atomic():
                self._versions(entries)
        except DatabaseError as error:
            if len(entries) > 1:
                half = len(entries) // 2
                self._batch(entries[:half])
                self._batch(entries[half:])
                return
            message = _("The database refuses the record: %(error)s") % {"error": str(error).split("\n", 1)[0]}
            self.refused.append(Problem(message, "versions", entries[0].row, "", entries[0].code, entries[0].key))

    def _identities(self, entries: list[Entry]) -> None:
        fresh = sorted({entry.code for entry in entries} - self.state.procedures.keys())
        for procedure in Procedure.objects.bulk_create([Procedure(code=code) for code in fresh], batch_size=1000):
            self.state.procedures[procedure.code] = procedure.pk

    def _endings(self, endings: dict[int, Period]) -> None:
        if not endings:
            return
        numbers = self.state.references["decisions"]
        rows = [
            (pk, period.valid_to, period.end_kind, numbers[period.end_decision].pk if period.end_decision else None)
            for pk, period in endings.items()
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                """update procedures_catalog_procedureversion v set valid_to = x.valid_to, end_kind = x.end_kind, end_decision_id = x.decision
                   from unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[]) as x (id, valid_to, end_kind, decision)
                   where v.id = x.id and v.live returning v.id, v.procedure_id""",
                [list(column) for column in zip(*rows, strict=True)],
            )
            ended = cursor.fetchall()
        self.touched.update(procedure for _pk, procedure in ended)
        record_many(
            (
                ("procedures_catalog.version_closed", self._subject(pk), {
                    "valid_to": endings[pk].valid_to and str(endings[pk].valid_to), "end_kind": endings[pk].end_kind,
                    "decision": endings[pk].end_decision, "import": self.source_name,
                })
                for pk, _procedure in ended
            ),
            actor=self.actor,
        )  # fmt: skip

    def _replaced(self, pairs: list[tuple[str, str]]) -> None:
        links: Any = Procedure.replaced_by.through
        links.objects.bulk_create(
            [
                links(from_procedure_id=self.state.procedures[old], to_procedure_id=self.state.procedures[new])
                for old, new in dict.fromkeys(pairs)
                if old in self.state.procedures and new in self.state.procedures
            ],
            ignore_conflicts=True,
        )
        self.touched.update(self.state.procedures[old] for old, _new in pairs if old in self.state.procedures)

    # -- a batch of versions --

    def _versions(self, entries: list[Entry]) -> None:
        keys = iter(next_keys(ProcedureVersion, sum(entry.action == CREATE for entry in entries)))
        revisions = next_keys(Revision, len(entries))
        records = [self._record(entry) for entry in entries]
        ids = [entry.old if entry.action == REPLACE and entry.old else next(keys) for entry in entries]
        self._attach(entries, records)
        rows = [self._row(pk, entry, record) for pk, entry, record in zip(ids, entries, records, strict=True)]
        children = self._children(ids, records)
        self._take_back([entry.old for entry in entries if entry.action == REPLACE and entry.old])
        fresh = [row for row, entry in zip(rows, entries, strict=True) if entry.action == CREATE]
        names = [field.name for field in self.version_fields]
        copy_rows(ProcedureVersion, names, ([self._database(field, row[field.name]) for field in self.version_fields] for row in fresh))
        for row, entry in zip(rows, entries, strict=True):
            if entry.action == REPLACE:
                values = {field.attname: row[field.name] for field in self.version_fields if field.name in VERSION_CONTENT}
                ProcedureVersion.objects.filter(pk=row["id"]).update(**values)
        for part in self.parts:
            of_part = [row for pk in ids for row in children[pk][part.name]]
            copy_rows(part.model, part.fields, ([row[name] for name in part.fields] for row in of_part))
        contents = [as_json(self._serialised(row, children[row["id"]])) for row in rows]
        digests = [digest(record, entry.digest) for record, entry in zip(records, entries, strict=True)]
        self._revisions(revisions, rows, contents)
        copy_rows(Contribution, ["version", "user", "revision", "digest", "at"],
                  ((pk, self.actor.pk, revision, said, self.now) for pk, revision, said in zip(ids, revisions, digests, strict=True)))  # fmt: skip
        self._log("wagtail.create", ids, rows, revisions, self.actor)
        if self.draft:
            self._turn(ids, revisions, live=False)
        else:
            assert self.approver is not None  # noqa: S101  # asked for before anything is read
            copy_rows(Approval, ["version", "revision", "approver", "kind", "digest", "at"],
                      ((pk, revision, self.approver.pk, ApprovalKind.IMPORT, said, self.now)
                       for pk, revision, said in zip(ids, revisions, digests, strict=True)))  # fmt: skip
            self._turn(ids, revisions, live=True)
            self._log("wagtail.publish", ids, rows, revisions, self.approver)
        self._events(ids, entries, revisions, digests)
        self.written += ids
        procedures = [row["procedure"] for row in rows]
        self.touched.update(procedures)

    def _record(self, entry: Entry) -> dict[str, Any]:
        record = self.store.get(entry.seq)
        record["levels"] = [code for code, level in LEVEL_BY_CODE.items() if int(level) in entry.levels and int(level)]
        record["valid_from"] = entry.valid_from.isoformat() if entry.valid_from else None
        record["valid_to"] = entry.valid_to.isoformat() if entry.valid_to else None
        record["change_kind"] = entry.change_kind
        record["end_kind"], record["end_decision"] = entry.end_kind, entry.end_decision
        return record

    def _attach(self, entries: list[Entry], records: list[dict[str, Any]]) -> None:
        """Files that records state become documents. A version written anew keeps those of forms that it still has."""
        standing: dict[tuple[int, str, str], dict[str, int]] = {}
        if anew := [entry.old for entry in entries if entry.action == REPLACE]:
            rows: Any = FormRow.objects.filter(version_id__in=anew)
            for pk, code, name, *keys in rows.values_list("version_id", "code", "name", *(f"{kind}_id" for kind in FILE_KINDS)):
                standing[pk, code, name] = {kind: key for kind, key in zip(FILE_KINDS, keys, strict=True) if key}
        for entry, record in zip(entries, records, strict=True):
            for form in record["forms"]:
                said = (said.partition(":") for said in form.pop("attached", ()))
                keys = {kind: self.documents[path] for kind, _colon, path in said}
                if entry.action == REPLACE and entry.old:
                    keys = {**standing.get((entry.old, form["code"], form["name"]), {}), **keys}
                if keys:
                    form["attached"] = [f"{kind}:{keys[kind]}" for kind in FILE_KINDS if kind in keys]

    def _row(self, pk: int, entry: Entry, record: dict[str, Any]) -> dict[str, Any]:
        """A version's fields by name; keys of other rows as keys."""
        row = dict(self.defaults)
        row.update({name: record[name] for name in VERSION_COLUMNS})
        references = self.state.references
        row.update(
            id=pk,
            procedure=self.state.procedures[entry.code],
            levels=sorted(entry.levels),
            field=references["fields"][record["field"]].pk if record["field"] else None,
            decision=references["decisions"][record["decision"]].pk if record["decision"] else None,
            end_decision=references["decisions"][record["end_decision"]].pk if record["end_decision"] else None,
            live=False,
            has_unpublished_changes=self.draft,
            synced_at=self.now,
            import_notes=record["import_notes"],
            content_digest=entry.digest,
            missing=entry.missing,
            incomplete_reason=_("imported as the source has it") if entry.missing and not self.draft else "",
        )
        return row

    def _children(self, ids: list[int], records: list[dict[str, Any]]) -> dict[int, dict[str, list[dict[str, Any]]]]:
        children: dict[int, dict[str, list[dict[str, Any]]]] = {pk: {} for pk in ids}
        documents, units = self.state.references["legal_documents"], self.state.units
        for part in self.parts:
            keys = iter(next_keys(part.model, sum(len(record[part.name]) for record in records)))
            for pk, record in zip(ids, records, strict=True):
                rows = children[pk][part.name] = []
                for order, said in enumerate(record[part.name]):
                    row = {"id": next(keys), "version": pk, "sort_order": order, **part.empty}
                    row.update({field: said[column] for column, field in part.columns})
                    if part.name == "legal_bases":
                        row["document"] = documents[said["document"]].pk
                    elif part.name == "agencies":
                        row["unit"] = units[said["unit"]] if said["unit"] else None
                    elif part.name == "forms":
                        row.update({kind: int(key) for kind, _colon, key in (file.partition(":") for file in said.get("attached", ()))})
                    rows.append(row)
        return children

    def _database(self, field: Any, value: Any) -> Any:
        if isinstance(field, models.JSONField):
            return json.dumps(value, ensure_ascii=False)
        return value

    def _serialised(self, row: dict[str, Any], children: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        """What `serializable_data()` would give, without making instances."""
        data: dict[str, Any] = {"pk": row["id"]}
        for field in self.version_fields:
            if field.serialize:
                value = row[field.name]
                data[field.name] = json.dumps([str(item) for item in value]) if isinstance(field, ArrayField) else value
        for name, rows in children.items():
            data[name] = [{"pk": child["id"], **{key: value for key, value in child.items() if key != "id"}} for child in rows]
        return data

    def _take_back(self, ids: list[int]) -> None:
        """A public version whose day has not come is a draft while it is written anew."""
        if not ids:
            return
        of = ProcedureVersion.objects.filter(pk__in=ids, live=True).values_list("procedure_id", flat=True)
        self.named_before |= named.named_by(of)
        ProcedureVersion.objects.filter(pk__in=ids, live=True).update(live=False, live_revision=None, has_unpublished_changes=True)
        for part in self.parts:
            part.model._default_manager.filter(version_id__in=ids).delete()

    def _revisions(self, keys: list[int], rows: list[dict[str, Any]], contents: list[str]) -> None:
        copy_rows(
            Revision,
            ["id", "content_type", "base_content_type", "object_id", "created_at", "user", "object_str", "content"],
            (
                (key, self.content_type.pk, self.content_type.pk, str(row["id"]), self.now, self.actor.pk, self._title(row), content)
                for key, row, content in zip(keys, rows, contents, strict=True)
            ),
        )

    @cached_property
    def _codes(self) -> dict[int, str]:
        return {pk: code for code, pk in self.state.procedures.items()}

    def _title(self, row: dict[str, Any]) -> str:
        return f"{self._codes[row['procedure']]} {row['name']}"

    def _log(self, action: str, ids: list[int], rows: list[dict[str, Any]], revisions: list[int], user: User) -> None:
        """Entries of Wagtail's own log, so that its history shows the import."""
        copy_rows(
            ModelLogEntry,
            ["content_type", "label", "action", "data", "timestamp", "uuid", "user", "revision", "content_changed", "deleted", "object_id"],
            (
                (self.content_type.pk, self._title(row)[:255], action, "{}", self.now, self.log_uuid, user.pk, revision, True, False, str(pk))
                for pk, row, revision in zip(ids, rows, revisions, strict=True)
            ),
        )

    def _turn(self, ids: list[int], revisions: list[int], *, live: bool) -> None:
        """The one statement that makes a batch public; the triggers ask for approvals here."""
        with connection.cursor() as cursor:
            cursor.execute(
                """update procedures_catalog_procedureversion v
                      set latest_revision_id = x.revision, live = %s, live_revision_id = case when %s then x.revision end,
                          has_unpublished_changes = not %s,
                          first_published_at = case when %s then coalesce(v.first_published_at, %s) else v.first_published_at end,
                          last_published_at = case when %s then %s else v.last_published_at end
                     from unnest(%s::bigint[], %s::bigint[]) as x (id, revision) where v.id = x.id""",
                [live, live, live, live, self.now, live, self.now, ids, revisions],
            )

    def _events(self, ids: list[int], entries: list[Entry], revisions: list[int], digests: list[str]) -> None:
        kind = "procedures_catalog.version_imported" if self.draft else "procedures_catalog.version_published"
        approver = self.approver.pk if self.approver and not self.draft else None
        record_many(
            (
                (kind, self._subject(pk), {
                    "code": entry.code, "revision": revision, "digest": said, "change_kind": entry.change_kind, "decision": entry.decision,
                    "valid_from": entry.valid_from and entry.valid_from.isoformat(), "approver": approver, "import": self.source_name,
                })
                for pk, entry, revision, said in zip(ids, entries, revisions, digests, strict=True)
            ),
            actor=self.actor,
        )  # fmt: skip

    @staticmethod
    def _subject(pk: int) -> models.Model:
        return cast(models.Model, _Subject(pk))


VERSION_COLUMNS = [column.name for column in VERSION.columns if column.name not in NAMED]
# Fields of a version that an import writes anew when its day has not come.
VERSION_CONTENT = {
    *VERSION_COLUMNS, "levels", "field", "decision", "end_decision", "synced_at", "import_notes", "content_digest", "missing", "incomplete_reason",
}  # fmt: skip
