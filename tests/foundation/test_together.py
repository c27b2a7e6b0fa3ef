"""Rows of several tables come in one question, and are what each alone would have given."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from dialogue_sessions.models import LegalTerm
from foundation import together
from organisation.models import Field

pytestmark = pytest.mark.django_db


def test_instances_values_and_nothing_in_one_query():
    Field.objects.create(name="Hộ tịch", slug="ho-tich", order=2)
    Field.objects.create(name="Đất đai", slug="dat-dai", order=1)
    with CaptureQueriesContext(connection) as asked:
        terms, fields, names, nothing, some = together.rows(
            LegalTerm.objects.order_by("pk"), Field.objects.order_by("order").annotate(twice=F("order") * 2),
            Field.objects.values("slug").order_by("slug"),
            Field.objects.none(), Field.objects.order_by("slug").only("slug").annotate(said=Value("x"))[:1],
        )  # fmt: skip
    assert len(asked) == 1
    alone = list(LegalTerm.objects.order_by("pk"))
    assert terms == alone and terms, "the terms that come with the portal"
    assert [(one.key, one.valid_from, one.length) for one in terms] == [(one.key, one.valid_from, one.length) for one in alone]
    assert isinstance(terms[0].valid_from, dt.date)
    assert [(one.name, one.twice) for one in fields] == [("Đất đai", 2), ("Hộ tịch", 4)]
    assert names == [{"slug": "dat-dai"}, {"slug": "ho-tich"}]
    assert nothing == []
    assert (some[0].slug, some[0].said) == ("dat-dai", "x")
    with CaptureQueriesContext(connection) as asked:
        assert some[0].name == "Đất đai"  # left out before, asked for now
    assert len(asked) == 1


def test_nothing_is_asked_for_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert together.rows(Field.objects.none()) == [[]]
