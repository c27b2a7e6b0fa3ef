"""Events are written in the transaction of the change they tell of."""

import pytest

from safeguards.models import Event, User
from safeguards.services import NotInTransaction, record


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    user = User.objects.create_user("a")
    with pytest.raises(NotInTransaction):
        record("safeguards.test", user)
    assert not Event.objects.exists()
