"""Names of files as people give them: read for what they claim to be, told back to people, never used as a path (U7)."""

from __future__ import annotations

import unicodedata

from .enums import ENDINGS, Kind, Reason

KEPT = 255  # characters of the original that are kept
SHOWN = 120
# Windows opens none of these, whatever the ending.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
# An ending before the last one that somebody may be meant to overlook. `don.docx.pdf` is what printers make, and harmless.
PROGRAMS = frozenset(
    [
        "apk",
        "app",
        "asp",
        "aspx",
        "bat",
        "bin",
        "cgi",
        "chm",
        "cmd",
        "com",
        "cpl",
        "dll",
        "dmg",
        "docm",
        "dotm",
        "exe",
        "hta",
        "htm",
        "html",
        "iso",
        "jar",
        "js",
        "jse",
        "jsp",
        "lnk",
        "mht",
        "mhtml",
        "msi",
        "php",
        "phtml",
        "pl",
        "pptm",
        "ps1",
        "py",
        "reg",
        "scf",
        "scr",
        "sh",
        "shtml",
        "svg",
        "swf",
        "url",
        "vbe",
        "vbs",
        "wsf",
        "xht",
        "xhtml",
        "xlsm",
        "xltm",
        "xml",
    ]
)


class NameRefused(ValueError):
    """The name alone is enough; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def base_of(name: str) -> str:
    """The name without folders, in composed letters (NFC)."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2]).strip()


def claimed(name: str) -> Kind:
    """Which kind the name says that the file is. Raises NameRefused."""
    base = base_of(name)
    # Cf: signs without width, among them those that turn the direction, by which fdp.exe reads as exe.pdf.
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for sign in base):
        raise NameRefused(Reason.NAME)
    stem, dot, ending = base.rpartition(".")
    if not dot or not stem.strip(". ") or not ending.strip():
        raise NameRefused(Reason.NO_ENDING)
    kind = ENDINGS.get(ending.strip().lower())
    if kind is None:
        raise NameRefused(Reason.PROGRAM if ending.strip().lower() in PROGRAMS else Reason.OTHER_KIND)
    if any(part.strip().lower() in PROGRAMS for part in stem.split(".")[1:]):
        raise NameRefused(Reason.PROGRAM)
    return kind


def to_keep(name: str) -> str:
    """The original as it is kept, sealed: NFC, not longer than is kept."""
    return base_of(name)[:KEPT]


def to_show(name: str, kind: str) -> str:
    """A name that any device can keep a copy under: no sign that a system means something by, the ending of what it really is."""
    base = base_of(name)
    stem = base.rpartition(".")[0] or base
    plain = "".join(sign if sign.isprintable() and sign not in '<>:"/\\|?*' else "_" for sign in stem).strip(". ")[:SHOWN] or "tep"
    if plain.partition(".")[0].lower() in DEVICES:
        plain = f"_{plain}"
    return f"{plain}.{kind}"
