"""The levels page: what is counted, in each scheme apart; page, CSV, JSON, lists and a count by hand say the same."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.registries import open_datasets
from organisation.enums import Level
from portal.setup import ensure_site
from procedures_catalog import listing
from tests.procedures_catalog.factories import FieldFactory, VersionFactory, catalogue
from transparency import levels

from .conftest import TODAY, json_of, rows_of, text

pytestmark = pytest.mark.django_db
PAGE = "/so-lieu/muc-do/"
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "demonstration"
DAY = dt.timedelta(days=1)


@pytest.fixture
def several(town, version):
    """Two of level 4, one of 3, one of 2, one without a level; one to come, one over, one draft, one abolished."""
    land = FieldFactory(slug="dat-dai", name="Đất đai")
    version("1.000001", at=[town["ward"], town["other"]], proactive_level=2)
    version("1.000002", at=[town["ward"]])
    version(
        "1.000003", decides=town["district"], legacy_level=3, online_level="partial", partial_reason_kind="presence", levels=[int(Level.DISTRICT)]
    )
    version("1.000004", decides=town["office"], asked=town["district"], legacy_level=2, online_level="information", field=land)
    version("1.000005", at=[town["ward"]], legacy_level=None, online_level="partial", field=None)
    version("1.000006", valid_from=TODAY + DAY)
    version("1.000007", valid_to=TODAY - DAY, end_kind="expired")
    version("1.000008", draft=True)
    version("1.000009", change_kind="abolished")


def table(path="", **wanted):
    """A line of the counts' file."""
    (found,) = [row for row in rows_of(f"/so-lieu/muc-do-bang.csv{path}") if all(row[name] == value for name, value in wanted.items())]
    return found


def test_counts_are_of_published_records_in_force_on_the_day(several):
    line = table(by="all", scheme="legacy")
    assert (line["records"], line["level_4"], line["level_3"], line["level_2"], line["level_1"], line["not_stated"]) == ("5", "2", "1", "1", "0", "1")
    assert "5 bản thủ tục có hiệu lực ngày 30/11/2026" in text(PAGE)
    assert "1 bản đã công khai có hiệu lực sau ngày này" in text(PAGE)


def test_shares_are_of_those_that_state_a_level(several):
    legacy, online = table(by="all", scheme="legacy"), table(by="all", scheme="online")
    assert (legacy["stated"], legacy["online"], legacy["online_percent"]) == ("4", "3", "75.0")
    assert (online["stated"], online["online"], online["online_percent"]) == ("5", "4", "80.0")
    shown = text(PAGE)
    assert "75,0\u00a0%".replace("\u00a0", " ") in shown
    assert "75.0 %" in text(f"/en{PAGE}")


def test_schemes_are_never_mixed(several):
    """A level of one scheme alone puts nothing into another."""
    proactive = table(by="all", scheme="proactive")
    assert (proactive["stated"], proactive["level_2"], proactive["online"], proactive["full"]) == ("1", "1", "", "")
    assert table(by="all", scheme="online")["level_4"] == ""
    assert table(by="all", scheme="legacy")["full"] == ""


def test_a_scheme_that_no_record_states_has_no_table(town, version):
    version("1.000001", at=[town["ward"]], legacy_level=None)
    shown = text(PAGE)
    assert "Theo mức từ năm 2022" in shown
    assert "Theo mức của năm 2011" not in shown
    assert "Theo mức chủ động" not in shown


def test_a_partial_service_without_a_reason_stands_out(several):
    shown = text(PAGE)
    assert "Vì sao 2 thủ tục chỉ trực tuyến một phần" in shown
    assert "luật buộc phải nêu" in shown


def test_a_record_of_its_own_for_each_level_of_government_counts_for_each(town, version):
    version("1.000001", levels=[int(Level.WARD)], legacy_level=4)
    version("1.000001", levels=[int(Level.DISTRICT)], legacy_level=2, online_level="information")
    assert table(by="all", scheme="legacy")["records"] == "2"
    assert json_of("/so-lieu/muc-do-bang.json")["procedures"] == 1
    assert "Thuộc 1 thủ tục" in text(PAGE)


