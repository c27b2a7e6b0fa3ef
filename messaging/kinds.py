"""The kinds of messages that messaging itself sends."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from foundation.registries import MessageKind, Placeholder, message_kinds

from .enums import Channel, Language

CODE = "messaging.code"
CODE_LIVES = dt.timedelta(minutes=10)


def register() -> None:
    """The code that proves a contact."""
    message_kinds.register(
        CODE,
        MessageKind(
            key=CODE,
            label=_("Code that proves a telephone number or an e-mail address"),
            placeholders=(
                Placeholder("code", _("the six digits"), "493028"),
                Placeholder("minutes", _("for how many minutes it is good"), "10"),
            ),
            defaults={
                (Channel.EMAIL, Language.VI): (
                    "Mã xác nhận của bạn",
                    "Mã xác nhận của bạn là {code}. Mã dùng được trong {minutes} phút, một lần.\n\n"
                    "Đừng đưa mã này cho ai, kể cả người tự xưng là cán bộ. Nếu không phải bạn vừa yêu cầu, hãy bỏ qua thư này.",
                ),
                (Channel.EMAIL, Language.EN): (
                    "Your code",
                    "Your code is {code}. It is good for {minutes} minutes, once.\n\n"
                    "Give it to nobody, not even to somebody who says they work here. If you did not ask for it, leave this letter alone.",
                ),
                (Channel.SMS, Language.VI): ("", "Ma xac nhan cua ban la {code}, dung trong {minutes} phut. Khong dua ma nay cho ai."),
                (Channel.SMS, Language.EN): ("", "Your code is {code}, good for {minutes} minutes. Give it to nobody."),
            },
            expires_after=CODE_LIVES,
            quiet=False,
            asked_for=True,
            secret=True,
        ),
    )
