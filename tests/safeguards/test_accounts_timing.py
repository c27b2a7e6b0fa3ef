"""How long the door thinks does not tell whether a name exists (A5)."""

import math
import random
import time

import pytest
from django.test import Client

from safeguards.accounts import backends

from .staff import LOGIN, person

pytestmark = pytest.mark.django_db
N = 200


@pytest.fixture
def real(settings):
    """Passwords hashed as in production: beside that, what the rest of a sign-in costs more or less does not stand out."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    return person()


def mann_whitney(first, second):
    """The two-sided p that both come from one distribution, by the normal approximation (n ≥ 20)."""
    ranked = sorted((value, group) for group, values in enumerate((first, second)) for value in values)
    rank_sum = sum(position for position, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(first), len(second)
    u = rank_sum - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def measure(count, seed):
    """Processor time of failed sign-ins with a known and with an unknown name, in mixed order: others on the machine do not
    show in it."""
    order = [name for name in ("lan", "xyz") for _ in range(count)]
    random.Random(seed).shuffle(order)
    client = Client()
    taken = {"lan": [], "xyz": []}
    for step, name in enumerate(order):
        start = time.process_time()
        response = client.post(LOGIN, {"login": name, "password": f"sai mật khẩu {step:03}"})
        taken[name].append(time.process_time() - start)
        assert response.status_code == 200
    return taken["lan"], taken["xyz"]


def test_the_statistic_tells_equal_from_unequal():
    numbers = random.Random(1)
    same = [[numbers.gauss(10, 2) for _ in range(N)] for _ in range(2)]
    assert mann_whitney(*same) > 0.01
    assert mann_whitney(same[0], [value + 1 for value in same[1]]) < 0.001


@pytest.mark.accepts("A5")
def test_known_and_unknown_names_take_the_same_time(real):
    measure(5, 0)  # templates and translations are read once
    values = []
    for seed in (1, 2, 3):
        values.append(mann_whitney(*measure(N, seed)))
        if values[-1] > 0.01:
            return
    pytest.fail(f"three times in a row the door told: p = {values}")


@pytest.mark.accepts("A5")
def test_a_door_that_hashes_for_known_names_only_is_found_out(real, monkeypatch):
    monkeypatch.setattr(backends.User, "set_password", lambda self, password: None)
    measure(5, 0)
    assert mann_whitney(*measure(30, 1)) < 0.01
