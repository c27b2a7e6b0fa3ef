"""What tests of the import share: people, files, a record of the national portal."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from organisation.enums import Level
from organisation.models import SiteIdentity, Unit
from procedures_catalog.importing.columns import TABLES
from procedures_catalog.importing.service import Options, run_import
from safeguards.models import User

DECISION = {"number": "1120/QĐ-UBND", "issuer": "Chủ tịch", "issuer_level": "province", "signed_on": "2025-06-12"}
FIELD = {"name": "Hộ tịch"}
LAW = {"number": "60/2014/QH13", "kind": "law", "title": "Luật Hộ tịch"}


def people() -> tuple[User, User]:
    """Who imports, and who stands for the approval."""
    actor = User.objects.create_user("nhap-lieu")
    approver = User.objects.create_user("phe-duyet")
    unit = Unit.objects.create(name="Quận Bến Lành", slug="ben-lanh", code="H90.10", level=Level.DISTRICT)
    SiteIdentity.objects.create(unit=unit, import_approver=approver)
    return actor, approver


def version(code: str = "1.004873", **values: Any) -> dict[str, Any]:
    """A small whole record as JSON."""
    return {
        "code": code, "levels": ["ward"], "name": f"Thủ tục {code}", "field": "Hộ tịch", "decision": DECISION["number"], "valid_from": "2025-07-01",
        "subjects": ["citizen"], "sets": 1, "online_level": "full",
        "methods": [
            {"channel": "counter", "limit_value": 3, "limit_unit": "working_days"}, {"channel": "online", "limit_value": 2.5, "limit_unit": "days"},
        ],
        "steps": [{"text": "Nộp giấy tờ ở quầy."}, {"text": "Nhận kết quả."}],
        "papers": [{"name": "Tờ khai", "originals": 1, "copies": 0, "form_code": "TK-01"}],
        "fees": [{"kind": "charge", "amount": 0, "unit": "hồ sơ", "legal_basis": LAW["number"]}],
        "forms": [{"code": "TK-01", "name": "Tờ khai", "files": "to-khai.docx"}],
        "results": [{"name": "Giấy xác nhận"}],
        "legal_bases": [{"document": LAW["number"], "articles": "Điều 5"}],
        "agencies": [{"role": "competent", "name": "Ủy ban nhân dân phường"}],
        **values,
    }  # fmt: skip


def reference_lines() -> list[dict[str, Any]]:
    """Rows that the records name."""
    return [{"table": "fields", **FIELD}, {"table": "decisions", **DECISION}, {"table": "legal_documents", **LAW}]


def jsonl(path: Path, *records: dict[str, Any], references: bool = True) -> Path:
    """A file of JSON Lines."""
    lines = [*(reference_lines() if references else []), *records]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def csv_bytes(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    """Rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def csv_folder(path: Path, tables: dict[str, list[list[str]]], encoding: str = "utf-8") -> Path:
    """A folder of CSV files."""
    path.mkdir(exist_ok=True)
    for name, rows in tables.items():
        (path / f"{name}.csv").write_bytes(csv_bytes(rows, encoding))
    return path


def csv_zip(path: Path, tables: dict[str, list[list[str]]]) -> Path:
    """A zip of CSV files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            archive.writestr(f"{name}.csv", csv_bytes(rows))
    return path


def small_tables(code: str = "1.004873", name: str = "Đăng ký khai sinh") -> dict[str, list[list[str]]]:
    """The least that a CSV import needs."""
    return {"versions": [["record", "code", "levels", "name", "valid_from"], [code, code, "ward", name, "2025-07-01"]]}


def portal_record(code: str = "1.000080", **values: Any) -> dict[str, Any]:
    """A record with the keys of the national portal."""
    record: dict[str, Any] = {
        "id": f"tthc:{code}", "code": code, "code_full": code, "local_code": None, "name": "Thủ tục đăng ký nhận cha, mẹ, con", "name_variants": [],
        "detail": "full", "decision_number": "163/QĐ-BTP", "level_raw": "Cấp xã", "levels": ["ward"], "levels_three_tier": [], "local_gov": True,
        "procedure_type": None, "field": "Hộ tịch", "issuing_agency": "Bộ Tư pháp", "agency": "Ủy ban Nhân dân xã, phường, thị trấn.",
        "competent_authority": None, "authorised_agency": None, "coordinating_agency": None, "receiving_address": None,
        "applicant_types_raw": "Công dân Việt Nam", "applicant_types": ["Công dân Việt Nam"], "steps": "Bước 1: Nộp hồ sơ.\nBước 2: Nhận kết quả.",
        "methods_raw": "Hình thức nộpThời gianPhí, lệ phíMô tảTrực tuyến7Miễn phíTrực tiếp3 Ngày làm việc135 VNĐ(Mức thu 135.000 đồng/hồ sơ)",
        "methods": [
            {"method": "Trực tuyến", "time_limit": "7", "fee_and_note": "Miễn phí"},
            {"method": "Trực tiếp", "time_limit": "3 Ngày làm việc", "fee_and_note": "135 VNĐ(Mức thu 135.000 đồng/hồ sơ)"},
        ],
        "online_offered": True, "online_level": None, "time_limit": "Trực tuyến: 7; Trực tiếp: 3 Ngày làm việc", "fee": "…",
        "documents_raw": "Tên giấy tờMẫu đơn, tờ khaiSố lượngTờ khai1 bản chínhTrường hợp nộp trực tuyến thì chụp lại.0 bản chính",
        "documents": [
            {"group": None, "text": "Tờ khai", "quantity": "1 bản chính", "has_form_file": False},
            {"group": None, "text": "Trường hợp nộp trực tuyến thì chụp lại.", "quantity": "0 bản chính", "has_form_file": False},
        ],
        "document_sets": "01 bộ", "forms": [], "conditions": None, "result": "Trích lục.Mã: KQ.G15.1",
        "results": [{"name": "Trích lục.", "code": "KQ.G15.1"}],
        "legal_basis_raw": "Tên văn bản pháp lýMã văn bảnLuật Hộ tịch60/2014/QH13Nghị định123/2015/NĐ-CPThông tư ngày 29/6/202404/2024/TT-BTP",
        "legal_basis_codes": ["60/2014/QH13N", "123/2015/NĐ-CPT", "2404/2024/TT-BTP"], "keywords": None, "description": None, "validity": None,
        "source_url": "https://dichvucong.gov.vn/thu-tuc/1", "regime": "two_tier", "snapshot": "2026-06/07", "source": "example",
    }  # fmt: skip
    return {**record, **values}


def take(path: Path, actor: User, **options: Any) -> Any:
    """Import a file."""
    return run_import(path, actor=actor, options=Options(**options))


def table_names() -> list[str]:
    """Tables of the format."""
    return list(TABLES)
