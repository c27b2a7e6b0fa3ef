"""What procedures name, for search engines elsewhere: forms, legal documents and publication decisions, each with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from foundation.registries import sitemaps

from . import named

if TYPE_CHECKING:
    _Base = Sitemap[Any]
else:
    _Base = Sitemap  # generic in the stubs only


class _Named(_Base):
    """Keys of one kind; the page of each."""

    i18n = True
    alternates = True
    x_default = True
    limit = 1_000  # a part is made for each request: it has to cost little
    page = ""

    def location(self, item: Any) -> str:
        """The address."""
        return reverse(f"procedures_catalog:{self.page}", args=[item])


class FormPages(_Named):
    """Forms that a public record asks for."""

    page = "form"

    def items(self) -> list[str]:
        """Their keys."""
        return sorted(named.form_keys(version__live=True))


class LegalDocumentPages(_Named):
    """Legal documents that a public record rests on."""

    page = "legal_document"

    def items(self) -> list[int]:
        """Their keys."""
        return list(named.public_legal_documents().order_by("pk").values_list("pk", flat=True))


class DecisionPages(_Named):
    """Decisions that a public record names."""

    page = "decision"

    def items(self) -> list[int]:
        """Their keys."""
        return list(named.public_decisions().order_by("pk").values_list("pk", flat=True))


def register() -> None:
    """Called when the application starts."""
    sitemaps.register("forms", FormPages)
    sitemaps.register("legal-documents", LegalDocumentPages)
    sitemaps.register("decisions", DecisionPages)
