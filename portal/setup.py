"""The site's own pages as a new installation needs them. Safe to run again: what is there stays as it is."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.models import Locale, Page, Site

from organisation.models import SiteIdentity

from .models import ContentPage, HomePage
from .starting_pages import PAGES

HOST = "localhost"


def _home(root: Page, locale: Locale, identity: SiteIdentity | None, translation_of: HomePage | None) -> HomePage:
    found: HomePage | None = HomePage.objects.filter(locale=locale).first()
    if found is not None:
        return found
    english = locale.language_code == "en"
    title = (identity.name_en if english else identity.name) if identity else ""
    home = HomePage(title=title or ("Home" if english else "Trang chủ"), slug=f"home-{locale.language_code}", locale=locale, live=True)
    if translation_of is not None:
        home.translation_key = translation_of.translation_key
    root.add_child(instance=home)
    home.save_revision().publish()
    return home


def _content(home: HomePage, translations: dict[str, Any]) -> None:
    language = home.locale.language_code
    for key, words in PAGES.items():
        said = words[language]
        if ContentPage.objects.filter(locale=home.locale, slug=said["slug"]).exists():
            continue
        page = ContentPage(
            title=said["title"], slug=said["slug"], summary=said["summary"], place=words["place"], body=said["body"], locale=home.locale
        )
        if key in translations:
            page.translation_key = translations[key]
        home.add_child(instance=page)
        page.save_revision().publish()
        translations[key] = page.translation_key


@transaction.atomic
def ensure_site(identity: SiteIdentity | None = None) -> HomePage:
    """Home pages in both languages, the pages that every portal needs (how to use it, accessibility, privacy), and the
    site that shows them. Gives the Vietnamese home page."""
    identity = identity or SiteIdentity.current()
    vietnamese, _made = Locale.objects.get_or_create(language_code="vi")
    english, _made = Locale.objects.get_or_create(language_code="en")
    root = Page.get_first_root_node()
    home = _home(root, vietnamese, identity, None)
    keys: dict[str, Any] = {}
    for page in (home, _home(Page.get_first_root_node(), english, identity, home)):
        _content(page, keys)
    site = Site.objects.filter(is_default_site=True).first() or Site(hostname=HOST, is_default_site=True)
    if site.root_page_id is None or not HomePage.objects.filter(pk=site.root_page_id).exists():
        welcome = Page.objects.filter(pk=site.root_page_id).first() if site.root_page_id else None
        site.root_page = home
        site.site_name = (identity.name if identity else "") or site.site_name
        site.save()
        # Wagtail's own welcome page has nothing to say here; a page that somebody made is left alone.
        if welcome is not None and welcome.specific_class is Page and welcome.slug == "home" and not welcome.get_children().exists():
            welcome.delete()
    return home
