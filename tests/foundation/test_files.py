"""Files in the private folder."""

import stat

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile

from foundation.files import PrivateStorage, random_name


def test_a_private_file_is_its_owners_only_and_has_no_address(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    storage = PrivateStorage()
    name = storage.save(random_name("imports", "Danh mục.csv"), ContentFile(b"x"))
    path = tmp_path / name
    assert path.read_bytes() == b"x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(SuspiciousFileOperation):
        storage.url(name)


@pytest.mark.parametrize(
    ("original", "ending"),
    [
        ("a.csv", ".csv"),
        ("a.jsonl.gz", ".jsonl.gz"),
        ("../../etc/passwd", ""),
        ("C:\\x\\a.XLSX", ".xlsx"),
        ("a.b.c.pdf", ".pdf"),
        ("x" * 300 + ".zip", ".zip"),
        ("a.p\u202ef", ""),
        ("a.", ""),
        ("CON", ""),
        ("a.ti\u0309", ""),
    ],
)
def test_a_stored_name_says_nothing_but_the_kind(original, ending):
    name = random_name("imports", original)
    folder, _, last = name.partition("/")
    assert folder == "imports"
    assert len(last) == 32 + len(ending)
    assert last.endswith(ending)
    assert random_name("imports", original) != name


def test_no_name_leaves_the_folder(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with pytest.raises(SuspiciousFileOperation):
        PrivateStorage().save("../outside.txt", ContentFile(b"x"))
