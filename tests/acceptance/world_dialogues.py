"""What residents attend in the town: a session in each state of its life, who registered, questions, minutes, promises, requests.

What has passed goes through the services as of its own day; holds are long, since walkers take their time."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from dialogue_sessions import question_links, services, tickets
from dialogue_sessions.contacts import applicant, digest
from dialogue_sessions.enums import PoolKind, SessionKind
from dialogue_sessions.models import (
    AgendaItem,
    Attendance,
    ConclusionLine,
    ConclusionNotice,
    ConsentText,
    Contribution,
    Pool,
    PriorityGroup,
    Promise,
    PromiseEvidence,
    ReceptionCase,
    RecordPolicy,
    Registration,
    RequestThreshold,
    RetentionPolicy,
    SeatPolicy,
    Series,
    Session,
)
from dialogue_sessions.promise_follow import PURPOSE as FOLLOWING
from dialogue_sessions.question_views import ASK, SUPPORT
from dialogue_sessions.registering import PURPOSE as REGISTERING
from dialogue_sessions.request_views import SIGN
from dialogue_sessions.services import Seats, following, gate, minutes
from messaging import proving
from messaging.models import QuietHours
from messaging.services import contact_for, save_quiet_hours
from organisation.models import Post, today
from organisation.models import Room as PointRoom

if TYPE_CHECKING:
    from .world import World

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
SEATS = (Seats(20), Seats(10, PoolKind.ONLINE), Seats(5, PoolKind.VILLAGE, village="khu phố 4"), Seats(5, PoolKind.WALK_IN))


def build(world: World) -> None:
    """Add it to the town."""
    SeatPolicy.objects.create(valid_from=today() - DAY, hold_minutes=1440, source="QĐ 5/QĐ-UBND")
    PriorityGroup.objects.create(code="tren-80", name="Người trên 80 tuổi", name_en="People over 80", rank=2, valid_from=today() - DAY)
    administrator = world.users["administrator"]
    world.things |= {
        "retention": services.save_policy(RetentionPolicy(valid_from=today(), days=90, source="QĐ 1"), administrator),
        "threshold": services.save_policy(RequestThreshold(valid_from=today() - DAY, source="QĐ 2"), administrator),
        "record_policy": services.save_policy(RecordPolicy(valid_from=today() - DAY, source="QĐ 3"), administrator),
        "consent": services.save_policy(ConsentText(version="2026", valid_from=today(), text="Tôi đồng ý."), administrator),
        "quiet_hours": save_quiet_hours(QuietHours(valid_from=today(), begins=dt.time(21), ends=dt.time(7)), administrator),
    }  # fmt: skip
    _sessions(world)
    _registered(world)
    _asked(world)
    _written(world)
    _promised(world)
    _requested(world)
    things = world.things
    things |= {
        "dialogue": things["session"], "draft_dialogue": things["draft_session"], "dialogue_registration": things["registration"],
        "dialogue_request": things["request"], "waiting_question": things["received_question"],
        "ticket": things["place_token"],
    }  # fmt: skip


def session(world: World, slug: str, begins: dt.timedelta, **values: Any) -> Session:
    """A session of the town's ward, announced in time; a draft with `announced=False`."""
    now, announced = timezone.now(), values.pop("announced", True)
    seats = values.pop("seats", SEATS)
    made = Session(
        **{
            "kind": SessionKind.THEMATIC, "unit": world.ward, "title": f"Đối thoại {slug}", "title_en": f"Dialogue {slug}", "slug": slug,
            "starts_at": now + begins, "ends_at": now + begins + 3 * HOUR, "place": "Nhà văn hoá thôn 1", "subjects": "Đường làng\nNước sạch",
            "post": world.ward_post, "online_link": "https://hop.example.org/1", "accessibility": "Có lối cho xe lăn",
            "registration_opens": now + begins - 30 * DAY, "registration_closes": now + begins - HOUR,
        } | values
    )  # fmt: skip
    with gate.as_of(now + begins - 29 * DAY if begins < 29 * DAY else now):
        services.plan_session(made, list(seats), world.users["publisher"])
        services.agenda.add_item(AgendaItem(session=made, title="Trả lời câu hỏi", title_en="Answers", minutes=30), world.users["publisher"])
        if announced:
            services.announce(made, world.users["publisher"])
    return Session.objects.get(pk=made.pk)


