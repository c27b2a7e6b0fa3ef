"""Two editors on one version (C8): the second sees what differs and loses nothing of what was typed, with or without JavaScript."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from ..difference import compare
from ..services.revisions import record_in_memory
from ..wording import difference_for_people

# Fields of the form that say where it came from, not what was typed.
ENVELOPE = ("csrfmiddlewaretoken", "loaded_revision_id", "loaded_revision_created_at", "overwrite_revision_id", "resume")


def _typed(form: forms.Form, name: str) -> list[str]:
    """A field's present value as a browser would send it."""
    bound = form[name]
    value = bound.value()
    if isinstance(bound.field, forms.BooleanField):
        return ["on"] if value else []
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    shown = bound.field.widget.format_value(value)
    if isinstance(shown, list | tuple):
        return [str(item) for item in shown]
    return [str(shown if shown is not None else value)]


def rebase(data: QueryDict, current: Any) -> QueryDict:
    """What was typed, fitted to a version that somebody else has saved since. `current` is an unbound form of that version.

    Rows that the other removed count as new ones (they are not lost); rows that the other added are taken over."""
    typed = data.copy()
    for formset in current.formsets.values():
        prefix = formset.prefix
        total_key, initial_key = f"{prefix}-TOTAL_FORMS", f"{prefix}-INITIAL_FORMS"
        if total_key not in typed:
            continue
        there = {str(form.instance.pk): form for form in formset.initial_forms if form.instance.pk is not None}
        total = int(str(typed[total_key]))
        mentioned = set()
        for index in range(total):
            key = f"{prefix}-{index}-id"
            if typed.get(key, "") in there:
                mentioned.add(typed[key])
            else:
                typed[key] = ""
        for pk, form in there.items():
            if pk in mentioned:
                continue
            for name in form.fields:
                if name not in {"id", "DELETE", "ORDER"} and (values := _typed(form, name)):
                    typed.setlist(f"{prefix}-{total}-{name}", values)
            typed[f"{prefix}-{total}-id"] = pk
            typed[f"{prefix}-{total}-ORDER"] = str(total + 1)
            total += 1
        typed[total_key] = typed[initial_key] = str(total)
    return typed


def pairs(data: QueryDict) -> list[tuple[str, str]]:
    """Everything typed, as names and values for hidden fields."""
    return [(name, value) for name, values in data.lists() if name not in ENVELOPE for value in values]


def difference(theirs: Any, form: Any) -> dict[str, Any] | None:
    """What saving the form would change in the version that the other saved; None when the form cannot be read."""
    if hasattr(form, "defer_required_fields"):
        form.defer_required_fields()
    if not form.is_valid():
        return None
    before = record_in_memory(theirs)
    form.save(commit=False)
    return difference_for_people(compare(before, record_in_memory(form.instance)))
