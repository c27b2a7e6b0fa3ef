"""A series that is changed after it was planned: what it is for, its limit, and those of its sessions to come that somebody chose, shown
beforehand; what was changed by hand or has registrations is left alone."""

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.enums import PoolKind, SessionKind
from dialogue_sessions.models import Series, Session
from dialogue_sessions.series_changes import OWN, SHARED, Whom, Wish, change, standing, to_come
from dialogue_sessions.services import Seats
from foundation.hours import clock_day
from organisation.models import Field, Post, Room
from safeguards.models import Event
from tests.beginnings import house_roles
from tests.organisation import factories
from tests.procedures_catalog.factories import ProcedureFactory, VersionFactory

from .making import DAY, HOUR, announced, confirmed, fresh, held, person, pool_of
from .staff import officer, page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.ward("Phường Bến Chợ")


@pytest.fixture
def series(unit):
    return Series.objects.create(
        unit=unit, kind=SessionKind.APPOINTMENT, title="Hẹn làm căn cước", slug="hen-can-cuoc", slot_minutes=30, per_person=2
    )


@pytest.fixture
def slots(series):
    """Four open slots to come, two seats each."""
    begins = timezone.now().replace(minute=0, second=0, microsecond=0) + 5 * DAY
    spans = [(begins + number * HOUR, begins + number * HOUR + HOUR / 2) for number in range(4)]
    services.plan_series(series, spans, [Seats(2)], None, registration_opens=timezone.now() - DAY, place="Phòng 1")
    made = services.announce_series(series, None, late_because="Việc gấp")
    return [services.follow_clock(one.pk) for one in made]


def wished(series, whom=Whom.FREE, seats=None, **values):
    """How the series stands, with these values."""
    now = standing(series, to_come(series, timezone.now()))
    found = {**now.own, **now.shared, **values}
    return Wish({name: found[name] for name in (*OWN, *SHARED)}, {PoolKind.HALL: None, **(seats or {})}, whom, "Mất điện")


def looked(series, wish):
    return change(series, wish, to_come(series, timezone.now()))


def edit(series, whom=Whom.FREE, seats=None, **values):
    wish = wished(series, whom, seats, **values)
    return services.edit_series(series, wish, None, seen=looked(series, wish).seen)


def places(slots):
    return [fresh(one).place for one in slots]


def seats(slots):
    return [pool_of(one).capacity for one in slots]


# ── What follows and what does not ────────────────────────────────────────────────────────────────────────────────────


def test_those_without_registrations_follow_and_the_others_are_named_with_the_reason(series, slots):
    held(pool_of(slots[0]))
    confirmed(pool_of(slots[1]), size=2)
    services.cancel(confirmed(pool_of(slots[2])))  # nobody any more
    wish = wished(series, Whom.FREE, place="Phòng 2")
    seen = looked(series, wish)
    assert [one.pk for one in seen.sessions] == [slots[2].pk, slots[3].pk]
    assert [(one.pk, why) for one, why in seen.left] == [(slots[0].pk, "đã có 1 người đăng ký"), (slots[1].pk, "đã có 2 người đăng ký")]
    assert places(slots) == ["Phòng 1"] * 4, "looking changes nothing"
    services.edit_series(series, wish, None, seen=seen.seen)
    assert places(slots) == ["Phòng 1", "Phòng 1", "Phòng 2", "Phòng 2"]


def test_those_that_nobody_changed_by_hand_follow_with_their_registrations(series, slots):
    held(pool_of(slots[0]))
    services.edit_session(slots[1], {"place": "Nhà văn hoá"}, None, place_reason="Mất điện")
    services.move_session(slots[2], slots[2].starts_at + DAY, slots[2].ends_at + DAY, "Trùng họp", None)
    services.set_capacity(pool_of(slots[3]), 5, None)
    wish = wished(series, Whom.UNTOUCHED, place="Phòng 2")
    seen = looked(series, wish)
    assert [one.pk for one in seen.sessions] == [slots[0].pk]
    assert seen.people == 1
    assert {one.pk for one, _why in seen.left} == {one.pk for one in slots[1:]}
    assert all("sửa tay" in why for _one, why in seen.left)
    services.edit_series(series, wish, None, seen=seen.seen)
    assert places(slots) == ["Phòng 2", "Nhà văn hoá", "Phòng 1", "Phòng 1"]


def test_what_followed_the_series_counts_as_untouched_the_next_time(series, slots):
    edit(series, Whom.UNTOUCHED, {PoolKind.HALL: 3}, place="Phòng 2")
    again = edit(series, Whom.UNTOUCHED, {PoolKind.HALL: 4}, place="Phòng 3")
    assert len(again.sessions) == 4
    assert places(slots) == ["Phòng 3"] * 4
    assert seats(slots) == [4] * 4


