"""The back office of the catalogue: versions as snippets (drafts, workflow, history), and what stands around them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.utils import get_latest_str
from wagtail.models import WorkflowState
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, SnippetViewSetGroup

from .backoffice import versions as views
from .backoffice.choosers import LegalDocumentChooser
from .backoffice.columns import COLUMNS, MINOR
from .backoffice.decisions import decision_column
from .backoffice.filters import VersionFilters
from .backoffice.indexing import IndexedCreateView, IndexedEditView
from .backoffice.words import find, nearest_first
from .models import LegalDocument, LifeEvent, Procedure, ProcedureVersion, PublicationDecision
from .panels import VERSION_EDITOR


class SearchedIndexView(IndexView):
    """A list searched by words with or without tone marks."""

    by: tuple[str, ...] = ()
    more: tuple[str, ...] = ()  # what people call it: found, too, but after those whose name has the words
    is_searchable = True

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in which every word typed is found, the nearest first unless another order was asked for."""
        if not self.search_query:
            return queryset
        found = find(queryset, self.search_query, self.by + self.more)
        return found if self.is_explicitly_ordered else nearest_first(found, self.search_query, self.by, self.more)


class VersionIndexView(SearchedIndexView):
    """All versions, by code."""

    by = ("procedure__code", "name", "code_full")
    more = ("keywords", "procedure__summary", "procedure__questions__question")
    default_ordering = ("procedure__code", "-valid_from", "-pk")

    @property
    def columns(self) -> list[Any]:
        """Code and name lead to the editor; no column of Wagtail's for drafts, whose words are not ours."""
        return [
            *[column for column in super().columns if column.name == "bulk_actions"],
            TitleColumn(
                "__str__",
                label=_("Procedure"),
                accessor=get_latest_str,
                sort_key="procedure__code",
                get_url=self.get_edit_url,
                get_title_id=lambda version: f"snippet_{version.pk}_title",
            ),
            *COLUMNS,
        ]


class HeadedViewSet(SnippetViewSet):
    """Editors with a first heading, which Wagtail's own leave out."""

    edit_template_name = "procedures_catalog/admin/snippet_edit.html"
    create_template_name = "procedures_catalog/admin/snippet_create.html"


class VersionViewSet(SnippetViewSet):
    """Versions."""

    model = ProcedureVersion
    icon = "list-ul"
    menu_label = _("Records")
    menu_name = "catalogue-versions"
    index_view_class = VersionIndexView
    add_view_class = views.CreateView
    edit_view_class = views.EditView
    unpublish_view_class = views.UnpublishView
    revisions_unschedule_view_class = views.UnscheduleView
    workflow_action_view_class = views.WorkflowActionView
    filterset_class = VersionFilters
    list_per_page = 50
    copy_view_enabled = False  # our own copy stands at its address
    inspect_view_enabled = False
    edit_handler = VERSION_EDITOR
    index_template_name = "procedures_catalog/admin/version_index.html"
    edit_template_name = "procedures_catalog/admin/version_edit.html"
    create_template_name = "procedures_catalog/admin/version_create.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcedureVersion]:
        """With all that a row shows."""
        waiting = Prefetch("_workflow_states", queryset=WorkflowState.objects.filter(status="in_progress"))
        return (
            ProcedureVersion.objects.select_related("procedure", "field", "decision", "latest_revision")
            .prefetch_related(waiting)
            .defer("source_text", "import_notes", "description", "latest_revision__content")
        )

    @property
    def completeness_view(self) -> Any:
        """What is missing while writing."""
        return views.CompletenessView.as_view(form_class=self.get_form_class(), permission_policy=self.permission_policy)

    def get_urlpatterns(self) -> list[Any]:
        """With our own beside Wagtail's."""
        patterns: list[Any] = super().get_urlpatterns()
        return [
            *patterns,
            path("copy/<int:pk>/", views.NotCopied.as_view(), name="copy"),
            path("completeness/", self.completeness_view, name="completeness_new"),
            path("completeness/<int:pk>/", self.completeness_view, name="completeness"),
        ]


class ProcedureIndexView(SearchedIndexView):
    """Procedures with the name that they have now."""

    by = ("code", "versions__name")
    more = ("summary", "versions__keywords", "questions__question")


def current_name(procedure: Any) -> str:
    """The name in force, or the last one."""
    versions = sorted(
        procedure.versions.all(), key=lambda version: (version.live, version.valid_from is not None and version.valid_from), reverse=True
    )
    return str(versions[0].name) if versions else ""


