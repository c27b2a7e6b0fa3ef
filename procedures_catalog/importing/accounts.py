"""In whose name a command imports."""

from __future__ import annotations

from django.utils.translation import gettext as _

from safeguards.models import User

COMMAND_ACCOUNT = "import-command"


class NoSuchUser(Exception):
    """The account named on the command line is not there."""


def actor_of_command(username: str = "") -> User:
    """The account named, or the command's own: it cannot sign in, and stands where a person would as the author of what is
    imported at the command line."""
    if username:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise NoSuchUser(_("There is no account “%(name)s”.") % {"name": username})
        return user
    user, created = User.objects.get_or_create(username=COMMAND_ACCOUNT, defaults={"display_name": "import_procedures", "is_active": False})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
