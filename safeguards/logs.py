"""Log lines: JSON, one object a line, under the request's id, and without what tells who somebody is (O8, P6, law 7).

Nothing of a person is meant to be logged. What gets there all the same, in the words of an error or of a library, is taken out
by its form: telephone, identity and dossier numbers, mail addresses, addresses in the network, and the values that PostgreSQL
quotes when a row breaks a rule."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
from datetime import UTC, datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .requests import current_request_id, route_of

access = logging.getLogger("safeguards.access")

_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request_id", "request", "taskName", "server_time", "status_code"}
# Keys of `extra` whose values are ours and long runs of digits or letters.
_PLAIN = {"route", "method", "digest", "head"}


def _address(match: re.Match[str]) -> str:
    """Addresses of our own machines help whoever looks for a fault; a visitor's is nobody's business."""
    try:
        return match[0] if not ipaddress.ip_address(match[0]).is_global else "[address]"
    except ValueError:
        return match[0]


_HIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL says the row, or the values of the key, that broke a rule; COPY says the line.
    # A row that is not closed (a message cut short) is hidden to the end.
    (re.compile(r"(Failing row contains )\(.*?(?:\)(?=\.?[^\S\n]*+(?:\n|\Z))|\Z)", re.DOTALL), r"\1([row])"),
    # A value may hold brackets itself: what PostgreSQL says after it tells where it ends, and without that the line is hidden.
    (re.compile(r"(Key \([^)\n]{1,200}\)=)\((?:[^\n]*\)(?= already exists| is not present| is still|\.?$)|[^\n]*)", re.MULTILINE), r"\1([values])"),
    (re.compile(r"^(CONTEXT:  COPY [^\n:]{1,200}):[^\n]*", re.MULTILINE), r"\1: [line]"),
    (re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[mail]"),
    # H26.19-210101-0001, 000.00.19.H26-210101-0001
    (re.compile(r"(?<![\w.])[A-Z]?\d{2,3}(?:\.[A-Z]?\d{2,3}){1,4}-\d{6}-\d{3,8}(?!\w)"), "[dossier]"),
    (re.compile(r"(?<![\w.+-])(?:\+84|0084|84|0)(?:[ .-]?\d){8,10}(?![\w-])"), "[number]"),
    (re.compile(r"(?<![\w.-])\d{3}(?:[ .]?\d{3}){2,3}(?![\w-])"), "[number]"),
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")


def scrub(text: str) -> str:
    """The text without numbers and addresses of people."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return _IPV4.sub(_address, text)


class RequestFilter(logging.Filter):
    """Puts the request id on each log record, and the route in place of the address where Django would write that."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        record.request_id = current_request_id() or "-"
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            route = route_of(request)
            record.args = tuple(route if argument == request.path else argument for argument in record.args)
            record.route = route
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: CR and LF in a value stay inside their string (B13, O8)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": scrub(record.getMessage()),
        }
        for key, value in record.__dict__.items():
            if key not in _STANDARD and isinstance(value, str | int | float | bool):
                line[key] = scrub(value) if isinstance(value, str) and key not in _PLAIN else value
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = scrub(self.formatStack(record.stack_info))
        return json.dumps(line, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """Lines for a terminal, as clean as those of production."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines."""
        return scrub(super().format(record))


def tell(request: HttpRequest, response: HttpResponseBase, milliseconds: float) -> None:
    """One line for a request that was answered: what kind of page, how it ended, how long it took, which member of staff.
    No address, no query string, no name, no browser."""
    if not access.isEnabledFor(logging.INFO):
        return
    user = getattr(request, "_cached_user", None)  # what was never asked for is not asked for here
    extra: dict[str, object] = {
        "method": request.method or "-",
        "route": route_of(request),
        "status": response.status_code,
        "ms": round(milliseconds, 1),
    }
    if user is not None and user.pk is not None:
        extra["user_id"] = user.pk
    access.info("request", extra=extra)
