"""Views of the back office: lists with a search box, forms that save by `editing`, tables in and out as files."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Func, Model, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import CreateView, DeleteView, EditView, IndexView

from foundation import charts
from safeguards.limits import limited

from . import editing, importing, insights, language, learning
from .fields import PhrasesField
from .importing import entry_at
from .models import Entry, Pick

MOST_WORDS = 10
TITLES = {
    "synonyms": gettext_lazy("Synonyms"), "abbreviations": gettext_lazy("Abbreviations"), "guidance": gettext_lazy("Guidance"),
    "picks": gettext_lazy("Editor’s picks"), "words": gettext_lazy("Vocabulary"),
}  # fmt: skip
COLUMNS = {
    "canonical": gettext_lazy("the official term"), "same": gettext_lazy("phrases that mean the same, a semicolon between them"),
    "one_way": gettext_lazy("phrases that lead to the term and not back, a semicolon between them"), "short": gettext_lazy("the short form"),
    "long": gettext_lazy("what it stands for; several with a semicolon between them"),
    "capitals": gettext_lazy("yes: only where it is typed in capitals"),
    "name": gettext_lazy("what it is about, for colleagues"), "phrases": gettext_lazy("questions, a semicolon between them"),
    "text": gettext_lazy("what we say"), "text_en": gettext_lazy("the same in English"), "link": gettext_lazy("where it leads, if anywhere"),
    "elsewhere": gettext_lazy("yes: it is done elsewhere"), "url": gettext_lazy("address or code of what comes first"),
    "order": gettext_lazy("1 comes first"), "valid_from": gettext_lazy("first day, if any"), "valid_to": gettext_lazy("last day, if any"),
    "word": gettext_lazy("the word or name"), "use": gettext_lazy("known or untouched"), "note": gettext_lazy("for colleagues"),
    "active": gettext_lazy("no: not in force"),
}  # fmt: skip


def table_of(model: Any) -> str:
    """The name of a model's table in files and addresses."""
    return next(name for name, kept in editing.TABLES.items() if kept is model)


def _user(request: HttpRequest) -> Any:
    return request.user


def may_import(user: Any, table: str) -> bool:
    """Whoever may add rows and change them."""
    name = editing.TABLES[table]._meta.model_name
    return bool(user.has_perm(f"search.add_{name}") and user.has_perm(f"search.change_{name}"))


# ── Lists and forms ───────────────────────────────────────────────────────────────────────────────────────────────────


class Opening(Column):
    """The column that says which row it is: it leads to the row, and has its buttons."""


