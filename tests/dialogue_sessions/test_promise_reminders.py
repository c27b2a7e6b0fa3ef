"""Reminders of promises, and news to those who follow: once each, to whoever it concerns, under the clock."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from dialogue_sessions import services
from dialogue_sessions.kinds import PROMISE_CHANGED, PROMISE_REMINDER
from dialogue_sessions.models import PromiseFollower, RecordPolicy
from dialogue_sessions.services import following, reminding
from messaging import services as messaging
from messaging.models import Contact, Message
from organisation.models import Holding, Person, today
from tests.organisation import factories

from .making import DAY
from .promising import draft_promise, open_promise, post_of

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def sent():
    """Who was reminded how often."""
    return [message.contact.value for message in Message.objects.filter(kind=PROMISE_REMINDER).select_related("contact").order_by("pk")]


def test_the_owner_is_reminded_seven_days_before_and_on_the_day_and_the_head_when_it_is_late(clock):
    unit = factories.ward()
    post_of(unit, leader=True, email="chu.tich@example.vn")
    open_promise(unit=unit, post=post_of(unit, email="chuyen.vien@example.vn"), due_in=20)
    found = []
    for day in range(40):
        clock.move_to(NOON + day * DAY)
        reminding.remind_due()
        reminding.remind_due()
        found.append(sent())
    assert found[12] == []
    assert found[13] == ["chuyen.vien@example.vn"]
    assert found[19] == found[13]
    assert found[20] == ["chuyen.vien@example.vn"] * 2
    assert found[22] == found[20]
    assert found[23] == found[39] == ["chuyen.vien@example.vn", "chuyen.vien@example.vn", "chu.tich@example.vn"]


def test_a_morning_that_was_missed_is_made_up(clock):
    open_promise(due_in=20)
    clock.move_to(NOON + 16 * DAY)
    reminding.remind_due()
    assert len(sent()) == 1


def test_a_moved_date_is_reminded_of_anew(clock):
    promise = open_promise(due_in=5)
    reminding.remind_due()
    services.move_promise(promise, today() + 6 * DAY, "Mưa.", None, None)
    reminding.remind_due()
    assert len(sent()) == 2


@pytest.mark.parametrize("end", ["keep", "refuse"])
def test_nobody_is_reminded_of_what_is_over_or_not_public(end):
    draft_promise(due_in=0)
    promise = open_promise(due_in=0)
    services.keep_promise(promise, today(), "Xong.", None) if end == "keep" else services.refuse_promise(promise, "Không được.", None)
    assert reminding.remind_due() == 0
    assert sent() == []


def test_days_are_those_of_the_policy_of_the_unit(clock):
    promise = open_promise(due_in=20)
    RecordPolicy.objects.create(valid_from=today() - DAY, unit=promise.unit, remind_days=20)
    assert reminding.remind_due() == 1


def test_who_is_absent_is_stood_in_for():
    unit = factories.ward()
    deputy = post_of(unit, email="pho@example.vn")
    post = post_of(unit, email="truong@example.vn")
    post.stands_in = deputy
    post.save()
    Holding.objects.filter(post=post).update(absent_from=today(), absent_to=None)
    open_promise(unit=unit, post=post, due_in=0)
    reminding.remind_due()
    assert sent() == ["pho@example.vn"]


def test_nobody_to_write_to_is_told_to_whoever_asks():
    promise = open_promise(due_in=3)
    Person.objects.update(email="")
    assert services.remind_now([promise], None) == (0, 1, 0)
    assert reminding.remind_due() == 0


def test_reminded_by_hand_once_a_day():
    promise = open_promise(due_in=3)
    assert services.remind_now([promise], None) == (1, 0, 0)
    assert services.remind_now([promise], None) == (0, 0, 1)
    assert len(sent()) == 1


# ── Following ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lan():
    return messaging.contact_for("lan@example.vn")


def news():
    return [message.parts["text"] for message in Message.objects.filter(kind=PROMISE_CHANGED).order_by("pk")]


def test_a_contact_follows_once_and_stays_as_long_as_the_promise_is_open(clock):
    promise = open_promise(due_in=30)
    assert services.follow(promise, lan()) == services.follow(promise, lan())
    assert lan().forget_after == promise.due_on + following._kept()
    clock.move_to(NOON + 200 * DAY)
    assert following.keep_contacts() == 1
    assert Contact.objects.get().forget_after == today() + following._kept()


def test_a_draft_is_followed_by_nobody():
    with pytest.raises(services.WrongState):
        services.follow(draft_promise(), lan())


def test_those_who_follow_hear_of_each_change_once():
    promise = open_promise(text="Lắp 12 đèn")
    services.follow(promise, lan())
    moved = services.move_promise(promise, today() + 90 * DAY, "Chờ hàng về.", None, None)
    assert following.tell(promise.pk, moved.version, "moved") == 1
    assert following.tell(promise.pk, moved.version, "moved") == 1
    kept = services.keep_promise(promise, today(), "Đã lắp đủ.", None)
    following.tell(promise.pk, kept.version, kept.state)
    first, second = news()
    assert "Chờ hàng về." in first
    assert "Lắp 12 đèn" in first
    assert "Đã lắp đủ." in second
    assert f"/loi-hua/{promise.pk}/" in first


def test_the_link_of_a_message_ends_it_and_is_of_use_once():
    promise = open_promise()
    follower = services.follow(promise, lan())
    token = following.token(follower)
    assert following.follower_of(token) == follower
    services.unfollow(follower)
    assert following.follower_of(token) is None
    assert following.is_ours(token)
    assert not following.is_ours(token + "x")
    again = services.follow(promise, lan())
    assert following.follower_of(token) is None, "an old link ends nothing that was begun after it"
    assert following.token(again) != token


def test_who_follows_is_shown_forgotten_and_erased():
    promise = open_promise()
    services.follow(promise, lan())
    assert [row["promise"] for row in following.export("Lan@example.vn")] == [promise.pk]
    assert following.export("khac@example.vn") == []
    assert following.erase("lan@example.vn") == 1
    services.follow(promise, lan())
    services.keep_promise(promise, today(), "Xong.", None)
    with time_machine.travel(NOON + 80 * DAY, tick=False):
        assert following.due(dt.datetime.now(dt.UTC)) == 0
    with time_machine.travel(NOON + 91 * DAY, tick=False):
        assert following.purge(dt.datetime.now(dt.UTC)) == 1
    assert not PromiseFollower.objects.exists()
