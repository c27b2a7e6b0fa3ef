"""How much a form may bring: counted while it streams, whatever the request says of itself."""

import io
import os
import re

import psutil
import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from foundation.forms import TellingForm
from safeguards.models import StoredFile
from safeguards.uploads.enums import Reason
from safeguards.uploads.forms import FilesField
from safeguards.uploads.receiving import takes_files
from tests.beginnings import private_files

from . import sent_files as sent
from .uploading import PURPOSE

MEBI = 1024 * 1024
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class PaperForm(TellingForm):
    from django import forms

    matter = forms.CharField(max_length=50)
    papers = FilesField(purpose=PURPOSE, required=False)


@csrf_exempt
@takes_files
def form_view(request):
    form = PaperForm(request.POST, request.FILES) if request.method == "POST" else PaperForm()
    done = form.is_bound and form.is_valid()
    if done:
        return HttpResponse(f"taken {len(form.cleaned_data['papers'])}")
    return HttpResponse(f"<form>{form['matter']}{form['papers']}{form.errors}</form>", status=422 if form.is_bound else 200)


@csrf_exempt
def no_files(request):
    return HttpResponse(str(len(request.FILES)))


handler400 = "portal.errors.bad_request"
urlpatterns = [path("don/", form_view), path("khac/", no_files)]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


BOUNDARY = "ranh-gioi"


class Body(io.RawIOBase):
    """A multipart body that is made while it is read, so that no test holds it whole; knows how much of it was read."""

    def __init__(self, parts, after=b""):
        self.parts, self.taken = self._made(parts, after), 0
        self.left = b""

    def _made(self, parts, after):
        for head, blocks in parts:
            yield f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode()
            yield from blocks
            yield b"\r\n"
        yield after + f"--{BOUNDARY}--\r\n".encode()

    def readable(self):
        return True

    def read(self, size=-1):
        while len(self.left) < size or size < 0:
            block = next(self.parts, None)
            if block is None:
                break
            self.left += block
        given, self.left = (self.left, b"") if size < 0 else (self.left[:size], self.left[size:])
        self.taken += len(given)
        return given


def file_part(name, blocks, more=""):
    return f'Content-Disposition: form-data; name="papers"; filename="{name}"{more}\r\nContent-Type: application/pdf', blocks


def field_part(name, value):
    return f'Content-Disposition: form-data; name="{name}"', [value.encode()]


def post(client, body, length, address="/don/"):
    # An empty body lets the client leave these alone.
    more = {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}", "CONTENT_LENGTH": str(length), "wsgi.input": body}
    return client.generic("POST", address, **more)


def tokens_of(answer):
    return re.findall(r'name="papers-kept"[^>]*value="([^"]+)"', answer.content.decode())


