"""The files of the demonstration, and what their words stand for: units, posts, rooms, days counted from the day of loading."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from organisation.calendar import ONE_DAY, Calendar
from organisation.models import Post, Room, Unit
from organisation.queries import calendar_for
from safeguards.models import User

from ..services import gate

# Names that nobody has, in the manner of the people of the demonstration's organisation.
FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Võ")
GIVEN = ("Thị Thí Dụ", "Văn Minh Họa", "Thị Mẫu", "Văn Giả Định", "Hữu Tượng Trưng", "Thị Thử", "Quang Mô Phỏng")


class Stage:
    """Where the demonstration is loaded from and by whom, and the day from which its days are counted."""

    def __init__(self, folder: Path, actor: User | None) -> None:
        self.folder, self.actor = folder, actor
        self.now = timezone.now()
        self.today = timezone.localtime(self.now, gate.zone()).date()
        self.people: Iterator[str] = (f"{family} {given}" for given, family in itertools.cycle(itertools.product(GIVEN, FAMILIES)))

    def read(self, name: str) -> dict[str, Any]:
        """One file."""
        return tomllib.loads((self.folder / name).read_text(encoding="utf-8"))

    def sessions(self) -> list[dict[str, Any]]:
        """The dialogues, each a file, in the order of names."""
        return [self.read(f"sessions/{path.name}") for path in sorted((self.folder / "sessions").glob("*.toml"))]

    @functools.cache  # noqa: B019  # one stage a loading
    def unit(self, slug: str) -> Unit:
        """A unit by its address."""
        found: Unit = Unit.objects.get(slug=slug)
        return found

    @functools.cache  # noqa: B019  # one stage a loading
    def post(self, unit: str, title: str) -> Post | None:
        """A post of a unit by its title; none for no title."""
        return Post.objects.get(unit=self.unit(unit), title=title) if title else None

    def owner(self, named: Sequence[str]) -> Post:
        """The post named as unit and title."""
        found: Post = Post.objects.get(unit=self.unit(named[0]), title=named[1])
        return found

    def room(self, named: Sequence[str] | None) -> Room | None:
        """A room named as service point and name."""
        return Room.objects.get(point__slug=named[0], name=named[1]) if named else None

    @functools.cache  # noqa: B019  # one stage a loading
    def calendar(self, unit: str) -> Calendar:
        """The working calendar of a unit."""
        return calendar_for(self.unit(unit))

    def day(self, days: int) -> dt.date:
        """So many days from today."""
        return self.today + days * ONE_DAY

    def working_day(self, unit: str, days: int) -> dt.date:
        """The same on a working day of the unit: what has passed moves back, what is to come moves on."""
        day, calendar = self.day(days), self.calendar(unit)
        if calendar.is_working(day):
            return day
        return calendar.previous_working(day) if days < 0 else calendar.next_working(day)

    def earlier(self, days: int) -> dt.datetime:
        """The moment so many days before now."""
        return self.now + days * ONE_DAY

    def span(self, day: dt.date, times: Sequence[str]) -> tuple[dt.datetime, dt.datetime]:
        """Begin and end on a day."""
        begins, ends = (dt.datetime.combine(day, dt.time.fromisoformat(time), gate.zone()) for time in times)
        return begins, ends
