"""Procedures and versions in each state of their life, one or ten thousand at a time. What goes live carries a contribution and
an approval by another person, as the database demands; in bulk, so that a large catalogue costs seconds."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import factory
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory
from wagtail.models import Revision

from organisation.enums import Level
from organisation.models import Field, today
from procedures_catalog.models import (
    PARTS,
    Approval,
    Contribution,
    LegalDocument,
    Procedure,
    ProcedureVersion,
    PublicationDecision,
)
from safeguards.models import User

DAY = dt.timedelta(days=1)
LONG_NAME = ("Thủ tục cấp, cấp lại, điều chỉnh giấy phép hoạt động đối với cơ sở quy định tại khoản 3 Điều 12 " * 12)[:1094]
LONG_STEP = (
    "a) Bước 1: Nộp hồ sơ Chủ cơ sở nộp trực tiếp hoặc qua dịch vụ bưu chính 01 bộ hồ sơ. Trường hợp nộp qua môi trường điện tử, thực hiện theo quy định.\n"  # noqa: E501
    "b) Bước 2: Tiếp nhận hồ sơ. - Kiểm tra tính hợp lệ của thành phần hồ sơ; - Trường hợp hồ sơ không hợp lệ, thông báo bằng văn bản và nêu rõ lý do.\n"  # noqa: E501
    "Trường hợp cần xác minh: + Trong thời hạn 01 ngày làm việc, cơ quan thông báo về việc xác minh;\n+ Trong thời hạn 02 ngày làm việc tiến hành xác minh.\n"  # noqa: E501
) * 12


class ProcedureFactory(DjangoModelFactory):
    """A procedure's identity."""

    class Meta:
        model = Procedure

    code = factory.Sequence(lambda number: f"7.{number:06d}")


class FieldFactory(DjangoModelFactory):
    """A field."""

    class Meta:
        model = Field
        django_get_or_create = ("slug",)

    name = "Hộ tịch"
    slug = "ho-tich"


class DecisionFactory(DjangoModelFactory):
    """A publication decision."""

    class Meta:
        model = PublicationDecision

    number = factory.Sequence(lambda number: f"{number}/QĐ-UBND-T")


def law(number: str = "60/2014/QH13", **fields: Any) -> LegalDocument:
    """A legal document by its number."""
    return LegalDocument.objects.get_or_create(number=number, defaults={"kind": "law", "title": "Luật Hộ tịch", **fields})[0]


PLAIN_PARTS: dict[str, list[dict[str, Any]]] = {
    "cases": [{"name": "Đã ly hôn", "description": "Khi bạn từng kết hôn và đã ly hôn."}],
    "methods": [
        {"channel": "counter", "limit_value": 3, "limit_unit": "working_days", "committed_value": 2, "committed_unit": "working_days"},
        {"channel": "online", "limit_value": 3, "limit_unit": "working_days", "description": "Chụp giấy tờ gửi kèm."},
    ],
    "steps": [
        {"title": "Bạn nộp hồ sơ", "text": "Trên mạng hoặc tại quầy, nhận phiếu hẹn ngay."},
        {"actor": "Công chức hộ tịch", "text": "Xác minh trong 2 ngày."},
        {"title": "Nhận kết quả", "text": "Bản giấy hoặc bản điện tử."},
    ],
    "process": [{"name": "Tiếp nhận", "post": "Công chức một cửa", "hours": 4}, {"name": "Giải quyết", "post": "Công chức hộ tịch", "hours": 20}],
    "papers": [
        {"name": "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân", "originals": 1, "form_code": "TK-01"},
        {"name": "Giấy tờ tùy thân", "present_only": True},
        {"case": "Đã ly hôn", "name": "Bản án hoặc quyết định ly hôn đã có hiệu lực", "copies": 1},
    ],
    "fees": [
        {"kind": "charge", "channel": "counter", "amount": 15000, "unit": "bản", "legal_basis": "12/2020/NQ-HĐND"},
        {"kind": "charge", "channel": "online", "amount": 0, "condition": "Nộp trực tuyến", "legal_basis": "12/2020/NQ-HĐND"},
    ],
    "forms": [{"code": "TK-01", "name": "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân"}],
    "results": [{"name": "Giấy xác nhận tình trạng hôn nhân", "validity": "6 tháng"}],
    "conditions": [{"text": "Người yêu cầu từ đủ 18 tuổi."}],
    "agencies": [{"role": "competent", "name": "Ủy ban nhân dân phường"}],
}


def parts_of(version: ProcedureVersion, parts: dict[str, Sequence[dict[str, Any]]], laws: Sequence[LegalDocument]) -> dict[str, list[Any]]:
    """The rows of a version's parts, unsaved."""
    rows = {name: [PARTS[name](version=version, sort_order=order, **row) for order, row in enumerate(found)] for name, found in parts.items()}
    rows["legal_bases"] = [PARTS["legal_bases"](version=version, sort_order=order, document=document) for order, document in enumerate(laws)]
    return rows


