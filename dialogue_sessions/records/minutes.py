"""Minutes in the back office: written line by line while the meeting goes on, circulated, corrected, made final, published.

A page that somebody left open writes over nothing: each line has its own version, and what was typed comes back with what stands now."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Case, Count, IntegerField, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin import messages

from organisation.models import today
from organisation.staff import units_of

from .. import lateness, minutes_data, scope, services
from ..enums import DIALOGUES, EDITABLE_MINUTES, RECEPTIONS, CorrectionState, MinutesState, SessionState
from ..models import Addendum, Attendance, Contribution, Correction, Minutes, MinutesFile, Question, Session
from ..services import minutes as life
from . import forms
from .next_steps import next_step

VIEW, CHANGE, PUBLISH = (f"dialogue_sessions.{right}_minutes" for right in ("view", "change", "publish"))
PROMISE, CASES = "dialogue_sessions.add_promise", "dialogue_sessions.view_receptioncase"
PER_PAGE = 50
QUESTIONS = 300  # of one dialogue, offered for a line


def _to(minutes: Minutes, anchor: str = "") -> HttpResponse:
    return redirect(reverse("dialogue_records:minutes", args=[minutes.session_id]) + (f"#{anchor}" if anchor else ""))


@scope.office(VIEW)
def minutes_list(request: HttpRequest) -> HttpResponse:
    """Sessions that are under way or were held, with where their minutes are."""
    user: Any = request.user
    rows = scope.sessions_for(user).filter(state__in=[SessionState.UNDER_WAY, SessionState.HELD]).select_related("unit", "minutes")
    waiting = Count("minutes__corrections", filter=Q(minutes__corrections__state=CorrectionState.PENDING))
    # Dialogues have a day by which their results are public: those without published minutes stand first.
    owed = Case(When(Q(kind__in=DIALOGUES) & ~Q(minutes__state=MinutesState.PUBLISHED), then=0), default=1, output_field=IntegerField())
    page = Paginator(rows.annotate(waiting=waiting, owed=owed).order_by("owed", "-starts_at", "pk"), PER_PAGE).get_page(request.GET.get("p"))
    lines = []
    for session in page.object_list:
        found = getattr(session, "minutes", None)
        is_owed = session.kind in DIALOGUES and _is_open(found)
        last = lateness.latest(lateness.RESULT, timezone.localtime(session.starts_at).date(), session.unit_id) if is_owed else None
        cases = reverse("dialogue_records:cases", args=[session.pk]) if session.kind in RECEPTIONS and scope.may(user, CASES) else ""
        url = reverse("dialogue_records:minutes", args=[session.pk])
        lines.append({"session": session, "minutes": found, "latest": last, "late": last is not None and today() > last, "cases": cases, "url": url})
    context = {"lines": lines, "page": page, "query": "", "page_title": _("Minutes"), "header_icon": "form"}
    return render(request, "dialogue_sessions/records/minutes_list.html", context)


def _is_open(minutes: Minutes | None) -> bool:
    return minutes is None or minutes.state != MinutesState.PUBLISHED


# ── The editor ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _units(request: HttpRequest) -> set[int] | None:
    """Whose things somebody works with, asked once a request."""
    if "_units_of_records" not in request.__dict__:
        request.__dict__["_units_of_records"] = units_of(request.user)
    known: set[int] | None = request.__dict__["_units_of_records"]
    return known


def _session(request: HttpRequest, pk: int) -> Session:
    rows, units = Session.objects.select_related("unit", "post"), _units(request)
    return get_object_or_404(rows if units is None else rows.filter(unit__in=units), pk=pk)


def _unit_choices(user: Any) -> list[tuple[str, str]]:
    # Answers come from other units too: whoever sat in the room.
    return [(str(unit.pk), unit.name) for unit in forms.units_among(None)]


@scope.office(VIEW, methods=("GET", "HEAD", "POST"))
def minutes(request: HttpRequest, session_pk: int, action: str = "", pk: int = 0) -> HttpResponse:
    """The minutes of a session; POST does one thing with them."""
    user: Any = request.user
    session = _session(request, session_pk)
    found = Minutes.objects.filter(session=session).select_related("session__unit").first()
    if request.method == "POST":
        if not scope.may(user, PUBLISH if action in {"finish", "publish"} else CHANGE):
            raise PermissionDenied
        if action == "begin":
            try:
                services.begin_minutes(session, user)
            except services.SessionError as error:
                messages.error(request, str(error))
            return redirect("dialogue_records:minutes", session_pk)
        if found is None:
            raise Http404
        return _post(request, found, action, pk)
    return render(request, "dialogue_sessions/records/minutes.html", _page(request, session, found))


def _post(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    user: Any = request.user
    doing = {"line": _line, "summary": _summary, "attendance": _part, "file": _part, "addendum": _addendum, "promise": _promise, "publish": _publish}
    if action in doing:
        return doing[action](request, found, action, pk)
    try:
        if action == "remove-line":
            services.remove_line(get_object_or_404(found.contributions, pk=pk), user)
        elif action == "remove-attendance":
            services.remove_part(get_object_or_404(found.attendance, pk=pk), user)
        elif action == "remove-file":
            services.remove_part(get_object_or_404(found.files, pk=pk), user)
        elif action == "withdraw-name":
            services.withdraw_name(get_object_or_404(found.contributions, pk=pk), user)
        elif action == "circulate":
            services.circulate(found, user)
            messages.success(request, _("Those who attended get a link by which they can read and correct."))
        elif action == "finish":
            services.finish(found, user)
            messages.success(request, _("The minutes are final."))
        else:
            raise Http404
    except services.SessionError as error:
        messages.error(request, str(error))
    return _to(found)


def _again(request: HttpRequest, found: Minutes, name: str, form: Any) -> HttpResponse:
    """The page once more, with what was typed."""
    fresh = Minutes.objects.select_related("session__unit", "session__post").get(pk=found.pk)
    return render(request, "dialogue_sessions/records/minutes.html", _page(request, fresh.session, fresh, {name: form}), status=422)


def _restamp(form: Any, version: int) -> None:
    """Saved again, it goes over what stands now; the page shows that beside it."""
    form.data = form.data.copy()
    form.data[form.add_prefix("version")] = str(version)


def _line(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    user: Any = request.user
    line = get_object_or_404(found.contributions, pk=pk) if pk else Contribution(minutes=found)
    form = forms.LineForm(request.POST, prefix=f"line-{pk}", units=_unit_choices(user), questions=None if pk else _to_choose(_questions(found)))
    if form.is_valid():
        data = form.cleaned_data
        for name in ("text", "answer", "village", "named", "speaker", "satisfaction"):
            setattr(line, name, data[name])
        line.answered_by_id = data["answered_by"]
        line.minutes = found
        try:
            with transaction.atomic():
                services.save_line(line, user, version=data["version"] if pk else None)
                if data.get("question"):
                    services.link_questions(line, user, add=[data["question"]])
        except services.Stale as error:
            forms.tell(form, error)
            _restamp(form, Contribution.objects.values_list("version", flat=True).get(pk=pk))
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return _to(found, "new-line" if not pk else f"line-{line.number}")
    return _again(request, found, f"line-{pk}", form)


def _summary(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    form = forms.SummaryForm(request.POST, prefix="summary")
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.save_summary(found, data["summary"], data["summary_en"], data["version"] or 0, request.user)  # type: ignore[arg-type]
        except services.Stale as error:
            forms.tell(form, error)
            _restamp(form, Minutes.objects.values_list("version", flat=True).get(pk=found.pk))
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return _to(found)
    return _again(request, found, "summary", form)


def _part(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    form: Any = (
        forms.AttendanceForm(request.POST, prefix=action, units=None) if action == "attendance" else forms.FileForm(request.POST, prefix=action)
    )
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        part: Attendance | MinutesFile = Attendance(minutes=found, **values) if action == "attendance" else MinutesFile(minutes=found, **values)
        try:
            services.save_part(part, request.user)  # type: ignore[arg-type]
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return _to(found)
    return _again(request, found, action, form)


def _addendum(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    form = forms.AddendumForm(request.POST, prefix="addendum")
    if form.is_valid():
        try:
            services.add_addendum(Addendum(minutes=found, text=form.cleaned_data["text"]), request.user)  # type: ignore[arg-type]
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            return _to(found)
    return _again(request, found, "addendum", form)


def _publish(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    form = forms.LateForm(request.POST, prefix="publish")
    if form.is_valid():
        try:
            services.publish_minutes(found, request.user, late_reason=form.cleaned_data["late_reason"])  # type: ignore[arg-type]
        except services.ReasonMissing as error:
            form.add_error("late_reason", str(error))
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            messages.success(request, _("Everybody can read the minutes now."))
            return _to(found)
    return _again(request, found, "publish", form)


def _promise(request: HttpRequest, found: Minutes, action: str, pk: int) -> HttpResponse:
    user: Any = request.user
    if not scope.may(user, PROMISE):
        raise PermissionDenied
    line = get_object_or_404(found.contributions.select_related("minutes__session"), pk=pk)
    form = forms.LinePromiseForm(request.POST, prefix="promise", units=_units(request))
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = services.promise_of_contribution(line, data["post"], data["due_on"], data["text"], user)
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            messages.success(request, _("Written down as a draft. Nobody outside sees it until it is made public."))
            return redirect("dialogue_records:promise", made.pk)
    return _again(request, found, f"promise-{pk}", form)


def _page(request: HttpRequest, session: Session, found: Minutes | None, wrong: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything on the page of minutes. `wrong`: forms that were refused, by name."""
    user: Any = request.user
    wrong = wrong or {}
    may = {"change": scope.may(user, CHANGE), "publish": scope.may(user, PUBLISH), "promise": scope.may(user, PROMISE)}
    context: dict[str, Any] = {
        "session": session, "minutes": found, "may": may, "page_title": _("Minutes"), "page_subtitle": session.title, "header_icon": "form",
        "form": next(iter(wrong.values()), forms.RecordForm()), "can_begin": session.state in {SessionState.UNDER_WAY, SessionState.HELD},
        "cases_url": reverse("dialogue_records:cases", args=[session.pk]), "media": "",
    }  # fmt: skip
    if found is None:
        return context
    units, editable = _unit_choices(user), found.state in EDITABLE_MINUTES and may["change"]
    shown = minutes_data.load(found)
    lines: list[dict[str, Any]] = [
        {
            "line": line, "made": getattr(line, "made", []), "asked": getattr(line, "asked", []), "open": f"line-{line.pk}" in wrong,
            "form": wrong.get(f"line-{line.pk}") or (_line_form(line, units) if editable else None),
            "promise": wrong.get(f"promise-{line.pk}"),
        }
        for line in shown.lines
    ]  # fmt: skip
    questions = _questions(found) if editable else []
    linked = {one.pk for item in lines for one in item["asked"]}
    step, blocked = next_step(found, shown, may_change=may["change"], may_publish=may["publish"])
    is_late = found.state == MinutesState.FINAL and life.is_late(found)
    file_form = wrong.get("file") or forms.FileForm(prefix="file")
    attendance = wrong.get("attendance") or (forms.AttendanceForm(prefix="attendance", units=None) if editable else None)
    promise_form = forms.LinePromiseForm(prefix="promise", units=_units(request)) if may["promise"] else None
    forms.list_once((form for form in (promise_form, attendance, *(item["promise"] for item in lines)) if form is not None), units)
    return context | {
        "next_step": step, "blocked": blocked,
        "shown": shown, "lines": lines, "editable": editable, "numbers": life.numbers(session) if found.attended is None else None, "late": is_late,
        "new_line": wrong.get("line-0") or _new_line(request, units, questions), "has_questions": bool(questions),
        "unanswered": [one for one in questions if one.pk not in linked], "file_form": file_form, "attendance_form": attendance,
        "summary_form": wrong.get("summary") or forms.SummaryForm(
            prefix="summary", initial={"summary": found.summary, "summary_en": found.summary_en, "version": found.version}),
        "addendum_form": wrong.get("addendum") or forms.AddendumForm(prefix="addendum"),
        "late_form": wrong.get("publish") or forms.LateForm(prefix="publish"), "promise_form": promise_form,
        "waiting": shown.waiting, "takes_corrections": life.takes_corrections(found),
        "public_url": reverse("minutes:minutes", args=[session.slug]) if found.state == MinutesState.PUBLISHED else "", "media": file_form.media,
    }  # fmt: skip


