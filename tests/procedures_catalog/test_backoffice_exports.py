"""Exports too large for one request: made by a job, fetched by a link, by nobody else, for a few days."""

from __future__ import annotations

import csv
import datetime as dt
import io
import stat

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from procedures_catalog import exporting, exports
from procedures_catalog.importing.readers import COMMAND, open_source
from procedures_catalog.models import ExportRun
from safeguards.models import Event, User

from .import_kit import jsonl, people, take, version
from .making import in_force, person

pytestmark = pytest.mark.django_db
ONE = "1.004873"


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    return settings.PRIVATE_ROOT


@pytest.fixture
def catalogue(tmp_path):
    """One record of a published catalogue."""
    take(jsonl(tmp_path / "a.jsonl", version(ONE)), people()[0])
    return exporting.row_count()


@pytest.fixture
def editor(client):
    user = person("editor", "an")
    client.force_login(user)
    return user


def ask(client, kind="csv"):
    return client.post(reverse("procedures_catalog_importing:export", args=[kind]))


def fetch(client, run):
    return client.get(reverse("procedures_catalog_importing:export_fetch", args=[run.pk]))


def made(client, kind="csv"):
    assert ask(client, kind).status_code == 302
    run = ExportRun.objects.latest("pk")
    exports.write_export(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_the_count_of_rows_is_what_stands_in_the_file(catalogue, tmp_path):
    with (tmp_path / "out.zip").open("wb") as out:
        exporting.export(out, "csv")
    import zipfile

    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        rows = sum(len(list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8-sig")))) - 1 for name in archive.namelist())
    assert rows == catalogue > 10


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "jsonl"])
def test_up_to_the_limit_the_file_is_there_at_once(client, editor, catalogue, settings, kind):
    settings.EXPORT_ROWS_AT_ONCE = catalogue
    answer = ask(client, kind)
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    b"".join(answer.streaming_content)
    assert not ExportRun.objects.exists()
    assert Event.objects.get(kind="procedures_catalog.exported").payload == {"kind": kind, "rows": catalogue}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "jsonl"])
def test_one_row_above_the_limit_it_is_made_by_a_job_and_fetched_by_a_link(client, editor, catalogue, settings, tmp_path, private, kind):
    settings.EXPORT_ROWS_AT_ONCE = catalogue - 1
    answer = ask(client, kind)
    run = ExportRun.objects.get()
    page = reverse("procedures_catalog_importing:export_run", args=[run.pk])
    assert answer.headers["Location"] == page and (run.step, run.rows) == ("waiting", catalogue)
    link = reverse("procedures_catalog_importing:export_fetch", args=[run.pk])
    waiting = client.get(page).content.decode()
    assert link not in waiting and "hx-get" in waiting and fetch(client, run).status_code == 404
    exports.write_export(run_id=run.pk)
    run.refresh_from_db()
    assert link in client.get(page).content.decode()
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    answer = fetch(client, run)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="thu-tuc-')
    (tmp_path / "out").write_bytes(b"".join(answer.streaming_content))
    assert run.size == (tmp_path / "out").stat().st_size
    with open_source(tmp_path / "out", COMMAND) as source:
        assert [record.values["code"] for record in source.records()] == [ONE]
    file = private / run.file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and ONE not in run.file
    events = Event.objects.filter(subject_id=str(run.pk), kind__startswith="procedures_catalog.export").order_by("pk")
    assert [(event.kind, event.actor) for event in events] == [
        ("procedures_catalog.exported", editor), ("procedures_catalog.export_finished", editor),
    ]  # fmt: skip


def test_formulas_are_escaped_in_a_file_made_by_a_job(client, editor, settings, tmp_path):
    take(jsonl(tmp_path / "a.jsonl", version(ONE, name='=HYPERLINK("http://x")')), people()[0])
    settings.EXPORT_ROWS_AT_ONCE = 1
    import zipfile

    with zipfile.ZipFile(exports.path_of(made(client))) as archive:
        assert "'=HYPERLINK" in archive.read("versions.csv").decode()


