"""Promises in the back office: what is overdue first, what is due this week, and everything that may be done with one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from organisation.models import Post, today
from organisation.queries import holders
from organisation.staff import units_of
from safeguards.models import Event

from .. import promise_data, scope, services
from ..backoffice.questions import questions_for
from ..backoffice.questions import url_of as question_url
from ..enums import FOLLOWED_UP, PromiseState, QuestionState
from ..models import Promise, PromiseEvidence, Question
from ..services import reminding
from . import forms

VIEW, ADD, CHANGE, PUBLISH = (f"dialogue_sessions.{right}_promise" for right in ("view", "add", "change", "publish"))
PER_PAGE = 50
# What may be done, by whom, in which states, and with which form.
ACTIONS: dict[str, tuple[str, tuple[str, ...], type[forms.RecordForm]]] = {
    "edit": (CHANGE, (PromiseState.DRAFT,), forms.PromiseForm),
    "publish": (PUBLISH, (PromiseState.DRAFT,), forms.RecordForm),
    "discard": (CHANGE, (PromiseState.DRAFT,), forms.RecordForm),
    "keep": (CHANGE, tuple(FOLLOWED_UP), forms.KeepForm),
    "evidence": (CHANGE, tuple(PromiseState.values), forms.EvidenceForm),
    "move": (PUBLISH, tuple(FOLLOWED_UP), forms.MoveForm),
    "change": (PUBLISH, tuple(FOLLOWED_UP), forms.ChangeForm),
    "refuse": (PUBLISH, tuple(FOLLOWED_UP), forms.ReasonForm),
    "reopen": (PUBLISH, (PromiseState.KEPT, PromiseState.KEPT_LATE, PromiseState.REFUSED), forms.ReasonForm),
    "hand-over": (CHANGE, (PromiseState.DRAFT, *FOLLOWED_UP), forms.PostForm),
    "transfer": (PUBLISH, tuple(FOLLOWED_UP), forms.TransferForm),
}


def _labels() -> dict[str, tuple[str, str]]:
    """Heading and button of each."""
    return {
        "edit": (_("Change the draft"), _("Save")),
        "publish": (_("Make it public"), _("Make public")),
        "discard": (_("Take the draft away"), _("Take away")),
        "keep": (_("It is done"), _("Write down that it is done")),
        "evidence": (_("Show how far it is"), _("Add")),
        "move": (_("Move the date"), _("Move the date")),
        "change": (_("Promise something else"), _("Change the promise")),
        "refuse": (_("It will not be done"), _("Write down that it will not be done")),
        "reopen": (_("Open it again"), _("Open again")),
        "hand-over": (_("Hand it over"), _("Hand over")),
        "transfer": (_("Another unit takes it over"), _("Hand over to that unit")),
    }


def _happened(kind: str) -> str:
    """What an event of a promise says."""
    words = {
        "made": _("written down as a draft"), "edited": _("draft changed"), "published": _("made public"), "moved": _("date moved"),
        "changed": _("words changed"),
        "kept": _("kept in time"), "kept_late": _("kept late"), "refused": _("will not be done"), "reopened": _("opened again"),
        "handed_over": _("handed over"), "transferred": _("another unit took it over"),
        "evidence": _("shown how far it is"), "followed": _("somebody follows it"),
        "unfollowed": _("somebody follows it no longer"), "reminded": _("reminded by hand"),
    }  # fmt: skip
    name = kind.removeprefix("dialogue_sessions.promise_")
    return words.get(name, name)


def _rows(user: Any) -> Any:
    return Promise.objects.of_units(units_of(user))


@scope.office(VIEW, methods=("GET", "HEAD", "POST"))
def promises(request: HttpRequest) -> HttpResponse:
    """The list; POST reminds whoever sees to those that are ticked."""
    user: Any = request.user
    units, day = units_of(user), today()
    if request.method == "POST":
        return _remind(request, user)
    form = forms.PromiseFilters(request.GET, units=units)
    late_first = Case(
        When(state__in=FOLLOWED_UP, due_on__lt=day, then=Value(0)),
        When(state__in=[*FOLLOWED_UP, PromiseState.DRAFT], then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )  # fmt: skip
    every = Promise.objects.of_units(units)
    found = form.narrow(every, day).select_related("unit", "post").annotate(following=Count("followers")).order_by(late_first, "due_on", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    reached = {holder.post.pk: bool(reminding.reachable(holder)) for holder in holders(_posts_of(page.object_list))}
    lines = [
        {**promise_data.line(row, day), "url": reverse("dialogue_records:promise", args=[row.pk]), "reached": reached.get(row.post_id, False)}
        for row in page.object_list
    ]
    for line in lines:
        if line["promise"].state == PromiseState.DRAFT:
            line["said"], line["tone"] = str(PromiseState.DRAFT.label), ""
    query = request.GET.copy()
    query.pop("p", None)
    counts = every.aggregate(
        overdue=Count("pk", filter=Q(state__in=FOLLOWED_UP, due_on__lt=day)),
        week=Count("pk", filter=Q(state__in=FOLLOWED_UP, due_on__gte=day, due_on__lte=day + dt.timedelta(days=7))),
        draft=Count("pk", filter=Q(state=PromiseState.DRAFT)),
    )
    context = {
        "form": form, "page": page, "lines": lines, "query": query.urlencode(), "counts": counts, "may_add": scope.may(user, ADD),
        "may_remind": scope.may(user, CHANGE), "page_title": _("Promises"), "header_icon": "tasks",
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/promises.html", context)


def _posts_of(rows: Any) -> Any:
    return Post.objects.filter(pk__in=[row.post_id for row in rows])


def _remind(request: HttpRequest, user: Any) -> HttpResponse:
    if not scope.may(user, CHANGE):
        raise PermissionDenied
    keys = [int(key) for key in request.POST.getlist("promise")[:PER_PAGE] if key.isascii() and key.isdigit() and len(key) < 19]
    reached, lost, before = services.remind_now(_rows(user).filter(pk__in=keys), user)
    if reached:
        messages.success(
            request, ngettext("%(n)s promise: a reminder is on its way.", "%(n)s promises: reminders are on their way.", reached) % {"n": reached}
        )
    if lost:
        messages.warning(request, ngettext(
            "%(n)s promise: nobody who sees to it has an e-mail address here. Give the person one, or hand the promise over.",
            "%(n)s promises: nobody who sees to them has an e-mail address here. Give the persons one, or hand the promises over.", lost,
        ) % {"n": lost})  # fmt: skip
    if before:
        messages.info(request, ngettext(
            "%(n)s promise: somebody was reminded today already, and is not written to again.",
            "%(n)s promises: somebody was reminded today already, and is not written to again.", before,
        ) % {"n": before})  # fmt: skip
    if not reached and not lost and not before:
        messages.warning(request, _("Tick the promises first. Drafts and those that are done need no reminder."))
    return redirect(f"{reverse('dialogue_records:promises')}?{request.GET.urlencode()}")


def _answered(request: HttpRequest, user: Any) -> Question | None:
    """The question whose answer is to become a promise: one that somebody's units received or answered; 404 for any other."""
    key = request.GET.get("question", "")
    if not key:
        return None
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    return get_object_or_404(questions_for(user).filter(state=QuestionState.ANSWERED), pk=int(key))


