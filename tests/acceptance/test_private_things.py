"""A14: what is private is in no answer to a visitor, whatever the address; and in none of the back office to who holds no right.

The walk is generated: every address that the resolver knows, with searches for each of the private things beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
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
    """Private things: a word that stands in each and nowhere else, and the addresses that lead straight to it."""

    words: dict[str, str] = field(default_factory=dict)
    direct: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)  # of the back office: a chooser asked for it by its number


def told(response: Any) -> str:
    """All that an answer says, its headers too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{dict(response.headers)} {body.decode(errors='replace')}"


def _publish(world: World, page: Any) -> None:
    page.save_revision(user=world.users["editor"]).publish(user=world.users["publisher"])


def hide(world: World) -> Hidden:
    """One of each, private in each way."""
    made = Hidden()
    home = HomePage.objects.get(locale__language_code="vi")
    section = SectionPage.objects.filter(locale__language_code="vi").first()
    if section is None:
        section = SectionPage(title="Tin kín", slug="tin-kin", locale=home.locale, live=False)
        home.add_child(instance=section)
        _publish(world, section)
    text = [{"type": "text", "value": "<p>Trong phòng kín.</p>"}]
    locked = ArticlePage(
        title="Khoatrangviet", slug="khoatrangviet", locale=home.locale, summary="Khoatrangviet", body=text, live=False, date=today()
    )
    draft = ArticlePage(title="Nhaptrangviet", slug="nhaptrangviet", locale=home.locale, summary="Nhaptrangviet", body=text, live=False, date=today())
    for page in (locked, draft):
        section.add_child(instance=page)
        page.save_revision(user=world.users["editor"])
    above = ContentPage(title="Phiatrenkhoa", slug="phiatrenkhoa", locale=home.locale, live=False, body=text, place="nav")
    home.add_child(instance=above)
    below = ContentPage(title="Phiaduoikhoa", slug="phiaduoikhoa", locale=home.locale, live=False, body=text, place="nav")
    above.add_child(instance=below)
    for page in (locked, above, below):
        _publish(world, page)
    for page in (locked, above):
        PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    for page in (locked, draft, above, below):
        made.words[page.title] = page.title
        made.direct += [page.get_url(), f"/en{page.get_url()}", *([f"{page.get_url()}in/"] if isinstance(page, ArticlePage) else [])]
        made.chosen += [f"/admin/pages/{page.pk}/edit/", f"/admin/pages/{page.pk}/view_draft/", f"/admin/api/main/pages/{page.pk}/",
                        f"/admin/pages/{page.pk}/history/", f"/admin/pages/{page.pk}/usage/"]  # fmt: skip
    item = DisclosureItem.objects.create(
        key="nhapnghiavu", title="Nhapnghiavu", group=2, unit=Unit.objects.order_by("pk").first(), owner_words="Nhapnghiavu",
        basis="Nhapnghiavu", decided_on=today(),
    )  # fmt: skip
    item.save_revision(user=world.users["editor"])
    made.words["Nhapnghiavu"] = item.title
    made.direct += ["/cong-khai/nhapnghiavu/", "/en/cong-khai/nhapnghiavu/"]
    made.chosen += [f"/admin/snippets/portal/disclosureitem/edit/{item.pk}/", f"/admin/content/share/duty/{item.pk}/"]
    drawer = Collection.get_first_root_node().add_child(name="Ngankinviet")
    CollectionViewRestriction.objects.create(collection=drawer, restriction_type=CollectionViewRestriction.LOGIN)
    made.words["Ngankinviet"] = drawer.name
    file = get_document_model().objects.create(title="Teptinkin", file=ContentFile(b"Ruottepkin", "teptinkin.txt"), collection=drawer)
    image = get_image_model().objects.create(title="Anhtrongngan", file=get_test_image_file("anhtrongngan.png"), collection=drawer)
    made.words |= {"Teptinkin": file.title, "Ruottepkin": "Ruottepkin", "Anhtrongngan": image.title}
    made.direct += [file.url, f"/media/{file.file.name}", image.get_rendition("width-20").url, f"/media/{image.file.name}"]
    for kind, one in (("documents", file), ("images", image)):
        made.chosen += [
            f"/admin/{kind}/chooser/{one.pk}/",
            f"/admin/{kind}/chooser/chosen-multiple/?id={one.pk}",
            f"/admin/api/main/{kind}/{one.pk}/",
        ]
    made.chosen += [f"/admin/documents/edit/{file.pk}/", f"/admin/images/{image.pk}/", f"/admin/images/{image.pk}/preview/width-20/"]
    return made


@pytest.fixture
def hidden(world, nothing_stays):
    return hide(world)


def asked(hidden: Hidden, every: list[str], searches: tuple[str, ...]) -> Iterator[str]:
    """The addresses of a walk."""
    yield from every
    yield from hidden.direct
    for word in hidden.words:
        yield from (f"{address}?q={quote(word)}&search={quote(word)}" for address in searches)


def leaks(client: Client, hidden: Hidden, paths: Iterator[str]) -> list[tuple[str, str]]:
    """Which private word stands in the answer to which address, beside those that say back what was asked for."""
    found = []
    for path in paths:
        answer = told(client.get(path))
        if answer.startswith("{") and path in hidden.direct:
            answer = answer.replace(path, "")  # led to sign in and back: the address is the visitor's own
        for word in hidden.words.values():
            if word.casefold() in path.casefold() and path not in hidden.direct:
                if f">{word}<" in answer or f'"title": "{word}"' in answer or f'"title":"{word}"' in answer:
                    found.append((path, word))
            elif word in answer:
                found.append((path, word))
    return found


@pytest.mark.accepts("A14")
def test_no_address_tells_a_visitor_of_what_is_private(world, hidden):
    every = [address.path for address in addresses(world, staff=False)]
    assert len(every) > 60
    client = client_of(world, "anonymous")
    assert leaks(client, hidden, asked(hidden, every, SEARCHES)) == []
    assert [path for path in hidden.direct if client.get(path).status_code not in {302, 404}] == []
    assert [path for path in hidden.direct if path.startswith("/media/") and client.get(path).status_code != 404] == []


@pytest.mark.accepts("A14")
@pytest.mark.parametrize("role", ["clerk", "moderator"])
def test_no_address_of_the_back_office_tells_who_holds_no_right_on_it(world, hidden, role):
    every = [address.path for address in addresses(world, staff=True) if not address.path.startswith("/admin/logout/")]
    client = client_of(world, role)
    assert leaks(client, hidden, asked(hidden, [*every, *hidden.chosen], STAFF_SEARCHES)) == []


@pytest.mark.accepts("A14")
def test_once_public_the_same_walk_finds_them(world, hidden):
    """The walk can fail: without locks, and published, each of them is found."""
    PageViewRestriction.objects.all().delete()
    CollectionViewRestriction.objects.all().delete()
    draft = ArticlePage.objects.get(slug="nhaptrangviet")
    draft.get_latest_revision().publish(user=world.users["publisher"])
    DisclosureItem.objects.get(key="nhapnghiavu").latest_revision.publish(user=world.users["publisher"])
    client = client_of(world, "anonymous")
    found = {word for _path, word in leaks(client, hidden, asked(hidden, ["/", "/sitemap-pages.xml"], SEARCHES))}
    assert {"Khoatrangviet", "Nhaptrangviet", "Phiatrenkhoa", "Phiaduoikhoa", "Nhapnghiavu", "Ruottepkin"} <= found
