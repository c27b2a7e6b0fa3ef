"""Files of what can be found: asked for when it is published, read once in a job, then found by what they say."""

from __future__ import annotations

import io
import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import files, finder, services
from search.models import AttachedFile, Entry, FileState, FileText

from . import sample_files as samples

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "thing"


@pytest.fixture
def shelf(settings, tmp_path, monkeypatch):
    """Things with files, by their id: `shelf[id] = [names]`; `shelf.publish()` writes them."""
    settings.MEDIA_ROOT = tmp_path / "media"
    things: dict[str, list[str]] = {}

    def documents():
        known = files.texts(name for names in things.values() for name in names)
        for object_id, names in things.items():
            yield SearchDocument(KIND, object_id, f"Vật {object_id}", f"/{object_id}/", "Nói vắn tắt.", attached=files.joined(names, known))

    asked = []

    def read(names):
        asked.append(sorted(names))
        services.put(documents())

    monkeypatch.setitem(search_sources._items, KIND, SearchSource(KIND, "Things", documents, set, files_read=read))
    monkeypatch.setattr(files, "_defer", lambda: None)

    class Shelf(dict):
        read_again = asked

        def publish(self):
            with transaction.atomic():
                services.put(documents())

        def keep(self, name, data):
            return default_storage.save(name, ContentFile(data))

    made = Shelf()
    things = made
    return made


def titles(query):
    return [hit.title for hit in finder.find(query).hits]


def test_what_a_file_says_is_found_and_shown_once_it_was_read(shelf):
    shelf["1"] = [shelf.keep("to-khai.docx", samples.docx("Cam kết không trùng lặp", "Người giám hộ đương nhiên"))]
    shelf["2"] = []
    shelf.publish()
    assert titles("giám hộ đương nhiên") == []
    assert files.states() == {"waiting": 1}
    assert files.read_waiting() == 1
    assert titles("giám hộ đương nhiên") == ["Vật 1"]
    hit = finder.find("giám hộ đương nhiên").hits[0]
    assert any(piece.marked and "giám hộ đương nhiên" in piece.text for piece in hit.snippet)
    assert files.states() == {"read": 1, "waiting": 0}
    assert files.read_waiting() == 0


def test_a_content_is_read_once_however_many_files_have_it(shelf, monkeypatch):
    data = samples.docx("Giấy uỷ quyền")
    shelf["1"], shelf["2"] = [shelf.keep("mot.docx", data)], [shelf.keep("hai.docx", data)]
    shelf.publish()
    read, times = files.read, []
    monkeypatch.setattr(files, "read", lambda path: times.append(path) or read(path))
    assert files.read_waiting() == 2
    assert len(times) == 1
    assert FileText.objects.count() == 1
    assert sorted(titles("giấy uỷ quyền")) == ["Vật 1", "Vật 2"]


def test_what_cannot_be_read_is_noted_and_not_tried_again(shelf, monkeypatch):
    shelf["1"] = [shelf.keep("scan.pdf", samples.scanned_pdf()), shelf.keep("khoa.pdf", samples.locked_pdf("x", "mật"))]
    shelf["2"] = [shelf.keep("that.docx", samples.docx("Đọc được"))]
    shelf.publish()
    files.read_waiting()
    states = {file.name: file.content.state for file in AttachedFile.objects.select_related("content")}
    assert states == {"scan.pdf": "empty", "khoa.pdf": "locked", "that.docx": "read"}
    monkeypatch.setattr(files, "read", lambda path: pytest.fail("read again"))
    shelf.publish()
    assert files.read_waiting() == 0
    assert titles("đọc được") == ["Vật 2"]


