"""Units as schema.org, for machines that read public pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe

from foundation.api import absolute

from .models import WEEKDAYS, Unit
from .queries import weekly

if TYPE_CHECKING:
    from .unit_page import Line
    from .views import PointCard

DAYS = dict(zip((number for number, _name in WEEKDAYS), ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
# A "<" could end the script element that the text stands in.
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _place(card: PointCard) -> dict[str, Any]:
    hours = [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": f"https://schema.org/{DAYS[weekday]}",
            "opens": f"{s.opens:%H:%M}",
            "closes": f"{s.closes:%H:%M}",
        }
        for weekday, sessions in weekly(card.point).items()
        for s in sessions
    ]
    address = {"@type": "PostalAddress", "streetAddress": card.point.address, "addressCountry": "VN"}
    return {
        "@type": "GovernmentOffice",
        **_filled(name=card.point.name, telephone=card.point.telephone, email=card.point.email, openingHoursSpecification=hours),
        "address": address,
    }


def of_unit(unit: Unit, parent: Line | None, cards: Iterable[PointCard], below: Iterable[Line]) -> SafeString:
    """The unit as a GovernmentOrganization in JSON-LD, safe inside a script element."""
    data = {
        "@context": "https://schema.org",
        "@type": "GovernmentOrganization",
        **_filled(
            name=unit.name,
            alternateName=unit.name_en or unit.short_name,
            identifier=unit.code,
            url=absolute(unit.get_absolute_url()),
            telephone="" if unit.is_closed else unit.telephone,
            email="" if unit.is_closed else unit.email,
            foundingDate=unit.valid_from.isoformat() if unit.valid_from else "",
            dissolutionDate=unit.valid_to.isoformat() if unit.valid_to else "",
            parentOrganization=_filled(**{"@type": "GovernmentOrganization", "name": parent.name}) if parent else None,
            subOrganization=[{"@type": "GovernmentOrganization", "name": row.name, "url": absolute(row.get_absolute_url())} for row in below],
            location=[_place(card) for card in cards],
        ),
    }
    return mark_safe(json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES))  # noqa: S308  # escaped in this line  # nosec B308 B703
