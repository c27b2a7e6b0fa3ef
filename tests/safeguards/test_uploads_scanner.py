"""Viruses: what is found is not kept and is on record; a scanner that does not answer lets nobody see a file."""

import io
import threading

import pytest
from django.urls import reverse

from safeguards import jobs
from safeguards.models import Event, StoredFile
from safeguards.uploads import scanner, services, upkeep, vault
from safeguards.uploads.enums import FileState, Reason
from tests.beginnings import private_files

from . import sent_files as sent
from .uploading import PURPOSE, answering, drained, fake_clamd, hanging_up, received, silent, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def real(settings, clamd_address):
    settings.CLAMD_ADDRESS = clamd_address


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


# ── A real one ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("U3")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("eicar.txt", sent.EICAR),
        ("don.pdf", sent.EICAR),
        ("eicar.zip", sent.zipped({"eicar.com": sent.EICAR})),
        ("don.docx", sent.infected_docx()),
        ("don.pdf", sent.infected_pdf()),
    ],
    ids=["plain", "plain as a document", "zip", "docx", "pdf"],
)
def test_a_virus_is_refused_not_kept_and_on_record(real, folder, name, content):
    kept, refused = services.receive([upload(name, content)], PURPOSE)
    assert kept == []
    assert [one.reason for one in refused] == [Reason.INFECTED]
    assert StoredFile.objects.count() == 0
    assert stored(folder) == []
    event = Event.objects.get(kind="safeguards.virus_found")
    assert "Eicar" in event.payload["virus"]
    assert name not in str(event.payload)


@pytest.mark.accepts("U3")
def test_a_sound_file_beside_an_infected_one_is_kept(real, folder):
    kept, refused = services.receive([upload("a.pdf", sent.pdf()), upload("b.docx", sent.infected_docx())], PURPOSE)
    assert [file.state for file in kept] == [FileState.CLEAN]
    assert [one.name for one in refused] == ["b.docx"]
    assert len(stored(folder)) == 1


def test_the_real_one_answers_the_check_of_health(real):
    assert upkeep.trouble() == ""


def test_what_waited_is_scanned_once_the_scanner_is_back(settings, folder, clamd_address, django_capture_on_commit_callbacks):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    clean = received("a.pdf", sent.pdf())
    infected = received("b.docx", sent.infected_docx())
    assert {clean.state, infected.state} == {FileState.PENDING}
    assert jobs.scan_files(timestamp=0) == 0

    settings.CLAMD_ADDRESS = clamd_address
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.scan_files(timestamp=0) == 2
    clean.refresh_from_db()
    infected.refresh_from_db()
    assert (clean.state, infected.state) == (FileState.CLEAN, FileState.INFECTED)
    assert infected.storage_name == ""
    assert len(stored(folder)) == 1
    assert Event.objects.filter(kind="safeguards.virus_found", subject_id=str(infected.pk)).exists()
    assert jobs.scan_files(timestamp=0) == 0


def test_what_came_before_there_was_a_scanner_is_looked_at(settings, clamd_address, django_capture_on_commit_callbacks):
    file = received("b.docx", sent.infected_docx())
    assert file.state == FileState.UNSCANNED
    settings.CLAMD_ADDRESS = clamd_address
    with django_capture_on_commit_callbacks(execute=True):
        services.scan_waiting()
    file.refresh_from_db()
    assert file.state == FileState.INFECTED


# ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pending_for_nobody(client, admin, folder):
    file = received("don.pdf", sent.pdf())
    assert file.state == FileState.PENDING
    with pytest.raises(services.NotReadable):
        next(iter(services.read(file, actor=None)))
    from .uploading import OWNER, owner

    with owner() as label:
        StoredFile.objects.filter(pk=file.pk).update(owner_label=label, owner_uid="1")
        client.force_login(admin)
        assert client.get(reverse("uploads_download", args=[file.uid])).status_code == 404
    assert label == OWNER
    assert services.scan_waiting() == 0
    file.refresh_from_db()
    assert file.state == FileState.PENDING
    assert Event.objects.filter(kind="safeguards.file_clean").count() == 0


@pytest.mark.accepts("U4")
def test_a_scanner_that_is_down_leaves_files_waiting(settings, client, admin_user, folder):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    pending_for_nobody(client, admin_user, folder)
    assert "does not answer" in upkeep.trouble()