class GatheredIndexView(IndexView):
    """A list whose search box looks into every text of a row, with or without tone marks."""

    is_searchable = True

    @cached_property
    def columns(self) -> list[Any]:
        """With a way to the row where a column says so."""
        return [self._opened(column) if isinstance(column, Opening) else column for column in super().columns]

    def _opened(self, column: Opening) -> Column:
        made: Column = self._get_title_column_class(TitleColumn)(
            column.name, label=column.label, accessor=column.accessor or column.name, sort_key=column.sort_key,
            get_url=lambda row: self.get_edit_url(row) or self.get_inspect_url(row), get_title_id=lambda row: f"snippet_{row.pk}_title",
        )  # fmt: skip
        return made

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in which every word typed stands somewhere."""
        words = (self.search_query or "").replace("\x00", "").split()[:MOST_WORDS]
        if not words:
            return queryset
        texts: list[Any] = []
        for column in self.model._meta.concrete_fields:
            if isinstance(column, PhrasesField):
                texts += [Func(F(column.name), Value(" "), function="array_to_string", output_field=TextField()), Value(" ")]
            elif column.get_internal_type() in {"CharField", "TextField"}:
                texts += [F(column.name), Value(" ")]
        queryset = queryset.annotate(every_text=Concat(*texts, output_field=TextField()))
        for word in words:
            # A word without marks finds those with, one with marks itself.
            lookup = "unaccent__icontains" if language.fold(word) == word else "icontains"
            queryset = queryset.filter(**{f"every_text__{lookup}": word})
        return queryset


class TableIndexView(GatheredIndexView):
    """The same with import and export."""

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """Beside the list: its files."""
        buttons: list[Any] = list(super().header_more_buttons)
        table = table_of(self.model)
        if may_import(self.request.user, table):
            buttons.append(Button(_("Import from a file…"), url=reverse("search_backoffice:import", args=[table]), icon_name="download", priority=50))
        for kind in ("csv", "xlsx"):
            url = reverse("search_backoffice:export", args=[table, kind])
            buttons.append(Button(_("Export as %(kind)s") % {"kind": kind.upper()}, url=url, icon_name="upload", priority=60))
        return buttons


class Saving:
    """A view that saves by the service; what that refuses stands in the form."""

    def save_instance(self) -> Any:
        """On record, in one transaction."""
        view: Any = self
        view.has_content_changes = view.form.has_changed()
        return editing.save(view.form.save(commit=False), view.request.user)

    def form_valid(self, form: Any) -> HttpResponse:
        """Saved, or said where it was typed."""
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of Wagtail's views
        except ValidationError as error:
            importing.tell(error, lambda column, message: form.add_error(column if column in form.fields else None, message))
            refused: HttpResponse = self.form_invalid(form)  # type: ignore[attr-defined]
            return refused
        return response


class TableCreateView(Saving, CreateView):
    """A new row, begun with what the address says (from the report of what people ask)."""

    def get_initial(self) -> dict[str, Any]:
        """Texts from the address."""
        named = {field.name for field in self.model._meta.concrete_fields} | {"url"}
        return {**super().get_initial(), **{name: value[:300] for name, value in self.request.GET.items() if name in named}}


class TableEditView(Saving, EditView):
    """A row that is there."""


class GatheredEditView(EditView):
    """Whether what was learned is forbidden, and why; everything else about it is told by the log."""

    def save_instance(self) -> Any:
        """On record; in force as soon as it is committed."""
        self.has_content_changes = self.form.has_changed()
        row = self.form.save(commit=False)
        learning.judge(row, self.request.user, vetoed=row.vetoed, note=row.note)
        return row


class TableDeleteView(DeleteView):
    """Takes a row out."""

    def delete_action(self) -> None:
        """By the service, on record."""
        editing.remove(self.object, self.request.user)


class PickForm(WagtailAdminModelForm):
    """A pick; what comes first is named by its address, as it stands in the browser, or by its code."""

    url = forms.CharField(
        label=gettext_lazy("Address or code"), max_length=500,
        help_text=gettext_lazy("Open the page that should come first and copy its address here; the code of a procedure will do as well."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pick: Pick = self.instance
        if pick.pk:
            entry = Entry.objects.filter(kind=pick.kind, object_id=pick.object_id).first()
            self.initial["url"] = entry.url if entry else ""
            self.fields["url"].required = entry is not None

    def clean(self) -> dict[str, Any]:
        """Something that can be found. What was picked before and is gone may stay, switched off."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "url" not in cleaned:
            return cleaned
        stays = self.instance.pk and "url" not in self.changed_data and not cleaned.get("active")
        entry = entry_at(cleaned["url"])
        if entry is not None:
            self.instance.kind, self.instance.object_id = entry.kind, entry.object_id
        elif not stays:
            self.add_error("url", ValidationError(_("Nothing on the portal has this address or code.")))
        return cleaned


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FileForm(forms.Form):
    """A file, and whether it is only to be checked."""

    file = forms.FileField(label=gettext_lazy("File (CSV in UTF-8, or XLSX)"), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}))
    check_only = forms.BooleanField(label=gettext_lazy("Only check it: say what would change, change nothing"), required=False, initial=True)

    def clean_file(self) -> Any:
        """Refused by its size before it is read."""
        upload = self.cleaned_data["file"]
        if upload.size > importing.MAX_BYTES:
            raise ValidationError(_("A file has %(most)s MB at most.") % {"most": importing.MAX_BYTES // 1024 // 1024})
        return upload


@never_cache
@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, table: str) -> HttpResponse:
    """Show what a file would change, or take it; every bad row and column is named, and with one of them nothing changes."""
    if table not in editing.TABLES:
        raise Http404
    if not may_import(_user(request), table):
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    report, checked = None, False
    if request.method == "POST" and form.is_valid():
        checked = form.cleaned_data["check_only"]
        report = importing.read(table, form.cleaned_data["file"].read(), _user(request), dry_run=checked)
        if not report.problems and not checked:
            messages.success(request, _("The file is taken; search follows within seconds."))
    needed, optional = importing.HEADERS[table]
    context = {
        "form": form, "report": report, "checked": checked, "page_title": TITLES[table], "page_subtitle": _("Import from a file"),
        "header_icon": "download", "columns": [(name, COLUMNS[name], name in needed) for name in (*needed, *optional)],
        "most_rows": importing.MAX_ROWS, "export_url": reverse("search_backoffice:export", args=[table, "csv"]),
        "list_url": list_url(editing.TABLES[table]), "most_told": importing.TOLD,
    }  # fmt: skip
    return TemplateResponse(request, "search/admin/import.html", context, status=422 if form.errors or (report and report.problems) else 200)


@never_cache
@require_GET
@limited("export", "account")
def export(request: HttpRequest, table: str, kind: str) -> HttpResponse:
    """The table as a file that import takes back without a change."""
    if table not in editing.TABLES or kind not in {"csv", "xlsx"}:
        raise Http404
    if not _user(request).has_perm(f"search.view_{editing.TABLES[table]._meta.model_name}"):
        raise PermissionDenied
    types = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    made = importing.as_csv(table) if kind == "csv" else importing.as_xlsx(table)
    response = HttpResponse(made, content_type=types[kind])
    response["Content-Disposition"] = f'attachment; filename="{table}-{timezone.localdate()}.{kind}"'
    return response


def list_url(model: type[Model]) -> str:
    """The list of a table."""
    return reverse(f"wagtailsnippets_search_{model._meta.model_name}:list")


# ── What people ask ───────────────────────────────────────────────────────────────────────────────────────────────────

SPANS = (7, 30, 90, 365)
REPORTS = {
    "nothing": gettext_lazy("Nothing found"), "unchosen": gettext_lazy("Found, but hardly ever chosen, or “no” was said"),
    "asked": gettext_lazy("Most asked"),
}  # fmt: skip


def _picture(week: insights.Week) -> Any:
    """A week as a bar: chosen, found and not chosen, nothing found."""
    rest = max(0, week.searches - week.chosen - week.nothing)
    return charts.bar([charts.Segment(week.chosen, 0), charts.Segment(rest, 2), charts.Segment(week.nothing, 5)])


def _deeds(user: Any, row: insights.Asked, choice: tuple[str, str] | None) -> list[tuple[str, str]]:
    """What an editor can do about a question with one click: label and address of a form that is filled in already."""
    deeds = []
    if user.has_perm("search.add_synonymgroup"):
        values = {"same": row.asked, **({"canonical": choice[0]} if choice else {})}
        deeds.append((_("Add synonym"), f"{reverse('wagtailsnippets_search_synonymgroup:add')}?{urlencode(values)}"))
    if user.has_perm("search.add_pick"):
        values = {"phrases": row.asked, **({"url": choice[1]} if choice else {})}
        label = _("Pin this result") if choice else _("Pin a result")
        deeds.append((label, f"{reverse('wagtailsnippets_search_pick:add')}?{urlencode(values)}"))
    if user.has_perm("search.add_guidance"):
        deeds.append(
            (_("Say where to go"), f"{reverse('wagtailsnippets_search_guidance:add')}?{urlencode({'phrases': row.asked, 'name': row.asked})}")
        )
    return deeds


@never_cache
@require_GET
def asked(request: HttpRequest) -> HttpResponse:
    """What people asked, week by week and question by question, and what to do about it."""
    user = _user(request)
    if not user.has_perm("search.view_querylog"):
        raise PermissionDenied
    wanted = request.GET.get("days", "")
    days = int(wanted) if wanted in map(str, SPANS) else 30
    last = timezone.localdate()
    first = last - dt.timedelta(days=days - 1)
    found = {kind: insights.report(kind, first, last, limit=50) for kind in REPORTS}
    titles = insights.titles([row.choice for rows in found.values() for row in rows if row.choice])
    tables = [
        (label, [(row, titles.get(row.choice) if row.choice else None) for row in found[kind]]) for kind, label in REPORTS.items()
    ]  # fmt: skip
    context = {
        "tables": [(label, [(row, choice, _deeds(user, row, choice)) for row, choice in rows]) for label, rows in tables],
        "weeks": [(week, _picture(week)) for week in insights.weeks(first, last)], "patterns": charts.patterns(),
        "spans": [(span, span == days) for span in SPANS], "least": insights.LEAST_HOURS, "months": insights.MONTHS,
        "is_remembering": insights.is_remembering(), "page_title": _("What people ask"), "header_icon": "search",
    }  # fmt: skip
    return TemplateResponse(request, "search/admin/asked.html", context)