class ProcedureViewSet(HeadedViewSet):
    """What the unit itself says of a procedure, whatever version is in force."""

    model = Procedure
    icon = "help"
    menu_label = _("Guidance and questions")
    menu_name = "catalogue-procedures"
    index_view_class = ProcedureIndexView
    add_view_class = IndexedCreateView
    edit_view_class = IndexedEditView
    list_per_page = 50
    copy_view_enabled = False
    list_display = [
        "__str__",
        Column("name", label=_("Name"), accessor=current_name),
        Column("popularity", label=_("Rank by demand"), sort_key="popularity", classname=MINOR),
        Column("review_on", label=_("Review by"), sort_key="review_on"),
    ]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("code"),
                    FieldPanel("summary"),
                    FieldPanel("guidance"),
                    FieldRowPanel([FieldPanel("popularity"), FieldPanel("review_on")]),
                    FieldPanel("life_events"),
                ],
                heading=_("In plain words"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "questions", panels=[FieldPanel("question"), FieldPanel("answer")], heading=_("What people ask"), label=_("question"),
                        help_text=_("Write the question as a neighbour would ask it; search finds it in these words."),
                    )
                ],
                heading=_("Questions"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "offers",
                        panels=[
                            FieldRowPanel([FieldPanel("point"), FieldPanel("deciding_unit")]),
                            FieldRowPanel([FieldPanel("online"), FieldPanel("by_post"), FieldPanel("outside_territory")]),
                        ],
                        heading=_("Where it is offered"), label=_("offer"),
                        help_text=_("Which service point takes the papers, and which unit decides."),
                    )
                ],
                heading=_("Where"),
            ),
        ]
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Procedure]:
        """With the names of their versions."""
        named = ProcedureVersion.objects.only("procedure_id", "name", "live", "valid_from", "valid_to", "change_kind", "end_kind")
        found: QuerySet[Procedure] = Procedure.objects.prefetch_related(Prefetch("versions", queryset=named))
        return found


class DecisionIndexView(SearchedIndexView):
    """Decisions, the latest first."""

    by = ("number", "title")


class DecisionViewSet(HeadedViewSet):
    """Publication decisions."""

    model = PublicationDecision
    icon = "doc-full-inverse"
    menu_label = _("Decisions")
    menu_name = "catalogue-decisions"
    index_view_class = DecisionIndexView
    copy_view_enabled = False
    list_display = [
        TitleColumn("number", label=_("Number"), accessor="number", url_name="procedures_catalog_backoffice:decision", sort_key="number"),
        Column("title", label=_("Title")),
        Column("signed_on", label=_("Signed on"), sort_key="signed_on", classname=MINOR),
        Column("effective_on", label=_("In force from"), sort_key="effective_on", classname=MINOR),
        Column("changes", label=_("Changes"), accessor="changes", classname=MINOR),
        decision_column,
    ]
    panels = [
        MultiFieldPanel([FieldPanel("number"), FieldPanel("title")], heading=_("Decision")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("issuer"), FieldPanel("issuer_level"), FieldPanel("signer")]),
                FieldRowPanel([FieldPanel("signed_on"), FieldPanel("effective_on")]),
            ],
            heading=_("Who and when"),
        ),
        MultiFieldPanel(
            [FieldPanel("shortened_track"), FieldPanel("national_database_on")],
            heading=_("Publication deadlines"),
            help_text=_("From these days it is reckoned whether the decision was made, and put into the national database, in time."),
        ),
        InlinePanel("files", heading=_("Files"), label=_("file")),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublicationDecision]:
        """With how many versions each brings or ends."""
        found: QuerySet[PublicationDecision] = PublicationDecision.objects.annotate(changes=Count("versions", distinct=True))
        return found


class DocumentIndexView(SearchedIndexView):
    """Legal documents by number."""

    by = ("number", "title")


class LegalDocumentViewSet(HeadedViewSet):
    """Legal documents with their validity."""

    model = LegalDocument
    icon = "doc-full"
    menu_label = _("Legal documents")
    menu_name = "catalogue-documents"
    index_view_class = DocumentIndexView
    copy_view_enabled = False
    list_filter = ["kind"]
    list_display = [
        "__str__",
        Column("title", label=_("Title")),
        Column("valid_from", label=_("In force from"), sort_key="valid_from", classname=MINOR),
        Column("valid_to", label=_("Last day in force"), sort_key="valid_to"),
        Column("uses_now", label=_("Records in force that rest on it"), accessor="uses_now", classname=MINOR),
    ]
    panels = [
        FieldRowPanel([FieldPanel("number"), FieldPanel("kind")]),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("issuer"), FieldPanel("issued_on")]),
        FieldRowPanel([FieldPanel("valid_from"), FieldPanel("valid_to")]),
        FieldPanel("replaced_by", widget=LegalDocumentChooser),
        FieldPanel("url"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalDocument]:
        """With how many public versions name each."""
        return LegalDocument.objects.annotate(uses_now=Count("uses", filter=Q(uses__version__live=True), distinct=True))


class LifeEventViewSet(HeadedViewSet):
    """Events of a life."""

    model = LifeEvent
    icon = "calendar"
    menu_label = _("Life events")
    menu_name = "catalogue-life-events"
    copy_view_enabled = False
    list_display = ["__str__", Column("slug", label=_("Address")), Column("order", label=_("Order"), sort_key="order")]
    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("name_en")]),
        FieldRowPanel([FieldPanel("summary"), FieldPanel("summary_en")]),
        FieldRowPanel([FieldPanel("slug"), FieldPanel("icon"), FieldPanel("order")]),
    ]


class CatalogueGroup(SnippetViewSetGroup):
    """The catalogue in the side menu."""

    items = (VersionViewSet, DecisionViewSet, ProcedureViewSet, LegalDocumentViewSet, LifeEventViewSet)
    menu_label = _("Procedures")
    menu_name = "catalogue"
    menu_icon = "list-ul"
    menu_order = 100
    add_to_admin_menu = True
