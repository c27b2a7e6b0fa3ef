"""The limits hold for files that no form counted, and together with what somebody sent before."""

import pytest

from safeguards.models import StoredFile
from safeguards.uploads import services
from safeguards.uploads.enums import Reason

from . import sent_files as sent
from .uploading import PURPOSE, upload

pytestmark = pytest.mark.django_db


def reasons(*files, **had):
    kept, refused = services.receive(list(files), PURPOSE, **had)
    assert StoredFile.objects.count() == len(kept)
    return [one.reason for one in refused]


def test_a_file_that_is_too_large_is_refused_however_it_came(settings):
    content = sent.pdf()
    settings.UPLOAD_FILE_BYTES = len(content) - 1
    assert reasons(upload("don.pdf", content)) == [Reason.TOO_LARGE]
    settings.UPLOAD_FILE_BYTES = len(content)
    assert reasons(upload("don.pdf", content)) == []


def test_the_bytes_that_somebody_sent_before_count(settings):
    content = sent.pdf()
    settings.UPLOAD_TOTAL_BYTES = len(content) + 10
    assert reasons(upload("don.pdf", content), had=1, had_bytes=11) == [Reason.TOO_MUCH]
    assert reasons(upload("don.pdf", content), had=1, had_bytes=10) == []


def test_the_bytes_of_the_files_of_one_sending_count_together(settings):
    content = sent.pdf()
    settings.UPLOAD_TOTAL_BYTES = 2 * len(content)
    assert reasons(*(upload(f"{number}.pdf", content) for number in range(3))) == [Reason.TOO_MUCH]


def test_an_empty_file_is_told_as_such():
    assert reasons(upload("don.pdf", b"")) == [Reason.EMPTY]
