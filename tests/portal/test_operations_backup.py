"""Backup and restore against each other, on a real PostgreSQL: what went in comes out, and nothing else is accepted (O5)."""

from __future__ import annotations

import io
import json
import os
import random
import tarfile
import threading
import tracemalloc
from pathlib import Path

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test import RequestFactory
from django.utils import timezone

from foundation.registries import SearchDocument
from organisation.enums import Level
from organisation.models import Unit
from portal.backup import making, programs, reading, restoring, sealed, tables
from safeguards import seal
from safeguards.encryption import decrypt, encrypt
from safeguards.models import Event, User
from safeguards.services import record
from search import index, planner, services
from search.engines import local
from search.models import Mirror
from tests import server
from tests.acceptance.databases import _maintain, connected, copy, drop, name_of

PASSPHRASE = "bốn con voi đi qua cầu tre lắt lẻo"  # pragma: allowlist secret
PASSWORD = "mật khẩu của người trực"  # pragma: allowlist secret
SOURCE, TARGET = name_of("backup_source"), name_of("backup_target")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def passphrase(tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    return file


@pytest.fixture
def place(settings, tmp_path):
    """Folders of the portal, with files of citizens and editors in them."""
    settings.VAR = tmp_path / "var"
    settings.PRIVATE_ROOT, settings.MEDIA_ROOT = settings.VAR / "private", settings.VAR / "media"
    for number in range(50):
        path = settings.PRIVATE_ROOT / f"forms/{number % 7}/đơn {number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(number).randbytes(3000 + number * 997))
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "anh.png").write_bytes(b"")
    return settings


def files(settings) -> dict[str, bytes]:
    return {
        f"{root.name}/{path.relative_to(root)}": path.read_bytes()
        for root in (settings.PRIVATE_ROOT, settings.MEDIA_ROOT)
        if root.exists()
        for path in root.rglob("*")
        if path.is_file()
    }


def without_the_suites_own(name):
    """A database of the portal has no functions of tests (tests/rows.py), which belong to the server's superuser."""
    address = server.superuser(str(connection.settings_dict["HOST"]), name)
    if address is not None:
        with psycopg.connect(address, autocommit=True) as admin:
            admin.execute("drop schema if exists tests_only cascade")


@pytest.fixture
def databases():
    """A database full of rows (a copy of the suite's), and an empty one."""
    name = connection.settings_dict["NAME"]
    copy(name, SOURCE)
    without_the_suites_own(SOURCE)
    drop(TARGET)
    _maintain("create database {name} template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8'", name=TARGET)
    yield
    connections.close_all()
    drop(SOURCE)
    drop(TARGET)


def fill() -> dict[int, str]:
    """People with secrets, events under a seal, a unit; gives the secrets."""
    secrets = {}
    for number in range(50):
        user = User.objects.create_user(f"người-{number}", password=PASSWORD if number == 7 else None)
        secrets[user.pk] = f"bí mật {number}"
        Authenticator.objects.create(user=user, type="totp", data={"secret": encrypt(secrets[user.pk], f"mfa|{user.pk}")})
        with transaction.atomic():
            record("test.made", user, payload={"số": number, "chữ": "Đ\u0300 \\ ' \" \n"})
    assert seal.seal_pending()
    Unit.objects.create(name="Phường Sông Lành", slug="song-lanh", code="H90.77", level=Level.WARD)
    return secrets


