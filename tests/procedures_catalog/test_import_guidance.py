"""Import of the unit's own words: guidance, questions, offers by point or by level, life events; idempotent, errors by cell."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from organisation.enums import Level
from organisation.models import ServicePoint, Unit
from procedures_catalog.exporting import SUFFIXES, export, own_words
from procedures_catalog.importing.guidance import import_guidance
from procedures_catalog.importing.service import Options, run_import
from procedures_catalog.models import AskedQuestion, LifeEvent, Procedure, ServiceOffer
from safeguards.models import Event
from search.models import Entry

from .import_kit import csv_folder, jsonl, people, take, version

pytestmark = pytest.mark.django_db

TABLES = {
    "life_events": [["slug", "name", "order"], ["sinh-con", "Sinh con", "10"], ["ket-hon", "Kết hôn", "20"]],
    "guidance": [
        ["code", "summary", "guidance", "popularity", "review_on", "life_events"],
        ["1.004873", "Khi cần giấy độc thân.", "Đi một mình.\n\nMang căn cước.", "3", "2027-01-01", "sinh-con; ket-hon"],
    ],
    "questions": [["code", "question", "answer"], ["1.004873", "Có mất phí không?", "Không."], ["1.004873", "Bao lâu?", "Ba ngày."]],
    "offers": [
        ["code", "service_point", "deciding_unit", "online", "by_post", "outside_territory"],
        ["1.004873", "level:ward; mot-cua-quan", "", "yes", "no", "yes"],
    ],
}


@pytest.fixture
def actor(tmp_path):
    user, _ = people()
    district = Unit.objects.get(code="H90.10")
    ServicePoint.objects.create(slug="mot-cua-quan", name="Một cửa quận", unit=district, address="1 Phố Chính")
    for number in (1, 2):
        ward = Unit.objects.create(name=f"Phường {number}", slug=f"phuong-{number}", code=f"H90.10.0{number}", level=Level.WARD, parent=district)
        ServicePoint.objects.create(slug=f"mot-cua-{number}", name=f"Một cửa {number}", unit=ward, address="1")
    ServicePoint.objects.create(slug="da-dong", name="Đã đóng", unit=ward, address="1", valid_to="2020-01-01")
    take(jsonl(tmp_path / "a.jsonl", version(), version("1.004874")), user)
    return user


def test_guidance_is_written_once_and_found_by_search(tmp_path, actor):
    folder = csv_folder(tmp_path / "in", TABLES)
    report = import_guidance(folder, actor=actor)
    assert (report.problems, report.done) == ([], True)
    procedure = Procedure.objects.get(code="1.004873")
    assert (procedure.summary, procedure.popularity, procedure.review_on.isoformat()) == ("Khi cần giấy độc thân.", 3, "2027-01-01")
    assert [event.slug for event in procedure.life_events.all()] == ["sinh-con", "ket-hon"]
    assert [question.question for question in procedure.questions.all()] == ["Có mất phí không?", "Bao lâu?"]
    assert sorted(offer.point.slug for offer in procedure.offers.all()) == ["mot-cua-1", "mot-cua-2", "mot-cua-quan"]
    assert "Bao lâu?" in Entry.objects.get(code="1.004873").asked
    events = Event.objects.count()
    again = import_guidance(folder, actor=actor)
    assert sum(again.counts.values()) == 0
    assert Event.objects.count() == events


def test_empty_cells_leave_what_is_there_and_lists_are_the_files(tmp_path, actor):
    import_guidance(csv_folder(tmp_path / "in", TABLES), actor=actor)
    changed = {
        "guidance": [["code", "summary"], ["1.004873", ""]],
        "questions": [["code", "question", "answer"], ["1.004873", "Bao lâu?", "Hai ngày."]],
        "offers": [["code", "service_point", "by_post"], ["1.004873", "level:ward", "no"], ["1.004873", "mot-cua-1", "yes"]],
    }
    import_guidance(csv_folder(tmp_path / "b", changed), actor=actor)
    procedure = Procedure.objects.get(code="1.004873")
    assert procedure.summary == "Khi cần giấy độc thân."
    assert [question.answer for question in procedure.questions.all()] == ["Hai ngày."]
    assert {(offer.point.slug, offer.by_post) for offer in procedure.offers.all()} == {("mot-cua-1", True), ("mot-cua-2", False)}


def test_an_import_of_records_touches_none_of_it(tmp_path, actor):
    import_guidance(csv_folder(tmp_path / "in", TABLES), actor=actor)
    take(jsonl(tmp_path / "b.jsonl", version(valid_from="2026-05-01", sets=2), references=False), actor)
    procedure = Procedure.objects.get(code="1.004873")
    assert procedure.summary
    assert procedure.questions.count() == 2
    assert procedure.offers.count() == 3


def test_what_is_wrong_is_told_by_cell_and_nothing_is_changed(tmp_path, actor):
    broken = {
        "life_events": [["slug", "name"], ["Sinh Con", "a"], ["x", ""]],
        "guidance": [
            ["code", "popularity", "life_events"], ["9.999999", "x", ""], ["1.004873", "1", "sinh-co"], ["1.004873", "2", ""],
        ],
        "offers": [["code", "service_point", "deciding_unit", "online"], ["1.004873", "level:village; mot-cua-qua", "H1", "maybe"]],
    }  # fmt: skip
    report = import_guidance(csv_folder(tmp_path / "in", broken), actor=actor)
    assert {(problem.table, problem.row, problem.column) for problem in report.problems} >= {
        ("life_events", 3, "name"), ("guidance", 2, "code"), ("guidance", 2, "popularity"), ("guidance", 3, "life_events"), ("guidance", 4, "code"),
        ("offers", 2, "service_point"), ("offers", 2, "deciding_unit"), ("offers", 2, "online"),
    }  # fmt: skip
    assert any("mot-cua-quan" in problem.message for problem in report.problems)
    assert not LifeEvent.objects.exists()
    with pytest.raises(CommandError):
        call_command("import_guidance", str(tmp_path / "in"))


def test_a_trial_keeps_nothing_and_tables_of_records_are_left_alone(tmp_path, actor):
    tables = {**TABLES, "versions": [["anything"], ["x"]]}
    report = import_guidance(csv_folder(tmp_path / "in", tables), actor=actor, dry_run=True)
    assert report.counts["questions"] == 1
    assert not AskedQuestion.objects.exists()
    assert not ServiceOffer.objects.exists()
    call_command("import_guidance", str(tmp_path / "in"), verbosity=0)
    assert AskedQuestion.objects.count() == 2


@pytest.mark.accepts("X3")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_of_the_catalogue_holds_the_units_own_words_and_gives_them_back(tmp_path, actor, kind):
    import_guidance(csv_folder(tmp_path / "in", TABLES), actor=actor)
    Procedure.objects.filter(code="1.004874").update(summary='=1+1\nDòng hai; "ngoặc"')
    before = own_words()
    assert [len(before[name]) for name in ("life_events", "guidance", "questions", "offers")] == [2, 2, 2, 3]
    file = tmp_path / f"all{SUFFIXES[kind]}"
    with file.open("wb") as out:
        export(out, kind)
    for model in (AskedQuestion, ServiceOffer):
        model.objects.all().delete()
    Procedure.objects.update(summary="", guidance="", popularity=None, review_on=None)
    for procedure in Procedure.objects.all():
        procedure.life_events.clear()
        procedure.save()
    LifeEvent.objects.all().delete()
    assert [list(rows) for rows in own_words().values()] == [[], [], [], []]
    records = run_import(file, actor=actor, options=Options())
    assert (records.problems, records.counts["create"], records.counts["replace"]) == ([], 0, 0), "the records say what they said"
    report = import_guidance(file, actor=actor)
    assert (report.problems, report.done) == ([], True)
    assert own_words() == before
