"""What a record lacks, by the rows of the law; the gate to publishing; deadlines of publication."""

import datetime as dt

import pytest

from organisation.models import today
from procedures_catalog import services
from procedures_catalog.completeness import LABELS, NOTES, labels, missing_parts, note_labels, notes
from procedures_catalog.deadlines import deadlines
from procedures_catalog.models import FeeRow, LegalBasisRow, LegalDocument, ProcessRow, PublicationDecision
from procedures_catalog.services.revisions import record_in_memory
from safeguards.models import Event

from .making import DAY, draft, fresh, in_force, person, unsaved

COMPLETE = {
    "code": "1.001193", "name": "Đăng ký khai sinh", "levels": ["ward"], "field": "Hộ tịch", "change_kind": "new", "valid_from": "2026-01-01",
    "decision": "12/QĐ-UBND", "subjects": ["citizen"], "sets": 1, "online_level": "full", "end_kind": "",
    "methods": [{"channel": "counter", "limit_unit": "same_day"}], "steps": [{"text": "Nộp hồ sơ"}], "papers": [{"name": "Tờ khai", "form_code": ""}],
    "fees": [{"amount": 8000, "legal_basis": "NQ 12"}], "forms": [], "legal_bases": [{"document": "60/2014/QH13"}],
    "agencies": [{"role": "competent", "name": "UBND cấp xã"}],
}  # fmt: skip


def test_a_complete_record_lacks_nothing():
    assert missing_parts(COMPLETE) == []


@pytest.mark.parametrize(
    ("without", "code"),
    [
        ({"name": " "}, "name"), ({"steps": []}, "steps"), ({"steps": [{"text": ""}]}, "steps"), ({"methods": []}, "methods"),
        ({"papers": []}, "papers"),
        ({"sets": None}, "sets"), ({"sets": 0}, "sets"), ({"methods": [{"channel": "online"}]}, "time_limit"), ({"subjects": []}, "subjects"),
        ({"agencies": [{"role": "receiving", "name": "Một cửa"}]}, "agency"), ({"legal_bases": []}, "legal_bases"), ({"decision": ""}, "decision"),
        ({"code": ""}, "code"), ({"field": ""}, "field"), ({"levels": []}, "level"), ({"online_level": ""}, "service_level"),
        ({"online_level": "partial"}, "partial_reason"), ({"valid_from": None}, "effective_from"),
        ({"fees": [{"amount": 8000, "legal_basis": ""}]}, "fee_basis"),
        ({"fees": [{"amount": None, "formula": "", "legal_basis": "NQ"}]}, "fee_amount"),
        ({"papers": [{"name": "Tờ khai", "form_code": "Mẫu 01"}]}, "form_file"), ({"forms": [{"name": "", "code": "Mẫu 01"}]}, "form_name"),
        ({"end_kind": "abolished", "end_decision": ""}, "end_decision"),
    ],
)  # fmt: skip
def test_each_compulsory_part_is_missed(without, code):
    assert code in missing_parts({**COMPLETE, **without})
    assert code in LABELS and str(labels([code])[0])


def test_an_empty_record_and_a_strange_one_raise_nothing():
    assert set(missing_parts({})) <= set(LABELS) and len(missing_parts({})) == 15
    assert missing_parts({"steps": None, "fees": ["x"], "papers": [{"name": None}], "agencies": [{}]})


def test_free_for_some_where_others_pay_needs_a_basis():
    paid, waiver = {"amount": 8000, "legal_basis": "NQ"}, {"amount": 0, "legal_basis": ""}
    assert missing_parts({**COMPLETE, "fees": [paid, waiver]}) == ["fee_basis"]
    assert missing_parts({**COMPLETE, "fees": [{**waiver, "condition": "Hộ nghèo"}]}) == ["fee_basis"]
    assert missing_parts({**COMPLETE, "fees": [{**waiver, "case": "Khai sinh đúng hạn"}]}) == ["fee_basis"]
    assert missing_parts({**COMPLETE, "fees": [paid, {**waiver, "legal_basis": "NQ"}]}) == []


def test_results_conditions_and_forms_are_only_if_any_and_free_of_charge_needs_no_basis():
    assert missing_parts({**COMPLETE, "fees": [{"amount": 0, "legal_basis": ""}]}) == []
    assert missing_parts({**COMPLETE, "fees": []}) == []


