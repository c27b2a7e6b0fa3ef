"""Signing in: one door, the second factor behind it, and who guesses stays outside."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from safeguards.accounts import attempts, factors, services
from safeguards.models import Attempts, Event, User

from .staff import CODE, LOGIN, PASSWORD, SET_UP, STAFF, Telephone, code_at, is_in, person, type_code, type_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"
    return settings


@pytest.fixture
def counted(settings):
    settings.RATE_LIMITS_ON = True
    return settings


@pytest.fixture
def lan():
    return person()


@pytest.fixture
def clock(monkeypatch):
    """A clock that can be put forward: `clock(60)`."""
    ahead = 0.0
    real = time.time

    def forward(seconds):
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(time, "time", lambda: real() + ahead)
    return forward


def kinds(user):
    return list(Event.objects.filter(subject_type="safeguards.user", subject_id=str(user.pk)).order_by("pk").values_list("kind", flat=True))


# ── One door ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A1")
@pytest.mark.parametrize("path", ["/admin/", "/admin/pages/", "/admin/users/", "/admin/login/?next=/admin/pages/"])
def test_every_staff_address_leads_to_the_one_door(client, path):
    response = client.get(path, follow=True)
    assert response.request["PATH_INFO"] == LOGIN
    assert [code for _, code in response.redirect_chain] == [302] * len(response.redirect_chain)


@pytest.mark.accepts("A1")
def test_wagtails_own_door_takes_no_password(client, lan):
    assert client.post("/admin/login/", {"username": "lan", "password": PASSWORD}).status_code == 405
    assert not is_in(client)
    for path in ("/admin/password_reset/", "/admin/password_reset/done/", "/admin/password_reset/complete/"):
        assert client.get(path).status_code == client.post(path, {"email": "lan@example.org"}).status_code == 404


@pytest.mark.accepts("A1", "A16")
@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email", "account_confirm_login_code", "mfa_trust"])
def test_pages_of_allauth_that_nobody_asked_for_do_not_exist(name):
    from django.urls import NoReverseMatch

    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_signing_in_leads_back_to_where_one_was_going(client, lan):
    assert client.get(STAFF)["Location"] == f"{LOGIN}?next={STAFF}"
    assert client.get(f"{LOGIN}?next={STAFF}").status_code == 200
    assert type_password(client)["Location"] == STAFF
    assert client.get(STAFF).status_code == 200
    assert client.get(f"{LOGIN}?next={STAFF}")["Location"] == STAFF


@pytest.mark.accepts("B7")
@pytest.mark.parametrize(
    "payload", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example", "\thttps://evil.example"]
)
def test_signing_in_leads_to_no_other_site(client, lan, payload):
    assert type_password(client, next=payload)["Location"] == "/admin/"


def test_capital_letters_of_a_name_do_not_matter_unless_they_tell_two_apart(client, lan):
    assert type_password(client, " LAN ")["Location"] == STAFF
    person("LAN", password="tám con vịt bơi ngược dòng")  # pragma: allowlist secret
    assert type_password(Client(), "Lan").status_code == 200
    assert type_password(Client(), "lan").status_code == 302


def test_somebody_without_rights_is_told_so_instead_of_led_in_circles(client):
    User.objects.create_user("moi", password=PASSWORD)
    response = type_password(client, "moi")
    assert client.get(response["Location"], follow=True).status_code == 403


@pytest.mark.accepts("A16")
def test_the_demonstration_says_that_the_second_factor_is_off(client, required):
    assert "trình diễn: lớp bảo vệ thứ hai đang tắt" not in client.get(LOGIN).content.decode()
    required.SECOND_FACTOR = "off"
    assert "trình diễn: lớp bảo vệ thứ hai đang tắt" in client.get(LOGIN).content.decode()


@pytest.mark.accepts("P9", "P14")
@pytest.mark.parametrize("path", [LOGIN, "/en" + LOGIN, "/tai-khoan/", "/tai-khoan/phien/"])
def test_account_pages_are_kept_and_found_by_nobody(client, lan, path):
    for _ in range(2):
        response = client.get(path)
        assert response["Cache-Control"] == "no-store, private"
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert response.status_code != 200 or '<meta name="robots" content="noindex">' in response.content.decode()
        client.force_login(lan)


# ── The second step ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A1", "A3")
def test_password_then_code_opens_the_back_office(client, lan, required):
    telephone = Telephone(lan)
    assert type_password(client)["Location"] == CODE
    assert not is_in(client)
    assert type_code(client, telephone.code())["Location"] == STAFF
    assert client.get(STAFF).status_code == 200
    assert kinds(lan)[-1] == "safeguards.signed_in"
    assert Event.objects.latest("pk").payload == {"step": "totp"}


@pytest.mark.accepts("A3")
@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_period_off(client, lan, required, steps, right):
    telephone = Telephone(lan)
    type_password(client)
    assert type_code(client, telephone.code(steps)).status_code == (302 if right else 200)
    assert is_in(client) is right


@pytest.mark.accepts("A3")
@pytest.mark.parametrize("wait", [0, 29, 31, 59])
def test_a_code_opens_once_however_long_its_period_is_tolerated(client, lan, required, clock, wait):
    telephone = Telephone(lan)
    code = telephone.code(1)
    type_password(client)
    assert type_code(client, code).status_code == 302
    clock(wait)
    again = Client()
    type_password(again)
    assert type_code(again, code).status_code == 200
    assert not is_in(again)


@pytest.mark.accepts("A3")
def test_an_older_code_than_the_last_used_one_opens_nothing(client, lan, required):
    telephone = Telephone(lan)
    type_password(client)
    assert type_code(client, telephone.code(0)).status_code == 302
    again = Client()
    type_password(again)
    assert type_code(again, telephone.code(-1)).status_code == 200


@pytest.mark.accepts("A3")
@pytest.mark.django_db(transaction=True)
def test_of_ten_who_type_the_same_code_at_once_one_is_let_in(in_threads):
    lan = person()
    telephone = Telephone(lan)
    code = telephone.code()
    assert sum(found is not None for found in in_threads([lambda: factors.verify(lan, code)] * 10)) == 1
    recovery = telephone.recovery[0]
    assert sum(found is not None for found in in_threads([lambda: factors.verify(lan, recovery)] * 10)) == 1


@pytest.mark.accepts("A3")
def test_a_recovery_code_opens_once(client, lan, required):
    telephone = Telephone(lan)
    for left, typed in ((9, telephone.recovery[0]), (8, telephone.recovery[1].lower().replace("-", " "))):
        visitor = Client()
        type_password(visitor)
        assert type_code(visitor, typed).status_code == 302
        assert is_in(visitor)
        assert factors.recovery_codes_left(lan) == left
    again = Client()
    type_password(again)
    assert type_code(again, telephone.recovery[0]).status_code == 200
    assert not is_in(again)


@pytest.mark.accepts("A3", "P4")
def test_at_rest_there_is_neither_key_nor_recovery_code(client, lan, required):
    from allauth.mfa.models import Authenticator
    from django.contrib.sessions.models import Session

    type_password(client)
    client.get(SET_UP)
    page = client.get(SET_UP)
    secret = page.context["form"].secret
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    answer = client.post(SET_UP, {"code": code_at(secret)})
    codes = answer.context["codes"]
    assert len(codes) == 10 and all(code in answer.content.decode() for code in codes)
    stored = str(list(Authenticator.objects.values())) + str([session.get_decoded() for session in Session.objects.all()])
    stored += str(list(Event.objects.values()))
    assert secret not in stored and not [code for code in codes if code in stored or code.replace("-", "") in stored]


# ── No back office without the second factor ──────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A1")
def test_who_has_none_is_led_to_set_one_up_and_then_in(client, lan, required):
    assert type_password(client)["Location"] == STAFF
    response = client.get(STAFF)
    assert response["Location"].startswith(SET_UP)
    before = client.session.session_key
    page = client.get(response["Location"])
    assert "<svg" in page.content.decode()
    wrong = client.post(SET_UP, {"code": "000000", "next": STAFF})
    assert wrong.status_code == 200 and not factors.is_set_up(lan)
    secret = page.context["form"].secret
    answer = client.post(SET_UP, {"code": code_at(secret), "next": STAFF})
    assert f'href="{STAFF}"' in answer.content.decode()
    assert client.session.session_key != before
    assert client.get(STAFF).status_code == 200
    assert kinds(lan)[-2:] == ["safeguards.signed_in", "safeguards.second_factor_added"]


@pytest.mark.accepts("A3")
def test_the_code_that_set_it_up_opens_nothing_afterwards(client, lan, required):
    type_password(client)
    secret = client.get(SET_UP).context["form"].secret
    code = code_at(secret)
    client.post(SET_UP, {"code": code})
    again = Client()
    type_password(again)
    assert type_code(again, code).status_code == 200


@pytest.mark.accepts("A1")
def test_a_session_from_before_is_asked_for_the_code_and_cannot_take_the_factor_away(client, lan, required):
    telephone = Telephone(lan)
    client.force_login(lan)
    shows = reverse("mfa_reauthenticate")
    for name in ("wagtailadmin_home", "mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_activate_totp", "usersessions_list",
                 "account_change_password", "account_reauthenticate"):  # fmt: skip
        for method in (client.get, client.post):
            assert method(reverse(name))["Location"].startswith(shows), name
    assert factors.is_set_up(lan)
    assert client.post(shows, {"code": telephone.code(), "next": STAFF})["Location"] == STAFF
    assert client.get(STAFF).status_code == 200


@pytest.mark.accepts("A1")
def test_a_session_whose_factor_was_taken_away_is_without_one(client, lan, required):
    telephone = Telephone(lan)
    type_password(client)
    type_code(client, telephone.code())
    assert is_in(client)
    services.remove_factor(lan, actor=None)
    assert client.get("/admin/")["Location"].startswith(SET_UP)
    Telephone(lan)
    assert client.get("/admin/")["Location"].startswith(reverse("mfa_reauthenticate"))


@pytest.mark.accepts("A1")
def test_the_walk_over_every_staff_address_can_fail(client, lan, required):
    """The guard off, the back office opens."""
    client.force_login(lan)
    assert client.get(STAFF).status_code == 302
    required.SECOND_FACTOR = "off"
    assert client.get(STAFF).status_code == 200


# ── One's own factors, and nobody else's ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A2")
def test_nobody_reaches_the_factor_of_another(client, lan, required):
    telephone = Telephone(lan)
    other = person("minh")
    others = Telephone(other)
    type_password(client)
    assert type_code(client, others.code()).status_code == 200  # a right code, but of another
    assert type_code(client, telephone.code()).status_code == 302
    for data in ({"user": other.pk}, {"id": other.pk}, {"user_id": other.pk, "pk": other.pk}):
        client.post(reverse("mfa_reauthenticate"), {"code": telephone.code(1), **data})
        client.post(reverse("mfa_generate_recovery_codes"), data)
        client.post(reverse("mfa_deactivate_totp"), data)
        assert client.get(reverse("account_access", args=[other.pk])).status_code == 302
        client.post(reverse("account_access", args=[other.pk]), {"action": "factor"})
    assert factors.is_set_up(other) and factors.recovery_codes_left(other) == 10
    assert factors.verify(other, others.code()) is not None


@pytest.mark.accepts("A2")
def test_taking_it_away_asks_for_a_code_and_leaves_an_event(client, lan):
    telephone = Telephone(lan)
    type_password(client)
    type_code(client, telephone.code())
    away = reverse("mfa_deactivate_totp")
    assert client.get(away)["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD})["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.post(away)["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.post(reverse("mfa_reauthenticate"), {"code": "000000", "next": away}).status_code == 200
    assert factors.is_set_up(lan)
    # What was asked for is done once the code is right.
    assert client.post(reverse("mfa_reauthenticate"), {"code": telephone.code(1), "next": away})["Location"] == reverse("mfa_index")
    assert not factors.is_set_up(lan)
    assert kinds(lan)[-1] == "safeguards.second_factor_removed"


@pytest.mark.accepts("A2")
def test_a_proof_does_not_last(client, lan, clock):
    telephone = Telephone(lan)
    type_password(client)
    type_code(client, telephone.code())
    client.post(reverse("mfa_reauthenticate"), {"code": telephone.code(1)})
    renew = reverse("mfa_generate_recovery_codes")
    assert client.get(renew).status_code == 200
    clock(301)
    assert client.get(renew).status_code == 302


def test_new_recovery_codes_end_the_old_ones(client, lan):
    telephone = Telephone(lan)
    type_password(client)
    type_code(client, telephone.code())
    client.post(reverse("mfa_reauthenticate"), {"code": telephone.code(1)})
    codes = client.post(reverse("mfa_generate_recovery_codes")).context["codes"]
    assert factors.verify(lan, telephone.recovery[3]) is None
    assert factors.verify(lan, codes[3]) is not None
    assert kinds(lan)[-1] == "safeguards.recovery_codes_renewed"


# ── Guessing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A4", "O14")
def test_five_failures_lock_an_account_whoever_asks_and_the_lock_ends_by_itself(lan, counted, clock):
    for step in range(5):
        assert type_password(Client(), "lan", f"sai {step}", REMOTE_ADDR=f"203.0.113.{step}").status_code == 200
    refused = type_password(Client(), "lan", PASSWORD, REMOTE_ADDR="203.0.113.99", HTTP_USER_AGENT="another")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900 <= 1800
    assert "Nhập sai quá nhiều lần" in refused.content.decode()
    assert kinds(lan) == ["safeguards.sign_in_failed"] * 5 + ["safeguards.sign_in_locked"]
    clock(int(refused["Retry-After"]) - 2)
    assert type_password(Client(), "lan", PASSWORD).status_code == 429
    clock(2)
    assert type_password(Client(), "lan", PASSWORD).status_code == 302


@pytest.mark.accepts("A4")
def test_no_stretch_of_a_quarter_of_an_hour_holds_more_than_five(lan, counted, clock):
    """Counted by the clock's quarters, four at the end of one and four at the beginning of the next would pass."""
    passed = []
    for step in range(60):
        if type_password(Client(), "lan", "sai", REMOTE_ADDR=f"198.51.100.{step}").status_code == 200:
            passed.append(step * 60)
        clock(60)
    assert len(passed) == 20
    assert max(sum(start <= moment < start + 900 for moment in passed) for start in passed) == 5


