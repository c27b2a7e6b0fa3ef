"""Minutes: written, circulated, corrected, final, published; counted and never typed; final is final in the database too."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from dialogue_sessions import after_page, lateness, minutes_data, services
from dialogue_sessions.enums import MINUTES_MOVES, MinutesState, Satisfaction
from dialogue_sessions.models import (
    Addendum,
    Attendance,
    ConclusionLine,
    ConclusionNotice,
    Contribution,
    Correction,
    Minutes,
    MinutesFile,
    ReceptionCase,
    RecordPolicy,
)
from dialogue_sessions.services import minutes as life
from dialogue_sessions.services import reception
from messaging.models import Message
from organisation.models import today
from safeguards.models import Event, User

from .making import DAY, confirmed, fresh, open_pool
from .promising import came, circulated, held_session, minutes_of, open_promise, refused_by_database

pytestmark = pytest.mark.django_db


def line(minutes, **values):
    return services.save_line(Contribution(minutes=minutes, **({"text": "Đường ngập.", "answer": "Sẽ nạo vét."} | values)), None)


def after_corrections(minutes):
    """The clock, once nobody may propose any more."""
    return time_machine.travel(minutes.corrections_until + dt.timedelta(minutes=1), tick=False)


def final(session=None, **values):
    minutes = circulated(session, **values)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.finish(minutes, None)


def attended_session():
    """A session that was held, with one who came."""
    pool = open_pool(3)
    who = confirmed(pool)
    session = pool.session
    type(session).objects.filter(pk=session.pk).update(
        state="held", starts_at=timezone.now() - DAY, ends_at=timezone.now() - DAY + dt.timedelta(hours=2), registration_opens=None,
        registration_closes=None,
    )  # fmt: skip
    session.refresh_from_db()
    return session, came(who)


def test_minutes_are_written_once_the_session_has_begun():
    from .making import announced

    with pytest.raises(services.WrongState):
        services.begin_minutes(announced(), None)
    session = held_session()
    assert services.begin_minutes(session, None) == services.begin_minutes(session, None)


def test_a_name_stands_there_only_of_somebody_who_agreed():
    minutes = minutes_of(lines=0)
    with pytest.raises(services.Invalid):
        line(minutes, speaker="Nguyễn Văn A")
    with pytest.raises(services.Invalid):
        line(minutes, named=True)
    row = line(minutes, village="thôn Đông")
    assert "thôn Đông" in row.said_by
    assert refused_by_database("update dialogue_sessions_contribution set speaker = 'Nguyễn Văn A'") == "contribution_name_agreed"


def test_two_who_write_the_same_line_lose_nothing():
    minutes = minutes_of(lines=1)
    mine, yours = minutes.contributions.get(), minutes.contributions.get()
    mine.answer = "Trong tháng 1."
    services.save_line(mine, None, version=1)
    yours.answer = "Không biết."
    with pytest.raises(services.Stale):
        services.save_line(yours, None, version=1)
    assert fresh(mine).answer == "Trong tháng 1."


def test_two_who_write_other_lines_do_not_hinder_each_other():
    minutes = minutes_of(lines=2)
    first, second = minutes.contributions.order_by("number")
    services.save_line(first, None, version=1)
    services.save_line(second, None, version=1)


def test_opinions_are_counted_from_their_lines():
    minutes = minutes_of(lines=0)
    for number in range(11):
        line(minutes, text=f"Ý kiến {number}", satisfaction=Satisfaction.SATISFIED)
    found = minutes_data.load(minutes).numbers
    assert (found.said, found.satisfied, found.asked) == (11, 11, 11)
    assert "11" in found.sentence
    line(minutes, satisfaction=Satisfaction.NOT_SATISFIED)
    assert minutes_data.load(minutes).numbers.sentence != found.sentence


def test_nobody_is_content_with_an_answer_that_is_not_written_down():
    with pytest.raises(services.Invalid):
        line(minutes_of(lines=0), answer="", satisfaction=Satisfaction.SATISFIED)


def test_numbers_of_those_who_came_are_those_of_the_registrations():
    session, _who = attended_session()
    minutes = final(session)
    assert (minutes.registered, minutes.attended, minutes.absent) == (1, 1, 0)
    assert minutes_data.absent_share(minutes)


def test_those_who_attended_are_asked_once_each():
    session, who = attended_session()
    type(who).objects.filter(pk=who.pk).update(contact_sealed=sealed_contact(who, "lan@example.vn"))
    minutes = circulated(session)
    assert life.send_circulated(minutes.pk) == 1
    assert life.send_circulated(minutes.pk) == 1
    message = Message.objects.get(kind="dialogue_sessions.minutes_circulated")
    assert f"/lich/{session.slug}/bien-ban/gop-y/" in message.parts["text"]
    assert "lan@" not in message.parts["text"]


def sealed_contact(registration, contact):
    from dialogue_sessions.contacts import CONTACT, _context
    from safeguards import encryption

    return encryption.encrypt(contact, _context(CONTACT, registration.uid))


def test_days_for_corrections_are_those_of_the_policy_in_force():
    session = held_session()
    RecordPolicy.objects.create(valid_from=today() - DAY, correction_days=9)
    RecordPolicy.objects.create(valid_from=today() - DAY, correction_days=3, unit=session.unit)
    RecordPolicy.objects.create(valid_from=today() + DAY, correction_days=30, unit=session.unit)
    assert (timezone.localtime(circulated(session).corrections_until).date() - today()).days == 3
    assert (timezone.localtime(circulated().corrections_until).date() - today()).days == 9


def test_a_link_leads_one_person_to_one_draft():
    session, who = attended_session()
    minutes = circulated(session)
    token = life.token(minutes, who)
    assert life.opened(token) == (minutes, who)
    assert life.opened(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    type(who).objects.filter(pk=who.pk).update(state="no_show")
    assert life.opened(token) is None


def test_what_somebody_proposes_is_sealed_and_decided_in_public_words():
    session, who = attended_session()
    minutes = circulated(session)
    row = services.propose(minutes, who, minutes.contributions.first(), "Ông Tám nói khác.")
    assert "Tám" not in fresh(row).proposed_sealed
    assert fresh(row).proposed == "Ông Tám nói khác."
    with pytest.raises(services.ReasonMissing):
        services.decide(row, accept=True, public_text="", reason="Đúng.", actor=None)
    services.decide(row, accept=True, public_text="Đề nghị sửa câu trả lời.", reason="Đúng như băng ghi âm.", actor=None)
    with pytest.raises(services.WrongState):
        services.decide(row, accept=False, public_text="Khác.", reason="Khác.", actor=None)
    assert "Tám" not in str(list(Event.objects.values_list("payload", flat=True)))
    assert [one.public_text for one in minutes_data.load(minutes).corrections] == ["Đề nghị sửa câu trả lời."]


def test_corrections_end_with_their_time():
    session, who = attended_session()
    minutes = circulated(session)
    with after_corrections(minutes), pytest.raises(services.WrongState):
        services.propose(minutes, who, None, "Muộn rồi.")


def test_final_only_after_corrections_are_over_and_decided_and_all_is_answered():
    session, who = attended_session()
    minutes = circulated(session)
    with pytest.raises(services.SessionError):
        services.finish(minutes, None)
    row = services.propose(minutes, who, None, "Thiếu tên đơn vị.")
    with after_corrections(minutes):
        with pytest.raises(services.SessionError):
            services.finish(minutes, None)
        services.decide(row, accept=False, public_text="Thêm tên đơn vị.", reason="Đã có.", actor=None)
        open_line = line(minutes, answer="")
        with pytest.raises(services.SessionError, match=str(open_line.number)):
            services.finish(minutes, None)
        open_line.answer = "Trả lời trước 15/12."
        services.save_line(open_line, None)
        assert services.finish(minutes, None).state == MinutesState.FINAL


@pytest.mark.accepts("C9")
def test_final_minutes_do_not_change_by_raw_sql_either():
    session, _who = attended_session()
    minutes = minutes_of(session)
    services.save_part(Attendance(minutes=minutes, unit=session.unit), None)
    services.circulate(minutes, None)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    minutes = services.finish(minutes, None)
    for statement in (
        "update dialogue_sessions_minutes set summary = 'khác'",
        "update dialogue_sessions_minutes set attended = 900",
        "delete from dialogue_sessions_minutes",
        "update dialogue_sessions_contribution set answer = 'khác'",
        "update dialogue_sessions_contribution set satisfaction = 'satisfied'",
        "delete from dialogue_sessions_contribution",
        "insert into dialogue_sessions_contribution (minutes_id, number, village, named, speaker, text, answer, satisfaction, version) "
        "select minutes_id, 99, '', false, '', 'thêm', '', 'not_asked', 1 from dialogue_sessions_contribution limit 1",
        "update dialogue_sessions_attendance set note = 'khác'",
        "delete from dialogue_sessions_attendance",
    ):
        assert refused_by_database(statement) == "minutes_final", statement
    for state in ("draft", "circulated"):
        assert refused_by_database("update dialogue_sessions_minutes set state = %s", [state]) == "minutes_transition"


def test_final_minutes_are_not_written_by_the_services_either():
    minutes = final()
    row = minutes.contributions.first()
    for attempt in (
        lambda: services.save_line(row, None),
        lambda: services.remove_line(row, None),
        lambda: line(minutes),
        lambda: services.save_summary(minutes, "khác", "", minutes.version, None),
        lambda: services.save_part(MinutesFile(minutes=minutes), None),
    ):
        with pytest.raises(services.SessionError):
            attempt()


@pytest.mark.parametrize("was", MinutesState.values)
def test_every_move_that_the_table_of_minutes_does_not_have_is_refused(was):
    minutes = {"draft": minutes_of, "circulated": circulated, "final": final, "published": lambda: services.publish_minutes(final(), None)}[was]()
    for to in MinutesState.values:
        refusal = refused_by_database("update dialogue_sessions_minutes set state = %s where id = %s", [to, minutes.pk])
        if to != was and to not in MINUTES_MOVES[was]:
            assert refusal == "minutes_transition", (was, to)


def test_what_was_wrong_is_said_beside_final_minutes_and_stays():
    minutes = final()
    services.add_addendum(Addendum(minutes=minutes, text="Ngày đúng là 15/12."), None)
    assert refused_by_database("update dialogue_sessions_addendum set text = 'khác'") == "dialogue_record_append_only"
    with pytest.raises(services.WrongState):
        services.add_addendum(Addendum(minutes=minutes_of(), text="Sớm quá."), None)


def test_a_name_can_be_taken_out_of_final_minutes_and_nothing_else():
    minutes = minutes_of()
    row = line(minutes, named=True, speaker="Lê Thị Hoa", village="thôn Đông")
    services.circulate(minutes, None)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    services.finish(minutes, None)
    assert "Hoa" not in services.withdraw_name(row, None).said_by
    assert refused_by_database("update dialogue_sessions_contribution set named = true, speaker = 'Lê Thị Hoa' where id = %s", [row.pk])


def test_late_results_say_why():
    minutes = final()
    with time_machine.travel(timezone.now() + 20 * DAY, tick=False):
        with pytest.raises(services.ReasonMissing):
            services.publish_minutes(minutes, None)
        found = services.publish_minutes(minutes, None, late_reason="Chờ số liệu của huyện.")
    assert found.late_reason == "Chờ số liệu của huyện."


def test_results_in_time_need_no_reason():
    assert services.publish_minutes(final(), None, late_reason="thừa").late_reason == ""


@pytest.mark.parametrize(("days", "late"), [(0, False), (10, False), (30, True)])
def test_the_term_of_results_is_ten_days_and_ends_on_a_working_day(days, late):
    event = dt.date(2026, 11, 3)  # a Tuesday; ten days later is Friday
    assert lateness.required(lateness.RESULT, event, event + dt.timedelta(days=days), None) == late


def test_the_page_of_a_session_takes_three_queries(django_assert_max_num_queries):
    session = held_session()
    services.publish_minutes(final(session), None)
    for _number in range(3):
        open_promise(unit=session.unit, session=session)
    with django_assert_max_num_queries(3):
        after = after_page.for_page(session)
    assert after
    assert (after.counts["said"], len(after.promises)) == (2, 3)


def test_until_the_minutes_are_public_the_page_of_a_session_says_what_was_concluded_and_answered(client, django_assert_num_queries):
    session = held_session(kind="periodic")
    for number in ("7/TB", "8/TB"):
        notice = services.save_conclusion(ConclusionNotice(session=session, number=number, signed_on=today()), None)
        line = ConclusionLine(notice=notice, unit=session.unit, text=f"Đo lại thửa đất, theo {number}", due_on=today() + 9 * DAY)
        services.add_conclusion_line(line, None)
        services.publish_conclusion(notice, None)
    for subject in ("Cống hẻm 3 bị tắc", ""):
        case = ReceptionCase(session=session, public_subject=subject, public_answer="Thông cống trong tuần." if subject else "")
        case = services.save_case(case, "Chuyện riêng của bà Kín", "", None)
        if subject:
            services.publish_case(case, None)
    page = client.get(session.get_absolute_url()).content.decode()
    for said in ("7/TB", "Đo lại thửa đất, theo 8/TB", "Cống hẻm 3 bị tắc", "Thông cống trong tuần."):
        assert said in page
    assert "Kín" not in page
    with django_assert_num_queries(5):
        after = after_page.for_page(session)
    assert [len(one.shown) for one in after.notices] == [1, 1] and len(after.cases) == 1


def test_nothing_is_asked_for_a_session_to_come(django_assert_num_queries):
    from .making import announced

    session = announced()
    with django_assert_num_queries(0):
        assert not after_page.for_page(session)


# ── Cases ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_brought_is_sealed_and_read_on_record():
    session = held_session()
    case = services.save_case(ReceptionCase(session=session), "Ông Minh kiện hàng xóm", "Chờ xác minh", None)
    assert "Minh" not in fresh(case).sealed
    reader = User.objects.create_user(username="can-bo", password=None)
    assert services.read_case(case, reader)["subject"] == "Ông Minh kiện hàng xóm"
    assert Event.objects.filter(kind="dialogue_sessions.case_read", actor=reader).exists()
    assert "Minh" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_everybody_reads_numbers_and_what_was_written_without_names():
    session = held_session()
    services.save_case(ReceptionCase(session=session), "Kín", "", None)
    case = services.save_case(ReceptionCase(session=session, public_subject="Tranh chấp ranh đất"), "Kín", "", None)
    services.publish_case(case, None)
    services.notify_case(case, today(), None)
    found = minutes_data.load(minutes_of(session))
    assert found.case_numbers == {"cases": 2, "notified": 1}
    assert [row.public_subject for row in found.cases] == ["Tranh chấp ranh đất"]


def test_a_case_is_not_published_without_its_public_subject():
    case = services.save_case(ReceptionCase(session=held_session()), "Kín", "", None)
    with pytest.raises(services.SessionError):
        services.publish_case(case, None)
    assert refused_by_database("update dialogue_sessions_receptioncase set published_at = now()") == "case_public_subject"


def test_what_somebody_proposed_is_forgotten_after_its_time_the_public_words_stay():
    session, who = attended_session()
    minutes = circulated(session)
    row = services.propose(minutes, who, None, "Riêng tư.")
    services.decide(row, accept=False, public_text="Một góp ý.", reason="Không đúng.", actor=None)
    later = timezone.now() + 100 * DAY
    assert life.due(timezone.now()) == 0
    assert life.purge(later) == 1
    kept = Correction.objects.get(pk=row.pk)
    assert (kept.proposed, kept.registration, kept.public_text) == ("", None, "Một góp ý.")


def test_a_case_is_shown_erased_and_forgotten_with_its_person():
    session, who = attended_session()
    type(who).objects.filter(pk=who.pk).update(contact_sealed=sealed_contact(who, "lan@example.vn"))
    case = services.save_case(ReceptionCase(session=session, registration=who, public_subject="Ranh đất"), "Riêng tư", "", None)
    other = services.save_case(ReceptionCase(session=session), "Của người khác", "", None)
    assert [row["subject"] for row in reception.export("Lan@example.vn")] == ["Riêng tư"]
    assert reception.erase("lan@example.vn") == 1
    assert (fresh(case).sealed, fresh(case).registration, fresh(case).public_subject) == ("", None, "Ranh đất")
    assert reception.due(timezone.now()) == 0
    assert reception.purge(timezone.now() + 6 * 366 * DAY) == 1
    assert fresh(other).parts["subject"] == ""


def test_it_is_the_guard_that_keeps_final_minutes():
    """Negative control: with the triggers off, the database takes what it refuses with them."""
    final()
    statements = {"minutes": "update dialogue_sessions_minutes set summary = 'khác'", "contribution": "delete from dialogue_sessions_contribution"}
    for statement in statements.values():
        assert refused_by_database(statement) == "minutes_final"
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table dialogue_sessions_minutes disable trigger user")
        cursor.execute("alter table dialogue_sessions_contribution disable trigger user")
    for statement in statements.values():
        assert refused_by_database(statement) == ""
