"""The chain over the events: what is sealed cannot be changed unnoticed, and no writer waits for it."""

import random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from safeguards import seal
from safeguards.models import Event, Seal
from safeguards.services import record


class Undo(Exception):
    """Takes a tampering back."""


def write(user, number, start=0):
    with transaction.atomic():
        for step in range(start, start + number):
            record("safeguards.test", user, payload={"step": step, "unit": "Phường Mây"})


@pytest.fixture
def sealed(user, tmp_path):
    """Three seals over sixty events, and the head that left the database."""
    for batch in range(3):
        write(user, 20, batch * 20)
        assert seal.seal_pending() == 20
    seal.export_head(folder=tmp_path)
    return tmp_path


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def change_a_word(ids, dice):
    sql("update safeguards_event set payload = jsonb_set(payload, '{step}', '999') where id = %s", dice.choice(ids))


def change_the_time(ids, dice):
    sql("update safeguards_event set at = at - interval '1 microsecond' where id = %s", dice.choice(ids))


def move_between_fields(ids, dice):
    sql("update safeguards_event set kind = kind || 'x', subject_type = 'y' || subject_type where id = %s", dice.choice(ids))


def delete_one(ids, dice):
    sql("delete from safeguards_event where id = %s", dice.choice(ids))


def delete_a_range(ids, dice):
    low, high = sorted(dice.sample(ids, 2))
    sql("delete from safeguards_event where id between %s and %s", low, high)


def swap_two(ids, dice):
    one, other = dice.sample(ids, 2)
    sql("update safeguards_event set id = -1 where id = %s", one)
    sql("update safeguards_event set id = %s where id = %s", one, other)
    sql("update safeguards_event set id = %s where id = -1", other)


def put_one_in(ids, dice):
    free = dice.choice(ids)
    sql("delete from safeguards_event where id = %s", free)
    sql("insert into safeguards_event (id, kind, subject_type, subject_id, payload, request_id) values (%s, 'forged', 'x', '1', '{}', '')", free)


def cut_the_newest(ids, dice):
    sql("delete from safeguards_event where id >= %s", dice.choice(ids))


def cut_events_and_their_seals(ids, dice):
    last = list(Seal.objects.order_by("-id"))[: dice.randint(1, 3)]
    sql("delete from safeguards_event where id >= %s", last[-1].first_event)
    sql("delete from safeguards_seal where id >= %s", last[-1].pk)


def forge_the_rest_of_the_chain(ids, dice):
    """Change an event and compute every seal after it anew: sound inside, but not what left the database."""
    change_a_word(ids, dice)
    previous, after = seal.GENESIS, 0
    for one in Seal.objects.order_by("id"):
        batch = seal.hash_batch(previous, after, one.last_event)
        sql("update safeguards_seal set previous = %s, digest = %s where id = %s", previous, batch.digest, one.pk)
        previous, after = batch.digest, one.last_event


def drop_a_seal(ids, dice):
    sql("delete from safeguards_seal where id = %s", dice.choice(list(Seal.objects.values_list("pk", flat=True))))


TAMPERINGS = [
    change_a_word,
    change_the_time,
    move_between_fields,
    delete_one,
    delete_a_range,
    swap_two,
    put_one_in,
    cut_the_newest,
    cut_events_and_their_seals,
    forge_the_rest_of_the_chain,
    drop_a_seal,
]


def tamper(attack, dice):
    for table in ("safeguards_event", "safeguards_seal"):
        sql(f"alter table {table} disable trigger append_only")
    attack(list(Event.objects.values_list("id", flat=True)), dice)