def test_an_abolition_says_only_what_ends_and_by_which_decision():
    abolition = {"code": "1.001193", "name": "x", "change_kind": "abolished", "valid_from": "2026-01-01", "decision": "12/QĐ-UBND"}
    assert missing_parts(abolition) == []
    assert missing_parts({**abolition, "decision": ""}) == ["decision"]


def days(value, unit="working_days", case=""):
    """A way to file with a limit."""
    return {"channel": "counter", "limit_value": value, "limit_unit": unit, "case": case}


@pytest.mark.parametrize(
    ("hours", "methods", "differs"),
    [
        ([16, 8], [days(3)], False), ([16, 7.5], [days(3)], True), ([4, 20], [days(3, "days")], False), ([3], [days(3, "hours")], False),
        ([8], [days(None, "same_day")], False), ([2, 2], [days(None, "same_day")], False), ([8, 0.5], [days(None, "same_day")], True),
        ([], [days(3)], False), ([40], [days(3), days(5)], False), ([40], [days(3), days(5, case="Xác minh")], True),
        ([40], [days(5, case="Xác minh")], False), ([40], [{"channel": "online", "limit_text": "ngay"}], False), ([7], [days(1, "months")], False),
        ([0.1, 0.2], [days(0.3, "hours")], False),
    ],
)  # fmt: skip
def test_the_hours_of_the_internal_process_are_the_time_limit(hours, methods, differs):
    record = {**COMPLETE, "methods": methods, "process": [{"name": "bước", "hours": value} for value in hours]}
    assert notes(record) == (["process_sum"] if differs else [])
    assert "process_sum" not in missing_parts(record)


@pytest.mark.parametrize(
    ("form", "told"),
    [({"name": "Tờ khai"}, True), ({"name": "Tờ khai", "file_names": "to-khai.docx"}, False), ({"name": "Tờ khai", "attached": ["pdf:1"]}, False)],
)
def test_a_form_without_any_file_is_told_and_keeps_nothing_back(form, told):
    record = {**COMPLETE, "forms": [form]}
    assert notes(record) == (["form_file"] if told else []) and missing_parts(record) == []
    assert [str(text) for text in note_labels(notes(record))] == [str(NOTES[code]) for code in notes(record)]


def test_an_abolition_and_an_empty_record_have_no_notes():
    assert notes({}) == [] and notes({"change_kind": "abolished", "forms": [{"name": "x"}]}) == []


@pytest.mark.django_db
def test_notes_are_shown_in_the_editor_and_the_report_and_keep_nothing_back(client):
    writer, approver = person("editor"), person("publisher")
    version = unsaved()
    version.process.add(ProcessRow(name="Một cửa", hours=999))
    version = services.publish(services.draft(version, user=writer), approver=approver)
    assert version.missing == []
    client.force_login(writer)
    note = note_labels(["process_sum"])[0]
    assert note in client.get(f"/admin/snippets/procedures_catalog/procedureversion/edit/{version.pk}/", follow=True).content.decode()
    coming = services.draft(unsaved(version.procedure), user=writer)
    coming.process.add(ProcessRow(name="Một cửa", hours=10.5), ProcessRow(name="Giải quyết", hours=8))
    coming = services.draft(coming, user=writer)
    page = client.get(f"/admin/snippets/procedures_catalog/procedureversion/edit/{coming.pk}/").content.decode()
    beside = page[page.index("Cộng lại 18,5 giờ làm việc.") :][:600]
    assert f"{note[0].upper()}{note[1:]}." in beside
    assert note in client.get("/admin/catalogue/report/results/?shows=notes").content.decode()
    table = client.get("/admin/catalogue/report/?shows=notes&export=csv")
    assert note in b"".join(table.streaming_content).decode("utf-8-sig")


@pytest.mark.django_db
def test_the_linter_reads_versions_as_they_are_in_memory():
    version = unsaved(person("editor") and None)
    assert missing_parts(record_in_memory(version)) == []
    version.fees.add(FeeRow(amount=5000))
    assert missing_parts(record_in_memory(version)) == ["fee_basis"]


