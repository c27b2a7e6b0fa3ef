"""Behind a lock ("privacy" of the back office): led to sign in or told no, named nowhere, kept by nobody, never by another way."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from portal.models import ContentPage, HomePage
from portal.services import four_eyes
from safeguards.models import User

from .conftest import signed_in

pytestmark = pytest.mark.django_db
LOGIN = "/tai-khoan/dang-nhap/"


def lock(page, kind: str = PageViewRestriction.LOGIN, **more) -> PageViewRestriction:
    return PageViewRestriction.objects.create(page=page, restriction_type=kind, **more)


@pytest.fixture
def drawer(site, settings, tmp_path):
    """A collection that only who is signed in may see."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = Collection.get_first_root_node().add_child(name="Ngăn kín")
    CollectionViewRestriction.objects.create(collection=made, restriction_type=CollectionViewRestriction.LOGIN)
    return made


def document(collection=None):
    where = {"collection": collection} if collection else {}
    return get_document_model().objects.create(title="Biên bản", file=ContentFile(b"trong phong kin", "bien-ban.txt"), **where)


def picture(collection=None):
    where = {"collection": collection} if collection else {}
    image = get_image_model().objects.create(title="Ảnh", file=get_test_image_file(), **where)
    return image, image.get_rendition("width-20")


@pytest.mark.accepts("A14")
@pytest.mark.parametrize("tail", ["", "in/"])
def test_a_visitor_is_led_to_sign_in_and_back(article, tail):
    page = article()
    lock(page)
    response = Client().get(page.url + tail)
    assert (response.status_code, response.headers["Location"]) == (302, f"{LOGIN}?next={page.url}{tail}")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.accepts("P9", "A14")
@pytest.mark.parametrize("tail", ["", "in/"])
def test_who_may_read_it_does_and_no_cache_keeps_it(article, editor, tail):
    page = article()
    lock(page)
    response = signed_in(editor).get(page.url + tail)
    assert response.status_code == 200
    assert page.title in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert "public" not in response.headers["Cache-Control"]
    assert "ETag" not in response.headers


@pytest.mark.accepts("A14")
def test_signed_in_and_still_not_allowed_is_told_no_not_led_in_a_circle(article, editor):
    page = article()
    lock(page, PageViewRestriction.GROUPS)  # of no group
    response = signed_in(editor).get(page.url)
    assert response.status_code == 403
    assert page.title not in response.content.decode()


@pytest.mark.accepts("A14")
def test_there_are_no_shared_passwords(article, editor, drawer):
    page, file = article(), document(drawer)
    lock(page, PageViewRestriction.PASSWORD, password="mat-khau-chung")  # pragma: allowlist secret
    drawer.view_restrictions.update(restriction_type=CollectionViewRestriction.PASSWORD)
    assert Client().get(page.url).status_code == 404
    assert Client().get(file.url).status_code == 404
    form = signed_in(User.objects.create_superuser("chinh")).get(f"/admin/pages/{page.pk}/privacy/").json()["html"]
    assert 'value="login"' in form
    assert 'value="password"' not in form


@pytest.mark.accepts("A14")
def test_a_page_below_a_lock_is_not_named_in_the_navigation(site, editor, publisher):
    home = HomePage.objects.get(locale__language_code="vi")
    above = ContentPage(title="Nội bộ", slug="noi-bo", locale=home.locale, live=False)
    home.add_child(instance=above)
    below = ContentPage(title="Lịch trực của cơ quan", slug="lich-truc", locale=home.locale, live=False, place=ContentPage.Place.NAVIGATION)
    above.add_child(instance=below)
    for page in (above, below):
        page.save_revision(user=editor).publish(user=publisher)
    assert below.title in Client().get("/tro-giup/").content.decode()
    lock(above)
    assert below.title not in Client().get("/tro-giup/").content.decode()
    assert four_eyes.approvals(below).exists()  # a lock is no unpublishing


@pytest.mark.accepts("A14")
def test_a_file_goes_out_by_its_own_address_only(drawer, editor):
    """The folder of uploads is no second way to what stands behind a lock, nor one past the type that we name."""
    private, free = document(drawer), document()
    assert Client().get(private.url).headers["Location"].startswith(LOGIN)
    assert b"".join(signed_in(editor).get(private.url).streaming_content) == b"trong phong kin"
    assert b"".join(Client().get(free.url).streaming_content) == b"trong phong kin"
    for one in (private, free):
        assert Client().get(f"/media/{one.file.name}").status_code == 404
        assert signed_in(editor).get(f"/media/{one.file.name}").status_code == 404


@pytest.mark.accepts("A14")
def test_a_picture_behind_a_lock_is_not_there_for_visitors(drawer, editor):
    image, rendition = picture(drawer)
    assert Client().get(rendition.url).status_code == 404
    shown = signed_in(editor).get(rendition.url)
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    assert Client().get(f"/media/{image.file.name}").status_code == 404


@pytest.mark.accepts("P11")
def test_a_picture_as_it_came_has_no_address(site, settings, tmp_path):
    """It may say where it was taken; what pages show is made from it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    image, rendition = picture()
    shown = Client().get(rendition.url)
    assert shown.status_code == 200
    assert "max-age=86400" in shown.headers["Cache-Control"]
    assert Client().get(f"/media/{image.file.name}").status_code == 404
