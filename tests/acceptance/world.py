"""A small town that holds one of everything: units, service points, procedures in every state of their life, users of every
role, pages, files. Made by the services and models of the portal, so that whatever they refuse cannot stand here."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, Workflow

from organisation.enums import Level, PointKind, UnitKind
from organisation.models import (
    CalendarDay,
    Closure,
    DeadlinePolicy,
    Field,
    Holding,
    OpeningHours,
    Person,
    Population,
    Post,
    Room,
    ServicePoint,
    SiteIdentity,
    Unit,
    today,
)
from organisation.search_sources import reindex_units
from organisation.services import close_unit
from procedures_catalog import named, services
from procedures_catalog.models import (
    AskedQuestion,
    CaseRow,
    ConditionRow,
    DecisionFile,
    ExportRun,
    FeeRow,
    FormRow,
    ImportRun,
    InvolvedAgency,
    LegalBasisRow,
    LegalDocument,
    LifeEvent,
    MethodRow,
    PaperRow,
    Procedure,
    ProcedureVersion,
    ProcessRow,
    PublicationDecision,
    ResultRow,
    ServiceOffer,
    StepRow,
    VersionNote,
)
from safeguards import roles
from safeguards.models import User

from . import world_dialogues

DAY = dt.timedelta(days=1)
SUPERUSER = "superuser"
PASSWORD = "mật khẩu của người thử"  # pragma: allowlist secret
# The longest official name of the country's catalogue has 1,094 characters.
LONGEST_NAME = (
    ("Thủ tục công nhận người hướng dẫn, người giám hộ và người được uỷ quyền theo quy định tại khoản 3 " * 12)[:1094].strip().ljust(1094, "a")
)
_numbers = count(100_001)


def next_code() -> str:
    """A national code that nobody has."""
    return f"9.{next(_numbers)}"


@dataclass
class World:
    """What stands in the town, by the name that `urls.toml` uses."""

    users: dict[str, User] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["things"][name]
        except KeyError:
            raise AttributeError(name) from None


def build() -> World:
    """Fill an empty, migrated database."""
    call_command("roles_apply", stdout=io.StringIO())
    call_command("catalogue_workflow", stdout=io.StringIO())
    world = World()
    _people(world)
    _organisation(world)
    _reference(world)
    _procedures(world)
    _pages(world)
    _content(world)
    _search(world)
    _figures(world)
    _drawer(world)
    _messages(world)
    world_dialogues.build(world)
    with connection.cursor() as cursor:  # no worker lives here: waiting jobs would make the town unready
        cursor.execute("delete from procrastinate_jobs")
    return world


# ── Who works there ───────────────────────────────────────────────────────────────────────────────────────────────────


def _people(world: World) -> None:
    for role in roles.load():
        user = User.objects.create_user(
            role.code, email=f"{role.code}@example.org", password=PASSWORD, display_name=role.label, last_login=timezone.now()
        )
        user.groups.add(Group.objects.get(name=role.code))
        world.users[role.code] = User.objects.get(pk=user.pk)
    world.users[SUPERUSER] = User.objects.create_superuser(SUPERUSER, email="super@example.org", password=PASSWORD, last_login=timezone.now())
    world.things["importer"] = User.objects.create_user("import", email="import@example.org", password=PASSWORD)
    world.importer.groups.add(Group.objects.get(name="publisher"))


# ── Where ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def unit(name: str, slug: str, level: Level = Level.WARD, **rest: Any) -> Any:
    """A unit."""
    return Unit.objects.create(**{"name": name, "slug": slug, "code": f"H99.{slug}"[:35], "level": level, "kind": UnitKind.DEPARTMENT, **rest})


def point(of: Unit, slug: str, **rest: Any) -> Any:
    """A service point, open on working days."""
    made = ServicePoint.objects.create(**{
        "name": f"Điểm tiếp nhận {slug}", "slug": slug, "unit": of, "address": "Số 1 đường Bờ Suối", "telephone": "0000 000 001",
        "kind": PointKind.ONE_STOP, **rest,
    })  # fmt: skip
    OpeningHours.objects.bulk_create(
        OpeningHours(point=made, weekday=weekday, opens=dt.time(*opens), closes=dt.time(*closes))
        for weekday in range(1, 6)
        for opens, closes in (((7, 30), (11, 30)), ((13, 30), (17, 0)))
    )
    return made


def post(of: Unit, title: str, holder: str = "", **rest: Any) -> Any:
    """A post in a unit, with somebody who holds it."""
    made = Post.objects.create(unit=of, title=title, **rest)
    person = Person.objects.create(name=holder or f"Người giữ {title}", telephone="0000 000 002")
    Holding.objects.create(post=made, person=person, valid_from=today() - 300 * DAY)
    return made


def _organisation(world: World) -> None:
    district = unit("Uỷ ban nhân dân huyện Suối Mơ", "suoi-mo", Level.DISTRICT, kind=UnitKind.GOVERNMENT, duties="Quản lý chung\nTiếp công dân")
    office = unit("Văn phòng", "van-phong", Level.DISTRICT, parent=district, name_en="Office")
    ward = unit("Uỷ ban nhân dân xã Đầu Nguồn", "dau-nguon", parent=district, kind=UnitKind.GOVERNMENT)
    closed = unit("Phòng Kinh tế và Hạ tầng", "kinh-te-ha-tang", Level.DISTRICT, parent=district, valid_from=today() - 900 * DAY)
    centre = point(office, "mot-cua-suoi-mo", is_main=True, directions="Xe buýt số 5", accessibility="Có lối cho xe lăn")
    Room.objects.create(point=centre, name="Phòng họp", seats=40)
    Closure.objects.create(point=centre, first_day=today() + 20 * DAY, last_day=today() + 21 * DAY, reason="Sửa mái")
    centre.serves.add(ward)
    world.things |= {
        "district": district, "office": office, "ward": ward, "closed_unit": closed, "point": centre, "ward_point": point(ward, "mot-cua-dau-nguon"),
        "post": post(district, "Chủ tịch", "Hà Văn Thử", is_leader=True),
        "population": Population.objects.create(unit=ward, counted_on=today(), inhabitants=900, voters=600),
    }  # fmt: skip
    world.things["person"] = world.post.holdings.get().person
    close_unit(closed, today() - 10 * DAY, [office], None)
    SiteIdentity.objects.create(
        unit=district,
        name="Cổng minh bạch huyện Suối Mơ",
        name_en="Suoi Mo transparency portal",
        hotline="0000 000 000",
        import_approver=world.users["publisher"],
    )
    world.things["identity"] = SiteIdentity.objects.get()
    call_command("calendar_seed", str(today().year), stdout=io.StringIO())
    world.things["day"] = CalendarDay.objects.order_by("pk").first()
    world.things["policy"] = DeadlinePolicy.objects.order_by("pk").first() or DeadlinePolicy.objects.create(valid_from=dt.date(2000, 1, 1))
    reindex_units([district.pk, office.pk, ward.pk, closed.pk])


# ── What procedures stand on ──────────────────────────────────────────────────────────────────────────────────────────


def image(title: str = "Trụ sở") -> Any:
    """An image of Wagtail's."""
    picture = get_test_image_file(filename="tru-so.png", size=(64, 48))
    made = get_image_model()(title=title, file=ImageFile(picture.file, name="tru-so.png"))
    made._set_image_file_metadata()
    made.save()
    return made


