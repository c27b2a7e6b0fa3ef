"""A14: what is private is in no answer to a visitor, whatever the address; and in none of the back office to who holds no right.

The walk is generated: every address that the resolver knows, with searches for each of the private things beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from organisation.models import Unit, today
from portal.models import ArticlePage, ContentPage, DisclosureItem, HomePage, SectionPage

from .addresses import addresses
from .crawl import client_of
from .world import World

SEARCHES = ("/tim/", "/en/tim/", "/tim/goi-y/", "/api/v1/search", "/api/v1/procedures", "/thu-tuc/", "/co-quan/")
STAFF_SEARCHES = (
    "/admin/pages/search/", "/admin/choose-page/search/", "/admin/api/main/pages/", "/admin/api/main/documents/", "/admin/api/main/images/",
    "/admin/documents/chooser/results/", "/admin/images/chooser/results/", "/admin/documents/", "/admin/images/",
)  # fmt: skip


@dataclass
class Hidden:
    """Private things. Each is called by two words that stand nowhere else: one that is asked for, and so is said back by pages
    of results and by addresses, and one that nobody asks for. The addresses lead straight to it."""

    words: dict[str, str] = field(default_factory=dict)
    direct: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)  # of the back office: asked for by its number


def told(response: Any) -> str:
    """All that an answer says, its headers too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{dict(response.headers)} {body.decode(errors='replace')}"


def _publish(world: World, page: Any) -> None:
    page.save_revision(user=world.users["editor"]).publish(user=world.users["publisher"])


def _pages(world: World, few: Group) -> list[Any]:
    """An article behind a lock, a draft, a page behind a lock and one below it."""
    home = HomePage.objects.get(locale__language_code="vi")
    common = {"locale": home.locale, "body": [{"type": "text", "value": "<p>Trong phòng kín.</p>"}], "live": False}
    section = SectionPage.objects.filter(locale__language_code="vi").first()
    if section is None:
        section = SectionPage(title="Tin", slug="muc-tin-kin", **common)
        home.add_child(instance=section)
        _publish(world, section)
    locked = ArticlePage(title="Khoatrangviet Maukinmot", slug="khoatrangviet", summary="Khoatrangviet Maukinmot", date=today(), **common)
    draft = ArticlePage(title="Nhaptrangviet Maukinhai", slug="nhaptrangviet", summary="Nhaptrangviet Maukinhai", date=today(), **common)
    for page in (locked, draft):
        section.add_child(instance=page)
        page.save_revision(user=world.users["editor"])
    above = ContentPage(title="Phiatrenkhoa Maukinba", slug="phiatrenkhoa", place="nav", **common)
    home.add_child(instance=above)
    below = ContentPage(title="Phiaduoikhoa Maukinbon", slug="phiaduoikhoa", place="nav", **common)
    above.add_child(instance=below)
    for page in (locked, above, below):
        _publish(world, page)
    for page in (locked, above):
        PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.GROUPS).groups.add(few)
    return [locked, draft, above, below]


