"""A small office with everything that has a table, and with people whose names no file may hold."""

from __future__ import annotations

import datetime as dt

from organisation.enums import DayKind
from organisation.models import CalendarDay, Closure, Holding, Person, Post
from procedures_catalog.models import AskedQuestion, LifeEvent, Procedure, ServiceOffer
from safeguards.models import User
from tests.organisation import factories as offices
from tests.procedures_catalog.factories import DAY, DecisionFactory, FieldFactory, VersionFactory, today
from tests.remembered import remembered

SECRETS = ("Nguyễn Văn Kín", "0912 345 678", "kin@rieng.example.org", "Trần Thị Ký", "tai-khoan-rieng")


@remembered
def build():
    district = offices.district(name="Huyện Suối Mơ", duties="Quản lý.\nPhục vụ.")
    ward = offices.ward(name="Phường Bến Chợ", parent=district)
    closed = offices.ward(name="Xã Đã Giải Thể", parent=district, valid_to=today() - DAY)
    closed.successors.add(ward)
    point = offices.point(ward)
    Closure.objects.create(point=point, first_day=today() + DAY, last_day=today() + 2 * DAY, reason="Sửa mái")
    person = Person.objects.create(name=SECRETS[0], telephone=SECRETS[1], email=SECRETS[2], number="CB-1")
    post = Post.objects.create(unit=ward, title="Công chức hộ tịch")
    post.fields.add(FieldFactory())
    Holding.objects.create(post=post, person=person, valid_from=today() - 100 * DAY)
    User.objects.create_user(SECRETS[4], email="tk@example.org")
    CalendarDay.objects.create(date=dt.date(2026, 9, 2), kind=DayKind.HOLIDAY, label="Quốc khánh", label_en="National Day")
    CalendarDay.objects.create(date=dt.date(2026, 9, 5), kind=DayKind.OPEN, half="am", counter_open=True, label="Mở sáng thứ Bảy", unit=ward)
    event = LifeEvent.objects.create(slug="ket-hon", name="Kết hôn")
    main = Procedure(code="1.004873", summary="=HYPERLINK(0)", popularity=1)
    main.save()
    main.life_events.set([event])
    main.save()
    AskedQuestion.objects.create(procedure=main, question="Ở xa?", answer="Nộp trên mạng.")
    ServiceOffer.objects.create(procedure=main, point=point, deciding_unit=ward, online=True)
    decision = DecisionFactory(number="1872/QĐ-UBND", signer=SECRETS[3])
    VersionFactory(procedure=main, valid_from=today() - 400 * DAY, valid_to=today() - 101 * DAY, end_kind="superseded")
    VersionFactory(procedure=main, valid_from=today() - 100 * DAY, change_kind="amended", decision=decision)
    VersionFactory(name='Đăng ký\nkhai sinh; "lại"')
    VersionFactory(abolished=True, name="Việc đã bãi bỏ")
    VersionFactory(upcoming=True, name="Việc sắp tới")
    VersionFactory(draft=True, name="Bản nháp bí mật")
    return {"ward": ward, "district": district, "closed": closed, "point": point, "main": main}
