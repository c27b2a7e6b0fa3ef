"""What the tests of content stand on: the site with its workflow, an editor, two publishers, articles and duties."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from organisation.enums import Level
from organisation.models import Person, Post, SiteIdentity, Unit, today
from portal.models import ArticlePage, DisclosureItem, HomePage, SectionPage
from portal.setup import ensure_site
from safeguards import roles
from safeguards.models import User
from tests.remembered import remembered

PASSWORD = "mật khẩu của người thử"  # pragma: allowlist secret
DAY = dt.timedelta(days=1)
_numbers = itertools.count(1)
TEXT = [{"type": "text", "value": "<p>Quầy số 2 mở thêm một buổi tối thứ Tư.</p>"}]


@remembered
def ward() -> Unit:
    return Unit.objects.create(name="Phường Sông Lành", name_en="Song Lanh Ward", slug="song-lanh", code="H90.77", level=Level.WARD)


@pytest.fixture
def unit(db):
    return ward()


@remembered
def site_of(unit: Unit) -> HomePage:
    """The site's home pages and sections, roles and workflow. The pages that every portal begins with take seconds to publish:
    who tests them calls `ensure_site` again."""
    roles.apply()
    identity = SiteIdentity.objects.create(unit=unit, name="Cổng minh bạch", name_en="Transparency portal", hotline="0200 000 0113")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.setup.PAGES", {})
        return ensure_site(identity)


@pytest.fixture
def site(unit):
    return site_of(unit)


def person(role: str, name: str) -> User:
    user = User.objects.create_user(name, email=f"{name}@example.org", password=PASSWORD, display_name=name)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def editor(site):
    return person("editor", "bien-tap")


@pytest.fixture
def publisher(site):
    return person("publisher", "cong-khai")


@pytest.fixture
def second_publisher(site):
    return person("publisher", "cong-khai-hai")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def section(language: str = "vi") -> Any:
    return SectionPage.objects.get(locale__language_code=language)


def write_article(editor: User, publisher: User | None, title: str, language: str = "vi", **fields: Any) -> ArticlePage:
    """An article that the editor wrote and, where there is one, the publisher published."""
    parent = section(language)
    values: dict[str, Any] = {
        "slug": f"bai-{next(_numbers)}", "summary": "Từ tuần sau, quầy mở thêm tối thứ Tư.", "body": TEXT, "date": today(),
        "locale": parent.locale, "live": False, **fields,
    }  # fmt: skip
    page = ArticlePage(title=title, **values)
    parent.add_child(instance=page)
    revision = page.save_revision(user=editor)
    if publisher is not None:
        revision.publish(user=publisher)
    return ArticlePage.objects.get(pk=page.pk)


@pytest.fixture
def article(site, editor, publisher):
    """Makes articles: `article(title, live=False, language="en", date=…)`, written by the editor, published by the publisher."""

    def make(title: str = "Mở quầy buổi tối", *, live: bool = True, language: str = "vi", **fields: Any) -> ArticlePage:
        return write_article(editor, publisher if live else None, title, language, **fields)

    return make


@pytest.fixture
def duty(site, unit, editor, publisher):
    """Makes public duties: `duty(key, live=False, decided_on=…)`."""
    post = Post.objects.create(unit=unit, title="Công chức tài chính")

    def make(key: str = "du-toan-2026", *, live: bool = True, published_on: dt.date | None = None, **fields: Any) -> DisclosureItem:
        values: dict[str, Any] = {
            "group": 2, "title": "Dự toán ngân sách năm 2026", "title_en": "Budget estimate 2026", "summary": "Thu, chi của phường.",
            "body": "Tổng thu 12 tỷ đồng.\n\nTổng chi 11 tỷ đồng.", "unit": unit, "owner_post": post, "basis": "Luật 10/2022/QH15, Đ11.2",
            "decided_on": today() - 3 * DAY, "channels": ["portal", "board"], **fields,
        }  # fmt: skip
        item = DisclosureItem(key=key, **values)
        item.full_clean(exclude=["live_revision", "latest_revision", "locked_by"])
        item.save()
        revision = item.save_revision(user=editor)
        if published_on:
            DisclosureItem.objects.filter(pk=item.pk).update(published_on=published_on)
            item.refresh_from_db(fields=["published_on"])
        if live:
            revision.publish(user=publisher)
        return DisclosureItem.objects.get(pk=item.pk)

    return make


@pytest.fixture
def owner(unit):
    """Somebody who answers for a duty, with a work address."""
    return Person.objects.create(name="Trần Thị Mẫu", email="mau@example.org", telephone="0200 000 0114")
