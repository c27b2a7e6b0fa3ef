"""Filters of the list of versions: state, field, level, decision, service level, what is incomplete, who waits."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]  # no stubs are published for it
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from organisation.enums import Level
from organisation.models import Field, today

from ..enums import ChangeKind, OnlineLevel, State
from ..models import ProcedureVersion, PublicationDecision
from .choosers import DecisionChooser, FieldChooser

LEVELS = [(level.value, level.label) for level in Level if level is not Level.UNKNOWN]


def in_state(versions: QuerySet[ProcedureVersion], state: str) -> QuerySet[ProcedureVersion]:
    """The versions in a state today: `ProcedureVersion.state_on`, as a query."""
    day = today()
    ended = Q(live=True, valid_to__lt=day)
    gone = Q(end_kind__in=["abolished", "replaced", "expired"])
    begun = Q(live=True, valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
    return versions.filter(
        {
            State.DRAFT: Q(live=False),
            State.UPCOMING: Q(live=True, valid_from__gt=day),
            State.EFFECTIVE: begun & ~Q(change_kind=ChangeKind.ABOLISHED),
            State.SUPERSEDED: ended & ~gone,
            State.ABOLISHED: (ended & gone) | (begun & Q(change_kind=ChangeKind.ABOLISHED)),
        }[State(state)]
    )


class VersionFilters(WagtailFilterSet):
    """What an editor narrows the list by."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=State.choices, method="by_state", widget=forms.RadioSelect, empty_label=_("All"))
    waiting = django_filters.ChoiceFilter(
        label=_("Waits for approval"), choices=[("on", _("Waits for approval"))], method="by_waiting", widget=forms.RadioSelect, empty_label=_("All")
    )
    incomplete = django_filters.ChoiceFilter(
        label=_("Incomplete"), choices=[("on", _("Incomplete"))], method="by_incomplete", widget=forms.RadioSelect, empty_label=_("All")
    )
    level = django_filters.MultipleChoiceFilter(label=_("Level"), choices=LEVELS, method="by_level", widget=forms.CheckboxSelectMultiple)
    online_level = django_filters.MultipleChoiceFilter(label=_("Service level"), choices=OnlineLevel.choices, widget=forms.CheckboxSelectMultiple)
    change_kind = django_filters.MultipleChoiceFilter(label=_("Kind of change"), choices=ChangeKind.choices, widget=forms.CheckboxSelectMultiple)
    field = django_filters.ModelChoiceFilter(label=_("Field"), queryset=Field.objects.all(), widget=FieldChooser)
    decision = django_filters.ModelChoiceFilter(label=_("Decision"), queryset=PublicationDecision.objects.all(), widget=DecisionChooser)

    class Meta:
        model = ProcedureVersion
        fields: list[str] = []

    def by_state(self, versions: Any, name: str, value: str) -> Any:
        """In a state today."""
        return in_state(versions, value) if value else versions

    def by_waiting(self, versions: Any, name: str, value: str) -> Any:
        """In a workflow that is under way."""
        return versions.filter(_workflow_states__status="in_progress").distinct() if value else versions

    def by_incomplete(self, versions: Any, name: str, value: str) -> Any:
        """With something compulsory missing, as it was when last saved."""
        return versions.exclude(missing=[]) if value else versions

    def by_level(self, versions: Any, name: str, value: list[str]) -> Any:
        """At one of these levels."""
        return versions.filter(levels__overlap=[int(level) for level in value]) if value else versions
