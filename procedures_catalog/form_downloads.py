"""Who may download the file of a form: everybody while a public version has it, before that staff who may read records.

Wagtail gives every document to whoever knows its address: the form of a draft would be out before the decision is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from wagtail import hooks
from wagtail.documents import get_document_model
from wagtail.models import CollectionViewRestriction

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


def public_documents(keys: Iterable[int]) -> set[int]:
    """Which of some documents anybody may have: no form of a draft alone, none in a collection behind a lock. At most four queries."""
    wanted = set(keys)
    if not wanted:
        return set()
    locked = [path for (path,) in CollectionViewRestriction.objects.values_list("collection__path")]
    found = get_document_model().objects.filter(pk__in=wanted).values_list("pk", "collection__path", "collection__name")
    documents = {pk: name for pk, path, name in found if not any(path.startswith(lock) for lock in locked)}
    states: dict[int, set[bool]] = defaultdict(set)
    of_them = Q(*((f"{kind}__in", list(documents)) for kind in FILE_KINDS), _connector=Q.OR)
    for live, *files in FormRow.objects.filter(of_them).order_by().values_list("version__live", *(f"{kind}_id" for kind in FILE_KINDS)):
        for pk in files:
            states[pk].add(live)
    return {pk for pk, name in documents.items() if True in states[pk] or (not states[pk] and name != COLLECTION)}


@hooks.register("before_serve_document")
def only_of_public_versions(document: Any, request: HttpRequest) -> None:
    """Raises Http404 for what is not public yet, or no longer."""
    if not is_public(document) and not request.user.has_perm(READ):
        raise Http404("No public version has this file.")
