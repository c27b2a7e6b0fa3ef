"""What a process keeps of the catalogue is what the database holds: whatever was committed before a list is asked for is in
it, however it was written, and nothing else is."""

from __future__ import annotations

import datetime as dt
import random
import threading
from contextlib import ExitStack

import psycopg
import pytest
from django.db import connection, transaction

from organisation.models import Field, ServicePoint, Unit, today
from procedures_catalog import following, jobs, listing, queries
from procedures_catalog.models import LifeEvent, Procedure, ProcedureVersion, ServiceOffer
from procedures_catalog.prepared import together

from .factories import DAY, FieldFactory, ProcedureFactory, VersionFactory, catalogue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def memory():
    """A process that has just started."""
    listing._memory.clear()
    yield listing._memory
    listing._memory.clear()


@pytest.fixture
def writers():
    """Two connections of others, each in a transaction of its own from its first statement on. They give up rather than wait."""
    parameters = {**connection.get_connection_params(), "dbname": connection.settings_dict["NAME"]}
    parameters = {name: parameters[name] for name in ("dbname", "host", "port", "user", "password") if parameters.get(name)}
    with ExitStack() as stack:
        links = [stack.enter_context(psycopg.connect(**parameters)) for _ in range(2)]
        for link in links:
            link.execute("set lock_timeout = '2s'")
            link.commit()
        yield links
        for link in links:
            link.rollback()


def told(found, day):
    """Everything that pages say out of a catalogue."""
    choices = [{}, {"level": "ward"}, {"unit": "u-0-0"}, {"field": "f-1", "level": "ward"}, {"event": "e-0"}]
    items = found.shelf.orders["code"]
    return {
        "orders": {name: list(order) for name, order in found.shelf.orders.items()},
        "names": found.names,
        "around": (found.wards, found.governments),
        "pages": [
            listing.page(found, listing.Choice(choice, sort, number), per_page=3)
            for choice in choices for sort in listing.SORTS for number in (1, 2)
        ],
        "facts": found.facts_of(items, day),
        "changes": listing.recent_changes(found, day),
        "similar": [[item.code for item in found.shelf.similar(item.name, item.code)] for item in items[:3]],
        "not over": {item.pk: item for group in found.shelf.of_procedure.values() for item in group},
    }  # fmt: skip


def assert_true(day=None, memory=listing._memory):
    """The memory says what one that is filled now says."""
    day = day or today()
    assert told(memory.current(day), day) == told(listing.Memory().current(day), day)


# ── a transaction of each kind ──────────────────────────────────────────────────


