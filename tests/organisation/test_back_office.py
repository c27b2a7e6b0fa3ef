"""Editors keep the organisation in Wagtail: lists with a bounded number of queries, forms that tell what is wrong, records."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organisation import services
from organisation.enums import DayKind
from organisation.models import CalendarDay, DeadlinePolicy, Field, OpeningHours, Person, ServicePoint, SiteIdentity, Unit
from safeguards.models import Event, User

from . import factories

pytestmark = pytest.mark.django_db
MODELS = ["unit", "servicepoint", "post", "person", "field", "calendarday", "deadlinepolicy", "siteidentity"]
BUDGET = 25


def snippet(model, view, *args):
    return reverse(f"wagtailsnippets_organisation_{model}:{view}", args=args)


@pytest.fixture
def editor(admin_client):
    return admin_client


@pytest.fixture
def data():
    unit = factories.district()
    held = factories.holding(unit, "Chủ tịch", "Nguyễn Văn Mẫu")
    point = factories.point(unit)
    return {
        "unit": unit, "servicepoint": point, "post": held.post, "person": held.person,
        "field": Field.objects.create(name="Hộ tịch", slug="ho-tich"),
        "calendarday": CalendarDay.objects.create(date=dt.date(2026, 12, 24), kind=DayKind.CLOSED, label="Tập huấn"),
        "deadlinepolicy": DeadlinePolicy.objects.create(valid_from=dt.date(2026, 1, 1)),
        "siteidentity": SiteIdentity.objects.create(unit=unit),
    }  # fmt: skip


def form_data(response):
    """What a browser would send back unchanged."""
    form = response.context["form"]
    values = {}
    for bound in form:
        value = bound.value()
        values[bound.html_name] = "" if value is None else value
    for name, formset in getattr(form, "formsets", {}).items():
        for bound in formset.management_form:
            values[bound.html_name] = bound.value()
        for row in formset.forms:
            for bound in row:
                value = bound.value()
                values[bound.html_name] = "" if value is None or value is False else value
        assert name
    return {name: value for name, value in values.items() if value is not False}


@pytest.mark.accepts("L3")
def test_lists_ask_the_same_few_questions_with_ten_and_a_hundred_rows(editor, data):
    def grow(first, last):
        for number in range(first, last):
            unit = factories.unit(f"Phòng {number}", parent=data["unit"])
            factories.holding(unit, "Trưởng phòng", f"Trần Thị Thử {number}")
            factories.point(unit, hours=False)
            Field.objects.create(name=f"Lĩnh vực {number}", slug=f"lv-{number}")
            CalendarDay.objects.create(date=dt.date(2026, 1, 1) + dt.timedelta(number), unit=unit, kind=DayKind.CLOSED, label="x")

    def count():
        found = {}
        for model in MODELS:
            editor.get(snippet(model, "list"))
            with CaptureQueriesContext(connection) as seen:
                assert editor.get(snippet(model, "list")).status_code == 200
            found[model] = len(seen)
        return found

    grow(0, 10)
    few = count()
    grow(10, 100)
    assert count() == few
    assert max(few.values()) <= BUDGET, few


@pytest.mark.parametrize("model", MODELS)
def test_every_row_opens_saves_and_is_recorded(editor, data, model):
    page = editor.get(snippet(model, "edit", data[model].pk))
    assert page.status_code == 200
    values = form_data(page)
    key = {"unit": "short_name", "servicepoint": "directions", "post": "duties", "person": "biography", "siteidentity": "hotline"}.get(
        model, "source"
    )
    values["code" if model == "field" else key] = "Mới"
    answer = editor.post(snippet(model, "edit", data[model].pk), values)
    assert answer.status_code == 302, answer.context["form"].errors
    kind = "organisation.calendar_day_changed" if model == "calendarday" else f"organisation.{model}_changed"
    event = Event.objects.get(kind=kind)
    assert event.actor.username == "admin"
    assert "Mới" not in str(event.payload)


@pytest.mark.parametrize("model", MODELS)
def test_every_form_to_add_opens(editor, model):
    assert editor.get(snippet(model, "add")).status_code == 200


def test_the_list_of_units_is_a_tree(editor, data):
    ward = factories.ward("Phường Bến Chợ", parent=data["unit"])
    factories.unit("Tổ một cửa", parent=ward)
    body = editor.get(snippet("unit", "list")).content.decode()
    assert body.index("Quận Bến Lành") < body.index("└ Phường Bến Chợ") < body.index("└ Tổ một cửa")


@pytest.mark.parametrize(("typed", "found"), [("ben cho", True), ("Bến Chợ", True), ("bến chò", False), ("90.7777", True)])
def test_units_are_found_with_and_without_tone_marks(editor, typed, found):
    factories.ward("Phường Bến Chợ", code="H90.7777")
    assert ("Phường Bến Chợ" in editor.get(snippet("unit", "list"), {"q": typed}).content.decode()) is found


def test_units_are_filtered_by_level_and_validity(editor):
    factories.ward("Phường Cũ", valid_to=dt.date(2020, 1, 31))
    factories.district("Quận Mới")
    body = editor.get(snippet("unit", "list"), {"validity": "closed"}).content.decode()
    assert "Phường Cũ" in body
    assert "Quận Mới" not in body
    body = editor.get(snippet("unit", "list"), {"level": "3"}).content.decode()
    assert "Quận Mới" in body
    assert "Phường Cũ" not in body


def test_a_unit_is_closed_with_successors_from_the_back_office(editor):
    old, new = factories.ward("Phường Cũ"), factories.ward("Phường Mới")
    url = reverse("organisation_backoffice:close_unit", args=[old.pk])
    assert editor.get(url).status_code == 200
    refused = editor.post(url, {"last_day": "1999-01-01", "successors": [old.pk]})
    assert refused.status_code == 200
    old.refresh_from_db()
    assert old.valid_to is None
    assert editor.post(url, {"last_day": "2026-12-31", "successors": [new.pk]}).status_code == 302
    old.refresh_from_db()
    assert old.valid_to == dt.date(2026, 12, 31)
    assert editor.get(url).status_code == 200
    assert editor.post(reverse("organisation_backoffice:reopen_unit", args=[old.pk])).status_code == 302
    old.refresh_from_db()
    assert old.valid_to is None


def test_who_may_not_add_units_may_not_close_them(client, data):
    from django.contrib.auth.models import Permission

    clerk = User.objects.create_user("clerk", password="x")
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", "change_unit", "view_unit"]))
    client.force_login(clerk)
    for name in ("close_unit", "reopen_unit"):
        assert client.post(reverse(f"organisation_backoffice:{name}", args=[data["unit"].pk]), {"last_day": "2026-12-31"}).status_code in {302, 403}
    data["unit"].refresh_from_db()
    assert data["unit"].valid_to is None


def test_nobody_deletes_a_unit_in_the_back_office(editor, data):
    unit = data["unit"]
    editor.post(snippet("unit", "delete", unit.pk))
    editor.post(reverse("wagtail_bulk_action", args=["organisation", "unit", "delete"]) + f"?id={unit.pk}")
    assert Unit.objects.filter(pk=unit.pk).exists()


def test_a_person_is_deleted_one_at_a_time_and_recorded(editor):
    person = Person.objects.create(name="Lê Văn Thử")
    editor.post(reverse("wagtail_bulk_action", args=["organisation", "person", "delete"]) + f"?id={person.pk}")
    assert Person.objects.filter(pk=person.pk).exists()
    editor.post(snippet("person", "delete", person.pk))
    assert not Person.objects.filter(pk=person.pk).exists()
    assert Event.objects.filter(kind="organisation.person_removed").exists()


def test_overlapping_sessions_in_one_form_are_told_not_crashed_into(editor, data):
    page = editor.get(snippet("servicepoint", "edit", data["servicepoint"].pk))
    values = form_data(page)
    values["hours-0-opens"], values["hours-0-closes"] = "7:30", "14:00"
    answer = editor.post(snippet("servicepoint", "edit", data["servicepoint"].pk), values)
    assert answer.status_code == 200
    assert OpeningHours.objects.get(pk=values["hours-0-id"]).closes == dt.time(11, 30)
    values["hours-0-opens"], values["hours-0-closes"] = "11:30", "7:30"
    assert editor.post(snippet("servicepoint", "edit", data["servicepoint"].pk), values).status_code == 200


def test_a_rule_of_the_calendar_is_told_at_its_field(editor):
    answer = editor.post(snippet("calendarday", "add"), {"date": "2026-12-24", "half": "full", "kind": "makeup", "label": "Làm bù"})
    assert answer.status_code == 200
    assert "counts_for_deadlines" in answer.context["form"].errors


def test_a_second_main_point_is_refused_in_words(editor, data):
    factories.point(data["unit"], is_main=True)
    values = form_data(editor.get(snippet("servicepoint", "edit", data["servicepoint"].pk))) | {"is_main": "on"}
    assert editor.post(snippet("servicepoint", "edit", data["servicepoint"].pk), values).status_code == 200
    assert ServicePoint.objects.filter(is_main=True).count() == 1


# ── The year's picture ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_year_shows_kinds_in_letters_lunar_dates_and_where_to_click(editor):
    services.seed_calendar([2026])
    body = editor.get(reverse("organisation_backoffice:year", args=[2026])).content.decode()
    tet = CalendarDay.objects.get(date=dt.date(2026, 2, 17))
    assert snippet("calendarday", "edit", tet.pk) in body
    assert "Thứ Ba 17/02/2026, âm lịch 1/1" in body
    assert snippet("calendarday", "add") + "?date=2026-03-03" in body
    assert "Bính Ngọ" in body
    assert body.count("<caption>") == 12
    assert body.count('aria-label="Thứ') + body.count('aria-label="Chủ nhật') == 365


def test_the_year_of_a_unit_starts_from_the_closest_scope(editor, data):
    services.seed_calendar([2026])
    unit = data["unit"]
    own = CalendarDay.objects.create(date=dt.date(2026, 11, 24), unit=unit, kind=DayKind.OPEN, counter_open=True, label="Trực ngày lễ")
    url = reverse("organisation_backoffice:year", args=[2026])
    body = editor.get(url, {"unit": unit.pk}).content.decode()
    assert "Trực ngày lễ" in body
    assert snippet("calendarday", "edit", own.pk) in body
    assert f"?date=2026-02-17&amp;unit={unit.pk}" in body
    assert "Trực ngày lễ" not in editor.get(url).content.decode()
    page = editor.get(snippet("calendarday", "add"), {"date": "2026-12-01", "unit": unit.pk})
    assert 'value="2026-12-01"' in page.content.decode() or "1/12/2026" in page.content.decode()


@pytest.mark.parametrize("query", ["?unit=abc", "?unit=999999", "?unit=99999999999999999999999"])
def test_a_year_that_is_none_is_not_found(editor, query):
    assert editor.get(reverse("organisation_backoffice:year", args=[2026]) + query).status_code == 404
    assert editor.get(reverse("organisation_backoffice:year", args=[99999])).status_code == 404


@pytest.mark.accepts("L3")
def test_the_year_asks_few_questions_whatever_the_number_of_days(editor):
    url = reverse("organisation_backoffice:year", args=[2026])

    def count():
        editor.get(url)
        with CaptureQueriesContext(connection) as seen:
            editor.get(url)
        return len(seen)

    few = count()
    services.seed_calendar([2026])
    assert count() == few
    assert few <= BUDGET
