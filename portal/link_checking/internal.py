"""Where our own links lead, without network: pages, files, procedures, units and every other address of the portal."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils import translation
from wagtail.documents import get_document_model
from wagtail.models import Page

from organisation.models import Unit, today
from procedures_catalog.models import ProcedureVersion

from ..models import DisclosureItem, LinkProblem

Reason = LinkProblem.Reason


def own_hosts() -> set[str]:
    """Hosts that are this portal."""
    return {host.lower() for host in [urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "", *settings.ALLOWED_HOSTS] if host}


def path_of(target: str) -> str | None:
    """The path of an address of our own; None for another site's. "#part" and "?query" are this page."""
    if target.startswith(("#", "?")):
        return ""
    if not is_address(target):
        return None
    parts = urlsplit(target)
    if target.startswith("/") and not target.startswith("//"):
        return parts.path
    if parts.scheme in {"http", "https"} and (parts.hostname or "").lower() in own_hosts():
        return parts.path or "/"
    return None


def is_address(target: str) -> bool:
    """Whether a text can be read as an address at all ("http://[::1" cannot)."""
    try:
        urlsplit(target)
    except ValueError:
        return False
    return True


class Resolver:
    """Answers for one run; what was asked once is not asked again."""

    def __init__(self, day: dt.date | None = None) -> None:
        self.day = day or today()
        self._known: dict[str, str] = {}

    def reason(self, target: str) -> str:
        """Why an inner link leads nowhere, or ''. Targets are "page:12", "document:7" or paths of ours."""
        if target not in self._known:
            self._known[target] = self._reason(target)
        return self._known[target]

    def _reason(self, target: str) -> str:
        kind, _sep, key = target.partition(":")
        if kind == "page":
            return self._page(Page.objects.filter(pk=int(key)).first()) if key.isdigit() else Reason.MISSING
        if kind == "document":
            return "" if key.isdigit() and get_document_model().objects.filter(pk=int(key)).exists() else Reason.MISSING
        return self._path(target)

    @staticmethod
    def _page(page: Page | None) -> str:
        if page is None:
            return Reason.MISSING
        return "" if page.live and not page.get_view_restrictions().exists() else Reason.DRAFT

    def _path(self, path: str) -> str:
        if path == "":
            return ""
        if path.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
            return ""  # the web server's, not ours to know
        language = "en" if path == "/en" or path.startswith("/en/") else "vi"
        with translation.override(language):
            try:
                match = resolve(unquote(path))
            except Resolver404:
                return Reason.MISSING
        name, arguments = match.view_name, match.kwargs
        if name.startswith("procedures_catalog:") and "code" in arguments:
            return self._procedure(arguments["code"][:8])
        if name == "organisation:unit":
            return "" if Unit.objects.filter(slug=arguments["slug"]).exists() else Reason.MISSING
        if name == "portal:duty":
            return "" if DisclosureItem.objects.shown_on(self.day).filter(key=arguments["key"]).exists() else Reason.MISSING
        if name == "wagtaildocs_serve":
            return (
                ""
                if get_document_model().objects.filter(pk=match.args[0] if match.args else arguments.get("document_id")).exists()
                else Reason.MISSING
            )
        if name == "wagtail_serve":
            return self._tree(match.args[0] if match.args else "", language)
        return ""

    def _procedure(self, code: str) -> str:
        versions = ProcedureVersion.objects.published().filter(procedure__code=code)
        if not versions.exists():
            return Reason.MISSING
        alive = versions.in_force_on(self.day).exists() or versions.filter(valid_from__gt=self.day).exists()
        return "" if alive else Reason.ABOLISHED

    def _tree(self, path: str, language: str) -> str:
        """A page by its public path, in any language: the portal leads from one to the other."""
        inner = path.strip("/")
        for root in Page.objects.filter(depth=2):
            found = Page.objects.filter(url_path=f"{root.url_path}{inner}/").first()
            if found is None and inner.endswith("/in"):
                found = Page.objects.filter(url_path=f"{root.url_path}{inner.removesuffix('in')}").first()
            if found is not None:
                return self._page(found)
        return Reason.MISSING
