"""Every kind of page is found while anybody may read it, with what its files say; sections, help and the list of guides, too."""

from __future__ import annotations

import itertools

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

from foundation.registries import search_sources
from organisation.models import Unit
from organisation.search_sources import reindex_units
from portal.models import ContentPage, HomePage, SectionPage
from search import files, finder
from search.models import AttachedFile, Entry
from tests.search import sample_files as samples
from tests.search.conftest import from_the_first_day, mirror, own_writes

pytestmark = pytest.mark.django_db
__all__ = ["mirror", "own_writes"]
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def page(site, editor, publisher):
    """Makes content pages: `page(title, live=False)`."""

    def make(title: str = "Quyền của bạn", *, live: bool = True, language: str = "vi", parent=None, **fields) -> ContentPage:
        home = parent or HomePage.objects.get(locale__language_code=language)
        values = {
            "slug": f"trang-{next(_numbers)}",
            "summary": "Một câu.",
            "body": [{"type": "text", "value": "<p>Đọc được bằng trình đọc màn hình.</p>"}],
            **fields,
        }
        made = ContentPage(title=title, locale=home.locale, live=False, **values)
        home.add_child(instance=made)
        revision = made.save_revision(user=editor)
        if live:
            revision.publish(user=publisher)
        return ContentPage.objects.get(pk=made.pk)

    return make


def shown(kind: str = "page") -> list[str]:
    entries = {entry.object_id: entry.title for entry in Entry.objects.filter(kind=kind, live=True)}
    return sorted(entries[key] for key in search_sources[kind].visible(entries))


def document(*lines: str, name: str = "phu-luc.docx", **fields):
    return get_document_model().objects.create(title=name, file=ContentFile(samples.docx(*lines), name), **fields)


def links(*documents) -> list[dict]:
    return [{"type": "links", "value": [{"label": "Phụ lục", "document": one.pk} for one in documents]}]


def body_of(thing) -> str:
    """What search holds of a page or a duty, whatever else of its kind there is."""
    kind, key = ("page", thing.translation_key) if isinstance(thing, ContentPage) else ("duty", thing.pk)
    return Entry.objects.get(kind=kind, object_id=str(key), live=True).body


def test_each_kind_of_page_of_the_site_is_offered_to_search(site):
    """A kind of page that is made later and forgotten here would be found by nobody."""
    from portal.models import ArticlePage, GuidePage
    from portal.search_sources import other_pages

    ours = {model for model in Page.__subclasses__() + [sub for model in Page.__subclasses__() for sub in model.__subclasses__()]
            if model._meta.app_label == "portal" and not model._meta.abstract}  # fmt: skip
    assert ours - {HomePage} == {ArticlePage, GuidePage, *other_pages()}


def test_a_page_of_help_is_found_in_both_languages_as_one_thing(page, own_writes, client):
    made = page("Trợ giúp tìm kiếm")
    english = page("Help with searching", language="en", translation_key=made.translation_key)
    (hit,) = finder.find("trợ giúp tìm kiếm").hits
    assert (hit.kind, hit.url) == ("page", made.url)
    assert client.get(hit.url).status_code == 200
    assert [hit.url for hit in finder.find("help with searching").hits] == [made.url]
    assert len(Entry.objects.filter(kind="page", live=True, object_id=str(english.translation_key))) == 1


def test_sections_are_found(site, editor, publisher):
    made = SectionPage.objects.get(locale__language_code="vi")
    made.title = "Tin tức của phường"
    made.save_revision(user=editor).publish(user=publisher)
    assert "Tin tức của phường" in shown()


@pytest.mark.accepts("S4", "A14")
def test_drafts_locked_moved_and_deleted_pages_are_not(page):
    before = shown()
    page("Bản nháp", live=False)
    assert shown() == before
    made = page("Trang mẹ")
    below = page("Trang con", parent=made)
    assert {"Trang mẹ", "Trang con"} <= set(shown())
    lock = PageViewRestriction.objects.create(page=made, restriction_type="login")
    assert shown() == before
    assert not Entry.objects.filter(kind="page", live=True, title__startswith="Trang ").exists()
    lock.delete()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        below.unpublish()
        raise ZeroDivisionError
    assert "Trang con" in shown()
    ContentPage.objects.get(pk=below.pk).unpublish()
    assert "Trang con" not in shown()
    ContentPage.objects.get(pk=made.pk).delete()
    assert shown() == before


@pytest.mark.accepts("A14")
def test_a_stale_index_shows_no_page_that_went_behind_a_lock(page, monkeypatch):
    made = page("Trang mẹ")
    monkeypatch.setattr("portal.search_sources.reindex_pages", lambda keys: None)
    PageViewRestriction.objects.create(page=made, restriction_type="login")
    assert Entry.objects.filter(title="Trang mẹ", live=True).exists()
    assert "Trang mẹ" not in shown()


def test_a_page_is_found_by_what_its_files_say(page, article, duty, own_writes):
    page("Quy chế", body=links(document("Lời của trang quýnh quáng")))
    article("Tin mới", body=[{"type": "text", "value": f'<p><a linktype="document" id="{document("Lời của bài quýnh quáng").pk}">tệp</a></p>'}])
    duty(document=document("Lời của nghĩa vụ quýnh quáng"))
    assert AttachedFile.objects.count() == 3
    files.read_waiting()
    assert {hit.kind for hit in finder.find("quýnh quáng").hits} == {"page", "article", "duty"}


@pytest.mark.accepts("A14", "S4")
def test_a_file_that_goes_behind_a_lock_or_is_deleted_says_nothing_more(page, duty):
    closed = Collection.get_first_root_node().add_child(name="Ngăn")
    one, other = document("Lời kín", collection=closed), document("Lời ngỏ")
    rules, owed = page("Quy chế", body=links(one, other)), duty(document=one)
    files.read_waiting()
    assert "Lời kín" in body_of(rules)
    assert "Lời kín" in body_of(owed)
    lock = CollectionViewRestriction.objects.create(collection=closed, restriction_type=CollectionViewRestriction.LOGIN)
    assert "Lời kín" not in body_of(rules) + body_of(owed)
    assert "Lời ngỏ" in body_of(rules)
    lock.delete()
    assert "Lời kín" in body_of(rules)
    one.delete()
    assert "Lời kín" not in body_of(rules) + body_of(owed)
    other.file = ContentFile(samples.docx("Lời thay"), "thay.docx")
    other.save()
    files.read_waiting()
    assert "Lời thay" in body_of(rules)
    assert "Lời ngỏ" not in body_of(rules)


def test_reconcile_finds_nothing_to_do(page, article, duty, own_writes, capsys):
    from_the_first_day()
    page("Quy chế", body=links(document("Lời")))
    article("Tin")
    duty(document=document("Lời khác"))
    files.read_waiting()
    reindex_units(Unit.objects.values_list("pk", flat=True))  # the town's were made by no service
    call_command("search_index", "reconcile")
    assert "entries: 0 written, 0 removed" in capsys.readouterr().out
