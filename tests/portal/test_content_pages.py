"""Sections and articles: routable, renderable, editable, previewable; lists by page, month and kind; what anonymous visitors get."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import PageViewRestriction, get_page_models
from wagtail.test.utils import WagtailPageTestCase
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from organisation.models import today
from portal.models import ArticlePage, ContentPage, DisclosureItem, GuideIndexPage, GuidePage, HomePage, Interruption, RelatedProcedure, SectionPage
from tests.beginnings import house_roles, whole_site
from tests.procedures_catalog.factories import VersionFactory

from .conftest import DAY, person, section, write_article
from .guide_kit import step, write_guide

pytestmark = pytest.mark.django_db


class PageTypes(WagtailPageTestCase):
    """Wagtail's own questions to a page type."""

    def setUp(self):
        super().setUp()
        house_roles()
        self.home = whole_site()
        people = person("editor", "bt"), person("publisher", "ck")
        self.article = write_article(*people, "Bài thử")
        self.procedure = VersionFactory().procedure
        self.guide = write_guide(*people, [step("Khai sinh", self.procedure)])
        self.guides = GuideIndexPage.objects.get(locale__language_code="vi")
        self.help = ContentPage.objects.get(slug="tro-giup")
        self.section = section()
        self.login()

    def test_where_each_type_may_stand(self):
        self.assertAllowedParentPageTypes(ArticlePage, {SectionPage})
        self.assertAllowedSubpageTypes(ArticlePage, {})
        self.assertAllowedSubpageTypes(SectionPage, {ArticlePage, SectionPage})
        self.assertAllowedSubpageTypes(HomePage, {ContentPage, SectionPage, GuideIndexPage})
        self.assertAllowedParentPageTypes(GuidePage, {GuideIndexPage})
        self.assertAllowedSubpageTypes(GuideIndexPage, {GuidePage})
        self.assertAllowedSubpageTypes(GuidePage, {})

    def test_each_type_is_routable_and_renders(self):
        for page in (self.home, self.help, self.section, self.article, self.guides, self.guide):
            self.assertPageIsRoutable(page)
            self.assertPageIsRenderable(page)

    def test_the_print_views_of_articles_and_guides_are_routable_and_render(self):
        for page in (self.article, self.guide):
            self.assertPageIsRoutable(page, "in/")
            self.assertPageIsRenderable(page, "in/")

    def test_no_page_type_of_the_portal_is_left_out(self):
        shown = {type(page) for page in (self.home, self.help, self.section, self.article, self.guides, self.guide)}
        assert shown == {model for model in get_page_models() if model._meta.app_label == "portal"}

    def test_each_type_can_be_edited_and_previewed(self):
        none = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
        body = streamfield([("heading", {"level": "2", "text": "Ở đâu"})])
        common = {"body": body, "comments": none, "go_live_at": "", "expire_at": "", "seo_title": "", "search_description": ""}
        article = {
            **common, "title": "Bài thử", "slug": "bai-thu", "kind": "news", "date": "2026-11-02", "summary": "Tóm tắt", "related": none,
            "picture": "", "picture_alt": "", "unit": "",
        }  # fmt: skip
        listing = {**common, "title": "Tin tức", "slug": "tin-tuc", "summary": "", "place": "nav"}
        home = {**common, "title": "Trang chủ", "slug": self.home.slug, "question": "", "hint": ""}
        content = {**common, "title": "Trợ giúp", "slug": "tro-giup", "summary": "", "place": "nav"}
        guides = {**common, "title": "Việc trong đời", "slug": "viec", "summary": ""}
        steps = [("step", {
            "title": "Khai sinh", "condition": "", "text": rich_text("<p>Ở phường.</p>"), "hint": "", "choose": "one",
            "procedures": {"count": 1, "0": {"type": "item", "value": str(self.procedure.pk), "deleted": "", "order": "0"}},
        })]  # fmt: skip
        guide = {
            **common, "title": "Nhà có em bé", "slug": "co-con", "summary": "Một lần.", "event": self.guide.event_id,
            "before": rich_text("<p>Giấy chứng sinh</p>"), "steps": streamfield(steps),
        }  # fmt: skip
        for page, data in (
            (self.home, home),
            (self.help, content),
            (self.section, listing),
            (self.article, article),
            (self.guides, guides),
            (self.guide, guide),
        ):
            self.assertPageIsEditable(page, nested_form_data(data))
            self.assertPageIsPreviewable(page, post_data=nested_form_data(data))


def get(path: str, **more):
    return Client().get(path, **more)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_an_article_tells_what_kind_when_and_for_which_procedures(article, unit):
    version, draft = VersionFactory(), VersionFactory(draft=True)
    page = article("Khai sinh nhanh hơn", kind="notice", date=dt.date(2026, 3, 9), unit=unit)
    RelatedProcedure.objects.create(page=page, procedure=version.procedure, sort_order=0)
    RelatedProcedure.objects.create(page=page, procedure=draft.procedure, sort_order=1)
    shown = text(get(page.url))
    assert "09/03/2026" in shown
    assert "Phường Sông Lành" in shown
    assert f"/thu-tuc/{version.procedure.code}/" in shown
    assert draft.procedure.code not in shown  # nobody outside knows of it
    assert "mailto:?subject=Khai%20sinh" in shown
    assert f'value="http://testserver{page.url}"' in shown


def test_a_picture_goes_public_with_words_or_as_decoration_only(article):
    picture = get_image_model().objects.create(title="Quầy", file=get_test_image_file())
    for words, decorative, passes in (("", False, False), (" \u200b", False, False), ("Quầy số 2", False, True), ("", True, True)):
        if passes:
            page = article(picture=picture, picture_alt=words, picture_decorative=decorative)
            assert f'alt="{words}"' in text(get(page.url))
        else:
            with pytest.raises(ValidationError):
                article(picture=picture, picture_alt=words, picture_decorative=decorative)


