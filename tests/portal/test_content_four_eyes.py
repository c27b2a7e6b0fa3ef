"""Who wrote part of a page does not publish it, whichever way it is tried; publishing what another wrote is allowed."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale, Page
from wagtail.test.utils.form_data import nested_form_data, streamfield

from portal.models import Approval, ArticlePage, ContentPage, Contribution, DisclosureItem
from portal.services import FourEyesRefused, four_eyes
from procedures_catalog.services.publishing import publish_scheduled
from safeguards.models import User
from safeguards.requests import under_request

from .conftest import DAY, PASSWORD, section, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("A12")]
NONE = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}


def form(page: ArticlePage, **changes) -> dict:
    """The editor's form as the browser sends it back, with changes."""
    blocks = [(block["type"], block["value"]) for block in page.get_latest_revision_as_object().body.get_prep_value()]
    values = {
        "title": page.title, "slug": page.slug, "kind": page.kind, "date": page.date.isoformat(), "summary": page.summary, "picture": "",
        "picture_alt": "", "unit": "", "related": NONE, "comments": NONE, "go_live_at": "", "expire_at": "", "seo_title": "",
        "search_description": "", "body": streamfield([(kind, _rich(value)) for kind, value in blocks]), **changes,
    }  # fmt: skip
    return nested_form_data(values)


def _rich(value):
    """A rich text as Wagtail's editor sends it."""
    from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

    from portal.blocks import TEXT_FEATURES

    return ContentstateConverter(TEXT_FEATURES).from_database_format(value) if isinstance(value, str) else value


def edit_url(page: Page) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def is_live(page: Page) -> bool:
    return Page.objects.get(pk=page.pk).live


@pytest.fixture
def own(publisher, site):
    """A draft that the publisher wrote."""
    parent = section()
    page = ArticlePage(title="Tự viết", slug="tu-viet", summary="Tóm tắt", body=[], locale=parent.locale, live=False)
    parent.add_child(instance=page)
    page.save_revision(user=publisher)
    return ArticlePage.objects.get(pk=page.pk)


def test_a_publisher_publishes_what_another_wrote(article, publisher):
    page = article(live=False)
    signed_in(publisher).post(edit_url(page), form(page, **{"action-publish": "1"}))
    assert is_live(page)
    approval = Approval.objects.filter(subject_id=page.pk).latest("pk")
    assert (approval.approver, approval.kind) == (publisher, "review")


def test_nobody_publishes_from_the_editor_what_they_wrote(own, publisher):
    response = signed_in(publisher).post(edit_url(own), form(own, **{"action-publish": "1"}))
    assert response.status_code == 200
    assert "Bạn đã viết một phần" in response.content.decode()
    assert not is_live(own)


def test_nobody_changes_and_publishes_in_one_request(article, publisher):
    page = article(live=False)
    response = signed_in(publisher).post(edit_url(page), form(page, title="Đổi tựa", **{"action-publish": "1"}))
    assert "Bạn đã viết một phần" in response.content.decode()
    assert "Đổi tựa" in response.content.decode()  # what was typed stays
    assert not is_live(page)


def test_nobody_creates_and_publishes_in_one_request(own, publisher):
    data = form(own, slug="moi-viet", title="Mới viết", **{"action-publish": "1"})
    url = reverse("wagtailadmin_pages:add", args=["portal", "articlepage", section().pk])
    assert "Bạn đã viết một phần" in signed_in(publisher).post(url, data).content.decode()
    assert not Page.objects.filter(slug="moi-viet").exists()


def test_a_superuser_is_no_second_person(own, publisher):
    boss = User.objects.create_superuser("sep", "sep@example.org", PASSWORD)
    page = own
    page.title = "Sếp sửa"
    page.save_revision(user=boss)
    with pytest.raises(FourEyesRefused):
        page.get_latest_revision().publish(user=boss)


def test_reverting_to_one_s_own_words_is_writing(article, publisher, second_publisher):
    page = article()
    page.title = "Bản của người duyệt"
    page.save_revision(user=publisher)
    mine = page.get_latest_revision()
    page.title = "Bản của biên tập"
    page.save_revision(user=User.objects.get(username="bien-tap"))
    with pytest.raises(FourEyesRefused):
        mine.publish(user=publisher)
    page.get_latest_revision().publish(user=second_publisher)
    with pytest.raises(FourEyesRefused):
        mine.publish(user=publisher)


