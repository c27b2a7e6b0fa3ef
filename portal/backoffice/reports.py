"""Reports: links that lead nowhere, public duties that wait for somebody."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies import ModelPermissionPolicy

from organisation.book import book
from organisation.models import today

from ..models import DisclosureItem, DutyReminder, LinkProblem

SOON = dt.timedelta(days=14)


def edit_url(problem: LinkProblem) -> str:
    """Where the link can be mended."""
    if problem.source_kind == "page":
        return reverse("wagtailadmin_pages:edit", args=[problem.source_id])
    if problem.source_kind == "duty":
        return reverse("wagtailsnippets_portal_disclosureitem:edit", args=[problem.source_id])
    return reverse("wagtailsnippets_procedures_catalog_procedure:edit", args=[problem.source_id])


class LinkFilters(WagtailFilterSet):
    """What the report is narrowed by."""

    class Meta:
        model = LinkProblem
        fields = ["external", "reason"]


class LinkReport(ReportView):
    """Links that lead nowhere."""

    page_title = gettext_lazy("Broken links")
    header_icon = "link"
    index_url_name = "portal_backoffice:links_report"
    index_results_url_name = "portal_backoffice:links_report_results"
    permission_policy = ModelPermissionPolicy(LinkProblem)
    any_permission_required = {"view", "change"}
    filterset_class = LinkFilters
    export_filename = "lien-ket-hong"
    list_export = ["source_title", "place", "words", "target", "external", "reason", "detail", "since", "checked_at"]
    columns = [
        TitleColumn("source_title", label=gettext_lazy("Stands on"), accessor="source_title", get_url=edit_url, sort_key="source_title"),
        Column("place", label=gettext_lazy("Place")),
        Column("words", label=gettext_lazy("Words of the link")),
        Column("target", label=gettext_lazy("Leads to")),
        Column("reason", label=gettext_lazy("What is wrong"), accessor="get_reason_display", sort_key="reason"),
        Column("since", label=gettext_lazy("Since"), sort_key="since"),
    ]

    def get_base_queryset(self) -> QuerySet[LinkProblem]:
        """All of them."""
        return LinkProblem.objects.all()


def waits(item: DisclosureItem) -> str:
    """For what."""
    from django.utils.translation import gettext as _

    if item.published_on is None:
        return _("to be made public")
    return _("to be looked at again")


def by_day(item: DisclosureItem) -> dt.date | None:
    """The day that it is about."""
    found: dt.date | None = item.due_on if item.published_on is None else item.review_on
    return found


def reminded(item: DisclosureItem) -> str:
    """When somebody was reminded last."""
    rows: list[DutyReminder] = list(item.reminders.all())
    return f"{rows[0].made_at:%d/%m/%Y}" if rows else ""


class DutiesReport(ReportView):
    """What waits: to be made public by a day, to be looked at again."""

    page_title = gettext_lazy("Public duties that wait")
    header_icon = "clipboard-list"
    index_url_name = "portal_backoffice:duties_report"
    index_results_url_name = "portal_backoffice:duties_report_results"
    permission_policy = ModelPermissionPolicy(DisclosureItem)
    any_permission_required = {"view", "change"}
    export_filename = "nghia-vu-cong-khai"
    list_export = ["title", "group", "unit", "due_on", "published_on", "review_on"]
    columns = [
        TitleColumn(
            "title", label=gettext_lazy("Title"), accessor="title",
            get_url=lambda item: reverse("wagtailsnippets_portal_disclosureitem:edit", args=[item.pk]),
        ),
        Column("unit", label=gettext_lazy("Unit")),
        Column("waits", label=gettext_lazy("Waits"), accessor=waits),
        Column("by", label=gettext_lazy("By"), accessor=by_day),
        Column("late", label=gettext_lazy("Working days late"), accessor="late"),
        Column("reminded", label=gettext_lazy("Reminded"), accessor=reminded),
    ]  # fmt: skip

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        """With how late each is that is not public yet; the calendars are asked for once."""
        calendars = book()
        items = list(object_list)
        for item in items:
            item.late = (item.late_days(calendars) or "") if item.published_on is None else ""
        return items

    def get_base_queryset(self) -> Any:
        """What is due within two weeks, or was."""
        near = today() + SOON
        found = DisclosureItem.objects.filter(Q(published_on=None, due_on__lte=near) | Q(live=True, review_on__lte=near))
        return found.select_related("unit").prefetch_related(Prefetch("reminders", DutyReminder.objects.order_by("-pk"))).order_by("due_on", "pk")
