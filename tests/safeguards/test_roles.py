"""Roles come from one file, and only superusers manage users."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from safeguards import checks, roles
from safeguards.management.commands.demonstration_accounts import ACCOUNTS, accounts_file
from safeguards.models import Event, User

CODES = {"editor", "publisher", "clerk", "handler", "approver", "moderator", "leader", "auditor", "administrator"}


def named(name):
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A roles file of the test's own."""

    def write(text):
        path = tmp_path / "roles.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(roles, "FILE", path)

    return write


def test_the_file_has_the_roles_of_the_house():
    assert {role.code for role in roles.load()} == CODES


@pytest.mark.django_db
def test_applying_makes_the_groups_exactly_what_the_file_says():
    roles.apply()
    editor = Group.objects.get(name="editor")
    editor.permissions.add(named("safeguards.view_event"))
    Group.objects.get(name="clerk").permissions.clear()
    roles.apply()
    for role in roles.load():
        have = {f"{app}.{name}" for app, name in Group.objects.get(name=role.code).permissions.values_list("content_type__app_label", "codename")}
        assert have == set(role.permissions)


@pytest.mark.django_db
def test_a_role_includes_what_another_may():
    publisher, editor = (next(role for role in roles.load() if role.code == code) for code in ("publisher", "editor"))
    assert set(editor.permissions) < set(publisher.permissions)


@pytest.mark.accepts("A12")
@pytest.mark.django_db
def test_an_editor_has_no_right_to_publish_anything():
    roles.apply()
    editor = User.objects.create_user("e")
    editor.groups.add(Group.objects.get(name="editor"))
    assert not [name for name in editor.get_all_permissions() if "publish" in name and "publication" not in name]
    assert not [name for name in next(role for role in roles.load() if role.code == "editor").pages if name == "publish"]


@pytest.mark.accepts("A13")
@pytest.mark.django_db
def test_nobody_but_a_superuser_manages_users(client):
    roles.apply()
    for code in CODES:
        user = User.objects.create_user(f"user-{code}")
        user.groups.add(Group.objects.get(name=code))
        client.force_login(user)
        assert not [name for name in user.get_all_permissions() if roles.manages_users(name)]
        for path in ("/admin/users/", "/admin/users/new/", f"/admin/users/edit/{user.pk}/", "/admin/groups/", "/admin/groups/new/"):
            assert client.get(path).status_code in {302, 403, 404}, (code, path)
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/admin/users/").status_code == 200


@pytest.mark.accepts("A13")
@pytest.mark.parametrize("permission", ["safeguards.add_user", "safeguards.change_user", "auth.change_group", "auth.delete_group"])
def test_a_role_over_users_in_the_file_is_an_error(file, permission):
    file(f'[editor]\nlabel = "x"\nabout = "x"\npermissions = ["{permission}"]\n')
    assert [message.id for message in checks.roles_are_sound(None)] == ["safeguards.E002"]


def test_a_misspelt_permission_is_an_error(file):
    file('[editor]\nlabel = "x"\nabout = "x"\npermissions = ["procedures_catalog.pulbish_version"]\n')
    assert [message.id for message in checks.roles_are_sound(None)] == ["safeguards.E003"]


@pytest.mark.django_db
def test_a_misspelt_permission_changes_no_group(file):
    roles.apply()
    before = list(Group.objects.values_list("name", "permissions"))
    file('[editor]\nlabel = "x"\nabout = "x"\npermissions = ["procedures_catalog.pulbish_version"]\n')
    with pytest.raises(CommandError, match="pulbish_version"):
        call_command("roles_apply")
    assert list(Group.objects.values_list("name", "permissions")) == before


def test_the_file_as_it_stands_is_sound():
    assert checks.roles_are_sound(None) == []


@pytest.mark.accepts("A13")
@pytest.mark.django_db
@pytest.mark.parametrize("permission", ["safeguards.add_user", "safeguards.change_user", "safeguards.delete_user"])
def test_a_group_given_users_by_hand_is_an_error(permission):
    roles.apply()
    assert checks.groups_do_not_manage_users(None, ["default"]) == []
    Group.objects.get(name="leader").permissions.add(named(permission))
    assert [message.id for message in checks.groups_do_not_manage_users(None, ["default"])] == ["safeguards.E004"]


@pytest.fixture
def accounts(settings, tmp_path):
    settings.VAR = tmp_path
    settings.STAGE = "demonstration"
    call_command("demonstration_accounts")
    return {line.split()[0]: line.split()[1:] for line in accounts_file().read_text().splitlines()[1:]}


@pytest.mark.accepts("A16")
@pytest.mark.django_db
def test_four_accounts_with_passwords_of_their_own(accounts, client):
    assert set(accounts) == set(ACCOUNTS)
    assert accounts_file().stat().st_mode & 0o777 == 0o600
    assert len({password for _, password in accounts.values()}) == 4
    for code, (name, password) in accounts.items():
        assert len(password) >= 20
        assert client.login(username=name, password=password)
        assert client.get("/admin/").status_code == 200
        assert User.objects.get(username=name).is_superuser is (code == "administrator")
    assert Event.objects.filter(kind="safeguards.demonstration_account").count() == 4


@pytest.mark.django_db
def test_a_second_call_keeps_passwords_and_a_lost_file_makes_new_ones(accounts, client):
    name, password = accounts["editor"]
    call_command("demonstration_accounts")
    assert client.login(username=name, password=password)
    accounts_file().unlink()
    call_command("demonstration_accounts")
    assert not client.login(username=name, password=password)
    assert User.objects.count() == 4


@pytest.mark.accepts("A16")
@pytest.mark.django_db
def test_production_gets_no_demonstration_accounts(settings, tmp_path):
    settings.VAR, settings.STAGE = tmp_path, "production"
    with pytest.raises(CommandError, match="production"):
        call_command("demonstration_accounts")
    assert not User.objects.exists()


@pytest.mark.accepts("A16")
@pytest.mark.django_db
def test_a_fresh_installation_has_no_account():
    assert not User.objects.exists()


@pytest.mark.django_db
def test_applying_takes_wagtails_own_groups_and_approval_away_unless_somebody_works_with_them():
    from wagtail.models import GroupApprovalTask, Workflow

    assert Group.objects.filter(name__in=["Editors", "Moderators"]).count() == 2 and Workflow.objects.filter(name="Moderators approval").exists()
    somebody = User.objects.create_user("m")
    somebody.groups.add(Group.objects.get(name="Moderators"))
    roles.apply()
    assert Workflow.objects.filter(name="Moderators approval").exists() and Group.objects.filter(name="Moderators").exists()
    assert not Group.objects.filter(name="Editors").exists()
    somebody.groups.clear()
    roles.apply()
    roles.apply()
    assert not Group.objects.filter(name="Moderators").exists() and not GroupApprovalTask.objects.filter(name="Moderators approval").exists()
    assert not Workflow.objects.filter(name="Moderators approval").exists()