def somebody(name: str) -> User:
    """A member of staff by name."""
    return User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})[0]


@transaction.atomic
def publish(versions: Sequence[ProcedureVersion]) -> None:
    """Make saved drafts public: written by one, approved by another."""
    writer, approver = somebody("factory-writer"), somebody("factory-approver")
    kind = ContentType.objects.get_for_model(ProcedureVersion)
    now = timezone.now()
    revisions = Revision.objects.bulk_create([
        Revision(content_type=kind, base_content_type=kind, object_id=str(version.pk), created_at=now, user=writer, object_str="x", content={"pk": version.pk})  # noqa: E501
        for version in versions
    ])  # fmt: skip
    Contribution.objects.bulk_create([Contribution(version=version, user=writer, digest="x") for version in versions])
    Approval.objects.bulk_create([
        Approval(version=version, revision=revision, approver=approver, digest="x") for version, revision in zip(versions, revisions, strict=True)
    ])  # fmt: skip
    for version, revision in zip(versions, revisions, strict=True):
        version.live, version.live_revision, version.latest_revision, version.first_published_at = True, revision, revision, now
    ProcedureVersion.objects.bulk_update(versions, ["live", "live_revision", "latest_revision", "first_published_at"], batch_size=1000)


def build(procedure: Procedure | None = None, **fields: Any) -> ProcedureVersion:
    """A version in memory."""
    return ProcedureVersion(**{
        "procedure": procedure or ProcedureFactory(), "name": "Cấp Giấy xác nhận tình trạng hôn nhân", "levels": [int(Level.WARD)],
        "valid_from": today() - 100 * DAY, "subjects": ["citizen"], "sets": 1, "online_level": "full", "legacy_level": 4, **fields,
    })  # fmt: skip


class VersionFactory(DjangoModelFactory):
    """A version, effective unless a trait says otherwise. `parts` replaces the rows of the parts it names."""

    class Meta:
        model = ProcedureVersion

    class Params:
        effective = factory.Trait()  # the usual state, to say so
        upcoming = factory.Trait(valid_from=factory.LazyFunction(lambda: today() + 30 * DAY))
        abolished = factory.Trait(
            valid_from=factory.LazyFunction(lambda: today() - 400 * DAY),
            valid_to=factory.LazyFunction(lambda: today() - 10 * DAY),
            end_kind="abolished",
        )
        long = factory.Trait(name=LONG_NAME, parts={"steps": [{"text": LONG_STEP}], "papers": [{"name": LONG_STEP[:2000], "originals": 1}]})
        name_only = factory.Trait(
            field=None, levels=[int(Level.UNKNOWN)], subjects=[], sets=None, online_level="", legacy_level=None, decision=None, parts={}, bare=True
        )

    parts: Any = None
    laws: Any = None
    bare = False
    draft = False
    procedure = factory.SubFactory(ProcedureFactory)
    field = factory.SubFactory(FieldFactory)
    decision = factory.SubFactory(DecisionFactory)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **fields: Any) -> ProcedureVersion:
        parts, laws, bare, draft = fields.pop("parts"), fields.pop("laws"), fields.pop("bare"), fields.pop("draft")
        version = build(**fields)
        version.save()
        rows: dict[str, Any] = {} if bare else {**PLAIN_PARTS, **(parts or {})}
        if bare and parts:
            rows = parts
        for name, found in parts_of(version, rows, (laws if laws is not None else [law()]) if not bare else laws or []).items():
            PARTS[name]._default_manager.bulk_create(found)
        if not draft:
            publish([version])
        return version


def catalogue(count: int, fields: int = 12) -> list[ProcedureVersion]:
    """Many procedures in force, spread over fields, levels and audiences."""
    known = [FieldFactory(slug=f"linh-vuc-{number}", name=f"Lĩnh vực {number}") for number in range(fields)]
    procedures = Procedure.objects.bulk_create(
        [Procedure(code=f"8.{number:06d}", popularity=number if number < 50 else None) for number in range(1, count + 1)], batch_size=2000
    )
    levels = itertools.cycle([[int(Level.WARD)], [int(Level.DISTRICT)], [int(Level.PROVINCE)], [int(Level.PROVINCE), int(Level.WARD)]])
    versions = ProcedureVersion.objects.bulk_create(
        [
            build(
                procedure,
                name=f"Thủ tục số {number} về việc {known[number % fields].name.lower()}",
                field=known[number % fields],
                levels=next(levels),
            )
            for number, procedure in enumerate(procedures)
        ],
        batch_size=2000,
    )
    rows: dict[str, list[Any]] = {}
    document = law()
    for version in versions:
        for name, found in parts_of(version, PLAIN_PARTS, [document]).items():
            rows.setdefault(name, []).extend(found)
    for name, found in rows.items():
        PARTS[name]._default_manager.bulk_create(found, batch_size=5000)
    publish(versions)
    return versions
