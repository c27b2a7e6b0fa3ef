"""Telephone, identity and dossier numbers stand nowhere in what search keeps and shows, but for the office's own telephone."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection

from foundation.registries import SearchDocument, SearchSource, search_sources
from organisation.models import Unit
from organisation.search_sources import reindex_units
from search import finder, services
from search.models import Entry

pytestmark = pytest.mark.django_db

NUMBERS = [
    "0912 345 678", "+84912345678", "0236.3881.888", "001089012345", "0010 8901 2345", "H15.50.05.13-261008-0975", "h15.50.05.13-261008-0975",
    "09\u200b12345678", "0912\u00ad345\u00ad678",
]  # fmt: skip


def everything_kept() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(e::text, ' ') from search_entry e")
        return str(cursor.fetchone()[0])


@pytest.mark.accepts("S7")
@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_of_a_person_is_kept_in_any_column(publish, own_writes, number):
    publish(
        "1", f"Hướng dẫn gọi {number} nhé", body=f"Liên hệ bà Lan {number} để biết.", asked=f"Số {number} là của ai?\nsố bà Lan",
        attached=f"Gọi {number} ngay.", facts={"summary": f"Gọi {number}", "held_by": [f"Lan {number}"], "limit": {"vi": number}},
    )  # fmt: skip
    kept = everything_kept()
    assert number not in kept
    digits = "".join(sign for sign in number if sign.isdigit())[-6:]
    assert digits not in "".join(sign for sign in Entry.objects.get().body if sign.isdigit())
    hit = finder.find("hướng dẫn bà Lan").hits[0]
    assert hit.title == "Hướng dẫn gọi […] nhé"
    shown = "".join(piece.text for piece in hit.snippet)
    assert "bà Lan […] để biết" in shown, "the sentence still reads"
    assert finder.suggest("hướng dẫn gọi")[0].title == "Hướng dẫn gọi […] nhé"


@pytest.mark.parametrize(
    "text",
    ["Nghị định 123/2015/NĐ-CP", "Thủ tục 1.004873", "2.000908.000.00.00.H61", "Lệ phí 150.000.000 đồng", "Ngày 30/11/2026, 07:30", "Gọi 1900 6169",
     "Quyết định số 1234/QĐ-UBND ngày 01/02/2026"],
)  # fmt: skip
def test_numbers_that_are_of_nobody_stay_as_they_were_written(text):
    assert services.shown_text(text) == text


def test_letters_and_lines_stay_as_they_were_written():
    text = "Ho\u0300a  Bình\n\tgọi 0912345678\nhết"
    assert services.shown_text(text) == "Ho\u0300a  Bình\n\tgọi […]\nhết"


def test_the_telephone_of_an_office_is_shown_with_it(client, own_writes):
    unit = Unit.objects.create(name="Ủy ban nhân dân phường Sông Lành", slug="song-lanh", code="H90.9", level=4, telephone="0236 388 1888",
                               duties="Gọi riêng ông A 0912345678.")  # fmt: skip
    reindex_units([unit.pk])
    html = client.get("/tim/?q=phường Sông Lành").content.decode()
    assert '<a href="tel:02363881888">0236 388 1888</a>' in html
    assert "0912345678" not in html
    assert "0912345678" not in everything_kept()


def test_what_an_earlier_release_kept_is_gone_after_the_upgrade(publish, monkeypatch):
    documents = [SearchDocument("thing", "1", "Vật", "/1/", body="Gọi 0912345678 nhé.")]
    monkeypatch.setattr(search_sources, "_items", {"thing": SearchSource("thing", "Things", lambda: iter(documents), set)})
    with monkeypatch.context() as before:
        before.setattr(services, "shown_text", lambda text: text)
        services.put(documents)
    assert "0912345678" in everything_kept()
    call_command("search_index", "entries", stdout=io.StringIO())
    assert "0912345678" not in everything_kept()
    assert json.dumps(Entry.objects.get().body, ensure_ascii=False) == '"Gọi […] nhé."'
