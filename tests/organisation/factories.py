"""Units, service points and people for the tests, in the states of their life."""

import datetime as dt
import itertools

from organisation.enums import Level, PointKind, UnitKind
from organisation.models import Holding, OpeningHours, Person, Post, ServicePoint, Unit

_numbers = itertools.count(1)


def unit(name="Phòng Tư pháp", *, level=Level.DISTRICT, kind=UnitKind.DEPARTMENT, **values):
    number = next(_numbers)
    return Unit.objects.create(**{"name": name, "slug": f"don-vi-{number}", "code": f"H90.{number}", "level": level, "kind": kind} | values)


def ward(name="Phường Bến Chợ", **values):
    return unit(name, level=Level.WARD, kind=UnitKind.GOVERNMENT, **values)


def district(name="Quận Bến Lành", **values):
    return unit(name, kind=UnitKind.GOVERNMENT, **values)


def point(of, *, name="Bộ phận một cửa", hours=True, **values):
    number = next(_numbers)
    found = ServicePoint.objects.create(
        **{"name": name, "slug": f"diem-{number}", "unit": of, "kind": PointKind.ONE_STOP, "address": "12 Bến Chợ"} | values
    )
    if hours:
        OpeningHours.objects.bulk_create(
            OpeningHours(point=found, weekday=weekday, opens=opens, closes=closes)
            for weekday in range(1, 6)
            for opens, closes in ((dt.time(7, 30), dt.time(11, 30)), (dt.time(13), dt.time(17)))
        )
    return found


def holding(of, title, name, **values):
    post, _created = Post.objects.get_or_create(unit=of, title=title)
    person = Person.objects.create(name=name, telephone="0200 000 0111")
    return Holding.objects.create(**{"post": post, "person": person, "valid_from": dt.date(2026, 1, 1)} | values)
