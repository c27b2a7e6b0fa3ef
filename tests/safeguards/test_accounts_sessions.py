"""Sessions end by themselves, and with whatever they rested on; passwords are long and nobody's first guess."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from organisation.enums import Level
from organisation.models import Unit
from safeguards import encryption
from safeguards.accounts import factors, passwords, services, sessions
from safeguards.models import Event, User

from .staff import LOGIN, PASSWORD, STAFF, Telephone, is_in, person, type_password

pytestmark = pytest.mark.django_db
BETTER = "tám con vịt bơi ngược dòng"  # pragma: allowlist secret


@pytest.fixture
def lan():
    return person()


@pytest.fixture
def clock(monkeypatch):
    ahead = 0.0
    real = time.time

    def forward(seconds):
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(time, "time", lambda: real() + ahead)
    return forward


@pytest.fixture
def signed_in(client, lan):
    type_password(client)
    assert is_in(client)
    return client


# ── Ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A7")
def test_half_an_hour_without_work_ends_it_and_signing_in_leads_back(signed_in, clock):
    for _ in range(3):
        clock(29 * 60)
        assert is_in(signed_in)
    clock(30 * 60)
    response = signed_in.get(STAFF, headers={"accept": "text/html"})
    assert response["Location"] == f"{LOGIN}?next={STAFF}"
    assert "không làm gì trong 30 phút" in signed_in.get(response["Location"]).content.decode()
    assert type_password(signed_in)["Location"] == STAFF
    assert is_in(signed_in)


@pytest.mark.accepts("A7")
def test_twelve_hours_end_it_however_busy(signed_in, clock):
    for _ in range(35):
        clock(20 * 60)
        assert is_in(signed_in)
    clock(20 * 60)
    response = signed_in.get(STAFF, headers={"accept": "text/html"})
    assert response.status_code == 302
    assert "12 giờ" in signed_in.get(response["Location"]).content.decode()


@pytest.mark.accepts("A7")
def test_what_a_browser_asks_by_itself_keeps_no_session_alive(signed_in, clock):
    state = reverse("account_session")
    clock(20 * 60)
    assert 595 <= signed_in.get(state).json()["seconds"] <= 600
    page = signed_in.session
    assert page[sessions.SEEN_AT] < time.time() - 1000
    ping = signed_in.post("/admin/editing-sessions/ping/wagtailcore/page/1/999/", {})
    assert ping.status_code in {200, 403, 404}
    assert signed_in.session[sessions.SEEN_AT] < time.time() - 1000
    answer = signed_in.post(state).json()
    assert answer["seconds"] >= 1795 and answer["token"]
    clock(31 * 60)
    assert signed_in.get(state).json() == {"seconds": 0, "token": ""}


@pytest.mark.accepts("A7")
def test_a_session_without_its_times_is_over(signed_in):
    session = signed_in.session
    del session[sessions.SIGNED_IN_AT]
    session.save()
    assert not is_in(signed_in)


@pytest.mark.accepts("A7")
def test_the_key_changes_at_sign_in_and_the_old_one_is_worth_nothing(client, lan):
    client.get(f"{LOGIN}?next={STAFF}")
    session = client.session
    session["kept"] = "before"
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    type_password(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.accepts("A7")
@pytest.mark.parametrize(
    "change",
    [
        lambda user: user.groups.add(Group.objects.get(name="publisher")),
        lambda user: user.groups.clear(),
        lambda user: User.groups.through.objects.filter(user=user).update(group=Group.objects.get(name="leader")),
        lambda user: user.user_permissions.add(Permission.objects.get(codename="view_event")),
        lambda user: User.objects.filter(pk=user.pk).update(is_superuser=True),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: services.change_password(user, BETTER),
        lambda user: services.give_link(user, actor=None),
    ],
    ids=["role given", "roles taken", "role swapped by SQL", "right given", "superuser", "closed", "password", "link"],
)
def test_another_right_or_password_ends_every_session_at_the_next_request(lan, change):
    visitors = [Client(), Client()]
    for visitor in visitors:
        type_password(visitor)
        assert is_in(visitor)
    change(User.objects.get(pk=lan.pk))
    assert [is_in(visitor) for visitor in visitors] == [False, False]


@pytest.mark.accepts("A7")
def test_a_change_that_gives_or_takes_no_right_ends_nothing(signed_in, lan):
    User.objects.filter(pk=lan.pk).update(display_name="Lan", email="lan@example.org", last_login=None)
    person("minh", role="publisher").groups.clear()
    assert is_in(signed_in)


@pytest.mark.accepts("A7")
def test_one_request_of_staff_asks_for_its_user_in_one_query(signed_in, django_assert_num_queries):
    with django_assert_num_queries(2):  # the session, and the user with all that it rests on
        signed_in.get(reverse("account_session"))


def test_changing_the_secret_key_keeps_sessions_while_the_former_one_is_named(signed_in, settings):
    former, settings.SECRET_KEY = settings.SECRET_KEY, secrets.token_urlsafe(64)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert is_in(signed_in)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secrets.token_urlsafe(64), []
    assert not is_in(signed_in)


@pytest.mark.accepts("A7")
def test_one_changes_ones_password_here_and_is_signed_out_elsewhere(signed_in, lan):
    other = Client()
    type_password(other)
    change = reverse("account_change_password")
    wrong = signed_in.post(change, {"oldpassword": "sai", "password1": BETTER, "password2": BETTER})
    assert wrong.status_code == 200 and "Đây không phải mật khẩu của bạn" in wrong.content.decode()
    assert signed_in.post(change, {"oldpassword": PASSWORD, "password1": BETTER, "password2": BETTER})["Location"] == reverse("mfa_index")
    assert (is_in(signed_in), is_in(other)) == (True, False)
    assert type_password(Client(), password=PASSWORD).status_code == 200
    assert type_password(Client(), password=BETTER).status_code == 302
    assert Event.objects.filter(kind="safeguards.password_changed", subject_id=str(lan.pk)).get().payload == {"by": "oneself"}


def test_one_sees_ones_sessions_and_ends_the_others(signed_in, lan):
    other = Client()
    type_password(other, HTTP_USER_AGENT="Máy khác", REMOTE_ADDR="203.0.113.5")
    stranger = Client()
    person("minh")
    type_password(stranger, "minh", HTTP_USER_AGENT="Máy của Minh")
    page = signed_in.get(reverse("usersessions_list")).content.decode()
    assert "Máy khác" in page and "203.0.113.5" in page and "Máy của Minh" not in page
    signed_in.post(reverse("usersessions_list"))
    assert (is_in(signed_in), is_in(other), is_in(stranger)) == (True, False, True)
    assert Event.objects.filter(kind="safeguards.other_sessions_ended").count() == 1


def test_signing_out_takes_a_post(signed_in):
    for path in (reverse("account_logout"), "/admin/logout/"):
        signed_in.get(path)
        assert is_in(signed_in)
    signed_in.post(reverse("account_logout"))
    assert not is_in(signed_in)


def test_a_visitor_without_a_session_cookie_is_asked_nothing(client, django_assert_num_queries):
    response = client.get("/healthz")
    assert "Cookie" not in response.get("Vary", "")


PRINT = """
import django, json
django.setup()
from django.conf import settings as s
print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,
    s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.SECOND_FACTOR, s.SESSION_COOKIE_AGE]))
