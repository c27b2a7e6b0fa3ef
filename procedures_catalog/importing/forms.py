"""The form of the upload."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .readers import UPLOAD

ENDINGS = (".zip", ".csv", ".xlsx", ".json", ".jsonl", ".gz")
MEGABYTES = (UPLOAD.file_bytes or 0) // 1024 // 1024


class UploadForm(forms.Form):
    """A file, and whether it is to become drafts."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("CSV (one file a table, zipped), XLSX, JSON or JSON Lines, also gzipped; at most 10 MB and 20,000 rows."),
        # Wagtail's template gives the help this name, and knows of no error's.
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS), "aria-describedby": "id_file-helptext id_file_error"}),
    )
    draft = forms.BooleanField(label=_("Leave drafts for an editor to publish"), required=False)

    def clean_file(self) -> Any:
        """By size and name; what it really is shows when it is read."""
        file = self.cleaned_data["file"]
        if file.size > (UPLOAD.file_bytes or 0):
            raise ValidationError(_("The file is larger than %(size)d MB."), params={"size": MEGABYTES})
        if PurePosixPath(file.name).suffix.lower() not in ENDINGS:
            raise ValidationError(_("Files of this kind are not read. Save it as XLSX, CSV, JSON or JSON Lines."))
        return file
