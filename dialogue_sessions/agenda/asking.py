"""What an address of the calendar asks for. A value that cannot exist is a page that does not exist: whoever mistypes is told so, and
not shown a calendar of something else."""

from __future__ import annotations

import calendar as months
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisation.models import today

from ..enums import SessionKind

MONTH, WEEK, LIST = "thang", "tuan", "danh-sach"
VIEWS = {MONTH: gettext_lazy("Month"), WEEK: gettext_lazy("Week"), LIST: gettext_lazy("List")}
DIALOGUES = (SessionKind.YEARLY, SessionKind.THEMATIC, SessionKind.ON_REQUEST)
RECEPTIONS = (SessionKind.PERIODIC, SessionKind.EXTRAORDINARY)
APPOINTMENTS = "hen"
# Words of addresses: calendars of residents follow them, so they stay.
KINDS: dict[str, tuple[str, ...]] = {
    "doi-thoai": DIALOGUES, "tiep-dan": RECEPTIONS, "tro-giup-phap-ly": (SessionKind.LEGAL_AID,), "luu-dong": (SessionKind.MOBILE,),
    APPOINTMENTS: (SessionKind.APPOINTMENT,), "doi-thoai-hang-nam": (SessionKind.YEARLY,), "doi-thoai-chuyen-de": (SessionKind.THEMATIC,),
    "doi-thoai-theo-yeu-cau": (SessionKind.ON_REQUEST,), "tiep-dan-dinh-ky": (SessionKind.PERIODIC,),
    "tiep-dan-dot-xuat": (SessionKind.EXTRAORDINARY,),
}  # fmt: skip
KIND_NAMES = {
    "doi-thoai": gettext_lazy("dialogues"), "tiep-dan": gettext_lazy("receptions of citizens"), "tro-giup-phap-ly": SessionKind.LEGAL_AID.label,
    "luu-dong": SessionKind.MOBILE.label, APPOINTMENTS: SessionKind.APPOINTMENT.label, "doi-thoai-hang-nam": SessionKind.YEARLY.label,
    "doi-thoai-chuyen-de": SessionKind.THEMATIC.label, "doi-thoai-theo-yeu-cau": SessionKind.ON_REQUEST.label,
    "tiep-dan-dinh-ky": SessionKind.PERIODIC.label, "tiep-dan-dot-xuat": SessionKind.EXTRAORDINARY.label,
}  # fmt: skip
NAMES = ("xem", "ngay", "co-quan", "loai", "nguoi", "trang")
YEARS_BACK, YEARS_AHEAD = 10, 2
MOST_PAGES = 200
SLUG = re.compile(r"[a-z0-9-]{1,120}")
_ISO, _SPOKEN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def horizon(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day that the calendar shows."""
    return dt.date(day.year - YEARS_BACK, 1, 1), dt.date(day.year + YEARS_AHEAD, 12, 31)


def read_day(text: str) -> dt.date:
    """A day as machines (2026-01-31) or people (31/1/2026) write it, within the horizon; 404 with a sentence for anything else."""
    found = _ISO.fullmatch(text)
    parts = found.groups() if found else (spoken.groups()[::-1] if (spoken := _SPOKEN.fullmatch(text)) else None)
    if parts is None:
        raise Http404(_("There is no such day. Write it as 31/12/2026."))
    try:
        day = dt.date(*(int(part) for part in parts))
    except ValueError as error:
        raise Http404(_("There is no such day. Write it as 31/12/2026.")) from error
    first, last = horizon(today())
    if not first <= day <= last:
        raise Http404(_("The calendar goes from %(first)s to %(last)s.") % {"first": f"{first:%d/%m/%Y}", "last": f"{last:%d/%m/%Y}"})
    return day


def one_of(text: str, known: Mapping[str, object], usual: str = "") -> str:
    """One of the known words, the usual one for an empty text; 404 for any other."""
    if text and text not in known:
        raise Http404(_("There is no such choice."))
    return text or usual


def read_slug(text: str) -> str:
    """The address part of a unit; whether it exists is for the query to say."""
    if text and not SLUG.fullmatch(text):
        raise Http404(_("There is no such choice."))
    return text


def read_number(text: str, most: int) -> int:
    """A whole number from 1 to `most`, 0 for an empty text; 404 for any other."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))) or not 1 <= int(text) <= most:
        raise Http404(_("There is no such choice."))
    return int(text)


@dataclass(frozen=True)
class Ask:
    """View, day and choices of an address, and the addresses beside it. `asked`: the day is the visitor's own."""

    view: str = MONTH
    day: dt.date = dt.date.min
    asked: bool = False
    unit: str = ""
    kind: str = ""
    post: int = 0
    page: int = 1

    @classmethod
    def of(cls, request: HttpRequest) -> Ask:
        """From a request; 404 for what cannot exist."""
        get = request.GET
        text = get.get("ngay", "").strip()
        return cls(
            view=one_of(get.get("xem", ""), VIEWS, MONTH),
            day=read_day(text) if text else today(),
            asked=bool(text),
            unit=read_slug(get.get("co-quan", "")),
            kind=one_of(get.get("loai", ""), KINDS),
            post=read_number(get.get("nguoi", ""), 10**9),
            page=read_number(get.get("trang", ""), MOST_PAGES) or 1,
        )

    @property
    def narrowed(self) -> bool:
        """Whether something is left out."""
        return bool(self.unit or self.kind or self.post)

    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day of what is shown; of a list, the last day of the horizon."""
        if self.view == WEEK:
            monday = self.day - dt.timedelta(days=self.day.weekday())
            return monday, monday + dt.timedelta(days=6)
        if self.view == LIST:
            return self.day, horizon(today())[1]
        return self.day.replace(day=1), self.day.replace(day=months.monthrange(self.day.year, self.day.month)[1])

    def to(self, day: dt.date | None, **changes: str | int) -> Ask:
        """The same of another day (None: of today), with other choices; the first page."""
        moved = {"day": day, "asked": True} if day is not None else {"day": today(), "asked": False}
        return replace(self, **({"page": 1} | moved | changes))  # type: ignore[arg-type]

    def query(self) -> str:
        """Its address after the path: '' or '?…'."""
        pairs = {
            "xem": "" if self.view == MONTH else self.view, "ngay": self.day.isoformat() if self.asked else "", "co-quan": self.unit,
            "loai": self.kind, "nguoi": self.post or "", "trang": self.page if self.page > 1 else "",
        }  # fmt: skip
        said = {name: value for name, value in pairs.items() if value}
        return f"?{urlencode(said)}" if said else ""

    def feed(self) -> str:
        """What a feed of these choices asks for: the unit and the kind."""
        said = {name: value for name, value in (("co-quan", self.unit), ("loai", self.kind)) if value}
        return f"?{urlencode(said)}" if said else ""