"""


def production(tmp_path, **changes):
    variables = {
        "PATH": os.environ["PATH"],
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_STAGE": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "minhbach.example.gov.vn",
        "PORTAL_BASE_URL": "https://minhbach.example.gov.vn",
        "MAIL_HOST": "127.0.0.1",
        "CLAMD_ADDRESS": "127.0.0.1:3310",
        "DATABASE_URL": f"postgresql://portal_app:{secrets.token_hex(16)}@127.0.0.1:1/portal",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **changes,
    }
    root = Path(__file__).resolve().parents[2]
    return subprocess.run([sys.executable, "-c", PRINT], cwd=root, env=variables, capture_output=True, text=True, timeout=300)


@pytest.mark.accepts("A7", "A1")
def test_cookies_of_production_and_its_second_factor(tmp_path):
    import json

    values = json.loads(production(tmp_path).stdout)
    assert values == ["__Host-session", "__Host-csrf", True, True, True, True, "Lax", "/", None, "required", 43200]
    refused = production(tmp_path, SECOND_FACTOR="off")
    assert refused.returncode != 0 and "SECOND_FACTOR=off has no place in production" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.accepts("A7")
def test_over_http_on_this_machine_the_session_works_too(signed_in):
    cookie = signed_in.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["secure"]
    assert cookie["max-age"] == ""  # gone with the browser


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A6")
@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("ngắn quá mà", "hãy thêm 1 ký tự"),
        ("qwertyuiop12", "dễ đoán"),
        ("MatKhau123456", "dễ đoán"),
        ("m4tkh4u@2026!", "dễ đoán"),
        ("minhbach@2026", "dễ đoán"),
        ("MinhBach2025!!", "dễ đoán"),
        ("hải phòng hà nội", "dễ đoán"),
        ("UBND-huyen-2026", "dễ đoán"),
        ("congkhai thongtin 1", "dễ đoán"),
        ("Suối Mơ suoimo 2026", "dễ đoán"),
        ("aaaaaaaaaaaaaaaa", "dễ đoán"),
        ("nguyen thi lan 88", "giống tên"),
        ("x" * 1001, "dài hơn 1000"),
    ],
)
def test_a_password_of_the_obvious_is_refused_with_what_to_do(password, says):
    Unit.objects.create(name="Uỷ ban nhân dân huyện Suối Mơ", slug="suoi-mo", code="H1", level=Level.DISTRICT)
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="lan", display_name="Nguyen Thi Lan"))
    assert says in " ".join(refused.value.messages)


@pytest.mark.accepts("A6")
@pytest.mark.parametrize(
    "password",
    [PASSWORD, BETTER, "Xk8!pQz3@vRt", "correct horse battery", "sáng nay trời mưa lất phất ở hà nội", "mưa" * 3 + " rơi bên hiên nhà cũ " * 20],
)
def test_a_password_of_ones_own_is_taken_long_ones_too(password, client, lan):
    validate_password(password, lan)
    services.change_password(lan, password)
    assert type_password(client, password=password).status_code == 302


@pytest.mark.accepts("A6")
def test_the_rule_can_fail(settings):
    settings.AUTH_PASSWORD_VALIDATORS = []
    validate_password("minhbach@2026")


@pytest.mark.accepts("A6")
def test_passwords_are_kept_as_argon2id(settings, lan):
    import importlib

    settings.PASSWORD_HASHERS = importlib.import_module("portal.settings.accounts").PASSWORD_HASHERS
    services.change_password(lan, BETTER)
    assert User.objects.get(pk=lan.pk).password.startswith("argon2$argon2id$")
    assert Argon2PasswordHasher.memory_cost >= 19 * 1024


def test_what_is_left_of_a_password_is_its_owners():
    words = ["matkhau", "minhbach"]
    assert passwords.left_of("Mật khẩu Minh Bạch 2026", words) == ""
    assert passwords.left_of("mật khẩu của riêng tôi", words) == "cuariengtoi"


# ── Links, and who gives them ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def root(client):
    user = User.objects.create_superuser("root")
    client.force_login(user)
    return user


def _path(link):
    assert link.startswith("http://testserver/tai-khoan/moi/")
    return link.removeprefix("http://testserver")


@pytest.mark.accepts("A13")
def test_a_new_account_is_invited_by_a_link(client, root):
    Group.objects.get_or_create(name="editor")
    response = client.post(
        "/admin/users/new/", {"username": "moi", "display_name": "Người mới", "email": "", "groups": [Group.objects.get(name="editor").pk]}
    )
    user = User.objects.get(username="moi")
    access = reverse("account_access", args=[user.pk])
    assert response["Location"] == access
    assert not user.has_usable_password() and not user.first_name
    assert Event.objects.get(kind="safeguards.account_made").payload["roles"] == ["editor"]
    page = client.post(access, {"action": "link"}, HTTP_HOST="localhost")
    link = page.context["link"]
    assert link in page.content.decode() and link not in client.get(access).content.decode()
    visitor = Client()
    form = visitor.get(_path(link), follow=True)
    assert form.status_code == 200 and link.split("/")[-2] not in form.request["PATH_INFO"]
    weak = visitor.post(form.request["PATH_INFO"], {"password1": "minhbach2026", "password2": "minhbach2026"})
    assert weak.status_code == 200 and "dễ đoán" in weak.content.decode()
    differing = visitor.post(form.request["PATH_INFO"], {"password1": BETTER, "password2": PASSWORD})
    assert "Hai mật khẩu khác nhau" in differing.content.decode()
    assert visitor.post(form.request["PATH_INFO"], {"password1": BETTER, "password2": BETTER})["Location"] == LOGIN
    assert not is_in(visitor)  # the link opens nothing by itself
    assert type_password(visitor, "moi", BETTER).status_code == 302
    used = Client().get(_path(link), follow=True)
    assert "Liên kết này không còn dùng được" in used.content.decode()


@pytest.mark.accepts("A7")
def test_a_link_dies_after_three_days_with_the_next_one_and_with_the_account(lan, monkeypatch, settings):
    import datetime as dt

    first = _path(services.give_link(lan, actor=None))
    second = _path(services.give_link(lan, actor=None))

    def valid(path):
        return "không còn dùng được" not in Client().get(path, follow=True).content.decode()

    assert (valid(first), valid(second)) == (False, True)
    User.objects.filter(pk=lan.pk).update(is_active=False)
    assert not valid(second)
    User.objects.filter(pk=lan.pk).update(is_active=True)
    now = dt.datetime.now()
    monkeypatch.setattr(services.link_tokens, "_now", lambda: now + dt.timedelta(days=3, minutes=1))
    assert not valid(second)


@pytest.mark.accepts("B8")
def test_a_link_names_the_portal_not_the_host_of_the_request(client, root, lan):
    page = client.post(reverse("account_access", args=[lan.pk]), {"action": "link"}, HTTP_HOST="localhost", HTTP_X_FORWARDED_HOST="evil.example")
    assert page.context["link"].startswith("http://testserver/")


@pytest.mark.accepts("A13", "A2")
@pytest.mark.parametrize("role", ["administrator", "publisher", "editor"])
def test_only_superusers_reach_the_access_of_others(client, lan, role):
    Telephone(lan)
    client.force_login(person("minh", role=role))
    access = reverse("account_access", args=[lan.pk])
    for action in ("link", "factor", "unlock"):
        assert client.post(access, {"action": action}).status_code == 302
    assert client.get(access).status_code == 302
    assert User.objects.get(pk=lan.pk).check_password(PASSWORD) and factors.is_set_up(lan)


@pytest.mark.accepts("A2")
def test_who_manages_accounts_takes_a_lost_telephone_away(client, root, lan):
    Telephone(lan)
    access = reverse("account_access", args=[lan.pk])
    client.post(access, {"action": "factor"})
    assert not factors.is_set_up(lan)
    event = Event.objects.get(kind="safeguards.second_factor_removed")
    assert (event.actor, event.subject_id, event.payload) == (root, str(lan.pk), {"own": False})
    assert client.post(access, {"action": "something"}).status_code == 302


@pytest.mark.accepts("A13")
def test_accounts_are_changed_with_an_event_and_never_deleted(client, root, lan):
    edit = reverse("wagtailusers_users:edit", args=[lan.pk])
    data = {"username": "lan", "display_name": "Lan", "email": "lan@example.org", "is_active": "on", "groups": []}
    page = client.get(edit).content.decode()
    assert 'name="password1"' not in page and 'name="first_name"' not in page and reverse("account_access", args=[lan.pk]) in page
    assert client.post(edit, data).status_code == 302
    event = Event.objects.get(kind="safeguards.account_changed")
    assert event.payload == {"changed": ["display_name", "email", "groups"], "roles": [], "active": True, "manages_accounts": False}
    assert "lan@example.org" not in str(event.payload)
    client.post(reverse("wagtailusers_users:delete", args=[lan.pk]))
    client.post(f"/admin/bulk/safeguards/user/delete/?id={lan.pk}&next=/admin/users/")
    assert User.objects.filter(pk=lan.pk).exists()
    client.post(f"/admin/bulk/safeguards/user/set_active_state/?id={lan.pk}&next=/admin/users/", {"mark_as_active": "False"})
    last = Event.objects.filter(kind="safeguards.account_changed").latest("pk").payload
    assert (last["changed"], last["active"]) == (["set_active_state"], False)


def test_one_gives_oneself_a_name_without_first_and_last_ones(signed_in, lan):
    page = signed_in.get(STAFF).content.decode()
    assert 'name="name_email-display_name"' in page and "first_name" not in page
    data = {"name_email-display_name": "Lan", "name_email-email": "lan@example.org", "locale-preferred_language": "vi", "theme-theme": "system",
            "theme-density": "default", "theme-contrast": "system", "theme-keyboard_shortcuts": "on"}  # fmt: skip
    assert signed_in.post(STAFF, data).status_code == 302
    assert str(User.objects.get(pk=lan.pk)) == "Lan"


# ── Secrets at rest ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P5")
def test_a_secret_is_read_in_its_place_only_and_not_when_changed(settings):
    sealed = encryption.encrypt("bí mật", "here|1")
    assert encryption.decrypt(sealed, "here|1") == "bí mật"
    assert "bí mật" not in sealed and encryption.encrypt("bí mật", "here|1") != sealed
    middle = len(sealed) // 2
    for text, place in (
        (sealed, "here|2"),
        (sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :], "here|1"),
        ("", "here|1"),
    ):
        with pytest.raises(encryption.Unreadable):
            encryption.decrypt(text, place)


@pytest.mark.accepts("P5")
def test_the_field_key_changes_without_anybody_setting_up_anew(lan, settings):
    telephone = Telephone(lan)
    settings.FIELD_KEY_FALLBACKS, settings.FIELD_KEY = [settings.FIELD_KEY], secrets.token_urlsafe(64)
    assert factors.verify(lan, telephone.code()) is not None
    assert factors.rewrap() == 0  # used once, written anew
    other = person("minh")
    settings.FIELD_KEY_FALLBACKS, settings.FIELD_KEY = [settings.FIELD_KEY], secrets.token_urlsafe(64)
    assert factors.rewrap() == 1
    others = Telephone(other)
    settings.FIELD_KEY_FALLBACKS = []
    assert factors.verify(lan, telephone.code(1)) is not None
    assert factors.verify(other, others.code()) is not None
    settings.FIELD_KEY = secrets.token_urlsafe(64)
    with pytest.raises(encryption.Unreadable):
        factors.verify(lan, telephone.code(1))
