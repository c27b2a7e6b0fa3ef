"""The suite sees what only production would show: an event or a lock outside any transaction of the request."""

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from safeguards import services
from safeguards.models import User

pytestmark = pytest.mark.django_db


def records(request):
    services.record("test.seen", User())
    return HttpResponse("recorded")


def records_in_its_own(request):
    with transaction.atomic():
        return records(request)


def locks(request):
    return HttpResponse(str(User.objects.select_for_update().count() + len(User.objects.select_for_update())))


def locks_in_its_own(request):
    with transaction.atomic():
        return locks(request)


urlpatterns = [path(view.__name__, view) for view in (records, records_in_its_own, locks, locks_in_its_own)]


@pytest.mark.parametrize("name", ["records", "locks"])
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])
def test_a_request_needs_a_transaction_of_its_own(client, name):
    with pytest.raises((services.NotInTransaction, transaction.TransactionManagementError)):
        client.get(f"/{name}")
    assert client.get(f"/{name}_in_its_own").status_code == 200
    assert services.record("test.seen", User()).pk, "outside requests the test's own is enough"