def test_what_has_begun_was_held_or_called_off_is_never_touched(series, slots):
    moment = timezone.now()
    Session.objects.filter(pk=slots[0].pk).update(
        state="held", starts_at=moment - DAY, ends_at=moment - DAY + HOUR, registration_opens=None, registration_closes=None
    )
    services.cancel_session(slots[1], "Bão", None)
    assert len(edit(series, Whom.UNTOUCHED, place="Phòng 2").sessions) == 2
    assert places(slots) == ["Phòng 1", "Phòng 1", "Phòng 2", "Phòng 2"]


def test_only_what_was_changed_is_written(series, slots):
    services.edit_session(slots[0], {"place": "Nhà văn hoá"}, None, place_reason="Mất điện")
    edit(series, Whom.FREE, accessibility="Có lối cho xe lăn")
    assert fresh(slots[0]).place == "Nhà văn hoá", "the place of the others was not asked for"
    assert {fresh(one).accessibility for one in slots} == {"Có lối cho xe lăn"}


def test_who_receives_stands_in_and_attends_and_the_title_follow(series, slots, unit):
    post, other = Post.objects.create(unit=unit, title="Chủ tịch"), Post.objects.create(unit=unit, title="Phó chủ tịch")
    department = factories.ward("Phòng Tư pháp")
    edit(series, Whom.FREE, post=post.pk, stand_in=other.pk, attending=(department.pk,), title="Hẹn làm giấy tờ", title_en="Appointments")
    for one in map(fresh, slots):
        assert (one.post, one.stand_in, one.title, one.title_en) == (post, other, "Hẹn làm giấy tờ", "Appointments")
        assert list(one.attending.all()) == [department]
    assert fresh(series).title == "Hẹn làm giấy tờ"


def test_the_series_alone_changes_where_nobody_is_to_follow(series, slots):
    edit(series, Whom.NONE, title="Hẹn khác", per_person=1)
    assert (fresh(series).title, fresh(series).per_person) == ("Hẹn khác", 1)
    assert {fresh(one).title for one in slots} == {"Hẹn làm căn cước"}
    series = fresh(series)
    wish = wished(series, Whom.NONE, place="Phòng 2")
    with pytest.raises(services.ReasonMissing, match=r"."):
        services.edit_series(series, wish, None, seen=looked(series, wish).seen)
    assert places(slots) == ["Phòng 1"] * 4


def test_the_limit_of_a_person_holds_at_once_and_takes_nothing_away(series, slots):
    first, second = (services.confirm(services.hold(pool_of(one), person("một người"))) for one in slots[:2])
    edit(series, Whom.NONE, per_person=1)
    assert {fresh(first).state, fresh(second).state} == {"confirmed"}
    with pytest.raises(services.TooManyPlaces):
        services.hold(pool_of(slots[2]), person("một người"))


# ── Seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_more_seats_go_to_those_who_wait(series, slots):
    pool = pool_of(slots[0])
    for _number in range(2):
        confirmed(pool)
    waiting = services.confirm(held(pool))
    assert waiting.state == "waiting"
    edit(series, Whom.UNTOUCHED, {PoolKind.HALL: 3, PoolKind.ONLINE: 1})
    assert fresh(waiting).state == "offered"
    assert [one.pools.get(kind=PoolKind.ONLINE).capacity for one in slots] == [1] * 4


@pytest.mark.accepts("C4")
def test_fewer_seats_than_are_taken_are_refused_and_nothing_is_done(series, slots):
    for _number in range(2):
        confirmed(pool_of(slots[2]))
    wish = wished(series, Whom.UNTOUCHED, {PoolKind.HALL: 1}, place="Phòng 2", title="Khác")
    seen = looked(series, wish)
    assert [(one.pk, name, taken) for one, name, taken in seen.too_small] == [(slots[2].pk, "seats_hall", 2)]
    with pytest.raises(services.Invalid) as caught:
        services.edit_series(series, wish, None, seen=seen.seen)
    assert list(caught.value.error.message_dict) == ["seats_hall"]
    assert clock_day(slots[2].starts_at) in str(caught.value)
    assert seats(slots) == [2] * 4
    assert places(slots) == ["Phòng 1"] * 4
    assert fresh(series).title == "Hẹn làm căn cước"


def test_seats_that_stand_in_parts_are_left_to_their_own_page(series, slots):
    services.add_seats(slots[0], Seats(1, name="Ghế hàng đầu"), None)
    seen = looked(series, wished(series, Whom.FREE, {PoolKind.HALL: 3}))
    assert [one.pk for one, _why in seen.left] == [slots[0].pk]
    assert len(seen.sessions) == 3