def test_a_file_that_is_too_large_is_not_opened(shelf, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    monkeypatch.setattr(files, "read", lambda path: pytest.fail("read"))
    shelf["1"] = [shelf.keep("to.pdf", b"%PDF" + b"x" * 2000)]
    shelf.publish()
    files.read_waiting()
    assert FileText.objects.get().state == FileState.LARGE
    assert files.read_waiting() == 0


def test_a_file_that_is_not_there_yet_is_tried_a_few_times(shelf):
    shelf["1"] = ["se-co.docx"]
    shelf.publish()
    files.read_waiting()
    assert AttachedFile.objects.get().trouble
    shelf.keep("se-co.docx", samples.docx("Đã có"))
    files.read_waiting()
    assert titles("đã có") == ["Vật 1"]
    shelf["2"] = ["khong-co.docx"]
    shelf.publish()
    for _ in range(files.TRIES + 2):
        files.read_waiting()
    assert AttachedFile.objects.get(name="khong-co.docx").tries == files.TRIES
    assert files.states() == {"read": 1, "waiting": 0, "missing": 1}


def test_a_file_that_the_storage_refuses_does_not_hold_up_the_others(shelf, caplog):
    shelf["1"] = ["../ngoai.docx"]  # no OSError: the storage calls it suspicious
    shelf["2"] = [shelf.keep("that.docx", samples.docx("Đọc được"))]
    shelf.publish()
    assert files.read_waiting() == 2
    assert titles("đọc được") == ["Vật 2"]
    refused = AttachedFile.objects.get(name="../ngoai.docx")
    assert (refused.tries, refused.trouble) == (1, "SuspiciousFileOperation")
    assert f"file {refused.pk} could not be read" in caplog.text
    for _ in range(files.TRIES):
        files.read_waiting()
    assert files.states() == {"read": 1, "waiting": 0, "missing": 1}


def test_asking_is_part_of_the_transaction_that_asks(shelf):
    shelf["1"] = [shelf.keep("a.docx", samples.docx("Ma"))]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        shelf.publish()
        raise ZeroDivisionError
    assert not AttachedFile.objects.exists()


def test_nothing_is_read_where_it_is_asked_for(shelf, monkeypatch):
    """Publishing waits for no file, and falls with none."""
    monkeypatch.setattr(files, "_read_one", lambda name: pytest.fail("read in the request"))
    shelf["1"] = [shelf.keep("a.pdf", samples.bomb_pdf()[:1000])]
    shelf.publish()
    assert Entry.objects.get(kind=KIND).title == "Vật 1"


def test_the_job_is_deferred_once_the_change_is_committed(shelf, monkeypatch):
    told = []
    monkeypatch.setattr(files, "_defer", lambda: told.append(AttachedFile.objects.count()))
    shelf["1"] = [shelf.keep("a.docx", samples.docx("x"))]
    with transaction.atomic():
        shelf.publish()
        assert told == []
    assert told == [1]


def test_a_long_file_is_found_by_its_last_words_and_its_entry_stays_small(shelf):
    lines = [f"Điều {number}. Hồ sơ gồm bản chính và bản sao." for number in range(1500)]
    shelf["1"] = [shelf.keep("dai.docx", samples.docx(*lines, "Phụ lục cuối: quýnh quáng"))]
    shelf.publish()
    files.read_waiting()
    assert titles("quýnh quáng") == ["Vật 1"]
    entry = Entry.objects.get(kind=KIND)
    assert len(entry.body) <= files.SHOWN + 100
    tokens = entry.streams["body_folded"].split()
    assert len(tokens) <= files.WORDS + 700
    assert tokens.count("gom") == 1, "a word that a file repeats counts once"


@pytest.mark.accepts("S7")
def test_no_personal_number_of_a_file_is_kept_or_indexed(shelf):
    shelf["1"] = [shelf.keep("a.docx", samples.docx("Ông A, CCCD 001099012345, điện thoại 0912345678"))]
    shelf.publish()
    files.read_waiting()
    kept = json.dumps([*FileText.objects.values_list("text"), *Entry.objects.values_list("body", "streams")], default=str, ensure_ascii=False)
    assert "001099012345" not in kept
    assert "0912345678" not in kept
    assert "Ông A" in kept


def test_what_a_file_said_is_forgotten_with_it(shelf):
    data = samples.docx("Sẽ mất")
    one, other = shelf.keep("a.docx", data), shelf.keep("b.docx", data)
    shelf["1"] = [one, other]
    shelf.publish()
    files.read_waiting()
    files.forget([one])
    assert FileText.objects.count() == 1
    files.forget([other])
    assert not FileText.objects.exists()


def test_a_file_that_no_document_has_any_more_is_forgotten_at_night(shelf):
    # What an earlier test left of a database that is emptied after each of these is not sure to hold the collections.
    root = Collection.get_first_root_node() or Collection.add_root(name="Root")
    document = get_document_model().objects.create(title="Tờ khai", collection=root, file=ContentFile(samples.docx("Có chủ"), "co-chu.docx"))
    shelf["1"] = [document.file.name, shelf.keep("mo-coi.docx", samples.docx("Mồ côi"))]
    shelf.publish()
    files.read_waiting()
    assert files.forget_gone() == 1
    assert [content.text for content in FileText.objects.all()] == ["Có chủ"]


def test_words_far_down_in_a_long_file_are_shown(shelf):
    lines = [f"Điều {number}. Hồ sơ gồm bản chính và bản sao." for number in range(300)]
    shelf["1"] = [shelf.keep("dai.docx", samples.docx(*lines, "Phụ lục cuối: Đơn xin quýnh quáng"))]
    shelf.publish()
    files.read_waiting()
    (hit,) = finder.find("quynh quang").hits
    assert "".join(piece.text for piece in hit.snippet if piece.marked) == "quýnh quáng"


def test_the_command_says_how_many_files_are_in_which_state(shelf):
    shelf["1"] = [shelf.keep("a.docx", samples.docx("Chữ")), shelf.keep("b.pdf", samples.scanned_pdf()), "mat.pdf"]
    shelf.publish()
    files.read_waiting()
    out = io.StringIO()
    call_command("search_index", "status", stdout=out)
    assert 'files: {"read": 1, "empty": 1, "waiting": 1}' in out.getvalue()


def test_staff_see_which_files_could_not_be_read_and_why(shelf, client, admin_user):
    shelf["1"] = [shelf.keep("a.docx", samples.docx("Chữ")), shelf.keep("scan.pdf", samples.scanned_pdf()), "mat.pdf"]
    shelf.publish()
    files.read_waiting()
    address = reverse("search_backoffice:files")
    assert client.get(address).status_code == 302
    client.force_login(admin_user)
    page = client.get(address).content.decode()
    assert "scan.pdf" in page
    assert "trang quét" in page
    assert "mat.pdf" in page
    assert "a.docx" not in page
    assert "scan.pdf" in client.get(f"{address}?export=csv").getvalue().decode()
