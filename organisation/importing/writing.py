"""Writing what was read: rows are found by their natural keys, changed only where they differ, checked by the models."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from ..models import CalendarDay, Field, Holding, OpeningHours, Person, Population, Post, Room, ServicePoint, SiteIdentity, Unit
from ..search_sources import reindex_posts, reindex_units
from .reading import Row, Table
from .tables import TABLES

M = TypeVar("M", bound=models.Model)


def _check_and_save(instance: models.Model) -> None:
    """Save, or raise ValidationError. The database checks references and constraints as it saves; only what it refuses is
    asked of the model again, for words: asking first costs six queries a row."""
    references = {column.name for column in instance._meta.concrete_fields if column.is_relation}
    instance.clean_fields(exclude=references)
    instance.clean()
    try:
        with transaction.atomic():
            instance.save()
    except IntegrityError as error:
        instance.full_clean()
        raise ValidationError({"__all__": [str(error).splitlines()[0]]}) from error


class Writer:
    """One import: the tables in the order of their references, with what they refer to kept at hand."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables
        self.made: set[tuple[str, int]] = set()
        self.touched: set[tuple[str, int]] = set()
        self.removed: Counter[str] = Counter()
        self.units: dict[str, Unit] = {unit.code: unit for unit in Unit.objects.all()}
        self.points: dict[str, ServicePoint] = {point.slug: point for point in ServicePoint.objects.all()}
        self.fields: dict[str, Field] = {row.name: row for row in Field.objects.all()}
        self.posts: dict[tuple[str, str], Post] = {(post.unit.code, post.title): post for post in Post.objects.select_related("unit")}
        self.people: dict[str, Person] = {person.number: person for person in Person.objects.exclude(number=None)}
        self.table = Table("")

    def write(self) -> None:
        """Write all tables that the folder has."""
        for name in TABLES:
            if name in self.tables:
                self.table = self.tables[name]
                getattr(self, f"_{name}")()
        if "units" in self.tables or "service_points" in self.tables:
            reindex_units([unit.pk for unit in self.units.values() if unit.pk])
        elif self.tables.keys() & {"posts", "people", "holdings"}:
            reindex_posts([post.pk for post in self.posts.values() if post.pk])

    def counts(self, name: str) -> tuple[int, int, int, int]:
        """Rows made, changed, removed, and left as they were."""
        made = sum(table == name for table, _row in self.made)
        touched = sum(table == name for table, _row in self.touched - self.made)
        return made, touched, self.removed[name], len(self.tables[name].rows) - made - touched

    # ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong(self, row: Row, column: str, message: str) -> None:
        self.table.wrong(row.number, column if column in self.table.columns else "", message)

    def _refer(self, row: Row, column: str, among: Mapping[Any, M], key: Any, what: str) -> M | None:
        found = among.get(key)
        if found is None and row.values.get(column):
            self._wrong(row, column, f"there is no {what} {row.values[column]!r}")
        return found

    def _refer_all(self, row: Row, column: str, among: Mapping[str, M], what: str) -> list[M]:
        for name in row.values[column]:
            if name not in among:
                self._wrong(row, column, f"there is no {what} {name!r}")
        return [among[name] for name in row.values[column] if name in among]

    def _save(self, row: Row, instance: models.Model, values: dict[str, Any]) -> bool:
        """Set what differs, let the model check it, save. Whether the row stands now."""
        new = instance._state.adding
        changed = [key for key, value in values.items() if new or getattr(instance, key) != value]
        for key in changed:
            setattr(instance, key, values[key])
        if not changed:
            return True
        try:
            _check_and_save(instance)
        except ValidationError as error:
            for column, messages in error.message_dict.items():
                self._wrong(row, column, " ".join(messages))
            return False
        (self.made if new else self.touched).add((self.table.name, row.number))
        return True

    def _plain(self, row: Row, *names: str) -> dict[str, Any]:
        """The values of columns that go into fields of the same name. A column that the file lacks touches nothing, and an
        empty cell of `order` leaves the default."""
        return {name: row.values[name] for name in names if name in row.values and not (name == "order" and row.values[name] is None)}

    def _once(self, key_of: Callable[[Row], Any], columns: str) -> list[Row]:
        """The rows, the second of one key told as a mistake."""
        seen: set[Any] = set()
        rows = []
        for row in self.table.rows:
            key = key_of(row)
            if key in seen:
                self._wrong(row, columns, "stands in the table twice")
            else:
                rows.append(row)
            seen.add(key)
        return rows

    def _link(self, row: Row, manager: Any, wanted: Iterable[models.Model]) -> None:
        keys = {item.pk for item in wanted}
        if keys != set(manager.values_list("pk", flat=True)):
            with transaction.atomic():
                manager.set(keys)
            self.touched.add((self.table.name, row.number))

    # ── Tables, in the order of their references ─────────────────────────────────────────────────────────────────

    def _fields(self) -> None:
        for row in self._once(lambda row: row.values["name"], "name"):
            found = self.fields.get(row.values["name"]) or Field()
            if self._save(row, found, self._plain(row, "name", "slug", "name_en", "code", "order")):
                self.fields[found.name] = found

    def _units(self) -> None:
        plain = ("code", "name", "slug", "level", "kind", "short_name", "name_en", "valid_from", "valid_to", "duties", "duties_en", "email",
                 "telephone", "website", "order")  # fmt: skip
        waiting = self._once(lambda row: row.values["code"], "code")
        coming = {row.values["code"] for row in waiting}
        rows = list(waiting)
        while waiting:  # parents first, in whatever order the file has them
            ready = [row for row in waiting if row.values.get("parent") not in coming]
            if not ready:
                for row in waiting:
                    self._wrong(row, "parent", str(_("This unit stands below: a unit cannot belong to itself.")))
                return
            for row in ready:
                self._unit(row, self._plain(row, *plain))
                coming.discard(row.values["code"])
            waiting = [row for row in waiting if row not in ready]
        for row in rows:
            self._succeed(row)

    def _unit(self, row: Row, values: dict[str, Any]) -> None:
        found = self.units.get(row.values["code"]) or Unit()
        if "parent" in row.values:
            values["parent"] = self._refer(row, "parent", self.units, row.values["parent"], "unit")
        if found.pk and found.valid_to and values.get("valid_to", found.valid_to) is None and found.successors.exists():
            found.successors.clear()
        if self._save(row, found, values):
            self.units[found.code] = found

    def _succeed(self, row: Row) -> None:
        unit = self.units.get(row.values["code"])
        if unit is None or unit.pk is None or "successors" not in row.values:
            return
        successors = self._refer_all(row, "successors", self.units, "unit")
        if successors and unit.valid_to is None:
            self._wrong(row, "successors", str(_("Only a unit with a last day has successors.")))
            return
        try:
            self._link(row, unit.successors, successors)
        except IntegrityError:
            self._wrong(row, "successors", str(_("A unit cannot succeed itself.")))

    def _populations(self) -> None:
        known = {(row.unit.code, row.counted_on): row for row in Population.objects.select_related("unit")}
        for row in self._once(lambda row: (row.values["unit"], row.values["counted_on"]), "counted_on"):
            unit = self._refer(row, "unit", self.units, row.values["unit"], "unit")
            if unit is not None:
                found = known.get((unit.code, row.values["counted_on"])) or Population(unit=unit)
                self._save(row, found, self._plain(row, "counted_on", "inhabitants", "voters", "source"))

    def _service_points(self) -> None:
        plain = ("slug", "name", "kind", "address", "name_en", "directions", "telephone", "email", "accessibility", "map_url", "is_main",
                 "valid_from", "valid_to")  # fmt: skip
        rows = self._once(lambda row: row.values["slug"], "slug")
        for row in sorted(rows, key=lambda row: bool(row.values.get("parent"))):  # branches after what they branch from
            found = self.points.get(row.values["slug"]) or ServicePoint()
            values = self._plain(row, *plain)
            unit = self._refer(row, "unit", self.units, row.values["unit"], "unit")
            if unit is None:
                continue
            if "parent" in row.values:
                values["parent"] = self._refer(row, "parent", self.points, row.values["parent"], "service point")
            if self._save(row, found, values | {"unit": unit}):
                self.points[found.slug] = found
        for row in rows:
            point = self.points.get(row.values["slug"])
            if point is not None and "serves" in row.values:
                self._link(row, point.serves, self._refer_all(row, "serves", self.units, "unit"))

    def _opening_hours(self) -> None:
        """The hours of a point are the file's: sessions that the file does not have go, for points that the file names."""
        known: dict[str, dict[tuple[Any, ...], OpeningHours]] = defaultdict(dict)
        for hours in OpeningHours.objects.select_related("point"):
            known[hours.point.slug][(hours.weekday, hours.opens, hours.closes)] = hours
        wanted: dict[str, dict[tuple[Any, ...], Row]] = defaultdict(dict)
        for row in self.table.rows:
            if self._refer(row, "service_point", self.points, row.values["service_point"], "service point") is not None:
                for weekday in row.values["weekdays"]:
                    wanted[row.values["service_point"]][(weekday, row.values["opens"], row.values["closes"])] = row
        for slug, sessions in wanted.items():
            gone = [hours.pk for key, hours in known[slug].items() if key not in sessions]
            if gone:
                OpeningHours.objects.filter(pk__in=gone).delete()
                self.removed[self.table.name] += len(gone)
            for (weekday, opens, closes), row in sessions.items():
                if (weekday, opens, closes) not in known[slug]:
                    self._save(row, OpeningHours(point=self.points[slug]), {"weekday": weekday, "opens": opens, "closes": closes})

    def _rooms(self) -> None:
        known = {(room.point.slug, room.name): room for room in Room.objects.select_related("point")}
        for row in self._once(lambda row: (row.values["service_point"], row.values["name"]), "name"):
            point = self._refer(row, "service_point", self.points, row.values["service_point"], "service point")
            if point is not None:
                self._save(row, known.get((point.slug, row.values["name"])) or Room(point=point), self._plain(row, "name", "seats", "wheelchair"))

    def _posts(self) -> None:
        rows = self._once(lambda row: (row.values["unit"], row.values["title"]), "title")
        for row in rows:
            unit = self._refer(row, "unit", self.units, row.values["unit"], "unit")
            if unit is not None:
                found = self.posts.get((unit.code, row.values["title"])) or Post(unit=unit)
                if self._save(row, found, self._plain(row, "title", "title_en", "duties", "is_leader", "order")):
                    self.posts[(unit.code, found.title)] = found
        for row in rows:
            post = self.posts.get((row.values["unit"], row.values["title"]))
            if post is None:
                continue
            if "stands_in" in row.values:
                key = (row.values["unit"], row.values["stands_in"])
                self._save(row, post, {"stands_in": self._refer(row, "stands_in", self.posts, key, "post in this unit called")})
            if "fields" in row.values:
                self._link(row, post.fields, self._refer_all(row, "fields", self.fields, "field"))

    def _people(self) -> None:
        for row in self._once(lambda row: row.values["number"], "number"):
            found = self.people.get(row.values["number"]) or Person()
            if self._save(row, found, self._plain(row, "number", "name", "telephone", "email", "biography")):
                self.people[row.values["number"]] = found

    def _holdings(self) -> None:
        known = {(held.post_id, held.person_id, held.valid_from): held for held in Holding.objects.all()}
        for row in self._once(lambda row: tuple(row.values[name] for name in ("unit", "post", "person", "valid_from")), "person"):
            post = self._refer(row, "post", self.posts, (row.values["unit"], row.values["post"]), "post in this unit called")
            person = self._refer(row, "person", self.people, row.values["person"], "person with the number")
            if post is not None and person is not None:
                found = known.get((post.pk, person.pk, row.values["valid_from"])) or Holding(post=post, person=person)
                self._save(row, found, self._plain(row, "valid_from", "valid_to", "absent_from", "absent_to"))

    def _calendar(self) -> None:
        known = {(day.date, day.unit.code if day.unit else "", day.half): day for day in CalendarDay.objects.select_related("unit")}
        plain = ("date", "kind", "label", "half", "counts_for_deadlines", "counter_open", "label_en", "source", "confirmed")
        for row in self._once(lambda row: (row.values["date"], row.values.get("unit", ""), row.values.get("half", "full")), "date"):
            unit = self._refer(row, "unit", self.units, row.values.get("unit", ""), "unit")
            if unit is None and row.values.get("unit"):
                continue
            key = (row.values["date"], unit.code if unit else "", row.values.get("half", "full"))
            found = known.get(key) or CalendarDay(unit=unit)
            self._save(row, found, self._plain(row, *plain) | {"seeded": False})

    def _identity(self) -> None:
        for row in self.table.rows[1:]:
            self._wrong(row, "unit", "a portal has one identity: one row")
        for row in self.table.rows[:1]:
            unit = self._refer(row, "unit", self.units, row.values["unit"], "unit")
            if unit is not None:
                found = SiteIdentity.objects.first() or SiteIdentity()
                self._save(row, found, self._plain(row, "name", "name_en", "hotline", "is_demonstration") | {"unit": unit})
