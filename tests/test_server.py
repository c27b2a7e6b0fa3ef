"""The suite's own PostgreSQL takes as many connections as the races of both workers open."""

import pytest
from django.db import connection

from tests import server


@pytest.mark.django_db
def test_two_races_of_fifty_fit_beside_each_other():
    with connection.cursor() as cursor:
        cursor.execute("show max_connections")
        assert int(cursor.fetchone()[0]) == server.CONNECTIONS >= 2 * 100
