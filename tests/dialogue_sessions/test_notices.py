"""What those who registered are told: once, in their language, in the transaction of what it tells; and when no more."""

import datetime as dt
import json

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from dialogue_sessions import jobs, notices, services
from dialogue_sessions.enums import Source
from dialogue_sessions.models import Registration, SessionMove
from dialogue_sessions.services import Seats
from foundation.hours import clock_day
from foundation.registries import message_kinds
from messaging import composing
from messaging.enums import Channel, Language, State
from messaging.models import Contact, Message
from messaging.services import contact_for
from safeguards.models import User

from .making import DAY, HOUR, fresh, open_pool, open_session, pool_of
from .visiting import messages_to, typed

pytestmark = pytest.mark.django_db
PHONE = "0912345678"
OURS = [kind for kind in message_kinds if kind.key.startswith("dialogue_sessions.") and kind.key in vars(notices).values()]


def seated(pool, contact=PHONE, **values):
    return services.confirm(services.hold(pool, typed(contact, **values)))


def deferred(task):
    with connection.cursor() as cursor:
        cursor.execute("select args from procrastinate_jobs where task_name = %s and status = 'todo' order by id", [f"dialogue_sessions.{task}"])
        return [args if isinstance(args, dict) else json.loads(args) for (args,) in cursor.fetchall()]


def run(task):
    """Do what was deferred, as a worker does; gives what each gave."""
    found = deferred(task)
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where task_name = %s", [f"dialogue_sessions.{task}"])
    return [getattr(jobs, task)(**args) for args in found]


def kinds(contact=PHONE):
    return [
        key.removeprefix("dialogue_sessions.")
        for key in Message.objects.filter(contact=contact_for(contact)).order_by("pk").values_list("kind", flat=True)
    ]


def reminders(contact=PHONE, state=State.QUEUED):
    return Message.objects.filter(contact=contact_for(contact), kind__startswith="dialogue_sessions.reminder", state=state).order_by("next_try_at")


# ── A change of a seat ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_written_to_before_the_contact_is_proven():
    pool = open_pool(1)
    row = services.hold(pool, typed(PHONE))
    services.cancel(row)
    assert kinds() == []


def test_a_notice_stands_or_falls_with_its_change():
    pool = open_pool(1)
    row = services.hold(pool, typed(PHONE))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.confirm(row)
        raise ZeroDivisionError
    assert kinds() == [] and deferred("remind") == []
    services.confirm(row)
    assert kinds() == ["confirmed"] and deferred("remind") == [{"registration_id": row.pk}]


def test_waiting_offer_and_lapse_are_told():
    pool = open_pool(1)
    first, waits = seated(pool, "0900000001"), seated(pool)
    services.cancel(first)
    offer = Message.objects.get(kind=notices.OFFERED)
    until = fresh(waits).offered_until
    assert offer.expires_at == until and clock_day(until) in offer.parts["text"]
    with time_machine.travel(until + HOUR, tick=False):
        services.expire_due()
    assert kinds() == ["waiting", "offered", "offer_lapsed"]
    assert kinds("0900000001") == ["confirmed", "cancelled"]


def test_an_offer_that_ends_before_the_quiet_hours_do_is_told_at_night(settings):
    settings.QUIET_HOURS = (dt.time(21), dt.time(7))
    evening = timezone.localtime().replace(hour=23, minute=0, second=0, microsecond=0)
    with time_machine.travel(evening, tick=False):
        pool = open_pool(1, begins_in=dt.timedelta(hours=8), registration_closes=timezone.now() + 7 * HOUR)  # at seven; offers end at four
        first, _waits = seated(pool, "0900000001"), seated(pool)
        services.cancel(first)
        offer = Message.objects.get(kind__in=[notices.OFFERED, notices.OFFERED_SOON])
        assert offer.kind == notices.OFFERED_SOON and offer.next_try_at == timezone.now()


def test_clerks_registrations_are_told_where_there_is_a_contact():
    pool = open_pool(2)
    clerk = User.objects.create_user("can-bo")
    services.hold(pool, typed(PHONE), source=Source.TELEPHONE, actor=clerk)
    from dialogue_sessions.contacts import applicant

    services.hold(pool, applicant("Bà Tư"), source=Source.PAPER, actor=clerk)
    assert Message.objects.count() == 1 and kinds() == ["confirmed"]


def test_the_contact_is_kept_as_long_as_the_registration_is_known():
    pool = open_pool(1)
    seated(pool)
    assert Contact.objects.get().forget_after >= timezone.localdate(pool.session.ends_at) + dt.timedelta(days=90)