@pytest.mark.parametrize(("day", "records"), [("2025-06-30", 0), ("2025-07-01", 6), ("29/11/2026", 6), ("2026-11-30", 5), ("2026-12-01", 6)])
def test_any_day_may_be_asked_for(several, day, records):
    found = [row for row in rows_of(f"/so-lieu/muc-do-bang.csv?ngay={day}") if row["by"] == "all" and row["scheme"] == "online"]
    assert [int(row["records"]) for row in found] == [records]
    assert len(rows_of(f"/so-lieu/muc-do.csv?ngay={day}")) == records
    assert Client().get(f"{PAGE}?ngay={day}").status_code == 200


def test_every_number_leads_to_a_list_with_as_many(several):
    """Today's numbers link to the list of procedures, which counts by itself."""
    links = re.findall(r'href="(/thu-tuc/\?[^"]*muc-do=[^"]+)">(\d+)</a>', text(PAGE))
    links += re.findall(r'href="(/thu-tuc/\?[^"]*muc-do=[^"]+)">(\d+)</a>', text(f"{PAGE}?co-quan={listing_slug('Phường Bến Chợ')}"))
    assert len(links) >= 8
    for url, number in links:
        shown = text(url.replace("&amp;", "&"))
        assert len(set(re.findall(r'href="/thu-tuc/(\d\.\d{6})/', shown))) == int(number), url


def listing_slug(name):
    return next(slug for slug, (found, _english) in listing.catalogue(TODAY).names["unit"].items() if found == name)


def test_counts_agree_with_the_lists_facets(several):
    found = listing.catalogue(TODAY).shelf
    counted = levels.counts(TODAY, today=TODAY)
    by_unit = {count.key: count.total for count in counted.by["unit"]}
    assert by_unit == found.counts("unit", found.everybody)
    for count in counted.by["unit"]:
        here = found.having({"unit": count.key})
        facet = found.counts("service", here)
        assert {level: n for level, n in count.levels["online"].items() if level and n} == {k: v for k, v in facet.items() if not k.startswith("cu-")}
        assert {f"cu-{level}": n for level, n in count.levels["legacy"].items() if level and n} == {
            k: v for k, v in facet.items() if k.startswith("cu-")
        }


def test_a_change_is_counted_at_once(town, version):
    version("1.000001")
    assert table(by="all", scheme="online")["records"] == "1"
    version("1.000002")
    assert table(by="all", scheme="online")["records"] == "2"


def test_choices_are_links_and_can_be_taken_away(several):
    shown = text(f"{PAGE}?linh-vuc=dat-dai&ngay=2026-11-29")
    assert "1 bản thủ tục" in shown
    assert 'href="/so-lieu/muc-do/?ngay=2026-11-29"' in shown
    assert "noindex" in shown


IMPOSSIBLE = [
    "ngay=hom-nay", "ngay=2026-02-30", "ngay=31/02/2026", "ngay=2026-11-30T00:00", "ngay=٢٠٢٦-11-30", "ngay=99999-01-01", "ngay=0000-01-01",
    "co-quan=khong-co", "co-quan=%27", "linh-vuc=khong-co", "linh-vuc=..%2f", "theo=ten", "cach-tinh=2022", "co-quan=" + "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("address", [PAGE, "/so-lieu/muc-do.csv", "/so-lieu/muc-do-bang.csv", "/so-lieu/muc-do-bang.json"])
def test_what_cannot_exist_is_a_page_that_does_not_exist(several, address):
    found = {query: Client().get(f"{address}?{query}").status_code for query in IMPOSSIBLE}
    assert found == dict.fromkeys(IMPOSSIBLE, 404)
    assert Client().get(f"{address}?ngay=%00").status_code == 400
    assert Client().post(address).status_code in {403, 405}


def test_the_file_is_no_formula(town, version):
    version("1.000001", name='=HYPERLINK("http://x","y")', partial_reason="@SUM(1)", online_level="partial")
    (row,) = rows_of("/so-lieu/muc-do.csv")
    assert row["name"].startswith("'=")
    assert row["partial_reason"].startswith("'@")


def test_the_dataset_is_the_file(several):
    dataset = open_datasets["levels"]
    rows = list(dataset.rows())
    assert [column.name for column in dataset.columns] == list(rows[0])
    assert [row["code"] for row in rows] == [row["code"] for row in rows_of("/so-lieu/muc-do.csv")]
    assert dataset.page() == PAGE


@pytest.mark.accepts("L3")
@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?ngay=2026-11-01", f"{PAGE}?theo=linh-vuc&cach-tinh=2011", "/so-lieu/muc-do.csv", "/so-lieu/"])
def test_queries_do_not_grow_with_the_catalogue(town, path):
    counts = []
    for number in (10, 100):
        if counts:
            for _ in range(number - 10):
                VersionFactory(bare=True, field=FieldFactory(slug=f"linh-vuc-{_}-x", name=f"Lĩnh vực {_} x"))
        else:
            catalogue(number)
        Client().get(path)
        with CaptureQueriesContext(connection) as asked:
            assert Client().get(path).status_code == 200
        counts.append(len([one for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]]))
    assert counts[0] == counts[1] <= 12