def _questions(found: Minutes) -> list[Question]:
    """Those that a line may answer, the most wanted first."""
    return list(Question.objects.listed().filter(session=found.session_id).order_by("-supports", "pk")[:QUESTIONS])


def _to_choose(questions: list[Question]) -> list[tuple[str, str]]:
    return [(str(one.pk), one.public_text if len(one.public_text) <= 120 else one.public_text[:117] + "…") for one in questions]


def _new_line(request: HttpRequest, units: list[tuple[str, str]], questions: list[Question]) -> forms.LineForm:
    """Empty, or begun from a question that was sent ahead."""
    asked = request.GET.get("question", "")
    initial = {
        name: value for one in questions if str(one.pk) == asked
        for name, value in (("question", one.pk), ("text", one.public_text), ("village", one.village))
    }  # fmt: skip
    return forms.LineForm(prefix="line-0", units=units, questions=_to_choose(questions), initial=initial)


def _line_form(line: Contribution, units: list[tuple[str, str]]) -> forms.LineForm:
    initial = {name: getattr(line, name) for name in ("text", "answer", "village", "named", "speaker", "satisfaction", "version")}
    return forms.LineForm(prefix=f"line-{line.pk}", units=units, initial={**initial, "answered_by": line.answered_by_id or ""})


# ── Corrections ───────────────────────────────────────────────────────────────────────────────────────────────────────


