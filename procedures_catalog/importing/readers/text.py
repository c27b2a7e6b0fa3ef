"""Text out of bytes: UTF-8 with or without a mark, UTF-16, Windows-1258. Composed (NFC) afterwards; NUL is refused."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO

from django.utils.translation import gettext as _

from ..problems import BadFile

SAMPLE = 1024 * 1024
HIGH = re.compile(rb"[\x80-\xff]")
VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ]|[\u0300\u0301\u0303\u0309\u0323]|[àáèéìíòóùúý]", re.IGNORECASE)


def encoding_of(stream: IO[bytes]) -> str:
    """The encoding of a text. Reads the stream once and sets it back; raises BadFile for a text that is in none.

    Bytes that are not UTF-8 are Windows-1258 only when they make Vietnamese there: a UTF-8 file with a broken byte would
    otherwise become nonsense without a word."""
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return _checked(stream, "utf-8-sig")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(stream, "utf-16")
    if len(head) >= 4:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if odd > len(head) // 8 and even < odd // 8:
            return _checked(stream, "utf-16-le")
        if even > len(head) // 8 and odd < even // 8:
            return _checked(stream, "utf-16-be")
    return _checked(stream, "utf-8")


def _checked(stream: IO[bytes], encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    while True:
        block = stream.read(SAMPLE)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            stream.seek(0)
            if encoding == "utf-8":
                return _windows(stream, offset + error.start)
            raise BadFile(_("The text is not valid %(encoding)s.") % {"encoding": encoding.upper()}) from error
        if "\x00" in text:
            stream.seek(0)
            raise BadFile(_("The file holds NUL characters; it is damaged or not a text."))
        if not block:
            break
        offset += len(block)
    stream.seek(0)
    return encoding


def _windows(stream: IO[bytes], position: int) -> str:
    """Windows-1258, or BadFile with the position of the byte that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("cp1258")()
    high = broken = vietnamese = 0
    try:
        while block := stream.read(SAMPLE):
            as_utf8 = block.decode("utf-8", errors="replace")
            broken += as_utf8.count("\ufffd")
            high += sum(1 for letter in as_utf8 if letter > "\x7f" and letter != "\ufffd")
            if b"\x00" in block:
                raise BadFile(_("The file holds NUL characters; it is damaged or not a text."))
            vietnamese += len(VIETNAMESE.findall(decoder.decode(block)))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        vietnamese = 0
    stream.seek(0)
    if vietnamese >= 2 and broken > high // 4:
        return "cp1258"
    raise BadFile(
        _("The text is neither UTF-8 nor UTF-16 nor Windows-1258: byte %(position)d cannot be read. Save it as UTF-8.") % {"position": position + 1}
    )


def reader(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The stream as text, line ends as they stand."""
    return io.TextIOWrapper(stream, encoding=encoding, newline="")
