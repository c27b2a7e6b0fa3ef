"""Parts of procedures' pages that are stored: the page is the same with and without them, whatever a version says."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.test import Client
from django.utils import translation

from organisation.models import today
from procedures_catalog import jobs, listing, presentation, queries, stored, views
from procedures_catalog.models import LegalDocument, Procedure, ProcedureVersion, StoredBody
from procedures_catalog.prepared import rows

from .factories import DAY, LONG_STEP, VersionFactory, law

pytestmark = pytest.mark.django_db

NASTY = [
    "<script>alert(1)</script>", "</section><h1>khác</h1>", "{{ code }} {% url 'home' %}", '"><img src=x onerror=alert(1)>', "a & b < c > d",
    "Bước 1: Nộp. - Một; - Hai.", LONG_STEP[:900], "ﬁ\u202e\u200b ả̉ 🜁", "javascript:alert(1)", "'; drop table x; --", " ",
]  # fmt: skip


def forget() -> None:
    views._bodies.clear()
    listing._memory.clear()


def generated(seed: int) -> ProcedureVersion:
    """A version with whatever chance puts into it."""
    chance = random.Random(seed)

    def text() -> str:
        return " ".join(chance.choice([*NASTY, "Tờ khai", "giấy tờ", "3 ngày"]) for _ in range(chance.randrange(1, 4)))[:400]

    def day() -> dt.date | None:
        return chance.choice([None, today() - chance.randrange(400) * DAY, today() + chance.randrange(400) * DAY])

    def period() -> dict[str, dt.date | None]:
        first, last = day(), day()
        return {"valid_from": first, "valid_to": last if first is None or last is None or first <= last else None}

    def some(make, most=4):
        return [make() for _ in range(chance.randrange(most))]

    parts = {
        "cases": some(lambda: {"name": text()[:100], "description": text()}, 3),
        "methods": some(lambda: {"channel": chance.choice(["counter", "online", "post"]), "limit_value": chance.choice([None, 3]),
                                 "limit_unit": "working_days", "limit_text": text(), "fee_text": text(), "description": text()}),
        "steps": some(lambda: {"title": text()[:100], "actor": text()[:100], "text": text()}),
        "process": some(lambda: {"name": text()[:100], "post": text()[:100], "hours": 4}),
        "papers": some(lambda: {"name": text(), "originals": 1, "group": text()[:60], "case": chance.choice(["", "Đã ly hôn"]), "note": text(),
                                "form_code": chance.choice(["", "TK-01"])}),
        "fees": some(lambda: {"kind": "charge", "channel": "counter", "amount": chance.choice([None, 15000]), "formula": text(), "unit": "bản",
                              "condition": text(), "legal_basis": text(), **period()}),
        "forms": some(lambda: {"code": "TK-01", "name": text()[:200]}, 2),
        "results": some(lambda: {"name": text(), "validity": text()[:60]}),
        "conditions": some(lambda: {"text": text()}),
        "agencies": some(lambda: {"role": chance.choice(["competent", "executing"]), "name": text()[:200]}),
    }  # fmt: skip
    for row in parts["fees"]:
        row["formula"] = row["formula"] if row["amount"] is None else ""
    laws = [law(f"{seed}-{number}", title=text()[:200], url=chance.choice(["", "https://vanban.example.org/1", "javascript:alert(1)"]), **period())
            for number in range(chance.randrange(3))]  # fmt: skip
    return VersionFactory(
        name=text()[:300], parts=parts, laws=laws, bare=True, description=text(), receiving_address=text()[:200],
        subjects=chance.choice([[], ["citizen"]]), online_level=chance.choice(["", "full", "partial"]), partial_reason=text()[:100],
    )  # fmt: skip


def page(version: ProcedureVersion, language: str = "", query: str = "") -> str:
    response = Client().get(f"{language}/thu-tuc/{version.procedure.code}/{query}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("seeds", [range(8), range(8, 16)])
def test_a_page_is_the_same_with_and_without_stored_parts(seeds, monkeypatch):
    for seed in seeds:
        version = generated(seed)
        for language in ("", "/en"):
            with monkeypatch.context() as without:
                without.setattr(stored, "find", lambda *_arguments: None)
                without.setattr(stored, "store", lambda *_arguments: None)
                forget()
                made = page(version, language)
            assert not StoredBody.objects.filter(version=version, language=language.strip("/") or "vi").exists()
            forget()
            assert page(version, language) == made, seed  # makes and stores them
            with monkeypatch.context() as never:
                never.setattr(stored, "make", lambda *_arguments: pytest.fail("made again"))
                forget()
                assert page(version, language) == made, seed  # from what is stored
            assert "<script>alert" not in made
            assert "<img src=x" not in made
            assert 'href="javascript:' not in made


def test_each_language_has_its_own():
    version = VersionFactory()
    assert "Giấy tờ" in page(version) or "Cần mang" in page(version)
    page(version, "/en")
    assert sorted(StoredBody.objects.values_list("language", flat=True)) == ["en", "vi"]


def test_other_data_has_another_body():
    """What a version names may change around it: a document, a decision. No stored part survives that."""
    version = VersionFactory(laws=[law("123/2015/NĐ-CP")])
    assert "Luật đã đổi tên" not in page(version)
    LegalDocument.objects.update(title="Luật đã đổi tên")
    assert "Luật đã đổi tên" in page(version)
    forget()
    assert "Luật đã đổi tên" in page(version)


def test_what_changes_apart_from_the_version_is_not_stored():
    version = VersionFactory()
    page(version)
    Procedure.objects.update(summary="Tóm tắt mới tinh", guidance="Mẹo mới tinh")
    assert "Tóm tắt mới tinh" in page(version)
    assert "Mẹo mới tinh" in page(version)
    assert StoredBody.objects.count() == 1


def test_nothing_is_stored_of_a_draft():
    draft = VersionFactory(draft=True)
    assert Client().get(f"/thu-tuc/{draft.procedure.code}/").status_code == 404
    data = {**rows(queries.VERSION(pk=VersionFactory().pk))[0], "id": draft.pk}
    stored.store(data, "vi", "d" * 64, today(), stored.make(data, today()))
    assert not StoredBody.objects.filter(version=draft).exists()


def test_what_is_taken_back_takes_its_parts_along():
    version = VersionFactory(upcoming=True)
    page(version)
    assert StoredBody.objects.count() == 1
    ProcedureVersion.objects.filter(pk=version.pk).update(live=False)
    assert StoredBody.objects.count() == 0


def test_another_release_makes_its_own(monkeypatch):
    version = VersionFactory()
    page(version)
    monkeypatch.setattr(stored, "release", lambda: "another")
    forget()
    page(version)
    assert StoredBody.objects.count() == 2
    # The daily job of the release that serves keeps its own.
    stored.clean(today())
    assert list(StoredBody.objects.values_list("release", flat=True)) == ["another"]


def test_the_daily_job_lets_go_of_what_no_page_asks_for(monkeypatch):
    called = []
    monkeypatch.setattr(stored, "clean", called.append)
    jobs.turn_day(today())
    assert called == [today()]


@pytest.mark.parametrize("seed", range(12))
def test_within_a_stretch_of_days_nothing_differs(seed):
    """Fees and laws begin and end: on every day of a stretch the parts are those of its first day, and a stored one is found on
    these days alone."""
    version = generated(100 + seed)
    data = rows(queries.VERSION(pk=version.pk))[0]
    with translation.override("vi"):
        for offset in range(-420, 421, 60):
            day = today() + offset * DAY
            first, last = stored.stretch(data, day)
            assert first <= day
            assert last is None or day <= last
            here = stored.make(data, day)
            assert stored.make(data, max(first, dt.date(1990, 1, 1))) == here
            if last is not None:
                assert stored.make(data, last) == here
                assert stored.stretch(data, last + DAY)[0] == last + DAY


def test_a_fee_that_begins_tomorrow_is_told_of_tomorrow(monkeypatch):
    version = VersionFactory(parts={"fees": [{"kind": "charge", "amount": 9000, "valid_from": today() + DAY}]})
    assert "từ" in page(version)
    data = rows(queries.VERSION(pk=version.pk))[0]
    assert stored.stretch(data, today())[1] == today()
    assert stored.stretch(data, today() + DAY)[0] == today() + DAY


def test_a_page_does_not_fail_because_nothing_can_be_stored(monkeypatch):
    from django.db import DatabaseError

    class Refusing:
        def __enter__(self):
            raise DatabaseError("read-only")

        def __exit__(self, *_arguments):
            return False

    version = VersionFactory()
    monkeypatch.setattr(stored.transaction, "atomic", Refusing)
    assert "Cấp Giấy xác nhận" in page(version)


def test_the_headings_are_those_of_the_whole_page():
    version = VersionFactory()
    data = rows(queries.VERSION(pk=version.pk))[0]
    whole = presentation.version_page(data, today())
    procedure = {"offers": [], "questions": []}
    assert stored.contents_of(stored.make(data, today()).has, procedure, []) == presentation.contents(whole, procedure, [])