@pytest.mark.accepts("A4", "B8")
def test_twenty_failures_of_an_address_are_enough_whatever_it_claims(counted):
    def guess(step):
        return type_password(
            Client(), f"ten{step}", "sai", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR=f"198.51.100.{step}", HTTP_USER_AGENT=f"agent {step}"
        )

    assert [guess(step).status_code for step in range(21)] == [200] * 20 + [429]
    assert 0 < int(guess(30)["Retry-After"]) <= 600
    assert type_password(Client(), "ten99", "sai", REMOTE_ADDR="203.0.113.8").status_code == 200


@pytest.mark.accepts("A4")
def test_signing_in_rightly_counts_as_no_failure(lan, counted):
    for _ in range(25):
        assert type_password(Client()).status_code == 302
    for _ in range(4):
        type_password(Client(), "lan", "sai")
    assert type_password(Client()).status_code == 302
    assert type_password(Client(), "lan", "sai").status_code == 200
    assert type_password(Client()).status_code == 429


@pytest.mark.accepts("A4", "C11")
@pytest.mark.django_db(transaction=True)
def test_of_forty_guesses_at_once_five_are_looked_at(settings, monkeypatch):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": (1000, 600)}
    person()
    looked = []
    monkeypatch.setattr(services.StaffBackend, "authenticate", lambda *args, **kwargs: looked.append(1))

    def guess(step):
        try:
            return type_password(Client(), "lan", f"sai {step}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))
    assert (answers.count(200), answers.count(429), len(looked)) == (5, 35, 5)


@pytest.mark.accepts("A3", "A4")
def test_five_wrong_codes_end_the_guessing(lan, required, counted, clock):
    telephone = Telephone(lan)
    visitor = Client()
    type_password(visitor)
    for step in range(5):
        assert type_code(visitor, telephone.code(5 + step)).status_code == 200
    refused = type_code(visitor, telephone.code())
    assert (refused.status_code, 0 < int(refused["Retry-After"]) <= 300) == (429, True)
    assert not is_in(visitor)
    another = Client()
    type_password(another)
    assert type_code(another, telephone.recovery[0], REMOTE_ADDR="203.0.113.3").status_code == 429
    assert kinds(lan)[-1] == "safeguards.sign_in_locked"
    clock(int(refused["Retry-After"]))
    assert type_code(visitor, telephone.code()).status_code == 302


@pytest.mark.accepts("A4")
def test_an_open_session_is_no_place_to_guess_the_password(client, lan, counted):
    client.force_login(lan)
    change, again = reverse("account_change_password"), reverse("account_reauthenticate")
    for _ in range(3):
        assert client.post(change, {"oldpassword": "sai", "password1": "a", "password2": "a"}).status_code == 200  # pragma: allowlist secret
    for _ in range(2):
        assert client.post(again, {"password": "sai"}).status_code == 200  # pragma: allowlist secret
    assert client.post(again, {"password": PASSWORD}).status_code == 429
    assert client.post(change, {"oldpassword": PASSWORD, "password1": "a", "password2": "a"}).status_code == 429
    assert "password-new_password1" not in client.get(STAFF).content.decode()


@pytest.mark.accepts("A4")
def test_an_administrator_opens_a_locked_account(client, lan, counted):
    for _ in range(5):
        type_password(Client(), "lan", "sai")
    root = User.objects.create_superuser("root")
    client.force_login(root)
    access = reverse("account_access", args=[lan.pk])
    assert "còn khóa 15 phút" in client.get(access).content.decode()
    client.post(access, {"action": "unlock"})
    assert "không khóa" in client.get(access).content.decode()
    assert type_password(Client()).status_code == 302
    event = Event.objects.get(kind="safeguards.account_unlocked")
    assert (event.subject_id, event.actor) == (str(lan.pk), root)


@pytest.mark.accepts("A4")
def test_failures_are_stored_without_name_or_address_and_forgotten(lan, counted):
    type_password(Client(), "lan", "sai", REMOTE_ADDR="203.0.113.77")
    stored = str(list(Attempts.objects.values()))
    assert Attempts.objects.count() == 2 and "203.0.113.77" not in stored and "lan" not in stored
    assert attempts.purge() == 0
    assert attempts.purge(time.time() + attempts.KEEP_SECONDS + 1) == 2


def test_the_hourly_job_forgets_failures_and_sessions_that_are_over(lan, counted, client):
    from allauth.usersessions.models import UserSession

    from safeguards import jobs

    type_password(client)
    assert UserSession.objects.count() == 1
    Attempts.objects.update(latest=0)
    client.session.flush()
    jobs.purge(0)
    assert not Attempts.objects.exists() and not UserSession.objects.exists()


# ── Known and unknown names ───────────────────────────────────────────────────────────────────────────────────────────


def _shape(response):
    """Status and text of an answer, but for the token of its form and the name that was typed."""
    head, token, rest = re.split(r'name="csrfmiddlewaretoken" value="(\w+)"', response.content.decode(), maxsplit=1)
    assert len(token) == 64
    return response.status_code, head, rest.replace("nobody", "lan")


@pytest.mark.accepts("A5")
def test_unknown_closed_and_invited_accounts_answer_like_a_wrong_password(lan):
    person("dong", is_active=False)
    person("moi", password=None)
    expected = _shape(type_password(Client(), "lan", "sai"))
    assert expected[0] == 200
    assert _shape(type_password(Client(), "nobody", "sai")) == expected
    for name, password in (("dong", PASSWORD), ("dong", "sai"), ("moi", "sai")):
        status, head, body = _shape(type_password(Client(), name, password))
        assert (status, head, body.replace(name, "lan")) == expected


@pytest.mark.accepts("A5")
def test_the_lock_tells_unknown_names_from_known_ones_no_more(lan, counted):
    for name in ("lan", "nobody"):
        for _ in range(5):
            type_password(Client(), name, "sai", REMOTE_ADDR="203.0.113.1" if name == "lan" else "203.0.113.2")
    known, unknown = (type_password(Client(), name, "sai", REMOTE_ADDR=f"203.0.113.{9 + len(name)}") for name in ("lan", "nobody"))
    assert known.status_code == unknown.status_code == 429
    assert known.content == unknown.content


@pytest.mark.accepts("A5")
def test_the_same_work_is_done_for_known_and_unknown_names(lan, counted, settings, monkeypatch, django_assert_max_num_queries):
    from django.contrib.auth.hashers import MD5PasswordHasher

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashed = []
    real = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, password, salt: hashed.append(password) or real(self, password, salt))
    person("dong", is_active=False)
    person("moi", password=None)
    work = {}
    for name in ("lan", "nobody", "dong", "moi"):
        hashed.clear()
        with django_assert_max_num_queries(60) as queries:
            type_password(Client(), name, "sai")
        work[name] = (len(hashed), [query["sql"].split()[0] for query in queries.captured_queries])
    assert {count for count, _ in work.values()} == {1}
    assert len({tuple(statements) for _, statements in work.values()}) == 1


