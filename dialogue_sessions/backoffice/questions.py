"""Questions in the back office: what waits for a moderator, one question with all that can be done to it, what is overdue, many at once.

Staff see the questions to dialogues of their units, and those that their units are to answer; of the latter they only write the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from organisation.models import Unit
from organisation.staff import units_of
from safeguards import encryption
from safeguards.models import Event

from .. import answered_in, question_papers, question_terms, scope, services
from ..enums import TO_ANSWER, QuestionState
from ..models import Question, Session
from . import question_forms as forms
from .acting import Action, first, gone, told

VIEW, MODERATE, ANSWER = "dialogue_sessions.view_question", "dialogue_sessions.moderate_question", "dialogue_sessions.answer_question"
A_PAGE, MOST_AT_ONCE = 40, 100
State = QuestionState
LIST = "dialogue_sessions_backoffice:questions"


def questions_for(user: Any) -> QuerySet[Question]:
    """Questions to dialogues of somebody's units, and those that these units are to answer. Two queries for the units."""
    units = units_of(user)
    found = Question.objects.exclude(state=State.UNPROVEN).select_related("session", "unit", "session__unit")
    return found if units is None else found.filter(Q(session__unit__in=units) | Q(unit__in=units))


def url_of(question: Question) -> str:
    """Its page."""
    return reverse("dialogue_sessions_backoffice:question", args=[question.pk])


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@scope.office(VIEW)
def questions(request: HttpRequest) -> HttpResponse:
    """The queue: what waits for a moderator first, then what waits for an answer."""
    return _list(request, forms.BulkForm())


