"""The town, grown: so many of everything that a page could list. Rows come from the portal's own import and services where
these guard them, and in bulk elsewhere."""

from __future__ import annotations

import copy
import datetime as dt
import io
import json
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from dialogue_sessions import services as sessions
from dialogue_sessions.models import Session
from organisation.enums import DayKind
from organisation.models import CalendarDay, Closure, DeadlinePolicy, Field, Population, Room, ServicePoint, Unit, today
from organisation.search_sources import reindex_units
from procedures_catalog.models import (
    AskedQuestion,
    ImportRun,
    LegalDocument,
    LifeEvent,
    Procedure,
    ProcedureVersion,
    PublicationDecision,
    ServiceOffer,
    VersionNote,
)
from procedures_catalog.record import record_of
from safeguards.models import User
from transparency.models import PlannedLevel
from transparency.services import change_plan, plan_level, post_list

from .world import DAY, World, document, draft, image, in_force, next_code, point, post, successor, unit

_numbers = count(1)


@dataclass
class Subjects:
    """Things that have so many of everything below them."""

    procedure: Procedure
    old: Procedure
    unit: Unit
    closed_unit: Unit


def grow(world: World, size: int) -> Subjects:
    """Add things until there are `size` more of each than the town had, and give subjects that have `size` rows of each part."""
    add = size - len(world.things.setdefault("grown", []))
    names = [f"{next(_numbers)}" for _ in range(add)]
    world.grown.extend(names)
    units = _organisation(world, names)
    _reference(names)
    _catalogue(world, names)
    _back_office(world, names)
    _figures(world, names)
    _sessions(world, names)
    reindex_units([one.pk for one in units])
    return Subjects(_procedure(world, size), _old(world, size), world.district, _closed(world))


def _sessions(world: World, names: list[str]) -> None:
    begins = world.dialogue.starts_at
    for name in names:
        for kind in ("thematic", "appointment"):
            session = Session(
                kind=kind, unit=world.ward, post=world.post, title=f"Buổi {name}", slug=f"buoi-{kind}-{name}", starts_at=begins,
                ends_at=begins + dt.timedelta(hours=1), registration_opens=timezone.now() - DAY, registration_closes=begins - dt.timedelta(hours=1),
            )  # fmt: skip
            sessions.announce(sessions.plan_session(session, [sessions.Seats(2)], None), None)
        sessions.move_session(Session.objects.get(slug=f"buoi-thematic-{name}"), begins + DAY, begins + DAY + dt.timedelta(hours=1), "Mưa", None)
        sessions.add_seats(world.dialogue, sessions.Seats(1, "village", village=f"Xóm {name}"), None)
        world.dialogue.attending.add(Unit.objects.get(slug=f"to-{name}"))


def _organisation(world: World, names: list[str]) -> list[Unit]:
    made = []
    for name in names:
        below = unit(f"Tổ {name}", f"to-{name}", parent=world.district, duties="Việc một\nViệc hai")
        made.append(below)
        own = point(below, f"diem-{name}")
        Room.objects.create(point=own, name="Quầy 1", seats=4)
        Closure.objects.create(point=own, first_day=today() + 3 * DAY, last_day=today() + 4 * DAY, reason="Sửa chữa", instead=world.point)
        own.serves.add(world.district)
        post(below, f"Tổ trưởng {name}", is_leader=True)
        beside = post(world.district, f"Phó {name}", stands_in=world.post)
        beside.fields.add(world.field)
        Room.objects.create(point=world.point, name=f"Phòng {name}")
        Population.objects.create(unit=world.district, counted_on=today() - int(name) * DAY, inhabitants=9000 + int(name), voters=10)
        gone = unit(f"Phòng cũ {name}", f"phong-cu-{name}", parent=world.district, valid_from=today() - 900 * DAY, valid_to=today() - 9 * DAY)
        gone.successors.add(below)
        world.closed_unit.successors.add(below)
        made.append(gone)
        CalendarDay.objects.create(date=today() + int(name) * DAY, unit=below, kind=DayKind.OPEN, counter_open=True, label=f"Trực {name}")
        DeadlinePolicy.objects.create(valid_from=dt.date(1990, 1, 1) + int(name) * DAY)
    return made


def _reference(names: list[str]) -> None:
    Field.objects.bulk_create(Field(name=f"Lĩnh vực {name}", slug=f"linh-vuc-{name}") for name in names)
    LifeEvent.objects.bulk_create(LifeEvent(slug=f"viec-{name}", name=f"Việc {name}") for name in names)
    LegalDocument.objects.bulk_create(LegalDocument(number=f"{name}/2020/NĐ-CP", kind="decree", title=f"Nghị định {name}") for name in names)
    PublicationDecision.objects.bulk_create(PublicationDecision(number=f"{name}/QĐ", title=f"Quyết định {name}", signed_on=today()) for name in names)
    User.objects.bulk_create(User(username=f"nguoi-{name}", email=f"nguoi-{name}@example.org", password="!") for name in names)


