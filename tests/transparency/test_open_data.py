"""Open data: what the files hold, when they are made, and that nobody's name is in them."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app

from foundation.registries import Column, OpenDataset, open_datasets
from foundation.tabular import unescape
from organisation import services as offices
from organisation.models import CalendarDay, Field, OpeningHours, ServicePoint, Unit, today
from procedures_catalog.models import PARTS, ProcedureVersion, ServiceOffer
from safeguards.models import Event
from tests.procedures_catalog.factories import DAY, VersionFactory
from transparency.opendata import checks, formats, services
from transparency.opendata.models import Release
from transparency.opendata.serving import asked_range

from . import town

pytestmark = pytest.mark.django_db
BASE = "/so-lieu/du-lieu-mo/"


def read(response):
    return b"".join(response.streaming_content)


def rows_of(client, slug):
    """The rows of the CSV file as a program reads them."""
    text = read(client.get(f"{BASE}{slug}.csv")).decode("utf-8-sig")
    return [{name: unescape(cell) for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text, newline=""))]


def records_of(client, slug):
    return json.loads(read(client.get(f"{BASE}{slug}.json")))


@pytest.fixture
def made():
    """The town, and its files."""
    built = town.build()
    services.make_due()
    return built


def counts_in_the_database():
    in_force = ProcedureVersion.objects.in_force_on(today())
    slugs = {
        "methods": "cach-nop", "fees": "phi", "papers": "giay-to", "forms": "mau-don", "steps": "cac-buoc", "cases": "truong-hop",
        "results": "ket-qua", "conditions": "dieu-kien", "legal_bases": "can-cu-phap-ly", "agencies": "co-quan-thuc-hien",
    }  # fmt: skip
    return {
        "linh-vuc": Field.objects.count(),
        "don-vi": Unit.objects.count(),
        "diem-tiep-nhan": ServicePoint.objects.current().count(),
        "gio-tiep-nhan": OpeningHours.objects.count(),
        "lich-lam-viec": CalendarDay.objects.count(),
        "thu-tuc": in_force.count(),
        "thu-tuc-thay-doi": ProcedureVersion.objects.filter(live=True).count(),
        "thu-tuc-noi-nop": ServiceOffer.objects.filter(procedure__versions__in=in_force).distinct().count(),
        **{f"thu-tuc-{slug}": PARTS[part].objects.filter(version__in=in_force).count() for part, slug in slugs.items()},
    }


@pytest.mark.accepts("X7")
def test_csv_json_lines_and_database_count_the_same(client, made):
    expected = counts_in_the_database()
    assert expected["thu-tuc"] == 2
    assert all(expected.values())
    for slug, count in expected.items():
        release = services.latest_of(slug)
        lines = gzip.decompress(read(client.get(f"{BASE}{slug}.jsonl.gz"))).decode().splitlines()
        records = records_of(client, slug)
        found = {"csv": len(rows_of(client, slug)), "json": len(records), "lines": len(lines), "said": release.rows}
        assert found == dict.fromkeys(found, count), slug
        assert [json.loads(line) for line in lines] == records


def test_every_dataset_has_rows_of_its_columns(client, made):
    for dataset in open_datasets:
        records = records_of(client, dataset.slug)
        names = [column.name for column in dataset.columns]
        assert all(list(record) == names for record in records), dataset.slug
        if dataset.key and records:
            keys = [tuple(record[name] for name in dataset.key) for record in records]
            assert len(keys) == len(set(keys)), dataset.slug


def test_joins_lead_to_a_row(client, made):
    for dataset in open_datasets:
        for column, target in dataset.joins.items():
            slug, _dot, other = target.partition(".")
            known = {record[other] for record in records_of(client, slug)}
            named = {record[column] for record in records_of(client, dataset.slug) if record[column]}
            assert named <= known, f"{dataset.slug}.{column}"


@pytest.mark.accepts("P12")
def test_no_file_holds_a_person_or_a_draft(client, made):
    for dataset in open_datasets:
        for suffix in ("csv", "json"):
            text = read(client.get(f"{BASE}{dataset.slug}.{suffix}")).decode()
            assert not [secret for secret in (*town.SECRETS, "Bản nháp bí mật") if secret in text], f"{dataset.slug}.{suffix}"


@pytest.mark.accepts("P12")
def test_a_column_about_a_person_is_an_error_at_start():
    wrong = OpenDataset("nguoi-ky", "x", "x", (Column("signer", "x"), Column("kind", "x", "word")), rows=list, key=("nothing",))
    assert {message.id for message in checks.problems(wrong)} == {"opendata.E001", "opendata.E002"}
    assert checks.datasets_are_sound(None) == []
    assert [message.id for message in checks.problems(OpenDataset("Có dấu", "x", "x", (), rows=list))] == ["opendata.E003"]


def test_a_formula_is_text_in_the_csv_and_comes_back(client, made):
    raw = read(client.get(f"{BASE}thu-tuc.csv"))
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw
    assert b"'=HYPERLINK(0)" in raw
    rows = rows_of(client, "thu-tuc")
    assert {row["summary"] for row in rows} == {"", "=HYPERLINK(0)"}
    assert 'Đăng ký\nkhai sinh; "lại"' in {row["name"] for row in rows}
    assert "=HYPERLINK(0)" in {row["summary"] for row in records_of(client, "thu-tuc")}


def test_the_calendar_tells_deadlines_from_open_counters(client, made):
    rows = {row["date"]: row for row in rows_of(client, "lich-lam-viec")}
    assert (rows["2026-09-05"]["counts_for_deadlines"], rows["2026-09-05"]["counter_open"], rows["2026-09-05"]["half"]) == ("false", "true", "am")
    assert rows["2026-09-05"]["unit"] == made["ward"].slug
    assert rows["2026-09-02"]["unit"] == ""


# ── When they are made ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_made_twice_while_nothing_differs(made):
    before = list(Release.objects.order_by("pk").values_list("pk", flat=True))
    assert services.due()[1] == []
    assert services.make(open_datasets) == []
    assert list(Release.objects.order_by("pk").values_list("pk", flat=True)) == before
    assert len(list(services.path_of(services.FOLDER).iterdir())) == 3 * len(before)


def test_what_is_published_is_in_the_next_file_and_what_is_withdrawn_is_gone(client, made):
    new = VersionFactory(name="Thủ tục vừa công bố")
    assert [release.dataset for release in services.make_due() if release.dataset == "thu-tuc"] == ["thu-tuc"]
    assert "Thủ tục vừa công bố" in {row["name"] for row in rows_of(client, "thu-tuc")}
    ProcedureVersion.objects.filter(pk=new.pk).update(valid_to=today() - DAY, end_kind="expired")
    services.make_due()
    assert "Thủ tục vừa công bố" not in {row["name"] for row in rows_of(client, "thu-tuc")}


def test_a_change_of_a_unit_is_noticed(client, made):
    offices.close_unit(made["ward"], last_day=today(), successors=[made["district"]], actor=None)
    assert "don-vi" in {release.dataset for release in services.make_due()}


def test_the_day_turns_and_everything_is_looked_at_again(made):
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        assert len(services.due()[1]) == len(open_datasets)


def test_a_lost_file_is_made_again(client, made):
    release = services.latest_of("linh-vuc")
    services.path_of(release.files["csv"]["file"]).unlink()
    assert [dataset.slug for dataset in services.due()[1]] == ["linh-vuc"]
    services.make_due()
    assert len(rows_of(client, "linh-vuc")) == release.rows


def test_a_dataset_that_fails_keeps_no_other_and_leaves_nothing(private, monkeypatch):
    def broken():
        yield {"a": 1}
        raise RuntimeError("gone wrong")

    good = OpenDataset("tot", "x", "x", (Column("a", "x", "integer"),), rows=lambda: [{"a": 1}])
    bad = OpenDataset("hong", "x", "x", (Column("a", "x", "integer"),), rows=broken)
    with pytest.raises(ExceptionGroup) as failed:
        services.make([bad, good])
    assert "gone wrong" in str(failed.value.exceptions[0])
    assert list(Release.objects.values_list("dataset", flat=True)) == ["tot"]
    assert {path.name.split("-")[0] for path in services.path_of(services.FOLDER).iterdir()} == {"tot"}


def test_a_row_with_other_keys_is_refused(tmp_path):
    paths = {kind: tmp_path / kind for kind in formats.SUFFIXES}
    with pytest.raises(formats.WrongRow):
        formats.write([{"a": 1, "b": 2}], (Column("a", "x"),), paths)


def test_each_release_leaves_an_event(made):
    assert Event.objects.filter(kind="opendata.released").count() == Release.objects.count()


def test_the_jobs_are_registered_and_do_it(made):
    assert {"opendata.make", "opendata.forget_old"} <= set(app.tasks)
    assert app.tasks["opendata.make"](timestamp=0) == []
    assert app.tasks["opendata.forget_old"](timestamp=0) == 0


def test_old_releases_go_and_the_last_of_each_day_stays(settings):
    settings.OPEN_DATA_KEPT_DAYS = 30
    now = timezone.now().replace(hour=3)
    made = [now - dt.timedelta(days=days, hours=hours) for days in (0, 1, 29, 45, 46, 90, 500) for hours in (0, 1)]
    releases = [Release.objects.create(dataset="x", made_at=at, checked_at=at, rows=1, digest=str(place), files={}) for place, at in enumerate(made)]
    stay = services.kept(releases, timezone.localdate(now))
    days = {release.day for release in releases if release.pk in stay}
    assert releases[0].pk in stay
    assert releases[1].pk not in stay
    assert max((timezone.localdate(now) - day).days for day in days) <= 366
    assert len([release for release in releases if release.pk in stay and (timezone.localdate(now) - release.day).days <= 30]) == 3
    services.forget_old(now + dt.timedelta(hours=2))
    assert set(Release.objects.values_list("pk", flat=True)) == services.kept(releases, timezone.localdate(now))


def test_what_a_crash_left_is_swept(made, private):
    left = services.path_of(f"{services.FOLDER}/x-0123.csv")
    left.write_text("x")
    services.forget_old()
    assert left.exists()  # a job may still be writing it
    services.forget_old(timezone.now() + dt.timedelta(days=2))
    assert not left.exists()
    assert all(services.is_there(release) for release in services.latest().values())


def test_files_that_should_never_have_been_given_can_be_deleted(client, made, capsys):
    with time_machine.travel(timezone.now() + dt.timedelta(days=2), tick=True):
        VersionFactory(name="Thêm một")
        services.make_due()
        call_command("open_data", "forget", "thu-tuc", before=today())
        assert Release.objects.filter(dataset="thu-tuc").count() == 1
        assert Event.objects.filter(kind="opendata.forgotten").count() == 1
    call_command("open_data", "status")
    assert "thu-tuc: 3 rows" in capsys.readouterr().out


# ── How they are served ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("X7")
def test_a_file_carries_its_name_its_checksum_and_lets_other_sites_read(client, made):
    release = services.latest_of("thu-tuc")
    for kind, suffix in formats.SUFFIXES.items():
        response = client.get(f"{BASE}thu-tuc.{suffix}")
        body = read(response)
        assert response.status_code == 200
        assert response["Content-Type"] == {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/gzip"}[kind]
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Content-Disposition"] == f'attachment; filename="thu-tuc-{release.day}.{suffix}"'
        assert hashlib.sha256(body).hexdigest() == release.files[kind]["sha256"]
        assert len(body) == release.files[kind]["size"] == int(response["Content-Length"])
        for condition in ({"If-None-Match": response["ETag"]}, {"If-Modified-Since": response["Last-Modified"]}):
            again = client.get(f"{BASE}thu-tuc.{suffix}", headers=condition)
            assert (again.status_code, again["ETag"], again["Access-Control-Allow-Origin"]) == (304, response["ETag"], "*")
        head = client.head(f"{BASE}thu-tuc.{suffix}")
        assert (head["Content-Length"], head.content) == (response["Content-Length"], b"")
        assert client.post(f"{BASE}thu-tuc.{suffix}").status_code == 405


def test_a_part_of_a_file_can_be_fetched(client, made):
    whole = client.get(f"{BASE}thu-tuc.csv")
    body = read(whole)
    part = client.get(f"{BASE}thu-tuc.csv", headers={"Range": "bytes=3-9"})
    assert (part.status_code, part["Content-Range"], read(part)) == (206, f"bytes 3-9/{len(body)}", body[3:10])
    assert read(client.get(f"{BASE}thu-tuc.csv", headers={"Range": "bytes=-5", "If-Range": whole["ETag"]})) == body[-5:]
    assert client.get(f"{BASE}thu-tuc.csv", headers={"Range": "bytes=3-9", "If-Range": '"another"'}).status_code == 200
    beyond = client.get(f"{BASE}thu-tuc.csv", headers={"Range": f"bytes={len(body)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(body)}")


@pytest.mark.accepts("B14")
def test_ranges_are_read_as_the_standard_says_and_in_no_time():
    assert asked_range("bytes=0-0", 10) == (0, 0)
    assert asked_range("bytes=5-", 10) == (5, 9)
    assert asked_range("bytes=5-99", 10) == (5, 9)
    assert asked_range("bytes=-99", 10) == (0, 9)
    for whole in ("bytes=-", "bytes=5-4", "bytes=0-1,3-4", "rows=0-1", "bytes=" + "9" * 50_000, "bytes=0-" + " " * 50_000 + "x", "bytes=٣-٤"):
        assert asked_range(whole, 10) is None
    for nothing in ("bytes=10-", "bytes=-0"):
        with pytest.raises(ValueError, match="no such bytes"):
            asked_range(nothing, 10)


def test_the_file_of_a_day_keeps_its_address(client, made):
    first = services.latest_of("thu-tuc")
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=True):
        VersionFactory(name="Ngày hôm sau")
        services.make_due()
        assert "Ngày hôm sau" in read(client.get(f"{BASE}thu-tuc.json")).decode()
        assert "Ngày hôm sau" not in read(client.get(f"{BASE}thu-tuc/{first.day}.json")).decode()
    for nothing in ("2001-01-01", "2026-13-40", "9999-12-31"):
        assert client.get(f"{BASE}thu-tuc/{nothing}.csv").status_code == 404


def test_a_file_that_is_not_there_is_503_and_says_when_to_come_again(client):
    for address in (f"{BASE}thu-tuc.csv", f"{BASE}linh-vuc.jsonl.gz"):
        response = client.get(address)
        assert (response.status_code, response["Retry-After"]) == (503, "120")
        assert "đang được tạo" in response.content.decode()
    services.make([open_datasets["linh-vuc"]])
    services.path_of(services.latest_of("linh-vuc").files["json"]["file"]).unlink()
    assert client.get(f"{BASE}linh-vuc.json").status_code == 503
    assert client.get(f"{BASE}linh-vuc.csv").status_code == 200
    assert client.get(f"{BASE}khong-co.csv").status_code == 404