@pytest.mark.django_db
def test_an_incomplete_record_is_published_only_with_the_right_and_a_reason_on_record():
    writer, approver, plain = person("editor"), person("publisher"), person("publisher")
    version = draft(writer, sets=None)
    with pytest.raises(services.Incomplete) as caught:
        services.publish(version, approver=approver)
    assert caught.value.missing == ["sets"] and not fresh(version).live
    plain.groups.clear()
    from django.contrib.auth.models import Permission

    plain.user_permissions.add(Permission.objects.get(codename="publish_procedureversion"))
    with pytest.raises(services.Incomplete):
        services.publish(version, approver=type(plain).objects.get(pk=plain.pk), incomplete_reason="gấp")
    services.publish(version, approver=approver, incomplete_reason="Quyết định không nêu số bộ")
    assert fresh(version).missing == ["sets"] and fresh(version).incomplete_reason == "Quyết định không nêu số bộ"
    event = Event.objects.get(kind="procedures_catalog.completeness_overridden")
    assert event.actor == approver and event.payload == {"missing": ["sets"], "reason": "Quyết định không nêu số bộ"}


@pytest.mark.django_db
def test_the_report_shows_the_share_the_parts_expired_bases_and_overdue_reviews(client):
    writer, approver = person("editor"), person("publisher")
    good = in_force(writer, approver)
    bad = services.publish(draft(writer, sets=None, name="=cmd|' /C calc'!A0"), approver=approver, incomplete_reason="x")
    ended = unsaved()
    ended.legal_bases.add(LegalBasisRow(document=LegalDocument.objects.create(number="158/2005/NĐ-CP", valid_to=today() - DAY)))
    services.publish(services.draft(ended, user=writer), approver=approver)
    good.procedure.review_on = today() - DAY
    good.procedure.save()
    client.force_login(writer)
    page = client.get("/admin/catalogue/report/").content.decode()
    assert "66.7" in page.replace(",", ".") and "158/2005/NĐ-CP" in page and bad.procedure.code in page and good.procedure.code in page
    only = client.get("/admin/catalogue/report/results/?shows=incomplete").content.decode()
    assert bad.procedure.code in only and good.procedure.code not in only
    table = client.get("/admin/catalogue/report/?shows=all&export=csv")
    text = b"".join(table.streaming_content).decode("utf-8-sig")
    assert "'=cmd" in text and good.procedure.code in text and len(text.strip().splitlines()) == 4
    sheet = client.get("/admin/catalogue/report/?shows=all&export=xlsx")
    assert sheet.status_code == 200 and b"".join(sheet.streaming_content)[:2] == b"PK"


def add_days(day, number):
    """Every day is a working day."""
    return day + number * DAY


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"issuer_level": "ministry", "signed_on": dt.date(2026, 1, 1), "effective_on": dt.date(2026, 2, 1)},
         [(dt.date(2026, 1, 12), 0), (dt.date(2026, 1, 11), 14)]),
        ({"issuer_level": "province", "signed_on": dt.date(2026, 1, 30), "effective_on": dt.date(2026, 2, 1)},
         [(dt.date(2026, 1, 27), 3), (dt.date(2026, 2, 4), 0)]),
        ({"issuer_level": "province", "shortened_track": True, "signed_on": dt.date(2026, 1, 25), "effective_on": dt.date(2026, 1, 20)},
         [(dt.date(2026, 1, 23), 2), (dt.date(2026, 1, 27), 0)]),
        ({"issuer_level": "province", "signed_on": dt.date(2026, 1, 5), "national_database_on": dt.date(2026, 1, 12)},
         [(dt.date(2026, 1, 10), 2)]),
        ({"issuer_level": "province", "effective_on": dt.date(2026, 2, 20)}, [(dt.date(2026, 2, 15), 0)]),
        ({}, []),
    ],
)  # fmt: skip
def test_deadlines_are_reckoned_and_lateness_counted(fields, expected):
    day = dt.date(2026, 1, 25)
    found = deadlines(PublicationDecision(number="1", **fields), day, add_days)
    assert [(deadline.due, deadline.late_days) for deadline in found] == expected
    for deadline in found:
        assert deadline.is_late == (deadline.late_days > 0) and deadline.is_open == (deadline.done is None and not deadline.is_late)


def test_working_days_go_by_the_calendar():
    from organisation.calendar import Calendar

    friday = dt.date(2026, 1, 9)
    found = deadlines(PublicationDecision(number="1", issuer_level="province", signed_on=friday), friday, Calendar().add_working_days)
    assert found[0].due == dt.date(2026, 1, 16)