@scope.office(CHANGE, methods=("GET", "HEAD", "POST"))
def corrections(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Corrections that wait to be decided, the oldest first; POST decides one."""
    user: Any = request.user
    rows = scope.rows_for(user, Correction.objects.filter(state=CorrectionState.PENDING), "minutes__session__unit")
    rows = rows.select_related("minutes__session__unit", "contribution").order_by("created_at", "pk")
    wrong: dict[int, forms.DecisionForm] = {}
    row = get_object_or_404(rows, pk=pk) if pk or request.method == "POST" else None
    if request.method == "POST" and row is not None:
        form = forms.DecisionForm(request.POST, prefix=str(pk))
        if form.is_valid():
            data = form.cleaned_data
            try:
                services.decide(row, accept=request.POST.get("accept") == "1", public_text=data["public_text"], reason=data["reason"], actor=user)
            except services.SessionError as error:
                forms.tell(form, error)
            else:
                messages.success(request, _("Decided. If the line is to read otherwise, change it in the minutes."))
                return redirect("dialogue_records:corrections")
        wrong[pk] = form
    page = Paginator(rows, 20).get_page(request.GET.get("p"))
    lines = [{"row": row, "form": wrong.get(row.pk) or forms.DecisionForm(prefix=str(row.pk))} for row in page.object_list]
    context = {
        "lines": lines, "page": page, "query": "", "form": next(iter(wrong.values()), forms.RecordForm()), "page_title": _("Proposed corrections"),
        "header_icon": "edit",
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/corrections.html", context, status=422 if wrong else 200)
