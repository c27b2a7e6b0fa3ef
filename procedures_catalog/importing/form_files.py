"""Files of forms (the table `form_files`): looked at while records are read, made documents when their versions are written.

A version in force is not edited, its files neither: so they come with the record that names them, before it turns public."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from wagtail.documents import get_document_model
from wagtail.models import Collection
from wagtail.search.backends import get_search_backends

from foundation.documents import kind_of
from safeguards.services import record_many

from .cleaning import clean_row
from .columns import FILE_KINDS, FORM_FILES
from .problems import BadFile, Problem, shown, suggestion
from .readers import RawRecord

if TYPE_CHECKING:
    from safeguards.models import User

COLLECTION = "Tờ khai, mẫu đơn"
LARGEST = 10 * 1024 * 1024  # bytes of one file
SAMPLE = "sample"
NAME = 60  # characters of a file's name that are kept
Complain = Callable[[str, int, str, str, Any], None]  # (table, row, column, message, value)
Attached = tuple[str, str, str, str]  # form's code, form's name, kind, SHA-1 of the file


class Unfit(Exception):
    """A file that cannot be attached; its text says why."""


@dataclass(frozen=True)
class FormFile:
    """A file that was looked at: what it is, and its SHA-1, as Wagtail keeps it of its documents."""

    path: Path
    kind: str
    digest: str
    size: int


class FormFiles:
    """The files below one folder; without a folder there are none."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder.resolve() if folder is not None else None
        self.seen: dict[str, FormFile | Unfit] = {}

    # -- while records are read --

    def attach(self, raw: RawRecord, record: dict[str, Any], complain: Complain, *, is_json: bool) -> None:
        """Note in the record's forms which files are theirs: `attached`, as `docx:path`."""
        found: dict[int, dict[str, str]] = {}
        for index, (row, values) in enumerate(raw.parts.get(FORM_FILES.name, ())):

            def wrong(column: str, message: str, value: Any, row: int = row, index: int = index) -> None:
                if is_json:
                    complain("", raw.row, f"{FORM_FILES.name}[{index}].{column}", message, value)
                else:
                    complain(FORM_FILES.name, row, column, message, value)

            said = clean_row(FORM_FILES, values, wrong)
            if not said["form"] or not said["path"]:
                continue
            form = _form_of(record["forms"], said["form"], wrong)
            try:
                file = self.look(said["path"])
            except Unfit as unfit:
                wrong("path", str(unfit), said["path"])
                continue
            kind = said["kind"] or file.kind
            if kind not in {SAMPLE, file.kind}:
                wrong("kind", _("The file is a %(kind)s.") % {"kind": file.kind.upper()}, kind)
            elif form is not None and found.setdefault(form, {}).setdefault(kind, said["path"]) != said["path"]:
                wrong("path", _("The form has a file of this kind already: %(path)s") % {"path": shown(found[form][kind])}, said["path"])
        for form, files in found.items():
            record["forms"][form]["attached"] = [f"{kind}:{files[kind]}" for kind in FILE_KINDS if kind in files]

    def look(self, path: str) -> FormFile:
        """The file of a path within the folder. Raises Unfit."""
        if path not in self.seen:
            try:
                self.seen[path] = self._look(path)
            except Unfit as unfit:
                self.seen[path] = unfit
        file = self.seen[path]
        if isinstance(file, Unfit):
            raise file
        return file

    def _look(self, path: str) -> FormFile:
        if self.folder is None:
            raise Unfit(_("Files are attached from a folder only: import with manage.py import_procedures, and say --files where they lie."))
        named = PurePosixPath(path)
        if named.is_absolute() or ".." in named.parts or "\\" in path or "\x00" in path or ":" in path:
            raise Unfit(_("The path leaves the folder."))
        try:
            real = (self.folder / named).resolve()
            if not real.is_relative_to(self.folder):  # a link that leads out
                raise Unfit(_("The path leaves the folder."))
            if not real.is_file():
                raise Unfit(_("There is no such file in the folder."))
            size = real.stat().st_size
            if size > LARGEST:
                raise Unfit(_("The file is larger than %(size)d MB.") % {"size": LARGEST // (1024 * 1024)})
            kind = kind_of(real)
            with real.open("rb") as stream:
                digest = hashlib.file_digest(stream, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
        except OSError as error:
            raise Unfit(_("The file cannot be read: %(error)s") % {"error": error.strerror}) from error
        if not kind:
            raise Unfit(_("The file is no DOCX, ODT or PDF without macros, whatever its name says."))
        if real.suffix.lower() != f".{kind}":
            raise Unfit(_("The file is a %(kind)s; its name says something else.") % {"kind": kind.upper()})
        return FormFile(real, kind, digest, size)

    def said_by(self, record: dict[str, Any]) -> frozenset[Attached]:
        """The files that a record states, comparable with those of a stored version."""
        return frozenset(
            (form["code"], form["name"], kind, self.look(path).digest)
            for form in record["forms"]
            for kind, _colon, path in (said.partition(":") for said in form.get("attached", ()))
        )

    # -- when versions are written --

    def documents(self, records: Iterable[dict[str, Any]], actor: User) -> dict[str, int]:
        """The documents of all files that records state, by path; the same bytes are one document, and stay it. For use in a
        transaction. Raises BadFile when a file changed meanwhile."""
        titles: dict[str, str] = {}
        for record in records:
            for form in record["forms"]:
                for said in form.get("attached", ()):
                    titles.setdefault(said.partition(":")[2], form["name"])
        if not titles:
            return {}
        model = get_document_model()
        collection = _collection()
        digests = {path: self.look(path).digest for path in titles}
        known: dict[str, int] = dict(
            model.objects.filter(collection=collection, file_hash__in=set(digests.values())).order_by("-pk").values_list("file_hash", "pk")
        )
        fresh = {digest: path for path, digest in digests.items() if digest not in known}
        made = model.objects.bulk_create([self._keep(self.look(path), titles[path], collection, actor) for path in fresh.values()])
        known.update({document.file_hash: document.pk for document in made})
        for backend in get_search_backends(with_auto_update=True):  # so that editors find them; a save each would cost more than the import
            backend.add_bulk(model, made)
        record_many(
            (
                ("procedures_catalog.form_file_added", document, {"file": document.filename, "sha1": document.file_hash, "size": document.file_size})
                for document in made
            ),
            actor=actor,
        )
        return {path: known[digest] for path, digest in digests.items()}

    @staticmethod
    def _keep(file: FormFile, title: str, collection: Collection, actor: User) -> Any:
        """A document, not yet saved, whose file is named by its content: an import that is undone leaves nothing that the next would
        not use."""
        model = get_document_model()
        storage = model._meta.get_field("file").storage
        stem = get_valid_filename(file.path.stem)[:NAME].strip("._-") or "mau"
        name = f"documents/forms/{file.digest[:20]}/{stem}.{file.kind}"
        if not storage.exists(name):
            with file.path.open("rb") as stream:
                name = storage.save(name, File(stream))
        with storage.open(name) as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
        if digest != file.digest:
            storage.delete(name)
            raise BadFile(Problem(_("The file changed while it was imported."), FORM_FILES.name, value=shown(file.path.name)))
        return model(
            title=title[:255], file=name, collection=collection, uploaded_by_user=actor, file_size=file.size, file_hash=file.digest,
        )  # fmt: skip


def _form_of(forms: list[dict[str, Any]], word: str, wrong: Callable[[str, str, Any], None]) -> int | None:
    """The place of the form that a word names: its name, or a code that only one has."""
    for key in ("name", "code"):
        places = [place for place, form in enumerate(forms) if form[key].casefold() == word.casefold()]
        if len(places) == 1:
            return places[0]
        if places:
            wrong("form", _("Several forms of the record are called this; write the name of one."), word)
            return None
    hint = suggestion(word, [form["name"] for form in forms])
    wrong("form", (_("The record has no form of this name or code.") + " " + hint).strip(), word)
    return None


def _collection() -> Collection:
    root = Collection.get_first_root_node()
    found: Collection | None = root.get_children().filter(name=COLLECTION).first()
    return found or root.add_child(name=COLLECTION)