@pytest.mark.parametrize("language, words", [("vi", "Bạn đã có chỗ"), ("en", "You have a seat")])
def test_everybody_is_written_to_in_their_language(language, words):
    pool = open_pool(1, title="Đối thoại về đất đai", title_en="Dialogue on land")
    contact_for("lan@example.vn", language=language)
    from dialogue_sessions.contacts import applicant

    digest = Contact.objects.get().digest
    services.confirm(services.hold(pool, applicant("Lan", "lan@example.vn", digest)))
    parts = Message.objects.get(kind=notices.CONFIRMED).parts
    assert words in parts["subject"] and ("Dialogue on land" if language == "en" else "Đối thoại về đất đai") in parts["text"]
    assert ("/en/lich/" in parts["text"]) == (language == "en")


# ── Reminders ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def noon_session(**values):
    """A session that begins at noon, so that no reminder falls into quiet hours."""
    noon = (timezone.localtime() + 10 * DAY).replace(hour=12, minute=0, second=0, microsecond=0)
    begins_in = noon - timezone.now()
    return open_session(begins_in=begins_in, registration_closes=noon - HOUR, **values)


def test_reminders_are_planned_a_day_and_an_hour_before():
    session = noon_session()
    row = seated(pool_of(session))
    assert run("remind") == [2]
    begins = fresh(session).starts_at
    assert list(reminders().values_list("next_try_at", flat=True)) == [begins - DAY, begins - HOUR]
    jobs.remind(row.pk)
    assert reminders().count() == 2


def test_who_cancels_is_not_reminded():
    row = seated(pool_of(noon_session()))
    run("remind")
    services.cancel(row)
    assert reminders().count() == 0 and reminders(state=State.SUPPRESSED).count() == 2


def test_who_cancels_before_the_reminders_are_written_is_not_reminded():
    row = seated(pool_of(noon_session()))
    services.cancel(row)
    assert run("remind") == [0] and reminders().count() == 0


def test_a_reminder_whose_time_is_over_is_not_planned():
    with_little_time = open_session(begins_in=3 * HOUR, registration_closes=timezone.now() + HOUR)
    seated(pool_of(with_little_time))
    assert run("remind") == [1]


# ── A change of the session ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_move_is_told_with_both_times_and_the_reason_and_reminders_follow():
    session = noon_session(seats=[Seats(1)])
    seated(pool_of(session))
    seated(pool_of(session), "0900000002")
    unproven = services.hold(pool_of(session), typed("0900000003"))
    run("remind")
    old, new = session.starts_at, session.starts_at + 2 * DAY
    services.move_session(session, new, session.ends_at + 2 * DAY, "Hội trường ngập", None)
    assert run("tell_moved") == [2]
    assert kinds("0900000002") == ["waiting", "moved"] and kinds("0900000003") == [] and fresh(unproven).state == "waiting"
    (said,) = messages_to(PHONE, notices.MOVED)
    assert clock_day(old) in said["text"] and clock_day(new) in said["text"]
    assert list(reminders().values_list("next_try_at", flat=True)) == [new - DAY, new - HOUR]
    jobs.tell_moved(SessionMove.objects.get().pk)
    assert len(messages_to(PHONE, notices.MOVED)) == 1


def test_a_move_is_told_to_those_who_had_a_place_then_and_still_have_it():
    session = noon_session(seats=[Seats(5)])
    gone = seated(pool_of(session), "0900000002")
    services.move_session(session, session.starts_at + 2 * DAY, session.ends_at + 2 * DAY, "Hội trường ngập", None)
    services.cancel(gone)
    seated(pool_of(session), "0900000003")  # has seen the new time on the page
    assert run("tell_moved") == [0]
    assert "moved" not in kinds("0900000002") + kinds("0900000003")


def test_of_two_moves_the_last_is_told():
    session = noon_session()
    seated(pool_of(session))
    for days in (1, 2):
        current = fresh(session)
        services.move_session(current, current.starts_at + days * DAY, current.ends_at + days * DAY, f"lần {days}", None)
    assert sorted(run("tell_moved")) == [0, 1]
    (said,) = messages_to(PHONE, notices.MOVED)
    assert clock_day(fresh(session).starts_at) in said["text"]


def test_a_move_of_a_draft_tells_nobody():
    from .making import draft

    session = draft()
    services.move_session(session, session.starts_at + DAY, session.ends_at + DAY, "Trùng lịch", None)
    assert deferred("tell_moved") == []


# ── Another place ─────────────────────────────────────────────────────────────────────────────────────────────────────


def elsewhere(session, **values):
    return services.edit_session(fresh(session), values or {"place": "Nhà văn hóa khu phố 9"}, None, place_reason="Mái dột")


