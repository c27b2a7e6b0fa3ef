"""Pictures are shown where no reverse proxy serves them; the API keeps the manners of HTTP with whoever reads it."""

from __future__ import annotations

import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    made = get_image_model().objects.create(title="Ảnh", file=get_test_image_file()).get_rendition("width-20")
    (tmp_path / "secret").write_text("x")
    return made


def test_a_picture_is_shown(client, picture):
    response = client.get(picture.url)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
    assert response.getvalue().startswith(b"\x89PNG")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["../secret", "%2e%2e/secret", "images/", "images/../../secret", "x" * 300, "a" * 5000 + ".png"])
def test_nothing_beside_the_pictures_is(client, picture, path):
    assert client.get(f"/media/{path}").status_code in {400, 404, 414}


def test_the_api_answers_head_and_tells_other_sites_what_they_may(client):
    head = client.head("/api/v1/procedures")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == client.get("/api/v1/procedures").headers["ETag"]
    asked = client.options("/api/v1/procedures", headers={"origin": "https://example.org", "access-control-request-headers": "if-none-match"})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "POST" not in asked.headers["Access-Control-Allow-Methods"]


def test_what_the_api_refuses_it_refuses_as_json(client):
    for response, status in ((client.get("/api/v1/nothing", follow=True), 404), (client.post("/api/v1/procedures"), 405)):
        assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json")
        assert response.json()["detail"]