def found(attack, dice, heads):
    """Whether verifying sees the attack, which is then taken back."""
    try:
        with transaction.atomic():
            tamper(attack, dice)
            problems = seal.verify(heads).problems
            raise Undo
    except Undo:
        return bool(problems)


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_a_hundred_of_a_hundred_random_tamperings_are_found(sealed):
    assert seal.verify(sealed).problems == []
    dice = random.Random(20260801)
    missed = [attack.__name__ for turn in range(110) if not found(attack := TAMPERINGS[turn % len(TAMPERINGS)], dice, sealed)]
    assert missed == []
    assert seal.verify(sealed).problems == []


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_a_chain_that_hashes_less_would_miss_an_edit(sealed, monkeypatch):
    """The test above can fail: leave the payload out of the hash, and an edited payload passes."""
    monkeypatch.setattr(seal, "_ROWS", seal._ROWS.replace("payload::text", "''"))
    with transaction.atomic():
        for table in ("safeguards_event", "safeguards_seal"):
            sql(f"alter table {table} disable trigger append_only")
        forge_the_rest_of_the_chain(list(Event.objects.values_list("id", flat=True)), random.Random(1))
        for head in sealed.glob("*.json"):
            head.unlink()
        change_a_word(list(Event.objects.values_list("id", flat=True)), random.Random(2))
        assert seal.verify(sealed).problems == []
        transaction.set_rollback(True)


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_fifty_writers_and_three_sealers_make_one_chain(user, in_threads, tmp_path):
    def writer(number):
        def work():
            dice = random.Random(number)
            for step in range(4):
                with transaction.atomic():
                    record("safeguards.test", user, payload={"writer": number, "step": step})
                    sql("select pg_sleep(%s)", dice.random() * 0.03)  # the id is drawn, the commit comes later
                    record("safeguards.test", user, payload={"writer": number, "step": step, "again": True})
                    if dice.random() < 0.2:
                        transaction.set_rollback(True)

        return work

    def sealer():
        return sum(seal.seal_pending(patience=1) for _ in range(8))

    in_threads([*map(writer, range(50)), sealer, sealer, sealer])
    seal.seal_pending()
    findings = seal.verify(tmp_path)
    assert findings.problems == []
    assert (findings.events, findings.unsealed) == (Event.objects.count(), 0)
    links = list(Seal.objects.order_by("id").values_list("previous", "digest"))
    assert [previous for previous, _ in links] == [seal.GENESIS, *(digest for _, digest in links[:-1])]


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_an_event_whose_writer_is_still_busy_is_waited_for(user, as_role, tmp_path):
    slow = as_role("owner")
    slow.autocommit = False
    slow.execute("insert into safeguards_event (kind, subject_type, subject_id, payload, request_id) values ('slow', 'x', '1', '{}', '')")
    write(user, 1)  # a later id, committed first
    assert seal.seal_pending(patience=0.05) == 0
    slow.commit()
    assert seal.seal_pending(patience=0.05) == 2
    assert seal.verify(tmp_path).problems == []


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_looks_at_nobody_breaks_the_chain(user, as_role, tmp_path, monkeypatch):
    """The test above can fail: without looking at the writers, the late event falls into a range already sealed."""
    monkeypatch.setattr(seal, "_writers", set)
    slow = as_role("owner")
    slow.autocommit = False
    slow.execute("insert into safeguards_event (kind, subject_type, subject_id, payload, request_id) values ('slow', 'x', '1', '{}', '')")
    write(user, 1)
    assert seal.seal_pending() == 1
    slow.commit()
    assert seal.verify(tmp_path).problems


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_no_writer_waits_for_the_sealer(user, as_role):
    write(user, 5)
    writer = as_role("app")
    writer.execute("set lock_timeout = '200ms'")
    with transaction.atomic():  # a sealer in the middle of its work
        sql("select pg_advisory_xact_lock(%s)", seal.SEALER_LOCK)
        seal._seal_one(seal.final_id())
        writer.execute("insert into safeguards_event (kind, subject_type, subject_id, payload, request_id) values ('fast', 'x', '1', '{}', '')")
    assert Event.objects.count() == 6


@pytest.mark.django_db
def test_the_database_refuses_a_fork(user):
    write(user, 2)
    seal.seal_pending()
    one = Seal.objects.get()
    with pytest.raises(Exception, match="unique"), transaction.atomic():
        Seal.objects.create(first_event=1, last_event=2, count=2, previous=one.previous, digest="f" * 64)


@pytest.mark.django_db
def test_a_sealed_range_is_sealed_once(user):
    write(user, 3)
    assert [seal.seal_pending(), seal.seal_pending()] == [3, 0]


@pytest.mark.accepts("O7")
@pytest.mark.django_db
def test_the_days_head_leaves_the_database_once(user, tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path
    assert seal.export_head() is None
    write(user, 3)
    seal.seal_pending()
    first = seal.export_head()
    before = first.read_text()
    write(user, 3)
    seal.seal_pending()
    assert seal.export_head() == first
    assert first.read_text() == before
    assert seal.verify().problems == []


@pytest.mark.accepts("O7")
@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_an_error_and_says_what_does_not_fit(sealed, capsys):
    call_command("events_verify", heads=sealed)
    assert "60 events under 3 seals" in capsys.readouterr().out
    with transaction.atomic():
        tamper(delete_one, random.Random(3))
        with pytest.raises(CommandError, match="do not fit"):
            call_command("events_verify", heads=sealed)
        transaction.set_rollback(True)
    assert "19 events where 20 were sealed" in capsys.readouterr().err
