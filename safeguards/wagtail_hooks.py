"""The back office of accounts: the page of access, no deleting, one's own account, the warning before a session ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button

from .accounts import back_office, services
from .models import User
from .uploads import views as uploads

back_office.name_oneself()


@hooks.register("register_admin_urls")
def account_urls() -> list[URLPattern]:
    """How a person gets in."""
    return [path("users/<int:pk>/access/", back_office.access, name="account_access")]


@hooks.register("register_admin_urls")
def file_urls() -> list[URLPattern]:
    """Where files that people sent go out to staff."""
    return [path("files/<uuid:uid>/", uploads.download, name="uploads_download")]


@hooks.register("register_user_listing_buttons")
def access_button(user: User, request_user: User) -> Iterable[Button]:
    """In the list of accounts."""
    if request_user.is_superuser:
        yield Button(_("Access: link, second factor, lock"), reverse("account_access", args=[user.pk]), icon_name="key", priority=5)


def _not_deleted(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("Accounts are not deleted: events name them. Make the account inactive; nobody can sign in with it then."))
    return redirect("wagtailusers_users:index")


@hooks.register("before_delete_user")
def keep_account(request: HttpRequest, user: User) -> HttpResponse:
    """One by one."""
    return _not_deleted(request)


@hooks.register("before_bulk_action")
def keep_accounts(request: HttpRequest, action: str, objects: Iterable[Any], action_class: Any) -> HttpResponse | None:
    """Or many at once."""
    return _not_deleted(request) if action == "delete" and User in getattr(action_class, "models", []) else None


@hooks.register("after_bulk_action")
def record_bulk_action(request: HttpRequest, action: str, objects: Iterable[Any], action_class: Any) -> None:
    """Roles given and accounts closed in bulk leave their events, too."""
    if User not in getattr(action_class, "models", []):
        return
    with transaction.atomic():
        for person in User.objects.filter(pk__in=[person.pk for person in objects]):  # as they are now
            services.account_saved(person, actor=request.user, made=False, changed=[action])  # type: ignore[arg-type]


@hooks.register("register_account_menu_item")
def own_account(request: HttpRequest) -> dict[str, str]:
    """From the back office's page about oneself to the account pages."""
    return {
        "url": reverse("mfa_index"),
        "label": _("Password, second factor, sessions"),
        "help_text": _("Change your password, set up the second factor, see where you are signed in."),
    }


@hooks.register("insert_global_admin_js")
def session_warning() -> SafeString:
    """Says in time that the session will end, so that nothing typed is lost (static/safeguards/session.js)."""
    return format_html(
        '<script src="{}" defer data-state="{}" data-sign-in="{}" data-warning="{}" data-stay="{}" data-ended="{}" data-open="{}"></script>',
        static("safeguards/session.js"),
        reverse("account_session"),
        reverse("account_login"),
        _("You will be signed out in {minutes} minutes, because nothing was sent. What you typed stays here."),
        _("I am still here"),
        _("You were signed out. What you typed is still here: sign in in another tab, come back, and save."),
        _("Sign in in another tab"),
    )