def _catalogue(world: World, names: list[str]) -> None:
    """Procedures in force, by the command that installations fill their catalogue with."""
    pattern = record_of(ProcedureVersion.objects.get(pk=world.stale_basis.pk))
    for form in pattern["forms"]:
        form.pop("attached", None)  # which files hang on it; no column of an import
    events = list(LifeEvent.objects.order_by("-pk")[: len(names)])
    fields = list(Field.objects.order_by("-pk")[: len(names)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grown.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            for number, name in enumerate(names):
                record = copy.deepcopy(pattern) | {"code": next_code(), "name": f"Thủ tục {name}", "field": fields[number].name}
                record["valid_from"] = (today() - (1 + number % 30) * DAY).isoformat()
                lines.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
        call_command("import_procedures", str(file), user=world.importer.username, verbosity=0, stdout=io.StringIO())
    grown = list(Procedure.objects.order_by("-pk")[: len(names)])
    for number, procedure in enumerate(grown):
        procedure.life_events.set([events[number], world.life_event])
        procedure.save()
    points = list(ServicePoint.objects.order_by("-pk")[: len(names)])
    ServiceOffer.objects.bulk_create(
        ServiceOffer(procedure=procedure, point=points[number], deciding_unit=points[number].unit) for number, procedure in enumerate(grown)
    )


def _back_office(world: World, names: list[str]) -> None:
    from portal.models import ContentPage

    for name in names[:10]:
        draft(world, name=f"Nháp {name}", valid_from=today() + 5 * DAY, rows=1)
        world.home.add_child(instance=ContentPage(title=f"Trang {name}", slug=f"trang-{name}", locale=world.home.locale, body=[]))
        image(f"Ảnh {name}")
        document(f"Tệp {name}")
    ImportRun.objects.bulk_create(
        ImportRun(file=f"{name}.csv", file_name=f"{name}.csv", step=ImportRun.Step.DONE, actor=world.users["editor"]) for name in names
    )
    VersionNote.objects.bulk_create(VersionNote(version=world.draft, author=world.users["editor"], text=f"Ghi chú {name}") for name in names)


def _figures(world: World, names: list[str]) -> None:
    """A plan, a former plan in its place and a list for each of the newest units, with lines that stand here and lines that do not."""
    grown = list(Procedure.objects.order_by("-pk")[: len(names)])
    units = list(Unit.objects.filter(slug__startswith="to-").order_by("-pk")[: len(names)])
    lines = [(one.code, f"Dòng {one.code}") for one in grown]
    for number, (procedure, of) in enumerate(zip(grown, units, strict=True)):
        year = today().year + number % 3 - 1
        values = {"procedure": procedure, "unit": of, "year": year, "scheme": "online", "decided_on": dt.date(today().year - 1, 2, 1)}
        former = plan_level(PlannedLevel(**values, level="partial", basis="Kế hoạch 1"), None)
        change_plan(former, "full", "Kế hoạch 2", dt.date(today().year - 1, 3, 1), None)
        post_list(of, f"Quyết định {number}", today() - 30 * DAY, [*lines, (next_code(), "Còn thiếu")], None)


def _procedure(world: World, size: int) -> Any:
    """A procedure with `size` rows of each part, questions, offers, life events."""
    made = Procedure.objects.create(code=next_code(), summary="Lớn", guidance="Dài")
    made.life_events.set(LifeEvent.objects.order_by("-pk")[:size])
    made.save()
    AskedQuestion.objects.bulk_create(AskedQuestion(procedure=made, question=f"Câu {n}?", answer="Có.", sort_order=n) for n in range(size))
    points = list(ServicePoint.objects.order_by("-pk")[:size])
    ServiceOffer.objects.bulk_create(ServiceOffer(procedure=made, point=one, deciding_unit=one.unit, online=True) for one in points)
    version = in_force(world, made, rows=size, valid_from=today() - 500 * DAY, name=f"Thủ tục lớn {size}")
    successor(world, version, valid_from=today() - 100 * DAY, changes={"name": f"Thủ tục lớn {size}, lần hai"})
    return made


def _old(world: World, size: int) -> Any:
    """A procedure that was amended again and again, a fifth of `size` times."""
    version = in_force(world, rows=1, valid_from=today() - 3000 * DAY, name=f"Thủ tục cũ {size}")
    for number in range(max(2, size // 5)):
        version = successor(world, version, valid_from=today() - (2900 - 30 * number) * DAY, changes={"name": f"Thủ tục cũ {size}, lần {number}"})
    return version.procedure


def _closed(world: World) -> Any:
    return Unit.objects.get(pk=world.closed_unit.pk)