def test_asking_twice_makes_one(client, editor, catalogue, settings):
    settings.EXPORT_ROWS_AT_ONCE = 1
    assert ask(client).headers["Location"] == ask(client).headers["Location"]
    assert ask(client, "xlsx").status_code == 302
    assert [run.kind for run in ExportRun.objects.order_by("pk")] == ["csv", "xlsx"]
    assert Event.objects.filter(kind="procedures_catalog.exported").count() == 2


@pytest.mark.accepts("A9")
def test_somebody_elses_file_is_not_there(client, editor, catalogue, settings):
    settings.EXPORT_ROWS_AT_ONCE = 1
    run = made(client)
    page = reverse("procedures_catalog_importing:export_run", args=[run.pk])
    index = reverse("procedures_catalog_importing:index")
    assert fetch(client, run).status_code == 200 and page in client.get(index).content.decode()
    other = person("editor", "ba")
    assert other.has_perm("procedures_catalog.export_catalogue")
    client.force_login(other)
    assert fetch(client, run).status_code == client.get(page).status_code == 404
    assert page not in client.get(index).content.decode()
    other.user_permissions.add(Permission.objects.get(codename="view_exportrun"))
    client.force_login(User.objects.get(pk=other.pk))  # a session ends with the rights that it began with
    assert fetch(client, run).status_code == 200 and page in client.get(index).content.decode()
    client.logout()
    assert fetch(client, run).status_code == 302


def test_who_may_not_export_any_more_gets_nothing(client, editor, catalogue, settings):
    settings.EXPORT_ROWS_AT_ONCE = 1
    run = made(client)
    assert ask(client).status_code == 302
    waiting = ExportRun.objects.latest("pk")
    editor.groups.clear()
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(User.objects.get(pk=editor.pk))  # a session ends with the rights that it began with
    assert exports.write_export(run_id=waiting.pk) == "failed" and not exports.is_there(waiting)
    assert fetch(client, run).status_code == 404


