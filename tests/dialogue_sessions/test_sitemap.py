"""Search engines elsewhere are told of what stands in public about dialogues, and of nothing that waits or is private."""

import pytest
from django.test import Client
from django.urls import reverse

from dialogue_sessions import services

from .asking import accepted, contact, opened, received, unit_with_voters, written
from .making import open_session
from .promising import minutes_of
from .test_minutes_answer_questions import published as published_minutes

pytestmark = pytest.mark.django_db


def told():
    return Client().get("/sitemap-sessions.xml").content.decode()


def test_questions_requests_and_minutes_are_told_of_once_they_are_public():
    session = open_session()
    shown, waiting, twice = accepted(session), received(session), accepted(session)
    services.merge_question(twice, shown, None)
    open_request, closed_request = opened(), written(unit_with_voters(name="Phường Khác"), contact())
    minutes = minutes_of()
    page = told()
    address = reverse("questions:question", args=[session.slug, shown.pk])
    assert f"{address}<" in page and f"/en{address}<" in page
    for private in (waiting, twice):
        assert f"{reverse('questions:question', args=[session.slug, private.pk])}<" not in page
    assert f"{reverse('questions:request', args=[open_request.slug])}<" in page
    assert closed_request.slug is None or closed_request.slug not in page
    published = reverse("minutes:minutes", args=[minutes.session.slug])
    assert published not in page
    published_minutes(minutes)
    assert f"{published}<" in told()


def test_every_address_of_the_sitemap_answers(client):
    session = open_session()
    accepted(session), opened()
    addresses = [part.split("</loc>")[0].removeprefix("http://testserver") for part in told().split("<loc>")[1:]]
    assert len(addresses) > 4
    assert {client.get(address).status_code for address in addresses} == {200}


def test_the_lists_are_told_of():
    page = Client().get("/sitemap-calendar.xml").content.decode()
    assert all(f"{reverse(name)}<" in page for name in ("dialogue_sessions:calendar", "promises:board", "questions:requests"))
