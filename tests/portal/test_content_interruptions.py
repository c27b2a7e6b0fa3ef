"""Not available, because…: announced in time or as unplanned, shown where it matters, lifted, on record."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organisation.enums import PointKind
from organisation.models import ServicePoint
from portal.models import Interruption
from portal.services import ContentError, announce, lift, note_ended
from portal.services.interruptions import amend
from procedures_catalog.models import ServiceOffer
from safeguards.models import Event
from tests.procedures_catalog.factories import VersionFactory

from .conftest import DAY, signed_in

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 2, 3, tzinfo=dt.UTC)  # ten in the morning in Vietnam
HOUR = dt.timedelta(hours=1)


def an(**fields: Any) -> Interruption:
    return Interruption(**{"scope": "online", "reason": "Nâng cấp máy chủ", "reason_en": "Servers are renewed", "planned": False,
                           "starts_at": timezone.now(), **fields})  # fmt: skip


def text(path: str) -> str:
    return " ".join(Client().get(path).content.decode().split())


@time_machine.travel(MONDAY)
@pytest.mark.parametrize(("day", "passes"), [(11, False), (12, True), (13, True)])
def test_planned_work_is_announced_seven_working_days_ahead(site, publisher, day, passes):
    """Announced on Monday the 2nd: the 3rd to the 11th are seven working days, so the 12th is the first day."""
    start = dt.datetime(2026, 11, day, 1, tzinfo=dt.UTC)
    one = an(planned=True, starts_at=start, ends_at=start + 5 * HOUR)
    if passes:
        assert announce(one, publisher).notice_days >= 7
    else:
        with pytest.raises(ContentError, match="7 ngày làm việc"):
            announce(one, publisher)
        assert not announce(an(planned=False, starts_at=start, ends_at=start + 5 * HOUR), publisher).planned
    assert Event.objects.filter(kind="portal.interruption_announced").count() == 1


def test_the_database_holds_the_rule_too(site, publisher):
    one = announce(an(), publisher)
    with pytest.raises(IntegrityError, match="announced_in_time"), transaction.atomic():
        Interruption.objects.filter(pk=one.pk).update(planned=True)
    for change in ({"scope": "procedure"}, {"ends_at": one.starts_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Interruption.objects.filter(pk=one.pk).update(**change)


def test_planned_work_has_an_end(site, publisher):
    with pytest.raises(ContentError):
        announce(an(planned=True, starts_at=timezone.now() + 40 * DAY), publisher)


def test_every_page_tells_of_online_filing_in_both_languages_and_stays_cacheable(site, publisher):
    announce(an(), publisher)
    assert "Đang tạm ngừng nộp hồ sơ trên mạng" in text("/tro-giup/")
    assert "Việc này ngoài kế hoạch." in text("/tro-giup/")
    assert "Servers are renewed" in text("/en/help/")
    response = Client().get("/")
    assert "public" in response.headers["Cache-Control"]
    assert not response.cookies


def test_what_is_over_is_told_of_no_more_without_anybody_doing_anything(site, publisher):
    announce(an(ends_at=timezone.now() + HOUR), publisher)
    assert "Nâng cấp máy chủ" in text("/")
    with time_machine.travel(dt.datetime.now(dt.UTC) + 2 * HOUR):
        # The database's own clock decides in the query; what is asked here is what the page says of the row.
        assert not Interruption.objects.current().exists()


def test_a_procedure_says_so_on_its_page_and_in_the_list(site, publisher, django_assert_max_num_queries):
    version = VersionFactory()
    code = version.procedure.code
    announce(an(scope="procedure", procedure=version.procedure, instead="Nộp tại quầy số 1."), publisher)
    page = text(f"/thu-tuc/{code}/")
    assert "Đang tạm ngừng" in page
    assert "Nâng cấp máy chủ" in page
    assert "Nộp tại quầy số 1." in page
    assert "đang tạm ngừng" in text("/thu-tuc/")
    assert "Nâng cấp máy chủ" not in text("/tro-giup/")  # no banner for one procedure
    other = VersionFactory().procedure.code
    assert "Nâng cấp máy chủ" not in text(f"/thu-tuc/{other}/")


def test_a_service_point_says_so_on_the_page_of_its_unit_and_of_what_it_takes(site, unit, publisher):
    point = ServicePoint.objects.create(unit=unit, name="Quầy Một cửa", slug="quay", kind=PointKind.ONE_STOP, address="12 Bến Chợ")
    version = VersionFactory()
    ServiceOffer.objects.create(procedure=version.procedure, point=point, deciding_unit=unit)
    announce(an(scope="point", point=point), publisher)
    assert "Quầy Một cửa đang tạm ngừng" in text(f"/co-quan/{unit.slug}/")
    assert "Quầy Một cửa đang tạm ngừng" in text(f"/thu-tuc/{version.procedure.code}/")


def test_lifted_is_gone_at_once_and_on_record(site, publisher):
    one = announce(an(), publisher)
    lift(one, publisher)
    assert "Nâng cấp máy chủ" not in text("/")
    event = Event.objects.get(kind="portal.interruption_lifted")
    assert event.actor == publisher
    with pytest.raises(ContentError):
        lift(one, publisher)


def test_words_and_end_may_change_what_and_when_may_not(site, publisher):
    one = announce(an(), publisher)
    assert amend(one, {"ends_at": timezone.now() + 3 * HOUR}, publisher).ends_at is not None
    with pytest.raises(ContentError):
        amend(one, {"starts_at": timezone.now()}, publisher)
    with pytest.raises(ContentError):
        amend(one, {"ends_at": timezone.now() - HOUR}, publisher)


def test_beginning_and_end_are_put_on_record_once(site, publisher):
    announce(an(starts_at=timezone.now() + HOUR, ends_at=timezone.now() + 2 * HOUR), publisher)
    assert note_ended() == 0
    later = timezone.now() + HOUR + HOUR / 2
    assert note_ended(later) == 1
    assert note_ended(later) == 0
    assert note_ended(later + 2 * HOUR) == 1
    assert list(Event.objects.filter(kind__in=["portal.interruption_began", "portal.interruption_ended"]).values_list("kind", flat=True)) == [
        "portal.interruption_began", "portal.interruption_ended",
    ]  # fmt: skip


def test_in_the_back_office_a_refusal_stands_in_the_form(site, publisher, editor):
    url = reverse("wagtailsnippets_portal_interruption:add")
    start = timezone.localtime(timezone.now() + 2 * DAY)
    data = {
        "scope": "online", "procedure": "", "point": "", "planned": "on", "starts_at": f"{start:%d/%m/%Y %H:%M}",
        "ends_at": f"{start + HOUR:%d/%m/%Y %H:%M}", "reason": "Bảo trì", "reason_en": "", "instead": "", "instead_en": "",
    }  # fmt: skip
    answer = signed_in(publisher).post(url, data)
    assert answer.status_code == 200
    assert "7 ngày làm việc" in answer.content.decode()
    assert not Interruption.objects.exists()
    assert signed_in(publisher).post(url, {**data, "planned": ""}).status_code == 302
    one = Interruption.objects.get()
    assert one.announced_by == publisher
    edit = reverse("wagtailsnippets_portal_interruption:edit", args=[one.pk])
    assert signed_in(publisher).get(edit).status_code == 200
    changed = {**data, "planned": "", "reason": "Bảo trì máy chủ", "scope": "portal"}
    assert signed_in(publisher).post(edit, changed).status_code == 302
    one.refresh_from_db()
    assert (one.reason, one.scope) == ("Bảo trì máy chủ", "online")
    lifting = reverse("portal_backoffice:lift", args=[one.pk])
    signed_in(editor).post(lifting)
    one.refresh_from_db()
    assert one.lifted_at is None  # an editor has no right to it
    signed_in(publisher).post(lifting)
    one.refresh_from_db()
    assert one.lifted_by == publisher
