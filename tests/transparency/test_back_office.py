"""Plans and lists in the back office: who may, what a changed plan leaves, files in and out."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.procedures_catalog.factories import ProcedureFactory
from transparency.importing import read
from transparency.models import PlannedLevel, PostingList
from transparency.services import change_plan, post_list, withdraw_plan

from .conftest import TODAY, rows_of

pytestmark = pytest.mark.django_db
PLANS = "wagtailsnippets_transparency_plannedlevel"
LISTS = "wagtailsnippets_transparency_postinglist"


def form(plan_of, unit, **changes):
    return {
        "procedure": plan_of.pk, "unit": unit.pk, "year": "2027", "scheme": "online", "level": "full", "basis": "Kế hoạch 15/KH-UBND",
        "decided_on": "2026-01-20", **changes,
    }  # fmt: skip


def test_a_publisher_adds_changes_and_withdraws(staff, town):
    client, of = staff("publisher"), ProcedureFactory()
    assert client.post(reverse(f"{PLANS}:add"), form(of, town["district"])).status_code == 302
    plan = PlannedLevel.objects.get()
    assert client.get(reverse(f"{PLANS}:edit", args=[plan.pk])).status_code == 200
    changed = form(of, town["ward"], year="2030", level="partial", basis="Kế hoạch 61/KH-UBND", decided_on="2026-06-15")
    assert client.post(reverse(f"{PLANS}:edit", args=[plan.pk]), changed).status_code == 302
    plan.refresh_from_db()
    new = PlannedLevel.objects.current().get()
    assert (plan.level, plan.end_kind) == ("full", "replaced")
    assert (new.level, new.year, new.unit) == ("partial", 2027, town["district"])  # what it is a plan of stays
    assert client.get(reverse(f"{PLANS}:edit", args=[plan.pk])).status_code == 302  # the former one is nobody's to change
    url = reverse("transparency_backoffice:withdraw", args=[new.pk])
    assert client.post(url, {"basis": "", "on": "2026-11-30"}).status_code == 422
    assert client.post(url, {"basis": "Kế hoạch 70", "on": "2026-11-30"}).status_code == 302
    assert not PlannedLevel.objects.current().exists()
    listed = client.get(reverse(f"{PLANS}:list"))
    assert listed.status_code == 200
    assert of.code in listed.content.decode()


def test_what_is_refused_stands_in_the_form(staff, town):
    client, of = staff("publisher"), ProcedureFactory()
    wrong = {"level": "4"}, {"decided_on": "2027-01-01"}, {"year": "1999"}, {"basis": ""}
    for changes in wrong:
        assert client.post(reverse(f"{PLANS}:add"), form(of, town["district"], **changes)).status_code == 200
    assert client.post(reverse(f"{PLANS}:add"), form(of, town["district"])).status_code == 302
    answer = client.post(reverse(f"{PLANS}:add"), form(of, town["district"]))
    assert "Đã có kế hoạch" in answer.content.decode()
    plan = PlannedLevel.objects.get()
    earlier = client.post(reverse(f"{PLANS}:edit", args=[plan.pk]), form(of, town["district"], decided_on="2025-01-01", level="partial"))
    assert "Kế hoạch đang áp dụng được quyết định sau ngày này." in earlier.content.decode()
    assert PlannedLevel.objects.count() == 1


@pytest.mark.parametrize(("role", "reads", "writes"), [("publisher", 200, 200), ("editor", 200, 302), ("auditor", 200, 302), ("clerk", 302, 302)])
def test_who_may(staff, town, planned, role, reads, writes):
    plan = planned(ProcedureFactory())
    client = staff(role)
    assert client.get(reverse(f"{PLANS}:list")).status_code == reads
    assert client.get(reverse(f"{LISTS}:list")).status_code == reads
    assert client.get(reverse(f"{PLANS}:edit", args=[plan.pk])).status_code == writes
    for name, arguments in (("withdraw", [plan.pk]), ("import", ["roadmap"]), ("import", ["posting"])):
        assert client.get(reverse(f"transparency_backoffice:{name}", args=arguments)).status_code == writes
    assert client.get(reverse("transparency_backoffice:export", args=["roadmap"])).status_code == reads


def test_nobody_deletes_or_edits_what_is_recorded(staff, town, planned):
    plan = planned(ProcedureFactory())
    made, _new = post_list(town["ward"], "QĐ 1", TODAY, [("1.000001", "Một")], None)
    client = staff("publisher")
    for url in (
        reverse(f"{PLANS}:delete", args=[plan.pk]), reverse(f"{LISTS}:delete", args=[made.pk]), reverse(f"{LISTS}:edit", args=[made.pk]),
        reverse(f"{LISTS}:add"),
    ):  # fmt: skip
        client.post(url, {"source": "khác"})
    assert PlannedLevel.objects.filter(pk=plan.pk).exists()
    assert PostingList.objects.get().source == "QĐ 1"


def upload(client, kind, text, **options):
    file = SimpleUploadedFile("bang.csv", text.encode())
    return client.post(reverse("transparency_backoffice:import", args=[kind]), {"file": file, **options})


def test_a_file_is_checked_before_it_is_taken(staff, town):
    client = staff("publisher")
    text = f"unit,source,valid_from,code,name\n{town['ward'].code},QĐ 1,2026-01-01,1.000001,Một\n"
    assert "thêm 1" in upload(client, "posting", text, check_only="on").content.decode()
    assert not PostingList.objects.exists()
    bad = upload(client, "posting", text + "X,QĐ 1,2026-01-01,1.0,<script>\n")
    assert bad.status_code == 422
    assert "&lt;script&gt;" in bad.content.decode() or "X" in bad.content.decode()
    assert "<script>\n" not in bad.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    assert not PostingList.objects.exists()
    assert upload(client, "posting", text).status_code == 200
    assert PostingList.objects.get().entries.count() == 1


def test_the_tables_are_exported_so_many_times_a_minute(staff, town, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "export": (1, 3600)}
    client, (roadmap, posting) = staff("publisher"), [reverse("transparency_backoffice:export", args=[kind]) for kind in ("roadmap", "posting")]
    assert client.get(roadmap).status_code == 200
    refused = client.get(posting)
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0


def test_what_is_exported_is_imported_without_a_change(staff, town, planned, version):
    of = version().procedure
    changed = change_plan(planned(of, "full", 2026), "partial", "Kế hoạch 61", dt.date(2026, 6, 15), None)
    withdraw_plan(planned(of, "full", 2027), "Kế hoạch 62", TODAY, None)
    post_list(town["ward"], "=QĐ 1", TODAY, [("1.000001", "'Một"), ("1.000002", "+Hai")], None)
    client = staff("publisher")
    for kind in ("roadmap", "posting"):
        data = client.get(reverse("transparency_backoffice:export", args=[kind])).content
        report = read(kind, data, None)
        assert (report.problems, report.added, report.changed, report.ended) == ([], 0, 0, 0)
        assert report.unchanged
    public = rows_of("/so-lieu/lo-trinh.csv")
    assert {row["state"] for row in public} >= {"replaced", "withdrawn"}
    assert changed.ended_on is None
