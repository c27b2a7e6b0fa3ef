"""What visitors say of themselves orders what is found and hides nothing, the same in both engines, and stays in the address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.registries import SearchSource, search_sources
from search import engines, finder, planner
from search.engines import elasticsearch, local
from search.finder import Asker
from search.planner import Plan
from tests.search.test_parity import alike, both  # noqa: F401  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]


@pytest.fixture
def units(monkeypatch):
    """Ward 3 of district 2 of province 1, and ward 4 beside it."""
    around = {"3": {"3", "2", "1"}, "4": {"4", "2", "1"}}
    source = SearchSource(
        "unit", "Units", list, set, lambda _name, _values: {}, own_units=lambda: [("3", "Phường Sông Lành"), ("4", "Phường Bến Chợ")],
        around=lambda unit: around.get(unit, set()),
    )  # fmt: skip
    monkeypatch.setitem(search_sources._items, "unit", source)


@pytest.fixture
def licences(publish, units):
    publish("1", "Cấp giấy phép kinh doanh", unit="9", audiences=("enterprise",))
    publish("2", "Cấp giấy phép kinh doanh", unit="4", audiences=("household_business",))
    publish("3", "Cấp giấy phép kinh doanh", unit="2", audiences=("citizen",))
    publish("4", "Cấp giấy phép kinh doanh", unit="3", audiences=("citizen", "enterprise"))
    publish("5", "Cấp giấy phép kinh doanh rượu")
    publish("6", "Đăng ký khai tử")


def order(asker: Asker = finder.NOBODY) -> list[str]:
    return [hit.id for hit in finder.find("giấy phép kinh doanh", asker=asker).hits]


def test_without_a_word_of_themselves_everybody_gets_the_same(licences):
    assert order() == ["1", "2", "3", "4", "5"]


def test_what_is_for_them_comes_first(licences):
    assert order(Asker(audience="household_business")) == ["2", "1", "3", "4", "5"]


def test_their_own_unit_and_those_above_it_come_first(licences):
    assert order(Asker(unit="3")) == ["3", "4", "1", "2", "5"], "the district serves its wards, another ward does not"
    assert order(Asker(unit="4")) == ["2", "3", "1", "4", "5"]


def test_both_count(licences):
    assert order(Asker(audience="citizen", unit="3"))[:2] == ["3", "4"]
    assert order(Asker(audience="enterprise", unit="3"))[0] == "4"


def test_words_decide(publish, units):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai tử", audiences=("citizen",), unit="3")
    assert finder.find("khai sinh", asker=Asker("citizen", "3")).hits[0].id == "1"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    audience=st.sampled_from(["", *finder.AUDIENCES]),
    unit=st.sampled_from(["", "3", "4", "77"]),
    words=st.permutations(["giấy", "phép", "kinh", "rượu"]),
)
def test_nothing_is_hidden_and_no_count_changes(licences, audience, unit, words):
    query = " ".join(words[:3])
    plain, mine = finder.find(query), finder.find(query, asker=Asker(audience, unit))
    assert {hit.id for hit in mine.hits} == {hit.id for hit in plain.hits}
    assert (mine.total, mine.facets) == (plain.total, plain.facets)


def test_a_favoured_first_result_cuts_nobody_off():
    """The share of the first score is of the words' score: with the favour in it, what lies just above would be cut."""
    just_above = 10 * engines.SHARE * 1.05
    hits = [(10.0, "thing:1", 2.0, ("audience=citizen",)), (just_above, "thing:2", 2.0, ()), (10 * engines.SHARE * 0.95, "thing:3", 2.0, ())]
    plan = Plan(favoured=(frozenset({"audience=citizen"}),))
    assert [one.object_id for one in engines.relevant(hits, plan).found] == ["1", "2"]
    assert [one.object_id for one in engines.relevant(hits, Plan()).found] == ["1", "2"]


