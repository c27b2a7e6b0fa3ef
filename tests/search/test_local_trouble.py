"""The built-in mirror in trouble: transactions that do not end, folders that cannot be read or written, databases that were restored."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from foundation.registries import SearchDocument
from search import finder, services
from search.engines import local
from search.jobs import reconcile

pytestmark = pytest.mark.django_db(transaction=True)


def titles(query: str) -> list[str]:
    return [hit.title for hit in finder.find(query).hits]


def settled(mirror) -> None:
    """Until what is taken over in the background has been."""
    mirror.keep_up()
    if mirror._background is not None:
        mirror._background.join(60)


@pytest.fixture
def idle():
    """A second connection whose transaction has a number, writes no entries, and stays open until it is told to end."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()")
    yield other.commit
    other.close()


def test_what_is_published_beside_an_old_transaction_and_after_it_is_found(publish, mirror, idle):
    with transaction.atomic():
        services.put([SearchDocument(kind="thing", object_id=str(number), title=f"Thủ tục {number}", url=f"/{number}/") for number in range(400)])
    settled(mirror)
    assert len(mirror.holds()) == 400
    publish("during", "Trong lúc chờ")
    assert titles("trong luc cho") == ["Trong lúc chờ"]
    publish("7", "Đổi tên giữa chừng")
    assert titles("doi ten giua chung") == ["Đổi tên giữa chừng"]
    idle()
    publish("after", "Sau khi xong")
    settled(mirror)
    assert titles("sau khi xong") == ["Sau khi xong"]
    settled(mirror)
    assert mirror._applied == {}, "nothing is left to remember of transactions that are over"


def test_the_table_is_looked_at_with_one_question(publish, mirror, django_assert_num_queries):
    publish("1", "Đăng ký khai sinh")
    mirror.keep_up()
    mirror.keep_up()
    with django_assert_num_queries(1):
        mirror.keep_up()


def damage_the_state(mirror):
    (mirror.folder / "state.json").write_bytes(b"\0" * 80)


def empty_the_state(mirror):
    (mirror.folder / "state.json").write_text("")


def write_something_else(mirror):
    (mirror.folder / "state.json").write_text('["a", "list"]')


def halve_the_files(mirror):
    (generation,) = mirror.folder.glob("g*")
    for file in generation.glob("*.term"):
        file.write_bytes(file.read_bytes()[:10])


def lose_the_generation(mirror):
    (generation,) = mirror.folder.glob("g*")
    generation.rename(mirror.folder.parent / "lost")


@pytest.mark.parametrize("happens", [damage_the_state, empty_the_state, write_something_else, halve_the_files, lose_the_generation])
def test_a_folder_that_cannot_be_read_is_made_anew(publish, mirror, settings, happens, caplog):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    happens(mirror)
    begun = local.LocalEngine(settings.SEARCH_LOCAL_INDEX)  # a process that starts after the loss of power
    assert begun.trouble() == begun.status()["trouble"] != ""
    assert [found.object_id for found in begun.run(finder.planner.plan("khai sinh")).found] == ["1"]
    assert "cannot be read" in caplog.text
    assert begun.trouble() == ""
    publish("2", "Khai sinh lưu động")
    assert set(titles("khai sinh")) == {"Đăng ký khai sinh", "Khai sinh lưu động"}


def test_a_folder_that_cannot_be_written_is_told_once_and_fails_nobody(publish, mirror, client, monkeypatch, caplog):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    assert client.get("/readyz").json() == {"status": "ready"}
    blocked = mirror.folder / "state.json.new"
    blocked.mkdir()
    monkeypatch.setattr(local, "TRY_AGAIN", 0.0)
    publish("2", "Khai sinh lưu động")
    for _ in range(4):
        assert "Đăng ký khai sinh" in titles("khai sinh")
    settled(mirror)
    assert caplog.text.count("cannot follow") == 1
    assert len(list(mirror.folder.glob("g*"))) == 1, "attempts leave nothing behind"
    assert "cannot be used" in mirror.trouble()
    assert client.get("/readyz").json() == {"status": "degraded"}
    settled(mirror)
    blocked.rmdir()
    settled(mirror)
    assert set(titles("khai sinh")) == {"Đăng ký khai sinh", "Khai sinh lưu động"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_after_a_failure_it_is_left_alone_for_a_while(publish, mirror):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    blocked = mirror.folder / "state.json.new"
    blocked.mkdir()
    publish("2", "Khai sinh lưu động")
    assert titles("khai sinh") == ["Đăng ký khai sinh"]
    blocked.rmdir()
    assert titles("khai sinh") == ["Đăng ký khai sinh"]
    mirror._again = 0.0
    assert len(titles("khai sinh")) == 2


def test_where_there_is_no_folder_at_all_the_page_is_answered(publish, settings, client):
    settings.SEARCH_LOCAL_INDEX.write_text("a file")
    publish("1", "Đăng ký khai sinh")
    assert client.get("/tim/?q=khai+sinh").status_code == 200
    assert client.get("/readyz").json() == {"status": "degraded"}


def change(object_id: str, title: str) -> None:
    """As a restore does: another content under a transaction's number that has been read long ago."""
    with transaction.atomic():
        services.put([SearchDocument(kind="thing", object_id=object_id, title=title, url=f"/{object_id}/")])
    with connection.cursor() as cursor:
        cursor.execute("update search_entry set xid = 1 where object_id = %s", [object_id])


def test_another_database_in_the_same_cluster_makes_the_mirror_anew(publish, mirror):
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    change("1", "Đăng ký kết hôn")
    assert titles("ket hon") == [], "it is meant to be stale here"
    state = json.loads((mirror.folder / "state.json").read_text())
    (mirror.folder / "state.json").write_text(json.dumps({**state, "database": "1-2-3"}))
    settled(mirror)
    assert titles("ket hon") == ["Đăng ký kết hôn"]


def test_at_night_the_built_in_mirror_is_compared_and_changed_content_mended(publish, mirror, settings):
    settings.ELASTICSEARCH_URL = []
    assert reconcile.func(0) == 0
    assert not mirror.folder.exists(), "where nobody searches nothing is made"
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai tử")
    assert titles("khai sinh")
    change("1", "Đăng ký kết hôn")
    assert reconcile.func(0) == 1
    assert titles("ket hon") == ["Đăng ký kết hôn"]
    assert reconcile.func(0) == 0


def test_the_command_says_how_many_differed(publish, monkeypatch):
    monkeypatch.setattr(services, "bring", lambda: (0, 0))  # the test's own things come from no source
    publish("1", "Đăng ký khai sinh")
    assert titles("khai sinh")
    change("1", "Đăng ký kết hôn")
    out = io.StringIO()
    call_command("search_index", "reconcile", "--engine", "local", stdout=out)
    assert "local: 1 differed, difference 0" in out.getvalue()


def test_the_command_says_when_the_folder_cannot_be_used(publish, settings):
    settings.SEARCH_LOCAL_INDEX.write_text("a file")
    with pytest.raises(CommandError, match=r"local: its folder cannot be used \(Not a directory\)"):
        call_command("search_index", "rebuild", "--engine", "local", stdout=io.StringIO())
