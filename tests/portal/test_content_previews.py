"""Links to drafts: for somebody without an account, for one state, until a day, taken back at will, kept by nobody."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.models import PreviewLink
from portal.services import ContentError, make_link, revoke_link
from portal.services.preview_links import token
from safeguards.models import Event
from tests.procedures_catalog.factories import VersionFactory

from .conftest import DAY, signed_in

pytestmark = pytest.mark.django_db


def opened(link: PreviewLink, tail: str = "", prefix: str = ""):
    return Client().get(f"{prefix}/xem-truoc/{token(link)}{tail}/")


@pytest.mark.accepts("P9", "P14")
def test_somebody_without_an_account_reads_the_draft_and_nobody_keeps_it(article, editor):
    page = article("Bản nháp", live=False)
    link = make_link(page, editor)
    response = opened(link)
    assert response.status_code == 200
    assert "Bản nháp" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert Event.objects.get(kind="portal.preview_link_made").actor == editor
    assert Client().get(page.url).status_code == 404  # the page itself stays a draft
    assert opened(link, prefix="/en").status_code == 200


def test_a_version_of_a_procedure_and_a_public_duty_can_be_shown(duty, editor):
    version = VersionFactory(draft=True)
    version.save_revision(user=editor)
    assert version.name in opened(make_link(version, editor)).content.decode()
    assert "Dự toán ngân sách" in opened(make_link(duty(live=False), editor)).content.decode()


def test_a_link_lives_seven_days_unless_told_otherwise(article, editor):
    page = article(live=False)
    link, long = make_link(page, editor), make_link(page, editor, days=30)
    for days, statuses in ((6, (200, 200)), (8, (410, 200)), (31, (410, 410))):
        with time_machine.travel(dt.datetime.now(dt.UTC) + days * DAY):
            assert (opened(link).status_code, opened(long).status_code) == statuses
    for days in (0, 61, -1):
        with pytest.raises(ContentError):
            make_link(page, editor, days=days)


def test_what_is_over_says_so_in_plain_words(article, editor, publisher):
    page = article(live=False)
    link = make_link(page, editor)
    with time_machine.travel(dt.datetime.now(dt.UTC) + 8 * DAY):
        response = opened(link)
        assert "hết hạn ngày" in response.content.decode()
        assert "Mở quầy buổi tối" not in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]
    page.get_latest_revision().publish(user=publisher)
    response = opened(link)
    assert response.status_code == 410
    assert "nay đã công khai" in response.content.decode()
    assert page.url in response.content.decode()


def test_taken_back_it_shows_nothing(article, editor, publisher):
    page = article(live=False)
    link = make_link(page, editor)
    revoke_link(link, publisher)  # may edit the page, so may take it back
    assert opened(link).status_code == 410
    assert "đã thu hồi" in opened(link).content.decode()
    with pytest.raises(ContentError):
        revoke_link(link, editor)
    assert Event.objects.get(kind="portal.preview_link_revoked").actor == publisher


def test_it_shows_one_state_of_the_draft_only(article, editor):
    page = article(live=False)
    link = make_link(page, editor)
    page.title = "Viết tiếp"
    page.save_revision(user=editor)
    assert "Viết tiếp" not in opened(link).content.decode()
    assert opened(link).status_code == 200
    rewritten = make_link(page, editor)
    page.title = "Ghi đè"
    page.save_revision(user=editor, overwrite_revision=page.get_latest_revision())
    response = opened(rewritten)
    assert response.status_code == 410
    assert "Ghi đè" not in response.content.decode()


@pytest.mark.parametrize("change", ["append", "cut", "swap", "other key", "letters", "not ascii", "later"])
def test_an_address_that_was_touched_is_an_unknown_link(article, editor, change):
    link = make_link(article(live=False), editor)
    text = token(link)
    other = make_link(article(live=False), editor)
    touched = {
        "append": text + "a", "cut": text[:-1], "swap": text[:-2] + text[:-3:-1] if text[-1] != text[-2] else text[:-1] + "!",
        "other key": token(other).split("-")[0] + "-" + text.split("-", 1)[1], "letters": "abc", "not ascii": f"{link.pk}-é",
        "later": text,
    }[change]  # fmt: skip
    if change == "later":
        # Who could write to the table could not make a link live longer: the moment is signed.
        PreviewLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() + 50 * DAY)
    response = Client().get(f"/xem-truoc/{touched}/")
    assert response.status_code == 404
    assert "Không có liên kết này" in response.content.decode()


def test_without_the_signature_anybody_could_read_on(article, editor, monkeypatch):
    """The negative control: the signature is what refuses."""
    from portal.services import preview_links

    link = make_link(article(live=False), editor)
    path = f"/xem-truoc/{link.pk}-x/"
    assert Client().get(path).status_code == 404
    monkeypatch.setattr(preview_links._signer, "unsign", lambda text: text)
    assert Client().get(path).status_code == 200


def test_only_who_may_edit_may_share(article, editor, duty):
    from .conftest import person

    clerk = person("clerk", "mot-cua")
    with pytest.raises(PermissionDenied):
        make_link(article(live=False), clerk)
    with pytest.raises(PermissionDenied):
        make_link(duty(live=False), clerk)


def test_made_and_taken_back_in_the_back_office(article, editor):
    page = article(live=False)
    client = signed_in(editor)
    url = reverse("portal_backoffice:share", args=["page", page.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"days": "3"})
    link = PreviewLink.objects.get()
    assert token(link) in client.get(url).content.decode()
    client.post(reverse("portal_backoffice:revoke", args=[link.pk]))
    assert token(link) not in client.get(url).content.decode()
    assert opened(link).status_code == 410
    assert client.post(url, {"days": "100"}).status_code == 200
    assert PreviewLink.objects.count() == 1
    assert client.get(reverse("portal_backoffice:share", args=["user", 1])).status_code == 404


def test_what_was_public_once_is_not_brought_back_by_a_link(article, editor, publisher):
    """Taken down, or corrected since (a name that should not have stood there): the link made before shows neither."""
    page = article("Có tên người", live=False)
    link = make_link(page, editor)
    page.latest_revision.publish(user=publisher)
    page.refresh_from_db()
    page.unpublish(user=publisher)
    taken_down = opened(link)
    page.refresh_from_db()
    page.title = "Không còn tên ai"
    page.save_revision(user=editor).publish(user=publisher)
    for response in (taken_down, opened(link)):
        assert response.status_code == 410
        assert "Có tên người" not in response.content.decode()


def test_what_waits_for_its_day_is_still_shown(article, editor, publisher):
    page = article("Chờ ngày", live=False)
    page.go_live_at = timezone.now() + DAY
    page.save_revision(user=editor).publish(user=publisher)
    page.refresh_from_db()
    assert not page.live
    assert opened(make_link(page, editor)).status_code == 200


def test_who_left_the_office_took_no_link_along(article, editor):
    link = make_link(article(live=False), editor)
    editor.is_active = False
    editor.save()
    assert opened(link).status_code == 410
