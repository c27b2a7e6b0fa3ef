"""Import of records: what is new or changed is published as four eyes ask, errors change nothing, a second import changes nothing."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry, Revision

from organisation.models import Field, SiteIdentity, today
from procedures_catalog.importing import writing
from procedures_catalog.importing.service import NotReady
from procedures_catalog.models import PARTS, Approval, Contribution, LegalDocument, Procedure, ProcedureVersion, PublicationDecision
from procedures_catalog.record import content_digest, digest, record_of, records_of
from safeguards.models import Event, User
from search.models import Entry

from .import_kit import csv_folder, jsonl, people, portal_record, reference_lines, small_tables, take, version

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return people()[0]


def tables() -> dict[str, int]:
    """Rows of everything that an import could touch."""
    models = [Procedure, ProcedureVersion, Field, PublicationDecision, LegalDocument, Revision, Contribution, Approval, ModelLogEntry, Event, Entry]
    return {model.__name__: model._default_manager.count() for model in [*models, *PARTS.values()]}


def test_a_new_record_is_public_with_all_that_wagtail_and_four_eyes_need(tmp_path, actor):
    report = take(jsonl(tmp_path / "a.jsonl", version()), actor)
    assert report.problems == []
    made = ProcedureVersion.objects.get()
    assert (made.live, made.valid_from, made.levels, made.missing) == (True, dt.date(2025, 7, 1), [4], [])
    assert made.live_revision == made.latest_revision
    contribution, approval = Contribution.objects.get(), Approval.objects.get()
    assert (contribution.user, approval.approver.username, approval.kind) == (actor, "phe-duyet", "import")
    assert contribution.digest == approval.digest == digest(record_of(made)) == digest(record_of(made.live_revision.as_object()))
    assert made.content_digest == content_digest(record_of(made))
    assert {entry.action for entry in ModelLogEntry.objects.all()} == {"wagtail.create", "wagtail.publish"}
    assert Event.objects.filter(kind="procedures_catalog.version_published", subject_id=str(made.pk)).exists()
    assert Event.objects.filter(kind="procedures_catalog.imported").count() == 1
    assert Entry.objects.get(code="1.004873").live


def test_the_revision_is_what_wagtail_would_have_saved(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    made = ProcedureVersion.objects.get()
    ours = dict(made.latest_revision.content)
    made.live, made.live_revision, made.latest_revision, made.has_unpublished_changes = False, None, None, False
    made.first_published_at = made.last_published_at = None
    theirs = json.loads(json.dumps(made.serializable_data(), cls=DjangoJSONEncoder))
    for content in (ours, theirs):
        for name in PARTS:
            for row in content[name]:
                for key, value in row.items():
                    row[key] = float(value) if key in {"limit_value", "committed_value", "amount", "hours"} and value is not None else value
        content.pop("synced_at")
    assert ours == theirs


@pytest.mark.accepts("X3")
def test_a_second_import_changes_nothing_in_few_queries(tmp_path, actor):
    path = jsonl(tmp_path / "a.jsonl", *[version(f"1.{number:06}") for number in range(60)])
    take(path, actor)
    before = tables()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = take(path, actor)
    assert report.counts["unchanged"] == 60
    assert tables() == before
    assert len(queries) <= 22
    assert not [query["sql"] for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE", "COPY"}]


@pytest.mark.accepts("X4")
def test_one_bad_row_in_a_thousand_changes_nothing_and_is_named(tmp_path, actor):
    tables_of_file = small_tables()
    tables_of_file["versions"] = [tables_of_file["versions"][0]] + [
        [f"1.{n:06}", f"1.{n:06}", "ward", f"Thủ tục {n}", "2025-07-01"] for n in range(1000)
    ]
    tables_of_file["versions"][500][2] = "wardd"
    tables_of_file["versions"][500][4] = "01/07/2025"
    folder = csv_folder(tmp_path / "in", tables_of_file)
    before = tables()
    report = take(folder, actor)
    assert [(problem.table, problem.row, problem.column, problem.record) for problem in report.problems] == [
        ("versions", 501, "levels", "1.000499"),
        ("versions", 501, "valid_from", "1.000499"),
    ]
    assert not report.done
    assert tables() == before
    good = take(folder, actor, skip_bad_rows=True)
    assert (good.counts["create"], good.counts["bad"]) == (999, 1)
    assert ProcedureVersion.objects.published().count() == 999


@pytest.mark.accepts("X4")
def test_a_trial_shows_what_the_run_does_and_writes_nothing(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version(), version("1.004874"), version("1.004875")), actor)
    second = jsonl(
        tmp_path / "b.jsonl",
        version(), version("1.004874", valid_from="2026-01-01", name="Tên mới"), version("1.009999"), portal_record(),
        {"table": "fields", "name": "Đất đai"},
    )  # fmt: skip
    before = tables()
    with CaptureQueriesContext(connection) as queries:
        trial = take(second, actor, dry_run=True, detailed=10)
    assert tables() == before
    assert not [query["sql"] for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE", "COPY", "SAVEPOINT"}]
    run = take(second, actor)
    assert [vars(line) | {"changes": []} for line in trial.lines] == [vars(line) | {"changes": []} for line in run.lines]
    assert (trial.counts, trial.references, trial.ended) == (run.counts, run.references, run.ended)
    (changed,) = [line for line in trial.lines if line.code == "1.004874"]
    assert {"part": "name", "old": "Thủ tục 1.004874", "new": "Tên mới"} in changed.changes


def test_a_later_version_ends_the_one_before(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    take(jsonl(tmp_path / "b.jsonl", version(valid_from="2026-04-01", change_kind="amended", sets=2), references=False), actor)
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert (old.valid_to, old.end_kind, old.end_decision) == (dt.date(2026, 3, 31), "superseded", new.decision)
    assert (new.live, new.valid_to) == (True, None)


def test_versions_of_one_file_follow_one_another_in_whatever_order(tmp_path, actor):
    path = jsonl(
        tmp_path / "a.jsonl",
        version(valid_from="2026-04-01", sets=3), version(valid_from="2025-01-01", sets=1), version(valid_from="2025-07-01", sets=2),
    )  # fmt: skip
    take(path, actor)
    made = ProcedureVersion.objects.order_by("valid_from")
    assert [(each.sets, each.valid_to) for each in made] == [(1, dt.date(2025, 6, 30)), (2, dt.date(2026, 3, 31)), (3, None)]
    assert take(path, actor).counts["unchanged"] == 3


def test_a_record_without_a_day_holds_from_the_day_of_import(tmp_path, actor):
    path = jsonl(tmp_path / "a.jsonl", version(valid_from=None))
    with time_machine.travel("2026-05-04 08:00+07:00", tick=False):
        take(path, actor)
    assert ProcedureVersion.objects.get().valid_from == dt.date(2026, 5, 4)
    with time_machine.travel("2026-06-01 08:00+07:00", tick=False):
        assert take(path, actor).counts["unchanged"] == 1
        take(jsonl(tmp_path / "b.jsonl", version(valid_from=None, sets=2), references=False), actor)
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert (old.valid_to, new.valid_from) == (dt.date(2026, 5, 31), dt.date(2026, 6, 1))


def test_a_change_on_the_day_of_the_import_holds_from_the_next_day(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version(valid_from=None)), actor)
    report = take(jsonl(tmp_path / "b.jsonl", version(valid_from=None, sets=2), references=False), actor)
    assert report.problems == []
    assert report.lines[0].reason
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert (old.valid_to, new.valid_from) == (today(), today() + dt.timedelta(days=1))


def test_what_is_in_force_is_not_edited(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    report = take(jsonl(tmp_path / "b.jsonl", version(sets=2), references=False), actor)
    assert [problem.column for problem in report.problems] == ["valid_from"]
    assert ProcedureVersion.objects.get().sets == 1


def test_what_is_not_yet_in_force_is_replaced_where_it_stands(tmp_path, actor):
    day = (today() + dt.timedelta(days=30)).isoformat()
    take(jsonl(tmp_path / "a.jsonl", version(), version(valid_from=day, sets=2)), actor)
    later = ProcedureVersion.objects.get(sets=2)
    report = take(jsonl(tmp_path / "b.jsonl", version(valid_from=day, sets=3, steps=[{"text": "Một"}]), references=False), actor)
    assert report.problems == []
    later.refresh_from_db()
    assert (later.sets, later.live, [step.text for step in later.steps.all()]) == (3, True, ["Một"])
    assert ProcedureVersion.objects.count() == 2
    assert digest(record_of(later.live_revision.as_object())) == later.approvals.last().digest


def test_an_end_that_the_file_states_is_written(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    end = (today() + dt.timedelta(days=5)).isoformat()
    report = take(jsonl(tmp_path / "b.jsonl", version(valid_to=end, end_kind="expired"), references=False), actor)
    assert report.counts["end"] == 1
    made = ProcedureVersion.objects.get()
    assert (made.valid_to.isoformat(), made.end_kind) == (end, "expired")


def test_replaced_procedures_end_and_are_linked(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version("1.000001")), actor)
    path = jsonl(
        tmp_path / "b.jsonl",
        version("1.000002"),
        version("1.000003", valid_from="2026-03-01", change_kind="replaced", replaces=["1.000001", "1.000002"]),
    )
    take(path, actor)
    for code in ("1.000001", "1.000002"):
        old = ProcedureVersion.objects.get(procedure__code=code)
        assert (old.valid_to, old.end_kind) == (dt.date(2026, 2, 28), "replaced")
        assert [new.code for new in old.procedure.replaced_by.all()] == ["1.000003"]
    assert take(path, actor).counts["unchanged"] == 2


def test_abolition_ends_the_version_before(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    take(jsonl(tmp_path / "b.jsonl", version(valid_from="2026-01-01", change_kind="abolished"), references=False), actor)
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert (old.end_kind, new.state) == ("abolished", "abolished")


def test_levels_must_not_be_left_without_a_record(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version(levels=["province", "ward"])), actor)
    report = take(jsonl(tmp_path / "b.jsonl", version(valid_from="2026-01-01", sets=2), references=False), actor)
    assert [problem.column for problem in report.problems] == ["levels"]


def test_unknown_references_are_errors_with_row_and_column(tmp_path, actor):
    broken = version(field="Hộ tich", decision="9/QĐ", legal_bases=[{"document": "1/2020/QH14"}], agencies=[{"role": "competent", "unit": "H99"}])
    report = take(jsonl(tmp_path / "a.jsonl", broken), actor)
    assert {(problem.row, problem.column) for problem in report.problems} == {
        (4, "field"),
        (4, "decision"),
        (4, "legal_bases[0].document"),
        (4, "agencies[0].unit"),
    }
    assert not ProcedureVersion.objects.exists()


def test_references_may_stand_behind_the_records_that_name_them(tmp_path, actor):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [version(), *reference_lines()]))
    assert take(path, actor).problems == []


def test_reference_rows_that_contradict_one_another_are_told(tmp_path, actor):
    report = take(jsonl(tmp_path / "a.jsonl", version(), {"table": "decisions", "number": "1120/QĐ-UBND", "signed_on": "2025-06-13"}), actor)
    assert [(problem.row, problem.column) for problem in report.problems] == [(5, "decisions.signed_on")]


def test_a_changed_reference_is_written_and_an_empty_cell_says_nothing(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version()), actor)
    path = jsonl(tmp_path / "b.jsonl", {"table": "decisions", "number": "1120/QĐ-UBND", "title": "Công bố"}, version(), references=False)
    assert take(path, actor).references["decisions"] == {"new": 0, "changed": 1}
    decision = PublicationDecision.objects.get()
    assert (decision.title, decision.issuer) == ("Công bố", "Chủ tịch")
    assert take(path, actor).references["decisions"] == {"new": 0, "changed": 0}


def test_cases_and_choices_and_numbers_are_checked_by_column(tmp_path, actor):
    broken = version(
        cases=[{"name": "Thường"}], methods=[{"channel": "fax", "case": "Thườngg", "limit_value": "-1", "committed_value": 1.234}],
        sets="nhiều", source_url="javascript:alert(1)", subjects=["citizens"], steps=[{"text": "a\x07b"}], code="1.1",
    )  # fmt: skip
    report = take(jsonl(tmp_path / "a.jsonl", broken), actor)
    assert {problem.column for problem in report.problems} == {
        "methods[0].channel", "methods[0].case", "methods[0].limit_value", "methods[0].committed_value", "sets", "source_url", "subjects",
        "steps[0].text", "code",
    }  # fmt: skip


def test_drafts_are_left_for_an_editor_and_once_only(tmp_path, actor):
    path = jsonl(tmp_path / "a.jsonl", version())
    take(path, actor, draft=True)
    made = ProcedureVersion.objects.get()
    assert (made.live, made.has_unpublished_changes, made.approvals.count()) == (False, True, 0)
    assert take(path, actor, draft=True).counts["unchanged"] == 1
    assert not Entry.objects.filter(live=True).exists()


def test_nobody_approves_the_own_import(tmp_path, actor):
    path = jsonl(tmp_path / "a.jsonl", version())
    with pytest.raises(NotReady):
        take(path, User.objects.get(username="phe-duyet"))
    SiteIdentity.objects.update(import_approver=None)
    with pytest.raises(NotReady):
        take(path, actor)
    assert take(path, actor, draft=True).done


def test_a_record_that_the_database_refuses_is_found_by_halving(tmp_path, actor, monkeypatch):
    path = jsonl(tmp_path / "a.jsonl", *[version(f"1.{number:06}") for number in range(9)])
    row_of = writing.Writer._row

    def spoiled(self, pk, entry, record):
        row = row_of(self, pk, entry, record)
        return {**row, "legacy_level": 9} if entry.code == "1.000005" else row

    monkeypatch.setattr(writing.Writer, "_row", spoiled)
    before = tables()
    report = take(path, actor)
    assert [(problem.row, problem.record) for problem in report.problems] == [(9, "1.000005")]
    assert tables() == before
    assert take(path, actor, skip_bad_rows=True).problem_count == 1
    assert ProcedureVersion.objects.published().count() == 8


# -- records of the national portal --


def test_a_portal_record_brings_its_field_decision_and_laws_and_is_marked_incomplete(tmp_path, actor):
    path = jsonl(tmp_path / "a.jsonl", portal_record(), references=False)
    report = take(path, actor)
    assert report.problems == []
    made = ProcedureVersion.objects.get()
    assert (made.field.name, made.decision.issuer, made.decision.issuer_level) == ("Hộ tịch", "Bộ Tư pháp", "ministry")
    assert sorted(LegalDocument.objects.values_list("number", "kind")) == [
        ("04/2024/TT-BTP", "circular"), ("123/2015/NĐ-CP", "decree"), ("60/2014/QH13", "law"),
    ]  # fmt: skip
    assert "service_level" in made.missing
    assert made.incomplete_reason
    assert made.source_text["snapshot"] == "2026-06/07"
    (line,) = report.lines
    assert line.missing == made.missing
    assert (line.readings["limits"], line.readings["limits.read"], line.readings["limits.no_unit"]) == (2, 1, 1)
    assert take(path, actor).counts["unchanged"] == 1


def test_a_portal_record_in_other_words_is_read_again_and_in_the_same_is_not(tmp_path, actor, monkeypatch):
    from procedures_catalog.importing import resources

    take(jsonl(tmp_path / "a.jsonl", portal_record(), references=False), actor)
    calls: list[str] = []
    convert = resources.convert
    monkeypatch.setattr(resources, "convert", lambda source: calls.append(source["code"]) or convert(source))
    assert take(tmp_path / "a.jsonl", actor).counts["unchanged"] == 1
    assert calls == []
    monkeypatch.setattr(resources, "READER", 2)
    assert take(tmp_path / "a.jsonl", actor).counts["unchanged"] == 1
    assert calls == ["1.000080"]
    assert take(jsonl(tmp_path / "b.jsonl", portal_record(name="Tên khác"), references=False), actor).counts["create"] == 1


def test_a_record_of_which_only_the_name_is_known_overrides_nothing(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version("1.000080")), actor)
    report = take(jsonl(tmp_path / "b.jsonl", portal_record(detail="name_only", levels=[], level_raw=None, methods=[]), references=False), actor)
    assert report.counts["kept"] == 1
    assert ProcedureVersion.objects.count() == 1


def test_a_portal_record_without_levels_holds_where_the_one_in_force_does(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", version("1.000080")), actor)
    path = jsonl(tmp_path / "b.jsonl", portal_record(levels=[], level_raw=None), references=False)
    take(path, actor)
    old, new = ProcedureVersion.objects.order_by("valid_from")
    assert (new.levels, old.valid_to) == ([4], today() - dt.timedelta(days=1))
    assert take(path, actor).counts["unchanged"] == 1


def test_a_portal_record_of_another_shape_is_told(tmp_path, actor):
    report = take(jsonl(tmp_path / "a.jsonl", portal_record(methods=["x"]), portal_record("1.1"), references=False), actor)
    assert [problem.row for problem in report.problems] == [1, 2]


# -- the command --


def test_the_command_ends_with_an_error_and_a_report_of_cells(tmp_path, capsys):
    people()
    path = jsonl(tmp_path / "a.jsonl", version(sets="x"), version("1.004874"))
    with pytest.raises(CommandError):
        call_command("import_procedures", str(path), "--report", str(tmp_path / "report.csv"))
    assert "sets" in capsys.readouterr().err
    assert b"sets" in (tmp_path / "report.csv").read_bytes()
    assert not ProcedureVersion.objects.exists()
    call_command("import_procedures", str(path), "--skip-bad-rows", verbosity=0)
    assert ProcedureVersion.objects.published().count() == 1
    assert not Contribution.objects.get().user.is_active


def test_the_command_tells_what_is_missing_for_an_approval(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", version())
    with pytest.raises(CommandError):
        call_command("import_procedures", str(path))
    with pytest.raises(CommandError):
        call_command("import_procedures", str(path), "--user", "nobody")
    call_command("import_procedures", str(path), "--draft", verbosity=0)
    assert next(records_of(ProcedureVersion.objects.all()))["code"] == "1.004873"


def test_a_record_without_a_day_leaves_a_decided_amendment_its_whole_time(tmp_path, actor):
    coming = today() + dt.timedelta(days=40)
    take(jsonl(tmp_path / "a.jsonl", version(), version(valid_from=coming.isoformat(), name="Tên sẽ đổi", change_kind="amended")), actor)
    undated = jsonl(tmp_path / "b.jsonl", version(valid_from=None, name="Tên của hôm nay"))
    assert take(undated, actor).problems == []
    said = {made.name: (made.valid_from, made.valid_to) for made in ProcedureVersion.objects.all()}
    assert said["Tên của hôm nay"] == (today(), coming - dt.timedelta(days=1))
    assert said["Tên sẽ đổi"] == (coming, None)
    before = tables()
    assert take(undated, actor).counts["unchanged"] == 1
    assert tables() == before


def test_what_the_national_portal_changes_of_a_known_procedure_is_an_amendment(tmp_path, actor):
    take(jsonl(tmp_path / "a.jsonl", portal_record(), references=False), actor)
    first = ProcedureVersion.objects.get()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=3), tick=False):
        changed = jsonl(tmp_path / "b.jsonl", portal_record(name="Tên khác"), references=False)
        take(changed, actor)
        second = ProcedureVersion.objects.exclude(pk=first.pk).get()
        assert (first.change_kind, second.change_kind) == ("new", "amended")
        assert second.content_digest == content_digest(record_of(second))
        before = tables()
        take(changed, actor)
        assert tables() == before


def test_a_name_longer_than_any_is_refused_by_its_column(tmp_path, actor):
    report = take(jsonl(tmp_path / "a.jsonl", version(name="x" * 2_001)), actor)
    assert [problem.column for problem in report.problems] == ["name"]
