"""Import and export in Wagtail's menu. Imported by the application when it starts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("register_admin_urls")
def register_import_urls() -> list[Any]:
    """Pages under /admin/import/."""
    from . import views

    return [path("import/", include((list(views.urls()), "procedures_catalog_importing"), namespace="procedures_catalog_importing"))]


class ImportMenuItem(MenuItem):
    """For whoever may import or export."""

    def is_shown(self, request: HttpRequest) -> bool:
        """With one of the two rights."""
        user: Any = request.user
        return bool(user.has_perm("procedures_catalog.import_catalogue") or user.has_perm("procedures_catalog.export_catalogue"))


@hooks.register("register_admin_menu_item")
def import_menu() -> MenuItem:
    """Import and export."""
    return ImportMenuItem(
        _("Import and export"), reverse("procedures_catalog_importing:index"), name="catalogue-import", icon_name="download", order=102
    )
