"""Versions in each state of their life, for the tests of the catalogue's back office."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from organisation.enums import Level
from organisation.models import Field, today
from procedures_catalog import services
from procedures_catalog.models import (
    FeeRow,
    InvolvedAgency,
    LegalBasisRow,
    LegalDocument,
    MethodRow,
    PaperRow,
    Procedure,
    ProcedureVersion,
    PublicationDecision,
    StepRow,
)
from safeguards.models import User
from tests.beginnings import house_roles

_number = count(100000)
DAY = dt.timedelta(days=1)


def roles() -> None:
    """The groups of the house."""
    house_roles()


def person(role: str, name: str = "") -> User:
    """Somebody with a role."""
    if not Group.objects.filter(name=role).exists():
        roles()
    user = User.objects.create_user(name or f"{role}{next(_number)}", password="mật-khẩu-thử", email=f"{role}{next(_number)}@example.org")
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)  # without cached permissions


def decision(number: str = "", **fields: Any) -> PublicationDecision:
    """A publication decision."""
    return PublicationDecision.objects.create(number=number or f"{next(_number)}/QĐ-UBND", **{"signed_on": today(), **fields})


def procedure(code: str = "") -> Procedure:
    """A procedure's identity."""
    return Procedure.objects.create(code=code or f"1.{next(_number):06d}")


def unsaved(of: Procedure | None = None, **fields: Any) -> ProcedureVersion:
    """A complete record, in memory."""
    field, _ = Field.objects.get_or_create(name="Hộ tịch", defaults={"slug": "ho-tich"})
    law, _ = LegalDocument.objects.get_or_create(number="60/2014/QH13", defaults={"kind": "law", "title": "Luật Hộ tịch"})
    version = ProcedureVersion(
        **{
            "procedure": of or procedure(), "name": "Đăng ký khai sinh", "levels": [int(Level.WARD)], "field": field,
            "valid_from": today() - 30 * DAY,
            "decision": decision() if "decision" not in fields else None, "subjects": ["citizen"], "sets": 1, "online_level": "full", **fields,
        }
    )  # fmt: skip
    version.methods = [MethodRow(channel="counter", limit_value=3, limit_unit="working_days", fee_text="8.000 đồng")]
    version.steps = [StepRow(text="Nộp hồ sơ."), StepRow(text="Nhận kết quả.")]
    version.papers = [PaperRow(name="Tờ khai", originals=1)]
    version.fees = [FeeRow(amount=8000, legal_basis="NQ 12/2020/NQ-HĐND")]
    version.legal_bases = [LegalBasisRow(document=law)]
    version.agencies = [InvolvedAgency(role="competent", name="Ủy ban nhân dân cấp xã")]
    return version


def draft(writer: User, of: Procedure | None = None, **fields: Any) -> ProcedureVersion:
    """A complete draft, written by somebody."""
    return services.draft(unsaved(of, **fields), user=writer)


def in_force(writer: User, approver: User, of: Procedure | None = None, **fields: Any) -> ProcedureVersion:
    """A version that one wrote and another published."""
    return services.publish(draft(writer, of, **fields), approver=approver)


def fresh(version: ProcedureVersion) -> ProcedureVersion:
    """The row as the database has it."""
    return ProcedureVersion.objects.get(pk=version.pk)


def form_data(client: Any, version: ProcedureVersion) -> dict[str, Any]:
    """What a browser would send for the editor of a version, read from the page itself."""
    from html.parser import HTMLParser

    from django.urls import reverse

    class Fields(HTMLParser):
        """The fields of the editor's form."""

        def __init__(self) -> None:
            super().__init__()
            self.data: dict[str, list[str]] = {}
            self.inside = False
            self.text = self.select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            at = dict(attrs)
            if tag == "form":
                self.inside = at.get("id") == "w-editor-form"
            name = at.get("name") or ""
            if not self.inside:
                return
            if tag == "input" and name and at.get("type") not in {"submit", "button"} and "disabled" not in at:
                if at.get("type") in {"checkbox", "radio"} and "checked" not in at:
                    return
                self.data.setdefault(name, []).append(at.get("value") or "")
            elif tag == "textarea" and name:
                self.text = name
                self.data[name] = [""]
            elif tag == "select" and name:
                self.select = name
            elif tag == "option" and self.select and "selected" in at:
                self.data.setdefault(self.select, []).append(at.get("value") or "")

        def handle_data(self, data: str) -> None:
            if self.text:
                self.data[self.text][0] += data

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                value = self.data[self.text][0]
                self.data[self.text] = [value.removeprefix("\n").replace("\n", "\r\n")]
                self.text = ""
            elif tag == "select":
                self.select = ""
            elif tag == "form":
                self.inside = False

    page = client.get(reverse("wagtailsnippets_procedures_catalog_procedureversion:edit", args=[version.pk]))
    assert page.status_code == 200, page.status_code
    reader = Fields()
    reader.feed(page.content.decode())
    return {name: values if len(values) > 1 else values[0] for name, values in reader.data.items() if "__prefix__" not in name}