def _sessions(world: World) -> None:
    world.things["ward_post"] = Post.objects.create(unit=world.ward, title="Chủ tịch xã", is_leader=True)
    series = Series.objects.create(unit=world.office, kind=SessionKind.APPOINTMENT, title="Hẹn tại quầy", slug="hen-tai-quay", slot_minutes=30)
    series.fields.add(world.field)
    begins = gate.now().replace(minute=0, second=0, microsecond=0) + 3 * DAY
    slots = services.plan_series(series, [(begins, begins + HOUR / 2)], [Seats(2)], None, registration_opens=timezone.now() - DAY)
    services.announce_series(series, None)
    world.things |= {
        "series": series, "slot": services.follow_clock(slots[0].pk), "slot_day": timezone.localtime(begins).date().isoformat(),
        "draft_session": session(world, "ban-nhap", 20 * DAY, announced=False),
        "session": session(world, "dang-ky-duoc", 10 * DAY),
        "announced_session": session(world, "sap-toi", 40 * DAY, room=PointRoom.objects.get(), place=""),
        "closed_session": session(world, "het-cho-dang-ky", 5 * DAY),
        "running_session": session(world, "dang-dien-ra", -HOUR),
        "held_session": session(world, "da-qua", -12 * DAY),
        "circulated_session": session(world, "cho-gop-y", -3 * DAY),
        "cancelled_session": session(world, "da-huy", 15 * DAY),
        "moved_session": session(world, "da-doi", 12 * DAY),
        "reception": session(world, "tiep-dan", -20 * DAY, kind=SessionKind.PERIODIC),
    }  # fmt: skip
    services.follow_clock(world.session.pk)
    services.close_registration(services.follow_clock(world.closed_session.pk), None)
    services.cancel_session(world.cancelled_session, "Bão số 3", None)
    moved = world.moved_session
    services.move_session(moved, moved.starts_at + DAY, moved.ends_at + DAY, "Trùng lịch họp", None)
    for name in ("session", "closed_session", "cancelled_session", "moved_session"):
        world.things[name] = Session.objects.get(pk=world.things[name].pk)
    world.things |= {"pool": world.session.pools.get(kind=PoolKind.HALL), "agenda_item": world.running_session.agenda.get()}


def _hold(pool: Pool, name: str, address: str) -> Registration:
    return services.hold(pool, applicant(name, address, digest(address), village="thôn 1", subject="Đường làng"))


def _registered(world: World) -> None:
    place = services.confirm(_hold(world.pool, "Trần Thị Kín", "kin@example.vn"))
    held = _hold(world.pool, "Lê Văn Giữ", "giu@example.vn")
    contact = contact_for("giu@example.vn")
    world.things |= {
        "registration": place, "place_token": tickets.ticket_token(place), "held_registration": held,
        "register_token": proving.seal(contact, f"{REGISTERING}{held.uid.hex}"),
    }  # fmt: skip
    for name in ("held_session", "circulated_session", "running_session"):
        one = world.things[name]
        with gate.as_of(one.starts_at - DAY):
            pool = one.pools.get(kind=PoolKind.HALL)
            here = services.hold(pool, applicant("Ngô Thị Tới", village="thôn 2"), source="clerk")
            services.hold(pool, applicant("Ngô Văn Vắng"), source="clerk")
        with gate.as_of(one.starts_at + HOUR / 2):
            services.follow_clock(one.pk)
            services.day.check_in(here, None, key=uuid.uuid4())
        world.things[f"{name}_attendee"] = here
    for name in ("held_session", "circulated_session", "reception"):
        one = world.things[name]
        with gate.as_of(one.ends_at + HOUR):
            services.follow_clock(one.pk)
            services.day.close_attendance(one, None)
        world.things[name] = Session.objects.get(pk=one.pk)
    world.things["running_session"] = Session.objects.get(pk=world.running_session.pk)


def _asked(world: World) -> None:
    contact, now = contact_for("hoi@example.vn"), world.session
    asked = services.ask_question(now, "Bao giờ làm đường?", contact, "thôn 1")
    question = services.accept_question(asked, "Bao giờ làm đường vào thôn 1?", None)
    merged = services.merge_question(
        services.accept_question(services.ask_question(now, "Đường?", None), "Đường vào thôn 1 bao giờ xong?", None), question, None
    )
    answered = services.accept_question(services.ask_question(now, "Nước?", None), "Nước sạch về đến đâu rồi?", None)
    answered = services.publish_answer(services.assign_question(answered, world.ward, None, None), "Đã về thôn 3.", "in_writing", None)
    services.refuse_question(services.ask_question(now, "Nhà tôi?", None), "own_case", "Việc của riêng một nhà.", None)
    world.things |= {
        "question": question, "merged_question": merged, "answered_question": answered,
        "received_question": services.ask_question(now, "Chợ họp ngày nào?", None),
        "question_token": question_links.question_token(question),
        "ask_token": proving.seal(contact, f"{ASK}{question.pk}"), "support_token": proving.seal(contact, f"{SUPPORT}{question.pk}:1"),
    }  # fmt: skip


