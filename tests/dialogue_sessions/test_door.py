"""The page at the door and what a telephone sends: for whom it is, what it tells, what stands on record."""

import csv
import io
import json
import re
import uuid

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import services, tickets
from dialogue_sessions.contacts import applicant
from dialogue_sessions.models import CheckIn, Registration
from dialogue_sessions.services import Seats, day
from safeguards.models import Event
from tests.messaging.test_back_office import officer, signed_in
from tests.organisation import factories
from tests.safeguards import staff

from .making import MINUTE, confirmed, fresh, person, pool_of
from .test_check_in import open_pool, open_session

pytestmark = pytest.mark.django_db
BUDGET = 25
HALF = 30 * MINUTE


def door_of(session):
    return reverse("dialogue_sessions_day:door", args=[session.pk])


@pytest.fixture
def hall():
    """A session of a ward on its morning, with somebody who registered, and the ward's clerk."""
    pool = open_pool(3)
    someone = confirmed(pool)
    client = Client()
    client.user = officer("cua", pool.session.unit)
    with time_machine.travel(pool.session.starts_at - HALF, tick=False):
        client.force_login(client.user)
        yield pool.session, someone, client


def by_clerk(session, **values):
    """Somebody whom a clerk writes down, also on the morning itself."""
    return services.hold(pool_of(session), person(**values), source="clerk")


