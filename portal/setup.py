"""The site's own pages as a new installation needs them. Safe to run again: what is there stays as it is."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Locale, Page, Site, Workflow, WorkflowContentType, WorkflowPage, WorkflowTask

from organisation.models import SiteIdentity

from .models import ContentPage, DisclosureItem, GuideIndexPage, HomePage, PageFourEyesTask, SectionPage
from .starting_pages import GUIDES, PAGES, SECTION

HOST = "localhost"
# Stored words, seen by editors: in the language of the installation.
WORKFLOW = "Duyệt bài và nội dung công khai"
TASK = "Người thứ hai duyệt bài"
PUBLISHERS = "publisher"


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


def _section(home: HomePage, key: Any) -> Any:
    """The section for news of a language; it is linked as soon as it has an article. Gives its translation key."""
    found = SectionPage.objects.filter(locale=home.locale).order_by("path").first()
    if found is not None:
        return found.translation_key
    said = SECTION[home.locale.language_code]
    section = SectionPage(title=said["title"], slug=said["slug"], summary=said["summary"], locale=home.locale)
    if key is not None:
        section.translation_key = key
    home.add_child(instance=section)
    section.save_revision().publish()
    return section.translation_key


def _guides(home: HomePage, key: Any) -> Any:
    """The page of what happens in a life, in a language, at the same address in each. Gives its translation key."""
    found = GuideIndexPage.objects.filter(locale=home.locale).order_by("path").first()
    if found is not None:
        return found.translation_key
    said = GUIDES[home.locale.language_code]
    index = GuideIndexPage(title=said["title"], slug=said["slug"], summary=said["summary"], locale=home.locale)
    if key is not None:
        index.translation_key = key
    home.add_child(instance=index)
    index.save_revision().publish()
    return index.translation_key


@transaction.atomic
def set_up_workflow() -> bool:
    """The way of approval of pages and public duties, once the role that approves exists; gives whether it was made. A tree
    or model that has a workflow keeps it."""
    publishers = Group.objects.filter(name=PUBLISHERS).first()
    root = Page.get_first_root_node()
    duties = ContentType.objects.get_for_model(DisclosureItem, for_concrete_model=False)
    wanted = not WorkflowPage.objects.filter(page=root).exists(), not WorkflowContentType.objects.filter(content_type=duties).exists()
    if publishers is None or not any(wanted):
        return False
    workflow = Workflow.objects.filter(name=WORKFLOW).first()
    if workflow is None:
        workflow = Workflow.objects.create(name=WORKFLOW)
        task = PageFourEyesTask.objects.create(name=TASK)
        task.groups.add(publishers)
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    if wanted[0]:
        WorkflowPage.objects.create(page=root, workflow=workflow)
    if wanted[1]:
        WorkflowContentType.objects.create(content_type=duties, workflow=workflow)
    return True


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
    section = guides = None
    for page in (home, _home(Page.get_first_root_node(), english, identity, home)):
        _content(page, keys)
        section = _section(page, section)
        guides = _guides(page, guides)
    set_up_workflow()
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
