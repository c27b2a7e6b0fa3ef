"""Guards in `manage.py check`: what would quietly open a door is an error at start."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models
from modelcluster.fields import ParentalKey


@register(Tags.models)
def check_catalogue(**kwargs: Any) -> list[CheckMessage]:
    """E001 references of parts, E002 parts left out, E003 parts of parts, E004 drafts, E005 the door to publishing."""
    from .models import PARTS, ProcedureVersion
    from .models.life import VersionLife

    errors: list[CheckMessage] = []
    relations = {
        relation.related_model: relation
        for relation in ProcedureVersion._meta.related_objects
        if isinstance(getattr(relation, "field", None), ParentalKey)
    }
    for name, model in PARTS.items():
        if not getattr(model, "wagtail_reference_index_ignore", False):
            errors.append(
                Error(
                    f"The part {name} would have its whole version indexed again for each row saved.",
                    hint="Derive it from procedures_catalog.models.parts.PartRow.", obj=model, id="procedures_catalog.E001",
                )
            )  # fmt: skip
        relations.pop(model, None)
        if any(isinstance(getattr(relation, "field", None), ParentalKey) for relation in model._meta.related_objects):  # type: ignore[attr-defined]
            errors.append(
                Error(f"The part {name} has parts of its own, which Wagtail's comparison does not see.", obj=model, id="procedures_catalog.E003")
            )
    errors += [
        Error(f"{model.__name__} is a part of a version but not in PARTS.", obj=model, id="procedures_catalog.E002") for model in relations
    ]  # fmt: skip
    live: Any = ProcedureVersion._meta.get_field("live")
    if not isinstance(live, models.BooleanField) or live.default is not False:
        errors.append(Error("A version must begin as a draft: live has to default to False.", obj=ProcedureVersion, id="procedures_catalog.E004"))
    if ProcedureVersion.publish is not VersionLife.publish or ProcedureVersion.save_revision is not VersionLife.save_revision:
        errors.append(Error("Publishing has to lead through services.", obj=ProcedureVersion, id="procedures_catalog.E005"))
    return errors
