"""A mail server for the tests: real SMTP on a port of 127.0.0.1, switched on and off, with answers as the test wants them."""

from __future__ import annotations

import email
import email.policy
import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Sink:
    """What arrived, and what to answer."""

    port: int = field(default_factory=free_port)
    taken: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    at_recipient: str = ""
    at_data: str = ""
    controller: Controller | None = None
    asked: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.asked += 1
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.at_data:
            return self.at_data
        self.taken.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"

    def on(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def off(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    @property
    def letters(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.taken]


class Rude(Controller):
    """A server that takes the letter and then hangs up without a good-bye, or says an endless one."""

    rubbish = False

    def factory(self) -> SMTP:
        rubbish = self.rubbish

        class Server(SMTP):
            async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
                if rubbish:
                    await self.push("2" * 20_000)
                self.transport.abort()

        return Server(self.handler)