def test_another_place_is_told_and_reminders_name_it():
    session = noon_session(seats=[Seats(1)], place="Hội trường cũ")
    row = seated(pool_of(session))
    seated(pool_of(session), "0900000002")
    services.hold(pool_of(session), typed("0900000003"))
    run("remind")
    elsewhere(session)
    assert run("tell_elsewhere") == [2]
    assert kinds("0900000002") == ["waiting", "elsewhere"] and kinds("0900000003") == []
    assert len(messages_to(PHONE, notices.ELSEWHERE)) == 1
    assert reminders().count() == reminders(state=State.SUPPRESSED).count() == 2
    assert list(reminders().values_list("next_try_at", flat=True)) == [session.starts_at - DAY, session.starts_at - HOUR]
    services.cancel(row)
    assert not reminders().exists(), "those that were written anew are taken back, too"


def test_a_letter_says_where_it_is_now():
    session = noon_session(place="Hội trường cũ")
    seated(pool_of(session), "ba.tam@example.vn")
    run("remind")
    elsewhere(session)
    run("tell_elsewhere")
    (said,) = messages_to("ba.tam@example.vn", notices.ELSEWHERE)
    assert "Ở đâu: Nhà văn hóa khu phố 9" in said["text"]
    assert "Trước đây dự kiến tại: Hội trường cũ. Lý do: Mái dột" in said["text"]
    for standing in reminders("ba.tam@example.vn"):
        assert "Nhà văn hóa khu phố 9" in standing.parts["text"] and "Hội trường cũ" not in standing.parts["text"]


def test_the_hall_is_told_of_the_hall_and_who_takes_part_online_of_the_link():
    session = noon_session(seats=[Seats(2), Seats(2, "online")], online_link="https://hop.example.vn/1")
    seated(pool_of(session, kind="hall"))
    seated(pool_of(session, kind="online"), "0900000002")
    elsewhere(session)
    run("tell_elsewhere")
    assert "elsewhere" in kinds() and "elsewhere" not in kinds("0900000002")
    elsewhere(session, online_link="https://hop.example.vn/2")
    run("tell_elsewhere")
    assert kinds().count("elsewhere") == 1 and "elsewhere" in kinds("0900000002")


def test_of_two_places_the_last_is_told_once():
    session = noon_session()
    seated(pool_of(session))
    elsewhere(session)
    elsewhere(session, place="Nhà văn hóa khu phố 10")
    assert sorted(run("tell_elsewhere")) == [0, 1]
    assert len(messages_to(PHONE, notices.ELSEWHERE)) == 1


def test_who_registers_after_the_change_has_seen_it():
    session = noon_session()
    elsewhere(session)
    seated(pool_of(session))
    assert run("tell_elsewhere") == [0]


def test_another_subject_or_the_place_of_a_draft_is_told_to_nobody():
    from .making import draft

    session = noon_session()
    seated(pool_of(session))
    elsewhere(session, subjects="Việc khác")
    elsewhere(draft())
    assert deferred("tell_elsewhere") == []


def test_everybody_is_told_that_a_session_is_off_and_why():
    session = noon_session(seats=[Seats(1)])
    seated(pool_of(session), "lan@example.vn")
    seated(pool_of(session), "0900000002")
    services.hold(pool_of(session), typed("0900000003"))
    run("remind")
    services.cancel_session(session, "Hội trường ngập", None)
    assert run("tell_called_off") == [2]
    (letter,) = messages_to("lan@example.vn", notices.CALLED_OFF)
    assert "Hội trường ngập" in letter["text"]
    assert kinds("0900000002") == ["waiting", "called_off"] and kinds("0900000003") == []
    assert reminders("lan@example.vn").count() == 0


# ── The texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.key)
def test_every_notice_has_texts_for_each_channel_and_language_that_say_nothing_of_the_person(kind):
    assert len(kind.defaults) == 4
    names = {placeholder.name for placeholder in kind.placeholders}
    assert "link" in names and not names & {"name", "contact", "subject", "matter"}
    for channel, language in kind.defaults:
        made = composing.compose(kind, channel, composing.standard(kind, channel, language), composing.examples(kind, language))
        assert made.text.strip() and (made.subject or channel == Channel.SMS)
        if channel == Channel.SMS:
            assert made.text.isascii() or "…" in made.text, "marks triple the price of a text message"
        assert (language == Language.VI) == ("bạn" in made.text.lower() or "ban" in made.text.lower() or "Nhac" in made.text or "Buoi" in made.text)


def test_an_unknown_registration_or_move_is_nothing_to_tell():
    assert jobs.remind(10**9) == 0 and jobs.tell_moved(10**9) == 0 and jobs.tell_called_off([10**9]) == 0
    assert not Registration.objects.exists()
