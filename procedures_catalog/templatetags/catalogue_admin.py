"""What templates of the back office ask for."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def other_versions(version: Any) -> list[dict[str, Any]]:
    """The other versions of a procedure, the latest first, with where to edit and compare them."""
    from procedures_catalog.backoffice.versions import edit_url
    from procedures_catalog.models import ProcedureVersion

    if not version.procedure_id:
        return []
    others = ProcedureVersion.objects.filter(procedure_id=version.procedure_id).exclude(pk=version.pk).select_related("decision")
    return [
        {
            "version": other,
            "edit_url": edit_url(other),
            "compare_url": reverse("procedures_catalog_backoffice:compare", args=[version.pk, other.pk]) if version.pk else "",
        }
        for other in others.defer("source_text").order_by("-valid_from", "-pk")[:50]
    ]
