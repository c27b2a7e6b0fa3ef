"""How long files stay, that nothing of them is left, and that nobody reads them from the disk or the database."""

import datetime as dt
import io
import json
import uuid

import pytest
import time_machine
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from safeguards import encryption, jobs, personal
from safeguards.encryption import Unreadable
from safeguards.models import Event, StoredFile
from safeguards.uploads import services, upkeep, vault
from safeguards.uploads.enums import TRANSITIONS, FileState
from tests.beginnings import private_files

from . import sent_files as sent
from .uploading import PURPOSE, owner, received

PHRASE = "SO-CAN-CUOC-001234567890"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path / "files")


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def soon(**how_long):
    return timezone.now() + dt.timedelta(**how_long)


# ── At rest ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P4", "U13")
@pytest.mark.django_db(transaction=True)
def test_neither_the_dump_nor_the_folder_says_a_phrase_of_a_file(folder):
    content = sent.pdf_saying(PHRASE)
    assert PHRASE.encode() in content
    received(f"{PHRASE}.pdf", content)
    for path in stored(folder):
        assert PHRASE.encode() not in path.read_bytes()
        assert b"%PDF" not in path.read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("select row_to_json(f)::text from safeguards_storedfile f union all select row_to_json(e)::text from safeguards_event e")
        dump = "\n".join(row for (row,) in cursor.fetchall())
    assert PHRASE not in dump
    assert "sha256" not in dump


@pytest.mark.accepts("U13")
@pytest.mark.parametrize("size", [1, vault.PIECE - 1, vault.PIECE, vault.PIECE + 1, 3 * vault.PIECE, 3 * vault.PIECE + 7])
def test_what_is_sealed_is_read_again_whole_and_in_parts(size):
    content = bytes(number % 251 for number in range(size))
    key, uid = vault.new_key(), uuid.uuid4()
    name = vault.write(io.BytesIO(content), key, uid)
    assert b"".join(vault.read(name, key, uid, size)) == content
    for start, stop in [(0, 1), (size // 2, size), (size - 1, size), (0, size + 99)]:
        assert b"".join(vault.read(name, key, uid, size, start, stop)) == content[start:stop]


@pytest.mark.accepts("U13")
@pytest.mark.parametrize("fault", ["flip", "cut", "last piece gone", "exchanged", "longer"])
def test_whatever_is_done_to_a_sealed_file_is_noticed(folder, fault):
    size = 3 * vault.PIECE
    content = bytes(number % 251 for number in range(size))
    key, uid = vault.new_key(), uuid.uuid4()
    name = vault.write(io.BytesIO(content), key, uid)
    path, step = folder / name, vault.PIECE + vault.TAG
    data = path.read_bytes()
    path.write_bytes({
        "flip": data[:100] + bytes([data[100] ^ 1]) + data[101:],
        "cut": data[:-5],
        "last piece gone": data[: 2 * step],
        "exchanged": data[step : 2 * step] + data[:step] + data[2 * step :],
        "longer": data,
    }[fault])  # fmt: skip
    with pytest.raises(Unreadable):
        list(vault.read(name, key, uid, size + (vault.PIECE if fault == "longer" else 0)))


@pytest.mark.accepts("U13")
def test_a_file_is_of_use_in_no_other_row():
    key, uid = vault.new_key(), uuid.uuid4()
    name = vault.write(io.BytesIO(b"x" * 10), key, uid)
    with pytest.raises(Unreadable):
        list(vault.read(name, key, uuid.uuid4(), 10))
    with pytest.raises(Unreadable):
        list(vault.read(name, vault.new_key(), uid, 10))


@pytest.mark.django_db
def test_a_new_key_of_the_house_rewrites_rows_and_no_file(settings, folder):
    file = received("don.pdf", sent.pdf())
    before = {path: path.read_bytes() for path in stored(folder)}
    settings.FIELD_KEY_FALLBACKS, settings.FIELD_KEY = [settings.FIELD_KEY], "k" * 64
    assert upkeep.rewrap() == 1
    assert upkeep.rewrap() == 0
    settings.FIELD_KEY_FALLBACKS = []
    file.refresh_from_db()
    assert encryption.is_current(file.sealed)
    assert file.name == "don.pdf"
    assert services.intact(file)
    assert {path: path.read_bytes() for path in stored(folder)} == before


# ── Attached, once ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_file_belongs_to_one_thing():
    file = received("don.pdf", sent.pdf())
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=3))
        with pytest.raises(services.NotStaged):
            services.attach([file], label, 2, keep_until=soon(days=3))
    assert list(StoredFile.objects.of("tests.thing", 1)) == [file]


