"""A file on its way out: only to whom its owner lets have it, always as a download, and on record."""

import unicodedata

import pytest
from django.conf import settings as django_settings
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from portal.views import media
from safeguards.models import Event, StoredFile
from safeguards.uploads import services, vault
from safeguards.uploads.enums import FileState
from safeguards.uploads.views import NoSuchPart, part_of
from tests.beginnings import private_files

from . import sent_files as sent
from .uploading import owner, received

pytestmark = pytest.mark.django_db
CONTENT = sent.pdf_saying("so-tiet-lo " * 30_000)  # several pieces


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def staff(client, admin_user):
    client.force_login(admin_user)
    return client


def attached(label, name="Đơn xin “cấp lại”.pdf", content=CONTENT):
    (file,) = services.attach([received(name, content)], label, "7", keep_until=timezone.now() + timezone.timedelta(days=9))
    return file


def address(file):
    return reverse("uploads_download", args=[file.uid])


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.accepts("U8")
def test_a_download_is_nothing_but_a_download(staff):
    with owner() as label:
        file = attached(label)
        answer = staff.get(address(file))
        assert answer.status_code == 200
        assert body(answer) == CONTENT
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "filename*=UTF-8''%C4%90%C6%A1n%20xin%20%E2%80%9Cc%E1%BA%A5p%20l%E1%BA%A1i%E2%80%9D.pdf" in disposition
    assert disposition.isascii()
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Length"] == str(len(CONTENT))
    assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.accepts("U8")
def test_who_may_not_have_it_is_not_told_that_it_is_there(staff, client):
    asked = []
    with owner(may_read=lambda request, uid: bool(asked.append((request.user.pk, uid)))) as label:
        file = attached(label)
        assert staff.get(address(file)).status_code == 404
    assert [uid for _user, uid in asked] == ["7"]
    assert Event.objects.filter(kind="safeguards.file_read").count() == 0


@pytest.mark.accepts("U8")
def test_visitors_are_led_to_the_door(client):
    with owner() as label:
        file = attached(label)
        answer = client.get(address(file))
    assert answer.status_code == 302
    assert "dang-nhap" in answer["Location"] or "login" in answer["Location"]


@pytest.mark.accepts("U8")
def test_what_belongs_to_nothing_goes_to_nobody(staff):
    file = received("don.pdf", CONTENT)
    assert staff.get(address(file)).status_code == 404


@pytest.mark.accepts("U8")
def test_an_owner_that_nobody_answers_for_lets_nobody_read(staff):
    with owner() as label:
        file = attached(label)
    assert staff.get(address(file)).status_code == 404


@pytest.mark.accepts("U8")
def test_no_path_leads_straight_to_the_file(staff, client, rf, folder):
    with owner() as label:
        file = attached(label)
        for path in (f"/media/{file.storage_name}", f"/media/../private/files/{file.storage_name}", f"/static/{file.storage_name}"):
            assert staff.get(path, follow=True).status_code == 404
        with pytest.raises(Http404):
            media(rf.get("/"), file.storage_name)
    location = django_settings.PRIVATE_FILES_ROOT
    assert not location.is_relative_to(django_settings.MEDIA_ROOT)
    assert not location.is_relative_to(django_settings.STATIC_ROOT)
    with pytest.raises(ValueError, match="not accessible via a URL"):
        vault.storage().url(file.storage_name)


@pytest.mark.accepts("U8")
@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=65530-65545", 65_530, 65_546),
        ("bytes=65536-", 65_536, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        ("bytes=5-99999999999", 5, len(CONTENT)),
        ("bytes=-99999999999", 0, len(CONTENT)),
    ],
)
def test_a_part_is_given_where_one_is_asked_for(staff, asked, start, stop):
    with owner() as label:
        answer = staff.get(address(attached(label)), headers={"Range": asked})
        assert answer.status_code == 206
        assert body(answer) == CONTENT[start:stop]
    assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer["Content-Length"] == str(stop - start)


@pytest.mark.accepts("U8")
@pytest.mark.parametrize("asked", ["bytes=99999999999-", "bytes=-0"])
def test_a_part_past_the_end_is_416(staff, asked):
    with owner() as label:
        answer = staff.get(address(attached(label)), headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize("asked", ["", "bytes=", "bytes=-", "bytes=9-2", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=١-٢"])
def test_any_other_range_gives_the_whole(asked):
    assert part_of(asked, 100) is None


def test_the_end_is_not_past_the_end():
    assert part_of("bytes=10-10", 11) == (10, 11)
    with pytest.raises(NoSuchPart):
        part_of("bytes=11-", 11)


@pytest.mark.accepts("U8")
def test_every_read_is_on_record_with_who_it_was(staff, admin_user):
    with owner() as label:
        file = attached(label)
        body(staff.get(address(file)))
        body(staff.get(address(file), headers={"Range": "bytes=5-6"}))
        staff.head(address(file))
    events = Event.objects.filter(kind="safeguards.file_read", subject_id=str(file.pk))
    assert [event.actor for event in events] == [admin_user] * 2
    assert "xin" not in str([event.payload for event in events])


def test_asking_for_the_head_gives_no_content(staff):
    with owner() as label:
        answer = staff.head(address(attached(label)))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize("state", [FileState.PENDING, FileState.REFUSED])
def test_what_is_not_cleared_goes_to_nobody(staff, state):
    with owner() as label:
        file = attached(label)
        StoredFile.objects.filter(pk=file.pk).update(state=state)
        assert staff.get(address(file)).status_code == 404


@pytest.mark.accepts("U13")
@pytest.mark.parametrize("place", [0, 70_000, -1])
def test_a_file_that_was_changed_is_never_given_out_whole(staff, folder, place):
    with owner() as label:
        file = attached(label)
        path = folder / file.storage_name
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        path.write_bytes(data)
        answer = staff.get(address(file))
        if place == 0:
            assert answer.status_code == 500
        else:
            with pytest.raises(ValueError, match="not as it was written"):
                body(answer)


def test_a_file_that_is_gone_is_a_fault_of_ours(staff, folder):
    with owner() as label:
        file = attached(label)
        (folder / file.storage_name).unlink()
        assert staff.get(address(file)).status_code == 500


@pytest.mark.accepts("U7")
@pytest.mark.parametrize("name", ["../../x.pdf", "C:\\x.pdf", "a" * 300 + ".pdf", "CON.pdf", unicodedata.normalize("NFD", "Đề nghị.pdf")])
def test_files_stand_under_random_names_and_the_original_in_the_row_alone(folder, name):
    file = received(name, sent.pdf())
    stored = [path for path in folder.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert stored[0].resolve().is_relative_to(folder)
    assert len(stored[0].name) == 38
    assert set(stored[0].name) <= set("0123456789abcdef")
    row = StoredFile.objects.values().get(pk=file.pk)
    assert "x.pdf" not in str(row)
    assert file.shown_name.isprintable()
    assert unicodedata.is_normalized("NFC", file.name)