@pytest.mark.accepts("L3")
def test_a_list_costs_the_same_whatever_its_length(article, django_assert_max_num_queries):
    def cost() -> int:
        get(section().url)
        with django_assert_max_num_queries(15) as counted:
            assert get(section().url).status_code == 200
        return len(counted)

    for number in range(3):
        article(f"Bài {number}", date=today() - number * 40 * DAY)
    few = cost()
    for number in range(12):
        article(f"Thêm {number}", date=today() - number * 40 * DAY, kind="guide")
    assert cost() == few


def test_a_section_lists_by_page_month_and_kind(article):
    for number in range(13):
        article(f"Tin {number:02}", date=dt.date(2026, 1 + number % 2, 10), kind="news" if number else "guide")
    url = section().url
    first, second = text(get(url)), text(get(f"{url}?trang=2"))
    assert first.count("<article ") == 12
    assert second.count("<article ") == 1
    assert 'rel="next" href="?trang=2"' in first
    january = text(get(f"{url}?nam=2026&thang=1"))
    assert january.count("<article ") == 7
    assert text(get(f"{url}?loai=guide")).count("<article ") == 1
    assert "noindex" in text(get(f"{url}?loai=guide"))


@pytest.mark.accepts("L8")
@pytest.mark.parametrize(
    "query", ["trang=0", "trang=99", "trang=1000000", "trang=-1", "trang=x", "trang=²", "nam=1", "nam=2026&thang=13", "loai=khong-co", "nam=1999"]
)
def test_what_a_section_has_not_is_not_found(article, query):
    article()
    assert get(f"{section().url}?{query}").status_code == 404


def test_an_empty_section_is_linked_from_nowhere(site, article):
    assert section().url not in text(get("/"))
    article("Bài đầu tiên")
    assert f'href="{section().url}"' in text(get("/"))


def test_drafts_and_locked_articles_are_nowhere(article):
    draft, locked = article("Bản nháp kín", live=False), article("Bài có khoá")
    PageViewRestriction.objects.create(page=locked, restriction_type="login")
    article("Bài mở")
    for path in ("/", section().url, "/sitemap-pages.xml"):
        shown = text(get(path))
        assert draft.title not in shown
        assert draft.slug not in shown
        assert locked.title not in shown
        assert locked.slug not in shown
    assert get(f"{section().url}{draft.slug}/").status_code == 404


def test_the_language_switch_stays_on_the_article(article):
    vietnamese = article("Mở quầy")
    english = article("Open in the evening", language="en", translation_key=vietnamese.translation_key)
    assert f'href="{english.url}"' in text(get(vietnamese.url))
    assert f'href="{vietnamese.url}"' in text(get(english.url))
    # Machines are told the whole address, and never by the name that a request calls us.
    assert f'<link rel="alternate" hreflang="en" href="{settings.WAGTAILADMIN_BASE_URL}{english.url}">' in text(get(vietnamese.url))
    # An address of the other language leads on, as a link of the search page or of somebody's letter may have it.
    assert get(f"/en{vietnamese.url}").headers["Location"] == english.url
    alone = article("Chỉ có tiếng Việt")
    assert 'rel="alternate" hreflang="en"' not in text(get(alone.url))
    assert get(f"/en{alone.url}").headers["Location"] == alone.url
    assert get("/en/khong/co/").status_code == 404


def test_the_print_view_has_no_navigation_and_leads_back(article):
    page = article("Để in")
    shown = text(get(f"{page.url}in/"))
    assert "noindex" in shown
    assert "<svg" in shown
    assert 'class="masthead"' not in shown


@pytest.mark.accepts("P9")
def test_public_pages_of_content_hold_no_cookie_and_may_be_kept(article, duty):
    for path in (article().url, section().url, "/cong-khai/", duty().get_absolute_url(), "/"):
        response = get(path)
        assert not response.cookies
        assert "public" in response.headers["Cache-Control"]
        assert "csrf" not in response.content.decode().lower()
        assert len(response.content) < 100_000


def test_the_home_page_shows_what_is_new_and_what_comes(article, duty, publisher):
    article("Tin mới nhất")
    duty("cho-cong-khai", live=False)
    VersionFactory(upcoming=True, name="Thủ tục sắp có")
    shown = text(get("/"))
    for words in ("Tin mới nhất", "Thủ tục sắp có", "Có gì mới", "Sắp tới"):
        assert words in shown
    assert "Dự toán ngân sách" not in shown  # nobody has approved these words yet


def test_the_home_page_has_no_empty_parts(site):
    shown = text(get("/"))
    assert "Có gì mới" not in shown
    assert "Sắp tới" not in shown


@pytest.mark.accepts("L3")
def test_the_home_page_costs_twelve_queries_at_most(article, duty, unit, publisher, django_assert_max_num_queries):
    from procedures_catalog import listing

    for number in range(5):
        article(f"Tin {number}")
        VersionFactory(upcoming=bool(number % 2))
        duty(f"muc-{number}", live=bool(number % 2))
    Interruption.objects.create(
        scope="online", reason="Nâng cấp", planned=False, starts_at=dt.datetime.now(dt.UTC), announced_at=dt.datetime.now(dt.UTC), notice_days=0
    )
    clear = getattr(listing, "forget", None)
    if clear:
        clear()
    with django_assert_max_num_queries(12):
        assert get("/").status_code == 200
    assert DisclosureItem.objects.count() == 5
