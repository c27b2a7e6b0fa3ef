"""Import in the back office: upload, difference, confirm, job, report; rights and four eyes; export buttons and example files."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from procedures_catalog.importing import jobs
from procedures_catalog.importing.readers import COMMAND, open_source
from procedures_catalog.importing.service import NotReady
from procedures_catalog.importing.views import EXAMPLE_FOLDER, EXAMPLES
from procedures_catalog.models import ImportRun, ProcedureVersion
from safeguards.models import Event, User

from .import_kit import jsonl, people, reference_lines, take, version

pytestmark = pytest.mark.django_db
INDEX = "procedures_catalog_importing:index"


def may(user: User, *codenames: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", *codenames]))
    return User.objects.get(pk=user.pk)


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def editor(client):
    user = may(people()[0], "import_catalogue", "export_catalogue")
    client.force_login(user)
    return user


@pytest.fixture
def publisher(editor):
    """Somebody else, who may publish."""
    return may(User.objects.create_user("cong-khai"), "import_catalogue", "publish_procedureversion")


def confirm(client, run, user, **data):
    client.force_login(user)
    return client.post(reverse("procedures_catalog_importing:confirm", args=[run.pk]), data)


def upload(client, *records, name="a.jsonl", **data):
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*reference_lines(), *records])
    return client.post(reverse(INDEX), {"file": SimpleUploadedFile(name, content.encode()), **data})


def page(client, run):
    return client.get(reverse("procedures_catalog_importing:run", args=[run.pk]))


def test_upload_difference_confirm_and_report(client, editor, publisher, tmp_path):
    take(jsonl(tmp_path / "old.jsonl", version()), editor)
    response = upload(client, version(valid_from="2026-05-01", name="Tên <b>mới</b>"), version("1.004874"))
    run = ImportRun.objects.get()
    assert response.headers["Location"] == reverse("procedures_catalog_importing:run", args=[run.pk])
    waiting = page(client, run).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert "hx-get" in waiting
    assert jobs.read_import.func(run.pk) == "previewed"
    assert ProcedureVersion.objects.count() == 1
    shown = page(client, run).content.decode()
    assert "<del>Thủ tục 1.004873</del>" in shown
    assert "<ins>Tên &lt;b&gt;mới&lt;/b&gt;</ins>" in shown
    assert confirm(client, run, publisher).status_code == 302
    run.refresh_from_db()
    assert (run.step, run.actor, run.approver) == ("running", editor, publisher)
    assert jobs.write_import.func(run.pk) == "done"
    assert ProcedureVersion.objects.published().count() == 3
    assert not list((tmp_path / "private" / "imports").iterdir())
    report = b"".join(client.get(reverse("procedures_catalog_importing:report", args=[run.pk])).streaming_content).decode("utf-8-sig")
    assert "1.004874" in report
    assert "The import is done." in page(client, run).content.decode() or "Đã nhập xong" in page(client, run).content.decode()


def test_htmx_gets_the_progress_alone_and_is_told_when_it_is_over(client, editor):
    upload(client, version())
    run = ImportRun.objects.get()
    address = reverse("procedures_catalog_importing:run", args=[run.pk])
    part = client.get(address, headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="import-progress"')
    assert "HX-Refresh" not in part.headers
    jobs.read_import.func(run.pk)
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_problems_are_shown_and_the_good_records_taken_only_when_asked_for(client, editor, publisher):
    upload(client, version(sets="x"), version("1.004874"))
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    assert "sets" in page(client, run).content.decode()
    confirm(client, run, publisher)
    run.refresh_from_db()
    assert run.step == "previewed"
    confirm(client, run, publisher, skip_bad_rows="1")
    confirm(client, run, publisher, skip_bad_rows="1")
    assert jobs.write_import.func(run.pk) == "done"
    assert jobs.write_import.func(run.pk) == "done"
    assert ProcedureVersion.objects.published().count() == 1


def test_an_unreadable_file_ends_the_run(client, editor, tmp_path):
    client.post(reverse(INDEX), {"file": SimpleUploadedFile("a.zip", b"PK\x03\x04broken")})
    run = ImportRun.objects.get()
    assert jobs.read_import.func(run.pk) == "failed"
    assert page(client, run).status_code == 200
    assert not list((tmp_path / "private" / "imports").iterdir())


@pytest.mark.accepts("X6")
def test_an_upload_is_refused_by_size_and_kind(client, editor):
    big = client.post(reverse(INDEX), {"file": SimpleUploadedFile("a.csv", b"x" * (10 * 1024 * 1024 + 1))})
    kind = client.post(reverse(INDEX), {"file": SimpleUploadedFile("a.exe", b"MZ")})
    assert (big.status_code, kind.status_code, ImportRun.objects.count()) == (422, 422, 0)


def test_drafts_and_a_lost_file(client, editor, tmp_path):
    upload(client, version(), draft="on")
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    client.post(reverse("procedures_catalog_importing:confirm", args=[run.pk]))
    (tmp_path / "private" / "imports" / run.file).unlink()
    assert jobs.write_import.func(run.pk) == "failed"
    assert not ProcedureVersion.objects.exists()


@pytest.mark.accepts("A12")
def test_who_uploaded_cannot_let_it_be_published_whatever_their_rights(client, editor, publisher):
    client.force_login(publisher)
    upload(client, version())
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    assert "You uploaded this file" in page(client, run).content.decode()
    confirm(client, run, publisher)
    run.refresh_from_db()
    assert (run.step, run.approver) == ("previewed", None)
    with pytest.raises(NotReady):
        jobs.confirm(run, skip_bad_rows=False, approver=publisher)


@pytest.mark.accepts("A12")
def test_without_the_right_to_publish_nobody_lets_it_be_published(client, editor, publisher):
    client.force_login(publisher)
    upload(client, version())
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    confirm(client, run, editor)
    run.refresh_from_db()
    assert (run.step, run.approver) == ("previewed", None)


@pytest.mark.accepts("A12")
def test_a_run_set_going_behind_the_back_of_the_door_publishes_nothing(client, editor, publisher):
    upload(client, version())
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    for approver in (None, editor):
        ImportRun.objects.filter(pk=run.pk).update(step="running", approver=approver)
        assert jobs.write_import.func(run.pk) == "failed"
        assert not ProcedureVersion.objects.exists()


def test_who_uploaded_may_take_it_in_as_drafts(client, editor):
    upload(client, version())
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    shown = page(client, run).content.decode()
    assert "Import as drafts" in shown
    assert "Import and publish" not in shown
    confirm(client, run, editor, as_drafts="1")
    assert jobs.write_import.func(run.pk) == "done"
    assert not ProcedureVersion.objects.published().exists()
    assert ProcedureVersion.objects.count() == 1


def test_the_approval_and_the_author_are_the_people_at_the_screens(client, editor, publisher):
    upload(client, version())
    run = ImportRun.objects.get()
    jobs.read_import.func(run.pk)
    confirm(client, run, publisher)
    assert jobs.write_import.func(run.pk) == "done"
    published = ProcedureVersion.objects.get()
    assert [approval.approver for approval in published.approvals.all()] == [publisher]
    assert [contribution.user for contribution in published.contributions.all()] == [editor]


def test_a_failure_of_ours_ends_the_run_and_says_so(client, editor, monkeypatch):
    upload(client, version())
    run = ImportRun.objects.get()

    def broken(*args, **options):
        raise RuntimeError

    monkeypatch.setattr(jobs, "run_import", broken)
    with pytest.raises(RuntimeError):
        jobs.read_import.func(run.pk)
    run.refresh_from_db()
    assert run.step == "failed"
    assert "our side" in run.report["problems"][0]["message"]


@pytest.mark.accepts("X6")
@pytest.mark.parametrize("name", ["a\\u0000b", "a\\ud800b", "\\udc00"])
def test_characters_that_no_database_keeps_are_named_by_row_and_column(client, editor, name):
    line = json.dumps(version(), ensure_ascii=False).replace('"name": "Thủ tục 1.004873"', f'"name": "{name}"')
    assert name in line
    content = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in reference_lines()) + line
    client.post(reverse(INDEX), {"file": SimpleUploadedFile("a.jsonl", content.encode())})
    run = ImportRun.objects.get()
    assert jobs.read_import.func(run.pk) == "previewed"
    run.refresh_from_db()
    problem = run.report["problems"][0]
    assert (problem["column"], problem["row"]) == ("name", len(reference_lines()) + 1)


@pytest.mark.accepts("A8")
def test_without_the_right_there_is_nothing(client, editor):
    upload(client, version())
    run = ImportRun.objects.get()
    client.force_login(may(User.objects.create_user("khach")))
    own = [("index", []), ("run", [run.pk]), ("report", [run.pk]), ("example", ["csv"])]
    for name, args in own:
        assert client.get(reverse(f"procedures_catalog_importing:{name}", args=args)).status_code == 302, name
    for name, args in (("confirm", [run.pk]), ("export", ["csv"]), ("index", [])):
        assert client.post(reverse(f"procedures_catalog_importing:{name}", args=args)).status_code == 302, name
    run.refresh_from_db()
    assert run.step == "uploaded"
    assert reverse(INDEX) not in client.get(reverse("wagtailadmin_home")).content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "jsonl"])
def test_export_buttons_give_files_and_are_logged(client, editor, tmp_path, kind):
    take(jsonl(tmp_path / "a.jsonl", version()), editor)
    response = client.post(reverse("procedures_catalog_importing:export", args=[kind]))
    assert "attachment" in response.headers["Content-Disposition"]
    (tmp_path / "out").write_bytes(b"".join(response.streaming_content))
    with open_source(tmp_path / "out", COMMAND) as source:
        assert [record.values["code"] for record in source.records()] == ["1.004873"]
    assert Event.objects.filter(kind="procedures_catalog.exported").count() == 1
    assert client.get(reverse("procedures_catalog_importing:export", args=[kind])).status_code == 405


@pytest.mark.parametrize("kind", list(EXAMPLES))
def test_example_files_can_be_downloaded_and_imported(client, editor, tmp_path, kind):
    response = client.get(reverse("procedures_catalog_importing:example", args=[kind]))
    (tmp_path / "file").write_bytes(b"".join(response.streaming_content))
    report = take(tmp_path / "file", editor)
    assert report.problems == []
    assert report.counts["create"] == 1
    assert ProcedureVersion.objects.get().missing == []


def test_the_example_archive_holds_every_table():
    from procedures_catalog.importing.columns import TABLES

    with zipfile.ZipFile(io.BytesIO((EXAMPLE_FOLDER / EXAMPLES["csv"]).read_bytes())) as archive:
        assert {name.removesuffix(".csv") for name in archive.namelist()} == set(TABLES)


def test_forgotten_uploads_go_after_a_week(client, editor, tmp_path):
    import time_machine

    upload(client, version())
    with time_machine.travel("2100-01-01", tick=False):
        assert jobs.forget_imports.func(0) == 1
    assert ImportRun.objects.get().step == "failed"
    assert not list((tmp_path / "private" / "imports").iterdir())
