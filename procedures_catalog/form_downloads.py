"""Who may download the file of a form: everybody while a public version has it, before that staff who may read records.

Wagtail gives every document to whoever knows its address: the form of a draft would be out before the decision is."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from wagtail import hooks

from .importing.columns import FILE_KINDS
from .importing.form_files import COLLECTION
from .models import FormRow

READ = "procedures_catalog.view_procedureversion"


def is_public(document: Any) -> bool:
    """Whether anybody may have a document. One that belongs to no form is not judged here; a superseded version stays public,
    the catalogue shows it for its days."""
    of_it = Q(*((kind, document.pk) for kind in FILE_KINDS), _connector=Q.OR)
    live = set(FormRow.objects.filter(of_it).order_by().values_list("version__live", flat=True).distinct())
    return True in live or (not live and document.collection.name != COLLECTION)


@hooks.register("before_serve_document")
def only_of_public_versions(document: Any, request: HttpRequest) -> None:
    """Raises Http404 for what is not public yet, or no longer."""
    if not is_public(document) and not request.user.has_perm(READ):
        raise Http404("No public version has this file.")
