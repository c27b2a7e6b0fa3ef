"""QR codes as SVG that the strict policy on content allows: attributes only, no style."""

from __future__ import annotations

import io

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules around the code that readers need free (ISO 18004)


def svg(address: str, *, title: str, error: str = "m") -> SafeString:
    """The code of an address as an inline SVG of black on white, whatever the page's colours are: cameras need that.

    `title` is what a screen reader says instead. It scales by its viewBox; the stylesheet gives the size."""
    code = segno.make(address, error=error, micro=False)
    size = code.symbol_size(scale=1, border=QUIET_ZONE)[0]
    path = io.StringIO()
    for y, modules in enumerate(code.matrix_iter(scale=1, border=QUIET_ZONE)):
        row = list(modules)
        x = 0
        while x < size:
            run = 0
            while x + run < size and row[x + run]:
                run += 1
            if run:
                path.write(f"M{x} {y}h{run}v1h-{run}z")
            x += run or 1
    return format_html(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" shape-rendering="crispEdges">'
        '<title>{title}</title><rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{path}"/></svg>',
        size=size,
        title=title,
        path=path.getvalue(),
    )


def png(address: str, *, scale: int = 8, error: str = "m") -> bytes:
    """The code as a PNG to download and print."""
    out = io.BytesIO()
    segno.make(address, error=error, micro=False).save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()