@pytest.mark.accepts("O5")
def test_what_was_backed_up_is_what_is_restored(databases, place, passphrase, tmp_path, capsys):
    with connected(SOURCE, "owner"):
        secrets = fill()
        with transaction.atomic():
            before = tables.measure()
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
    (archive,) = (tmp_path / "backups").iterdir()
    assert archive.stat().st_mode & 0o777 == 0o600
    kept = files(place)
    content = archive.read_bytes()
    for plain in ("người-7".encode(), b"PGDMP", place.FIELD_KEY.encode(), b"safeguards_user", kept["private/forms/1/đơn 1.pdf"][:40]):
        assert plain not in content

    place.VAR = tmp_path / "elsewhere"
    place.VAR.mkdir()
    place.PRIVATE_ROOT, place.MEDIA_ROOT = place.VAR / "private", place.VAR / "media"
    with connected(TARGET, "owner"):
        call_command("restore", archive, passphrase_file=passphrase)
        with transaction.atomic():
            assert tables.measure() == before
        assert files(place) == kept
        assert sum(table["rows"] for table in before.values()) > 500
        for pk, secret in secrets.items():
            sealed_secret = Authenticator.objects.get(user_id=pk).data["secret"]
            assert decrypt(sealed_secret, f"mfa|{pk}") == secret
        findings = seal.verify()
        assert (findings.events >= 50, findings.problems) == (True, [])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.cursor() as cursor:
            cursor.cursor.connection.execute("delete from safeguards_event")
        connection.close()
        newest = Event.objects.order_by("-id").first()
        with transaction.atomic():
            assert record("test.after", User.objects.get(username="người-7")).pk > newest.pk
    with connected(TARGET, "app"):
        request = RequestFactory().post("/")
        assert authenticate(request, username="người-7", password=PASSWORD)
        assert not authenticate(request, username="người-7", password="không phải")  # pragma: allowlist secret
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("delete from safeguards_event")
        connection.close()
        # A place that is not empty is left alone, unless told otherwise; then what it held is gone.
    with connected(TARGET, "owner"):
        with pytest.raises(CommandError, match="not empty"):
            call_command("restore", archive, passphrase_file=passphrase)
        Unit.objects.create(name="Phường Khác", slug="khac", code="H90.78", level=Level.WARD)
        (place.PRIVATE_ROOT / "khác.txt").write_text("x")
        call_command("restore", archive, passphrase_file=passphrase, replace=True)
        assert not Unit.objects.filter(slug="khac").exists()
        assert files(place) == kept


def put(title: str) -> None:
    with transaction.atomic():
        services.put([SearchDocument(kind="thing", object_id="1", title=title, url="/1/")])


def things(mirror: local.LocalEngine, query: str) -> set[str]:
    mirror.keep_up()
    if mirror._background is not None:
        mirror._background.join(60)
    return {found.object_id for found in mirror.run(planner.plan(query)).found if found.kind == "thing"}


@pytest.mark.accepts("O5")
def test_search_finds_what_was_restored_into_the_same_database(databases, place, passphrase, tmp_path, monkeypatch):
    """Transactions go on counting there, so the numbers of what was restored say nothing of what a mirror has seen."""
    monkeypatch.setattr(local, "CHECK_EVERY", -1.0)
    mirror = local.LocalEngine(tmp_path / "search")
    with connected(SOURCE, "owner"):
        put("Đăng ký khai sinh")
        Mirror.objects.create(name="shared", index="shared-1", position=10, at=timezone.now())
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
        put("Đăng ký kết hôn")
        assert things(mirror, "kết hôn") == {"1"}
        (archive,) = (tmp_path / "backups").iterdir()
        call_command("restore", archive, passphrase_file=passphrase, replace=True)
        assert things(mirror, "khai sinh") == {"1"}
        assert things(mirror, "kết hôn") == set()
        assert index.local_differences(mirror) == set()
        assert not Mirror.objects.exists(), "the shared index is built anew, too"


@pytest.mark.accepts("O5")
def test_a_damaged_or_foreign_backup_changes_nothing(databases, place, passphrase, tmp_path):
    with connected(SOURCE, "owner"):
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
    (archive,) = (tmp_path / "backups").iterdir()
    whole = archive.read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_text("năm con voi đi qua cầu tre lắt lẻo")

    middle = len(whole) // 2
    piece = sealed.PIECE + sealed.TAG
    start = whole.index(b"}\n") + 2
    damaged = {
        "one bit": (whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], "damaged or cut off"),
        "cut off": (whole[:middle], "damaged or cut off"),
        "cut off at a piece": (whole[: start + piece * 3], "damaged or cut off"),
        "a piece less": (whole[:start] + whole[start + piece :], "damaged or cut off"),
        "two pieces swapped": (
            whole[:start] + whole[start + piece : start + 2 * piece] + whole[start : start + piece] + whole[start + 2 * piece :],
            "damaged or cut off",
        ),
        "something behind": (whole + b"x", "damaged or cut off"),
        "another head": (whole.replace(b'"cost": 65536', b'"cost": 32768'), "passphrase"),
        "a costly head": (whole.replace(b'"cost": 65536', b'"cost": 99999999'), "head of the backup is damaged"),
        "empty": (b"", "not a backup"),
        "something else": (b"PGDMP" * 1000, "not a backup"),
    }
    with connected(TARGET, "owner"):
        place.PRIVATE_ROOT, place.MEDIA_ROOT = tmp_path / "p", tmp_path / "m"
        with pytest.raises(CommandError, match="passphrase is not the one"):
            call_command("restore", archive, passphrase_file=wrong)
        for what, (content, message) in damaged.items():
            bad = tmp_path / "bad"
            bad.write_bytes(content)
            with pytest.raises(CommandError, match=message):
                call_command("restore", bad, passphrase_file=passphrase)
            assert tables.names() == [], what
            assert files(place) == {}, what