def _list(request: HttpRequest, bulk: forms.BulkForm, status: int = 200) -> HttpResponse:
    rows = questions_for(request.user)
    filters = forms.QuestionFilters(request.GET or None)
    # What can be chosen is what is in sight.
    filters.fields["session"].queryset = Session.objects.filter(pk__in=rows.values("session")).order_by("-starts_at")  # type: ignore[attr-defined]
    filters.fields["unit"].queryset = Unit.objects.filter(pk__in=rows.values("unit")).order_by("name")  # type: ignore[attr-defined]
    late = {question.pk for question in question_terms.overdue(rows.filter(state__in=TO_ANSWER, session__starts_at__lte=timezone.now()))}
    page = Paginator(_narrowed(rows, filters, late), A_PAGE).get_page(request.GET.get("p"))
    query = request.GET.copy()
    query.pop("p", None)
    context = {
        "page_title": _("Questions to dialogues"), "page_subtitle": "", "header_icon": "help", "filters": filters, "page": page, "bulk": bulk,
        "rows": [(question, url_of(question), question.pk in late) for question in page], "total": page.paginator.count, "late": len(late),
        "waiting": rows.filter(state=State.RECEIVED).count(), "query": query.urlencode(), "may_moderate": scope.may(request.user, MODERATE),
        "list_url": reverse(LIST), "bulk_url": reverse("dialogue_sessions_backoffice:questions_bulk"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/questions.html", context, status=status)


def _narrowed(rows: QuerySet[Question], filters: forms.QuestionFilters, late: set[int]) -> QuerySet[Question]:
    """A filter that is not understood leaves all."""
    filters.is_valid()
    chosen: Mapping[str, Any] = getattr(filters, "cleaned_data", {})
    if words := chosen.get("q"):
        rows = rows.filter(public_text__icontains=words)
    for name in ("state", "session", "unit"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if chosen.get("overdue"):
        rows = rows.filter(pk__in=late)
    return rows.annotate(sent_with=Count("papers")).order_by(
        first(state=State.RECEIVED), first(state__in=TO_ANSWER), "session__starts_at", "-supports", "pk"
    )


@scope.office(MODERATE, methods=("POST",))
def bulk(request: HttpRequest) -> HttpResponse:
    """One thing for many questions: each by itself, so that one that has changed meanwhile does not stop the others."""
    form = forms.BulkForm(request.POST)
    keys = [int(key) for key in request.POST.getlist("row")[:MOST_AT_ONCE] if key.isascii() and key.isdigit() and len(key) < 18]
    rows = {question.pk: question for question in _own(request.user).filter(pk__in=keys)}
    chosen = [rows[key] for key in keys if key in rows]
    if form.is_valid() and not chosen:
        form.add_error(None, _("Tick the questions first."))
    if not form.is_valid():
        return _list(request, form, 422)
    done, refused = 0, []
    data = form.cleaned_data
    for question in chosen[1:] if data["what"] == "merge" else chosen:
        try:
            if data["what"] == "assign":
                services.assign_question(question, data["unit"], None, _user(request))
            elif data["what"] == "refuse":
                services.refuse_question(question, data["reason"], data["words"], _user(request))
            else:
                services.merge_question(question, chosen[0], _user(request))
        except services.SessionError as error:
            refused.append(f"{question}: {error}")
        else:
            done += 1
    messages.success(request, ngettext("Done for %(count)s question.", "Done for %(count)s questions.", done) % {"count": done})
    for said in refused[:10]:
        messages.warning(request, said)
    return redirect(LIST)


def _user(request: HttpRequest) -> Any:
    return request.user


def _own(user: Any) -> Any:
    """Questions that somebody may moderate: to dialogues of their own units."""
    return scope.rows_for(user, Question.objects.exclude(state=State.UNPROVEN).select_related("session__unit", "unit"), "session__unit")


# ── One question ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _accept(question: Question, data: Mapping[str, Any], user: Any) -> None:
    with transaction.atomic():
        taken = services.accept_question(question, data["public_text"], user, sure=data["sure"])
        if data["into"]:
            services.merge_question(taken, get_object_or_404(Question, pk=data["into"], session=question.session_id), user)


def _merge(question: Question, data: Mapping[str, Any], user: Any) -> None:
    services.merge_question(question, get_object_or_404(Question, pk=data["into"], session=question.session_id), user)


OPEN = [*TO_ANSWER, State.ANSWERED]
ACTIONS: dict[str, Action] = {
    "accept": Action(
        gettext_lazy("Take it"), gettext_lazy("Make it public"), forms.AcceptForm, MODERATE, [State.RECEIVED], _accept,
        gettext_lazy("It is public now."),
    ),
    "publish": Action(
        gettext_lazy("Answer"), gettext_lazy("Publish the answer"), forms.AnswerForm, ANSWER, OPEN,
        lambda question, data, user: services.publish_answer(
            question, data["text"], data["way"], user, why=data.get("why", ""), late_because=data.get("late_reason", "")
        ),
        gettext_lazy("The answer is public; who asked and who supports it are written to."),
    ),
    "draft": Action(
        "", "", forms.AnswerForm, ANSWER, OPEN, lambda question, data, user: services.draft_answer(question, data["text"], user),
        gettext_lazy("The draft is kept. Nobody but staff reads it."),
    ),
    "assign": Action(
        gettext_lazy("Give to a unit"), gettext_lazy("Give to this unit"), forms.AssignForm, MODERATE, TO_ANSWER,
        lambda question, data, user: services.assign_question(question, data["unit"], data["due_on"], user), gettext_lazy("The unit has it now."),
    ),
    "merge": Action(
        gettext_lazy("Put together with another one"), gettext_lazy("Put together"), forms.MergeForm, MODERATE, TO_ANSWER, _merge,
        gettext_lazy("They are put together; who asked hears of it."),
    ),
    "unmerge": Action(
        gettext_lazy("Let it stand by itself again"), gettext_lazy("Part them"), forms.UnmergeForm, MODERATE, [State.MERGED],
        lambda question, data, user: services.unmerge_question(question, user), gettext_lazy("It stands by itself again, with its supporters."),
    ),
    "rewrite": Action(
        gettext_lazy("Another wording"), gettext_lazy("Change the public text"), forms.RewriteForm, MODERATE, [*OPEN, State.MERGED],
        lambda question, data, user: services.rewrite_question(question, data["public_text"], user, sure=data["sure"]),
        gettext_lazy("The public text is changed; the former is kept as a version."),
    ),
    "refuse": Action(
        gettext_lazy("Do not take it"), gettext_lazy("Do not take it"), forms.RefuseForm, MODERATE, [State.RECEIVED, *TO_ANSWER],
        lambda question, data, user: services.refuse_question(question, data["reason"], data["words"], user),
        gettext_lazy("It is not taken; who asked is written to, with the reason."),
    ),
}  # fmt: skip


def _initial(name: str, question: Question, raw: str) -> dict[str, Any]:
    if name in {"publish", "draft"}:
        return {"text": question.answer_draft or question.answer, "way": question.answer_way or "in_writing"}
    return {"public_text": question.public_text or raw, "unit": question.unit_id, "due_on": question.due_on}


@scope.office(VIEW, methods=("GET", "HEAD", "POST"))
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: the public text beside what was sent (once somebody asks for it, on record), and what can be done."""
    found = get_object_or_404(questions_for(request.user).select_related("session__unit", "unit", "merged_into"), pk=pk)
    own = _own(request.user).filter(pk=pk).exists()
    name = request.POST.get("action", "")
    raw, bound = "", None
    if name == "read":
        if not (own and scope.may(request.user, MODERATE)):
            raise PermissionDenied
        raw = _read(request, found)
    elif request.method == "POST":
        bound = _act(request, found, name, own)
        if bound is None:
            return redirect(url_of(found))
    open_actions = {
        key: action for key, action in ACTIONS.items()
        if found.state in action.states and scope.may(request.user, action.right) and (own or action.right == ANSWER)
    }  # fmt: skip
    shown = []
    for key, action in open_actions.items():
        if key == "draft" or (key == "accept" and not raw and name != "accept"):
            continue
        used = bound if bound is not None and name in {key, "draft" if key == "publish" else key} else None
        form = used or action.form(question=found, text=raw, initial=_initial(key, found, raw), prefix="answer" if key == "publish" else key)
        shown.append({"name": key, "label": action.label, "button": action.button, "form": form})
    context = {
        "page_title": _("Question"), "page_subtitle": str(found.pk), "header_icon": "help", "question": found, "raw": raw, "actions": shown,
        "bound": bound, "may_read": "accept" in open_actions or (own and scope.may(request.user, MODERATE) and bool(found.text_sealed)),
        "due": question_terms.answer_due(found) if found.state in TO_ANSWER else None, "late": question_terms.is_overdue(found),
        "in_minutes": answered_in.lines_for(found), "may_minutes": own and scope.may(request.user, "dialogue_sessions.view_minutes"),
        "promises": found.promises.select_related("unit").order_by("pk") if scope.may(request.user, "dialogue_sessions.view_promise") else [],
        "promise_url": f"{reverse('dialogue_records:new_promise')}?question={found.pk}"
        if found.state == State.ANSWERED and scope.may(request.user, "dialogue_sessions.add_promise") else "",
        "papers": question_papers.for_staff(request.user, found),
        "texts": found.texts.select_related("actor"), "past": _past(found), "merged": found.merged.order_by("pk"), "list_url": reverse(LIST),
        "public_url": reverse("questions:question", args=[found.session.slug, found.pk]) if _is_public(found) else "",
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/question.html", context, status=422 if bound is not None else 200)


def _is_public(found: Question) -> bool:
    return found.accepted_at is not None and found.state != State.WITHDRAWN


def _read(request: HttpRequest, found: Question) -> str:
    try:
        raw = services.read_question(found, _user(request))
    except encryption.Unreadable:
        raw = ""
    if not raw:
        messages.warning(request, _("What was sent is forgotten, or its key is gone."))
    return raw


def _act(request: HttpRequest, found: Question, name: str, own: bool) -> Any:
    """Do one thing; the form when something is wrong with it, else None."""
    action = ACTIONS.get(name)
    if action is None or not scope.may(request.user, action.right) or not (own or action.right == ANSWER):
        raise PermissionDenied
    form = action.form(request.POST, question=found, text="", prefix="answer" if name in {"publish", "draft"} else name)
    if found.state not in action.states:
        messages.error(request, gone())
        return None
    if form.is_valid():
        try:
            action.do(found, form.cleaned_data, _user(request))
        except services.SessionError as error:
            told(form, error)
        else:
            messages.success(request, str(action.done))
            return None
    return form


def _past(found: Question) -> list[tuple[Any, str, Any]]:
    """The events of a question in words."""
    words = {
        "received": _("received"), "accepted": _("taken, public"), "refused": _("not taken"), "merged": _("put together with another one"),
        "assigned": _("given to a unit"), "answered": _("answered"), "withdrawn": _("withdrawn"), "left": _("who asked withdrew it"),
        "read": _("what was sent was read"), "text_published": _("a version of a public text"), "answer_drafted": _("draft of an answer"),
        "supported": _("supported"), "in_minutes": _("answered by a line of the minutes"), "papers_added": _("papers sent later"),
        "forgotten": _("what was sent was forgotten"),
    }  # fmt: skip
    events = Event.objects.filter(subject_type="dialogue_sessions.question", subject_id=str(found.pk)).exclude(kind__endswith="_supported")
    rows = events.select_related("actor").order_by("pk")[:200]
    return [(event.at, words.get(event.kind.removeprefix("dialogue_sessions.question_"), event.kind), event.actor) for event in rows]