@pytest.mark.accepts("U4")
def test_a_scanner_without_its_socket_leaves_files_waiting(settings, client, admin_user, folder, tmp_path):
    settings.CLAMD_ADDRESS = f"unix:{tmp_path}/none.sock"
    pending_for_nobody(client, admin_user, folder)


@pytest.mark.accepts("U4")
@pytest.mark.parametrize(
    "behave",
    [
        silent,
        hanging_up,
        answering(b"stream: Can't allocate memory ERROR\0"),
        answering(b"INSTREAM size limit exceeded. ERROR\0"),
        answering(b"\x00\xff\xfe garbage"),
        answering(b"HTTP/1.1 200 OK\r\n\r\n\0"),
        answering(b"stream: OK"),
        answering(b"stream: OK\n\0"[:-2] + b" really\0"),
        answering(b""),
        answering(b"x" * 5000),
        drained,
    ],
    ids=["timeout", "broken pipe", "error", "limit", "garbage", "another server", "half an answer", "nearly", "empty", "endless", "nothing"],
)
def test_a_scanner_that_does_not_say_clean_leaves_files_waiting(settings, client, admin_user, folder, monkeypatch, behave):
    monkeypatch.setattr(scanner, "SILENT_SECONDS", 0.3)
    with fake_clamd(behave) as address:
        settings.CLAMD_ADDRESS = address
        pending_for_nobody(client, admin_user, folder)


def test_a_stream_that_is_sent_slowly_ends_with_its_time(settings, monkeypatch):
    """Each byte in time, all of it too late."""
    monkeypatch.setattr(scanner, "SECONDS", 0.3)
    started = threading.Event()

    def trickle():
        for _step in range(1000):
            started.wait(0.02)
            yield b"x"

    with fake_clamd(answering(b"stream: OK\0")) as address:
        settings.CLAMD_ADDRESS = address
        with pytest.raises(scanner.Unanswered):
            scanner.scan(trickle())


def test_while_the_scanner_is_down_the_other_files_of_a_form_are_not_tried(settings, monkeypatch):
    tries = []

    def down(chunks, **how):
        tries.append(1)
        raise scanner.Unanswered("down")

    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    monkeypatch.setattr(scanner, "scan", down)
    kept, _refused = services.receive([upload(f"{number}.pdf", sent.pdf()) for number in range(5)], PURPOSE)
    assert len(kept) == 5
    assert tries == [1]


def test_the_name_of_a_virus_cannot_carry_anything_else(settings):
    with fake_clamd(answering("stream: <b>Đ\n'; drop FOUND\0".encode())) as address:
        settings.CLAMD_ADDRESS = address
        assert scanner.scan([b"x"]).virus == "_b______drop"


@pytest.mark.accepts("U4")
def test_readyz_is_degraded_while_the_scanner_does_not_answer(settings, client):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_without_a_scanner_files_say_that_nobody_looked(folder):
    file = received("don.pdf", sent.pdf())
    assert file.state == FileState.UNSCANNED
    assert str(file.said) == "chưa được quét vi-rút"
    assert upkeep.trouble() == ""


def test_a_file_that_changed_on_the_disk_is_never_called_clean(settings, folder, clamd_address):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    file = received("don.pdf", sent.pdf())
    path = folder / file.storage_name
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    settings.CLAMD_ADDRESS = clamd_address
    services.scan_waiting()
    file.refresh_from_db()
    assert file.state == FileState.REFUSED
    assert vault.storage().exists(file.storage_name)


def test_what_has_a_verdict_is_not_asked_about_again(settings, clamd_address):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    received("a.pdf", sent.pdf())
    settings.CLAMD_ADDRESS = clamd_address
    assert services.scan_waiting() == 1
    assert services.scan_waiting() == 0


def test_a_file_that_is_taken_away_while_the_scanner_thinks_stays_away(settings, monkeypatch):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    file = received("a.pdf", sent.pdf())

    def thinking(chunks, **how):
        services.remove(StoredFile.objects.filter(pk=file.pk), "withdrawn")
        return scanner.Found()

    monkeypatch.setattr(scanner, "scan", thinking)
    assert services.scan_waiting() == 0
    assert StoredFile.objects.count() == 0


def test_a_scan_reads_any_stream(real):
    assert scanner.scan([io.BytesIO(sent.EICAR).read()]).virus
    assert not scanner.scan([b"a" * 3_000_000, b"b"]).virus
