"""The roadmap: plans are added, changed and withdrawn on record, never rewritten; the page says kept or missed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organisation.enums import Level
from safeguards.models import Event
from tests.procedures_catalog.factories import ProcedureFactory
from transparency import roadmap
from transparency.importing import read
from transparency.models import PlannedLevel
from transparency.services import change_plan, plan_level, withdraw_plan

from .conftest import START, TODAY, json_of, rows_of, text

pytestmark = pytest.mark.django_db
PAGE = "/so-lieu/lo-trinh/"
HEAD = "procedure,unit,year,scheme,level,basis,decided_on\n"
D = dt.date


def states(query=""):
    return {(row["procedure"], int(row["year"])): row["state"] for row in rows_of(f"/so-lieu/lo-trinh.csv{query}") if row["state"] != "replaced"}


@pytest.fixture
def plans(version, planned):
    """A procedure that reached level 4 in April 2026, planned for three years; one of which there is no record yet."""
    of = version("1.000001", legacy_level=3, online_level="partial", valid_to=D(2026, 3, 31), end_kind="superseded").procedure
    version("1.000001", legacy_level=4, valid_from=D(2026, 4, 1))
    planned(of, "3", 2025, "legacy")
    planned(of, "full", 2025)
    planned(of, "4", 2026, "legacy")
    planned(ProcedureFactory(code="1.000002"), "full", 2027)
    return of


def test_kept_missed_ahead_and_due(plans):
    found = {(row["year"], row["scheme"]): (row["state"], row["level_then"], row["reached_on"]) for row in rows_of("/so-lieu/lo-trinh.csv")}
    assert found == {
        ("2025", "legacy"): ("kept", "3", "2025-07-01"), ("2025", "online"): ("missed", "partial", "2026-04-01"),
        ("2026", "legacy"): ("ahead", "4", "2026-04-01"), ("2027", "online"): ("due", "", ""),
    }  # fmt: skip
    shown = text(PAGE)
    assert "Lỡ hẹn" in shown
    assert "đến 01/04/2026 mới đạt" in shown.lower()
    assert [row["state"] for row in json_of("/so-lieu/lo-trinh.json")["rows"]] == [row["state"] for row in rows_of("/so-lieu/lo-trinh.csv")]


def test_a_day_before_shows_what_was_known_then(plans, planned):
    assert states("?ngay=2025-12-31")[("1.000001", 2025)] in {"ahead", "due"}
    assert states("?ngay=2025-01-13") == {}
    assert "Đến ngày này chưa có kế hoạch nào." in text(f"{PAGE}?ngay=2025-01-13")


def test_the_record_at_the_unit_s_own_level_counts(version, planned, town):
    of = version("1.000003", levels=[int(Level.WARD)], online_level="partial").procedure
    version("1.000003", levels=[int(Level.DISTRICT)], online_level="full")
    planned(of, "full", unit=town["district"])
    planned(of, "full", unit=town["ward"])
    found = {row["unit"]: row["state"] for row in rows_of("/so-lieu/lo-trinh.csv")}
    assert found == {town["district"].code: "ahead", town["ward"].code: "due"}


def test_a_changed_plan_keeps_the_former_one_visible(plans):
    former = PlannedLevel.objects.get(year=2026)
    new = change_plan(former, "3", "Kế hoạch 61/KH-UBND", D(2026, 6, 15), None)
    former.refresh_from_db()
    assert (former.level, former.ended_on, former.end_kind) == ("4", D(2026, 6, 15), "replaced")
    assert new.pk != former.pk
    shown = text(f"{PAGE}?nam=2026")
    assert "Đến 15/06/2026 kế hoạch là: mức 4" in shown
    assert "Kế hoạch 61/KH-UBND" in shown
    assert [row["level"] for row in rows_of("/so-lieu/lo-trinh.csv?nam=2026")] == ["3", "4"]
    assert [row["level"] for row in rows_of("/so-lieu/lo-trinh.csv?nam=2026&ngay=2026-06-14")] == ["4"]  # nobody knew then
    assert set(Event.objects.filter(kind="transparency.plan_changed").values_list("payload__former_level", flat=True)) == {"4"}


def test_what_the_services_refuse(plans, planned):
    plan = PlannedLevel.objects.get(year=2026)
    with pytest.raises(ValidationError):
        planned(plan.procedure, "3", 2026, "legacy")  # there is one
    with pytest.raises(ValidationError):
        change_plan(plan, "full", "Kế hoạch", D(2026, 1, 1), None)  # a level of another scheme
    with pytest.raises(ValidationError):
        change_plan(plan, "3", "Kế hoạch", D(2025, 1, 1), None)  # decided before the one in force
    with pytest.raises(ValidationError):
        change_plan(plan, "3", "Kế hoạch", TODAY + dt.timedelta(days=1), None)
    with pytest.raises(ValidationError):
        withdraw_plan(plan, " ", TODAY, None)
    with pytest.raises(ValidationError):
        planned(plan.procedure, "full", 2024)  # decided after its year
    assert PlannedLevel.objects.current().count() == 4
    withdraw_plan(plan, "Kế hoạch 61/KH-UBND", TODAY, None)
    with pytest.raises(ValidationError):
        withdraw_plan(plan, "Kế hoạch 61/KH-UBND", TODAY, None)
    with pytest.raises(ValidationError):
        change_plan(plan, "3", "Kế hoạch", TODAY, None)
    assert states()[("1.000001", 2026)] == "withdrawn"
    assert "kế hoạch được rút ngày 30/11/2026" in text(PAGE).lower()


@pytest.mark.parametrize(("change", "constraint"), [
    ({"level": "3"}, "plan_is_kept"), ({"basis": "khác"}, "plan_is_kept"), ({"year": 2027}, "plan_is_kept"), ({"ended_on": TODAY}, "plan_end"),
    ({"ended_on": D(2020, 1, 1), "end_kind": "withdrawn", "end_basis": "x"}, "plan_end"),
])  # fmt: skip
def test_the_database_keeps_plans_whoever_writes(plans, change, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PlannedLevel.objects.filter(year=2026).update(**change)


def test_the_database_refuses_what_cannot_be(plans, town):
    common = {"procedure": plans, "unit": town["district"], "basis": "x", "decided_on": START}
    for values, constraint in [
        ({"year": 2026, "scheme": "legacy", "level": "full"}, "plan_level_of_scheme"),
        ({"year": 2026, "scheme": "legacy", "level": "4"}, "plan_one_current"),
        ({"year": 2024, "scheme": "online", "level": "full"}, "plan_before_its_year_ends"),
        ({"year": 1999, "scheme": "online", "level": "full"}, "plan_"),
        ({"year": 2028, "scheme": "online", "level": "full", "basis": ""}, "plan_has_basis"),
    ]:  # fmt: skip
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PlannedLevel.objects.create(**{**common, **values})
    with pytest.raises(IntegrityError, match="plan_is_kept"), transaction.atomic():
        PlannedLevel.objects.filter(year=2026)._raw_delete("default")


def test_choices_narrow_and_what_cannot_exist_does_not(plans):
    assert list(states("?trang-thai=missed")) == [("1.000001", 2025)]
    assert len(states("?cach-tinh=nay")) == 2
    wrong = [
        "nam=1",
        "nam=abc",
        "trang-thai=x",
        "cach-tinh=x",
        "co-quan=khong-co",
        "linh-vuc=khong-co",
        "trang=0",
        "trang=1000000",
        "trang=2",
        "trang=-1",
        "ngay=x",
    ]
    assert {query: Client().get(f"{PAGE}?{query}").status_code for query in wrong} == dict.fromkeys(wrong, 404)


@pytest.mark.accepts("L3", "L8")
def test_pages_hold_fifty_plans_and_cost_the_same_for_a_hundred(version, planned):
    def grow(count):
        for _ in range(count):
            planned(version(bare=True).procedure)

    counts = []
    for number in (10, 90):
        grow(number)
        Client().get(PAGE)
        with CaptureQueriesContext(connection) as asked:
            assert Client().get(PAGE).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12
    assert text(PAGE).count('<li class="stack tight">') == roadmap.PER_PAGE
    assert text(f"{PAGE}?trang=2").count('<li class="stack tight">') == 50
    assert Client().get(f"{PAGE}?trang=3").status_code == 404


def line(plan_of, **changes):
    values = {
        "procedure": plan_of.code,
        "unit": "",
        "year": "2027",
        "scheme": "online",
        "level": "full",
        "basis": "Kế hoạch 9",
        "decided_on": "2026-01-20",
    }
    return ",".join({**values, **changes}.values()) + "\n"


def test_import_adds_changes_and_leaves_as_it_is(plans, town):
    unit = town["district"].code
    file = HEAD + line(plans, unit=unit) + line(plans, unit=unit, year="2026", scheme="legacy", level="3", decided_on="20/01/2026")
    report = read("roadmap", file.encode(), None, dry_run=True)
    assert (report.added, report.changed, report.problems) == (1, 1, [])
    assert PlannedLevel.objects.count() == 4  # a dry run changes nothing
    report = read("roadmap", b"\xef\xbb\xbf" + file.encode(), None)
    assert (report.added, report.changed, report.unchanged) == (1, 1, 0)
    again = read("roadmap", file.encode(), None)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert PlannedLevel.objects.count() == 6


@pytest.mark.parametrize(("changes", "column"), [
    ({"procedure": "9.000000"}, "procedure"), ({"unit": "X"}, "unit"), ({"year": "26"}, "year"), ({"year": "2101"}, "year"),
    ({"scheme": "2011"}, "scheme"),
    ({"level": "4"}, "level"), ({"basis": ""}, "basis"), ({"decided_on": "hôm qua"}, "decided_on"), ({"decided_on": "2027-01-01"}, "decided_on"),
    ({"year": "2025"}, "decided_on"),
])  # fmt: skip
def test_one_bad_cell_changes_nothing_and_is_named(plans, town, changes, column):
    good = line(plans, unit=town["district"].code)
    report = read("roadmap", (HEAD + good + line(plans, **{"unit": town["district"].code, "year": "2028", **changes})).encode(), None)
    assert [(problem.row, problem.column) for problem in report.problems] == [(3, column)]
    assert not PlannedLevel.objects.filter(year__gte=2027, procedure=plans).exists()


NO_FILES = {
    "empty": b"", "another encoding": b"\xff\xfe\x00", "another table": b"a,b\n1,2\n", "no rows": HEAD.encode(),
    "too few cells": HEAD.encode() + b"1,2\n",
    "a cell without end": HEAD.encode() + b'"' + b"x" * 200_000, "too large": b"x" * (10 * 1024 * 1024 + 1),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_FILES)
def test_a_file_that_is_none_is_refused_whole(plans, name):
    report = read("roadmap", NO_FILES[name], None)
    assert report.problems
    assert PlannedLevel.objects.count() == 4


def test_plans_of_a_unit_need_no_level_of_its_own(version, planned, town):
    """A district's plan for what wards alone decide is compared with the wards' record."""
    of = version("1.000004", levels=[int(Level.WARD)]).procedure
    plan_level(PlannedLevel(
        procedure=of, unit=town["district"], year=2026, scheme="online", level="full", basis="Kế hoạch", decided_on=D(2026, 1, 1)
    ), None)  # fmt: skip
    assert states() == {("1.000004", 2026): "ahead"}
