"""What the public pages show in the browser's tests: a procedure in each state of its life, in a small office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from organisation.enums import Level
from organisation.models import Holding, OpeningHours, Person, Post, ServicePoint, SiteIdentity, Unit, today
from portal.setup import ensure_site
from procedures_catalog.models import AskedQuestion, LifeEvent, Procedure, ServiceOffer
from tests.procedures_catalog.factories import DAY, FieldFactory, ProcedureFactory, VersionFactory, law
from tests.remembered import remembered


@remembered
def office() -> Unit:
    """An office with a counter, somebody in charge, and the site's pages."""
    unit = Unit.objects.create(name="Phường Sông Lành", name_en="Song Lanh Ward", slug="song-lanh", code="H90.77", level=Level.WARD)
    point = ServicePoint.objects.create(
        name="Bộ phận Một cửa", slug="mot-cua", unit=unit, address="12 Bến Chợ", telephone="0200 000 0113", is_main=True
    )
    for day in range(1, 7):
        OpeningHours.objects.create(point=point, weekday=day, opens=dt.time(7, 30), closes=dt.time(11, 30))
    post = Post.objects.create(unit=unit, title="Công chức hộ tịch")
    post.fields.add(FieldFactory())
    person = Person.objects.create(name="Trần Thị Mẫu", telephone="0200 000 0114")
    Holding.objects.create(post=post, person=person, valid_from=today() - 500 * DAY)
    identity = SiteIdentity.objects.create(unit=unit, name="Cổng minh bạch", hotline="0200 000 0113", is_demonstration=True)
    ensure_site(identity)
    return unit


@remembered
def procedures(unit: Unit) -> dict[str, str]:
    """A procedure in each state; gives the code of each."""
    point = unit.service_points.get()
    event = LifeEvent.objects.create(slug="ket-hon", name="Kết hôn", name_en="Marriage", summary="Hai bạn về chung một nhà.")
    main = Procedure(
        code="1.004873", summary="Giấy cho biết bạn đang độc thân.", guidance="Có giá trị 6 tháng.\n\nĐi sáng thứ Tư vắng hơn.", popularity=1
    )
    main.save()
    main.life_events.set([event])
    main.save()
    AskedQuestion.objects.create(procedure=main, question="Tôi ở xa thì nộp thế nào?", answer="Nộp trên mạng.\n- Chụp giấy tờ;\n- Gửi kèm.")
    ServiceOffer.objects.create(procedure=main, point=point, deciding_unit=unit, online=True, by_post=True)
    expired = law("158/2005/NĐ-CP", valid_to=today() - 900 * DAY, url="https://vanban.example.org/158")
    VersionFactory(procedure=main, valid_from=today() - 900 * DAY, valid_to=today() - 101 * DAY, end_kind="superseded", sets=2,
                   parts={"papers": [{"name": "Tờ khai cũ", "originals": 2}]})  # fmt: skip
    VersionFactory(procedure=main, valid_from=today() - 100 * DAY, valid_to=today() + 29 * DAY, change_kind="amended", laws=[law(), expired])
    VersionFactory(procedure=main, upcoming=True, change_kind="amended", online_level="partial", partial_reason_kind="presence")
    gone, heir = ProcedureFactory(), ProcedureFactory()
    VersionFactory(procedure=gone, abolished=True, name="Đăng ký lại việc sinh")
    VersionFactory(procedure=heir, name="Đăng ký lại khai sinh", field=FieldFactory(slug="nuoi-con-nuoi", name="Nuôi con nuôi"))
    gone.replaced_by.add(heir)
    work = LifeEvent.objects.create(slug="mo-quan", name="Mở quán, mở tiệm")
    heir.life_events.set([work])
    heir.save()
    levels = ProcedureFactory()
    VersionFactory(procedure=levels, levels=[int(Level.WARD)], name="Chứng thực bản sao")
    VersionFactory(procedure=levels, levels=[int(Level.PROVINCE)], name="Chứng thực bản sao ở tỉnh")
    return {
        "main": main.code,
        "long": VersionFactory(long=True).procedure.code,
        "name-only": VersionFactory(name_only=True, name="Thay đổi nội dung ghi trong giấy phép").procedure.code,
        "abolished": gone.code,
        "upcoming": VersionFactory(upcoming=True).procedure.code,
        "levels": levels.code,
    }


def pages(codes: dict[str, str]) -> dict[str, str]:
    """The addresses of the public pages in their states."""
    main = codes["main"]
    found: dict[str, Any] = {name: f"/thu-tuc/{code}/" for name, code in codes.items()}
    return found | {
        "home": "/",
        "home in English": "/en/",
        "list": "/thu-tuc/",
        "list narrowed": "/thu-tuc/?linh-vuc=ho-tich&cap=ward&sap-xep=ten",
        "list empty": "/thu-tuc/?su-kien=ket-hon&cap=ministry",
        "procedure in English": f"/en/thu-tuc/{main}/",
        "as it was": f"/thu-tuc/{main}/?ngay={today() - 500 * DAY}",
        "before it was": f"/thu-tuc/{main}/?ngay=2001-01-01",
        "print": f"/thu-tuc/{main}/in/",
        "difference": f"/thu-tuc/{main}/thay-doi/",
        "no difference": f"/thu-tuc/{codes['long']}/thay-doi/",
        "help": "/tro-giup/",
        "not found": "/khong-co/",
        "not found in English": "/en/nothing-here/",
        "bad request": "/thu-tuc/?linh-vuc=%FF",
    }
