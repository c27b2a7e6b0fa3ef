"""Readers: a file, a folder or an archive as a stream of records, within limits, in flat memory."""

from .limits import COMMAND, UPLOAD, Limits
from .opening import RawRecord, RawRow, Source, open_source

__all__ = ["COMMAND", "UPLOAD", "Limits", "RawRecord", "RawRow", "Source", "open_source"]
