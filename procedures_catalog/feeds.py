"""Feeds of the catalogue (Atom): what is new, what changed, by field and by procedure, each in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.syndication.views import Feed
from django.db.models import Exists, F, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation.atom import AtomFeed, tag
from foundation.registries import FeedGroup, FeedLink, feed_groups
from organisation.models import Field, today

from .caching import public_page
from .enums import ChangeKind, EndKind
from .models import ProcedureVersion
from .presentation import label
from .queries import CHANGES, UPCOMING_DAYS, Data

if TYPE_CHECKING:
    _Base = Feed[Data, Any]
else:
    _Base = Feed  # generic in the stubs only
ENDINGS = (EndKind.ABOLISHED, EndKind.REPLACED, EndKind.EXPIRED)


def _row(version: Data, *, ended: bool) -> Data:
    on = version["valid_to"] + dt.timedelta(days=1) if ended else version["valid_from"]
    told = version["first_published_at"]
    ahead = not ended and told is not None and on > today()
    # Never in the future: what is published ahead is news of the day on which it was published, and again when it takes effect.
    return {
        **version,
        "ended": ended,
        "on": on,
        "updated": told if ahead else timezone.make_aware(dt.datetime.combine(min(on, today()), dt.time.min)),
    }


def changes(*, count: int = CHANGES, **narrowed: Any) -> list[Data]:
    """What began and what ended, newest first; what begins soon too. Two queries."""
    day = today()
    columns = {"code": F("procedure__code"), "decision_number": F("decision__number"), "ending_number": F("end_decision__number")}
    versions = ProcedureVersion.objects.published().filter(**narrowed)
    names = ("id", "name", "change_kind", "end_kind", "valid_from", "valid_to", "first_published_at")
    began = versions.filter(valid_from__lte=day + dt.timedelta(days=UPCOMING_DAYS)).order_by("-valid_from", "procedure__code", "-id")
    over = versions.filter(valid_to__lt=day, end_kind__in=ENDINGS).order_by("-valid_to", "procedure__code", "-id")
    rows = [_row(row, ended=False) for row in began.values(*names, **columns)[:count]]
    rows += [_row(row, ended=True) for row in over.values(*names, **columns)[:count]]
    return sorted(rows, key=lambda row: (row["on"].toordinal(), row["id"]), reverse=True)[:count]


class ChangesFeed(_Base):
    """Procedures that came, changed or ended, newest first."""

    feed_type = AtomFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed, with the cache headers of a public page."""
        return public_page(super().__call__)(request, *args, **kwargs)

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("Changes of procedures")

    def subtitle(self, obj: Any) -> str:
        """What it tells of."""
        return _("What is new, amended, replaced or abolished, and what will be.")

    def link(self, obj: Any) -> str:
        """The list that it belongs to."""
        return reverse("procedures_catalog:list")

    def feed_guid(self, obj: Any) -> str:
        """The same for ever, whatever the addresses become."""
        return tag("thu-tuc", "thay-doi", get_language() or "vi")

    def items(self, obj: Any) -> list[Data]:
        """The changes."""
        return changes()

    def item_title(self, item: Any) -> str:
        """The kind of change and the name."""
        kind = label(EndKind, item["end_kind"]) if item["ended"] else label(ChangeKind, item["change_kind"])
        return f"{kind}: {item['name']}"

    def item_description(self, item: Any) -> str:
        """From which day on, and the decision behind it."""
        day = f"{item['on']:%d/%m/%Y}"
        said = _("No longer in force since %(day)s.") if item["ended"] else _("In force from %(day)s.")
        number = item["ending_number"] if item["ended"] else item["decision_number"]
        decision = _("Decision %(number)s") % {"number": number} if number else ""
        return " ".join(part for part in (said % {"day": day}, decision) if part)

    def item_link(self, item: Any) -> str:
        """The procedure's page."""
        return reverse("procedures_catalog:procedure", args=[item["code"]])

    def item_guid(self, item: Any) -> str:
        """The same for a change for ever."""
        return tag("thu-tuc", item["code"], str(item["id"]), "end" if item["ended"] else "begin")

    def item_updateddate(self, item: Any) -> dt.datetime:
        """The day of the change at its first minute in Vietnam; of what is to come, when it was published."""
        moment: dt.datetime = item["updated"]
        return moment

    item_pubdate = item_updateddate


