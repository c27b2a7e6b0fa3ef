"""Units with their service points, and the posts in them, in the search box: what pages of units show, and nothing else of anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import services as search

from .enums import LEVEL_BY_CODE, Level
from .models import Holding, Person, Post, ServicePoint, Unit, today
from .signals import renamed

KIND, POST = "unit", "post"
CODES = {level: code for code, level in LEVEL_BY_CODE.items()}


def _document(unit: Unit) -> SearchDocument:
    points: list[ServicePoint] = list(unit.service_points.all())
    return SearchDocument(
        kind=KIND,
        object_id=str(unit.pk),
        title=unit.name,
        url=f"/co-quan/{unit.slug}/",
        body="\n".join([unit.duties, *(f"{point.name}, {point.address}" for point in points)]).strip(),
        asked="\n".join(word for word in (unit.short_name, unit.name_en) if word),
        code=unit.code,
        unit=str(unit.pk),
        levels=(CODES[Level(unit.level)],),
        facts={"telephone": unit.telephone, "last_day": unit.valid_to.isoformat() if unit.valid_to else ""},
        valid_from=unit.valid_from,
        valid_to=unit.valid_to,
    )


def _documents(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    units = Unit.objects.prefetch_related(Prefetch("service_points", ServicePoint.objects.current()))
    # A closed unit is still found: its page says since when, and leads to its successors.
    for unit in (units if ids is None else units.filter(pk__in=list(ids))).iterator(chunk_size=500):
        yield _document(unit)


def _visible(object_ids: Iterable[str]) -> set[str]:
    return {str(pk) for pk in Unit.objects.filter(pk__in=[int(pk) for pk in object_ids]).values_list("pk", flat=True)}


def reindex_units(ids: Iterable[int]) -> None:
    """Write what is found of these units and of the posts in them, in the transaction of the change; whoever else says the name of
    one that is called otherwise now hears of it (`signals.renamed`)."""
    wanted = list(ids)
    called = dict(Unit.objects.filter(pk__in=wanted).values_list("pk", "name"))
    known = search.titles(KIND, (str(pk) for pk in called))
    search.put(_documents(wanted))
    reindex_posts(Post.objects.filter(unit__in=wanted).values_list("pk", flat=True))
    if otherwise := [pk for pk, name in called.items() if known.get(str(pk), name) != name]:
        renamed.send(Unit, ids=otherwise)


# ── Posts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _post(post: Post, held: Iterable[Person]) -> SearchDocument:
    names = [person.name for person in held]
    return SearchDocument(
        kind=POST,
        object_id=str(post.pk),
        title=f"{post.title}, {post.unit.name}",
        url=f"/co-quan/{post.unit.slug}/#vi-tri-{post.pk}",
        body=post.duties.strip(),
        asked="\n".join(part for part in (*names, post.title_en and f"{post.title_en}, {post.unit.name_en or post.unit.name}") if part),
        unit=str(post.unit_id),
        levels=(CODES[Level(post.unit.level)],),
        facts={"kind": POST, "unit": post.unit.name, "held_by": names, "leads": post.is_leader},
        valid_to=post.unit.valid_to,
        weight=2.0 if post.is_leader else 1.0,
    )


def posts(ids: Iterable[int] | None = None) -> Iterator[SearchDocument]:
    """The documents of posts in units that are not closed, with who holds them today; of all, or of some."""
    found = _shown_posts()
    for post in (found if ids is None else found.filter(pk__in=list(ids))).select_related("unit").prefetch_related(
        Prefetch("holdings", Holding.objects.current().select_related("person").order_by("valid_from", "person__name"), to_attr="held_today")
    ).order_by("pk").iterator(chunk_size=500):  # fmt: skip
        yield _post(post, (holding.person for holding in getattr(post, "held_today", ())))


def _shown_posts() -> QuerySet[Post]:
    """Pages of units show their people until their last day."""
    found: QuerySet[Post] = Post.objects.filter(Q(unit__valid_to=None) | Q(unit__valid_to__gte=today()))
    return found


def _posts_visible(object_ids: Iterable[str]) -> set[str]:
    return {str(pk) for pk in _shown_posts().filter(pk__in=[int(pk) for pk in object_ids]).values_list("pk", flat=True)}


def reindex_posts(ids: Iterable[int]) -> None:
    """Write what is found of these posts, in the transaction of the change; those no longer shown go."""
    wanted = set(ids)
    documents = list(posts(wanted))
    search.put(documents)
    if gone := {str(pk) for pk in wanted} - {document.object_id for document in documents}:
        search.remove(POST, gone)


def reindex_all_posts() -> None:
    """The day has turned: somebody holds a post from today on, or does so no longer. What is the same stays as it is."""
    with transaction.atomic():
        reindex_posts(Post.objects.values_list("pk", flat=True))


def _own_units() -> list[tuple[str, str]]:
    """The wards of today: whoever asks lives in one of them."""
    wards = Unit.objects.current().filter(is_government=True, level=Level.WARD).order_by("name")
    return [(str(pk), name) for pk, name in wards.values_list("pk", "name")]


_AROUND = """
with recursive up(id, parent_id) as (
  select id, parent_id from organisation_unit where id = %s
  union select u.id, u.parent_id from organisation_unit u join up on u.id = up.parent_id
), down(id) as (
  select id from organisation_unit where id = %s union select u.id from organisation_unit u join down on u.parent_id = down.id
)
select id from up union select id from down
"""


def _around(unit: str) -> list[str]:
    """A unit, those that it belongs to and those that belong to it: a district's entry serves the people of its wards, too."""
    if not (unit.isascii() and unit.isdigit() and len(unit) < 12):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [int(unit), int(unit)])
        return [str(pk) for (pk,) in cursor.fetchall()]


def register() -> None:
    """Called when the application starts."""
    source = SearchSource(KIND, _("Units"), _documents, _visible, own_units=_own_units, around=_around)
    search_sources.register(KIND, source)
    search_sources.register(POST, SearchSource(kind=POST, label=_("People and posts"), documents=posts, visible=_posts_visible))
    from . import search_following

    search_following.connect()
