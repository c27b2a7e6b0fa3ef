"""No address escapes: each pattern of the resolver has an example, and each example answers what the file says."""

import pytest
from django.test import Client

from .addresses import addresses, missing


@pytest.mark.accepts("B5")
def test_every_pattern_has_an_example(world):
    said = missing(world)
    assert not said, "\n".join(said)


def test_public_addresses_answer_as_the_file_says(world):
    client = Client(raise_request_exception=False)
    wrong = [(str(one), status, one.status) for one in addresses(world, staff=False) if (status := client.get(one.path).status_code) != one.status]
    assert wrong == []
