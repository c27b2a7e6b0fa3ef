"""The folder of CSV files goes in whole, once, with every mistake told by row and column."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from organisation.importing import import_folder
from organisation.models import Field, Holding, OpeningHours, Person, Post, ServicePoint, SiteIdentity, Unit
from safeguards.models import Event, User
from search.models import Entry

ROOT = Path(__file__).resolve().parents[2] / "fixtures"
DEMONSTRATION, WARD = ROOT / "demonstration" / "organisation", ROOT / "ward" / "organisation"
pytestmark = pytest.mark.django_db

UNITS = "code,name,slug,level,kind,parent,valid_from,valid_to,successors\n"


@pytest.fixture
def folder(tmp_path):
    def write(**tables):
        for name, content in tables.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        return tmp_path

    return write


def told(folder, **values):
    return [str(mistake) for mistake in import_folder(folder, **values).mistakes]


@pytest.mark.parametrize("fixture", [DEMONSTRATION, WARD], ids=["district", "ward"])
def test_a_fixture_goes_in_and_a_second_time_changes_nothing(fixture):
    actor = User.objects.create_user("nhap")
    first = import_folder(fixture, actor)
    assert not first.mistakes
    assert first.changes
    assert SiteIdentity.objects.get().is_demonstration
    event = Event.objects.get(kind="organisation.imported")
    assert event.actor == actor
    second = import_folder(fixture, actor)
    assert not second.mistakes
    assert second.changes == 0
    assert Event.objects.filter(kind="organisation.imported").count() == 1


def test_the_demonstration_is_the_district_that_it_says():
    import_folder(DEMONSTRATION)
    district = Unit.objects.get(code="H90.10")
    assert district.parent == Unit.objects.get(code="H90")
    assert Unit.objects.filter(parent=district, is_government=False).count() == 12
    wards = Unit.objects.filter(parent=district, is_government=True)
    assert wards.filter(valid_to=None).count() == 11
    assert [row.code for row in wards.get(code="H90.10.12").successors.all()] == ["H90.10.01"]
    assert ServicePoint.objects.get(is_main=True).slug == "mot-cua-quan"
    assert ServicePoint.objects.filter(slug__startswith="mot-cua-").count() == 12
    assert all(number.startswith("0200 000 0") for number in Person.objects.values_list("telephone", flat=True))
    assert all(name.endswith(("Mẫu", "Thử", "Ví Dụ")) for name in Person.objects.values_list("name", flat=True))
    assert Entry.objects.filter(kind="unit", live=True).count() == Unit.objects.count()


def test_parents_may_come_after_what_belongs_to_them(folder):
    import_folder(folder(units=UNITS + "H1.1,Phòng A,phong-a,district,department,H1,,,\nH1,Quận,quan,district,government,,,,\n"))
    assert Unit.objects.get(code="H1.1").parent.code == "H1"


def test_every_mistake_is_told_with_row_and_column_and_nothing_is_written(folder):
    bad = folder(
        units=UNITS + "H1,Quận,quan,district,government,,2020-13-01,,\nH2,,quan-2,galaxy,government,,,,\nH3,Ba,ba,ward\n",
        opening_hours="service_point,weekdays,opens,closes\nmot-cua,9,7h30,11:30\n",
    )
    assert told(bad) == [
        "units.csv, row 2, column valid_from: '2020-13-01' is not a date (YYYY-MM-DD)",
        "units.csv, row 3, column name: is empty",
        "units.csv, row 3, column level: 'galaxy' is none of: unknown, ministry, province, district, ward, other",
        "units.csv, row 4: has 4 cells, the header has 9",
        "opening_hours.csv, row 2, column weekdays: '9' is none of: 1, 2, 3, 4, 5, 6, 7",
        "opening_hours.csv, row 2, column opens: '7h30' is not a time (7:30)",
    ]
    assert not Unit.objects.exists()


def test_headers_are_checked_before_anything_is_read(folder):
    assert told(folder(units="code,name,slug,level,colour\nH1,Quận,quan,district,red\n")) == [
        "units.csv, row 1, column colour: is not a column of this table; its columns are code, name, slug, level, kind, parent, short_name,"
        " name_en, valid_from, valid_to, successors, duties, duties_en, email, telephone, website, order",
        "units.csv, row 1, column kind: is missing",
    ]


def test_what_a_row_refers_to_must_be_there(folder):
    bad = folder(
        units=UNITS + "H1,Quận,quan,district,government,H0,,,\n",
        posts="unit,title,fields,stands_in\nH1,Trưởng phòng,Bay vũ trụ,Không ai\n",
        holdings="unit,post,person,valid_from\nH1,Trưởng phòng,X-1,2026-01-01\n",
    )
    assert told(bad) == [
        "units.csv, row 2, column parent: there is no unit 'H0'",
        "posts.csv, row 2, column stands_in: there is no post in this unit called 'Không ai'",
        "posts.csv, row 2, column fields: there is no field 'Bay vũ trụ'",
        "holdings.csv, row 2, column person: there is no person with the number 'X-1'",
    ]
    assert not Unit.objects.exists()
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ("H1,A,a,ward,government,H2,,,\nH2,B,b,ward,government,H1,,,\n", "parent"),
        ("H1,A,a,ward,government,,,,H2\nH2,B,b,ward,government,,,,\n", "successors"),
        ("H1,A,a,ward,government,,,2020-01-01,H2\nH2,B,b,ward,government,,,2020-01-01,H1\n", "successors"),
        ("H1,A,a,ward,government,,2021-01-01,2020-01-01,\n", "row 2"),
        ("H1,A,a,ward,government,,,,\nH1,B,b,ward,government,,,,\n", "code"),
        ("H1,A,a,ward,government,,,,\nH2,B,a,ward,government,,,,\n", "slug"),
    ],
    ids=["cycle", "successor of the living", "successors of each other", "ends before it begins", "code twice", "address twice"],
)
def test_the_rules_of_units_hold_for_imports(folder, rows, column):
    mistakes = told(folder(units=UNITS + rows))
    assert mistakes
    assert column in mistakes[0]
    assert not Unit.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfec\x00o\x00", b"code,name\nH1,\x00", b'code,name\n"H1,A'], ids=["utf-16", "nul", "open quote"])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "units.csv").write_bytes(content)
    assert import_folder(tmp_path).mistakes


def test_a_byte_order_mark_and_decomposed_letters_are_read(tmp_path):
    import unicodedata

    text = UNITS + "H1,Phường Bến Chợ,ben-cho,ward,government,,,,\n"
    (tmp_path / "units.csv").write_bytes(b"\xef\xbb\xbf" + unicodedata.normalize("NFD", text).encode())
    assert not import_folder(tmp_path).mistakes
    assert Unit.objects.get().name == "Phường Bến Chợ"


def test_a_dry_run_writes_nothing():
    result = import_folder(DEMONSTRATION, dry_run=True)
    assert result.created["units"] == 27
    assert not Unit.objects.exists()
    assert not Entry.objects.filter(kind="unit").exists()


def test_hours_follow_the_file_and_missing_columns_touch_nothing(tmp_path):
    shutil.copytree(DEMONSTRATION, tmp_path / "whole")
    import_folder(tmp_path / "whole")
    Unit.objects.filter(code="H90.10.22").update(website="https://a.example")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "opening_hours.csv").write_text("service_point,weekdays,opens,closes\nmot-cua-quan,1-4,8:00,11:00\n")
    result = import_folder(tmp_path / "part")
    assert result.removed == {"opening_hours": 11}
    assert OpeningHours.objects.filter(point__slug="mot-cua-quan").count() == 4
    assert OpeningHours.objects.filter(point__slug="mot-cua-phuong-ben-cho").count() == 11
    assert not import_folder(tmp_path / "whole").mistakes
    assert Unit.objects.get(code="H90.10.22").website == "https://a.example"
    assert Field.objects.get(slug="ho-kinh-doanh").posts.exists()
    assert Holding.objects.current().exists()


def test_the_command_reports_and_fails_on_mistakes(folder, capsys):
    call_command("import_organisation", str(WARD))
    assert "units: 8 new" in capsys.readouterr().out
    with pytest.raises(CommandError, match="mistakes; nothing was written"):
        call_command("import_organisation", str(folder(units="code\nH1\n\n", people="number,name\n1,\n2,\n")))
    assert "people.csv, row 2, column name: is empty" in capsys.readouterr().err