def press(client, session, do, **fields):
    return client.post(door_of(session), {"do": do, **fields}, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


def test_a_number_typed_without_a_script_tells_somebody_present(hall):
    session, someone, client = hall
    page = press(client, session, "number", **{"number-number": f"#{someone.seat_no}", "number-key": uuid.uuid4()})
    assert fresh(someone).state == "attended" and f"{someone.seat_no}" in said(page)
    again = press(client, session, "number", **{"number-number": f"{someone.seat_no}", "number-key": uuid.uuid4()})
    assert again.status_code == 200 and CheckIn.objects.count() == 1


@pytest.mark.parametrize("typed", ["99", "abc", "", "-5", "1" * 30])
def test_a_wrong_number_is_told_at_the_field_and_stays_there(hall, typed):
    session, someone, client = hall
    page = press(client, session, "number", **{"number-number": typed, "number-key": uuid.uuid4()})
    html = page.content.decode()
    assert page.status_code == 200 and 'aria-invalid="true"' in html and fresh(someone).state == "confirmed"
    if typed:
        assert f'value="{typed}"' in html
    assert re.search(r"<title>\s*Lỗi", html)


def test_names_stand_nowhere_until_the_list_is_opened_and_that_is_on_record_once(hall):
    session, someone, client = hall
    name = services.reveal(someone, actor=client.user)[0]
    page = client.get(door_of(session)).content.decode()
    assert name not in page and "Ng. V." not in page and not Event.objects.filter(kind="dialogue_sessions.names_read").exists()
    opened = press(client, session, "names").content.decode()
    assert "Ng. V." in opened and name not in opened
    client.get(door_of(session))
    press(client, session, "names")
    press(client, session, "find", **{"find-name": "nguyen"})
    event = Event.objects.get(kind="dialogue_sessions.names_read")
    assert event.actor == client.user and name not in json.dumps(event.payload)


def test_a_name_is_found_with_or_without_marks_and_never_stands_in_an_address(hall):
    session, someone, client = hall
    name = services.reveal(someone, actor=client.user)[0]
    page = press(client, session, "find", **{"find-name": "nguyen van"})
    assert name in page.content.decode() and not page.redirect_chain
    assert Event.objects.get(kind="dialogue_sessions.names_read").actor == client.user  # a search reads the names of all
    none = press(client, session, "find", **{"find-name": "Không Có Ai"})
    assert name not in none.content.decode() and none.context["found"] == []
    short = press(client, session, "find", **{"find-name": "n"})
    assert 'aria-invalid="true"' in short.content.decode()


def test_a_walk_in_is_added_and_told_when_nothing_is_free(hall):
    session, _someone, client = hall
    fields = {"walk-in-size": "2", "walk-in-name": "Trần Thị Bích", "walk-in-village": "Thôn Đông", "walk-in-key": uuid.uuid4()}
    press(client, session, "walk-in", **fields)
    press(client, session, "walk-in", **fields)
    assert day.attendance(session).walk_ins == 2 and pool_of(session).taken == 3
    full = press(client, session, "walk-in", **{**fields, "walk-in-key": uuid.uuid4(), "walk-in-size": "1"}).content.decode()
    assert 'aria-invalid="true"' in full and 'value="Trần Thị Bích"' in full
    for wrong in ("0", "99", "x", ""):
        assert 'aria-invalid="true"' in press(client, session, "walk-in", **{**fields, "walk-in-size": wrong}).content.decode()


def test_from_the_list_with_how_many_came_and_back(hall):
    session, someone, client = hall
    group = by_clerk(session, size=2)
    press(client, session, f"present-{group.pk}", **{f"people-{group.pk}": "1"})
    assert CheckIn.objects.get(registration=group).people == 1
    press(client, session, f"undo-{group.pk}")
    assert fresh(group).state == "confirmed" and fresh(someone).state == "confirmed"


@pytest.mark.parametrize("do", ["", "present-", "present-x", "present-999999", "undo-1", "drop-1", "present-99999999999999999999"])
def test_what_no_button_sends_is_told_and_changes_nothing(hall, do):
    session, someone, client = hall
    assert press(client, session, do).status_code == 200
    assert fresh(someone).state == "confirmed"


def test_looking_changes_nothing(hall):
    session, _someone, client = hall
    before = Event.objects.count()
    for name in ("sessions", "session", "door"):
        args = [] if name == "sessions" else [session.pk]
        assert client.get(reverse(f"dialogue_sessions_day:{name}", args=args)).status_code == 200
    assert Event.objects.count() == before
    assert client.get(reverse("dialogue_sessions_day:send", args=[session.pk])).status_code == 405
    assert client.get(reverse("dialogue_sessions_day:file", args=[session.pk])).status_code == 405


def test_the_camera_is_allowed_on_this_page_alone(hall):
    session, _someone, client = hall
    assert client.get(door_of(session)).headers["Permissions-Policy"] == "camera=(self)"
    assert "camera=()" in client.get(reverse("dialogue_sessions_day:session", args=[session.pk])).headers["Permissions-Policy"]


# ── Whose ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A10")
def test_another_units_officer_finds_nothing_there(hall):
    session, someone, _client = hall
    other = signed_in(officer("khac", factories.ward("Phường Khác")))
    addresses = [reverse(f"dialogue_sessions_day:{name}", args=[session.pk]) for name in ("session", "door", "agenda", "delay")]
    for address in addresses:
        assert other.get(address).status_code == 404
        assert other.post(address, {"do": f"present-{someone.pk}"}).status_code == 404
    assert other.post(reverse("dialogue_sessions_day:send", args=[session.pk]), "{}", content_type="application/json").status_code == 404
    assert other.post(reverse("dialogue_sessions_day:file", args=[session.pk])).status_code == 404
    assert session.title not in other.get(reverse("dialogue_sessions_day:sessions")).content.decode()
    assert fresh(someone).state == "confirmed"


def test_a_registration_of_another_session_is_not_reached_through_ones_own(hall):
    session, _someone, client = hall
    foreign = confirmed(open_pool(1))
    times = {"starts_at": session.starts_at, "ends_at": session.ends_at, "registration_opens": None, "registration_closes": None}
    type(session).objects.filter(pk=foreign.session_id).update(**times)  # on the same morning: nothing else hinders it
    press(client, session, f"present-{foreign.pk}")
    assert fresh(foreign).state == "confirmed"


def test_who_may_only_look_tells_nobody_present(hall):
    session, someone, _client = hall
    leader = signed_in(officer("lanh-dao", session.unit, role="leader"))
    assert leader.get(reverse("dialogue_sessions_day:session", args=[session.pk])).status_code == 200
    assert leader.get(door_of(session)).status_code == 302
    leader.post(door_of(session), {"do": f"present-{someone.pk}"})
    leader.post(reverse("dialogue_sessions_day:session", args=[session.pk]), {"do": "close"})
    assert fresh(someone).state == "confirmed"
    assert Client().get(door_of(session)).status_code == 302


# ── What a telephone held back ────────────────────────────────────────────────────────────────────────────────────────


def send(client, session, items):
    body = items if isinstance(items, str) else json.dumps({"items": items})
    return client.post(reverse("dialogue_sessions_day:send", args=[session.pk]), body, content_type="application/json")


def test_a_queue_that_is_sent_twice_counts_once_and_keeps_the_times(hall):
    session, someone, client = hall
    other = by_clerk(session)
    items = [
        {"key": str(uuid.uuid4()), "no": str(someone.seat_no), "how": "number", "age": 600},
        {"key": str(uuid.uuid4()), "no": str(other.seat_no), "how": "list", "age": 5.5},
        {"key": str(uuid.uuid4()), "no": "77", "how": "number", "age": 1},
    ]
    first, second = send(client, session, items).json(), send(client, session, items).json()
    assert [one["outcome"] for one in first["results"]] == ["done", "done", "refused"]
    assert [one["outcome"] for one in second["results"]] == ["before", "before", "refused"]
    assert first["present"] == second["present"] == 2 and second["here"] == [someone.seat_no, other.seat_no]
    row = CheckIn.objects.get(registration=someone)
    assert (row.received_at - row.at).total_seconds() == 600
    assert CheckIn.objects.count() == 2


def test_a_ticket_is_read_and_one_of_another_session_or_a_cancelled_one_is_told(hall):
    session, someone, client = hall
    foreign, gone = confirmed(open_pool(1)), by_clerk(session)
    Registration.objects.filter(pk=gone.pk).update(state="cancelled", ended_at=timezone.now())
    items = [{"key": str(uuid.uuid4()), "ticket": tickets.ticket_token(row), "how": "ticket"} for row in (someone, foreign, gone)]
    mine, other, cancelled = send(client, session, items).json()["results"]
    assert mine["outcome"] == "done" and fresh(someone).state == "attended"
    assert other["outcome"] == "refused" and foreign.session.title in other["said"]
    assert cancelled["outcome"] == "refused" and fresh(foreign).state == "confirmed"


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{}", '{"items": 5}', '{"items": [1]}', '{"items": [{"no": "1"}]}', '{"items": [{"key": "x", "no": "1"}]}', "[" * 5000,
        '{"items": [{"key": "6f2c1f34-7f7c-4b5e-9d55-4a0b8a2d2c10", "how": "walk"}]}',
        '{"items": [{"key": "6f2c1f34-7f7c-4b5e-9d55-4a0b8a2d2c10", "no": "1", "people": "2"}]}',
        '{"items": [{"key": "6f2c1f34-7f7c-4b5e-9d55-4a0b8a2d2c10", "no": "1", "age": "soon"}]}',
        '{"items": [' + ",".join(["{}"] * 201) + "]}", '{"items": [], "x": "' + "a" * 100_001 + '"}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words_and_changes_nothing(hall, body):
    session, someone, client = hall
    answer = send(client, session, body)
    assert answer.status_code == 400 and answer.json()["said"] and fresh(someone).state == "confirmed"


def test_a_number_as_large_as_a_computer_writes_is_no_age(hall):
    session, someone, client = hall
    one = json.dumps({"key": str(uuid.uuid4()), "no": str(someone.seat_no), "age": 1}).replace('"age": 1', '"age": 1e400')
    send(client, session, f'{{"items": [{one}]}}')
    assert CheckIn.objects.get().at == CheckIn.objects.get().received_at


def test_a_session_that_is_busy_keeps_the_rest_on_the_telephone(hall, monkeypatch):
    session, someone, client = hall

    def busy(*args, **more):
        raise services.Busy

    monkeypatch.setattr(day, "check_in", busy)
    answer = send(client, session, [{"key": str(uuid.uuid4()), "no": str(someone.seat_no)}])
    assert answer.status_code == 200 and answer.json()["results"] == []


def test_a_form_of_another_site_sends_nothing(hall):
    session, someone, client = hall
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(client.user)
    for address in (door_of(session), reverse("dialogue_sessions_day:send", args=[session.pk])):
        assert strict.post(address, {"do": f"present-{someone.pk}"}).status_code == 403
    assert fresh(someone).state == "confirmed"


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def filled(count):
    session = open_session(seats=[Seats(count)])
    pool = pool_of(session)
    for _ in range(count):
        services.hold(pool, _someone(), source="clerk")
    return session


def _someone():
    return applicant("Nguyễn Văn An", village="Thôn Đông", needs=["wheelchair"])


def test_the_page_asks_the_same_few_questions_with_ten_and_three_hundred(django_assert_max_num_queries, admin_client, admin_user):
    numbers = []
    for count in (10, 300):
        session = filled(count)
        with time_machine.travel(session.starts_at - HALF, tick=False):
            admin_client.force_login(admin_user)
            admin_client.post(door_of(session), {"do": "names"})
            admin_client.get(door_of(session))
            with django_assert_max_num_queries(BUDGET) as asked:
                page = admin_client.get(door_of(session))
            assert page.content.decode().count("Ng. V. A.") == count
            numbers.append(len(asked.captured_queries))
    assert numbers[0] == numbers[1]


def test_names_and_villages_that_look_like_code_are_shown_as_text(hall):
    session, _someone, client = hall
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    services.hold(pool_of(session), _evil(evil), source="clerk")
    for do, fields in (("names", {}), ("find", {"find-name": "<script>alert(1)"}), ("number", {"number-number": evil})):
        html = press(client, session, do, **fields).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html


def _evil(text):
    return applicant(text, village=text[:100])


@pytest.mark.accepts("X1")
@pytest.mark.parametrize("village", ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "|cmd", "%x", "＝1", " =1", "'=1"])
def test_the_file_runs_in_no_spreadsheet_and_holds_no_name(hall, village):
    session, someone, client = hall
    Registration.objects.filter(pk=someone.pk).update(village=village)
    name = services.reveal(someone, actor=client.user)[0]
    answer = client.post(reverse("dialogue_sessions_day:file", args=[session.pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][8] == f"'{village}" and name not in answer.content.decode()
    assert Event.objects.get(kind="dialogue_sessions.attendance_exported").actor == client.user


def test_closing_the_list_from_the_page(hall):
    session, someone, client = hall
    address = reverse("dialogue_sessions_day:session", args=[session.pk])
    assert 'value="close"' not in client.get(address).content.decode()
    with time_machine.travel(session.starts_at + MINUTE, tick=False):
        client.force_login(client.user)
        services.follow_clock(session.pk)
        assert 'value="close"' in client.get(address).content.decode()
        client.post(address, {"do": "close"})
        assert fresh(someone).state == "no_show"
        client.post(address, {"do": "reopen"})
        assert fresh(someone).state == "confirmed"


def test_roles_that_run_the_day_hold_the_rights_for_it():
    for role, may in (("clerk", True), ("leader", True), ("auditor", False), ("handler", False)):
        user = staff.person(f"vai-{role}", role=role)
        assert user.has_perm("dialogue_sessions.add_delay") is may