def hide(world: World) -> Hidden:
    """One of each, private in each way."""
    made = Hidden()
    few = Group.objects.get(name="leader")  # neither the visitor nor who walks below is one
    for page in _pages(world, few):
        asked_for, other = page.title.split()
        made.words[asked_for] = other
        made.direct += [page.get_url(), f"/en{page.get_url()}", *([f"{page.get_url()}in/"] if isinstance(page, ArticlePage) else [])]
        made.chosen += [f"/admin/pages/{page.pk}/{what}/" for what in ("edit", "view_draft", "history", "usage", "status")]
        made.chosen.append(f"/admin/api/main/pages/{page.pk}/")
    item = DisclosureItem.objects.create(
        key="nhapnghiavu", title="Nhapnghiavu Maukinnam", group=2, unit=Unit.objects.order_by("pk").first(), decided_on=today(),
        owner_words="Nhapnghiavu Maukinnam", basis="Nhapnghiavu Maukinnam",
    )  # fmt: skip
    item.save_revision(user=world.users["editor"])
    made.words["Nhapnghiavu"] = "Maukinnam"
    made.direct += ["/cong-khai/nhapnghiavu/", "/en/cong-khai/nhapnghiavu/"]
    made.chosen += [f"/admin/snippets/portal/disclosureitem/edit/{item.pk}/", f"/admin/content/share/duty/{item.pk}/"]
    drawer = Collection.get_first_root_node().add_child(name="Ngankinviet Maukinsau")
    CollectionViewRestriction.objects.create(collection=drawer, restriction_type=CollectionViewRestriction.GROUPS).groups.add(few)
    file = get_document_model().objects.create(
        title="Teptinkin Maukinbay", file=ContentFile(b"Trongtep Ruottepkin", "teptinkin.txt"), collection=drawer
    )
    image = get_image_model().objects.create(title="Anhtrongngan Maukintam", file=get_test_image_file("anhtrongngan.png"), collection=drawer)
    made.words |= {"Ngankinviet": "Maukinsau", "Teptinkin": "Maukinbay", "Trongtep": "Ruottepkin", "Anhtrongngan": "Maukintam"}
    made.direct += [file.url, f"/media/{file.file.name}", image.get_rendition("width-20").url, f"/media/{image.file.name}"]
    for kind, one in (("documents", file), ("images", image)):
        made.chosen += [f"/admin/{kind}/chooser/{one.pk}/", f"/admin/{kind}/chooser/chosen-multiple/?id={one.pk}"]
        made.chosen.append(f"/admin/api/main/{kind}/{one.pk}/")
    made.chosen += [f"/admin/documents/edit/{file.pk}/", f"/admin/images/{image.pk}/", f"/admin/images/{image.pk}/preview/width-20/"]
    return made


@pytest.fixture
def hidden(world, nothing_stays):
    return hide(world)


def leaks(client: Client, hidden: Hidden, every: list[str], straight: list[str], searches: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which private word stands in the answer to which address."""
    found = []
    for path in every:
        answer = told(client.get(path))
        found += [(path, word) for pair in hidden.words.items() for word in pair if word in answer]
    for path in [*straight, *(f"{address}?q={word}&search={word}" for word in hidden.words for address in searches)]:
        answer = told(client.get(path))
        found += [(path, word) for word in hidden.words.values() if word in answer]
    return found


@pytest.mark.accepts("A14")
def test_no_address_tells_a_visitor_of_what_is_private(world, hidden):
    every = [address.path for address in addresses(world, staff=False)]
    assert len(every) > 60
    client = client_of(world, "anonymous")
    assert leaks(client, hidden, every, hidden.direct, SEARCHES) == []
    assert [path for path in hidden.direct if client.get(path).status_code not in {302, 404}] == []
    assert [path for path in hidden.direct if path.startswith("/media/") and client.get(path).status_code != 404] == []


@pytest.mark.accepts("A14")
@pytest.mark.parametrize("role", ["clerk", "moderator"])
def test_no_address_of_the_back_office_tells_who_holds_no_right_on_it(world, hidden, role):
    every = [address.path for address in addresses(world, staff=True) if not address.path.startswith("/admin/logout/")]
    client = client_of(world, role)
    assert leaks(client, hidden, every, hidden.chosen, STAFF_SEARCHES) == []


@pytest.mark.accepts("A14")
def test_once_public_the_same_walk_finds_them(world, hidden):
    """The walk can fail: without locks, and published, each of them is found."""
    PageViewRestriction.objects.all().delete()
    CollectionViewRestriction.objects.all().delete()
    draft = ArticlePage.objects.get(slug="nhaptrangviet")
    draft.get_latest_revision().publish(user=world.users["publisher"])
    DisclosureItem.objects.get(key="nhapnghiavu").latest_revision.publish(user=world.users["publisher"])
    client = client_of(world, "anonymous")
    found = {word for _path, word in leaks(client, hidden, ["/", "/sitemap-pages.xml"], hidden.direct, SEARCHES)}
    assert {"Maukinmot", "Maukinhai", "Maukinba", "Maukinbon", "Maukinnam", "Ruottepkin"} <= found
