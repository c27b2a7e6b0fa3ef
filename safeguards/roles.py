"""The roles of the house as groups of the back office, from one file (`roles.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import QuerySet

FILE = Path(__file__).with_name("roles.toml")
# Rights over accounts and groups, under whichever user model; giving one is giving all (A13).
USER_MODELS = ("user", "group", "permission")
APPROVERS = "Moderators"
DEFAULT_GROUPS = ("Editors", APPROVERS)
DEFAULT_APPROVAL = "Moderators approval"
COLLECTION_PERMISSIONS = {
    "add": ("add_image", "add_document"),
    "change": ("change_image", "change_document"),
    "choose": ("choose_image", "choose_document"),
}


@dataclass(frozen=True)
class Role:
    """One role: its code (the group's name), what people call it, and all that it may do."""

    code: str
    label: str
    about: str
    permissions: tuple[str, ...]
    pages: tuple[str, ...]
    collections: tuple[str, ...]


class UnknownPermission(LookupError):
    """The file names a permission that no application has."""


def load() -> list[Role]:
    """The roles of the file, what they include resolved."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))

    def permissions(code: str) -> list[str]:
        own = raw[code]
        inherited = [permission for other in own.get("includes", []) for permission in permissions(other)]
        return list(dict.fromkeys([*inherited, *own["permissions"]]))

    return [
        Role(code, own["label"], own["about"], tuple(permissions(code)), tuple(own.get("pages", [])), tuple(own.get("collections", [])))
        for code, own in raw.items()
    ]


def manages_users(permission: str) -> bool:
    """Whether a permission is one over accounts or groups."""
    action, _, model = permission.partition(".")[2].partition("_")
    return action in {"add", "change", "delete"} and model in USER_MODELS


def known_permissions() -> set[str]:
    """Every permission that the models of this installation define."""
    known = {"wagtailadmin.access_admin"}
    for model in apps.get_models():
        options = model._meta
        known.update(f"{options.app_label}.{action}_{options.model_name}" for action in options.default_permissions)
        known.update(f"{options.app_label}.{codename}" for codename, _ in options.permissions)
        # Wagtail makes these for snippets with drafts and locks, without naming them in Meta
        known.update(f"{options.app_label}.{action}_{options.model_name}" for action in ("publish", "lock", "unlock"))
    return known


def groups_that_manage_users() -> list[tuple[str, str]]:
    """Pairs of a group and a permission over users that somebody gave it."""
    rows = Permission.objects.filter(
        content_type__model__in=USER_MODELS, group__isnull=False, content_type__app_label__in=("auth", "safeguards")
    ).values_list("group__name", "content_type__app_label", "codename")
    return [(group, f"{app}.{codename}") for group, app, codename in rows if manages_users(f"{app}.{codename}")]


def _find(role: Role) -> QuerySet[Permission]:
    wanted = set(role.permissions)
    found = {f"{app}.{codename}": pk for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")}
    if missing := wanted - set(found):
        raise UnknownPermission(f"{role.code}: {', '.join(sorted(missing))}")
    return Permission.objects.filter(pk__in=[found[name] for name in wanted])


@transaction.atomic
def apply() -> list[Role]:
    """Make the groups exactly what the file says, pages and collections included; gives the roles. Idempotent.

    Raises UnknownPermission (and then changes nothing)."""
    every = load()
    for role in every:
        group, _ = Group.objects.get_or_create(name=role.code)
        group.permissions.set(_find(role))
        _apply_pages(group, role)
        _apply_collections(group, role)
    _leave_out_defaults()
    return every


def _leave_out_defaults() -> None:
    """Take away what Wagtail's migrations put beside the roles: two groups, and an approval by one of them, which nobody here
    could give. What somebody works with stays: a group with members, a workflow or a task that something has gone through."""
    from wagtail.models import GroupApprovalTask, Workflow

    groups = Group.objects.filter(name__in=DEFAULT_GROUPS, user__isnull=True)
    names = set(groups.values_list("name", flat=True))
    if APPROVERS in names:
        Workflow.objects.filter(name=DEFAULT_APPROVAL, workflow_states__isnull=True).delete()
        tasks = GroupApprovalTask.objects.filter(name=DEFAULT_APPROVAL, task_states__isnull=True, workflow_tasks__isnull=True)
        tasks.delete()
    groups.exclude(groupapprovaltask__isnull=False).delete()


def _apply_pages(group: Group, role: Role) -> None:
    from wagtail.models import GroupPagePermission, Page

    root = Page.get_first_root_node()
    if root is None:
        return
    permissions = Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=[f"{action}_page" for action in role.pages])
    GroupPagePermission.objects.filter(group=group).exclude(page=root, permission__in=permissions).delete()
    for permission in permissions:
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _apply_collections(group: Group, role: Role) -> None:
    from wagtail.models import Collection, GroupCollectionPermission

    root = Collection.get_first_root_node()
    if root is None:
        return
    codenames = [codename for action in role.collections for codename in COLLECTION_PERMISSIONS[action]]
    permissions = Permission.objects.filter(content_type__app_label__in=("wagtailimages", "wagtaildocs"), codename__in=codenames)
    GroupCollectionPermission.objects.filter(group=group).exclude(collection=root, permission__in=permissions).delete()
    for permission in permissions:
        GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=permission)