# ── What those who run it can do ──────────────────────────────────────────────────────────────────────────────────────


def test_without_anybody_who_may_enter_the_command_helps(lan, counted, capsys):
    Telephone(lan)
    for _ in range(5):
        type_password(Client(), "lan", "sai")
    call_command("account", "unlock", "lan")
    assert type_password(Client())["Location"] == CODE
    call_command("account", "take-factor", "lan")
    assert not factors.is_set_up(lan)
    call_command("account", "link", "lan")
    link = capsys.readouterr().out.strip().splitlines()[-1]
    assert link.startswith("http://testserver/tai-khoan/moi/")


# ── Between the two steps ─────────────────────────────────────────────────────────────────────────────────────────────


def half_way(lan) -> tuple[Client, Telephone]:
    """Somebody who typed the right password and is asked for a code."""
    telephone, half = Telephone(lan), Client()
    assert type_password(half).headers["Location"] == CODE
    return half, telephone


@pytest.mark.accepts("A7")
@pytest.mark.parametrize("change", ["link", "rights", "closed"])
def test_a_first_step_counts_no_more_once_the_password_or_the_rights_changed(lan, required, change):
    half, telephone = half_way(lan)
    if change == "link":
        services.give_link(lan, actor=None)
    elif change == "rights":
        User.objects.filter(pk=lan.pk).update(is_superuser=True)
    else:
        User.objects.filter(pk=lan.pk).update(is_active=False)
    response = type_code(half, telephone.code())
    assert response.headers["Location"] == LOGIN
    assert not is_in(half)
    assert factors.verify(lan, telephone.code()) is not None  # the code was not even looked at


@pytest.mark.accepts("A1")
def test_a_first_step_with_the_factor_taken_away_since_opens_nothing(lan, required):
    half, telephone = half_way(lan)
    services.remove_factor(lan, actor=None)
    assert type_code(half, telephone.code()).headers["Location"] == LOGIN
    assert not is_in(half)


@pytest.mark.accepts("A7")
def test_a_session_gets_a_new_key_when_its_code_is_shown_late(lan, required):
    """Set up elsewhere meanwhile: the session that was worth nothing is worth something from the code on."""
    client = Client()
    type_password(client)
    telephone, before = Telephone(lan), client.session.session_key
    assert not is_in(client)
    client.post("/tai-khoan/nhap-lai-ma/", {"code": telephone.code()})
    assert is_in(client)
    assert client.session.session_key != before
    assert "phiên này" in client.get("/tai-khoan/phien/").content.decode()  # the list of sessions follows