class NewFeed(ChangesFeed):
    """Procedures that were not there before."""

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("New procedures")

    def subtitle(self, obj: Any) -> str:
        """What it tells of."""
        return _("Procedures that are published here for the first time.")

    def feed_guid(self, obj: Any) -> str:
        """The same for ever."""
        return tag("thu-tuc", "moi", get_language() or "vi")

    def items(self, obj: Any) -> list[Data]:
        """The first version of each procedure."""
        earlier = ProcedureVersion.objects.published().filter(procedure=OuterRef("procedure"), valid_from__lt=OuterRef("valid_from"))
        first = ProcedureVersion.objects.published().exclude(change_kind=ChangeKind.ABOLISHED).filter(~Exists(earlier)).values("pk")
        return [row for row in changes(pk__in=first) if not row["ended"]]


class FieldFeed(ChangesFeed):
    """What changed in a field."""

    def get_object(self, request: HttpRequest, slug: str) -> Field:
        """The field; 404 for none."""
        field = Field.objects.filter(slug=slug).first()
        if field is None:
            raise Http404(_("There is no such choice."))
        return field

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("Changes of procedures: %(field)s") % {"field": obj.title}

    def link(self, obj: Any) -> str:
        """The list of the field."""
        return f"{reverse('procedures_catalog:list')}?linh-vuc={obj.slug}"

    def feed_guid(self, obj: Any) -> str:
        """The same for ever."""
        return tag("thu-tuc", "linh-vuc", obj.slug, get_language() or "vi")

    def items(self, obj: Any) -> list[Data]:
        """The changes of its procedures."""
        return changes(field=obj.pk)


class ProcedureFeed(ChangesFeed):
    """What changes about one procedure."""

    def get_object(self, request: HttpRequest, code: str) -> Data:
        """Its changes; 404 for one that has nothing public."""
        found = changes(procedure__code=code)
        if not found:
            raise Http404(_("There is no procedure with this code."))
        return {"code": code, "changes": found}

    def title(self, obj: Any) -> str:
        """Its name."""
        return _("Changes of %(code)s: %(name)s") % {"code": obj["code"], "name": obj["changes"][0]["name"]}

    def link(self, obj: Any) -> str:
        """Its page."""
        return reverse("procedures_catalog:procedure", args=[obj["code"]])

    def feed_guid(self, obj: Any) -> str:
        """The same for ever."""
        return tag("thu-tuc", obj["code"], get_language() or "vi")

    def items(self, obj: Any) -> list[Data]:
        """The changes."""
        rows: list[Data] = obj["changes"]
        return rows

    def item_link(self, item: Any) -> str:
        """What differs, where there was something before."""
        if item["ended"] or item["change_kind"] == ChangeKind.NEW:
            return super().item_link(item)
        return f"{reverse('procedures_catalog:difference', args=[item['code']])}?den={item['id']}"


def general() -> Iterable[FeedLink]:
    """The feeds of the whole catalogue."""
    yield FeedLink(_("New procedures"), reverse("procedures_catalog:new"))
    yield FeedLink(_("Changes of procedures"), reverse("procedures_catalog:changes"))


def by_field() -> Iterable[FeedLink]:
    """A feed for each field that has a procedure. One query."""
    used = ProcedureVersion.objects.published().filter(field=OuterRef("pk"))
    for field in Field.objects.filter(Exists(used)).order_by("order", "name"):
        vietnamese = (get_language() or "vi") != "vi" and not field.name_en
        yield FeedLink(field.title, reverse("procedures_catalog:field_changes", args=[field.slug]), vietnamese)


def register() -> None:
    """Called when the application starts."""
    everything = gettext_lazy("All procedures together. Each procedure’s page has a feed of its own, too.")
    feed_groups.register("procedures", FeedGroup(gettext_lazy("Procedures"), everything, 10, general))
    feed_groups.register("fields", FeedGroup(gettext_lazy("By field"), gettext_lazy("Only what changes in one field."), 20, by_field))