def _minutes_of(one: Session, world: World) -> Any:
    with gate.as_of(one.ends_at + HOUR):
        made = services.begin_minutes(one, None)
        made = services.save_summary(made, "Nói về đường và nước.", "About roads and water.", made.version, None)
        line = Contribution(minutes=made, village="thôn 1", text="Đường xấu.", answer="Sẽ làm.", answered_by=world.ward, satisfaction="partly")
        services.save_line(line, None)
        services.save_part(Attendance(minutes=made, unit=world.ward, note="chủ trì"), None)
        return services.circulate(made, None)


def _written(world: World) -> None:
    held = world.held_session
    published = _minutes_of(held, world)
    with gate.as_of(held.ends_at + DAY):
        correction = services.propose(published, world.held_session_attendee, published.contributions.get(), "Tôi nói đường thôn 2.")
        services.decide(correction, accept=True, public_text="Xin ghi rõ thôn 2.", reason="Đúng vậy.", actor=None)
    with gate.as_of(held.ends_at + 9 * DAY):
        published = services.publish_minutes(services.finish(published, None), None)
    waiting = _minutes_of(world.circulated_session, world)
    pending = services.propose(waiting, world.circulated_session_attendee, None, "Thiếu ý kiến về chợ.")
    case = ReceptionCase(session=world.reception, public_subject="Hỏi về đường", public_answer="Đã trả lời", unit=world.ward, due_on=today())
    services.publish_case(services.save_case(case, "Đường nhà bà Kín", "Sẽ xem", None), None)
    notice = services.save_conclusion(ConclusionNotice(session=world.reception, number="1/TB-UBND", signed_on=today() - 15 * DAY), None)
    line = services.add_conclusion_line(ConclusionLine(notice=notice, unit=world.ward, text="Vá đường", due_on=today() + 9 * DAY), None)
    services.publish_conclusion(notice, None)
    world.things |= {
        "minutes": published, "line": published.contributions.get(), "correction": pending, "case": ReceptionCase.objects.get(pk=case.pk),
        "notice": notice, "conclusion_line": line, "minutes_token": minutes.token(waiting, world.circulated_session_attendee),
    }  # fmt: skip


def _promised(world: World) -> None:
    def made(text: str, due: int, **values: Any) -> Promise:
        row = Promise(
            unit=world.ward, post=world.ward_post, session=world.held_session, text=text, text_en="A promise", made_on=today() - 12 * DAY,
            due_on=today() + due * DAY, **values,
        )  # fmt: skip
        return services.publish_promise(services.make_promise(row, None), None)

    promise = made("Lắp 12 đèn đường", 20, contribution=world.line)
    services.add_evidence(PromiseEvidence(promise=promise, text="Đã mua đèn"), None)
    services.move_promise(promise, today() + 30 * DAY, "Chờ điện lực", world.ward_post, None)
    kept = services.keep_promise(made("Sửa cống", 5), today() - DAY, "Đã sửa", None)
    services.refuse_promise(made("Làm cầu mới", 50), "Không có vốn", None)
    follower = services.follow(promise, contact_for("theo@example.vn"))
    world.things |= {
        "promise": Promise.objects.get(pk=promise.pk), "kept_promise": kept, "late_promise": made("Thu gom rác", -2),
        "draft_promise": services.promise_of_line(world.conclusion_line, None, None),
        "unfollow_token": following.token(follower), "follow_token": proving.seal(contact_for("theo@example.vn"), f"{FOLLOWING}:{promise.pk}"),
    }  # fmt: skip


def _requested(world: World) -> None:
    contact = contact_for("xin@example.vn")
    first = services.send_request(world.ward, "Xin đối thoại về chợ", "Võ Thị Xin", "thôn 1", contact)
    services.sign(first)
    request = services.open_request(first.request, "Dời chợ Đầu Nguồn", "Chợ dời đi đâu, bao giờ?", None)
    services.note_request(request, "Đã hỏi ý kiến các thôn.", None)
    first.refresh_from_db()
    other = services.prepare_signature(request, "Võ Văn Ký", "thôn 2", contact_for("ky@example.vn"))
    received = services.send_request(world.ward, "Xin đối thoại về nước", "Võ Thị Nước", "thôn 1", contact_for("nuoc@example.vn"))
    services.sign(received)
    world.things |= {
        "request": request, "signature_token": question_links.signature_token(first),
        "sign_token": proving.seal(contact_for("ky@example.vn"), f"{SIGN}{other.pk}"),
    }  # fmt: skip