@pytest.mark.django_db
def test_one_file_that_is_gone_leaves_the_others_as_they_were():
    one, two = received("a.pdf", sent.pdf()), received("b.pdf", sent.pdf())
    two_pk = StoredFile.objects.get(pk=two.pk)
    StoredFile.objects.filter(pk=two.pk).delete()
    with owner() as label, pytest.raises(services.NotStaged):
        services.attach([one, two_pk], label, 1, keep_until=soon(days=3))
    one.refresh_from_db()
    assert one.owner_label == ""


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["infected", "refused"])
def test_a_file_in_which_a_virus_was_found_since_belongs_to_nothing(state):
    """It waited with the form, and the scanner came back meanwhile."""
    one, two = received("a.pdf", sent.pdf()), received("b.pdf", sent.pdf())
    StoredFile.objects.filter(pk=two.pk).update(state=state, storage_name="" if state == "infected" else two.storage_name)
    with owner() as label, pytest.raises(services.NotReadable):
        services.attach([one, two], label, 1, keep_until=soon(days=3))
    assert list(StoredFile.objects.values_list("owner_label", flat=True)) == ["", ""]


@pytest.mark.django_db
def test_a_token_of_yesterday_carries_nothing(settings):
    token = services.token(received("a.pdf", sent.pdf()))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=settings.UPLOAD_ABANDONED_HOURS, minutes=1), tick=False):
        assert services.staged([token], PURPOSE) == ([], 1)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["pending", "refused"])
def test_what_the_scanner_has_not_cleared_is_read_by_nobody_whoever_asks(state):
    file = received("a.pdf", sent.pdf())
    file.state = state
    with pytest.raises(services.NotReadable):
        services.read(file, actor=None)
    assert not Event.objects.filter(kind="safeguards.file_read").exists()


@pytest.mark.django_db
def test_nothing_is_attached_to_what_nobody_registered():
    with pytest.raises(LookupError):
        services.attach([received("a.pdf", sent.pdf())], "tests.unknown", 1, keep_until=soon(days=3))


@pytest.mark.django_db
def test_a_token_carries_a_staged_file_of_its_purpose():
    file = received("a.pdf", sent.pdf())
    token = services.token(file)
    assert str(file.uid) not in token
    assert services.staged([token, token, "x", token + "x"], PURPOSE) == ([file], 2)
    assert services.staged([token], "other") == ([], 1)
    assert services.staged([signing.dumps(str(file.uid), salt="other")], PURPOSE) == ([], 1)
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=3))
    assert services.staged([token], PURPOSE) == ([], 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "exe"},
        {"state": "lost"},
        {"owner_label": "x"},
        {"owner_uid": "x"},
        {"storage_name": ""},
        {"state": FileState.INFECTED},
    ],
)
def test_the_database_holds_the_rules_whoever_writes(wrong):
    file = received("a.pdf", sent.pdf())
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredFile.objects.filter(pk=file.pk).update(**wrong)


@pytest.mark.django_db
def test_a_state_follows_from_the_one_before():
    file = received("a.pdf", sent.pdf())
    for start in FileState:
        for end in FileState:
            if end in TRANSITIONS[start]:
                continue
            file.state = start
            with pytest.raises(services.FileError), transaction.atomic():
                services._move(file, end)


# ── Going ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P7", "U9")
@pytest.mark.django_db(transaction=True)
def test_what_belongs_to_nothing_is_gone_after_a_day_row_key_and_content(folder):
    file = received("a.pdf", sent.pdf())
    assert upkeep.purge(soon(hours=23)) == 0
    assert personal.due(soon(hours=25))["safeguards.storedfile"] == 1
    assert upkeep.purge(soon(hours=25)) == 1
    assert StoredFile.objects.count() == 0
    assert stored(folder) == []
    assert Event.objects.filter(kind="safeguards.file_removed", subject_id=str(file.pk)).exists()


@pytest.mark.accepts("P7")
@pytest.mark.django_db(transaction=True)
def test_what_is_attached_stays_as_long_as_its_owner_says(folder):
    file = received("a.pdf", sent.pdf())
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=90))
        assert upkeep.purge(soon(days=89)) == 0
        assert services.keep(label, 1, soon(days=100)) == 1
        assert upkeep.purge(soon(days=91)) == 0
        assert upkeep.purge(soon(days=101)) == 1
    assert stored(folder) == []


