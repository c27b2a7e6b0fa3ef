"""What procedures name, for search engines elsewhere: forms, legal documents and publication decisions, each with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from foundation import together
from foundation.registries import sitemaps

from . import named

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class NamedPages(_Base):
    """Forms that a public record asks for, legal documents that it rests on, decisions that it names: the page of each."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000  # a part is made for each request: it has to cost little

    def items(self) -> list[tuple[str, Any]]:
        """Pages and keys, in a fixed order, so that parts of the sitemap do not overlap. One query."""
        forms = named.form_rows().filter(version__live=True).order_by("key").values("key").distinct()
        documents = named.public_legal_documents().order_by("pk").values("pk")
        decisions = named.public_decisions().order_by("pk").values("pk")
        found = zip(("form", "legal_document", "decision"), together.rows(forms, documents, decisions), strict=True)
        return [(page, row["key"] if page == "form" else row["pk"]) for page, rows in found for row in rows]

    def location(self, item: tuple[str, Any]) -> str:
        """The address."""
        return reverse(f"procedures_catalog:{item[0]}", args=[item[1]])


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("named", NamedPages)