def test_what_was_approved_may_be_published_again_unchanged(article, editor, publisher):
    page = article()
    page.unpublish()
    signed_in(publisher).post(edit_url(page), form(page, **{"action-publish": "1"}))
    assert is_live(page)


def test_an_approval_covers_only_what_stood_before_it(article, editor, publisher, second_publisher):
    """The publisher writes on while another approves the state before: what came after is still the publisher's own."""
    page = article()
    first = page.get_latest_revision()
    page.title = "Người duyệt viết tiếp"
    page.save_revision(user=publisher)
    first.publish(user=second_publisher)
    page.title = "Người duyệt viết tiếp, biên tập thêm dấu chấm."
    page.save_revision(user=editor)
    with pytest.raises(FourEyesRefused):
        page.get_latest_revision().publish(user=publisher)


def test_bulk_publishing_stops_before_one_s_own(own, article, publisher):
    other = article(live=False)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={other.pk}&id={own.pk}&next=/admin/"
    signed_in(publisher).post(url, {"include_descendants": ""})
    assert not is_live(own)
    assert not is_live(other)
    signed_in(publisher).post(url.replace(f"&id={own.pk}", ""), {"include_descendants": ""})
    assert is_live(other)


def test_bulk_publishing_of_a_section_does_not_take_one_s_own_drafts_along(own, publisher):
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={section().pk}&next=/admin/"
    signed_in(publisher).post(url, {"include_descendants": "on"})
    assert not is_live(own)


def test_a_copy_begins_as_a_draft(article, publisher):
    page = article()
    data = {"new_title": "Sao", "new_slug": "ban-sao", "new_parent_page": section().pk, "publish_copies": "on"}
    signed_in(publisher).post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data)
    assert not Page.objects.filter(slug="ban-sao", live=True).exists()
    signed_in(publisher).post(reverse("wagtailadmin_pages:copy", args=[page.pk]), {**data, "publish_copies": ""})
    copy = ArticlePage.objects.get(slug="ban-sao")
    assert not copy.live
    with pytest.raises(FourEyesRefused):
        copy.get_latest_revision().publish(user=publisher)


def test_copying_one_s_own_draft_does_not_forget_who_wrote_it(own, publisher):
    copy = own.copy(update_attrs={"slug": "sao-cua-toi"}, keep_live=False, user=publisher)
    with pytest.raises(FourEyesRefused):
        copy.get_latest_revision().publish(user=publisher)


API = "/admin/api/main/pages/{}/action/{}/"


def api(user, page, action, **data):
    client = signed_in(user)
    client.raise_request_exception = False
    return client.post(API.format(page.pk, action), json.dumps(data), content_type="application/json")


def test_the_api_of_the_back_office_is_no_way_round(own, article, publisher):
    assert api(publisher, own, "publish").status_code in {400, 403}
    assert not is_live(own)
    page = article()
    assert api(publisher, page, "copy", slug="sao-api", title="Sao", keep_live=True, recursive=False).status_code in {400, 403}
    assert not Page.objects.filter(slug="sao-api").exists()


def test_an_alias_follows_its_original_and_never_leads(own, article, publisher):
    page = article()
    assert api(publisher, page, "create_alias", destination_page_id=section().pk, update_slug="bi-danh", recursive=False).status_code == 201
    assert ArticlePage.objects.get(slug="bi-danh").live
    assert api(publisher, own, "create_alias", destination_page_id=section().pk, update_slug="bi-danh-nhap", recursive=False).status_code in {
        201,
        403,
    }
    assert not Page.objects.filter(slug="bi-danh-nhap", live=True).exists()


def test_an_alias_that_becomes_a_page_says_what_was_public(article, publisher):
    alias = article().create_alias(parent=section(), update_slug="bi-danh-tach", user=publisher)
    assert api(publisher, alias, "convert_alias").status_code == 200
    alias = ArticlePage.objects.get(pk=alias.pk)
    assert alias.live
    assert Approval.objects.filter(subject_id=alias.pk, kind="unchanged").exists()