@pytest.mark.accepts("O5")
def test_a_restore_that_postgresql_refuses_leaves_what_was_there(databases, place, passphrase, tmp_path, monkeypatch):
    with connected(SOURCE, "owner"):
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
        (archive,) = (tmp_path / "backups").iterdir()
        with transaction.atomic():
            before = tables.measure()
        kept = files(place)
        monkeypatch.setattr(restoring, "CLEAR", restoring.CLEAR + " create table django_migrations (id int);")
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("restore", archive, passphrase_file=passphrase, replace=True)
        with transaction.atomic():
            assert tables.measure() == before
        assert files(place) == kept


@pytest.mark.accepts("O5")
def test_a_difference_after_restoring_is_told(databases, place, passphrase, tmp_path, monkeypatch):
    with connected(SOURCE, "owner"):
        fill()
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
    (archive,) = (tmp_path / "backups").iterdir()
    monkeypatch.setattr(restoring, "_swap", lambda place: Unit.objects.filter(slug="song-lanh").update(name="Phường Sông Dữ"))
    with connected(TARGET, "owner"), pytest.raises(CommandError, match="organisation_unit: 1 rows in the backup, 1 here"):
        place.PRIVATE_ROOT, place.MEDIA_ROOT = tmp_path / "p", tmp_path / "m"
        call_command("restore", archive, passphrase_file=passphrase)


@pytest.mark.accepts("O5")
def test_a_backup_beside_writers_is_of_one_moment(databases, place, passphrase, tmp_path):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with transaction.atomic():
                user = User.objects.create_user(f"viết-{number}")
                record("test.made", user)
        connections.close_all()

    with connected(SOURCE, "owner"):
        writer = threading.Thread(target=write)
        writer.start()
        try:
            call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
        finally:
            stop.set()
            writer.join(60)
    (archive,) = (tmp_path / "backups").iterdir()
    place.PRIVATE_ROOT, place.MEDIA_ROOT = tmp_path / "p", tmp_path / "m"
    with connected(TARGET, "owner"):
        call_command("restore", archive, passphrase_file=passphrase)  # compares
        made = set(User.objects.filter(username__startswith="viết-").values_list("pk", flat=True))
        told = {int(pk) for pk in Event.objects.filter(kind="test.made", subject_type="safeguards.user").values_list("subject_id", flat=True)}
        assert made <= told


def test_keys_that_are_elsewhere_are_told_and_written(place, passphrase, tmp_path, settings, capsys):
    archive = tmp_path / "x.backup"
    with archive.open("wb") as out:
        writer = sealed.Writer(out, PASSPHRASE)
        made = making.Archive(writer)
        made.add("keys.json", b'{"SECRET_KEY": "a", "FIELD_KEY": "b", "FIELD_KEY_FALLBACKS": ["c", "d"]}')
        made.add("manifest.json", json.dumps({"made_at": "x", "members": made.checksums}).encode())
        made.close()
        writer.finish()
    target = tmp_path / "keys"
    call_command("restore", archive, passphrase_file=passphrase, check_only=True, keys_to=target)
    assert target.read_text() == "SECRET_KEY=a\nFIELD_KEY=b\nFIELD_KEY_FALLBACKS=c d\n"
    assert target.stat().st_mode & 0o777 == 0o600
    assert restoring.missing_keys({"FIELD_KEY": "b", "FIELD_KEY_FALLBACKS": []}) == ["FIELD_KEY"]
    assert restoring.missing_keys({"FIELD_KEY": settings.FIELD_KEY, "FIELD_KEY_FALLBACKS": []}) == []


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "private/../../x", "other/x", "manifest", "private", "private/a\x00b", "media\\..\\x"])
def test_a_member_that_is_none_of_ours_is_refused(name, tmp_path):
    archive = tmp_path / "x.backup"
    with archive.open("wb") as out:
        writer = sealed.Writer(out, PASSPHRASE)
        with tarfile.open(fileobj=writer, mode="w|", format=tarfile.PAX_FORMAT) as made:
            info = tarfile.TarInfo(name)
            info.size = 1
            made.addfile(info, io.BytesIO(b"x"))
        writer.finish()
    with pytest.raises(sealed.Unreadable, match=r"does not belong|damaged|its own list"):
        reading.verify(archive, PASSPHRASE)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_file_is_refused(kind, tmp_path):
    archive = tmp_path / "x.backup"
    with archive.open("wb") as out:
        writer = sealed.Writer(out, PASSPHRASE)
        with tarfile.open(fileobj=writer, mode="w|") as made:
            info = tarfile.TarInfo("private/x")
            info.type, info.linkname = kind, "/etc/passwd"
            made.addfile(info)
        writer.finish()
    with pytest.raises(sealed.Unreadable, match="does not belong"):
        reading.verify(archive, PASSPHRASE)


