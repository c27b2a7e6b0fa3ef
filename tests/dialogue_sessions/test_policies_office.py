"""Dated rules in the back office: added and changed on record, never deleted, told in words where a number is wrong."""

import pytest
from django.urls import reverse

from dialogue_sessions.models import PriorityGroup, RecordPolicy, RequestThreshold, SeatPolicy
from safeguards.models import Event
from tests.organisation import factories
from tests.safeguards.staff import person as account

from .staff import page_of, signed_in

pytestmark = pytest.mark.django_db
SEATS = {
    "valid_from": "01/12/2026", "unit": "", "hold_minutes": "20", "offer_hours": "12", "offers_stop_hours": "2", "group_most": "4", "source": "QĐ 7",
}  # fmt: skip
GROUP = {
    "name": "Người có công", "name_en": "", "code": "nguoi-co-cong", "rank": "3", "valid_from": "01/12/2026", "valid_to": "", "source": "QĐ 8",
}  # fmt: skip
THRESHOLD = {"valid_from": "01/12/2026", "percent": "5", "source": "NQ 9"}
RECORDS = {"valid_from": "01/12/2026", "unit": "", "correction_days": "7", "remind_days": "10", "head_days": "2", "source": "QĐ 10"}
ROWS = [
    (SeatPolicy, SEATS, ("hold_minutes", "0")),
    (PriorityGroup, GROUP, ("valid_to", "30/11/2026")),
    (RequestThreshold, THRESHOLD, ("percent", "101")),
    (RecordPolicy, RECORDS, ("head_days", "0")),
]
TABLES = pytest.mark.parametrize(("model", "typed", "wrong"), ROWS, ids=[model.__name__ for model, _typed, _wrong in ROWS])


def address(model, view, *arguments):
    return reverse(f"wagtailsnippets_dialogue_sessions_{model._meta.model_name}:{view}", args=arguments)


@pytest.fixture
def administrator():
    return signed_in(account("quan-tri", role="administrator"))


@TABLES
def test_an_administrator_adds_and_changes_a_row_and_both_are_on_record(administrator, model, typed, wrong):
    assert administrator.post(address(model, "add"), typed).status_code == 302
    row = model.objects.get()
    assert f"{row.valid_from:%d/%m/%Y}" == "01/12/2026"
    assert administrator.post(address(model, "edit", row.pk), {**typed, "source": "QĐ mới"}).status_code == 302
    name = model._meta.model_name
    kinds = list(Event.objects.filter(kind__startswith=f"dialogue_sessions.{name}_").order_by("pk").values_list("kind", flat=True))
    assert kinds == [f"dialogue_sessions.{name}_added", f"dialogue_sessions.{name}_changed"]
    assert "QĐ mới" in page_of(administrator.get(address(model, "list")))


@TABLES
def test_a_wrong_number_is_told_and_nothing_typed_is_lost(administrator, model, typed, wrong):
    field, value = wrong
    answer = administrator.post(address(model, "add"), {**typed, field: value})
    assert answer.status_code == 200
    assert not model.objects.exists()
    assert answer.context["form"].errors[field]
    assert typed["source"] in page_of(answer)


@TABLES
def test_nobody_deletes_and_editors_do_not_see_them(administrator, model, typed, wrong):
    administrator.post(address(model, "add"), typed)
    row = model.objects.get()
    administrator.post(address(model, "delete", row.pk))
    assert model.objects.filter(pk=row.pk).exists()
    editor = signed_in(account("bien-tap", role="editor"))
    assert editor.get(address(model, "list")).status_code == 302
    editor.post(address(model, "edit", row.pk), {**typed, "source": "của tôi"})
    assert model.objects.get().source == typed["source"]


def test_a_policy_of_one_unit_stands_beside_that_of_all_and_is_named_in_the_list(administrator):
    unit = factories.unit()
    administrator.post(address(SeatPolicy, "add"), SEATS)
    assert administrator.post(address(SeatPolicy, "add"), {**SEATS, "unit": str(unit.pk), "group_most": "9"}).status_code == 302
    again = administrator.post(address(SeatPolicy, "add"), {**SEATS, "unit": str(unit.pk)})
    assert again.status_code == 200 and SeatPolicy.objects.count() == 2
    page = page_of(administrator.get(address(SeatPolicy, "list")))
    assert unit.name in page and "tất cả cơ quan" in page
