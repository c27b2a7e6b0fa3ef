"""What search engines are told of: every public page in both languages, and nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from wagtail.models import Page, PageViewRestriction

from foundation.registries import open_datasets
from organisation.models import today
from portal.models import ArticlePage
from procedures_catalog import listing
from tests.beginnings import whole_site
from tests.procedures_catalog.factories import DAY, VersionFactory

from .conftest import section, write_article

pytestmark = pytest.mark.django_db
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
HOST = "http://testserver"


@pytest.fixture(autouse=True)
def nothing_remembered():
    listing._memory.clear()


def told(client):
    """Every address of every sitemap with the languages that it names."""
    found = {}
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    for part in index.iter(f"{SITEMAP}loc"):
        response = client.get(part.text.removeprefix(HOST))
        assert response.status_code == 200
        for url in ElementTree.fromstring(response.content).iter(f"{SITEMAP}url"):
            found[url.findtext(f"{SITEMAP}loc").removeprefix(HOST)] = {
                link.get("hreflang"): link.get("href").removeprefix(HOST) for link in url.iter(LINK)
            }
    return found


def test_every_kind_of_public_page_is_told_in_both_languages(client, site, unit, article, duty):
    version = VersionFactory()
    written = article("Mở quầy buổi tối")
    duty("du-toan-2026")
    found = told(client)
    expected = [
        "/", "/thu-tuc/", f"/thu-tuc/{version.procedure.code}/", f"/co-quan/{unit.slug}/", "/cong-khai/", "/cong-khai/du-toan-2026/", "/theo-doi/",
        "/so-lieu/du-lieu-mo/", *(f"/so-lieu/du-lieu-mo/{dataset.slug}/" for dataset in open_datasets),
    ]  # fmt: skip
    for path in expected:
        assert path in found, path
        assert found[path].items() >= {"vi": path, "en": f"/en{path}"}.items(), path
        assert found[f"/en{path}"].items() >= {"vi": path, "en": f"/en{path}"}.items(), path
    assert written.get_url() in found


def test_a_page_of_the_tree_names_its_translation(client, site):
    whole_site()
    helps = {page.locale.language_code: page.get_url() for page in Page.objects.live().filter(slug__in=["tro-giup", "help"])}
    assert set(helps) == {"vi", "en"}
    found = told(client)
    assert found[helps["vi"]] == found[helps["en"]] == helps


@pytest.mark.accepts("A14", "P14")
def test_nothing_hidden_is_told(client, site, editor, publisher, article, duty):
    article("Đang viết", live=False)
    locked = article("Chỉ nội bộ")
    PageViewRestriction.objects.create(page=locked, restriction_type=PageViewRestriction.LOGIN)
    below = write_article(editor, publisher, "Dưới mục khoá")
    PageViewRestriction.objects.create(page=section(), restriction_type=PageViewRestriction.LOGIN)
    duty("chua-duyet", live=False)
    duty("het-han", published_on=today() - 90 * DAY)
    hidden = VersionFactory(draft=True)
    found = told(client)
    assert len(found) > 20
    for page in ArticlePage.objects.filter(pk__in=[locked.pk, below.pk]):
        assert page.get_url() not in found
    assert not [path for path in found if hidden.procedure.code in path or "chua-duyet" in path or "dang-viet" in path]
    for word in ("/admin/", "/tai-khoan/", "/xem-truoc/", "/api/", "/documents/", "/tim/", "/in/"):
        assert not [path for path in found if word in path]
    for address in ("/tin-moi.atom", "/en/tin-moi.atom"):
        feed = client.get(address).content.decode()
        assert "Chỉ nội bộ" not in feed
        assert "Dưới mục khoá" not in feed
        assert "Đang viết" not in feed


@pytest.mark.accepts("P14")
def test_what_is_told_can_be_read_and_asks_nobody_to_forget_it(client, site, unit, article, duty):
    VersionFactory()
    article("Mở quầy buổi tối")
    duty("du-toan-2026")
    for path in told(client):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "noindex" not in response.content.decode().split("</head>")[0], path
        assert "noindex" not in response.get("X-Robots-Tag", ""), path


def test_robots_keep_away_from_what_is_private_and_are_told_the_way(client, site):
    text = client.get("/robots.txt").content.decode()
    for path in ("/admin/", "/tai-khoan/", "/en/tai-khoan/", "/xem-truoc/", "/documents/"):
        assert f"Disallow: {path}\n" in text
    assert "so-lieu" not in text
    assert f"Sitemap: {HOST}/sitemap.xml" in text


def test_the_feed_of_articles_speaks_the_readers_language(client, site, article):
    article("Mở quầy buổi tối")
    article("Evening counter", language="en")
    assert "Mở quầy buổi tối" in client.get("/tin-moi.atom").content.decode()
    english = client.get("/en/tin-moi.atom").content.decode()
    assert "Evening counter" in english
    assert "Mở quầy" not in english