def document(title: str = "Tờ khai") -> Any:
    """A document of Wagtail's."""
    made = get_document_model()(title=title, file=ContentFile("tờ khai".encode(), name="to-khai.txt"))
    made._set_document_file_metadata()  # as Wagtail's upload does
    made.save()
    return made


def _reference(world: World) -> None:
    picture = image()
    world.things |= {
        "image": picture,
        "rendition": picture.get_rendition("width-20"),
        "document": document(),
        "field": Field.objects.create(name="Hộ tịch", name_en="Civil status", slug="ho-tich", code="HT"),
        "other_field": Field.objects.create(name="Đất đai", slug="dat-dai"),
        "life_event": LifeEvent.objects.create(slug="sinh-con", name="Sinh con", name_en="Having a child"),
        "law": LegalDocument.objects.create(number="60/2014/QH13", kind="law", title="Luật Hộ tịch", valid_from=dt.date(2016, 1, 1)),
        "expired_law": LegalDocument.objects.create(number="1/1990/NĐ", kind="decree", title="Cũ", valid_to=today() - 5 * DAY),
        "decision": PublicationDecision.objects.create(number="12/QĐ-UBND", title="Công bố thủ tục", signed_on=today() - 60 * DAY),
    }
    DecisionFile.objects.create(decision=world.decision, document=document("Quyết định"))


