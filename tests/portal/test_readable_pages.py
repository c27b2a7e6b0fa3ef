"""A page goes public only when everybody can read it, whatever the way it is published."""

from __future__ import annotations

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Locale
from wagtail.test.utils.form_data import nested_form_data, streamfield

from portal.accessibility import problems
from portal.models import ContentPage, HomePage
from portal.setup import ensure_site
from portal.wagtail_hooks import hold_bulk_publish, hold_copy
from safeguards.models import User
from tests.beginnings import whole_site

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("W12")]
HEADING = {"type": "heading", "value": {"level": "2", "text": "Cách nộp"}}
DEEP = {"type": "heading", "value": {"level": "4", "text": "Nhảy cấp"}}
EMPTY_LINK = {"type": "text", "value": '<p>Xem <a href="https://vd.example.org"> \u200b</a> nhé</p>'}
NO_TARGET = {"type": "links", "value": [{"label": "Biểu mẫu", "page": None, "document": None, "url": ""}]}
NO_WORDS = {"type": "links", "value": [{"label": " ", "page": None, "document": None, "url": "https://vd.example.org"}]}
SCRIPT_LINK = {"type": "text", "value": '<p><a href="javascript:alert(1)">bấm</a></p>'}


@pytest.fixture
def home():
    return whole_site()


@pytest.fixture
def picture():
    return get_image_model().objects.create(title="Quầy", file=get_test_image_file())


def image(picture, alt="", decorative=False):
    return {"type": "image", "value": {"image": picture.pk, "alt": alt, "decorative": decorative, "caption": ""}}


def draft(home, body, slug="thu"):
    """A draft with this body."""
    page = ContentPage(title="Thử", slug=slug, body=body, live=False)
    home.add_child(instance=page)
    page.save_revision()
    return page


def bad_bodies(picture):
    return {
        "picture without words": [image(picture)],
        "picture with blank words": [image(picture, alt=" \u200b ")],
        "heading skipped": [HEADING, DEEP],
        "first heading too deep": [{"type": "heading", "value": {"level": "3", "text": "Sâu quá"}}],
        "heading without words": [{"type": "heading", "value": {"level": "2", "text": " "}}],
        "link without words": [EMPTY_LINK],
        "link that leads nowhere": [NO_TARGET],
        "link of a list without words": [NO_WORDS],
        "link that runs a script": [SCRIPT_LINK],
    }


def test_problems_name_their_block_and_say_what_to_do():
    found = problems([HEADING, DEEP, EMPTY_LINK])
    assert [problem.block for problem in found] == [1, 2]
    assert all(problem.message for problem in found)


def test_words_decoration_and_levels_in_order_pass(home, picture):
    third = {"type": "heading", "value": {"level": "3", "text": "Tại quầy"}}
    body = [HEADING, third, DEEP, HEADING, image(picture, alt="Quầy số 2"), image(picture, decorative=True)]
    page = draft(home, body)
    page.get_latest_revision().publish()
    page.refresh_from_db()
    assert page.live


def test_no_way_of_publishing_passes_the_rule(home, picture):
    for name, body in bad_bodies(picture).items():
        page = draft(home, body, slug=f"thu-{len(name)}-{abs(hash(name)) % 1000}")
        with pytest.raises(ValidationError):
            page.get_latest_revision().publish()
        with pytest.raises(ValidationError):
            page.copy(update_attrs={"slug": f"{page.slug}-c", "live": True}, keep_live=True)
        page.live = True
        with pytest.raises(ValidationError):
            page.save()
        page.refresh_from_db()
        assert not page.live, name
        with pytest.raises(ValidationError):
            home.add_child(instance=ContentPage(title="Thẳng", slug=f"{page.slug}-d", body=body))


def test_an_alias_or_translation_of_a_page_that_became_unreadable_does_not_go_public(home, picture):
    page = draft(home, [HEADING])
    page.get_latest_revision().publish()
    ContentPage.objects.filter(pk=page.pk).update(body=[{"type": "image", "value": image(picture)["value"]}])
    page = ContentPage.objects.get(pk=page.pk)
    with pytest.raises(ValidationError):
        page.create_alias(parent=home, update_slug="bi-danh")
    english = Locale.objects.get(language_code="en")
    translated = page.copy_for_translation(english, copy_parents=True)
    assert not translated.live


