"""A district with a department and two wards, their procedures, a clock that stands still, people of the back office."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from organisation.models import SiteIdentity
from procedures_catalog import listing
from procedures_catalog.models import InvolvedAgency, ServiceOffer
from safeguards.models import User
from tests.beginnings import house_roles
from tests.organisation import factories as organisation
from tests.procedures_catalog.factories import FieldFactory, ProcedureFactory, VersionFactory
from transparency.models import PlannedLevel
from transparency.services import plan_level

TODAY = dt.date(2026, 11, 30)
START = dt.date(2025, 7, 1)


@pytest.fixture
def clock():
    with time_machine.travel(dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC), tick=False):
        listing._memory.clear()
        yield TODAY
    listing._memory.clear()


@pytest.fixture
def town(db, clock):
    """Units by name, with a counter each."""
    district = organisation.district()
    office = organisation.unit("Phòng Tư pháp", parent=district)
    wards = [organisation.ward("Phường Bến Chợ", name_en="Ben Cho Ward", parent=district), organisation.ward("Phường Cầu Gỗ", parent=district)]
    SiteIdentity.objects.create(unit=district, name="Cổng minh bạch", name_en="Transparency portal", hotline="0200 000 0113")
    for one in (district, office, *wards):
        organisation.point(one)
    return {"district": district, "office": office, "ward": wards[0], "other": wards[1]}


@pytest.fixture
def version(town):
    """Make a version in force: `at` are units that receive it, `decides` one that decides by its record, `asked` one consulted."""

    def make(code="", *, at=(), decides=None, asked=None, **fields):
        values = {"valid_from": START, "field": FieldFactory(), **fields}
        if code:
            values["procedure"] = ProcedureFactory._meta.model.objects.get_or_create(code=code)[0]
        parts = {"agencies": []}
        for role, unit in (("competent", decides), ("coordinating", asked)):
            if unit is not None:
                parts["agencies"].append({"role": role, "unit": unit})
        made = VersionFactory(parts=parts, **values)
        for unit in at:
            ServiceOffer.objects.get_or_create(procedure=made.procedure, point=unit.service_points.get())
        assert InvolvedAgency.objects.filter(version=made).count() == len(parts["agencies"])
        return made

    return make


@pytest.fixture
def planned(town):
    """Make a plan."""

    def make(procedure, level="full", year=2026, scheme="online", decided_on=dt.date(2025, 1, 14), basis="Kế hoạch 8/KH-UBND", unit=None):
        unit = unit or town["district"]
        return plan_level(PlannedLevel(
            procedure=procedure, unit=unit, year=year, scheme=scheme, level=level, basis=basis, decided_on=decided_on
        ), None)  # fmt: skip

    return make


@pytest.fixture
def staff(town):
    """Somebody of a role, signed in."""
    house_roles()

    def sign_in(role):
        user = User.objects.create_user(f"nguoi-{role}", email=f"{role}@example.org", password="mật khẩu của người thử")  # pragma: allowlist secret
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    return sign_in


def text(path):
    """A page's words."""
    response = Client().get(path)
    assert response.status_code == 200, path
    return " ".join(response.content.decode().split())


def rows_of(path):
    """A CSV file's rows by its header, as a spreadsheet reads them."""
    response = Client().get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def json_of(path):
    response = Client().get(path)
    assert response.status_code == 200, path
    return json.loads(response.content)


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    """A private folder of the test's own."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    return settings.PRIVATE_ROOT
