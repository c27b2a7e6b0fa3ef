"""PDFs by typst: slips, posters, minutes. What stands on a page is handed in as data and never becomes part of the page's source.

A template is a `.typ` file beside the other templates (`templates/dialogue_sessions/poster.typ`) and begins so:

    #let page_data = json(bytes(sys.inputs.data))
    #set document(title: page_data.title, date: none)
    #set text(lang: page_data.lang, font: "Libertinus Serif")

Texts of `page_data` are set as they are: `#page_data.title` shows `#`, `*` or `$` and does nothing with them. A picture comes as text,
too: `#image(bytes(page_data.qr), format: "svg", alt: page_data.address)`. Every file is tagged for screen readers (PDF/UA-1), so a
document needs its title and a picture what it shows.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from django.core.exceptions import SuspiciousFileOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.template import engines
from django.utils._os import safe_join

MOST_DATA = 512 * 1024  # bytes of what stands on the pages: minutes of a long evening are a tenth of it
EPOCH = 0  # a file made twice of the same data is the same file


class CannotRender(Exception):
    """No PDF came out; the text says why, for whoever wrote the template."""


class TooMuch(CannotRender):
    """More data than one document may hold."""


def render(template_name: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a typst template (a name below `templates/`), with `data` (JSON; dates and lazy texts are written out) as
    `sys.inputs.data`. It names no author, no host, no time of making. Raises TooMuch, CannotRender."""
    handed_in = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    if len(handed_in.encode()) > MOST_DATA:
        raise TooMuch(f"{template_name}: more than {MOST_DATA} bytes of data")
    source = _find(template_name)
    try:
        made = typst.Compiler(source, root=source.parent, font_paths=_fonts(), sys_inputs={"data": handed_in}).compile(
            format="pdf", pdf_standards="ua-1", timestamp=EPOCH
        )
    except typst.TypstError as error:
        raise CannotRender(f"{template_name}: {error.message}") from error
    if not isinstance(made, bytes):
        raise CannotRender(f"{template_name}: not one file")
    return made


def _find(name: str) -> Path:
    for folder in engines["django"].template_dirs:
        try:
            path = Path(safe_join(folder, name))
        except SuspiciousFileOperation:
            break
        if path.suffix == ".typ" and path.is_file():
            return path
    raise CannotRender(f"{name}: there is no such template")


@functools.cache
def _fonts() -> typst.Fonts:
    """Those of the wheel alone: the same pages on every machine."""
    return typst.Fonts(include_system_fonts=False)
