"""One decision: all that it changes, old beside new, its deadlines; and the screen that applies it to many procedures at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column

from organisation.calendar import Calendar
from organisation.models import today
from organisation.services import calendar_for

from .. import services
from ..deadlines import Deadline, deadlines
from ..difference import compare
from ..enums import ChangeKind, EndKind
from ..forms import ApplyDecisionForm
from ..models import Procedure, ProcedureVersion, PublicationDecision
from ..record import records_by_id
from ..wording import difference_for_people
from .versions import edit_url
from .words import find

SHOWN_AT_ONCE = 50  # versions whose difference one page shows


def deadlines_of(decision: PublicationDecision, calendar: Calendar | None = None) -> list[Deadline]:
    """A decision's deadlines by the country's working calendar, which is asked for unless it is given."""
    return deadlines(decision, today(), (calendar or calendar_for(None)).add_working_days)


class LatenessColumn(Column):
    """Whether a deadline of the decision was missed."""

    cell_template_name = "procedures_catalog/admin/cells/lateness.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        """The missed deadlines."""
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        table = parent_context["table"]
        if not hasattr(table, "calendar"):
            table.calendar = calendar_for(None)  # once a list, not once a row
        context["late"] = [deadline for deadline in deadlines_of(instance, table.calendar) if deadline.is_late]
        return context


decision_column = LatenessColumn("late", label=gettext_lazy("Deadlines"))


def require(request: HttpRequest, permission: str) -> Any:
    """The user, who holds a right of this app; PermissionDenied otherwise."""
    user: Any = request.user
    if not user.has_perm(f"procedures_catalog.{permission}"):
        raise PermissionDenied
    return user


def before(version: ProcedureVersion, others: list[ProcedureVersion]) -> ProcedureVersion | None:
    """The version that another one takes over from: the last to begin before it at one of its levels."""
    if version.valid_from is None:
        return None
    earlier = [
        other for other in others
        if other.live and other.pk != version.pk and other.valid_from is not None and other.valid_from < version.valid_from
        and set(other.levels) & set(version.levels)
    ]  # fmt: skip
    return max(earlier, key=lambda other: (other.valid_from, other.pk), default=None)


def changes_of(decision: PublicationDecision, limit: int = SHOWN_AT_ONCE, start: int = 0) -> list[dict[str, Any]]:
    """All that a decision brings (with what it changes in the version before) and ends."""
    versions = list(decision.versions.select_related("procedure").order_by("procedure__code", "pk").defer("source_text")[start : start + limit])
    by_procedure: dict[int, list[ProcedureVersion]] = {}
    for other in ProcedureVersion.objects.published().filter(procedure__in=[version.procedure_id for version in versions]).defer("source_text"):
        by_procedure.setdefault(other.procedure_id, []).append(other)
    pairs = [(version, before(version, by_procedure.get(version.procedure_id, []))) for version in versions]
    keys = {version.pk for version in versions} | {old.pk for _new, old in pairs if old}
    records = dict(records_by_id(sorted(keys)))
    return [
        {
            "version": version,
            "old": old,
            "edit_url": edit_url(version),
            "difference": difference_for_people(compare(records[old.pk], records[version.pk]))
            if old and version.change_kind != ChangeKind.ABOLISHED
            else None,
        }
        for version, old in pairs
    ]


@require_safe
def decision_page(request: HttpRequest, pk: int) -> HttpResponse:
    """All that one decision changes."""
    require(request, "view_publicationdecision")
    decision = get_object_or_404(PublicationDecision, pk=pk)
    start = int(request.GET["from"]) if request.GET.get("from", "").isascii() and request.GET.get("from", "").isdigit() else 0
    start = min(start, 1_000_000)
    total = decision.versions.count()
    ended = (
        decision.ended_versions.filter(end_kind__in=[EndKind.ABOLISHED, EndKind.REPLACED]).select_related("procedure").order_by("procedure__code")
    )  # fmt: skip
    context = {
        "decision": decision,
        "changes": changes_of(decision, start=start),
        "ended": [{"version": version, "edit_url": edit_url(version)} for version in ended[:200]],
        "deadlines": deadlines_of(decision),
        "files": decision.files.select_related("document"),
        "total": total,
        "next": start + SHOWN_AT_ONCE if start + SHOWN_AT_ONCE < total else None,
        "change_url": reverse("wagtailsnippets_procedures_catalog_publicationdecision:edit", args=[decision.pk]),
        "apply_url": f"{reverse('procedures_catalog_backoffice:apply_decision')}?decision={decision.pk}",
        "page_title": _("Decision"),
        "header_icon": "doc-full-inverse",
    }
    return render(request, "procedures_catalog/admin/decision.html", context)


def pickable(text: str, field: str, day: dt.date) -> list[ProcedureVersion]:
    """The versions in force that an editor may pick from, narrowed by words and field."""
    versions = ProcedureVersion.objects.in_force_on(day).select_related("procedure", "field").only(
        "procedure__code", "name", "field__name", "levels", "valid_from"
    )  # fmt: skip
    if field.isascii() and field.isdigit() and len(field) < 12:
        versions = versions.filter(field_id=int(field))
    return list(find(versions, text, ("procedure__code", "name")).order_by("procedure__code")[:200])


@require_http_methods(["GET", "POST"])
def apply_decision(request: HttpRequest) -> HttpResponse:
    """Pick what a decision changes, say how, and get a draft of each, all or none."""
    user = require(request, "add_procedureversion")
    given = request.POST if request.method == "POST" else request.GET
    picked = sorted({int(key) for key in given.getlist("pick") if key.isascii() and key.isdigit() and len(key) < 12})
    text, field = given.get("q", "")[:200], given.get("in_field", "")
    # Searching is a submission, too, so that without JavaScript what was typed stays.
    searching = request.method == "GET" or "search" in request.POST
    if request.method == "POST":
        form = ApplyDecisionForm(request.POST)
    else:
        form = ApplyDecisionForm(initial={"decision": request.GET.get("decision") or None})
    answers: list[services.Applied] = []
    if not searching and form.is_valid():
        procedures = Procedure.objects.filter(Q(pk__in=picked) | Q(code__in=form.cleaned_data["codes"])).distinct()
        if not procedures:
            form.add_error(None, _("Pick at least one procedure, or enter its code."))
        else:
            made, answers = _apply(form, list(procedures), user)
            if made:
                return _done(request, form, answers)
    elif searching and request.method == "POST":
        form = ApplyDecisionForm(initial={name: request.POST.get(name) for name in form.fields} | {"levels": request.POST.getlist("levels")})
    rows = pickable(text, field, today())
    there = {version.procedure_id for version in rows}
    context = {
        "form": form,
        "rows": rows,
        "picked": picked,
        "elsewhere": ProcedureVersion.objects.in_force()
        .filter(procedure_id__in=[key for key in picked if key not in there])
        .select_related("procedure"),
        "q": text,
        "in_field": field,
        "fields": form.fields["field"].queryset,  # type: ignore[attr-defined]
        "problems": [answer for answer in answers if answer.problem],
        "media": form.media,
        "page_title": _("Apply a decision"),
        "header_icon": "doc-full-inverse",
    }
    return render(request, "procedures_catalog/admin/apply_decision.html", context)


def _apply(form: ApplyDecisionForm, procedures: list[Procedure], user: Any) -> tuple[bool, list[services.Applied]]:
    data = form.cleaned_data
    with transaction.atomic():
        replacing = [Procedure.objects.get_or_create(code=code)[0] for code in data["replaced_by"]] if data["kind"] == ChangeKind.REPLACED else []
        made, answers = services.apply_decision(
            data["decision"], procedures, user=user, kind=data["kind"], valid_from=data["valid_from"], replaced_by=replacing,
            changes=services.CommonChanges(
                fields=form.common_changes(),
                add_legal_bases=(data["add_legal_basis"],) if data["add_legal_basis"] else (),
                replace_legal_basis=data["replace_legal_basis"],
            ),
        )  # fmt: skip
        if not made:
            # a code added for a replacement that could not be drafted is not left behind
            transaction.set_rollback(True)
    return made, answers


def _done(request: HttpRequest, form: ApplyDecisionForm, answers: list[services.Applied]) -> HttpResponse:
    drafts = [draft for answer in answers for draft in answer.drafts]
    if form.cleaned_data["submit"]:
        _submit_all(request, drafts)
    count = len(drafts)
    messages.success(request, ngettext("%(count)s draft made.", "%(count)s drafts made.", count) % {"count": count})
    return redirect("procedures_catalog_backoffice:decision", form.cleaned_data["decision"].pk)


def _submit_all(request: HttpRequest, drafts: list[ProcedureVersion]) -> None:
    """Hand drafts in, all or none; what stands in the way is said."""
    try:
        with transaction.atomic():
            for draft in drafts:
                services.submit(draft, user=request.user)  # type: ignore[arg-type]
    except services.CatalogueError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, ngettext("%(count)s draft waits for approval.", "%(count)s drafts wait for approval.", len(drafts)) % {"count": len(drafts)}
        )


@require_http_methods(["POST"])
def submit_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in all drafts of one decision that do not wait yet."""
    require(request, "change_procedureversion")
    decision = get_object_or_404(PublicationDecision, pk=pk)
    drafts = [version for version in decision.versions.filter(live=False).select_related("procedure") if not version.workflow_in_progress]
    if drafts:
        _submit_all(request, drafts)
    else:
        messages.info(request, _("No draft of this decision waits to be handed in."))
    return redirect("procedures_catalog_backoffice:decision", decision.pk)