@pytest.mark.parametrize("said", ["toi-la=khong-co", "noi-toi=khong-co", "noi-toi=-1", "noi-toi=" + "9" * 300, "toi-la=", "noi-toi=77"])
def test_what_is_none_of_the_choices_says_nothing(client, licences, said):
    page = client.get(f"/tim/?q=giay+phep+kinh+doanh&{said}")
    assert page.status_code == 200
    assert page.content.decode().index('href="/1/"') < page.content.decode().index('href="/2/"')


@pytest.mark.accepts("W8")
def test_it_is_said_without_script_and_stays_in_every_link_and_in_no_cookie(client, publish, licences):
    for number in range(20):
        publish(f"x{number}", f"Giấy phép kinh doanh số {number}", levels=("ward", "district")[: 1 + number % 2])
    answer = client.get("/tim/?q=giay+phep+kinh+doanh&toi-la=household_business&noi-toi=3")
    page = answer.content.decode()
    assert not answer.cookies
    assert '<option value="household_business" selected>' in page
    assert '<option value="3" selected>Phường Sông Lành' in page
    main = page.partition("<main")[2].partition("</main")[0]
    ours = [link.partition('"')[0] for link in main.split('href="?')[1:]]
    assert len(ours) > 3
    assert all("toi-la=household_business" in link and "noi-toi=3" in link for link in ours)
    box = main.partition('role="search"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="toi-la" value="household_business">' in box, "asking something else keeps it"
    form = main.partition("asker")[2].partition("</form>")[0]
    assert '<input type="hidden" name="q" value="giay phep kinh doanh">' in form


def test_the_api_takes_the_same(client, licences):
    answer = client.get("/api/v1/search?q=giay+phep+kinh+doanh&for_audience=household_business").json()
    assert answer["hits"][0]["id"] == "2"
    answer = client.get("/api/v1/search?q=giay+phep+kinh+doanh&near_unit=4").json()
    assert [hit["id"] for hit in answer["hits"]][:2] == ["2", "3"]
    said = [client.get(f"/api/v1/search?q=giay+phep&{wrong}").json()["hits"] for wrong in ("", "near_unit=a", "for_audience=a", "near_unit=77")]
    assert said[1:] == said[:1] * 3, "what is none of the choices says nothing"


@pytest.mark.enable_socket
def test_both_engines_order_alike_for_whoever_asks(both):  # noqa: F811
    ours, shared = both
    for query in ("đăng ký", "cấp giấy phép xây dựng", "giấy tờ nhà đất", "khai sinh"):
        for group in (frozenset({"level=ward"}), frozenset({"kind=form"}), frozenset({"level=district", "kind=form"})):
            plan = replace(planner.plan(query), favoured=(group,))
            alike(ours.run(plan), shared.run(plan), shared.options.shards)
    assert isinstance(shared, elasticsearch.ElasticsearchEngine)
    assert isinstance(ours, local.LocalEngine)


def test_a_real_unit_is_surrounded_by_those_above_and_below_it():
    from organisation.enums import Level, UnitKind
    from organisation.models import Unit

    def unit(name, level, parent=None, kind=UnitKind.GOVERNMENT):
        return Unit.objects.create(name=name, slug=name, code=name, level=level, parent=parent, kind=kind)

    with transaction.atomic():
        province = unit("tinh", Level.PROVINCE)
        district, other = unit("huyen", Level.DISTRICT, province), unit("huyen-khac", Level.DISTRICT, province)
        ward = unit("xa", Level.WARD, district)
        office = unit("phong", Level.WARD, ward, UnitKind.DEPARTMENT)
        unit("xa-khac", Level.WARD, other)
    assert finder.units_around(str(ward.pk)) == {str(one.pk) for one in (province, district, ward, office)}
    assert finder.units_around("abc") == finder.units_around("") == finder.units_around("99999999999") == set()
    assert [name for _pk, name in finder.own_units()] == ["xa", "xa-khac"]
