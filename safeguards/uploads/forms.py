"""A field for several files, with and without scripts. What was taken stays with the form when something else in it is wrong: the
page lists it, and the next sending carries it along (the browser would not send it again)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import scanner, services
from .checking import Checked
from .enums import ENDINGS, MEDIA_TYPES
from .models import StoredFile
from .names import base_of

Submitted: TypeAlias = "tuple[list[str], list[UploadedFile[bytes]]]"
NAME_SHOWN = 60


def _help() -> str:
    said = _("PDF, Word, Excel or photos (JPG, PNG): at most 10 MB each, 20 files and 50 MB in all. Nobody but the staff in charge can open them.")
    return said if scanner.configured() else f"{said} {_('This demonstration has no virus scanner: files are taken without being checked.')}"


class FilesInput(forms.Widget):
    """The chooser, above it the files that the form has already."""

    needs_multipart_form = True
    input_type = "file"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.kept: list[StoredFile] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> FilesInput:
        copied: FilesInput = super().__deepcopy__(memo)  # type: ignore[no-untyped-call, unused-ignore]
        copied.kept = []  # of one form, never of the class
        return copied

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Submitted:
        """The tokens of what the form had, and the new files."""
        tokens = data.getlist(f"{name}-kept") if hasattr(data, "getlist") else list(data.get(f"{name}-kept", []))
        new = files.getlist(name) if hasattr(files, "getlist") else list(files.get(name, []) if files else [])
        return tokens, new

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """A form without files has an answer, too: none."""
        return False

    def use_required_attribute(self, initial: Any) -> bool:
        """Files that the form has already count; the browser does not know of them."""
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The part of the page."""
        context = {
            "name": name,
            "attrs": self.build_attrs(self.attrs, attrs),
            "accept": ",".join([*(f".{ending}" for ending in ENDINGS), *dict.fromkeys(MEDIA_TYPES.values())]),
            "kept": [{"token": services.token(file), "name": file.shown_name, "size": file.size, "said": file.said} for file in self.kept],
            "file_bytes": settings.UPLOAD_FILE_BYTES,
            "total_bytes": settings.UPLOAD_TOTAL_BYTES,
            "files": settings.UPLOAD_FILES,
            "had_bytes": sum(file.size for file in self.kept),
        }
        return render_to_string("parts/files_input.html", context)


class FilesField(forms.Field):
    """Gives a list of `StoredFile`, which belong to nothing until `services.attach`. `purpose` as in `services.receive`."""

    widget = FilesInput
    default_error_messages = {"required": gettext_lazy("Choose at least one file.")}

    def __init__(self, *, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        kwargs.setdefault("help_text", lazy(_help, str)())
        super().__init__(**kwargs)

    def clean(self, value: Submitted) -> list[StoredFile]:
        """Keep what may be taken, tell of each other file why not and what to do."""
        tokens, uploads = value
        had, gone = services.staged(tokens, self.purpose)
        new: list[StoredFile] = []
        refused: Sequence[Checked] = []
        if uploads:
            new, refused = services.receive(uploads, self.purpose, had=len(had), had_bytes=sum(file.size for file in had))
        kept = [*had, *new]
        self.widget.kept = kept
        errors = [_told(one) for one in refused]
        if gone:
            errors.append(_("Some files waited for more than a day and are gone. Choose them again."))
        if errors:
            raise ValidationError(errors)
        if self.required and not kept:
            raise ValidationError(self.error_messages["required"], code="required")
        return kept

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether there are files."""
        return bool(data and any(data))


def _told(one: Checked) -> str:
    name = "".join(sign if sign.isprintable() else "·" for sign in base_of(one.name))
    shown = name if len(name) <= NAME_SHOWN else f"{name[: NAME_SHOWN - 15]}…{name[-14:]}"
    return _("“%(name)s” was not taken. %(why)s") % {"name": shown, "why": one.reason.label if one.reason else ""}
