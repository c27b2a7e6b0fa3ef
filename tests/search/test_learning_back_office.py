"""What was learned, in the back office: the evidence, the veto and its history."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from wagtail.models import ModelLogEntry

from safeguards.models import Event
from search import learning
from search.models import LearnedQuery, PopularQuery
from tests.search.test_back_office import signed_in
from tests.search.test_learning import DAY, found, habit, streams

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]
LEARNED = "wagtailsnippets_search_learnedquery"
POPULAR = "wagtailsnippets_search_popularquery"


@pytest.fixture
def row(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    learning.learn(DAY)
    return LearnedQuery.objects.get()


@pytest.mark.parametrize(("role", "looks", "judges"), [("editor", True, True), ("auditor", True, False), ("clerk", False, False)])
def test_who_may_look_and_who_may_forbid(row, role, looks, judges):
    client = signed_in(role)
    answer = client.get(reverse(f"{LEARNED}:list"))
    assert (answer.status_code == 200) is looks
    if looks:
        page = answer.content.decode()
        assert "sang tên" in page
        assert "Biến động đất" in page
        assert "100%" in page
    client.post(reverse(f"{LEARNED}:edit", args=[row.pk]), {"vetoed": "on", "note": "nói về việc khác"})
    row.refresh_from_db()
    assert row.vetoed is judges
    assert (found("sang tên") == []) is judges


def test_a_veto_and_its_end_stand_in_the_history(row):
    client = signed_in("editor")
    edit, history = reverse(f"{LEARNED}:edit", args=[row.pk]), reverse(f"{LEARNED}:history", args=[row.pk])
    assert client.post(edit, {"vetoed": "on", "note": "là việc khác"}).status_code == 302
    assert streams() == []
    assert client.post(edit, {"note": "là việc khác"}).status_code == 302
    assert streams() == ["sang", "ten"]
    assert client.post(edit, {"note": "là việc khác"}).status_code == 302
    assert client.get(history).status_code == 200
    events = Event.objects.filter(subject_type="search.learnedquery").order_by("pk")
    assert [(event.kind.rpartition("_")[2], event.actor.username) for event in events] == [("vetoed", "nguoi-editor"), ("allowed", "nguoi-editor")]
    assert events[0].payload["thing"] == "thing:1"
    assert ModelLogEntry.objects.filter(content_type__model="learnedquery").count() == 2
    row.refresh_from_db()
    assert (row.vetoed_at, row.vetoed_by) == (None, None)


def test_nobody_adds_or_deletes_by_hand(row, admin_client_of_the_house):
    client = admin_client_of_the_house
    for name, args in (("add", []), ("delete", [row.pk])):
        url = reverse(f"{LEARNED}:{name}", args=args)
        assert client.get(url).status_code in {302, 403}
        assert client.post(url, {"vetoed": ""}).status_code in {302, 403}
    for method in (client.get, client.post):
        assert method(reverse("wagtailsnippetchoosers_search_learnedquery:create")).status_code in {302, 403}
    bulk = reverse("wagtail_bulk_action", args=["search", "learnedquery", "delete"])
    client.post(f"{bulk}?id={row.pk}&next=/admin/")
    assert LearnedQuery.objects.filter(pk=row.pk).exists()


@pytest.fixture
def admin_client_of_the_house():
    from django.test import Client

    from tests.safeguards.staff import person

    client = Client()
    client.force_login(person("quan-tri", is_superuser=True))
    return client


def test_what_is_not_public_is_not_in_the_list(row):
    from search import services

    services.remove("thing", ["1"])
    assert "sang tên" not in signed_in("editor").get(reverse(f"{LEARNED}:list")).content.decode()


def test_a_popular_question_can_be_forbidden(publish):
    row = PopularQuery.objects.create(folded="khai sinh", asked="khai sinh", first_day=DAY - dt.timedelta(days=9), last_day=DAY, found=3)
    client = signed_in("editor")
    assert "khai sinh" in client.get(reverse(f"{POPULAR}:list"), {"q": "khai"}).content.decode()
    assert client.post(reverse(f"{POPULAR}:edit", args=[row.pk]), {"vetoed": "on", "note": ""}).status_code == 302
    row.refresh_from_db()
    assert row.vetoed
    assert Event.objects.filter(kind="search.popularquery_vetoed").count() == 1


def test_the_list_leads_to_the_row(row):
    way, listed = f'href="{reverse(f"{LEARNED}:edit", args=[row.pk])}"', reverse(f"{LEARNED}:list")
    assert way in signed_in("editor").get(listed).content.decode()
    assert way not in signed_in("auditor").get(listed).content.decode(), "whoever may only look"


def test_numbers_are_written_as_people_write_them(row):
    LearnedQuery.objects.update(strength=65.26281230262163, share=0.5)
    client = signed_in("editor")
    for address in (reverse(f"{LEARNED}:list"), reverse(f"{LEARNED}:edit", args=[row.pk])):
        page = client.get(address).content.decode()
        assert "65,3" in page
        assert "65,26" not in page
        assert "50%" in page
