"""The kinds of messages to those who registered. Texts of letters name the session; texts for telephones are short and without marks."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.registries import MessageKind, Placeholder, message_kinds
from messaging.enums import Channel, Language
from messaging.quiet import ends_after, holds

CONFIRMED = "dialogue_sessions.confirmed"
WAITING = "dialogue_sessions.waiting"
OFFERED = "dialogue_sessions.offered"
OFFERED_SOON = "dialogue_sessions.offered_soon"
OFFER_LAPSED = "dialogue_sessions.offer_lapsed"
MOVED = "dialogue_sessions.moved"
ELSEWHERE = "dialogue_sessions.elsewhere"
CALLED_OFF = "dialogue_sessions.called_off"
CANCELLED = "dialogue_sessions.cancelled"
REMINDER_DAY = "dialogue_sessions.reminder_day"
REMINDER_HOUR = "dialogue_sessions.reminder_hour"

TITLE = Placeholder("title", _("name of the session"), _("Dialogue on land and building permits"))
WHEN = Placeholder("when", _("when it is, in words"), _("Thursday 03/12/2026, 18:30–20:30"))
TIME = Placeholder("time", _("when it begins, in figures"), "18:30 03/12/2026")
PLACE = Placeholder("place", _("where it is"), _("House of culture of quarter 4"))
FORMER = Placeholder("former", _("where it was to be and why that changed; nothing for who takes part online"),
                     _("It was to be at: House of culture of quarter 3. Why: the roof leaks."))  # fmt: skip
LINK = Placeholder("link", _("the page of the registration, with the ticket"), "https://…/lich/doi-thoai/cho/…/", link=True)
NUMBER = Placeholder("number", _("number on the ticket"), "17")
PEOPLE = Placeholder("people", _("how many people"), "2")
POSITION = Placeholder("position", _("place on the waiting list"), "4")
UNTIL = Placeholder("until", _("until when the offer stands"), "8:00 02/12/2026")
OLD = Placeholder("old", _("when it was to begin"), "18:30 02/12/2026")
REASON = Placeholder("reason", _("why"), _("The hall is flooded."))

Texts = dict[tuple[str, str], tuple[str, str]]


def would_be_late(until: dt.datetime) -> bool:
    """Whether something that is told after the quiet hours is told too late."""
    now = timezone.now()
    return holds(now) and ends_after(now) >= until


def kind(key: str) -> MessageKind:
    """One of these kinds."""
    return message_kinds[key]


def _texts(vi: tuple[str, str], en: tuple[str, str], sms_vi: str, sms_en: str) -> Texts:
    return {
        (Channel.EMAIL, Language.VI): vi, (Channel.EMAIL, Language.EN): en, (Channel.SMS, Language.VI): ("", sms_vi),
        (Channel.SMS, Language.EN): ("", sms_en),
    }  # fmt: skip


FACTS_VI = "{title}\nKhi nào: {when}\nỞ đâu: {place}\n"
FACTS_EN = "{title}\nWhen: {when}\nWhere: {place}\n"
PAGE_VI = "Xem phiếu, đổi hoặc hủy tại đây: {link}\nĐừng chuyển liên kết này cho người khác: ai có nó đều đổi được đăng ký của bạn."
PAGE_EN = "See the ticket, change or cancel here: {link}\nDo not pass this link on: whoever has it can change your registration."

OFFER_TEXTS = _texts(
    (
        "Có chỗ cho bạn, mời trả lời trước {until}",
        "Chào bạn,\n\nVừa có chỗ trống và bạn là người tiếp theo trong danh sách chờ.\n\n"
        + FACTS_VI
        + "\nChỗ được giữ cho bạn đến {until}. Mở trang này rồi chọn nhận hoặc nhường chỗ: {link}\n\n"
        "Quá giờ đó mà chưa có trả lời, chỗ sẽ chuyển cho người sau.",
    ),
    (
        "A seat for you, please answer by {until}",
        "Hello,\n\nA seat has become free and you are next on the waiting list.\n\n"
        + FACTS_EN
        + "\nIt is kept for you until {until}. Open this page and take it or leave it: {link}\n\n"
        "Without an answer by then it goes to the next person.",
    ),
    "Co cho cho ban luc {time}. Nhan hoac nhuong cho truoc {until}: {link}",
    "A seat for you at {time}. Take it or leave it by {until}: {link}",
)


def register() -> None:
    """Tell messaging what is sent."""
    for one in (*_of_seats(), *_of_sessions()):
        message_kinds.register(one.key, one)


def _of_seats() -> list[MessageKind]:
    hours = dt.timedelta(hours=24)
    return [
        MessageKind(
            CONFIRMED, _("Seat confirmed"), (TITLE, WHEN, TIME, PLACE, LINK, NUMBER, PEOPLE),
            _texts(
                (
                    "Bạn đã có chỗ, số {number}",
                    "Chào bạn,\n\nBạn đã có chỗ, số {number}, cho {people} người.\n\n" + FACTS_VI + "\nVé có mã để quét ở cửa. " + PAGE_VI
                    + "\n\nNếu không đến được, mời bạn hủy giúp để người khác có chỗ.",
                ),
                (
                    "You have a seat, number {number}",
                    "Hello,\n\nyou have a seat, number {number}, for {people} people.\n\n" + FACTS_EN + "\nThe ticket has a code for the door. "
                    + PAGE_EN + "\n\nShould you not be able to come, please cancel, so that somebody else has the seat.",
                ),
                "Ban da co cho so {number}, {time}. Ve, doi hoac huy: {link}",
                "You have seat {number}, {time}. Ticket, change or cancel: {link}",
            ),
            expires_after=hours, quiet=False, asked_for=True,
        ),
        MessageKind(
            WAITING, _("On the waiting list"), (TITLE, WHEN, TIME, PLACE, LINK, POSITION),
            _texts(
                (
                    "Bạn ở vị trí {position} trong danh sách chờ",
                    "Chào bạn,\n\nHiện đã hết chỗ. Bạn ở vị trí {position} trong danh sách chờ.\n\n" + FACTS_VI
                    + "\nKhi có chỗ trống, chúng tôi nhắn ngay cho bạn. Xem vị trí, đổi hoặc hủy tại đây: {link}",
                ),
                (
                    "You are number {position} on the waiting list",
                    "Hello,\n\nall seats are taken at the moment. You are number {position} on the waiting list.\n\n" + FACTS_EN
                    + "\nWe write to you as soon as a seat is free. See your place, change or cancel here: {link}",
                ),
                "Het cho luc {time}. Ban o vi tri {position} trong danh sach cho: {link}",
                "All seats for {time} are taken. You are number {position} on the waiting list: {link}",
            ),
            expires_after=hours, quiet=False, asked_for=True,
        ),
        MessageKind(
            OFFERED, _("A freed seat is offered"), (TITLE, WHEN, TIME, PLACE, LINK, UNTIL), OFFER_TEXTS, expires_after=hours
        ),
        MessageKind(
            OFFERED_SOON, _("A freed seat is offered, and the offer ends before morning"), (TITLE, WHEN, TIME, PLACE, LINK, UNTIL), OFFER_TEXTS,
            expires_after=hours, quiet=False,
        ),
        MessageKind(
            OFFER_LAPSED, _("An offer has lapsed"), (TITLE, WHEN, TIME, LINK),
            _texts(
                (
                    "Chỗ giữ cho bạn đã chuyển cho người sau",
                    "Chào bạn,\n\nChúng tôi chưa nhận được trả lời của bạn nên chỗ đã chuyển cho người tiếp theo.\n\n{title}\nKhi nào: {when}\n\n"
                    "Bạn vẫn có thể đăng ký lại. Xem tại đây: {link}",
                ),
                (
                    "The seat kept for you went to the next person",
                    "Hello,\n\nwe had no answer from you, so the seat went to the next person.\n\n{title}\nWhen: {when}\n\n"
                    "You can register again. See here: {link}",
                ),
                "Cho giu cho ban luc {time} da chuyen cho nguoi sau. Xem: {link}",
                "The seat kept for you at {time} went to the next person. See: {link}",
            ),
            expires_after=hours,
        ),
        MessageKind(
            CANCELLED, _("Registration cancelled"), (TITLE, WHEN, TIME, LINK),
            _texts(
                (
                    "Đã hủy đăng ký của bạn",
                    "Chào bạn,\n\nĐăng ký của bạn đã được hủy:\n\n{title}\nKhi nào: {when}\n\nNếu không phải bạn hủy, hãy gọi cho chúng tôi "
                    "hoặc đăng ký lại: {link}",
                ),
                (
                    "Your registration is cancelled",
                    "Hello,\n\nyour registration is cancelled:\n\n{title}\nWhen: {when}\n\nIf it was not you, call us or register again: {link}",
                ),
                "Da huy dang ky cua ban luc {time}. Neu khong phai ban huy: {link}",
                "Your registration for {time} is cancelled. If it was not you: {link}",
            ),
            expires_after=hours, quiet=False, asked_for=True,
        ),
    ]  # fmt: skip


def _of_sessions() -> list[MessageKind]:
    days = dt.timedelta(days=3)
    return [
        MessageKind(
            MOVED, _("Session moved to another time"), (TITLE, WHEN, TIME, PLACE, LINK, OLD, REASON),
            _texts(
                (
                    "Đổi lịch: {time}",
                    "Chào bạn,\n\nBuổi bạn đăng ký được dời sang giờ khác.\n\nTrước đây: {old}\n" + FACTS_VI
                    + "Lý do: {reason}\n\nĐăng ký của bạn được giữ nguyên. Nếu giờ mới không hợp, mời bạn hủy tại đây: {link}",
                ),
                (
                    "New time: {time}",
                    "Hello,\n\nthe session for which you registered has another time.\n\nIt was to begin: {old}\n" + FACTS_EN
                    + "Why: {reason}\n\nYour registration stays. Should the new time not suit you, cancel here: {link}",
                ),
                "Doi lich: {old} chuyen sang {time}. Dang ky cua ban van giu. Xem ly do hoac huy: {link}",
                "New time: {time} instead of {old}. Your registration stays. Why, or cancel: {link}",
            ),
            expires_after=days,
        ),
        MessageKind(
            ELSEWHERE, _("Session held at another place"), (TITLE, WHEN, TIME, PLACE, FORMER, LINK),
            _texts(
                (
                    "Đổi địa điểm, buổi lúc {time}",
                    "Chào bạn,\n\nBuổi bạn đăng ký đổi địa điểm, giờ giữ nguyên.\n\n" + FACTS_VI
                    + "{former}\n\nĐăng ký của bạn được giữ nguyên. Xem phiếu, hoặc hủy nếu chỗ mới không tiện: {link}",
                ),
                (
                    "Another place, session at {time}",
                    "Hello,\n\nthe session for which you registered is held at another place, at the same time.\n\n" + FACTS_EN
                    + "{former}\n\nYour registration stays. See the ticket, or cancel if the place does not suit you: {link}",
                ),
                "Buoi luc {time} doi dia diem. Dang ky cua ban van giu. Xem cho moi: {link}",
                "The session at {time} is held elsewhere. Your registration stays. Where: {link}",
            ),
            expires_after=days,
        ),
        MessageKind(
            CALLED_OFF, _("Session called off"), (TITLE, WHEN, TIME, LINK, REASON),
            _texts(
                (
                    "Buổi lúc {time} không tổ chức",
                    "Chào bạn,\n\nRất tiếc, buổi này không tổ chức nữa:\n\n{title}\nKhi nào: {when}\nLý do: {reason}\n\n"
                    "Đăng ký của bạn đã được hủy theo. Xem tại đây: {link}",
                ),
                (
                    "The session at {time} is off",
                    "Hello,\n\nwe are sorry that this session does not take place:\n\n{title}\nWhen: {when}\nWhy: {reason}\n\n"
                    "Your registration is cancelled with it. See here: {link}",
                ),
                "Buoi luc {time} khong to chuc. Ly do xem tai: {link}",
                "The session at {time} is off. Why: {link}",
            ),
            expires_after=days,
        ),
        *(
            MessageKind(
                key, label, (TITLE, WHEN, TIME, PLACE, LINK, NUMBER),
                _texts(
                    ("Nhắc lịch: {time}", "Chào bạn,\n\n" + vi + "\n\n" + FACTS_VI + "Số của bạn: {number}\n\n" + PAGE_VI),
                    ("Reminder: {time}", "Hello,\n\n" + en + "\n\n" + FACTS_EN + "Your number: {number}\n\n" + PAGE_EN),
                    "Nhac lich: {time}, so cua ban {number}. Ve hoac huy: {link}",
                    "Reminder: {time}, your number is {number}. Ticket or cancel: {link}",
                ),
                expires_after=dt.timedelta(hours=20),
            )
            for key, label, vi, en in (
                (
                    REMINDER_DAY, _("Reminder the day before"), "Ngày mai bạn có lịch với chúng tôi. Nếu không đến được, mời bạn hủy giúp.",
                    "tomorrow we expect you. Should you not be able to come, please cancel.",
                ),
                (REMINDER_HOUR, _("Reminder an hour before"), "Còn khoảng một giờ nữa là đến giờ hẹn.", "it begins in about an hour."),
            )
        ),
    ]  # fmt: skip
