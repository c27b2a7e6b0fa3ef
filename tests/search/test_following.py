"""The local mirror follows the table: what is committed is found, what is not never is."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from foundation.registries import SearchDocument
from search import finder, services
from search.engines import folder, local
from search.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def titles(query: str) -> list[str]:
    return [hit.title for hit in finder.find(query).hits]


def test_what_is_published_is_found_with_and_without_marks(publish):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai tử")
    assert titles("dang ky khai sinh")[0] == "Đăng ký khai sinh"
    assert titles("khai tử")[0] == "Đăng ký khai tử"


@pytest.mark.accepts("S4")
def test_a_change_that_is_rolled_back_is_never_found(publish):
    publish("1", "Đăng ký khai sinh")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.put([SearchDocument(kind="thing", object_id="9", title="Thủ tục ma", url="/9/")])
        assert titles("thu tuc ma") == []
        raise ZeroDivisionError
    assert titles("thu tuc ma") == []
    assert set(local.engine().holds()) == {"thing:1"}


@pytest.mark.accepts("S4")
def test_what_is_taken_back_is_gone_at_once_and_checked_against_the_database(publish, hidden):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai sinh lưu động")
    assert len(titles("khai sinh")) == 2
    with transaction.atomic():
        services.remove("thing", ["1"])
    assert titles("khai sinh") == ["Đăng ký khai sinh lưu động"]
    hidden.add("2")  # the mirror still holds it; the database does not show it
    assert set(local.engine().holds()) == {"thing:2"}
    assert titles("khai sinh") == []


@pytest.mark.accepts("S4")
def test_a_stale_mirror_shows_nothing_that_is_gone(publish, monkeypatch):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    monkeypatch.setattr(local.LocalEngine, "_follow", lambda self: None)
    with transaction.atomic():
        services.remove("thing", ["1"])
    assert local.engine().run(finder.planner.plan("khai sinh")).found, "the mirror is meant to be stale here"
    assert titles("khai sinh") == []


def test_a_transaction_that_commits_after_a_later_one_is_not_lost(publish):
    """A bare sequence would lose it: its number is the smaller, its commit the later."""
    publish("1", "Mốc đầu")
    assert titles("moc dau")
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                services.put([SearchDocument(kind="thing", object_id="slow", title="Chậm chân", url="/slow/")])
                written.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    publish("fast", "Nhanh chân")
    assert titles("nhanh chan")[0] == "Nhanh chân"
    assert "Chậm chân" not in titles("cham chan")
    go_on.set()
    thread.join()
    assert Entry.objects.get(object_id="slow").version < Entry.objects.get(object_id="fast").version
    assert titles("cham chan")[0] == "Chậm chân"


def test_another_process_sees_what_one_wrote(publish, settings):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    other = local.LocalEngine(settings.SEARCH_LOCAL_INDEX)
    publish("2", "Cải chính khai sinh")
    assert titles("cai chinh")[0] == "Cải chính khai sinh"
    assert {found.object_id for found in other.run(finder.planner.plan("khai sinh")).found} == {"1", "2"}


def test_while_another_writes_the_mirror_answers_as_it_was(publish, settings):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    other = local.LocalEngine(settings.SEARCH_LOCAL_INDEX)
    with folder.lock(other.folder, 0) as mine:
        assert mine
        publish("2", "Cải chính khai sinh")
        assert titles("khai sinh") == ["Đăng ký khai sinh"]
    assert set(titles("khai sinh")) == {"Đăng ký khai sinh", "Cải chính khai sinh"}


def test_an_unchanged_thing_keeps_its_version(publish):
    assert publish("1", "Đăng ký khai sinh") == 1
    before = Entry.objects.get().version
    assert publish("1", "Đăng ký khai sinh") == 0
    assert Entry.objects.get().version == before
    assert publish("1", "Đăng ký khai sinh", body="khác") == 1
    assert Entry.objects.get().version > before


def test_a_rebuild_replaces_the_mirror_in_one_step(publish):
    for number in range(30):
        publish(str(number), f"Thủ tục số {number}")
    engine = local.engine()
    before = engine.run(finder.planner.plan("thu tuc so")).found
    assert engine.sync(rebuild=True) == 30
    assert {one.object_id for one in engine.run(finder.planner.plan("thu tuc so")).found} == {one.object_id for one in before}


def test_a_restored_database_makes_the_mirror_anew(publish, mirror):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    # as if the mirror came from a cluster that had run for longer
    mirror._state["position"] = 10**15
    (mirror.folder / "state.json").write_text(__import__("json").dumps(mirror._state))
    publish("2", "Khai sinh lưu động")
    finder.find("khai sinh")
    if mirror._background is not None:
        mirror._background.join(20)
    assert set(titles("khai sinh")) == {"Đăng ký khai sinh", "Khai sinh lưu động"}
