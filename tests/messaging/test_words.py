"""Words that stand in several catalogues: each says here what it means here."""

from django.utils import translation

from messaging.enums import State


def test_a_message_that_was_refused_for_good_was_not_sent():
    with translation.override("vi"):
        assert str(State.FAILED.label) == "không gửi được"
