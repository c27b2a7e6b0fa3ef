"""The public roots. They are fixed: they stand in printed QR codes."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.account import LogoutView
from wagtail.documents import urls as wagtaildocs_urls

from safeguards.reports import csp_report

from . import api, errors, views
from .backoffice.explorer import explorer
from .bulk import bulk_action
from .health import healthz, readyz
from .security_txt import security_txt

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("csp-report", csp_report, name="csp-report"),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    # Wagtail's view answers a GET with 405 and signs out all the same: a picture on any page could do it.
    path("admin/logout/", require_POST(LogoutView.as_view()), name="wagtailadmin_logout"),
    # One door: Wagtail's own sign-in, whose form knows nothing of the second factor, is an address that leads to ours.
    path("admin/login/", require_safe(RedirectView.as_view(pattern_name="account_login", query_string=True)), name="wagtailadmin_login"),
    path("admin/bulk/<str:app_label>/<str:model_name>/<str:action>/", bulk_action, name="wagtail_bulk_action"),
    # The root of all pages has an address of its own, which Wagtail's registry of lists does not reach.
    path("admin/pages/", require_admin_access(explorer.index_view), name="wagtailadmin_explore_root"),
    path("admin/", include(wagtailadmin_urls)),
    path("media/<path:path>", views.media, name="media"),
    path("documents/", include(wagtaildocs_urls)),
    path("api/v1/", api.urls()),
    path("so-lieu/du-lieu-mo/", include("transparency.opendata.file_urls")),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", views.sitemap, name="sitemap-section"),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("tai-khoan/", include("safeguards.accounts.urls")),
        path("thu-tuc/", include("procedures_catalog.urls")),
        path("", include("organisation.urls")),
        path("so-lieu/du-lieu-mo/", include("transparency.opendata.urls")),
        path("tim/", include("search.urls")),
        path("", include("messaging.urls")),
        path("lich/", include("dialogue_sessions.urls")),
        path("so-lieu/", include("transparency.urls")),
        path("", include("portal.public_urls")),
        re_path(r"^((?:[\w\-]+/)*)$", views.content, name="wagtail_serve"),
        prefix_default_language=False,
    ),
]