def test_a_scheduled_page_stays_a_draft(home, picture):
    page = draft(home, [image(picture)])
    revision = page.get_latest_revision()
    revision.approved_go_live_at = timezone.now() - timezone.timedelta(hours=1)
    revision.save(update_fields=["approved_go_live_at"])
    with pytest.raises(CommandError):  # the job says that one was left
        call_command("publish_scheduled")
    page.refresh_from_db()
    assert not page.live


def test_home_pages_are_made_once_in_both_languages(home):
    assert ensure_site() == home
    assert HomePage.objects.count() == 2
    assert {page.translation_key for page in HomePage.objects.all()} == {home.translation_key}
    assert ContentPage.objects.filter(locale__language_code="vi").count() == ContentPage.objects.filter(locale__language_code="en").count()


def asked(user) -> HttpRequest:
    """A request of the back office, with somewhere for messages to go."""
    request = RequestFactory().post("/admin/", {"publish_copies": "on"})
    request.user, request.session = user, {}
    request._messages = FallbackStorage(request)
    return request


def test_bulk_publishing_and_public_copies_are_held_back_with_a_message(home, picture):
    user = User.objects.create_superuser("quan-tri-thu", "qt@example.org", "mật khẩu đủ dài để thử")
    page, readable = draft(home, [image(picture)]), draft(home, [HEADING], slug="doc-duoc")
    request = asked(user)
    assert hold_bulk_publish(request, "publish", [readable, page], None).status_code == 302
    assert [page.title in str(message) for message in request._messages] == [True]
    assert hold_copy(asked(user), page).status_code == 302
    assert hold_bulk_publish(asked(user), "publish", [readable], None) is None
    assert hold_bulk_publish(asked(user), "delete", [page], None) is None
    assert hold_copy(asked(user), readable) is None


def form_of(home, page, body, **more):
    """The editor's form, filled in."""
    user = User.objects.create_superuser(f"quan-tri-{User.objects.count()}", "qt@example.org", "mật khẩu đủ dài để thử")
    empty = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    data = nested_form_data({"title": page.title, "slug": page.slug, "summary": "", "place": "", "body": body, "comments": empty, **more})
    kind = page.get_edit_handler().get_form_class()
    return kind(data, {}, instance=page, for_user=user, parent_page=home)


@pytest.mark.parametrize("action", ["action-publish", "action-submit", "action-workflow-action"])
def test_the_editor_says_what_is_wrong_beside_the_block(home, action):
    page = draft(home, [HEADING])
    body = streamfield([("heading", {"level": "4", "text": "Nhảy cấp"})])
    form = form_of(home, page, body, **{action: "approve"})
    assert not form.is_valid()
    (error,) = form.errors["body"].as_data()
    assert list(error.block_errors) == [0]


def test_a_draft_with_problems_may_be_saved(home):
    page = draft(home, [HEADING])
    assert form_of(home, page, streamfield([("heading", {"level": "4", "text": "Nhảy cấp"})])).is_valid()


def test_a_page_whose_address_was_left_empty_gets_one_from_its_title(home):
    def address(title, slug=""):
        form = form_of(home, ContentPage(title=title, slug=slug), streamfield([]))
        return form.cleaned_data.get("slug") if form.is_valid() else form.errors

    assert address("Đổi giờ làm việc ở phường") == "doi-gio-lam-viec-o-phuong"
    home.add_child(instance=ContentPage(title="Đổi giờ", slug="doi-gio"))
    assert address("Đổi giờ") == "doi-gio-2"
    assert address("Đổi giờ", "đổi-gì-đó") == "doi-gi-do"
    assert len(address("Một tên rất dài " * 15)) <= 80
    assert list(address("???")) == ["slug"]
    known = ContentPage.objects.get(slug="doi-gio")
    data = form_of(home, known, streamfield([])).data | {"slug": ""}
    emptied = known.get_edit_handler().get_form_class()(data, {}, instance=known, for_user=User.objects.first(), parent_page=home)
    assert emptied.is_valid()
    assert emptied.cleaned_data["slug"] == "doi-gio", "an address that people have links to stays"
