"""Several kinds in one list: the procedure before its form, the form when it is asked for, a document by its number; alike in both engines."""

from __future__ import annotations

import pytest
from django.db import transaction

from foundation.registries import SearchDocument, SearchSource, search_sources
from search import finder, index, planner, services
from search.engines import elasticsearch, kinds_asked_for, local

pytestmark = pytest.mark.django_db(transaction=True)

THINGS = [
    ("procedure", "1", "Thủ tục đăng ký khai sinh", "", "khai sanh\ngiấy khai sinh", 2.9),
    ("procedure", "2", "Thủ tục đăng ký lại khai sinh", "", "làm lại khai sinh", 2.3),
    ("procedure", "3", "Cấp giấy phép xây dựng nhà ở riêng lẻ", "", "", 2.5),
    ("form", "f1", "Tờ khai đăng ký khai sinh", "", "biểu mẫu, mẫu đơn", 2.0),
    ("form", "f2", "Đơn đề nghị cấp giấy phép xây dựng", "", "biểu mẫu, mẫu đơn", 2.0),
    ("legal-document", "l1", "12/2018/NĐ-CP Về đăng ký khai sinh và hộ tịch", "12/2018/NĐ-CP", "nghị định 12/2018/NĐ-CP", 2.0),
    ("legal-document", "l2", "13/2018/NĐ-CP Về kinh doanh khí", "13/2018/NĐ-CP", "nghị định 13/2018/NĐ-CP", 2.0),
    ("post", "p1", "Chủ tịch Uỷ ban nhân dân phường, Phường Bến Chợ", "", "Nguyễn Văn Mẫu", 2.0),
    ("post", "p2", "Phó Chủ tịch Uỷ ban nhân dân phường, Phường Bến Chợ", "", "", 1.0),
    ("unit", "u1", "Phường Bến Chợ", "", "", 0.0),
    ("procedure", "4", "Khen thưởng của Chủ tịch Uỷ ban nhân dân phường", "", "", 2.1),
]
FIRST = {
    "khai sinh": "procedure:1",
    "đăng ký khai sinh": "procedure:1",
    "dang ky khai sinh": "procedure:1",
    "giấy phép xây dựng": "procedure:3",
    "tờ khai đăng ký khai sinh": "form:f1",
    "to khai khai sinh": "form:f1",
    "mẫu đơn khai sinh": "form:f1",
    "đơn đề nghị cấp giấy phép xây dựng": "form:f2",
    "12/2018/NĐ-CP": "legal-document:l1",
    "nghị định 12/2018/nđ-cp": "legal-document:l1",
    "12 / 2018 / ND-CP": "legal-document:l1",
    "chủ tịch phường bến chợ": "post:p1",
    "phường bến chợ": "unit:u1",
}


@pytest.fixture
def things(monkeypatch):
    for kind in {thing[0] for thing in THINGS}:
        monkeypatch.setitem(search_sources._items, kind, SearchSource(kind, kind, list, set, None))
    with transaction.atomic():
        services.put(
            [SearchDocument(kind, key, title, f"/{key}/", code=code, asked=asked, weight=weight) for kind, key, title, code, asked, weight in THINGS]
        )


def keys(found):
    return [f"{one.kind}:{one.object_id}" for one in found]


@pytest.mark.parametrize("query", FIRST)
def test_what_comes_first_is_what_the_question_asks_for(things, query):
    found = keys(local.engine().run(planner.plan(query)).found)
    assert found[0] == FIRST[query], found
    if "khai sinh" in query:
        assert "procedure:1" in found[:3]


@pytest.mark.enable_socket
def test_both_engines_put_kinds_in_the_same_order(things, shared):
    index.rebuild(shared)
    engine = elasticsearch.engine(shared)
    for query in FIRST:
        plan = planner.plan(query)
        assert keys(engine.run(plan).found) == keys(local.engine().run(plan).found), query


def test_a_form_is_asked_for_by_whole_words(things):
    assert kinds_asked_for(["mẫu", "đơn", "xin"]) == {"form"}
    assert kinds_asked_for(["to", "khai", "thue"]) == {"form"}
    assert kinds_asked_for(["mẫu", "giáo"]) == frozenset()
    assert kinds_asked_for(["phiếu", "lý", "lịch"]) == {"form"}


def test_a_visitor_sees_how_many_of_each_kind_there_are(things):
    (kinds,) = [facet for facet in finder.find("tờ khai đăng ký khai sinh").facets if facet.name == "kind"]
    assert {bucket.value: bucket.count for bucket in kinds.buckets} == {"procedure": 2, "form": 1}
