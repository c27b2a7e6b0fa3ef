"""Posts are found with who holds them today, as the unit's page shows them, and nothing else of anybody."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from foundation.registries import search_sources
from organisation import search_sources as sources
from organisation.models import Person, Post, today
from organisation.services import close_unit, record_change, reopen_unit
from search import finder
from search.models import Entry
from tests.search.conftest import from_the_first_day, mirror, own_writes

from . import factories

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
__all__ = ["mirror", "own_writes"]


@pytest.fixture
def ward():
    made = factories.ward("Phường Bến Chợ")
    record_change("added", made, None)
    return made


@pytest.fixture
def chair(ward):
    held = factories.holding(ward, "Chủ tịch", "Hà Văn Thử")
    held.person.email, held.person.number, held.person.biography = "thu@example.org", "CB-007", "Sinh năm 1970"
    held.person.save()
    record_change("added", held.post, None)
    return held


def shown() -> list[str]:
    entries = {entry.object_id: entry.title for entry in Entry.objects.filter(kind="post", live=True)}
    return sorted(entries[key] for key in search_sources["post"].visible(entries))


def entry() -> Entry:
    return Entry.objects.get(kind="post", live=True)


def test_a_post_is_found_by_its_title_and_unit_and_leads_to_its_place_on_the_units_page(ward, chair, client, own_writes):
    hit = finder.find("chủ tịch phường bến chợ").hits[0]
    assert (hit.kind, hit.title, hit.facts["held_by"]) == ("post", "Chủ tịch, Phường Bến Chợ", ["Hà Văn Thử"])
    path, _hash, anchor = hit.url.partition("#")
    assert f'id="{anchor}"' in client.get(path).content.decode()
    assert finder.find("hà văn thử").hits[0].kind == "post"
    assert finder.find("phường bến chợ").hits[0].kind == "unit"
    assert (entry().unit, entry().levels) == (str(ward.pk), ["ward"])


@pytest.mark.accepts("S7")
def test_of_a_person_nothing_but_the_name_is_in_search(chair):
    told = json.dumps(
        [list(row) for row in Entry.objects.filter(kind="post").values_list("title", "body", "asked", "facts", "streams")], ensure_ascii=False
    )
    assert "Hà Văn Thử" in told
    for private in ("0111", "example.org", "CB-007", "1970"):
        assert private not in told


def test_it_follows_the_names_of_post_person_and_unit(ward, chair):
    chair.person.name = "Hà Văn Mới"
    chair.person.save()
    record_change("changed", chair.person, None, ["name"])
    assert entry().facts["held_by"] == ["Hà Văn Mới"]
    assert "Hà Văn Thử" not in entry().asked
    chair.post.title = "Quyền Chủ tịch"
    chair.post.save()
    record_change("changed", chair.post, None, ["title"])
    ward.name, ward.slug = "Phường Bến Nứa", "ben-nua"
    ward.save()
    record_change("changed", ward, None, ["name"])
    assert shown() == ["Quyền Chủ tịch, Phường Bến Nứa"]
    assert entry().url == f"/co-quan/ben-nua/#vi-tri-{chair.post.pk}"
    other = factories.district()
    chair.post.unit = other
    chair.post.save()
    record_change("changed", chair.post, None, ["unit"])
    assert (shown(), entry().unit) == (["Quyền Chủ tịch, Quận Bến Lành"], str(other.pk))


@pytest.mark.accepts("S4")
def test_it_is_gone_with_the_post_and_the_name_with_the_person(ward, chair):
    chair.person.delete()
    assert entry().facts["held_by"] == []
    Post.objects.get(pk=chair.post_id).delete()
    assert shown() == []
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_change("added", factories.holding(ward, "Ma", "Không Ai").post, None)
        raise ZeroDivisionError
    assert not Entry.objects.filter(kind="post", live=True).exists()


@pytest.mark.accepts("S4")
def test_a_unit_that_is_closed_shows_its_people_no_more(ward, chair):
    other = factories.ward("Phường Khác")
    close_unit(ward, today(), [other], None)
    assert len(shown()) == 1, "its last day is today"
    with time_machine.travel(f"{today() + DAY}T05:00:00+07:00"):
        assert shown() == [], "though the index still has it"
        sources.reindex_all_posts()
        assert not Entry.objects.filter(kind="post", live=True).exists()
        reopen_unit(ward, None)
        assert len(shown()) == 1


def test_who_holds_a_post_from_a_day_on_is_found_from_that_day_on(ward, chair):
    chair.valid_to = today()
    chair.save()
    factories.holding(ward, "Chủ tịch", "Lê Thị Sau", valid_from=today() + DAY)
    record_change("changed", chair.post, None, ["holdings"])
    assert entry().facts["held_by"] == ["Hà Văn Thử"]
    with time_machine.travel(f"{today() + DAY}T05:00:00+07:00"):
        sources.reindex_all_posts()
        assert entry().facts["held_by"] == ["Lê Thị Sau"]


def test_a_service_point_that_changes_is_so_in_the_text_of_its_units(ward):
    point = factories.point(ward, name="Bộ phận một cửa", address="12 Bến Chợ")
    record_change("added", point, None)
    assert "12 Bến Chợ" in Entry.objects.get(kind="unit").body
    other = factories.ward("Phường Khác")
    point.unit = other
    point.save()
    record_change("changed", point, None, ["unit"])
    assert "12 Bến Chợ" in Entry.objects.get(kind="unit", object_id=str(other.pk)).body
    assert "12 Bến Chợ" not in Entry.objects.get(kind="unit", object_id=str(ward.pk)).body
    point.delete()
    assert "12 Bến Chợ" not in Entry.objects.get(kind="unit", object_id=str(other.pk)).body


def test_reconcile_finds_nothing_to_do(ward, chair, own_writes, capsys):
    from_the_first_day()
    record_change("changed", Person.objects.get(), None, ["telephone"])
    call_command("search_index", "reconcile")
    assert "entries: 0 written, 0 removed" in capsys.readouterr().out