@scope.office(ADD, methods=("GET", "HEAD", "POST"))
def new_promise(request: HttpRequest) -> HttpResponse:
    """Write a promise down: a new one, or (`?question=`) what was promised in the answer to a question."""
    user: Any = request.user
    answered = _answered(request, user)
    initial = {"text": answered.answer, "made_on": timezone.localdate(answered.answered_at)} if answered is not None else {}
    form = forms.PromiseForm(request.POST or None, units=units_of(user), initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("text", "text_en", "post", "made_on", "due_on")}
        made = Promise(unit=values["post"].unit, **values)
        try:
            made = services.make_promise(made, user) if answered is None else services.promise_of_answer(answered, made, user)
        except services.SessionError as error:
            forms.tell(form, error)
        else:
            messages.success(request, _("Written down as a draft. Nobody outside sees it until it is made public."))
            return redirect("dialogue_records:promise", made.pk)
    context = {
        "form": form, "page_title": _("New promise"), "header_icon": "task", "button": _("Save the draft"),
        "page_subtitle": _("from the answer to: %(question)s") % {"question": answered.public_text[:100]} if answered is not None else "",
        "back": question_url(answered) if answered is not None else reverse("dialogue_records:promises"),
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/form.html", context, status=422 if form.errors else 200)


def _do(action: str, promise: Promise, values: dict[str, Any], user: Any) -> str:
    """Do it; gives what to tell. Raises SessionError."""
    version = values.pop("version", None)
    doing: dict[str, Callable[[], Any]] = {
        "edit": lambda: services.edit_draft(promise, user, version=version, unit=values["post"].unit, **values),
        "publish": lambda: services.publish_promise(promise, user),
        "discard": lambda: services.discard_promise(promise, user),
        "keep": lambda: services.keep_promise(promise, values["kept_on"], values["result"], user, version=version),
        "evidence": lambda: services.add_evidence(PromiseEvidence(promise=promise, **values), user),
        "move": lambda: services.move_promise(promise, values["due_on"], values["reason"], values["decided_by"], user, version=version),
        "change": lambda: services.change_promise(
            promise, values["reason"], values["decided_by"], user, text=values["text"], text_en=values["text_en"], due_on=values["due_on"],
            version=version,
        ),
        "refuse": lambda: services.refuse_promise(promise, values["reason"], user, version=version),
        "reopen": lambda: services.reopen_promise(promise, values["reason"], user, version=version),
        "hand-over": lambda: services.hand_over(promise, values["post"], user),
        "transfer": lambda: services.transfer_promise(promise, values["unit"], values["reason"], values["decided_by"], user, version=version),
    }  # fmt: skip
    doing[action]()
    if action == "publish":
        return _("It is public now. Its date moves only with a reason from now on.")
    if action == "transfer":
        return _("%(unit)s is responsible for it now. The promise stands in the list of that unit.") % {"unit": values["unit"].title}
    return _("The draft is gone.") if action == "discard" else _("Saved.")


def _initial(action: str, promise: Promise) -> dict[str, Any]:
    found: dict[str, Any] = {"version": promise.version}
    if action in {"edit", "change"}:
        found |= {"text": promise.text, "text_en": promise.text_en}
    if action == "transfer" and promise.unit.is_closed:
        found["unit"] = promise.unit.successors.values_list("pk", flat=True).first()
    if action == "edit":
        found |= {"post": promise.post_id, "made_on": promise.made_on, "due_on": promise.due_on}
    return found


@scope.office(VIEW, methods=("GET", "HEAD", "POST"))
def promise(request: HttpRequest, pk: int, action: str = "") -> HttpResponse:
    """One promise: where it stands, its history, and what may be done with it. POST does one of these."""
    user: Any = request.user
    units = units_of(user)
    found = get_object_or_404(Promise.objects.of_units(units).select_related("unit", "post__unit", "session", "contribution"), pk=pk)
    wrong: forms.RecordForm | None = None
    if action and action not in ACTIONS:
        raise Http404
    if request.method == "POST" and action:
        right, _states, made_of = ACTIONS[action]
        if not scope.may(user, right):
            raise PermissionDenied
        wrong = _made(made_of, request.POST, action, units)
        if wrong.is_valid():
            try:
                said = _do(action, found, dict(wrong.cleaned_data), user)
            except services.SessionError as error:
                forms.tell(wrong, error)
                found = Promise.objects.select_related("unit", "post__unit", "session", "contribution").get(pk=pk)
                if isinstance(error, services.Stale):
                    # Saved again, it goes over what stands now: the page shows it above.
                    typed = request.POST.copy()
                    typed[f"{action}-version"] = str(found.version)
                    wrong.data = typed
            else:
                messages.success(request, said)
                gone = action == "discard" or (action == "transfer" and not _rows(user).filter(pk=pk).exists())
                return redirect("dialogue_records:promises") if gone else redirect("dialogue_records:promise", pk)
    return render(request, "dialogue_sessions/records/promise.html", _page(found, user, units, action, wrong), status=422 if wrong else 200)


def _made(made_of: type[forms.RecordForm], data: Any, action: str, units: Any, **more: Any) -> forms.RecordForm:
    if issubclass(made_of, forms.ScopedForm):
        more["units"] = units
    return made_of(data, prefix=action, **more)


def _page(found: Promise, user: Any, units: Any, action: str, wrong: forms.RecordForm | None) -> dict[str, Any]:
    day, labels = today(), _labels()
    actions: list[dict[str, Any]] = []
    for name, (right, states, made_of) in ACTIONS.items():
        if found.state in states and scope.may(user, right):
            form = wrong if wrong is not None and name == action else _made(made_of, None, name, units, initial=_initial(name, found))
            actions.append({"name": name, "title": labels[name][0], "button": labels[name][1], "form": form, "open": form is wrong,
                            "url": reverse("dialogue_records:promise_action", args=[found.pk, name])})  # fmt: skip
    if wrong is not None and all(one["form"] is not wrong for one in actions):  # what was tried is not possible any more
        actions.insert(0, {"name": action, "title": labels[action][0], "button": "", "form": wrong, "open": True, "url": ""})
    forms.list_once(one["form"] for one in actions)
    line = found.contribution
    said, tone = promise_data.standing(found, day) if found.state != PromiseState.DRAFT else (str(PromiseState.DRAFT.label), "")
    events = Event.objects.filter(subject_type="dialogue_sessions.promise", subject_id=str(found.pk)).select_related("actor").order_by("pk")
    return {
        "promise": found, "said": said, "tone": tone, "actions": actions, "form": wrong or forms.RecordForm(),
        "moves": found.moves.select_related("decided_by"),
        "asked_url": question_url(found.question) if found.question and questions_for(user).filter(pk=found.question.pk).exists() else "",
        "transfers": found.transfers.select_related("old_unit", "new_unit", "decided_by"),
        "versions": found.versions.all(), "evidence": found.evidence.select_related("document", "image"), "following": found.followers.count(),
        "past": [(event.at, _happened(event.kind), event.actor) for event in events],
        "minutes_url": f"{reverse('dialogue_records:minutes', args=[found.session_id])}#line-{line.number}" if line is not None else "",
        "line": line, "public_url": found.get_absolute_url() if found.state != PromiseState.DRAFT else "",
        "page_title": found.text[:100], "header_icon": "tasks",
        "page_subtitle": str(found.unit), "media": sum((one["form"].media for one in actions), forms.RecordForm().media),
    }  # fmt: skip
