"""Reading settings from the environment, and refusing a start with unsafe ones (acceptance F12).

Nothing here imports Django, so that a wrong environment is told in one plain line before anything else can fail.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 50


class UnsafeEnvironment(SystemExit):
    """The environment lacks something without which the portal must not run; its text says what to set."""


def text(name: str, default: str = "") -> str:
    """The value of a variable, stripped; `default` when unset or blank."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable: 1, true, yes, on (any case) are yes."""
    value = text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int) -> int:
    """A whole number; anything else stops the start with the name of the variable."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError:
        raise UnsafeEnvironment(f"{name} must be a whole number, not {value!r}.") from None


def decimal(name: str, default: float) -> float:
    """A positive number with a point; anything else stops the start with the name of the variable."""
    value = text(name)
    try:
        number = float(value) if value else default
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UnsafeEnvironment(f"{name} must be a positive number such as 0.8, not {value!r}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas or spaces."""
    return [word for word in text(name, default).replace(",", " ").split() if word]


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A list of addresses or networks; anything else stops the start with the name of the variable."""
    try:
        return [ipaddress.ip_network(word, strict=False) for word in words(name)]
    except ValueError as error:
        raise UnsafeEnvironment(f"{name} must list addresses or networks such as 10.0.0.0/8: {error}.") from None


def var_folder() -> Path:
    """Where everything local lives: the embedded database, generated secrets, the search mirror, private files."""
    folder = Path(text("PORTAL_VAR", str(ROOT / "var"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stage() -> str:
    """`production`, `demonstration` (the default: one machine, embedded database) or `test`."""
    value = text("PORTAL_STAGE", "demonstration")
    if value not in {"production", "demonstration", "test"}:
        raise UnsafeEnvironment("PORTAL_STAGE must be production, demonstration or test.")
    return value


def secret(name: str) -> str:
    """A secret: from the environment, or, outside production only, generated once and kept under `var/`."""
    value = text(name)
    if value:
        if stage() == "production" and (len(value) < MIN_SECRET_LENGTH or len(set(value)) < 10 or "insecure" in value.lower()):
            raise UnsafeEnvironment(
                f"{name} is too weak: set at least {MIN_SECRET_LENGTH} random characters, for example the output of "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'."
            )
        return value
    if stage() == "production":
        raise UnsafeEnvironment(f"{name} is not set. Production takes its secrets from the environment: see docs/install.md.")
    file = var_folder() / "secrets" / name.lower()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(value := secrets.token_urlsafe(64))
    return value