class Town:
    """Two halves of a small catalogue, so that neither writer needs a row of the other."""

    def __init__(self):
        self.halves = []
        for half in (0, 1):
            units = [Unit.objects.create(name=f"Đơn vị {half} {n}", slug=f"u-{half}-{n}", code=f"H{half}.{n}", level=3) for n in (0, 1)]
            field = FieldFactory(slug=f"f-{half}", name=f"Lĩnh vực {half}")
            procedures = [ProcedureFactory(popularity=number or None) for number in range(4)]
            versions = []
            for number, procedure in enumerate(procedures):
                now = VersionFactory(
                    procedure=procedure, field=field, name=f"Cấp giấy {half} {number}", valid_to=today() + 2 * DAY if number == 1 else None
                )
                versions.append(now.pk)
                if number == 1:
                    versions.append(VersionFactory(procedure=procedure, field=field, name="Cấp giấy mới", valid_from=today() + 3 * DAY).pk)
            self.halves.append({
                "units": [unit.pk for unit in units],
                "points": [ServicePoint.objects.create(name=f"Quầy {half} {n}", slug=f"q-{half}-{n}", unit=unit).pk for n, unit in enumerate(units)],
                "field": field.pk,
                "event": LifeEvent.objects.create(name=f"Việc {half}", slug=f"e-{half}", order=half).pk,
                "procedures": [procedure.pk for procedure in procedures],
                "versions": versions,
            })  # fmt: skip

    def write(self, chance, link, half):
        """One statement, or a few, of a writer who has drawn it."""
        mine = self.halves[half]
        procedure, point, unit = chance.choice(mine["procedures"]), chance.choice(mine["points"]), chance.choice(mine["units"])
        word = f"{chance.random():.6f}"
        rank = chance.choice([None, 1, 2, 3])
        last = chance.choice([None, today() - 3 * DAY, today() - DAY, today(), today() + DAY])
        now, to_come = mine["versions"][0], mine["versions"][2]
        many = (
            "with gone as (delete from procedures_catalog_procedure_life_events where procedure_id = %s returning 1)"
            " insert into procedures_catalog_procedure_life_events (procedure_id, lifeevent_id) select %s, %s where not exists (select from gone)"
        )
        offered = (
            "insert into procedures_catalog_serviceoffer (procedure_id, point_id, deciding_unit_id, online, by_post, outside_territory)"
            " values (%s, %s, %s, true, false, false) on conflict (procedure_id, point_id) do update set deciding_unit_id = excluded.deciding_unit_id"
        )
        kinds = {
            "rank": lambda: link.execute("update procedures_catalog_procedure set popularity = %s where id = %s", [rank, procedure]),
            "ranks": lambda: link.execute("update procedures_catalog_procedure set popularity = %s where id = any(%s)", [rank, mine["procedures"]]),
            "end": lambda: link.execute(
                "update procedures_catalog_procedureversion set valid_to = %s, end_kind = %s where id = %s",
                [last, "abolished" if last else "", chance.choice([now, mine["versions"][3]])],
            ),
            "take back or publish": lambda: link.execute(
                "update procedures_catalog_procedureversion set live = not live, name = case when live then name else %s end,"
                " valid_from = case when live then valid_from else %s end where id = %s",
                [f"Cấp giấy {word}", today() + chance.choice([3, 4]) * DAY, to_come],
            ),
            "offer": lambda: link.execute(offered, [procedure, point, chance.choice([None, unit])]),
            "offer no more": lambda: link.execute("delete from procedures_catalog_serviceoffer where procedure_id = %s", [procedure]),
            "event": lambda: link.execute(many, [procedure, procedure, mine["event"]]),
            "copy": lambda: copied(link, procedure, mine["event"]),
            "unit's name": lambda: link.execute("update organisation_unit set name = %s where id = %s", [word, unit]),
            "unit's address": lambda: link.execute(
                "update organisation_unit set slug = case when slug like 'u-%%' then 'v' || id else 'u-' || %s || '-0' end where id = %s",
                [half, mine["units"][0]],
            ),
            "field": lambda: link.execute("update organisation_field set name = %s where id = %s", [word, mine["field"]]),
            "life event": lambda: link.execute("update procedures_catalog_lifeevent set slug = 'e-' || %s where id = %s", [word[2:], mine["event"]]),
            "new field": lambda: link.execute(
                "insert into organisation_field (code, name, name_en, slug, \"order\") values ('', %s, '', %s, 0)", [word, f"moi-{half}-{word[2:]}"]
            ),
            "point moves": lambda: link.execute("update organisation_servicepoint set unit_id = %s where id = %s", [unit, point]),
            "nothing of lists": lambda: link.execute("update procedures_catalog_procedure set guidance = %s where id = %s", [word, procedure]),
        }
        kind = chance.choice(list(kinds))
        kinds[kind]()
        return kind


def copied(link, procedure, event):
    """COPY, as a restore or a program of somebody's own writes."""
    link.execute("delete from procedures_catalog_procedure_life_events where procedure_id = %s", [procedure])
    with link.cursor().copy("copy procedures_catalog_procedure_life_events (procedure_id, lifeevent_id) from stdin") as copy:
        copy.write_row((procedure, event))


