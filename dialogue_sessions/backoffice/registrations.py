"""Who registered for a session, as the staff works with it: a masked list, many rows at once, one contact revealed on record, files.

Names are sealed: the list shows none. One is looked for at the door by opening those of one session in memory, which is recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import openpyxl
from django import forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.escape import escape as printable
from wagtail.admin import messages

from foundation.hours import day_clock
from foundation.tabular import escape
from messaging.addresses import masked
from messaging.enums import ContactKind
from safeguards import encryption
from safeguards.limits import refusal

from .. import contacts, scope, services
from ..enums import Need, RegistrationState, Source
from ..models import Pool, Registration, RegistrationQuerySet, Session
from .forms import BulkForm, NameForm
from .sessions import url_of

A_PAGE = 50
MOST_AT_ONCE = 200
MOST_REFUSALS = 20
FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class ListFilters(forms.Form):
    """By number, place in the queue or village; by state, seats, source and need."""

    q = forms.CharField(label=gettext_lazy("Number or village"), max_length=120, required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=[("", "---------"), *RegistrationState.choices], required=False)
    pool = forms.ModelChoiceField(Pool.objects.none(), label=gettext_lazy("Seats"), required=False)
    source = forms.ChoiceField(label=gettext_lazy("Written down"), choices=[("", "---------"), *Source.choices], required=False)
    need = forms.ChoiceField(label=gettext_lazy("Needs"), choices=[("", "---------"), *Need.choices], required=False)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = session.pools.all()  # type: ignore[attr-defined]  # a ModelChoiceField

    def narrow(self, rows: RegistrationQuerySet) -> RegistrationQuerySet:
        """The rows that the filters leave; a filter that is not understood leaves all."""
        self.is_valid()
        data = self.cleaned_data
        if text := data.get("q", "").strip().lstrip("#"):
            found = Q(village__unaccent__icontains=text)
            if text.isdecimal() and len(text) < 9:
                found |= Q(seat_no=int(text)) | Q(queue_no=int(text))
            rows = rows.filter(found)
        for name in ("state", "pool", "source"):
            if data.get(name):
                rows = rows.filter(**{name: data[name]})
        return rows.filter(needs__contains=[data["need"]]) if data.get("need") else rows


def contact_of(row: Registration) -> str:
    """The contact, masked; a dash for who gave none, words for one that cannot be read any more."""
    if not row.contact_sealed:
        return "–"
    try:
        _name, contact = contacts.opened(row)
    except encryption.Unreadable:
        return _("cannot be read")
    return masked(ContactKind.EMAIL if "@" in contact else ContactKind.TELEPHONE, contact)


def needs_of(row: Registration) -> str:
    """What the person needs, in words."""
    return ", ".join(str(Need(need).label) for need in row.needs if need in Need.values)


def _list_url(session: Session) -> str:
    return reverse("dialogue_sessions_backoffice:registrations", args=[session.pk])


def _rows(user: Any, session: Session) -> RegistrationQuerySet:
    return scope.registrations_for(user).filter(session=session).select_related("pool", "priority_group").order_by("queue_no", "pk")


def _page(
    request: HttpRequest, session: Session, *, page: Any, total: int, bulk: Any = None, name: Any = None, asked: bool = False,
    ticked: Iterable[int] = (),
) -> HttpResponse:  # fmt: skip
    user: Any = request.user
    context = {
        "session": session, "filters": ListFilters(request.GET if request.method == "GET" else {}, session=session), "page": page, "total": total,
        "rows": [(row, contact_of(row), needs_of(row)) for row in page], "bulk": bulk or BulkForm(session=session), "name_form": name or NameForm(),
        "asked": asked, "ticked": set(ticked), "may_work": scope.may(user, scope.REGISTER), "may_reveal": scope.may(user, scope.REVEAL),
        "may_export": scope.may(user, scope.EXPORT), "may_contacts": scope.may(user, scope.EXPORT_CONTACTS), "page_title": _("Registrations"),
        "page_subtitle": session.title, "header_icon": "group", "back": url_of(session), "query": _query(request),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/registrations.html", context)


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("p", None)
    return query.urlencode()


@scope.office(scope.VIEW_REGISTRATIONS)
def registrations(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of one session."""
    session = scope.session_or_404(request.user, pk)
    rows = ListFilters(request.GET, session=session).narrow(_rows(request.user, session))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("p"))
    return _page(request, session, page=page, total=page.paginator.count)


