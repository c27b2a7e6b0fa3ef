"""The posting page: a unit's list against what stands here under it; who has no list has no share."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from procedures_catalog.models import ProcedureVersion
from safeguards.models import Event
from transparency.importing import read
from transparency.models import PostingEntry, PostingList
from transparency.services import post_list

from .conftest import TODAY, json_of, rows_of, text

pytestmark = pytest.mark.django_db
PAGE = "/so-lieu/niem-yet/"
D = dt.date
LIST_DAY = D(2025, 7, 1)


@pytest.fixture
def posted(town, version):
    """A ward with a list of five: one complete, one with parts missing, one that another ward takes, one over, one unknown here."""
    version("1.000001", at=[town["ward"]])
    lacking = version("1.000002", at=[town["ward"]])
    ProcedureVersion.objects.filter(pk=lacking.pk).update(missing=["fees"])
    version("1.000003", at=[town["other"]])
    version("1.000004", at=[town["ward"]], valid_to=D(2026, 3, 31), end_kind="abolished")
    version("1.000006", at=[town["ward"]])  # on no list
    version("1.000007", asked=town["ward"])  # only consulted
    entries = [(f"1.00000{number}", f"Tên trong danh mục {number}") for number in (1, 2, 3, 4, 5)]
    post_list(town["ward"], "Quyết định 915/QĐ-UBND", LIST_DAY, entries, None)
    return town["ward"]


def states(query=""):
    return {row["code"]: (row["state"], row["since"]) for row in rows_of(f"/so-lieu/niem-yet.csv{query}")}


def test_each_line_of_the_list_is_told(posted):
    assert states() == {
        "1.000001": ("complete", ""), "1.000002": ("incomplete", ""), "1.000003": ("elsewhere", "2025-07-01"), "1.000004": ("missing", "2026-04-01"),
        "1.000005": ("missing", "2025-07-01"), "1.000006": ("unlisted", ""),
    }  # fmt: skip
    assert [row["state"] for row in json_of("/so-lieu/niem-yet.json")["rows"]] == [state for state, _since in states().values()]


def test_the_page_says_n_of_n_and_names_what_is_missing(posted):
    shown = text(PAGE)
    assert "2 trên 5" in shown
    assert "40,0" in shown
    for number in (3, 4, 5):
        assert f"Tên trong danh mục {number}" in shown
    assert "Tên trong danh mục 1" not in shown
    assert "từ 01/04/2026" in shown
    assert 'href="/thu-tuc/1.000003/"' in shown  # here, under another unit
    assert 'href="/thu-tuc/1.000005/"' not in shown
    unit = text(f"{PAGE}?co-quan={posted.slug}")
    assert "Đã công khai 2 trên 5" in unit
    assert "Đã công khai nhưng thiếu phần: 1" in unit
    assert 'href="/thu-tuc/1.000006/"' in unit
    assert "Có trên cổng mà ngoài danh mục: 1" in unit


def test_a_unit_without_a_list_has_no_share(posted, town):
    shown = text(PAGE)
    assert "Cơ quan chưa có danh mục" in shown
    assert f"{town['other'].name}</a>: 1 thủ tục trên cổng" in shown
    assert "không phải 0 % cũng không phải 100 %" in text(f"{PAGE}?co-quan={town['other'].slug}")
    assert "không phải 0 %" in text(f"{PAGE}?co-quan={town['office'].slug}")
    assert f"?co-quan={town['other'].slug}" not in shown


def test_a_department_acts_for_its_government(town, version):
    version("1.000001", decides=town["office"])
    version("1.000002", at=[town["office"]])
    version("1.000003", at=[town["ward"]])  # a ward is a government of its own
    post_list(town["district"], "QĐ 1", LIST_DAY, [(f"1.00000{n}", f"Thủ tục {n}") for n in (1, 2, 3)], None)
    assert {code: state for code, (state, _since) in states().items()} == {
        "1.000001": "complete", "1.000002": "complete", "1.000003": "elsewhere",
    }  # fmt: skip


def test_the_list_of_the_day_binds(posted):
    post_list(posted, "Quyết định 341/QĐ-UBND", D(2026, 4, 1), [("1.000001", "Một"), ("1.000005", "Năm"), ("1.000009", "Chín")], None)
    assert set(states()) >= {"1.000001", "1.000005", "1.000009"}
    assert states()["1.000005"] == ("missing", "2025-07-01")  # on both lists without a gap
    assert states()["1.000009"] == ("missing", "2026-04-01")
    assert states("?ngay=2026-03-31")["1.000004"] == ("complete", "")
    assert "1.000009" not in states("?ngay=2026-03-31")
    assert states("?ngay=2025-06-30") == {}
    assert "Ngày này chưa cơ quan nào có danh mục" in text(f"{PAGE}?ngay=2025-06-30")


def test_missing_since_begins_anew_after_a_gap(posted):
    post_list(posted, "Danh mục 2", D(2026, 1, 1), [("1.000001", "Một")], None)
    post_list(posted, "Danh mục 3", D(2026, 5, 1), [("1.000005", "Năm")], None)
    assert states()["1.000005"] == ("missing", "2026-05-01")


def test_a_list_of_the_same_day_corrects_and_the_former_is_kept(posted):
    former = PostingList.objects.get()
    made, new = post_list(posted, "Quyết định 915/QĐ-UBND", LIST_DAY, [("1.000001", "Một")], None)
    assert new
    former.refresh_from_db()
    assert former.superseded_at is not None
    assert former.entries.count() == 5
    assert post_list(posted, "Quyết định 915/QĐ-UBND", LIST_DAY, [("1.000001", "Một")], None) == (made, False)
    assert list(Event.objects.filter(kind__startswith="transparency.list").order_by("pk").values_list("kind", flat=True)) == [
        "transparency.list_posted", "transparency.list_corrected",
    ]  # fmt: skip


def test_the_database_keeps_lists_whoever_writes(posted):
    for act in (
        lambda: PostingList.objects.update(source="khác"), lambda: PostingEntry.objects.update(name="khác"),
        lambda: PostingEntry.objects.filter(code="1.000001")._raw_delete("default"),
        lambda: PostingEntry.objects.create(posting_list=PostingList.objects.get(), code="1.000001", name="hai lần"),
        lambda: PostingEntry.objects.create(posting_list=PostingList.objects.get(), code="1.1", name="x"),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match=r"is_kept|posting_entry"), transaction.atomic():
            act()


HEAD = "unit,source,valid_from,code,name\n"


@pytest.mark.parametrize(("row", "column"), [
    ("X,QĐ 1,2026-01-01,1.000001,A", "unit"), ("{u},,2026-01-01,1.000001,A", "source"), ("{u},QĐ 1,nay,1.000001,A", "valid_from"),
    ("{u},QĐ 1,2026-01-01,1.00001,A", "code"), ("{u},QĐ 1,2026-01-01,1.000001,", "name"), ("{u},QĐ 1,2026-01-01,1.000009,A", "code"),
    ("{u},QĐ 2,2026-01-01,1.000001,A", "source"),
])  # fmt: skip
def test_one_bad_cell_changes_nothing_and_is_named(town, row, column):
    first = f"{town['ward'].code},QĐ 1,2026-01-01,1.000009,Chín\n"
    report = read("posting", (HEAD + first + row.replace("{u}", town["ward"].code) + "\n").encode(), None)
    assert (3, column) in [(problem.row, problem.column) for problem in report.problems]
    assert not PostingList.objects.exists()


def test_the_command_reads_what_the_page_gives_back(town, tmp_path, capsys):
    file = tmp_path / "lists.csv"
    file.write_text(HEAD + f"{town['ward'].code},'=QĐ 1,2026-01-01,1.000009,'-Chín\n", encoding="utf-8")
    call_command("import_posting", str(file), verbosity=0)
    assert PostingList.objects.get().source == "=QĐ 1"
    (row,) = rows_of("/so-lieu/niem-yet.csv")
    assert (row["source"], row["name"]) == ("'=QĐ 1", "'-Chín")  # no formula
    file.write_text("unit\n1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("import_posting", str(file), verbosity=0)
    with pytest.raises(CommandError):
        call_command("import_posting", str(tmp_path / "none.csv"), verbosity=0)


def test_what_cannot_exist_does_not(posted):
    wrong = [
        "co-quan=khong-co",
        "co-quan=%27",
        "ngay=x",
        "trang=2",
        f"co-quan={posted.slug}&trang=2",
        f"co-quan={posted.slug}&trang=1000000",
        "trang=x",
    ]
    assert {query: Client().get(f"{PAGE}?{query}").status_code for query in wrong} == dict.fromkeys(wrong, 404)


@pytest.mark.accepts("L3", "L8")
def test_a_long_list_is_shown_in_pages_and_costs_the_same(town, version):
    counts = []
    for number in (10, 250):
        post_list(
            town["ward"], f"QĐ {number}", TODAY - dt.timedelta(days=400 - number), [(f"2.{n:06d}", f"Thủ tục {n}") for n in range(number)], None
        )
        path = f"{PAGE}?co-quan={town['ward'].slug}"
        Client().get(path)
        for one in (PAGE, path, "/so-lieu/niem-yet.csv"):
            with CaptureQueriesContext(connection) as asked:
                assert Client().get(one).status_code == 200
            counts.append(len(asked))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 12
    assert text(path).count('class="code"') == 100
    assert text(f"{path}&trang=3").count('class="code"') == 50
    assert Client().get(f"{path}&trang=4").status_code == 404
    assert len(Client().get(PAGE).content) < 40_000