def test_the_file_goes_when_its_time_is_over(client, editor, catalogue, settings):
    settings.EXPORT_ROWS_AT_ONCE = 1
    run, kept = made(client), made(client, "json")
    file = exports.path_of(run)
    ExportRun.objects.filter(pk=run.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert file.is_file() and fetch(client, run).status_code == 410  # before the job has run, too
    assert exports.forget_exports(0) == 1
    assert not file.exists() and fetch(client, run).status_code == 410 and fetch(client, kept).status_code == 200
    page = client.get(reverse("procedures_catalog_importing:export_run", args=[run.pk])).content.decode()
    assert reverse("procedures_catalog_importing:export_fetch", args=[run.pk]) not in page and "đã hết hạn" in page


def test_what_a_killed_worker_left_is_cleared_away_after_a_day(client, editor, catalogue, settings, private):
    import os

    settings.EXPORT_ROWS_AT_ONCE = 1
    run = made(client)
    half, new = private / "exports" / "half.zip", private / "exports" / "new.zip"
    half.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(half, (0, 0))
    os.utime(exports.path_of(run), (0, 0))
    exports.forget_exports(0)
    assert not half.exists() and new.exists() and fetch(client, run).status_code == 200


def test_a_worker_that_fails_says_so_and_leaves_no_file(client, editor, catalogue, settings, private, monkeypatch):
    settings.EXPORT_ROWS_AT_ONCE = 1
    ask(client)
    run = ExportRun.objects.get()

    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(exporting, "export", broken)
    with pytest.raises(OSError, match="disk full"):
        exports.write_export(run_id=run.pk)
    run.refresh_from_db()
    assert run.step == "failed" and list((private / "exports").iterdir()) == []
    assert "Chưa tạo được tệp" in client.get(reverse("procedures_catalog_importing:export_run", args=[run.pk])).content.decode()
    assert Event.objects.filter(kind="procedures_catalog.export_failed").count() == 1
    assert ask(client).headers["Location"] != reverse("procedures_catalog_importing:export_run", args=[run.pk])  # it can be asked for again


def test_a_job_begun_again_after_a_crash_makes_the_file_and_one_run_twice_makes_it_once(client, editor, catalogue, settings):
    settings.EXPORT_ROWS_AT_ONCE = 1
    ask(client)
    run = ExportRun.objects.get()
    ExportRun.objects.update(step="running", progress=3)
    assert exports.write_export(run_id=run.pk) == exports.write_export(run_id=run.pk) == "done"
    assert len(list(exports.path_of(ExportRun.objects.get()).parent.iterdir())) == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_report_is_immediate_up_to_the_limit_and_a_job_above_it(client, editor, settings, kind):
    report = reverse("procedures_catalog_backoffice:completeness_report")
    approver = person("publisher", "ba")
    for name in ("=1+1", "Đăng ký kết hôn"):
        in_force(editor, approver, name=name)
    settings.EXPORT_ROWS_AT_ONCE = 2
    at_once = client.get(f"{report}?shows=all&export={kind}")
    assert at_once.status_code == 200
    small = b"".join(at_once.streaming_content)
    settings.EXPORT_ROWS_AT_ONCE = 1
    answer = client.get(f"{report}?shows=all&export={kind}")
    assert answer.status_code == 302 and not ExportRun.objects.exists()  # a GET begins nothing
    assert "2 dòng" in client.get(answer.headers["Location"]).content.decode()
    answer = client.post(answer.headers["Location"])
    run = ExportRun.objects.get()
    assert (run.what, run.rows, run.query) == ("report", 2, "shows=all")
    exports.write_export(run_id=run.pk)
    run.refresh_from_db()
    large = b"".join(fetch(client, run).streaming_content)
    if kind == "csv":
        assert large == small and "'=1+1" in large.decode()
    else:
        from openpyxl import load_workbook

        rows = [[[cell.value for cell in row] for row in load_workbook(io.BytesIO(file)).active.rows] for file in (large, small)]
        assert rows[0] == rows[1] and len(rows[0]) == 3
    assert client.get(f"{report}?shows=review&export={kind}").status_code == 200  # nothing to be reviewed: a small one


def test_a_report_needs_its_own_right_and_a_known_format(client, editor):
    assert client.get(reverse("procedures_catalog_importing:ask_report", args=["json"])).status_code == 404
    stranger = User.objects.create_user("la")
    stranger.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(stranger)
    address = reverse("procedures_catalog_importing:ask_report", args=["csv"])
    assert client.post(address).status_code == client.get(address).status_code == 302  # Wagtail leads home with a message
    assert not ExportRun.objects.exists()


# ── how often ───────────────────────────────────────────────────────────────────


@pytest.fixture
def two_exports(settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "export": (2, 3600)}
    return settings


@pytest.mark.accepts("O14")
def test_an_account_has_so_many_files_made_and_then_waits(client, editor, catalogue, two_exports):
    assert [ask(client).status_code, ask(client, "json").status_code] == [200, 200]
    refused = ask(client)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "Bạn đang thao tác quá nhanh" in refused.content.decode() and Event.objects.filter(kind="procedures_catalog.exported").count() == 2
    client.force_login(person("editor", "ba"))  # at the next desk, behind the same address
    assert ask(client).status_code == 200


@pytest.mark.accepts("O14")
def test_reports_large_and_small_count_as_files_and_looking_does_not(client, editor, two_exports):
    approver = person("publisher", "ba")
    for name in ("Khai sinh", "Đăng ký kết hôn"):
        in_force(editor, approver, name=name)
    report, large = reverse("procedures_catalog_backoffice:completeness_report"), reverse("procedures_catalog_importing:ask_report", args=["csv"])
    assert [client.get(page).status_code for page in (report, large, f"{report}?shows=all") * 2] == [200] * 6
    assert client.get(f"{report}?shows=all&export=csv").status_code == 200
    assert client.post(large).status_code == 302
    for refused in (client.post(large), client.get(f"{report}?shows=all&export=xlsx")):
        assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert ExportRun.objects.count() == 1
    assert client.get(report).status_code == 200