# ── Together ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_room_that_is_taken_at_one_of_the_times_is_told_with_it_and_nothing_is_done(series, slots):
    room = Room.objects.create(point=factories.point(series.unit), name="Hội trường", seats=60)
    announced(room=room, starts_at=slots[1].starts_at, ends_at=slots[1].ends_at, registration_opens=None, registration_closes=None)
    wish = wished(series, Whom.FREE, room=room.pk, place="")
    with pytest.raises(services.Invalid) as caught:
        services.edit_series(series, wish, None, seen=looked(series, wish).seen)
    assert "room" in caught.value.error.message_dict
    assert clock_day(slots[1].starts_at) in str(caught.value)
    assert {fresh(one).room for one in slots} == {None}


def test_what_nobody_looked_at_is_not_done(series, slots):
    wish = wished(series, Whom.FREE, place="Phòng 2")
    seen = looked(series, wish).seen
    held(pool_of(slots[0]))  # somebody registers meanwhile
    with pytest.raises(services.Stale):
        services.edit_series(series, wish, None, seen=seen)
    other = wished(series, Whom.FREE, place="Phòng 9")
    with pytest.raises(services.Stale):
        services.edit_series(series, other, None, seen=looked(series, wish).seen)
    assert places(slots) == ["Phòng 1"] * 4


def test_each_change_is_on_record_without_the_words(series, slots):
    edit(series, Whom.FREE, {PoolKind.HALL: 3}, place="Phòng Bí mật")
    event = Event.objects.get(kind="dialogue_sessions.series_changed")
    assert event.payload == {"slug": series.slug, "fields": ["hall", "place"], "sessions": 4, "whom": "free"}
    rows = Event.objects.filter(kind="dialogue_sessions.session_changed")
    assert [row.payload["fields"] for row in rows] == [["place"]] * 4
    assert "Bí mật" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_a_wish_for_what_stands_does_nothing(series, slots):
    before = Event.objects.count()
    assert not edit(series, Whom.UNTOUCHED)
    assert Event.objects.count() == before


def test_a_text_that_comes_back_with_other_line_ends_is_no_change(series, slots):
    edit(series, Whom.FREE, subjects="Đường\nNước")
    assert not looked(series, wished(series, Whom.FREE, subjects="Đường\nNước"))


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def planner(unit):
    house_roles()
    return officer("can-bo", unit, "editor")


def address(series):
    return reverse("dialogue_sessions_backoffice:series_edit", args=[series.pk])


def shown(form, **values):
    """The form as it stands in the page, with these values."""
    said = {}
    for field in form:
        value = field.value()
        if value is None or value is False:
            continue
        said[field.html_name] = [str(one) for one in value] if isinstance(value, list | tuple | set) else str(value)
    return {**said, **values}


def test_the_page_shows_first_then_saves_what_was_shown(series, slots, planner):
    held(pool_of(slots[0]))
    client = signed_in(planner)
    page = client.get(address(series))
    assert page.status_code == 200
    said = shown(page.context["form"], place="Phòng 2", place_reason="Mất điện", whom="free")
    seen = client.post(address(series), said)
    text = page_of(seen)
    assert "3 buổi sắp tới" in text
    assert "đã có 1 người đăng ký" in text
    assert places(slots) == ["Phòng 1"] * 4
    assert client.post(address(series), {**said, "save": "1", "seen": "x"}).status_code == 200
    assert places(slots) == ["Phòng 1"] * 4, "saved is only what was looked at"
    done = client.post(address(series), {**said, "save": "1", "seen": seen.context["change"].seen})
    assert done.status_code == 302
    assert places(slots) == ["Phòng 1", "Phòng 2", "Phòng 2", "Phòng 2"]


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(series, slots, planner):
    for _number in range(2):
        confirmed(pool_of(slots[0]))
    client = signed_in(planner)
    said = shown(client.get(address(series)).context["form"])
    nothing = client.post(address(series), said)
    assert nothing.status_code == 422
    no_choice = client.post(address(series), {**said, "place": "Giữ chữ này"})
    assert "whom" in no_choice.context["form"].errors
    assert "Giữ chữ này" in page_of(no_choice)
    too_few = client.post(address(series), {**said, "seats_hall": "1", "whom": "untouched"})
    assert "seats_hall" in too_few.context["form"].errors
    code = client.post(address(series), {**said, "served_codes": "9.999999"})
    assert "served_codes" in code.context["form"].errors
    assert 'name="seen"' not in page_of(code)