def test_an_unchanged_page_is_not_sent_twice(several):
    first = Client().get(PAGE)
    assert "max-age=60" in first["Cache-Control"]
    assert Client().get(PAGE, headers={"If-None-Match": first["ETag"]}).status_code == 304


def hand_count(day):
    """The demonstration's own tables, counted without the portal."""
    found = []
    for part in sorted((FIXTURES / "catalogue").glob("*/versions.csv")):
        with part.open(encoding="utf-8", newline="") as handle:
            found += list(csv.DictReader(handle))
    return [
        row for row in found
        if row["valid_from"] <= day and (not row["valid_to"] or row["valid_to"] >= day) and row["change_kind"] != "abolished"
    ]  # fmt: skip


def test_the_demonstration_reads_20_115_106(db, clock, tmp_path):
    """241 procedures of a district and its wards: 20 of level 4, 115 of level 3, 106 of level 2; by hand, page, CSV and JSON."""
    from portal.management.commands.demonstration import merged

    call_command("import_organisation", str(FIXTURES / "organisation"), verbosity=0, stdout=None)
    call_command("demonstration_accounts", verbosity=0)
    from organisation.models import SiteIdentity
    from safeguards.management.commands.demonstration_accounts import ACCOUNTS
    from safeguards.models import User

    SiteIdentity.objects.update(import_approver=User.objects.get(username=ACCOUNTS["publisher"][0]))
    call_command("import_procedures", str(merged(FIXTURES / "catalogue", tmp_path / "all")), files=str(FIXTURES / "forms" / "files"), verbosity=0)
    for day in ("2026-11-30", "2025-12-31"):
        hand = hand_count(day)
        legacy, online = Counter(row["legacy_level"] for row in hand), Counter(row["online_level"] for row in hand)
        line, other = table(f"?ngay={day}", by="all", scheme="legacy"), table(f"?ngay={day}", by="all", scheme="online")
        assert {level: int(line[f"level_{level}"]) for level in "1234"} == {level: legacy[level] for level in "1234"}
        assert {level: int(other[level]) for level in ("full", "partial", "information")} == dict(online)
        assert int(line["records"]) == len(hand) == len(rows_of(f"/so-lieu/muc-do.csv?ngay={day}"))
        (in_json,) = [row for row in json_of(f"/so-lieu/muc-do-bang.json?ngay={day}")["rows"] if row["by"] == "all" and row["scheme"] == "legacy"]
        assert in_json["level_4"] == legacy["4"]
    line = table(by="all", scheme="legacy")
    assert (line["records"], line["level_4"], line["level_3"], line["level_2"]) == ("241", "20", "115", "106")
    shown = text(PAGE)
    for word, number in (("cu-4", 20), ("cu-3", 115), ("cu-2", 106)):
        assert f'href="/thu-tuc/?muc-do={word}">{number}</a>' in shown
    assert "56,0" in shown
    ensure_site()
    home = text("/")
    assert "<dd>20</dd>" in home
    assert "<dd>115</dd>" in home
    assert "<dd>106</dd>" in home
    for name in ("roadmap", "posting"):
        file = str(FIXTURES / "figures" / f"{name}.csv")
        call_command(f"import_{name}", file, verbosity=0)
        call_command(f"import_{name}", file, dry_run=True, verbosity=0)
    states = Counter(row["state"] for row in rows_of("/so-lieu/lo-trinh.csv"))
    assert all(states[state] >= 2 for state in ("kept", "missed", "due", "ahead", "withdrawn", "unknown", "replaced")), states
    lacking = Counter(row["unit"] for row in rows_of("/so-lieu/niem-yet.csv") if row["state"] == "missing")
    assert lacking["H90.10"] == 3