def test_a_translation_begins_as_a_draft(article, publisher):
    page = article()
    english = Locale.objects.get(language_code="en")
    publisher = User.objects.create_superuser("sep", "sep@example.org", PASSWORD)
    assert api(publisher, page, "copy_for_translation", locale="en", copy_parents=False, alias=False, recursive=False).status_code == 201
    translation = ArticlePage.objects.get(translation_key=page.translation_key, locale=english)
    assert not translation.live
    with pytest.raises(FourEyesRefused):
        translation.get_latest_revision().publish(user=publisher)


def test_a_schedule_needs_the_second_person_when_it_is_made(own, article, publisher):
    soon = timezone.now() + DAY
    own.go_live_at = soon
    own.save_revision(user=publisher)
    with pytest.raises(FourEyesRefused):
        own.get_latest_revision().publish(user=publisher)
    page = article(live=False, go_live_at=soon)
    page.get_latest_revision().publish(user=publisher)
    revision = page.get_latest_revision()
    assert revision.approved_go_live_at is not None
    revision.approved_go_live_at = timezone.now() - DAY
    revision.content["go_live_at"] = None
    revision.save()
    assert publish_scheduled().published == [revision.pk]
    assert is_live(page)


def test_a_schedule_that_was_tampered_with_is_not_published(article, publisher):
    page = article(live=False, go_live_at=timezone.now() + DAY)
    page.get_latest_revision().publish(user=publisher)
    revision = page.get_latest_revision()
    revision.approved_go_live_at = timezone.now() - DAY
    revision.content |= {"go_live_at": None, "title": "Tựa bị đổi"}
    revision.save()
    assert publish_scheduled().failed.keys() == {revision.pk}
    assert not is_live(page)


def test_an_unapproved_schedule_stops_no_other(own, article, publisher):
    for page in (own, article(live=False)):
        revision = page.get_latest_revision()
        revision.approved_go_live_at = timezone.now() - DAY
        revision.save()
    done = publish_scheduled()
    assert not done.published
    assert len(done.failed) == 2


def test_approving_one_s_own_in_the_workflow_is_not_offered_and_not_possible(own, article, publisher):
    workflow = own.get_workflow()
    assert workflow is not None
    for page, may in ((own, False), (article(live=False), True)):
        state = workflow.start(page, publisher)
        task = state.current_task_state
        actions = [name for name, _label, _modal in task.task.specific.get_actions(page, publisher)]
        assert ("approve" in actions) is may
        url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", task.pk])
        signed_in(publisher).post(url, {"comment": ""})
        assert is_live(page) is may


def test_an_approved_revision_is_not_overwritten_by_autosave(article, editor):
    page = article()
    page.title = "Ghi đè"
    with pytest.raises(PermissionDenied):
        page.save_revision(user=editor, overwrite_revision=page.get_latest_revision())


def test_within_a_request_no_page_is_public_without_an_approval(site):
    page = ContentPage(title="Thẳng", slug="thang", body=[])
    with under_request("thu-nghiem"), pytest.raises(FourEyesRefused), transaction.atomic():
        site.add_child(instance=page)
    draft = ContentPage(title="Nháp", slug="nhap", body=[], live=False)
    site.add_child(instance=draft)
    draft.live = True
    with under_request("thu-nghiem"), pytest.raises(FourEyesRefused), transaction.atomic():
        draft.save()


def test_without_the_guard_the_editor_would_publish(own, publisher, monkeypatch):
    """The negative control: what the tests above see is the guard's doing."""
    monkeypatch.setattr(four_eyes, "why_not", lambda *args: "")
    own.get_latest_revision().publish(user=publisher)
    assert is_live(own)


@pytest.mark.parametrize("table", ["portal_contribution", "portal_approval"])
def test_who_wrote_and_who_approved_stays_on_record(article, table):
    article()
    assert Contribution.objects.exists()
    for statement in (f"update {table} set digest = ''", f"delete from {table}"):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_public_duty_needs_two_people_too(duty, editor, publisher):
    item = duty(live=False)
    item.title = "Người duyệt sửa"
    revision = item.save_revision(user=publisher)
    with pytest.raises(FourEyesRefused):
        revision.publish(user=publisher)
    assert not DisclosureItem.objects.get(pk=item.pk).live
    url = reverse("wagtailsnippets_portal_disclosureitem:edit", args=[item.pk])
    page = signed_in(publisher).get(url).content.decode()
    assert 'name="action-publish"' not in page
