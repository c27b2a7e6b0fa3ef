"""What an officer meets on a day with a session: nobody is led to a page that refuses them, numbers are people as told at the door, a
button that would refuse says why beforehand, and what is over is not told as if it were to come."""

import re
import uuid

import pytest
import time_machine
from django import forms
from django.test import Client
from django.utils import translation

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import AgendaItem, Session
from dialogue_sessions.services import Seats, agenda, day
from foundation.forms import TellingForm
from safeguards.models import Event
from tests.messaging.test_back_office import officer, signed_in

from .making import MINUTE, confirmed, draft, fresh, open_pool, open_session, pool_of
from .promising import held_session, minutes_of, overdue

ROOT = "/admin/dialogue-sessions/"
HALF = 30 * MINUTE


def page_of(response):
    return response.content.decode()


# ── Where no transaction is open, as in the portal ────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fields", [{"do": "names"}, {"do": "find", "find-name": "nguyen"}])
def test_names_are_opened_at_the_door_outside_any_transaction(fields):
    pool = open_pool(3)
    confirmed(pool)
    user = officer("cua", pool.session.unit)
    with time_machine.travel(pool.session.starts_at - HALF, tick=False):
        answer = signed_in(user).post(f"/admin/dialogues/day/{pool.session_id}/door/", fields)
    assert answer.status_code in {200, 302}
    assert Event.objects.filter(kind="dialogue_sessions.names_read", actor=user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_file_of_who_came_is_taken_outside_any_transaction():
    pool = open_pool(3)
    user = officer("cua", pool.session.unit)
    answer = signed_in(user).post(f"/admin/dialogues/day/{pool.session_id}/attendance.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert Event.objects.filter(kind="dialogue_sessions.attendance_exported", actor=user).count() == 1


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_numbers_of_minutes_are_people_as_they_were_told_at_the_door():
    session = open_session(seats=[Seats(12), Seats(5, PoolKind.WALK_IN)])
    hall = pool_of(session, kind=PoolKind.HALL)
    group, _pair, single = confirmed(hall, size=3), confirmed(hall, size=2), confirmed(hall)
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        services.follow_clock(session.pk)
        day.check_in(group, None, key=uuid.uuid4(), people=2)
        day.check_in(single, None, key=uuid.uuid4())
        day.walk_in(session, None, key=uuid.uuid4(), size=2)
        assert services.minutes.numbers(fresh(session)) == {"registered": 6, "attended": 5, "absent": 1}  # of the pair nobody has said anything
        day.close_attendance(session, None)
        assert services.minutes.numbers(fresh(session)) == {"registered": 6, "attended": 5, "absent": 3}
        at_the_door = day.attendance(session)
    assert (at_the_door.expected, at_the_door.present, at_the_door.missing) == (6, 5, 3)


# ── What is over ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_session_that_is_over_tells_nothing_as_if_it_were_to_come(client):
    session = open_session()
    run, _left = (agenda.add_item(AgendaItem(session=session, title=title, minutes=20), None) for title in ("Đất đai", "Môi trường"))
    with time_machine.travel(session.starts_at - HALF, tick=False):
        day.tell_delay(session, 10, "Mất điện", None)
    with time_machine.travel(session.starts_at + 10 * MINUTE, tick=False):
        services.follow_clock(session.pk)
        agenda.start_item(run, None)
        during = page_of(client.get(session.get_absolute_url()))
        assert "Mất điện" in during
        assert "đang diễn ra" in during
        assert "man-hinh" in during
    with time_machine.travel(session.ends_at + MINUTE, tick=False):
        services.follow_clock(session.pk)
        after = page_of(client.get(session.get_absolute_url()))
    for gone in ("Mất điện", "đang diễn ra", "man-hinh", "khoảng "):
        assert gone not in after, gone
    assert "không ghi giờ" in after  # whether the point that nobody began was spoken about, the portal does not know


@pytest.mark.django_db
def test_what_came_of_a_session_stands_before_what_was_planned_for_it(client):
    session = held_session(subjects="Nội dung dự kiến lúc đầu")
    minutes = services.circulate(minutes_of(session), None)
    type(minutes).objects.filter(pk=minutes.pk).update(corrections_until=minutes.circulated_at)
    services.publish_minutes(services.finish(fresh(minutes), None), None, late_reason="Chờ góp ý")
    page = page_of(client.get(session.get_absolute_url()))
    assert page.index('id="sau-buoi"') < page.index('id="noi-dung"')


# ── Nobody is led to a page that refuses them ─────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["clerk", "publisher", "moderator", "leader", "handler"])
@pytest.mark.parametrize("make", [draft, open_session, held_session])
def test_every_way_on_the_page_of_a_session_leads_somewhere(role, make):
    session = make()
    client = signed_in(officer("can-bo", session.unit, role))
    page = page_of(client.get(f"{ROOT}{session.pk}/"))
    ways = set(re.findall(r'href="(/admin/(?:dialogue-sessions|dialogues|records)/[^"]*)"', page[page.index('class="nice-padding sessions-page"') :]))
    assert ways
    for way in ways:
        assert client.get(way).status_code == 200, way


@pytest.mark.django_db
def test_from_the_page_of_a_session_that_was_held_one_gets_to_its_minutes_and_cases():
    session = held_session()
    page = page_of(signed_in(officer("can-bo", session.unit)).get(f"{ROOT}{session.pk}/"))
    assert f"/admin/records/sessions/{session.pk}/minutes/" in page
    assert f"/admin/records/sessions/{session.pk}/cases/" in page


@pytest.mark.django_db
def test_no_event_of_a_session_stands_there_under_its_name_in_code():
    session = open_session(seats=[Seats(12)])
    user = officer("can-bo", session.unit)
    client = signed_in(user)
    services.set_capacity(pool_of(session), 14, user)
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        client.force_login(user)
        services.follow_clock(session.pk)
        day.tell_delay(session, 20, "Mất điện", user)
        day.close_attendance(session, user)
        day.reopen_attendance(session, user)
        client.post(f"/admin/dialogues/day/{session.pk}/attendance.csv")
        client.post(f"/admin/dialogues/day/{session.pk}/door/", {"do": "names"})
        page = page_of(client.get(f"{ROOT}{session.pk}/"))
    kinds = Event.objects.filter(subject_type="dialogue_sessions.session", subject_id=str(session.pk)).values_list("kind", flat=True)
    assert len(set(kinds)) > 6
    for kind in kinds:
        assert kind.removeprefix("dialogue_sessions.") not in page, kind
    assert "12 → 14" in page


@pytest.mark.django_db
def test_who_holds_no_post_is_told_why_nothing_is_there():
    session = open_session()
    user = officer("khong-chuc", session.unit)
    user.person.holdings.all().delete()
    page = page_of(signed_in(user).get(ROOT))
    assert session.title not in page
    assert "chưa gắn với chức danh" in page


# ── A button that would refuse says why before ────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_minutes_say_what_comes_next_and_what_stands_in_its_way():
    session = held_session()
    client = signed_in(officer("thu-ky", session.unit, "approver"))
    address = f"/admin/records/sessions/{session.pk}/minutes/"
    minutes = minutes_of(session, answered=False)
    assert f'action="{address}circulate/"' in page_of(client.get(address))
    Session.objects.filter(pk=session.pk).update(state="under_way")
    page = page_of(client.get(address))
    assert f'action="{address}circulate/"' not in page
    assert "buổi này kết thúc lúc" in page
    Session.objects.filter(pk=session.pk).update(state="held")
    services.circulate(fresh(minutes), None)
    page = page_of(client.get(address))
    assert f'action="{address}finish/"' not in page
    assert "còn được góp ý đến" in page
    assert "ý kiến chưa có trả lời: số 1" in page


@pytest.mark.django_db
def test_nothing_is_cancelled_because_nothing_was_chosen_and_ticks_stay():
    pool = open_pool(3)
    one, other = confirmed(pool), confirmed(pool)
    client = signed_in(officer("can-bo", pool.session.unit))
    answer = client.post(f"{ROOT}{pool.session_id}/registrations/bulk/", {"row": [one.pk], "action": "", "why": "asked"})
    page = page_of(answer)
    assert "chọn việc cần làm" in page
    assert re.search(rf'value="{one.pk}" id="row-{one.pk}" checked', page)
    assert not re.search(rf'id="row-{other.pk}" checked', page)
    assert fresh(one).state == "confirmed"
    fields = page_of(Client().get("/")) and page[page.index('name="action"') : page.index('name="why"')]
    assert fields.index('value=""') < fields.index('value="cancel"')


def test_an_empty_field_says_what_to_do():
    class Form(TellingForm):
        name = forms.CharField()
        kind = forms.ChoiceField(choices=[("a", "a")])
        own = forms.CharField(error_messages={"required": "Của riêng mình."})

    with translation.override("vi"):
        form = Form({})
        assert form.errors["name"] == ["Mục này bắt buộc: bạn hãy điền vào."]
        assert form.errors["kind"] == ["Mục này bắt buộc: bạn hãy chọn."]
        assert form.errors["own"] == ["Của riêng mình."]
    assert forms.CharField().error_messages["required"] is forms.Field.default_error_messages["required"]  # others keep Django's


# ── The wall and the board ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_code_on_the_wall_leads_to_no_page_that_refuses(client):
    session = open_session()
    wall = f"/lich/{session.slug}/man-hinh/"
    assert client.get(wall).context["address"].endswith(f"/lich/{session.slug}/cau-hoi/gui/")
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        services.follow_clock(session.pk)
        assert client.get(wall).context["address"].endswith(session.get_absolute_url())


@pytest.mark.django_db
def test_appointments_do_not_fill_the_board_and_are_one_press_away():
    session = open_session(kind="appointment", title="Hẹn tại quầy")
    client = signed_in(officer("can-bo", session.unit))
    page = page_of(client.get(ROOT))
    assert session.title not in page
    assert 'href="?kind=appointment"' in page
    assert session.title in page_of(client.get(ROOT, {"kind": "appointment"}))


@pytest.mark.django_db
def test_where_nobody_registers_no_time_of_registering_is_missing():
    session = draft(seats=[Seats(5, PoolKind.WALK_IN)], registration_opens=None, registration_closes=None)
    client = signed_in(officer("can-bo", session.unit))
    (column,) = (column for column in client.get(ROOT).context["columns"] if column["state"] == "draft")
    assert "thời gian đăng ký" not in column["cards"][0].missing
    assert "địa điểm" in column["cards"][0].missing


@pytest.mark.django_db
def test_what_waits_stands_on_the_first_page_for_ones_own_units_only(django_assert_max_num_queries):
    session = open_session()
    theirs = open_session()
    overdue(unit=session.unit)
    overdue(unit=theirs.unit)
    user = officer("lanh-dao", session.unit, "leader")
    with time_machine.travel(session.starts_at - HALF, tick=False):
        client = signed_in(user)
        client.get("/admin/")
        with django_assert_max_num_queries(25):
            page = page_of(client.get("/admin/"))
    assert session.title in page
    assert f"/admin/dialogues/day/{session.pk}/" in page
    assert theirs.title not in page
    assert "1 lời hứa đã quá hạn" in page
