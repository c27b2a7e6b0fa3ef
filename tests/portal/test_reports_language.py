"""The back office speaks Vietnamese, scripts included, and sends nobody to foreign sites."""

import pytest

from safeguards.models import User


@pytest.mark.django_db
def test_the_back_office_speaks_vietnamese_and_points_nowhere_else(client):
    client.force_login(User.objects.create_superuser("admin", email="a@example.org", password="x"))
    words = client.get("/admin/jsi18n/").content.decode()
    for english in ("Move up", "Toggle sidebar", "Enter your comments..."):
        assert f'"{english}": "' in words
    home = client.get("/admin/").content.decode()
    for text in ("guide.wagtail.org", "whats-new", "Site history", "Log out", "Awaiting your review"):
        assert text not in home
    assert "Nh\\u1eadt k\\u00fd thay \\u0111\\u1ed5i" in home  # the menu is JSON
