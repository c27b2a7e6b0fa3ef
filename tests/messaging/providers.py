"""Providers of text messages for the tests: one that does as it is told, one that fails at random and notes what it took."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

from messaging.channels import Outgoing, TryLater
from messaging.enums import Reason


class Fake:
    """Takes what comes, unless the test says otherwise."""

    taken: list[Outgoing] = []
    answer: Callable[[Outgoing], None] | None = None

    def send(self, outgoing: Outgoing) -> str:
        if Fake.answer is not None:
            Fake.answer(outgoing)
        Fake.taken.append(outgoing)
        return f"fake-{outgoing.reference}"


class Flaky:
    """Fails every fifth time, before it takes anything; what it takes is a line of a file."""

    def send(self, outgoing: Outgoing) -> str:
        if random.random() < 0.2:
            raise TryLater(Reason.LATER, "429")
        descriptor = os.open(os.environ["FLAKY_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{outgoing.reference}\n".encode())
        os.close(descriptor)
        return ""
