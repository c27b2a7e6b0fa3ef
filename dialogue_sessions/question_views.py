"""Public pages of questions: the list of a dialogue, one question with its answer, and the forms by which people ask and support.

Lists and questions are kept by caches and hold nothing of anybody; forms have addresses of their own, which nobody keeps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from foundation.forms import TellingForm
from messaging import proving
from messaging import services as messaging
from organisation.models import today
from procedures_catalog.caching import asks, public_page
from safeguards.uploads.receiving import takes_files

from . import answered_in, promise_data, question_list, question_papers, services
from . import question_links as links
from .enums import QUESTION_OVER, TO_ANSWER, MinutesState, QuestionPart, QuestionState
from .models import Question, Session
from .papers import TOO_MANY, NoRoom, Over, as_uid
from .question_forms import MorePapersForm, QuestionForm, SupportForm
from .question_terms import answer_due, is_overdue

ASK, SUPPORT = "dialogue_sessions.question:", "dialogue_sessions.support:"
MOST_PAGES = 10_000


def public_session(slug: str) -> Session:
    """A session that everybody may see; 404 for any other."""
    return get_object_or_404(Session.objects.public().select_related("unit"), slug=slug)


def page_number(request: HttpRequest) -> int:
    """The number of a page; 404 for anything that is none."""
    text = request.GET.get("trang", "")
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 6) or not 1 <= int(text) <= MOST_PAGES:
        raise Http404(_("There is no such page."))
    return int(text)


def pager(request: HttpRequest, number: int, total: int, size: int) -> dict[str, Any]:
    """What `parts/pager.html` shows; 404 past the last page."""
    pages = max(1, -(-total // size))
    if number > pages:
        raise Http404(_("There is no such page."))

    def address(to: int) -> str:
        query = request.GET.copy()
        query.pop("trang", None)
        if to > 1:
            query["trang"] = str(to)
        return f"?{query.urlencode()}"

    return {
        "page": {"number": number, "pages": pages}, "previous_url": address(number - 1) if number > 1 else "",
        "next_url": address(number + 1) if number < pages else "",
    }  # fmt: skip


def private(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page for one person: kept by nobody, found by no search engine, told to nobody as where somebody came from."""
    answer = render(request, template, {"robots": "noindex", **context}, status=status)
    answer["Cache-Control"] = "no-store, private"
    answer["Referrer-Policy"] = "same-origin"
    return answer


def language() -> str:
    """In which language the reader is written to."""
    return "en" if (get_language() or "vi").startswith("en") else "vi"


def told(form: TellingForm, error: Exception) -> None:
    """Say in the form why something was refused."""
    if isinstance(error, ValidationError):
        form.add_error("contact", error.messages[0])
    else:
        form.add_error(None, str(error))


# ── For everybody ─────────────────────────────────────────────────────────────────────────────────────────────────────