@pytest.mark.parametrize("size", [0, 1, sealed.PIECE - 1, sealed.PIECE, sealed.PIECE + 1, 3 * sealed.PIECE])
def test_a_sealed_file_gives_back_what_was_written(size):
    content = random.Random(size).randbytes(size)
    out = io.BytesIO()
    writer = sealed.Writer(out, PASSPHRASE)
    for start in range(0, size, 40_000):
        writer.write(content[start : start + 40_000])
    writer.finish()
    out.seek(0)
    assert sealed.Reader(out, PASSPHRASE).read() == content
    again = io.BytesIO()
    sealed.Writer(again, PASSPHRASE).finish()
    assert again.getvalue()[: len(sealed.MAGIC) + 60] != out.getvalue()[: len(sealed.MAGIC) + 60]  # a salt of its own each time


def test_a_large_file_takes_no_more_memory_than_a_small_one(tmp_path):
    class Endless:
        left = 200 * 1024 * 1024

        def read(self, size):
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    archive = tmp_path / "x.backup"
    tracemalloc.start()
    try:
        with archive.open("wb") as out:
            writer = sealed.Writer(out, PASSPHRASE)
            made = making.Archive(writer)
            made._member("private/large", Endless(), Endless.left, 0o600, 0)
            made.close()
            writer.finish()
        reader = sealed.Reader(archive.open("rb"), PASSPHRASE)
        while reader.read(1024 * 1024):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


def test_old_backups_go_and_others_stay(tmp_path):
    names = [f"minh-bach-2026110{day}T190000Z.backup" for day in range(1, 6)]
    for name in [*names, "other.txt", "minh-bach-20261106T190000Z.part"]:
        (tmp_path / name).touch()
    assert [path.name for path in making.thin_out(tmp_path, 2)] == names[:3]
    assert making.thin_out(tmp_path, 0) == making.thin_out(tmp_path, 9) == []
    assert len(list(tmp_path.iterdir())) == 4


def test_a_backup_that_fails_leaves_nothing_half_done(place, passphrase, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "_database", lambda archive: (_ for _ in ()).throw(RuntimeError("pg_dump: gone")))
    with pytest.raises(CommandError, match="pg_dump: gone"):
        call_command("backup", tmp_path / "backups", passphrase_file=passphrase)
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.parametrize(("content", "message"), [("", "too short"), ("kurz", "too short"), (None, "cannot be read")])
def test_a_weak_or_missing_passphrase_is_refused(content, message, tmp_path):
    file = tmp_path / "passphrase"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError, match=message):
        call_command("backup", tmp_path / "backups", passphrase_file=file)
    assert not (tmp_path / "backups").exists()


def test_no_passphrase_says_where_to_put_one(tmp_path, monkeypatch):
    monkeypatch.delenv("BACKUP_PASSPHRASE_FILE", raising=False)
    with pytest.raises(CommandError, match="BACKUP_PASSPHRASE_FILE"):
        call_command("backup", tmp_path)


def test_no_password_stands_on_a_command_line(monkeypatch, tmp_path):
    word = "geheim"
    parameters = {"HOST": "db", "PORT": "5433", "USER": "portal_owner", "PASSWORD": word, "NAME": "portal", "OPTIONS": {"sslmode": "verify-full"}}
    told = programs.connection_environment(parameters)
    assert (told["PGPASSWORD"], told["PGHOST"], told["PGPORT"], told["PGSSLMODE"]) == (word, "db", "5433", "verify-full")


def test_programs_of_a_server_of_tomorrow_are_asked_for():
    with pytest.raises(programs.NoPrograms, match="postgresql-client-99"):
        programs.find(99)
    assert (programs.find(15) / "pg_dump").exists()
    assert isinstance(programs.find(18), Path)
    assert os.access(programs.find(18) / "psql", os.X_OK)