@scope.office(scope.VIEW_REGISTRATIONS, scope.REVEAL, methods=("POST",))
def find(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody stands at the door without a ticket: find the name. Posted, so that it stands in no address and no log."""
    session = scope.session_or_404(request.user, pk)
    form = NameForm(request.POST)
    found: list[Registration] = []
    if form.is_valid():
        found = services.find_by_name(session, form.cleaned_data["name"], request.user)  # type: ignore[arg-type]  # staff
    page = Paginator(found, MOST_AT_ONCE).get_page(1)
    return _page(request, session, page=page, total=len(found), name=form, asked=form.is_valid())


@scope.office(scope.REVEAL, methods=("POST",))
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """One name and contact, on record; the page is kept by nobody."""
    row = scope.registration_or_404(request.user, pk)
    try:
        name, contact = services.reveal(row, actor=request.user)  # type: ignore[arg-type]  # staff
    except encryption.Unreadable:
        messages.error(request, _("This cannot be read any more: it was forgotten, or its key is gone."))
        return redirect(_list_url(row.session))
    context = {
        "row": row, "name": name, "contact": contact, "needs": needs_of(row), "page_title": _("Name and contact"), "page_subtitle": row.session.title,
        "header_icon": "user", "back": _list_url(row.session), "may_work": scope.may(request.user, scope.REGISTER),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/reveal.html", context)


# ── Many at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


@scope.office(scope.VIEW_REGISTRATIONS, scope.REGISTER, methods=("POST",))
def bulk(request: HttpRequest, pk: int) -> HttpResponse:
    """One action for the rows that are ticked, each by its service; what is refused is told row by row."""
    session = scope.session_or_404(request.user, pk)
    form = BulkForm(request.POST, session=session)
    ids = [int(one) for one in request.POST.getlist("row") if one.isdecimal() and len(one) < 18][:MOST_AT_ONCE]
    rows = list(_rows(request.user, session).filter(pk__in=ids))
    if form.is_valid() and not rows:
        form.add_error(None, _("Tick at least one row."))
    if not form.is_valid():
        page = Paginator(_rows(request.user, session), A_PAGE).get_page(1)
        return _page(request, session, page=page, total=page.paginator.count, bulk=form, ticked=ids)
    done, refused = 0, []
    for row in rows:
        try:
            _do(form.cleaned_data, row, request.user)
        except services.SessionError as error:
            refused.append((row.queue_no, str(error)))
        else:
            done += 1
    if done:
        messages.success(request, ngettext("Done for %(n)s registration.", "Done for %(n)s registrations.", done) % {"n": done})
    for number, why in refused[:MOST_REFUSALS]:
        messages.warning(request, format_html("{} {}: {}", _("Place in the queue"), number, why))
    if len(refused) > MOST_REFUSALS:
        messages.warning(request, _("%(n)s more were refused.") % {"n": len(refused) - MOST_REFUSALS})
    return redirect(_list_url(session))


def _do(data: dict[str, Any], row: Registration, user: Any) -> None:
    action = data["action"]
    if action == "cancel":
        services.cancel(row, actor=user, why=data["why"])
    elif action == "pool":
        services.change_pool(row, data["pool"], actor=user)
    elif action == "seat":
        services.seat_at_the_door(row, actor=user)
    else:
        services.mark(row, action == "came", user)


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _columns(*, contacts_too: bool) -> list[str]:
    found = [
        _("Place in the queue"), _("Number"), _("State"), _("Seats"), _("Number of people"), _("Village"), _("Matter"), _("Needs"),
        _("Priority group"),
        _("Written down"), _("Registered at"),
    ]  # fmt: skip
    return [*found, _("Name"), _("Contact")] if contacts_too else found


def _line(row: Registration, *, contacts_too: bool) -> list[Any]:
    cells: list[Any] = [
        row.queue_no, row.seat_no, row.get_state_display(), row.pool.name, row.size, row.village, row.subject, needs_of(row),
        row.priority_group.name if row.priority_group else "", row.get_source_display(), day_clock(row.created_at),
    ]  # fmt: skip
    if contacts_too:
        try:
            cells += contacts.opened(row)
        except encryption.Unreadable:
            cells += ["", ""]
    return [escape("" if cell is None else str(cell) if not isinstance(cell, int) else cell) for cell in cells]


def _csv(lines: Iterable[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return ("\ufeff" + out.getvalue()).encode()


def _xlsx(lines: Iterable[list[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Đăng ký")

    def typed(line: list[Any]) -> Iterator[Any]:
        for cell in line:
            made = WriteOnlyCell(sheet, value=printable(cell) if isinstance(cell, str) else cell)
            if isinstance(cell, str):
                made.data_type = "s"  # a text, never a formula
            yield made

    for line in lines:
        sheet.append(list(typed(line)))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@scope.office(scope.VIEW_REGISTRATIONS, scope.EXPORT, methods=("POST",))
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as a file, on record. Names and contacts only with a right of its own, and only when asked for."""
    user: Any = request.user
    session = scope.session_or_404(user, pk)
    contacts_too = "contacts" in request.POST and scope.may(user, scope.EXPORT_CONTACTS)
    file_format = request.POST.get("format", "csv")
    if file_format not in FORMATS:
        file_format = "csv"
    refused = refusal(request, "export", "account")
    if refused is not None:
        return refused
    rows = list(_rows(user, session))
    lines = [[escape(name) for name in _columns(contacts_too=contacts_too)], *(_line(row, contacts_too=contacts_too) for row in rows)]
    body = _csv(lines) if file_format == "csv" else _xlsx(lines)
    services.record_export(session, user, rows=len(rows), contacts_too=contacts_too, file_format=file_format)
    response = HttpResponse(body, content_type=FORMATS[file_format])
    response["Content-Disposition"] = f'attachment; filename="{session.slug}.{file_format}"'
    return response
