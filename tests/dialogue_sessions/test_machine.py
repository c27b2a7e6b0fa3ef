"""Seats under any order of what people, clerks and the clock do (C3): hypothesis draws it, the same rules must hold after each step."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from dialogue_sessions import services
from dialogue_sessions.enums import LIVING, SEATED, UNDECIDED, PoolKind, Source
from dialogue_sessions.models import Pool, PriorityGroup, Registration, Session
from dialogue_sessions.services import Seats, waiting
from safeguards.models import Event, User

from .making import DAY, open_session, person, pool_of

PROMOTED = ("offered", "held")


class SeatsOfASession(RuleBasedStateMachine):
    """Two pools of one session; whoever registers, confirms, declines, cancels; a clerk; more seats and fewer; time that passes."""

    session: Session
    group: PriorityGroup
    clerk: User
    began: dt.datetime

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = self.began
        self.clock = time_machine.travel(self.now, tick=False)
        self.traveller = self.clock.start()
        self.before: dict[int, tuple] = {}
        self.count = 0
        self.refusals = 0

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self):
        self.pools = [pool_of(self.session, kind="hall"), pool_of(self.session, kind="online")]

    def attempt(self, service, *args, **values):
        """What is refused changes nothing, and is a refusal in words."""
        try:
            return service(*args, **values)
        except services.SessionError as error:
            assert str(error)
            self.refusals += 1
            return None

    def row(self, pick):
        rows = list(Registration.objects.filter(session=self.session).order_by("pk"))
        return rows[pick % len(rows)]

    @rule(which=st.integers(0, 1), size=st.sampled_from([1, 1, 1, 2, 3]), first=st.booleans(), who=st.integers(0, 12))
    def register(self, which, size, first, who):
        self.count += 1
        self.attempt(services.hold, self.pools[which], person(f"{who}", size=size, priority_group=self.group if first else None))

    @rule(which=st.integers(0, 1), size=st.integers(1, 2))
    def register_on_paper(self, which, size):
        self.count += 1
        services.hold(self.pools[which], person(f"giấy {self.count}", size=size), source=Source.PAPER, actor=self.clerk)

    @precondition(lambda self: self.count)
    @rule(pick=st.integers(0, 40), what=st.sampled_from([services.confirm, services.confirm, services.accept, services.decline, services.cancel]))
    def answer(self, pick, what):
        if Registration.objects.filter(session=self.session).exists():
            self.attempt(what, self.row(pick))

    @precondition(lambda self: self.count)
    @rule(pick=st.integers(0, 40), size=st.integers(1, 4))
    def resize(self, pick, size):
        if Registration.objects.filter(session=self.session).exists():
            self.attempt(services.change_size, self.row(pick), size)

    @precondition(lambda self: self.count)
    @rule(pick=st.integers(0, 40), which=st.integers(0, 1))
    def change_seats(self, pick, which):
        if Registration.objects.filter(session=self.session).exists():
            self.attempt(services.change_pool, self.row(pick), self.pools[which])

    @rule(which=st.integers(0, 1), capacity=st.integers(0, 5))
    def set_capacity(self, which, capacity):
        self.attempt(services.set_capacity, self.pools[which], capacity, None)

    @rule(by=st.sampled_from([1, 16, 16, 300, 1500]), look=st.booleans())
    def time_passes(self, by, look):
        self.now += dt.timedelta(minutes=by)
        self.traveller.move_to(self.now)
        if look:
            services.expire_due()
            assert not Registration.objects.filter(state__in=UNDECIDED).due(timezone.now()).exists()

    @invariant()
    def seats_are_what_the_rows_say(self):
        rows = list(Registration.objects.filter(session=self.session).order_by("-rank", "queue_no", "pk"))
        pools = {pool.pk: pool for pool in Pool.objects.filter(session=self.session)}
        for pool in pools.values():
            assert pool.taken == sum(row.size for row in rows if row.pool_id == pool.pk and row.state in SEATED) <= pool.capacity
        waits = [row for row in rows if row.state == "waiting"]
        if self.session.makes_offers(timezone.now()):
            assert not [row for row in waits if row.size <= pools[row.pool_id].free], "somebody waits while a seat is free"
        self.first_come_first_served(rows, waits)
        numbers = [row.seat_no for row in rows if row.seat_no is not None]
        assert len(numbers) == len(set(numbers))
        own = [row.contact_hmac for row in rows if row.source == Source.SELF and row.state in LIVING]
        assert len(own) == len(set(own)), "one contact has two places"
        assert all(row.offered_until <= self.session.offers_end() for row in rows if row.state == "offered")
        self.before = {row.pk: (row.state, row.pool_id) for row in rows}

    def first_come_first_served(self, rows, waits):
        """Who was promoted in this step came before everybody who waited then, and still does, for as few seats or fewer. Whoever registers
        is looked at after what is due has lapsed and was given on, so a newcomer is passed by nobody; nobody is promoted twice."""
        for row in rows:
            was, pool = self.before.get(row.pk, ("", row.pool_id))
            if was == "waiting" and row.state in PROMOTED and pool == row.pool_id:
                known = [other for other in waits if other.pool_id == pool and other.pk in self.before]
                passed = [other for other in known if (-other.rank, other.queue_no) < (-row.rank, row.queue_no)]
                assert all(other.size > row.size for other in passed), "somebody was passed over"

    @invariant()
    def nobody_is_offered_seats_twice(self):
        told = list(Event.objects.filter(kind="dialogue_sessions.registration_offered").values_list("subject_id", flat=True))
        assert len(told) == len(set(told))


@pytest.fixture
def machine(db):
    SeatsOfASession.session = open_session(seats=[Seats(2), Seats(1, PoolKind.ONLINE)], online_link="https://hop.example.vn/1", begins_in=4 * DAY)
    SeatsOfASession.group = PriorityGroup.objects.create(code="uu-tien", name="Ưu tiên", rank=1, valid_from=dt.date(2020, 1, 1))
    SeatsOfASession.clerk = User.objects.create_user("can-bo")
    SeatsOfASession.began = timezone.now() + dt.timedelta(seconds=1)
    return SeatsOfASession


def drawn(machine, examples, phases=(Phase.generate, Phase.shrink)):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=14, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=phases,
            report_multiple_bugs=False,
        ),
    )  # fmt: skip


@pytest.mark.accepts("C3")
def test_whatever_people_and_the_clock_do_the_seats_are_right(machine):
    drawn(machine, 500)


@pytest.mark.accepts("C3")
@pytest.mark.parametrize("fault", ["last come first served", "nobody is promoted", "seats are not given back", "terms are not looked at"])
def test_the_machine_sees_what_is_wrong(machine, monkeypatch, fault):
    """The control: each rule is seen to fail without what holds it."""
    if fault == "last come first served":
        order = type(Registration.objects.all()).waiting
        monkeypatch.setattr(type(Registration.objects.all()), "waiting", lambda self: order(self).order_by("rank", "-queue_no"))
    elif fault == "nobody is promoted":
        monkeypatch.setattr(waiting, "fill", lambda session, pools, moment: [])
    elif fault == "seats are not given back":
        monkeypatch.setattr("dialogue_sessions.services.seats.give_back", lambda pool, seats: None)
    else:
        monkeypatch.setattr(services, "expire_due", lambda: 0)
    with pytest.raises(AssertionError):
        drawn(machine, 1500, [Phase.generate])  # that it fails is enough, nobody reads how
