"""What the law asks for on the day on which this was written (domain.md 5.1, 5.2), for an installation that begins. From then on the
tables are the people's: what stands in them is never written over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from organisation.enums import Level, UnitKind

from .enums import Per, SessionKind, TermKey, TermUnit

TCD, LOCAL, DEMOCRACY, RECEPTION = dt.date(2014, 7, 1), dt.date(2025, 7, 1), dt.date(2023, 7, 1), dt.date(2026, 7, 1)
LAW_OF_RECEPTION = "Luật Tiếp công dân 2013"
HEADS = f"{LAW_OF_RECEPTION}; Nghị định 154/2026/NĐ-CP, Điều 10"

TERMS: tuple[dict[str, Any], ...] = (
    {
        "key": TermKey.SCHEDULE, "length": 5, "unit": TermUnit.WORKING_DAYS, "before": True, "valid_from": TCD,
        "source": f"{LAW_OF_RECEPTION}, Điều 24 khoản 4",
    },
    {"key": TermKey.NOTICE, "length": 7, "unit": TermUnit.DAYS, "before": True, "valid_from": LOCAL, "source": "Luật số 72/2025/QH15, Điều 43"},
    {
        "key": TermKey.ONLINE_NOTICE, "length": 5, "unit": TermUnit.WORKING_DAYS, "before": True, "valid_from": RECEPTION,
        "source": "Nghị định 154/2026/NĐ-CP, Điều 16 đến Điều 24",
    },
    {"key": TermKey.RESULT, "length": 10, "unit": TermUnit.DAYS, "before": False, "valid_from": LOCAL, "source": "Luật số 72/2025/QH15, Điều 43"},
    {
        "key": TermKey.ANSWER, "length": 10, "unit": TermUnit.WORKING_DAYS, "before": False, "valid_from": TCD,
        "source": f"{LAW_OF_RECEPTION}, Điều 28",
    },
    {
        "key": TermKey.FORWARDED_RESULT, "length": 5, "unit": TermUnit.WORKING_DAYS, "before": False, "valid_from": TCD,
        "source": f"{LAW_OF_RECEPTION}, Điều 28",
    },
)  # fmt: skip

_MONTHLY = (UnitKind.OFFICE, UnitKind.DEPARTMENT, UnitKind.PUBLIC_SERVICE, UnitKind.VERTICAL)
MINIMUMS: tuple[dict[str, Any], ...] = (
    {
        "level": Level.PROVINCE, "unit_kind": UnitKind.GOVERNMENT, "days": 1, "per": Per.MONTH, "valid_from": TCD,
        "source": LAW_OF_RECEPTION,
    },
    {
        "level": Level.DISTRICT, "unit_kind": UnitKind.GOVERNMENT, "days": 2, "per": Per.MONTH, "valid_from": TCD,
        "valid_to": dt.date(2025, 6, 30), "source": f"{LAW_OF_RECEPTION}, Điều 13",
    },
    {
        "level": Level.WARD, "unit_kind": UnitKind.GOVERNMENT, "days": 1, "per": Per.WEEK, "valid_from": TCD,
        "valid_to": dt.date(2026, 6, 30), "source": f"{LAW_OF_RECEPTION}, Điều 15",
    },
    {
        "level": Level.WARD, "unit_kind": UnitKind.GOVERNMENT, "days": 1, "per": Per.WEEK, "valid_from": RECEPTION, "confirmed": False,
        "source": f"{LAW_OF_RECEPTION}, Điều 15; Luật 136/2025/QH15",
        "note": "Luật 136/2025/QH15 có thể đã đổi thành ít nhất 2 ngày mỗi tháng: hãy đối chiếu văn bản rồi sửa và đánh dấu đã xác nhận.",
    },
    *(
        {"level": None, "unit_kind": kind, "days": 1, "per": Per.MONTH, "valid_from": TCD, "source": HEADS}
        for kind in _MONTHLY
    ),
    {
        "level": Level.WARD, "unit_kind": UnitKind.GOVERNMENT, "session_kind": SessionKind.YEARLY, "days": 1, "per": Per.YEAR,
        "valid_from": DEMOCRACY, "source": "Luật Thực hiện dân chủ ở cơ sở 2022, Điều 32; Luật số 72/2025/QH15, Điều 43",
    },
)  # fmt: skip


def seed(apps: Any) -> None:
    """Fill the tables that are empty, as the models of this moment (`apps` of a migration, or the living ones) take it."""
    for name, rows in (("LegalTerm", TERMS), ("LegalMinimum", MINIMUMS)):
        model = apps.get_model("dialogue_sessions", name)
        if not model.objects.exists():
            model.objects.bulk_create(model(**row) for row in rows)