def interleaved(seed, town, writers, steps, check=assert_true):
    """Two writers and a reader in turn, as chance has it; `check` after every step."""
    chance, log = random.Random(seed), []
    late = listing.Memory()  # a process that is asked seldom
    day, saved = today(), [False, False]
    check(day)
    for step in range(steps):
        half = chance.randrange(2)
        link = writers[half]
        what = chance.choices(["write", "commit", "roll back", "savepoint", "back to savepoint", "midnight"], [12, 5, 2, 2, 2, 1 if step > steps // 2 else 0])[0]  # noqa: E501  # fmt: skip
        if what == "write":
            try:
                what = town.write(chance, link, half)
            except (psycopg.errors.ExclusionViolation, psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as error:
                what = type(error).__name__
                link.rollback()
                saved[half] = False
        elif what == "midnight":
            day += DAY
        elif what in {"commit", "roll back"}:
            link.commit() if what == "commit" else link.rollback()
            saved[half] = False
        elif what == "savepoint":
            link.execute("savepoint here")
            saved[half] = True
        elif saved[half]:
            link.execute("rollback to savepoint here")
        log.append((half, what))
        try:
            check(day)
            if chance.random() < 0.1:
                check(day, late)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, after {log[-12:]}") from error
    for link in writers:
        link.rollback()
    return log


@pytest.mark.accepts("L3")
def test_whatever_two_writers_do_the_lists_are_those_of_the_database(writers):
    town = Town()
    done = [what for seed in range(8) for _half, what in interleaved(seed, town, writers, 70)]
    # The seeds draw everything that there is to draw, and what they draw mostly succeeds.
    assert len(set(done)) >= 20, sorted(set(done))
    assert sum(what.endswith("Violation") for what in done) < len(done) / 10


@pytest.mark.parametrize("fault", ["number alone", "switched off"])
def test_the_comparison_sees_a_memory_that_follows_badly(writers, monkeypatch, fault):
    """The control: following by the highest number seen loses late commits; a table that tells nothing is not followed."""
    town = Town()
    if fault == "number alone":

        def naive(position, news):
            return following.Position(max([position.xid or 0, news.horizon, *(key[0] + 1 for key in news.keys)]), frozenset())

        monkeypatch.setattr(following, "advanced", naive)
    else:
        with connection.cursor() as cursor:
            cursor.execute("alter table procedures_catalog_procedure disable trigger told_update")
    try:
        with pytest.raises(AssertionError, match="seed"):
            for seed in range(8):
                interleaved(seed, town, writers, 70)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table procedures_catalog_procedure enable always trigger told_update")


# ── what is hard, one by one ────────────────────────────────────────────────────


def test_a_transaction_that_commits_after_a_later_one_is_not_lost(writers):
    one, two = VersionFactory(), VersionFactory()
    slow, fast = writers
    assert_true()
    slow.execute("update procedures_catalog_procedure set popularity = 3 where id = %s", [one.procedure_id])
    fast.execute("update procedures_catalog_procedure set popularity = 5 where id = %s", [two.procedure_id])
    fast.commit()
    assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [5, listing.UNRANKED]
    slow.commit()
    assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [3, 5]


def test_what_a_transaction_sees_of_itself_is_not_kept_for_others():
    VersionFactory(name="Tên thật")
    assert_true()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Procedure.objects.update(popularity=1)
        assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [1]
        with pytest.raises(KeyError), transaction.atomic():
            Procedure.objects.update(popularity=2)
            assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [2]
            raise KeyError
        assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [1]
        raise ZeroDivisionError
    assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [listing.UNRANKED]
    listing._memory.clear()
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # the first list of a process, too
        Procedure.objects.update(popularity=1)
        listing.catalogue()
        raise ZeroDivisionError
    assert [item.popularity for item in listing.catalogue().shelf.orders["popularity"]] == [listing.UNRANKED]


def test_a_transaction_is_seen_as_a_whole(writers, monkeypatch):
    """What is committed between the look and the loading is not half taken over."""
    pair = [VersionFactory().procedure_id, VersionFactory().procedure_id]
    catalogue(10)
    assert_true()
    Procedure.objects.filter(pk=pair[0]).update(popularity=1)
    asked = []

    def interrupted(*statements):
        asked.append(len(statements))
        if asked == [1, 5]:
            writers[0].execute("update procedures_catalog_procedure set popularity = 9 where id = any(%s)", [pair])
            writers[0].commit()
        return together(*statements)

    monkeypatch.setattr(listing, "together", interrupted)
    shelf = listing.catalogue().shelf
    assert {shelf.of_procedure[procedure][0].popularity for procedure in pair} == {9}
    assert asked == [1, 5, 5]


def test_only_what_changed_is_loaded(django_assert_num_queries, monkeypatch):
    versions = catalogue(40)
    listing.catalogue()
    loaded = []
    items = listing._items
    monkeypatch.setattr(listing, "_items", lambda text: loaded.append(items(text)) or loaded[-1])
    with django_assert_num_queries(1):
        listing.catalogue()
    Procedure.objects.filter(pk=versions[7].procedure_id).update(popularity=3)
    with django_assert_num_queries(2):
        listing.catalogue()
    assert [[item.procedure for item in found] for found in loaded] == [[versions[7].procedure_id]]
    Unit.objects.create(name="Mới", slug="moi", code="H9", level=3)
    Unit.objects.update(name="Mới hơn")
    assert listing.catalogue().names["unit"]["moi"][0] == "Mới hơn"
    assert loaded[1:] == [[]]


def test_facts_are_told_anew_after_a_version_was_taken_back_and_published_with_others():
    """The facts of a result line are remembered by version: one that was taken back may come again with others."""
    catalogue(6)  # of one procedure everything would be loaded
    version = VersionFactory(upcoming=True)
    day = version.valid_from
    line = listing._memory.current(day).facts_of(listing._memory.current(day).shelf.orders["code"], day)[version.pk]
    assert "3 ngày" in line
    ProcedureVersion.objects.filter(pk=version.pk).update(live=False)
    version.methods.update(limit_value=8)
    ProcedureVersion.objects.filter(pk=version.pk).update(live=True)
    found = listing._memory.current(day)
    assert "8 ngày" in found.facts_of(found.shelf.orders["code"], day)[version.pk]
    assert_true(day)


def test_law_takes_effect_at_midnight_without_loading(django_assert_num_queries):
    old = VersionFactory(valid_to=today(), name="Tên xưa")
    VersionFactory(procedure=old.procedure, valid_from=today() + DAY, name="Tên nay")
    assert [item.name for item in listing._memory.current(today()).shelf.orders["name"]] == ["Tên xưa"]
    tomorrow = listing._memory.current(today() + DAY)
    assert [item.name for item in tomorrow.shelf.orders["name"]] == ["Tên nay"]
    with django_assert_num_queries(1):
        assert listing._memory.current(today() + DAY) is tomorrow
    assert_true(today() + DAY)
    assert_true(today())


@pytest.mark.parametrize(
    "statement",
    [
        "truncate procedures_catalog_procedure_life_events",
        "truncate procedures_catalog_serviceoffer",
        "delete from procedures_catalog_serviceoffer",
        "truncate procedures_catalog_procedure cascade",
        "truncate procedures_catalog_methodrow",
    ],
)  # fmt: skip
def test_sql_by_hand_is_followed(statement):
    unit = Unit.objects.create(name="Phường", slug="u-0-0", code="H0", level=3)
    point = ServicePoint.objects.create(name="Quầy", slug="quay", unit=unit)
    version = VersionFactory()
    ServiceOffer.objects.create(procedure=version.procedure, point=point)
    event = LifeEvent.objects.create(name="Việc", slug="e-0")
    Procedure.life_events.through.objects.create(procedure=version.procedure, lifeevent=event)
    before = told(listing.catalogue(), today())
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert_true()
    assert told(listing.catalogue(), today()) != before


def test_changes_are_told_where_ordinary_triggers_are_switched_off():
    """Whoever may sets `session_replication_role = replica` before restoring rows; these triggers fire all the same."""
    with connection.cursor() as cursor:
        cursor.execute("select tgenabled, count(*) from pg_trigger where tgname like 'told\\_%' group by 1")
        ((state, count),) = cursor.fetchall()
    assert state == "A"
    assert count >= 30


def test_what_is_no_longer_told_makes_a_late_follower_load_everything(writers):
    version = VersionFactory()
    catalogue(10)
    late, early = listing.Memory(), listing._memory
    late.current(today())
    Procedure.objects.filter(pk=version.procedure_id).update(popularity=2)
    early.current(today())
    with transaction.atomic():
        following.compact()
    early.current(today())
    with transaction.atomic():
        assert following.compact() > 0
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procedures_catalog_change where procedures <> '{}' or procedures is null")
        assert cursor.fetchone() == (0,)
    assert_true(memory=late)
    assert_true(memory=early)
    assert late.current(today()).shelf.orders["popularity"][0].popularity in {1, 2}


def test_forgetting_waits_for_no_transaction_and_loses_none(writers):
    """A transaction that began before what is told was forgotten, and commits after, is seen."""
    version = VersionFactory()
    assert_true()
    writers[0].execute("update procedures_catalog_procedure set popularity = 6 where id = %s", [version.procedure_id])
    for _day in range(3):
        with transaction.atomic():
            following.compact()
        assert_true()
    writers[0].commit()
    assert_true()
    assert listing.catalogue().shelf.orders["popularity"][0].popularity == 6


def test_numbers_of_a_restored_database_mean_nothing(writers):
    """A dump brings what was told in another cluster, perhaps with numbers that this one reaches later."""
    version = VersionFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procedures_catalog_change (xid, procedures, floor) values (9000000000, null, null), (9000000001, '{}', 9000000000)"
        )
    assert_true()
    Procedure.objects.filter(pk=version.procedure_id).update(popularity=2)
    assert_true()
    for _day in range(2):
        with transaction.atomic():
            following.compact()
        assert_true()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procedures_catalog_change where xid >= 9000000000")
        assert cursor.fetchone() == (0,)


def test_each_server_is_followed_by_itself(monkeypatch, django_assert_num_queries):
    """Behind a name there may be the primary today and a replica now: their numbers are told apart."""
    version = VersionFactory()
    here = listing.catalogue()
    source = following.LOOK
    monkeypatch.setattr(following, "LOOK", source.replace("concat_ws('/',", "concat_ws('/', 'replica',"))
    there = listing.catalogue()
    assert there is not here
    assert there.shelf == here.shelf
    monkeypatch.setattr(following, "LOOK", source)
    assert listing.catalogue() is here
    Procedure.objects.filter(pk=version.procedure_id).update(popularity=2)
    assert_true()


def test_the_day_s_job_forgets_what_was_told():
    VersionFactory()
    day = today()
    for later in range(1, 4):
        jobs.turn_day(day + later * DAY)
    with connection.cursor() as cursor:
        cursor.execute("select count(*), count(floor) from procedures_catalog_change")
        assert cursor.fetchone() == (2, 2)


def test_writers_wait_for_nobody(writers):
    """Each tells of its own, in rows of its own, also of the same procedure's different parts."""
    town = Town()
    for link, half in zip(writers, town.halves, strict=True):
        link.execute("update procedures_catalog_procedure set popularity = 7 where id = any(%s)", [half["procedures"]])
        link.execute("update organisation_unit set name = 'x' || id where id = any(%s)", [half["units"]])
        link.execute("update procedures_catalog_procedureversion set valid_to = %s where id = %s", [today() + DAY, half["versions"][0]])
        link.execute("update organisation_servicepoint set unit_id = %s where id = %s", [half["units"][0], half["points"][1]])
    with connection.cursor() as cursor:
        cursor.execute("set lock_timeout = '2s'")
        try:
            with transaction.atomic():
                following.compact()  # nor does the daily job
        finally:
            cursor.execute("reset lock_timeout")
    for link in writers:
        link.commit()
    assert_true()


def test_threads_of_a_process_load_once():
    catalogue(30)
    loads, found, gate = [], [], threading.Barrier(6)
    loaded = listing.Memory._loaded

    class Counted(listing.Memory):
        def _loaded(self, day):
            loads.append(day)
            return loaded(self, day)

    counted = Counted()

    def ask():
        try:
            gate.wait(20)
            found.append(counted.current(today()))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len({id(one) for one in found}) == 1


def test_what_changed_last_is_the_same_from_memory_and_from_the_database():
    for number in range(1, 9):
        VersionFactory(procedure__popularity=number, valid_from=today() - (number % 3) * DAY)
    VersionFactory(abolished=True, valid_from=today() - 2 * DAY, valid_to=today() - DAY)
    VersionFactory(upcoming=True)
    VersionFactory(valid_from=today() + 61 * DAY)
    VersionFactory(change_kind="abolished", valid_from=today() - DAY)
    for count in (1, 3, 6, 30):
        kept = [(row["id"], row["on"], row["ended"], row["upcoming"]) for row in listing.recent_changes(listing.catalogue(), today(), count)]
        assert kept == [(row["id"], row["on"], row["ended"], row["upcoming"]) for row in queries.recent_changes(today(), count)]


def test_names_that_share_words_are_found_as_by_comparing_each_with_each():
    chance = random.Random(7)
    words = "cấp đổi lại giấy phép chứng chỉ hành nghề kinh doanh vận tải xe ô tô trong đô thị"
    names = [" ".join(chance.sample(words.split(), chance.randint(1, 12))) for _ in range(200)]
    day = dt.date(2026, 1, 1).isoformat()
    nothing = (frozenset(),) * len(listing.FACETS)
    items = [
        listing.Listed(n, n, f"{n:04}", name, chance.choice([1, 2, 3]), "2020-01-01", None, "new", name, len(set(name.split())), nothing)
        for n, name in enumerate(names)
    ]  # fmt: skip
    shelf = listing.Shelf.of(day, items[:150]).replaced(range(100, 200), items[100:])
    for item in items[::7]:
        wanted = set(item.name.split())
        scored = sorted(
            (-len(wanted & set(other.name.split())) / len(wanted | set(other.name.split())), other.popularity, other.code)
            for other in items
            if other.code != item.code and len(wanted & set(other.name.split())) * 5 >= len(wanted | set(other.name.split()))
        )
        assert [found.code for found in shelf.similar(item.name, item.code)] == [code for _score, _rank, code in scored[:6]]


def test_a_field_that_is_renamed_and_one_that_goes_are_followed():
    version = VersionFactory()
    assert listing.catalogue().names["field"]["ho-tich"] == ("Hộ tịch", "")
    Field.objects.update(name="Hộ tịch và quốc tịch")
    assert listing.catalogue().names["field"]["ho-tich"][0] == "Hộ tịch và quốc tịch"
    Field.objects.update(slug="ho-tich-2")
    assert [item.values[0] for item in listing.catalogue().shelf.orders["code"]] == [{"ho-tich-2"}]
    FieldFactory(slug="thua").delete()
    assert set(listing.catalogue().names["field"]) == {"ho-tich-2"}
    assert_true()
    assert version.pk
