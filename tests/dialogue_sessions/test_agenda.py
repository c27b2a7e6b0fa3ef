"""The agenda: written before, run by one press on the day, and shown to everybody; a late start."""

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dialogue_sessions import running_order as page
from dialogue_sessions import services
from dialogue_sessions.enums import AgendaState
from dialogue_sessions.models import AgendaItem, Delay, Session
from dialogue_sessions.services import agenda, day, day_errors, delays
from messaging.contacts import contact_for
from messaging.models import Message
from safeguards.models import Event
from tests.messaging.test_back_office import officer

from .making import HOUR, MINUTE, confirmed, fresh
from .test_check_in import open_pool, open_session

pytestmark = pytest.mark.django_db
HALF = 30 * MINUTE


def written(session, *titles, minutes=20):
    return [agenda.add_item(AgendaItem(session=session, title=title, minutes=minutes), None) for title in titles]


def titles(session):
    return list(session.agenda.order_by("order").values_list("title", flat=True))


def on_the_day(session, after=-HALF):
    return time_machine.travel(session.starts_at + after, tick=False)


@pytest.fixture
def three():
    session = open_session()
    return session, written(session, "Khai mạc", "Đất đai", "Môi trường")


def test_points_keep_their_order_and_change_it_by_one_step(three):
    session, (first, second, third) = three
    agenda.move_item(third, None, up=True)
    assert titles(session) == ["Khai mạc", "Môi trường", "Đất đai"]
    agenda.move_item(first, None, up=True)  # the first already
    agenda.move_item(second, None, up=False)  # the last already
    agenda.move_item(first, None, up=False)
    assert titles(session) == ["Môi trường", "Khai mạc", "Đất đai"]
    agenda.remove_item(first, None)
    assert titles(session) == ["Môi trường", "Đất đai"]
    assert written(session, "Bế mạc")[0].order > third.order
    assert Event.objects.filter(kind="dialogue_sessions.agenda_moved").count() == 2


def test_one_press_begins_a_point_and_ends_the_one_before(three):
    session, (first, second, _third) = three
    with on_the_day(session):
        agenda.start_item(first, None)
        agenda.start_item(first, None)
    with on_the_day(session, 15 * MINUTE):
        agenda.start_item(second, None)
    first, second = fresh(first), fresh(second)
    assert (first.state, second.state) == (AgendaState.DONE, AgendaState.RUNNING)
    assert first.ended_at == second.started_at == session.starts_at + 15 * MINUTE
    assert Event.objects.filter(kind="dialogue_sessions.agenda_running").count() == 2
    with on_the_day(session, HOUR):
        agenda.stop_item(second, None)
        agenda.start_item(first, None)
        assert (fresh(first).state, fresh(first).ended_at) == (AgendaState.RUNNING, None)
        agenda.take_back_start(first, None)
        assert fresh(first).started_at is None
        with pytest.raises(services.WrongState):
            agenda.stop_item(first, None)
        with pytest.raises(day_errors.NotOnTheAgenda):
            agenda.remove_item(second, None)


def test_nothing_begins_on_another_day_or_in_what_is_called_off(three):
    session, (first, *_rest) = three
    with pytest.raises(day_errors.NotThatDay):
        agenda.start_item(first, None)
    services.cancel_session(session, "Bão", None)
    for refused in (lambda: agenda.start_item(first, None), lambda: written(session, "Thêm"), lambda: agenda.change_item(first, None)):
        with pytest.raises(day_errors.NotHeld):
            refused()


def test_words_and_minutes_change_also_of_what_runs(three):
    session, (first, *_rest) = three
    with on_the_day(session):
        agenda.start_item(first, None)
        first.title, first.minutes = "Khai mạc và báo cáo", 25
        agenda.change_item(first, None)
    assert (fresh(first).title, fresh(first).minutes, fresh(first).state) == ("Khai mạc và báo cáo", 25, AgendaState.RUNNING)
    first.minutes = 0
    with pytest.raises(services.errors.Invalid):
        agenda.change_item(first, None)
    first.minutes, first.speaker, first.unit = 5, "Văn phòng", session.unit
    with pytest.raises(services.errors.Invalid):
        agenda.change_item(first, None)


def test_a_session_has_no_more_points_than_a_page_can_show():
    session = open_session()
    written(session, *(f"Mục {number}" for number in range(agenda.MOST_ITEMS)))
    with pytest.raises(services.WrongState):
        written(session, "Một mục nữa")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("agenda_minutes", "minutes = 0"),
        ("agenda_minutes", "minutes = 481"),
        ("agenda_times", "ended_at = now()"),
        ("agenda_times", "started_at = now(), ended_at = now() - interval '1 minute'"),
        ("agenda_one_runs", "started_at = now()"),
        ("agenda_one_speaker", "speaker = 'A', unit_id = (select min(id) from organisation_unit)"),
    ],
)
def test_the_database_holds_the_rules_of_the_agenda(three, name, change):
    with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update dialogue_sessions_agendaitem set {change}")