@pytest.mark.accepts("P7")
@pytest.mark.django_db(transaction=True)
def test_what_held_a_virus_is_forgotten_after_a_day(settings, clamd_address, folder):
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    file = received("a.docx", sent.infected_docx())
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=90))
        settings.CLAMD_ADDRESS = clamd_address
        services.scan_waiting()
        assert stored(folder) == []
        assert upkeep.purge(soon(hours=23)) == 0
        services.keep(label, 1, soon(days=100))
        assert upkeep.purge(soon(hours=25)) == 1


@pytest.mark.accepts("P7")
@pytest.mark.django_db(transaction=True)
def test_files_go_with_what_they_belonged_to(folder):
    one, two = received("a.pdf", sent.pdf()), received("b.pdf", sent.pdf())
    with owner(existing=lambda uids: {uid for uid in uids if uid == "2"}) as label:
        services.attach([one], label, 1, keep_until=soon(days=90))
        services.attach([two], label, 2, keep_until=soon(days=90))
        assert upkeep.purge() == 1
        assert list(StoredFile.objects.all()) == [two]
        assert services.remove_of(label, 2, "erased") == 1
    assert stored(folder) == []


@pytest.mark.accepts("U9")
@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_left_behind_is_swept_up_after_an_hour(folder):
    kept = received("a.pdf", sent.pdf())
    with pytest.raises(RuntimeError), transaction.atomic():
        received("b.pdf", sent.pdf())
        raise RuntimeError
    assert len(stored(folder)) == 2
    assert upkeep.sweep().strays == 0  # its transaction might still run
    assert upkeep.sweep(soon(hours=2), dry_run=True).strays == 1
    assert upkeep.sweep(soon(hours=2)).strays == 1
    assert upkeep.sweep(soon(hours=2)) == upkeep.Findings()
    assert [path.relative_to(folder).as_posix() for path in stored(folder)] == [kept.storage_name]


@pytest.mark.django_db(transaction=True)
def test_a_removal_that_is_taken_back_keeps_the_file(folder):
    file = received("a.pdf", sent.pdf())
    with pytest.raises(RuntimeError), transaction.atomic():
        services.remove(StoredFile.objects.filter(pk=file.pk), "due")
        raise RuntimeError
    assert services.intact(StoredFile.objects.get(pk=file.pk))


@pytest.mark.accepts("U9")
@pytest.mark.django_db
def test_a_row_whose_file_is_gone_is_told(folder, caplog):
    file = received("a.pdf", sent.pdf())
    (folder / file.storage_name).unlink()
    assert upkeep.sweep().missing == [file.pk]
    assert "missing" in caplog.text


@pytest.mark.accepts("U11")
@pytest.mark.django_db
def test_a_changed_byte_is_found_by_the_job_of_the_night(folder):
    received("a.pdf", sent.pdf())
    file = received("b.pdf", sent.pdf())
    assert jobs.verify_files(timestamp=0) == 0
    path = folder / file.storage_name
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert upkeep.verify().changed == [file.pk]
    with pytest.raises(RuntimeError):
        jobs.verify_files(timestamp=0)


@pytest.mark.django_db
def test_what_is_held_is_told_to_the_person_whose_it_is():
    file = received("a.pdf", sent.pdf())
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=9))
        (told,) = services.described(label, 1)
    assert told["name"] == "a.pdf"
    assert told["bytes"] == file.size


@pytest.mark.django_db
def test_no_event_says_the_name_of_a_file():
    file = received("Nguyễn Văn A.pdf", sent.pdf())
    with owner() as label:
        services.attach([file], label, 1, keep_until=soon(days=9))
        services.remove_of(label, 1)
    said = json.dumps(list(Event.objects.values_list("payload", flat=True)), ensure_ascii=False)
    assert "Nguyễn" not in said


@pytest.mark.accepts("U9", "U11")
@pytest.mark.django_db
def test_the_operators_command_tells_numbers_and_what_is_missing(folder, capsys):
    file = received("Nguyễn.pdf", sent.pdf())
    for action in ("status", "sweep", "verify"):
        call_command("stored_files", action)
    (folder / file.storage_name).unlink()
    for action in ("sweep", "verify"):
        with pytest.raises(CommandError, match=str(file.pk)):
            call_command("stored_files", action)
    said = capsys.readouterr().out
    assert "unscanned: 1 files" in said
    assert "missing: 1" in said
    assert "Nguyễn" not in said
