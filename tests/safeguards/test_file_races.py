"""Files of citizens under real parallel writers: scanned, attached and removed once, and gone when they were removed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from safeguards.models import Event, StoredFile
from safeguards.uploads import scanner, services, upkeep
from tests.beginnings import private_files
from tests.racing import at_once, failures, locks_off, meanwhile

from . import sent_files as sent
from .uploading import OWNER, owner, received

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def events(kind):
    return Event.objects.filter(kind=f"safeguards.file_{kind}").count()


def until():
    return timezone.now() + dt.timedelta(days=30)


def attach_all(files):
    return at_once([lambda n=n: services.attach(files, OWNER, f"thing-{n}", keep_until=until()) for n in range(THREADS)], THREADS)


def test_a_file_that_many_want_at_once_belongs_to_one():
    file = received("don.pdf", sent.pdf())
    with owner():
        done = attach_all([file])
    assert [type(error) for error in failures(done)] == [services.NotStaged] * (THREADS - 1)
    assert events("attached") == 1


def test_without_the_lock_it_is_given_to_several(monkeypatch):
    """The negative control. Ten tries, since chance decides."""
    locks_off(monkeypatch, StoredFile)
    with owner():
        for _ in range(10):
            if len(failures(attach_all([received("don.pdf", sent.pdf())]))) < THREADS - 1:
                return
    raise AssertionError("it belonged to one without the lock")


def waiting(monkeypatch):
    """A file that the scanner has not seen, and a scanner that finds nothing."""
    monkeypatch.setattr(scanner, "configured", lambda: True)
    monkeypatch.setattr(scanner, "scan", lambda content, **_how: scanner.Found() if b"".join(content) else None)
    file = received("don.pdf", sent.pdf())
    StoredFile.objects.filter(pk=file.pk).update(state="pending", decided_at=None)


def scan_all():
    return at_once([services.scan_waiting for _ in range(THREADS)], THREADS)


def test_of_workers_that_scan_at_once_one_writes_the_verdict(monkeypatch):
    waiting(monkeypatch)
    done = scan_all()
    assert sorted(done) == [0] * (THREADS - 1) + [1]
    assert events("clean") == 1


def test_without_the_lock_the_verdict_is_written_more_than_once(monkeypatch):
    locks_off(monkeypatch, StoredFile)
    for _ in range(10):
        waiting(monkeypatch)
        done = scan_all()
        if failures(done) or sum(done) > 1:
            return
    raise AssertionError("it was written once without the lock")


def test_of_those_who_remove_a_file_at_once_one_does(folder):
    file = received("don.pdf", sent.pdf())
    done = at_once([lambda: services.remove(StoredFile.objects.filter(pk=file.pk), "due") for _ in range(THREADS)], THREADS)
    assert sorted(done) == [0] * (THREADS - 1) + [1]
    assert events("removed") == 1
    assert stored(folder) == []


def test_without_the_lock_one_file_is_removed_more_than_once(monkeypatch):
    locks_off(monkeypatch, StoredFile)
    for _ in range(10):
        file = received("don.pdf", sent.pdf())
        done = at_once([lambda pk=file.pk: services.remove(StoredFile.objects.filter(pk=pk), "due") for _ in range(THREADS)], THREADS)
        if sum(done) > 1:
            return
    raise AssertionError("it was removed once without the lock")


def test_a_file_that_is_removed_while_the_keys_change_stays_removed(settings, monkeypatch):
    file = received("don.pdf", sent.pdf())
    settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
    settings.FIELD_KEY = "một khóa mới đủ dài cho mọi người thử"  # pragma: allowlist secret
    seal, came = StoredFile.seal, []

    def remove():
        return services.remove(StoredFile.objects.filter(pk=file.pk), "erased")

    def slow(self, *args):
        came.append(meanwhile(remove))
        return seal(self, *args)

    monkeypatch.setattr(StoredFile, "seal", slow)
    assert upkeep.rewrap() == 1
    if isinstance(came[0], Exception):
        remove()
    assert not StoredFile.objects.exists()
