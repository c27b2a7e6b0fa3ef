"""Records of a few versions are read in two queries, and say the same as those read a table at a time."""

from __future__ import annotations

import pytest

from procedures_catalog import record
from procedures_catalog.models import ProcedureVersion

from .factories import VersionFactory, law

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions():
    parts = {
        "cases": [{"name": "Trường hợp\r\nmột", "description": ""}],
        "methods": [{"channel": "counter", "limit_value": "2.50", "limit_unit": "working_days", "fee_text": "8.000 đồng"}],
        "fees": [{"amount": "8000.00", "unit": "đồng"}, {"amount": "0", "formula": "x × 0,5", "valid_from": "2020-01-31"}],
        "process": [{"name": "Thẩm tra", "post": "Công chức", "hours": "4.25"}],
        "papers": [{"name": "Tiê\u0301ng Việt", "originals": 0, "copies": 2, "present_only": True}, {"name": "Giấy"}],
        "agencies": [{"role": "competent", "name": "Uỷ ban"}],
    }
    return [VersionFactory(parts=parts, laws=[law()]), VersionFactory(long=True), VersionFactory(name_only=True)]


def test_read_together_or_apart_records_are_the_same(versions, monkeypatch, django_assert_num_queries):
    keys = [version.pk for version in versions]
    with django_assert_num_queries(2):
        together = list(record.records_by_id(keys))
    monkeypatch.setattr(record, "TOGETHER", 0)
    with django_assert_num_queries(12):
        apart = list(record.records_by_id(keys))
    assert together == apart
    assert [record.digest(one) for _pk, one in together] == [record.digest(one) for _pk, one in apart]
    assert repr(together) == repr(apart)
    assert dict(together)[keys[0]]["fees"][0]["amount"] == 8000


def test_a_saved_version_says_the_same_as_its_object(versions):
    for pk, said in record.records_by_id([version.pk for version in versions]):
        assert record.record_of(ProcedureVersion.objects.get(pk=pk)) == said
