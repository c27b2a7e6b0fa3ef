"""Events are written in the transaction of the change they tell of."""

import pytest

from safeguards.models import Event, User
from safeguards.services import NotInTransaction, record, record_many


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    user = User.objects.create_user("a")
    with pytest.raises(NotInTransaction):
        record("safeguards.test", user)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_one_event_is_the_row_that_was_written():
    """Its statement is its own: what comes back, what many at once write and what stands in the table are alike."""
    user = User.objects.create_user("a")
    one = record("safeguards.test", user, actor=user, payload={"chữ": "ệ", "number": 1})
    (other,) = record_many([("safeguards.test", user, {"chữ": "ệ", "number": 1})], actor=user)
    written = Event.objects.get(pk=one.pk)
    for name in ("kind", "subject_type", "subject_id", "actor_id", "payload", "request_id"):
        assert getattr(written, name) == getattr(one, name) == getattr(other, name), name
    assert written.at == one.at <= other.at
    assert not one._state.adding
