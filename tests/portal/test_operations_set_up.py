"""A new installation, set up as the upgrade does it, is a whole portal: legal pages, ways of approval, days off."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.models import Locale

from organisation.jobs import seed_years
from organisation.models import CalendarDay, today
from portal.models import ContentPage, HomePage
from portal.starting_pages import PAGES
from procedures_catalog.backoffice.workflow import set_up
from tests.beginnings import house_roles

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("set_up", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def roles(db):
    house_roles()


@pytest.mark.accepts("O17")
def test_a_new_installation_has_its_legal_pages_and_its_ways_of_approval(roles, settings):
    settings.SECURITY_CONTACT = "an-toan@example.gov.vn"
    run()
    client = Client()
    for language in ("vi", "en"):
        pages = ContentPage.objects.live().filter(locale=Locale.objects.get(language_code=language))
        assert {words[language]["slug"] for words in PAGES.values()} == set(pages.values_list("slug", flat=True)), language
        for page in pages:
            assert client.get(page.get_url()).status_code == 200, page.slug
    assert "Policy: " in client.get("/.well-known/security.txt").content.decode()
    assert set_up(Group.objects.get(name="publisher")) is False, "records have a way of approval"
    assert HomePage.objects.first().get_workflow() is not None, "and so have pages"


@pytest.mark.accepts("C13")
def test_days_off_are_known_for_three_years_and_a_job_adds_the_next(roles):
    run()
    years = {date.year for date in CalendarDay.objects.values_list("date", flat=True)}
    assert years == {today().year - 1, today().year, today().year + 1}
    with time_machine.travel(dt.datetime(today().year + 1, 1, 2, 5, tzinfo=dt.UTC), tick=False):
        assert seed_years(0) > 5
        assert seed_years(0) == 0
        assert CalendarDay.objects.filter(date__year=today().year + 1).exists()


def test_again_it_changes_nothing_and_brings_nothing_back(roles):
    run()
    ContentPage.objects.get(slug="tro-giup").delete()
    before = set(ContentPage.objects.values_list("slug", flat=True)), CalendarDay.objects.count()
    assert "stay as they are" in run()
    assert (set(ContentPage.objects.values_list("slug", flat=True)), CalendarDay.objects.count()) == before
    run("--pages")
    assert ContentPage.objects.filter(slug="tro-giup").exists()


def test_without_roles_it_says_what_to_run_first():
    with pytest.raises(CommandError, match="roles_apply"):
        run()
