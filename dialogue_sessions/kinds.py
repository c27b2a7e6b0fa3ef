"""What promises and minutes write to people."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from foundation.registries import MessageKind, Placeholder, message_kinds
from messaging.enums import Channel, Language

PROMISE_CHANGED = "dialogue_sessions.promise_changed"
PROMISE_REMINDER = "dialogue_sessions.promise_reminder"
MINUTES_CIRCULATED = "dialogue_sessions.minutes_circulated"
_PROMISE = Placeholder("promise", _("what is promised"), "Lắp 12 đèn đường hẻm 19")
_UNIT = Placeholder("unit", _("the unit that is responsible"), "Phường Sông Lành")


def _changed() -> MessageKind:
    return MessageKind(
        key=PROMISE_CHANGED,
        label=_("News of a promise that somebody follows"),
        placeholders=(
            _PROMISE, _UNIT,
            Placeholder("news", _("what happened"), _("The date moves from 15/11/2026 to 15/12/2026.")),
            Placeholder("link", _("the page of the promise"), "https://minhbach.example.vn/loi-hua/12/", link=True),
            Placeholder("stop", _("where to stop following"), "https://minhbach.example.vn/loi-hua/thoi-theo-doi/abc/", link=True),
        ),
        defaults={
            (Channel.EMAIL, Language.VI): (
                "Lời hứa bạn theo dõi có tin mới",
                "Bạn đang theo dõi lời hứa của {unit}:\n\n{promise}\n\n{news}\n\nXem đầy đủ: {link}\n\nKhông muốn theo dõi nữa: {stop}",
            ),
            (Channel.EMAIL, Language.EN): (
                "News of a promise that you follow",
                "You follow a promise of {unit}:\n\n{promise}\n\n{news}\n\nSee all of it: {link}\n\nStop following: {stop}",
            ),
            (Channel.SMS, Language.VI): ("", "Loi hua ban theo doi co tin moi, xem {link} - thoi theo doi: {stop}"),
            (Channel.SMS, Language.EN): ("", "News of a promise that you follow: {link} - stop: {stop}"),
        },
        expires_after=dt.timedelta(days=3),
    )  # fmt: skip


def _reminder() -> MessageKind:
    return MessageKind(
        key=PROMISE_REMINDER,
        label=_("Reminder to staff of a promise that is due or late"),
        placeholders=(
            _PROMISE, _UNIT,
            Placeholder("when", _("when it is due"), _("It is due in 7 days.")),
            Placeholder("link", _("the page of the promise"), "https://minhbach.example.vn/loi-hua/12/", link=True),
        ),
        defaults={
            (Channel.EMAIL, Language.VI): (
                "Nhắc việc: lời hứa với người dân",
                "{unit} đã hứa với người dân:\n\n{promise}\n\n{when}\n\nNgười dân đang xem lời hứa này tại: {link}\n\n"
                "Làm xong rồi thì ghi kết quả trong trang quản trị. Cần thêm thời gian thì dời hạn và nói rõ lý do, người dân sẽ đọc được.",
            ),
            (Channel.EMAIL, Language.EN): (
                "Reminder: a promise to residents",
                "{unit} promised residents:\n\n{promise}\n\n{when}\n\nEverybody can see it at: {link}\n\n"
                "If it is done, write down what was done in the back office. If you need more time, move the date and say why: residents read it.",
            ),
        },
        expires_after=dt.timedelta(days=2),
        asked_for=True,  # a duty of the post: opting out of notices does not end it
    )  # fmt: skip


def _circulated() -> MessageKind:
    return MessageKind(
        key=MINUTES_CIRCULATED,
        label=_("Minutes to read and correct, to those who attended"),
        placeholders=(
            Placeholder("session", _("what the session was about"), "Đối thoại về đất đai"),
            Placeholder("until", _("until when corrections are taken"), "17:00 08/12/2026"),
            Placeholder("link", _("the page of the minutes"), "https://minhbach.example.vn/lich/doi-thoai/bien-ban/gop-y/abc/", link=True),
        ),
        defaults={
            (Channel.EMAIL, Language.VI): (
                "Mời bạn đọc biên bản: {session}",
                "Cảm ơn bạn đã đến dự {session}.\n\nBiên bản đã viết xong. Bạn đọc giúp, thấy chỗ nào chưa đúng thì góp ý đến {until}: {link}\n\n"
                "Đường dẫn này chỉ dành cho bạn, đừng gửi cho người khác.",
            ),
            (Channel.EMAIL, Language.EN): (
                "Please read the minutes: {session}",
                "Thank you for coming to {session}.\n\nThe minutes are written. Please read them; if something is not right, tell us until {until}: "
                "{link}\n\nThis link is yours alone: please do not pass it on.",
            ),
            (Channel.SMS, Language.VI): ("", "Moi ban doc va gop y bien ban den {until}: {link}"),
            (Channel.SMS, Language.EN): ("", "Please read the minutes and tell us what is not right until {until}: {link}"),
        },
        expires_after=dt.timedelta(days=5),
    )  # fmt: skip


def register() -> None:
    """Called when the application starts."""
    for kind in (_changed(), _reminder(), _circulated()):
        message_kinds.register(kind.key, kind)