# ── Procedures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def record(world: World, of: Procedure | None = None, *, rows: int = 2, **fields: Any) -> Any:
    """A complete record in memory, with so many rows of each part."""
    version: Any = ProcedureVersion(**{
        "procedure": of or Procedure.objects.create(code=next_code()), "name": "Đăng ký khai sinh", "levels": [int(Level.WARD)], "field": world.field,
        "valid_from": today() - 30 * DAY, "decision": world.decision, "subjects": ["citizen"], "sets": 1, "online_level": "full",
        "legacy_level": 4, **fields,
    })  # fmt: skip
    each = range(1, rows + 1)
    version.cases = [CaseRow(name=f"Trường hợp {n}") for n in each]
    version.methods = [
        MethodRow(channel="counter", limit_value=3, limit_unit="working_days", fee_text="8.000 đồng", case="" if n == 1 else f"Trường hợp {n}")
        for n in each
    ]
    version.steps = [StepRow(title=f"Bước {n}", text="Nộp hồ sơ tại bộ phận một cửa.") for n in each]
    version.process = [ProcessRow(name=f"Khâu {n}", post="Công chức hộ tịch", hours=4) for n in each]
    version.papers = [PaperRow(name=f"Giấy tờ {n}", originals=1, copies=1, form_code=f"Mẫu {n}") for n in each]
    version.fees = [FeeRow(amount=8000, legal_basis="NQ 12/2020/NQ-HĐND", condition=f"Trường hợp {n}") for n in each]
    version.forms = [FormRow(code=f"Mẫu {n}", name=f"Tờ khai {n}", docx=world.document) for n in each]
    version.results = [ResultRow(name=f"Giấy khai sinh {n}") for n in each]
    version.conditions = [ConditionRow(text=f"Điều kiện {n}") for n in each]
    version.legal_bases = [LegalBasisRow(document=world.law, articles=f"Điều {n}") for n in each]
    version.agencies = [InvolvedAgency(role="competent", unit=world.ward), *(InvolvedAgency(role="coordinating", name=f"Cơ quan {n}") for n in each)]
    return version


def draft(world: World, of: Procedure | None = None, **fields: Any) -> ProcedureVersion:
    """A draft that the editor wrote."""
    return services.draft(record(world, of, **fields), user=world.users["editor"])


def in_force(world: World, of: Procedure | None = None, *, reason: str = "", **fields: Any) -> ProcedureVersion:
    """What the editor wrote and the publisher published."""
    return services.publish(draft(world, of, **fields), approver=world.users["publisher"], incomplete_reason=reason)


def successor(world: World, of: ProcedureVersion, **changes: Any) -> ProcedureVersion:
    """A further version of the same procedure, published."""
    copy = services.copy_as_new_version(of, user=world.users["editor"], decision=world.decision, **changes)
    return services.publish(copy, approver=world.users["publisher"])


def _procedures(world: World) -> None:
    main = Procedure.objects.create(code=next_code(), summary="Ghi nhận một đứa trẻ ra đời.", guidance="Mang theo giấy chứng sinh.", popularity=1)
    main.life_events.set([world.life_event])
    main.save()
    AskedQuestion.objects.create(procedure=main, question="Có mất tiền không?", answer="Không, nếu đúng hạn.")
    ServiceOffer.objects.create(procedure=main, point=world.ward_point, deciding_unit=world.ward, online=True, by_post=True)
    superseded = in_force(world, main, valid_from=today() - 400 * DAY, name="Đăng ký khai sinh (cũ)", change_kind="new")
    effective = successor(world, superseded, valid_from=today() - 30 * DAY, changes={"name": "Đăng ký khai sinh"})
    upcoming = successor(world, effective, valid_from=today() + 40 * DAY, changes={"name": "Đăng ký khai sinh (sắp áp dụng)"})
    abolished = in_force(world, valid_from=today() - 400 * DAY, name="Xác nhận tình trạng cũ")
    ending = services.abolish(abolished, user=world.users["editor"], decision=world.decision, valid_from=today() - 20 * DAY)
    ending = services.publish(ending, approver=world.users["publisher"])
    bare = ProcedureVersion(
        procedure=Procedure.objects.create(code=next_code()), name="Thủ tục chỉ có tên", levels=[int(Level.DISTRICT)], valid_from=today() - 9 * DAY
    )
    bare = services.publish(services.draft(bare, user=world.users["editor"]), approver=world.users["publisher"], incomplete_reason="Chưa có nguồn")
    several = in_force(world, levels=[int(Level.WARD)], name="Chứng thực bản sao", field=world.other_field)
    world.things |= {
        "procedure": main,
        "superseded": superseded,
        "effective": effective,
        "upcoming": upcoming,
        "abolished": ending,
        "abolished_procedure": ending.procedure,
        "name_only": bare,
        "name_only_procedure": bare.procedure,
        "long": in_force(world, name=LONGEST_NAME),
        "several": several,
        "district_version": in_force(world, several.procedure, levels=[int(Level.DISTRICT)], name="Chứng thực bản sao", field=world.other_field),
        "only_upcoming": in_force(world, valid_from=today() + 9 * DAY, name="Chỉ sắp có hiệu lực"),
        "draft": draft(world, name="Bản nháp không ai được thấy", valid_from=today() + 5 * DAY),
        "stale_basis": in_force(world, name="Căn cứ đã hết hiệu lực"),
    }
    world.things["draft_procedure"] = world.draft.procedure
    world.things["form_key"] = sorted(named.form_keys(version=effective))[0]
    world.things["long_procedure"] = world.long.procedure