def test_a_reception_is_asked_for_no_procedures(series, slots, planner):
    Series.objects.filter(pk=series.pk).update(kind=SessionKind.PERIODIC)
    form = signed_in(planner).get(address(series)).context["form"]
    assert "served_fields" not in form.fields


def test_a_post_that_is_not_in_sight_stays_as_it_is(series, slots, planner):
    elsewhere = Post.objects.create(unit=factories.ward("Phường Khác"), title="Người nơi khác")
    edit(series, Whom.FREE, post=elsewhere.pk)
    client = signed_in(planner)
    said = shown(client.get(address(series)).context["form"], place="Phòng 2", place_reason="Mất điện", whom="free")
    made = client.post(address(series), said).context["change"]
    assert made.shared == ["place"]


@pytest.mark.accepts("A10")
def test_another_units_series_is_not_there(series, slots):
    house_roles()
    client = signed_in(officer("noi-khac", factories.ward("Phường Khác"), "editor"))
    assert client.get(address(series)).status_code == 404
    assert client.post(address(series), {"title": "x"}).status_code == 404
    assert fresh(series).title == "Hẹn làm căn cước"


def test_who_may_only_look_is_offered_no_change(series, slots, unit):
    house_roles()
    client = signed_in(officer("quay", unit, "clerk"))
    assert address(series) not in page_of(client.get(reverse("dialogue_sessions_backoffice:series", args=[series.pk])))
    assert client.get(address(series)).status_code in {302, 403}


@pytest.mark.accepts("L3")
def test_the_page_takes_25_queries_however_many_sessions_there_are(series, slots, planner, django_assert_max_num_queries):
    client = signed_in(planner)
    post, other = (Post.objects.create(unit=series.unit, title=title) for title in ("Chủ tịch", "Phó chủ tịch"))
    room = Room.objects.create(point=factories.point(series.unit), name="Hội trường", seats=60)
    field = Field.objects.create(code="HT", name="Hộ tịch phường", slug="ho-tich-phuong")
    said = shown(
        client.get(address(series)).context["form"], whom="untouched", post=str(post.pk), stand_in=str(other.pk), room=str(room.pk),
            place_reason="Mất điện",
        attending=[str(series.unit_id)], served_fields=[str(field.pk)], served_codes=ProcedureFactory().code,
    )  # fmt: skip
    with django_assert_max_num_queries(25):
        client.get(address(series))
    with django_assert_max_num_queries(25):
        assert client.post(address(series), said).status_code == 200


def test_the_pages_of_procedures_follow_at_once_though_they_are_kept(client, series, slots, planner):
    procedure, other = ProcedureFactory(), ProcedureFactory()
    pages = [reverse("procedures_catalog:procedure", args=[one.procedure.code]) for one in (
        VersionFactory(effective=True, procedure=procedure), VersionFactory(effective=True, procedure=other))]  # fmt: skip
    series.procedures.set([procedure])
    leads = f"/{slots[0].unit.slug}/"

    def led():
        return [leads in client.get(page).content.decode() for page in pages]

    assert led() == [True, False]
    officer_client = signed_in(planner)
    said = shown(officer_client.get(address(series)).context["form"], served_codes=other.code)
    seen = officer_client.post(address(series), said)
    officer_client.post(address(series), {**said, "save": "1", "seen": seen.context["change"].seen})
    assert list(series.procedures.all()) == [other]
    assert led() == [False, True]


def test_fields_are_changed_in_the_same_way(series, slots, planner):
    field = Field.objects.create(code="HT", name="Hộ tịch phường", slug="ho-tich-phuong")
    client = signed_in(planner)
    said = shown(client.get(address(series)).context["form"], served_fields=[str(field.pk)])
    seen = client.post(address(series), said)
    client.post(address(series), {**said, "save": "1", "seen": seen.context["change"].seen})
    assert list(series.fields.all()) == [field]


def test_those_who_registered_are_told_of_another_place_by_a_job(series, slots):
    held(pool_of(slots[0]))
    edit(series, Whom.UNTOUCHED, place="Phòng 9")
    with connection.cursor() as cursor:
        cursor.execute("select args->>'session_id' from procrastinate_jobs where task_name = 'dialogue_sessions.tell_elsewhere'")
        assert str(slots[0].pk) in {pk for (pk,) in cursor.fetchall()}


def test_a_slot_that_has_begun_is_left_alone_though_the_clock_has_not_said_so_yet(series, slots):
    with time_machine.travel(slots[0].starts_at + DAY / 1440, tick=False):
        edit(series, place="Phòng 9")
    assert places(slots) == ["Phòng 1", "Phòng 9", "Phòng 9", "Phòng 9"]
