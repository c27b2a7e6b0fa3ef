"""Wagtail's application of users, with our own forms and rules."""

from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Accounts are invited by link and deactivated, never given a password or deleted."""

    user_viewset = "safeguards.accounts.back_office.UserViewSet"
