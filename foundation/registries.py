"""The registries of the house. Each says who reads it and who fills it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .registry import Registry

if TYPE_CHECKING:
    from django.contrib.sitemaps import Sitemap
    from django.http import HttpRequest


@dataclass(frozen=True)
class SearchDocument:
    """One thing that can be found, as its application describes it to `search` (never a draft).

    `levels`, `audiences` are codes; `unit` and `field` are primary keys as text; `facts` is what a result line shows
    (small, JSON). `asked` holds questions and folk names, one a line. `attached` is what its files say (`search.files` reads them).
    """

    kind: str
    object_id: str
    title: str
    url: str
    body: str = ""
    asked: str = ""
    attached: str = ""
    code: str = ""
    unit: str = ""
    field: str = ""
    levels: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    facets: dict[str, list[str]] | None = None
    facts: dict[str, Any] | None = None
    valid_from: Any = None
    valid_to: Any = None
    weight: float = 0.0


@dataclass(frozen=True)
class SearchSource:
    """Who has something to find. Read by `search`, filled by every application with public things."""

    kind: str
    label: Any  # lazy text, plural: "Procedures"
    documents: Callable[[], Iterable[SearchDocument]]  # all of them, as a stream, for rebuild and reconcile
    visible: Callable[[Iterable[str]], set[str]]  # which of these object ids may be shown now: asked of the database before results are shown
    facet_labels: Callable[[str, Iterable[str]], dict[str, str]] | None = None  # (facet, values) -> labels
    # Units that a visitor may call their own (value of the facet `unit`, label), and those around one: itself, above and below.
    own_units: Callable[[], Sequence[tuple[str, str]]] | None = None
    around: Callable[[str], Iterable[str]] | None = None
    # The text of some files (names in the storage) is known now: write anew what they belong to, in the caller's transaction.
    files_read: Callable[[Iterable[str]], None] | None = None


@dataclass(frozen=True)
class PagePanel:
    """A part of a page that another application fills. `render` gives safe HTML or '' (then nothing stands there)."""

    slot: str  # "procedure.after_facts", "procedure.aside", "unit.main", "home.main"
    order: int
    query_budget: int
    render: Callable[[HttpRequest, Any], str]


@dataclass(frozen=True)
class ApiRouter:
    """Routes under /api/v1/; read by `portal`."""

    prefix: str
    router: Any


@dataclass(frozen=True)
class HealthCheck:
    """One thing that /readyz asks. `probe` gives '' when all is well, otherwise a few words for the operator.

    Without an essential one the portal is not ready (503); without another it is degraded (200)."""

    probe: Callable[[], str]
    essential: bool = False


@dataclass(frozen=True)
class Column:
    """One column of an open dataset: its name in the file, what it holds (unit, zone, codes), and of which kind it is."""

    name: str
    meaning: Any  # lazy text, a sentence
    kind: str = "string"  # "string", "integer", "number", "boolean", "date", "datetime", "list"


@dataclass(frozen=True)
class OpenDataset:
    """A table that anybody may take away. Read by `transparency`, filled by every application with public data.

    `rows` gives one mapping a row, with the names of `columns` as keys, in a fixed order, as a stream; nothing in it is
    about a person. `slug` stands in the file's address and never changes. `key` names the columns that tell its rows apart;
    `joins` says of a column which column of which dataset it names: `{"code": "procedures.code"}`."""

    slug: str
    title: Any  # lazy text
    description: Any  # lazy text, a sentence or two
    columns: tuple[Column, ...]
    rows: Callable[[], Iterable[dict[str, Any]]]
    frequency: str = "daily"  # how often it changes, a word of the DCAT frequency vocabulary
    page: Callable[[], str] | None = None  # address of the page that shows the same
    key: tuple[str, ...] = ()
    joins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeedLink:
    """A feed that somebody may follow: what it tells of, and where it is (in the reader's language)."""

    title: str
    url: str
    vietnamese: bool = False  # the title is official text


@dataclass(frozen=True)
class FeedGroup:
    """Feeds of one kind, for the page that lists them. Read by `portal`, filled by every application that has feeds."""

    title: Any  # lazy text
    description: Any  # lazy text, a sentence
    order: int
    feeds: Callable[[], Iterable[FeedLink]]  # all of them, in a bounded number of queries


@dataclass(frozen=True)
class Placeholder:
    """What a text of a kind of message may say of the case: its name between braces, what it is, and an example for previews."""

    name: str
    label: Any  # lazy text
    example: Any  # a text, or a lazy one that differs by language
    link: bool = False  # an address of this portal, by which the reader goes on


@dataclass(frozen=True)
class MessageKind:
    """One occasion on which people are written to. Read by `messaging`, filled by whoever sends.

    `defaults` are the texts that come with the portal: (channel, language) -> (subject, text), with nothing but the placeholders
    in braces; an SMS has no subject. `expires_after`: from then on sending makes no sense."""

    key: str  # "dialogue_sessions.reminder"
    label: Any  # lazy text, for editors
    placeholders: tuple[Placeholder, ...]
    defaults: Mapping[tuple[str, str], tuple[str, str]]
    expires_after: dt.timedelta
    quiet: bool = True  # quiet hours hold; False goes at any hour
    asked_for: bool = False  # the answer to what the reader has just done: opting out does not stop it
    secret: bool = False  # its text is wiped as soon as it is sent or given up

    @property
    def channels(self) -> tuple[str, ...]:
        """By which ways it goes: those that have a text."""
        return tuple(dict.fromkeys(channel for channel, _language in self.defaults))


@dataclass(frozen=True)
class FileOwner:
    """What files of citizens belong to. Read by `safeguards.uploads`, filled under its label by whoever takes files."""

    label: Any  # lazy text: "Registration"
    may_read: Callable[[HttpRequest, str], bool]  # whether this request, of a member of staff, may have the files of the owner of this uid
    existing: Callable[[Iterable[str]], set[str]]  # which of these uids are still there: files of the others go


@dataclass(frozen=True)
class PersonalData:
    """A table with data about people. Read by `safeguards`, filled by whoever holds such data.

    A person is asked for by what they are reached by (a telephone number or an e-mail address, as they type it)."""

    label: Any  # lazy text, plural
    due: Callable[[dt.datetime], int]  # how many rows have had their time
    purge: Callable[[dt.datetime], int]  # forget them; gives how many
    export: Callable[[str], list[dict[str, Any]]]  # all that is held of one person
    erase: Callable[[str], int]  # forget one person; gives how many rows


search_sources: Registry[SearchSource] = Registry("search sources")
page_panels: Registry[PagePanel] = Registry("page panels")
api_routers: Registry[ApiRouter] = Registry("API routers")
sitemaps: Registry[type[Sitemap[Any]]] = Registry("sitemaps")
open_datasets: Registry[OpenDataset] = Registry("open datasets")
feed_groups: Registry[FeedGroup] = Registry("feeds")
health_checks: Registry[HealthCheck] = Registry("health checks")
message_kinds: Registry[MessageKind] = Registry("message kinds")
personal_data: Registry[PersonalData] = Registry("personal data")
file_owners: Registry[FileOwner] = Registry("owners of files")
# What writes its secrets anew under today's FIELD_KEY and gives how many it wrote; read by `manage.py account rewrap`.
sealed: Registry[Callable[[], int]] = Registry("sealed columns")
# Names that anybody here would try as a password (the units'); read by `safeguards`, each gives them at the time it is asked.
local_words: Registry[Callable[[], Iterable[str]]] = Registry("local words")


def panels_for(slot: str) -> list[PagePanel]:
    """The panels of a slot in their order."""
    return sorted((panel for panel in page_panels if panel.slot == slot), key=lambda panel: panel.order)