@asks("sap-xep", "trang")
@require_safe
@public_page
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """All questions of a dialogue that were taken."""
    session = public_session(slug)
    sort, number = request.GET.get("sap-xep", "") or "dong-tinh", page_number(request)
    if sort not in question_list.SORTS:
        raise Http404(_("There is no such choice."))
    every, merged, listed = question_list.counts(session)
    start = (number - 1) * question_list.PER_PAGE
    found = Question.objects.listed().filter(session=session).order_by(*question_list.SORTS[sort][0])[start : start + question_list.PER_PAGE]
    lines = list(question_list.lines(found, slug))
    context = {
        **pager(request, number, listed, question_list.PER_PAGE), "session": session, "lines": lines, "count": every,
        "supportable": any(line.support_url for line in lines),
        "merged": merged, "refused": question_list.refusals(session), "takes": session.takes_questions(timezone.now()),
        "until": session.questions_end(), "sorts": [
            {"label": label, "url": request.path + ("" if key == "dong-tinh" else f"?sap-xep={key}"), "chosen": key == sort}
            for key, (_order, label) in question_list.SORTS.items()
        ],
        "section": "dialogues", "robots": "noindex, follow" if request.GET else "", "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    return render(request, "dialogue_sessions/questions.html", context)


@asks()
@require_safe
@public_page
def question(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One question: where it stands, its answer, and what became of it, by days."""
    session = public_session(slug)
    found = get_object_or_404(Question.objects.public().select_related("unit", "merged_into"), pk=pk, session=session)
    found.session = session
    shown = question_list.line(found, slug)
    answers = list(found.texts.filter(part=QuestionPart.ANSWER)) if found.corrected_at else []
    target = found.merged_into
    context = {
        "session": session, "question": found, "line": shown, "history": history(found), "former": answers[:-1], "corrections": answers[1:],
        "due": answer_due(found) if found.state in TO_ANSWER else None, "late": is_overdue(found),
        "target": question_list.line(target, slug) if target else None, "merged": question_list.lines(found.merged.order_by("pk")[:20], slug),
        "promises": [promise_data.line(one, today()) for one in found.promises.public().select_related("unit").order_by("due_on", "pk")],
        "in_minutes": list(answered_in.lines_for(found).filter(minutes__state=MinutesState.PUBLISHED)),
        "section": "dialogues", "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    return render(request, "dialogue_sessions/question.html", context)


def history(question: Question) -> list[tuple[Any, str]]:
    """What happened to a question in public, by moments."""
    found: list[tuple[Any, str]] = [(question.sent_at, _("sent")), (question.accepted_at, _("taken by the moderator, public"))]
    if question.assigned_at and question.unit is not None:
        found.append((question.assigned_at, _("given to %(unit)s to answer") % {"unit": question.unit.title}))
    if question.answered_at:
        found.append((question.answered_at, str(question.get_answer_way_display())))
    if question.corrected_at:
        found.append((question.corrected_at, _("answer corrected")))
    if question.state == QuestionState.REFUSED:
        found.append((question.ended_at, _("not taken up in the end")))
    return sorted(((moment, said) for moment, said in found if moment), key=lambda row: row[0])


# ── Sending one ───────────────────────────────────────────────────────────────────────────────────────────────────────


@takes_files
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for a question. Before it is sent, what others asked already is shown: it may be the same."""
    session = public_session(slug)
    context: dict[str, Any] = {"session": session, "back": reverse("questions:list", args=[slug])}
    if not session.takes_questions(timezone.now()):
        return private(request, "dialogue_sessions/question_closed.html", context, 410 if request.method == "POST" else 200)
    form = QuestionForm(request.POST, request.FILES) if request.method == "POST" else QuestionForm()
    near: list[Any] = []
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        chosen = request.POST.get("support", "")
        if "support" not in request.POST:  # asked once: the empty choice says that it is another one
            near = question_list.similar(session, text)
        if not near:
            try:
                return _support(request, session, chosen, form) if chosen else _sent(request, session, form)
            except (ValidationError, services.SessionError) as error:
                told(form, error)
    context |= {"form": form, "near": question_list.lines((one for one, _score in near), slug), "until": session.questions_end()}
    return private(request, "dialogue_sessions/question_send.html", context, 422 if form.errors else 200)


def _contact(form: TellingForm) -> Any:
    return messaging.contact_for(form.cleaned_data["contact"], language=language())


def _sent(request: HttpRequest, session: Session, form: TellingForm) -> HttpResponse:
    contact = _contact(form)
    question = services.send_question(session, form.cleaned_data["text"], form.cleaned_data["village"])
    try:
        token = proving.begin(request, contact, f"{ASK}{question.pk}", unit=session.unit)
    except ValidationError:
        services.drop_question(question)
        raise
    question_papers.attach(question, form.cleaned_data["papers"])  # once the code is on its way: a form shown again still has its files
    return HttpResponseRedirect(reverse("questions:prove", args=[session.slug, token]))


def _support(request: HttpRequest, session: Session, chosen: str, form: TellingForm) -> HttpResponse:
    pk = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    found = Question.objects.public().filter(session=session, pk=pk).first()
    if found is None:
        raise services.WrongState
    token = proving.begin(request, _contact(form), f"{SUPPORT}{found.pk}:{int(form.cleaned_data.get('wants_news', True))}", unit=session.unit)
    return HttpResponseRedirect(reverse("questions:prove_support", args=[session.slug, token]))


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The code of who asks; once it is right, the question is on its way and its page opens."""
    session = public_session(slug)

    def done(ticket: proving.Ticket) -> HttpResponse:
        found = Question.objects.filter(pk=int(ticket.purpose.removeprefix(ASK)), session=session).first()
        try:
            if found is None:
                raise services.WrongState
            received = services.receive_question(found, ticket.contact)
        except services.SessionError as error:
            return private(request, "dialogue_sessions/question_over.html", {"session": session, "said": str(error)}, 409)
        return HttpResponseRedirect(reverse("questions:own_question", args=[slug, links.question_token(received)]))

    back = reverse("questions:send", args=[slug])
    return proving.step(request, token, ASK, done, title=_("One step more: your code"), back=back, unit=session.unit)


def _added(request: HttpRequest, found: Question, form: MorePapersForm) -> int:
    """Send more papers to a question; gives the status of the page that says why not, 0 when it is done."""
    if not form.is_valid():
        return 422
    try:
        question_papers.add(found, form.cleaned_data["papers"])
    except NoRoom:
        form.add_error("papers", str(TOO_MANY))
    except Over:
        form.add_error("papers", _("Your question is decided by now, so nobody would look at these. They were not sent."))
    except services.Busy as busy:
        form.add_error("papers", str(busy))
        return 503
    else:
        messages.success(request, _("We have your papers."))
        return 0
    return 422


@takes_files
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def own_question(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """For who asked: where their question stands; they may send more papers, take one back, or withdraw it all."""
    found = links.question_of(token)
    if found is None or found.session.slug != slug:
        raise Http404
    said, status = "", 200
    adding = request.method == "POST" and "add" in request.POST
    form = MorePapersForm(request.POST, request.FILES) if adding else MorePapersForm() if question_papers.takes_more(found) else None
    if adding and form is not None:
        status = _added(request, found, form)
        if not status:
            return HttpResponseRedirect(request.path)
    elif request.method == "POST" and "remove" in request.POST:
        if uid := as_uid(request.POST["remove"]):
            question_papers.take_back(found, uid)
        return HttpResponseRedirect(request.path)
    elif request.method == "POST":
        try:
            services.withdraw_question(found)
        except services.SessionError as error:
            said, status = str(error), 409
        else:
            return HttpResponseRedirect(reverse("questions:withdrawn", args=[slug]))
    root = found
    while root.merged_into is not None:
        root = root.merged_into
    context = {
        "session": found.session, "question": found, "root": root, "said": said, "is_public": found.accepted_at is not None,
        "may_withdraw": found.state not in QUESTION_OVER, "stays": root.supports > 1, "due": answer_due(found) if found.state in TO_ANSWER else None,
        "root_url": reverse("questions:question", args=[slug, root.pk]), "papers": question_papers.shown(found), "form": form,
    }  # fmt: skip
    return private(request, "dialogue_sessions/own_question.html", context, status)


@require_safe
def withdrawn(request: HttpRequest, slug: str) -> HttpResponse:
    """After a question was withdrawn: its own page is gone."""
    return private(request, "dialogue_sessions/question_withdrawn.html", {"session": public_session(slug)})


# ── Supporting one ────────────────────────────────────────────────────────────────────────────────────────────────────


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The form by which somebody says that they want the same question answered."""
    session = public_session(slug)
    found = get_object_or_404(Question.objects.public(), pk=pk, session=session)
    if found.state == QuestionState.MERGED and found.merged_into_id is not None:
        return HttpResponseRedirect(reverse("questions:support", args=[slug, found.merged_into_id]))
    context = {"session": session, "line": question_list.line(found, slug)}
    if found.state not in TO_ANSWER:
        return private(request, "dialogue_sessions/support_over.html", context, 410 if request.method == "POST" else 200)
    form = SupportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _support(request, session, str(found.pk), form)
        except (ValidationError, services.SessionError) as error:
            told(form, error)
    return private(request, "dialogue_sessions/support.html", {**context, "form": form}, 422 if form.errors else 200)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def prove_support(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The code of who supports a question."""
    session = public_session(slug)

    def done(ticket: proving.Ticket) -> HttpResponse:
        pk, _colon, news = ticket.purpose.removeprefix(SUPPORT).partition(":")
        found = Question.objects.filter(pk=int(pk), session=session).first()
        try:
            if found is None:
                raise services.WrongState
            new = services.support_question(found, ticket.contact, wants_news=news == "1")
        except services.SessionError as error:
            return private(request, "dialogue_sessions/question_over.html", {"session": session, "said": str(error)}, 409)
        return HttpResponseRedirect(reverse("questions:supported", args=[slug, found.pk]) + ("" if new else "?lan=roi"))

    back = reverse("questions:list", args=[slug])
    return proving.step(request, token, SUPPORT, done, title=_("One step more: your code"), back=back, unit=session.unit)


@require_safe
def supported(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Thanks; or kindly that the contact was counted before."""
    session = public_session(slug)
    found = get_object_or_404(Question.objects.public(), pk=pk, session=session)
    root = found
    while root.merged_into is not None:
        root = root.merged_into
    context = {"session": session, "line": question_list.line(root, slug), "before": request.GET.get("lan") == "roi"}
    return private(request, "dialogue_sessions/supported.html", context)
