"""QR codes that the strict policy on content allows."""

import io
import re

import pytest
from PIL import Image

from foundation import qr

ADDRESS = "https://minhbach.example.gov.vn/thu-tuc/1.004873/"


def modules(svg):
    """The dark squares of the picture, read back from its path."""
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        dark.update((int(x) + step, int(y)) for step in range(int(width)))
    return dark


def test_the_svg_has_no_style_script_or_foreign_address():
    svg = qr.svg(ADDRESS, title="Đường dẫn")
    assert "style" not in svg
    assert "<script" not in svg
    assert re.findall(r'https?://[^" ]+', svg) == ["http://www.w3.org/2000/svg"]


def test_the_svg_shows_the_same_squares_as_the_png():
    svg = qr.svg(ADDRESS, title="x")
    picture = Image.open(io.BytesIO(qr.png(ADDRESS, scale=1))).convert("L")
    assert f'viewBox="0 0 {picture.width} {picture.width}"' in svg
    assert modules(svg) == {(x, y) for x in range(picture.width) for y in range(picture.width) if picture.getpixel((x, y)) < 128}


@pytest.mark.accepts("B10")
def test_its_title_is_escaped():
    assert "<script>" not in qr.svg(ADDRESS, title="</title><script>alert(1)</script>")