# ── Pages, and what lies in the drawers of the back office ────────────────────────────────────────────────────────────


def _pages(world: World) -> None:
    from portal.models import ContentPage
    from portal.setup import ensure_site

    home = ensure_site()
    page = ContentPage.objects.filter(locale=home.locale).order_by("path").first()
    english = ContentPage.objects.exclude(locale=home.locale).order_by("path").first()
    page.save_revision(user=world.users["editor"])
    hidden = ContentPage(title="Trang nháp", slug="trang-nhap", locale=home.locale, live=False, body=[])
    home.add_child(instance=hidden)
    hidden.save_revision(user=world.users["editor"])
    workflow = Workflow.objects.order_by("pk").first()
    state = workflow.start(hidden, world.users["editor"])
    world.things |= {
        "home": home, "page": ContentPage.objects.get(pk=page.pk), "hidden_page": hidden, "english_page": english,
        "collection": Collection.get_first_root_node(),
        "workflow": workflow, "task": workflow.tasks[0], "workflow_state": state, "task_state": state.current_task_state,
    }  # fmt: skip


def _content(world: World) -> None:
    from wagtail.rich_text import RichText

    from portal.models import ArticlePage, DisclosureItem, GuideIndexPage, GuidePage, Interruption, RelatedProcedure, SectionPage
    from portal.services import announce, make_link
    from portal.services.preview_links import token

    section = SectionPage.objects.get(locale__language_code="vi")
    article = ArticlePage(
        title="Quầy mở buổi tối", slug="quay-toi", summary="Từ tuần sau.", locale=section.locale, live=False,
        picture=world.image, picture_alt="Trụ sở",
        body=[{"type": "text", "value": '<p>Xem <a href="/thu-tuc/">thủ tục</a>.</p>'}, {"type": "quote", "value": "Không phải nghỉ làm."}],
    )  # fmt: skip
    section.add_child(instance=article)
    RelatedProcedure.objects.create(page=article, procedure=world.procedure, sort_order=0)
    article = ArticlePage.objects.get(pk=article.pk)
    article.save_revision(user=world.users["editor"]).publish(user=world.users["publisher"])
    common: dict[str, Any] = {"unit": world.ward, "owner_post": world.post, "basis": "Luật 10/2022/QH15, Đ11", "decided_on": today() - 9 * DAY}
    duty = DisclosureItem.objects.create(key="du-toan", group=2, title="Dự toán ngân sách", body="Thu.\n\nChi.", document=world.document, **common)
    duty.save_revision(user=world.users["editor"]).publish(user=world.users["publisher"])
    draft_duty = DisclosureItem.objects.create(key="quyet-toan", group=2, title="Quyết toán chưa ai duyệt", **common)
    draft_duty.save_revision(user=world.users["editor"])
    state = draft_duty.get_workflow().start(draft_duty, world.users["editor"])
    interruption = announce(
        Interruption(scope="procedure", procedure=world.procedure, planned=False, reason="Máy in hỏng", starts_at=timezone.now()),
        world.users["publisher"],
    )  # fmt: skip
    index = GuideIndexPage.objects.get(locale__language_code="vi")
    steps = [
        ("step", {"title": "Khai sinh", "text": RichText("<p>Ở phường.</p>"), "hint": "Xin thêm bản sao.", "procedures": [world.procedure]}),
        ("step", {"title": "Việc đã bỏ", "text": RichText("<p>Nay khác.</p>"), "condition": "nhà đang thuê", "procedures": [world.procedure],
                  "together": True}),
    ]  # fmt: skip
    guide = GuidePage(title="Nhà có em bé", slug="sinh-con", summary="Một lần nộp.", before="<p>Giấy chứng sinh.</p>", event=world.life_event,
                      locale=index.locale, live=False, steps=steps)  # fmt: skip
    index.add_child(instance=guide)
    guide.save_revision(user=world.users["editor"]).publish(user=world.users["publisher"])
    link = make_link(world.hidden_page, world.users["editor"])
    world.things |= {
        "section": section, "article": ArticlePage.objects.get(pk=article.pk), "section_path": f"{section.slug}/",
        "article_path": f"{section.slug}/{article.slug}/", "guide": GuidePage.objects.get(pk=guide.pk),
        "guide_path": f"{index.slug}/{guide.slug}/", "duty": DisclosureItem.objects.get(pk=duty.pk), "draft_duty": draft_duty,
        "duty_workflow_state": state, "duty_task_state": state.current_task_state, "duty_task": state.current_task_state.task,
        "interruption": interruption, "preview_link": link, "preview_token": token(link),
    }  # fmt: skip


