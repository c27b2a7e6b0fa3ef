"""Views of the site itself: home, robots.txt, sitemaps."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sitemaps import views as sitemap_views
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views import static
from django.views.decorators.http import require_safe
from wagtail.images import get_image_model
from wagtail.models import Site
from wagtail.views import serve

from procedures_catalog.caching import asks, public_page

from . import reading
from .article_lists import WORDS
from .home import home_context
from .models import HomePage
from .navigation import elsewhere
from .sitemaps import all_sitemaps

# What no crawler should fetch, in both languages; robots.txt names them.
PRIVATE_PATHS = (
    "/admin/", "/tai-khoan/", "/en/tai-khoan/", "/api/", "/documents/", "/tim/", "/en/tim/", "/tra-cuu/", "/en/tra-cuu/",
    "/xem-truoc/", "/en/xem-truoc/",
)  # fmt: skip

MEDIA_SECONDS = 24 * 3600  # a picture changed gets another name


def shown(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The answer, saying which page it shows to the counter that stands outside all caches (`portal.reading`)."""
    page = getattr(request, "content_page", None)
    if page is not None and response.status_code in {200, 304}:
        response[reading.HEADER] = str(page.pk)
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page."""
    return shown(_home(request), request)


@public_page
def _home(request: HttpRequest) -> HttpResponse:
    """The page of the visitor's language, asked for at once: Wagtail's own way there costs five queries. One behind a lock goes
    that way; before an installation has a home page, the same is shown without an editor's words."""
    language = translation.get_language() or "vi"
    page = HomePage.objects.live().filter(locale__language_code=language, view_restrictions=None).order_by("path").first()
    if page is not None:
        answer: HttpResponse = page.serve(request)
        return answer
    site = Site.find_for_request(request)
    if site is None or site.root_page.specific_class is not HomePage:
        return render(request, "portal/home.html", home_context(request))
    response: HttpResponse = serve(request, "")
    return response


@require_safe
@asks(*WORDS.values())
def content(request: HttpRequest, path: str) -> HttpResponse:
    """A page by its path in the tree; an address of the other language leads to the translation."""
    try:
        return shown(_content(request, path), request)
    except Http404:
        if onward := elsewhere(path, translation.get_language() or "vi"):
            return HttpResponseRedirect(onward)
        raise


@public_page
def _content(request: HttpRequest, path: str) -> HttpResponse:
    response: HttpResponse = serve(request, path)
    return response


@require_safe
@public_page
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines leave alone. Lists by several choices say so themselves (`noindex`)."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE_PATHS), "", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@asks("p")
@public_page
def sitemap(request: HttpRequest, section: str | None = None) -> HttpResponse:
    """The index of sitemaps, or one of them."""
    maps = all_sitemaps()
    if section is None:
        return sitemap_views.index(request, maps, sitemap_url_name="sitemap-section")
    return sitemap_views.sitemap(request, maps, section)


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A picture of the editors, as pages show it. Nothing else of the folder has an address: files go out by /documents/,
    which asks for locks and never opens them in the portal's own name, and pictures as they came may say where they were taken."""
    rendition = get_image_model().get_rendition_model().objects.filter(file=path).select_related("image__collection").first()
    locks = rendition.image.collection.get_view_restrictions() if rendition is not None else ()
    if rendition is None or not all(lock.accept_request(request) for lock in locks):
        raise Http404
    response = static.serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if locks:
        add_never_cache_headers(response)
    elif response.status_code == 200:
        patch_cache_control(response, public=True, max_age=MEDIA_SECONDS)
    return response