def test_the_form_is_told_at_the_field_what_the_database_refuses(three):
    _session, (first, *_rest) = three
    first.minutes, first.speaker, first.unit = 0, "A", first.session.unit
    with pytest.raises(ValidationError) as refused:
        first.clean()
    assert set(refused.value.message_dict) == {"minutes", "speaker"}


def test_times_to_come_follow_from_what_has_happened(three, django_assert_num_queries):
    session, (first, second, third) = three
    with django_assert_num_queries(1):
        points = page.for_page(session)
    assert [point.begins - session.starts_at for point in points] == [0 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    with on_the_day(session, 10 * MINUTE):
        agenda.start_item(first, None)
    with on_the_day(session, 35 * MINUTE):
        agenda.start_item(second, None)
    points = page.for_page(session)
    assert points[2].begins == session.starts_at + 55 * MINUTE
    running, following = page.now_and_next(points)
    assert (running.item, following.item) == (second, third)
    assert page.for_page(open_session(), 10) == [] and page.now_and_next([]) == (None, None)


# ── Late starts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def reachable(pool, address):
    contact = contact_for(address)
    row = confirmed(pool)
    type(row).objects.filter(pk=row.pk).update(contact_hmac=contact.digest)
    return contact


def test_a_late_start_is_told_to_everybody_with_a_seat_once_and_until_it_begins():
    pool = open_pool(3)
    lan, minh = reachable(pool, "lan@example.com"), reachable(pool, "minh@example.com")
    confirmed(pool)  # without a contact that is kept
    with on_the_day(pool.session):
        delay = day.tell_delay(pool.session, 45, "  Mất điện\ntại hội trường ", None)
        assert day.tell_delay(pool.session, 45, "Mất điện tại hội trường", None).pk == delay.pk
    assert delay.reason == "Mất điện tại hội trường" and delay.starts_at == pool.session.starts_at + 45 * MINUTE
    sent = Message.objects.filter(kind="dialogue_sessions.delayed")
    assert {message.contact for message in sent} == {lan, minh}
    for message in sent:
        assert message.expires_at == delay.starts_at and message.unit == pool.session.unit
        assert "Mất điện" in message.parts["text"]
    event = Event.objects.get(kind="dialogue_sessions.delay_told")
    assert "example.com" not in str(event.payload)


@pytest.mark.parametrize(("minutes", "reason"), [(481, "Bão"), (-5, "Bão"), (15, "  "), (180, "Bão"), (0, "Không có gì")])
def test_a_late_start_that_cannot_be_is_refused_in_words(minutes, reason):
    session = open_session()
    with on_the_day(session), pytest.raises(services.SessionError) as refused:
        day.tell_delay(session, minutes, reason, None)
    assert str(refused.value) and not Delay.objects.exists()


def test_a_late_start_in_the_past_and_one_of_what_is_over_are_refused():
    session = open_session()
    with on_the_day(session, 10 * MINUTE):
        with pytest.raises(services.SessionError):
            day.tell_delay(session, 10, "Chờ khách", None)
        assert day.tell_delay(session, 11, "Chờ khách", None).minutes == 11
    services.cancel_session(session, "Bão", None)
    with pytest.raises(services.WrongState):
        day.tell_delay(session, 15, "Bão", None)


def test_a_late_start_is_taken_back_and_forgotten_when_the_session_moves():
    session = open_session()
    with on_the_day(session):
        day.tell_delay(session, 15, "Chờ khách", None)
        assert delays.latest(session).minutes == 15
        day.tell_delay(session, 0, "Khách đã đến", None)
        assert delays.latest(session).minutes == 0
        day.tell_delay(session, 20, "Mất điện", None)
        services.move_session(session, session.starts_at + 48 * HOUR, session.ends_at + 48 * HOUR, "Mất điện", None)
    assert delays.latest(Session.objects.get(pk=session.pk)) is None


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def clerk():
    """A client signed in on the morning of a session with an agenda."""
    session = open_session()
    items = written(session, "Khai mạc", "Đất đai")
    client, user = Client(), officer("dieu-hanh", session.unit)
    with on_the_day(session):
        client.force_login(user)
        yield client, session, items


def address(name, session, *more):
    return reverse(f"dialogue_sessions_day:{name}", args=[session.pk, *more])


def test_a_clerk_writes_and_runs_the_agenda_by_buttons(clerk):
    client, session, (first, second) = clerk
    where = address("agenda", session)
    client.post(where, {"do": "add", "title": "Bế mạc", "minutes": "5", "unit": session.unit_id})
    assert titles(session) == ["Khai mạc", "Đất đai", "Bế mạc"]
    wrong = client.post(where, {"do": "add", "title": "", "minutes": "900", "speaker": "Hội phụ nữ", "unit": session.unit_id}).content.decode()
    assert wrong.count('aria-invalid="true"') == 3 and 'value="Hội phụ nữ"' in wrong and len(titles(session)) == 3
    for do, expected in ((f"start-{first.pk}", "running"), (f"start-{second.pk}", "done"), (f"back-{first.pk}", "done"), ("start-x", "done")):
        assert client.post(where, {"do": do}, follow=True).status_code == 200
        assert fresh(first).state == expected
    client.post(where, {"do": f"down-{first.pk}"})
    assert titles(session)[0] == "Đất đai"
    other = written(open_session(), "Của buổi khác")[0]
    client.post(where, {"do": f"remove-{other.pk}"})
    assert AgendaItem.objects.filter(pk=other.pk).exists()
    assert client.get(address("agenda_item", session, other.pk)).status_code == 404
    client.post(address("agenda_item", session, first.pk), {"title": "Chào mừng", "minutes": "7"})
    assert fresh(first).title == "Chào mừng"


def test_a_clerk_tells_a_late_start(clerk):
    client, session, _items = clerk
    where = address("delay", session)
    wrong = client.post(where, {"minutes": "600", "reason": ""}).content.decode()
    assert wrong.count('aria-invalid="true"') == 2
    late = client.post(where, {"minutes": "180", "reason": "Bão"}).content.decode()
    assert 'aria-invalid="true"' in late and 'value="Bão"' in late
    assert client.post(where, {"minutes": "20", "reason": "Mất điện"}).status_code == 302
    assert Delay.objects.get().reason == "Mất điện"
    assert "Mất điện" in client.get(address("session", session)).content.decode()


def test_pages_of_the_day_stay_within_their_queries(clerk, django_assert_max_num_queries):
    client, session, items = clerk
    day.tell_delay(session, 20, "Mất điện", None)
    for where in (reverse("dialogue_sessions_day:sessions"), address("session", session), address("agenda", session), address("delay", session),
                  address("agenda_item", session, items[0].pk)):  # fmt: skip
        client.get(where)
        with django_assert_max_num_queries(25):
            assert client.get(where).status_code == 200


# ── On the screen ─────────────────────────────────────────────────────────────────────────────────────────────────────


def screen(session, language="vi", query=""):
    with translation.override(language):
        return Client().get(reverse("dialogue_sessions:screen", args=[session.slug]) + query)


def test_the_screen_shows_what_runs_what_comes_and_how_many_are_there(three, django_assert_max_num_queries):
    session, (first, _second, _third) = three
    someone = confirmed(session.pools.select_related("session__series").get())
    with on_the_day(session, 5 * MINUTE):
        services.follow_clock(session.pk)
        agenda.start_item(first, None)
        day.check_in(someone, None, key=someone.uid)
    with on_the_day(session, 12 * MINUTE), django_assert_max_num_queries(12):
        answer = screen(session)
    html = answer.content.decode()
    assert "Khai mạc" in html and "Đất đai" in html and "13 phút" in html and 'class="screen-number">1<' in html and 'class="qr"' in html
    assert "no-store" in answer.headers["Cache-Control"] and 'content="noindex"' in html
    assert '<noscript><meta http-equiv="refresh"' in html and "Nguyễn" not in html
    with on_the_day(session, 30 * MINUTE):
        assert "5 phút" in screen(session).content.decode()
        stopped = screen(session, query="?dung=1").content.decode()
    assert "http-equiv" not in stopped and "data-stopped" in stopped


def test_the_screen_says_where_a_session_stands_in_both_languages(three):
    session, _items = three
    with on_the_day(session):
        assert "9:00" in screen(session).content.decode()
        day.tell_delay(session, 20, "Mất điện", None)
        html = screen(session).content.decode()
        assert "9:20" in html and "Mất điện" in html
        assert "We begin at 9:20" in screen(session, "en").content.decode()
    with on_the_day(session, 5 * HOUR):
        services.follow_clock(session.pk)
        assert "The session has ended" in screen(session, "en").content.decode()
    called_off = open_session()
    services.cancel_session(called_off, "Bão lớn", None)
    assert "Bão lớn" in screen(called_off).content.decode()


def test_a_draft_has_no_screen():
    from .making import draft

    assert screen(draft()).status_code == 404


def test_everybody_reads_agenda_and_late_start_on_the_sessions_page(three, django_assert_max_num_queries):
    session, (first, *_rest) = three
    with on_the_day(session):
        day.tell_delay(session, 20, "Mất điện", None)
        agenda.start_item(first, None)
        with django_assert_max_num_queries(12) as asked:
            html = Client().get(f"/lich/{session.slug}/").content.decode()
    assert "Khai mạc" in html and "Mất điện" in html and "9:20" in html
    assert len(asked.captured_queries) <= 12, [query["sql"][:100] for query in asked.captured_queries]