def _search(world: World) -> None:
    from search import editing
    from search.models import Abbreviation, Guidance, LearnedQuery, Pick, PopularQuery, QueryLog, SynonymGroup, VocabularyWord

    editor = world.users["editor"]
    editing.save(SynonymGroup(canonical="đăng ký khai sinh", same=["làm giấy khai sinh"]), editor)
    editing.save(Abbreviation(short="GKS", long=["giấy khai sinh"]), editor)
    editing.save(Guidance(name="Bằng lái", phrases=["bằng lái"], text="Xin đến Công an.", text_en="Please go to the police."), editor)
    editing.save(Pick(phrases=["khai sinh"], kind="procedure", object_id=str(world.procedure.pk)), editor)
    editing.save(VocabularyWord(word="Sông Trăng"), editor)
    for hour in (8, 9):
        QueryLog.objects.create(asked="nghỉ bán", folded="nghi ban", hour=hour, engine="local", total=0, language="vi")
    evidence = {"strength": 4.0, "hours": 6, "days": 5, "first_day": today() - 9 * DAY, "last_day": today()}
    LearnedQuery.objects.create(asked="giấy cho bé", folded="giay cho be", kind="procedure", object_id=str(world.procedure.pk), share=1.0, **evidence)
    PopularQuery.objects.create(asked="khai sinh cho con", folded="khai sinh cho con", found=3, **evidence)


def _figures(world: World) -> None:
    from transparency.models import PlannedLevel
    from transparency.services import change_plan, plan_level, post_list

    publisher = world.users["publisher"]
    common: dict[str, Any] = {"procedure": world.procedure, "unit": world.ward, "year": today().year, "basis": "Kế hoạch 8/KH-UBND"}
    former = plan_level(PlannedLevel(**common, scheme="online", level="partial", decided_on=dt.date(today().year - 1, 12, 1)), publisher)
    plan = change_plan(former, "full", "Kế hoạch 9/KH-UBND", dt.date(today().year, 1, 1), publisher)
    old = {**common, "year": today().year - 1}
    plan_level(PlannedLevel(**old, scheme="legacy", level="4", decided_on=dt.date(today().year - 1, 1, 5)), publisher)
    lines = [(world.procedure.code, "Đăng ký khai sinh"), ("9.999999", "Thủ tục chưa công khai")]
    world.things |= {"plan": plan, "former_plan": former, "list": post_list(world.ward, "QĐ 41/QĐ-UBND", today() - 90 * DAY, lines, publisher)[0]}


def _messages(world: World) -> None:
    from messaging import links, services

    contact = services.contact_for("lan@example.vn")
    world.things |= {"contact": contact, "stop_token": links.token(contact), "message": services.ask_code(contact, "town", unit=world.ward)}


def _drawer(world: World) -> None:
    submitted = draft(world, name="Bản chờ duyệt", valid_from=today() + 6 * DAY)
    state = services.submit(submitted, user=world.users["editor"])
    world.things |= {"submitted": submitted, "version_workflow_state": state, "version_task_state": state.current_task_state,
        "version_task": state.current_task_state.task}  # fmt: skip
    world.things["note"] = VersionNote.objects.create(version=world.draft, author=world.users["editor"], text="Xem lại lệ phí")
    world.things["import_run"] = ImportRun.objects.create(
        file="khong-co.csv", file_name="thu-tuc.csv", step=ImportRun.Step.FAILED, actor=world.users["editor"], report={}
    )
    world.things["export_run"] = ExportRun.objects.create(
        what=ExportRun.What.CATALOGUE, kind="csv", rows=20_000, step=ExportRun.Step.FAILED, actor=world.users["editor"]
    )
    world.things["waiting_run"] = ImportRun.objects.create(
        file="khong-co-nua.csv", file_name="thu-tuc-2.csv", step=ImportRun.Step.PREVIEWED, actor=world.users["editor"], report={}
    )
