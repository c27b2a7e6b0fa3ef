"""The guards of `manage.py check` can see what they watch for."""

import pytest
from django.conf import settings
from django.db import connection, models
from django.test.utils import isolate_apps

from safeguards import checks, database


def test_the_house_as_it_stands_passes():
    assert checks.keys_go_down(None) == []
    assert checks.reports_are_impersonal(None) == []


@isolate_apps()
def test_a_key_that_goes_up_is_found():
    class Upper(models.Model):
        class Meta:
            app_label = "organisation"

    class Lower(models.Model):
        upper = models.ForeignKey(Upper, models.CASCADE)
        uppers = models.ManyToManyField(Upper)

        class Meta:
            app_label = "search"

    class Fine(models.Model):
        lower = models.ForeignKey(Lower, models.CASCADE)
        own = models.ForeignKey("self", models.CASCADE)

        class Meta:
            app_label = "organisation"

    found = [(model.__name__, field.name) for model, field in checks.upward_keys(settings.HOUSE, [Upper, Lower, Fine])]
    assert found == [("Lower", "upper"), ("Lower", "uppers")]


@pytest.mark.accepts("O13")
@pytest.mark.parametrize(
    ("report", "identifier"),
    [
        ({"organisation.nothing": {"columns": ["id"]}}, "safeguards.E005"),
        ({"organisation.unit": {"columns": ["id", "nothing"]}}, "safeguards.E005"),
        ({"organisation.person": {"columns": ["id"]}}, "safeguards.E006"),
        ({"safeguards.event": {"columns": ["actor_id"]}}, "safeguards.E006"),
        ({"safeguards.event": {"columns": ["payload"]}}, "safeguards.E006"),
        ({"organisation.servicepoint": {"columns": ["telephone"]}}, "safeguards.E006"),
    ],
)
def test_a_reporting_view_over_people_is_found(monkeypatch, report, identifier):
    monkeypatch.setattr(database, "report_tables", lambda: report)
    assert [message.id for message in checks.reports_are_impersonal(None)] == [identifier]


@pytest.mark.accepts("O7")
@pytest.mark.django_db
def test_a_switched_off_trigger_is_found():
    assert checks.events_are_guarded(None, ["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("alter table safeguards_event disable trigger append_only")
    assert [message.id for message in checks.events_are_guarded(None, ["default"])] == ["safeguards.E007"]


@pytest.mark.django_db
def test_a_database_from_before_the_triggers_can_be_migrated():
    with connection.cursor() as cursor:
        cursor.execute("drop trigger append_only on safeguards_seal")
        cursor.execute("delete from django_migrations where app = 'safeguards' and name = '0002_append_only'")
    assert checks.events_are_guarded(None, ["default"]) == []


def test_limits_switched_off_are_a_warning(settings):
    settings.RATE_LIMITS_ON = False
    assert [message.id for message in checks.tries_are_counted(None)] == ["safeguards.W001"]
    settings.RATE_LIMITS_ON = True
    assert checks.tries_are_counted(None) == []


@pytest.mark.accepts("A1")
@pytest.mark.parametrize(
    ("stage", "factor", "found"), [("production", "off", ["safeguards.E008"]), ("production", "required", []), ("demonstration", "off", [])]
)
def test_production_without_a_second_factor_is_found(settings, stage, factor, found):
    settings.STAGE, settings.SECOND_FACTOR = stage, factor
    assert [message.id for message in checks.staff_show_a_second_factor(None)] == found
