"""Reading what comes from outside in a process of its own, that has so much of the machine and no more."""

from __future__ import annotations

import resource
import sys


def confine(cpu_seconds: int, memory: int) -> None:
    """For the rest of this process: seconds of a processor, bytes of memory, no file written."""
    for what, most in (
        (resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        _soft, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))
    sys.setrecursionlimit(2_000)
