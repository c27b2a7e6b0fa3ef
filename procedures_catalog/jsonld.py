"""A procedure for machines: schema.org's GovernmentService, as a data block that no text can break out of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from .facts import fees_on
from .queries import Data

CHANNELS = {"online": "Online", "counter": "In person", "post": "By post"}
# A data block ends at the first "</script", whatever stands around it, and "<!--" changes how it is read.
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def government_service(procedure: Data, version: Data, url: str, area: str, day: Any) -> dict[str, Any]:
    """The parts of a version that schema.org has words for."""
    competent = [row["name"] or row["unit"] for row in version["agencies_rows"] if row["role"] == "competent"]
    offers: Sequence[dict[str, Any]] = [
        {"@type": "Offer", "price": str(row["amount"]), "priceCurrency": "VND", **({"description": row["condition"]} if row["condition"] else {})}
        for row in fees_on(version["fees_rows"], day)
        if row["amount"] is not None
    ]
    ways = list(dict.fromkeys(CHANNELS[row["channel"]] for row in version["methods_rows"] if row["channel"] in CHANNELS))
    found = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "@id": url,
        "url": url,
        "name": version["name"],
        "identifier": procedure["code"],
        "inLanguage": "vi",
        "description": procedure["summary"] or version["description"],
        "serviceType": version["field_name"] or "",
        "areaServed": area,
        "serviceOperator": [{"@type": "GovernmentOrganization", "name": name} for name in competent],
        "serviceOutput": [{"@type": "Thing", "name": row["name"]} for row in version["results_rows"]],
        "availableChannel": [{"@type": "ServiceChannel", "name": way} for way in ways],
        "offers": offers,
        "validFrom": version["valid_from"],
        "dateModified": version["valid_from"],
    }
    return {key: value for key, value in found.items() if value}


def questions(procedure: Data) -> dict[str, Any]:
    """The asked questions as schema.org's FAQPage."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "mainEntity": [
            {"@type": "Question", "name": row["question"], "acceptedAnswer": {"@type": "Answer", "text": row["answer"]}}
            for row in procedure["questions"]
        ],
    }


def data_block(*things: dict[str, Any]) -> SafeString:
    """JSON that may stand inside a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(things[0] if len(things) == 1 else things, ensure_ascii=False)
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 - escaped for this very place  # nosec B308 B703
