"""Voters ask for a dialogue: who signs counts once, enough of them bind the unit, and what it does stands in public."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import REQUEST_MOVES, RequestState
from dialogue_sessions.models import DialogueRequest, RequestThreshold, Signature
from messaging.models import Message
from organisation.models import Population
from safeguards.models import Event
from tests.organisation import factories
from tests.safeguards.staff import person

from .asking import contact, fresh, opened, run_jobs, signed, told, unit_with_voters, written
from .making import announced, draft

pytestmark = pytest.mark.django_db


def test_ten_percent_of_the_voters_bind_the_unit_and_everybody_hears_of_it():
    unit, lan = unit_with_voters(31), contact()
    request = opened(unit, lan)
    assert (request.voters, request.percent, request.needed, request.signed) == (31, Decimal(10), 4, 1)
    for _ in range(2):
        assert signed(request)
    assert fresh(request).state == "open"
    last = contact()
    assert signed(request, last)
    request = fresh(request)
    assert (request.state, request.signed) == ("reached", 4)
    event = Event.objects.get(kind="dialogue_sessions.request_reached")
    assert (event.payload["signed"], event.payload["needed"]) == (4, 4)
    run_jobs()
    assert len(told("request_news")) == 4
    assert "đủ" in f"{Message.objects.filter(kind='dialogue_sessions.request_news').first().parts}"
    assert signed(request)  # who comes later may still sign
    assert fresh(request).signed == 5


def test_the_threshold_is_the_one_of_the_day_on_which_it_opens():
    unit, today = unit_with_voters(1000), timezone.localdate()
    RequestThreshold.objects.create(valid_from=today - dt.timedelta(days=1), percent=Decimal("2.5"), source="Nghị quyết")
    RequestThreshold.objects.create(valid_from=today + dt.timedelta(days=1), percent=Decimal(50))
    request = opened(unit)
    assert (request.percent, request.needed) == (Decimal("2.5"), 25)
    Population.objects.create(unit=unit, counted_on=today, inhabitants=9000, voters=4000)
    assert fresh(request).needed == 25
    assert services.threshold(unit)[2] == 100
    with pytest.raises(IntegrityError, match="request_threshold_percent"), transaction.atomic():
        RequestThreshold.objects.create(valid_from=today, percent=0)


def test_a_unit_whose_voters_nobody_counted_cannot_be_asked_yet():
    unit = factories.ward()
    with pytest.raises(services.NoVoters):
        services.open_request(written(unit), "Ngập", "Mưa là ngập.", None)


def test_a_contact_signs_once_whoever_types_it():
    request, lan = opened(), contact()
    assert signed(request, lan)
    assert not signed(request, lan, "Tên Khác")
    assert fresh(request).signed == 2
    assert Signature.objects.filter(request=request, proven_at=None).count() == 0
    twice = services.prepare_signature(request, "A", "B", contact())
    assert services.sign(twice)
    assert not services.sign(twice)
    with pytest.raises(IntegrityError, match="signature_once"), transaction.atomic():
        Signature.objects.create(request=request, contact=lan, digest=lan.digest, village="x", proven_at=timezone.now())


def test_a_signature_counts_for_nothing_before_its_contact_is_proven():
    request = opened()
    services.prepare_signature(request, "A", "B", contact())
    assert fresh(request).signed == 1
    assert DialogueRequest.objects.public().count() == 1


def test_names_and_what_was_sent_are_sealed():
    request = written()
    signed(services.open_request(request, "Ngập hẻm 19", "Cứ mưa là ngập.", None), name="Lê Văn Kín")
    with connection.cursor() as cursor:
        for table in ("dialogue_sessions_dialoguerequest", "dialogue_sessions_signature", "safeguards_event", "procrastinate_jobs"):
            cursor.execute(f"select count(*) from {table} t where t::text like '%%Kín%%' or t::text like '%%912%%345%%678%%'")
            assert cursor.fetchone() == (0,), table
    assert {row.name() for row in Signature.objects.all()} == {"Trần Thị Kín", "Lê Văn Kín"}
    moderator = person("mod", role="moderator")
    assert "Mưa là ngập" in services.read_request(request, moderator)
    assert Event.objects.get(kind="dialogue_sessions.request_read").actor == moderator


def test_taken_back_a_signature_is_gone_and_what_was_reached_stays_reached():
    request = opened(unit_with_voters(20))
    signature = services.prepare_signature(request, "Lê Văn Kín", "khu phố 5", contact())
    services.sign(signature)
    assert fresh(request).state == "reached"
    services.withdraw_signature(signature)
    assert (fresh(request).state, fresh(request).signed) == ("reached", 1)
    assert not Signature.objects.filter(pk=signature.pk).exists()
    with pytest.raises(services.WrongState):
        services.withdraw_signature(signature)


def test_the_unit_sets_a_date_tells_what_it_did_and_ends_it():
    request = opened(unit_with_voters(10))
    assert fresh(request).state == "reached"  # one voter in ten
    for session in (announced(), draft(unit=request.unit), announced(unit=request.unit, kind="periodic")):
        with pytest.raises(services.Invalid):
            services.schedule_request(request, session, None)
    session = announced(unit=request.unit)
    request = services.schedule_request(request, session, None)
    assert (request.state, request.session) == ("scheduled", session)
    services.note_request(request, "Đã mời Ban Quản lý dự án.", None)
    with pytest.raises(services.Invalid):
        services.note_request(request, " ", None)
    with pytest.raises(services.ReasonMissing):
        services.close_request(request, " ", None)
    assert services.close_request(request, "Đã đối thoại ngày 03/12.", None).state == "closed"
    run_jobs()
    assert len(told("request_news")) == 3
    with pytest.raises(services.WrongState):
        signed(request)


def test_a_public_text_with_somebodys_number_is_refused():
    request = written(unit_with_voters())
    with pytest.raises(services.PersonalNumber):
        services.open_request(request, "Ngập", "Gọi 0912 345 678", None)
    with pytest.raises(services.Invalid):
        services.open_request(request, "", "Mưa", None)
    assert services.open_request(request, "Ngập", "Gọi 0912 345 678", None, sure=True).state == "open"


@pytest.mark.accepts("C9")
def test_no_state_is_reached_but_by_the_table():
    ends = {
        "open": lambda row: services.open_request(row, "Ngập", "Mưa là ngập.", None),
        "refused": lambda row: services.refuse_request(row, "Không đúng.", None),
        "closed": lambda row: services.close_request(row, "Xong.", None),
        "scheduled": lambda row: services.schedule_request(row, announced(unit=row.unit), None),
    }
    makers = {
        "received": lambda: written(unit_with_voters()),
        "open": opened,
        "reached": lambda: opened(unit_with_voters(10)),
        "refused": lambda: services.refuse_request(opened(), "Không đúng.", None),
        "closed": lambda: services.close_request(opened(), "Xong.", None),
        "scheduled": lambda: ends["scheduled"](opened()),
    }
    for state, make in makers.items():
        for wanted, call in ends.items():
            row = fresh(make())
            assert row.state == state
            if wanted in REQUEST_MOVES[state]:
                assert call(row).state == wanted
            else:
                with pytest.raises(services.WrongState):
                    call(row)
                assert fresh(row).state == state
    assert set(makers) | {"unproven"} == set(RequestState.values)


def test_what_is_over_or_not_public_yet_takes_no_signature_and_no_note():
    request = opened()
    late = services.prepare_signature(request, "Trần Thị Muộn", "khu phố 4", contact())
    with pytest.raises(services.WrongState):
        services.withdraw_signature(late)  # it counts for nothing yet
    services.close_request(services.schedule_request(request, announced(unit=request.unit), None), "Đã đối thoại.", None)
    with pytest.raises(services.WrongState):
        services.sign(late)
    for row in request.signatures.filter(proven_at__isnull=False):
        with pytest.raises(services.WrongState):
            services.withdraw_signature(row)
    assert fresh(request).signed == 1
    waiting = written(unit_with_voters())
    with pytest.raises(services.WrongState):
        services.note_request(waiting, "Đã họp.", None)
    with pytest.raises(services.WrongState):
        services.prepare_signature(waiting, "Trần Thị Sớm", "khu phố 4", contact())


def test_the_same_dialogue_is_not_named_twice():
    request = opened()
    session = announced(unit=request.unit)
    services.schedule_request(request, session, None)
    with pytest.raises(services.Invalid):
        services.schedule_request(request, session, None)