def blocks(size):
    block = b"%PDF" + bytes(MEBI - 4)
    for _number in range(size // MEBI):
        yield block


@pytest.mark.accepts("U2")
def test_a_file_over_ten_megabytes_is_told_and_the_rest_of_the_form_is_kept(client):
    body = Body([file_part("to.pdf", blocks(11 * MEBI)), field_part("matter", "Xin cấp lại sổ")])
    answer = post(client, body, 12 * MEBI)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "Xin cấp lại sổ" in said
    assert "to.pdf" in said
    assert str(Reason.TOO_LARGE.label) in said
    assert StoredFile.objects.count() == 0


@pytest.mark.accepts("U2")
def test_a_body_past_everything_is_refused_before_it_is_read(client):
    body = Body([file_part("to.pdf", blocks(300 * MEBI))])
    answer = post(client, body, 300 * MEBI)
    assert answer.status_code == 413
    assert body.taken == 0


@pytest.mark.accepts("U2")
def test_memory_stays_flat_however_large_the_files_are(client):
    post(client, Body([file_part("to.pdf", blocks(MEBI)), field_part("matter", "x")]), 3 * MEBI)
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    highest = [before]

    def watched(size):
        for block in blocks(size):
            highest.append(process.memory_info().rss)
            yield block

    body = Body([file_part(f"{number}.pdf", watched(9 * MEBI)) for number in range(5)] + [field_part("matter", "x")])
    answer = post(client, body, 51 * MEBI)
    highest.append(process.memory_info().rss)
    assert answer.status_code == 422
    assert max(highest) - before <= 50 * MEBI


@pytest.mark.accepts("U2")
def test_twenty_files_are_taken_and_not_one_more(client):
    twenty = [file_part(f"{number}.png", [sent.picture("PNG")]) for number in range(20)]
    answer = post(client, Body([*twenty, field_part("matter", "x")]), MEBI)
    assert answer.content == b"taken 20"
    answer = post(client, Body([*twenty, file_part("20.png", [sent.picture("PNG")]), field_part("matter", "x")]), MEBI)
    assert answer.status_code == 422
    assert str(Reason.TOO_MANY.label) in answer.content.decode()


@pytest.mark.accepts("U2")
def test_a_thousand_files_are_refused(client):
    many = [file_part(f"{number}.png", [b"x"]) for number in range(1000)]
    assert post(client, Body(many), MEBI).status_code == 400
    assert StoredFile.objects.count() == 0


@pytest.mark.accepts("U2")
def test_fifty_megabytes_together_are_the_most(client, settings):
    settings.UPLOAD_TOTAL_BYTES = 3 * MEBI
    files = [file_part(f"{number}.pdf", [sent.pdf_saying("x" * MEBI)]) for number in range(3)]
    answer = post(client, Body([*files, field_part("matter", "x")]), 4 * MEBI)
    assert answer.status_code == 422
    assert answer.content.decode().count(str(Reason.TOO_MUCH.label)) == 1
    assert StoredFile.objects.count() == 2


@pytest.mark.accepts("U2")
def test_what_a_form_has_already_counts(client, settings):
    settings.UPLOAD_FILES = 2
    answer = post(client, Body([file_part("a.png", [sent.picture("PNG")]), file_part("b.png", [sent.picture("PNG")])]), MEBI)
    assert answer.status_code == 422  # the matter is missing
    tokens = tokens_of(answer)
    assert len(tokens) == 2
    kept = [field_part("papers-kept", token) for token in tokens]
    answer = post(client, Body([*kept, file_part("c.png", [sent.picture("PNG")]), field_part("matter", "x")]), MEBI)
    assert answer.status_code == 422
    assert str(Reason.TOO_MANY.label) in answer.content.decode()


@pytest.mark.accepts("U2")
@pytest.mark.parametrize("more", ["\r\nContent-Length: 10", "\r\nContent-Type: image/png", "; size=10"])
def test_what_a_part_says_of_its_size_and_kind_is_not_believed(client, more):
    body = Body([(file_part("to.pdf", [])[0] + more, blocks(11 * MEBI)), field_part("matter", "x")])
    answer = post(client, body, 12 * MEBI)
    assert answer.status_code == 422
    assert str(Reason.TOO_LARGE.label) in answer.content.decode()


@pytest.mark.accepts("U2")
def test_a_length_that_is_too_small_lets_nothing_more_in(client):
    body = Body([file_part("to.pdf", blocks(40 * MEBI))])
    answer = post(client, body, 1000)
    assert answer.status_code in {400, 422}
    assert body.taken <= MEBI
    assert StoredFile.objects.count() == 0


def test_a_length_below_nothing_reads_nothing(client):
    body = Body([file_part("to.pdf", blocks(40 * MEBI))])
    assert post(client, body, -1).status_code in {400, 413, 422}
    assert StoredFile.objects.count() == 0


def test_an_address_that_takes_no_files_keeps_its_small_limit(client):
    body = Body([file_part("to.pdf", blocks(4 * MEBI))])
    assert post(client, body, 4 * MEBI, "/khac/").status_code == 413
    assert body.taken == 0


def test_what_strangers_left_lying_has_a_limit_of_its_own(client, settings):
    settings.UPLOAD_STAGED_BYTES = 100
    answer = post(client, Body([file_part("a.png", [sent.picture("PNG")]), field_part("matter", "x")]), MEBI)
    assert answer.status_code == 422
    assert str(Reason.NO_ROOM.label) in answer.content.decode()


def test_an_address_sends_so_many_forms_with_files(client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "upload_address": (1, 3600)}
    send = lambda: post(client, Body([file_part("a.png", [sent.picture("PNG")]), field_part("matter", "x")]), MEBI).status_code  # noqa: E731
    assert [send(), send()] == [200, 429]


def test_a_form_without_files_is_not_counted(client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "upload_address": (1, 3600)}
    assert [post(client, Body([field_part("matter", "x")]), 500).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.accepts("U1")
def test_one_file_that_is_refused_loses_neither_the_others_nor_the_form(client):
    body = Body([
        file_part("don.pdf", [sent.pdf()]), file_part("don.pdf.exe", [sent.EXE]), file_part("Ảnh.png", [sent.HTML]), field_part("matter", "Đất đai"),
    ])  # fmt: skip
    answer = post(client, body, MEBI)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "Đất đai" in said
    assert "don.pdf.exe" in said
    assert "Ảnh.png" in said
    assert said.count('name="papers-kept"') == 1
    (token,) = tokens_of(answer)
    again = post(client, Body([field_part("papers-kept", token), field_part("matter", "Đất đai")]), MEBI)
    assert again.content == b"taken 1"


def test_a_token_of_another_purpose_or_of_nobody_carries_nothing(client):
    answer = post(client, Body([field_part("papers-kept", "abc:def"), field_part("matter", "x")]), 1000)
    assert answer.status_code == 422
    assert "hơn" in answer.content.decode() or "quá một ngày" in answer.content.decode()


def test_names_with_markup_are_told_as_text(client):
    answer = post(client, Body([file_part("<img src=x onerror=y>.exe", [sent.EXE]), field_part("matter", "x")]), MEBI)
    assert "<img src=x" not in answer.content.decode()


def test_asking_for_the_form_stores_nothing(client):
    assert client.get("/don/").status_code == 200
    assert 'type="file" name="papers" multiple' in client.get("/don/").content.decode()
    assert StoredFile.objects.count() == 0


def test_temporary_files_have_no_name_on_the_disk():
    from safeguards.uploads.receiving import Counted

    handler = Counted(RequestFactory().post("/don/"))
    handler.new_file("papers", "a.pdf", "application/pdf", None, None, {})
    handler.receive_data_chunk(b"x" * 100_000, 0)
    taken = handler.file_complete(100_000)
    assert not isinstance(taken.file.name, str)
