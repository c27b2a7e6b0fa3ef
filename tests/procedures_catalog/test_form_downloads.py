"""Downloads of forms: public with their version, named and typed as they should be, and nobody's before."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from procedures_catalog.importing.form_files import COLLECTION
from procedures_catalog.importing.service import Options, run_import
from procedures_catalog.models import FormRow
from procedures_catalog.presentation import file_size
from safeguards.models import User

from .import_kit import people
from .test_form_files import folder

pytestmark = pytest.mark.django_db
Document = get_document_model()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def imported(path: Path, **options) -> FormRow:
    run_import(folder(path), actor=people()[0], options=Options(**options))
    return FormRow.objects.order_by("sort_order").first()


def address(document) -> str:
    return reverse("wagtaildocs_serve", args=[document.pk, document.filename])


@pytest.mark.accepts("A16")
def test_the_file_of_a_public_version_is_sent_under_its_name_and_kind(client, tmp_path):
    form = imported(tmp_path / "in")
    answer = client.get(address(form.docx))
    assert b"".join(answer.streaming_content) == (tmp_path / "in" / "to-khai.docx").read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="to-khai.docx"'
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert answer["Content-Length"] == str(form.docx.file_size)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    assert "Content-Encoding" not in answer
    assert answer["Cache-Control"] == "no-cache"  # asked again each time: a version may have been taken back
    assert answer["Last-Modified"]
    assert "Set-Cookie" not in answer
    again = client.get(address(form.docx), headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    pdf = client.get(address(form.pdf))
    assert (pdf["Content-Type"], pdf["Content-Disposition"]) == ("application/pdf", 'attachment; filename="to-khai.pdf"')
    assert client.get(reverse("wagtaildocs_serve", args=[form.docx.pk, "khac.docx"])).status_code == 404


def test_the_file_of_a_draft_is_for_staff_who_may_read_records(client, tmp_path):
    form = imported(tmp_path / "in", draft=True)
    assert client.get(address(form.docx)).status_code == 404
    reader = User.objects.create_user("nguoi-doc")
    client.force_login(reader)
    assert client.get(address(form.docx)).status_code == 404
    reader.user_permissions.add(Permission.objects.get(codename="view_procedureversion"))
    client.force_login(User.objects.get(pk=reader.pk))  # a session ends with the rights that it began with
    answer = client.get(address(form.docx))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")


def test_a_version_taken_back_takes_its_files_along(client, tmp_path):
    actor = people()[0]
    run_import(folder(tmp_path / "in", valid_from="2099-01-01"), actor=actor)
    form = FormRow.objects.order_by("sort_order").first()
    assert client.get(address(form.docx)).status_code == 200
    type(form.version).objects.filter(pk=form.version_id).update(live=False, live_revision=None)
    assert client.get(address(form.docx)).status_code == 404


def test_a_file_among_the_forms_that_no_version_has_is_not_out_yet(client):
    root = Collection.get_first_root_node()
    of_forms = Document.objects.create(title="x", file=ContentFile(b"%PDF-1.7", "x.pdf"), collection=root.add_child(name=COLLECTION))
    other = Document.objects.create(title="y", file=ContentFile(b"%PDF-1.7", "y.pdf"), collection=root)
    assert client.get(address(of_forms)).status_code == 404
    assert client.get(address(other)).status_code == 200


def test_the_page_names_format_and_size_and_says_where_a_form_without_file_is_had(client, tmp_path):
    form = imported(tmp_path / "in")
    page = client.get("/thu-tuc/1.001193/").content.decode()
    assert f'href="{address(form.docx)}"' in page
    assert f'DOCX<span class="skip" lang="vi"> Tờ khai</span> <span class="muted">({file_size(form.docx.file_size)})</span>' in page
    assert page.count("bạn hỏi xin mẫu này ở bộ phận một cửa") == 1  # of the two forms one has files


@pytest.mark.parametrize(
    ("size", "said"),
    [(None, ""), (0, ""), (200, "1 KB"), (11_198, "11 KB"), (999_499, "999 KB"), (1_400_000, "1,4 MB")],
)
def test_sizes_are_said_as_people_read_them(size, said):
    assert file_size(size) == said
