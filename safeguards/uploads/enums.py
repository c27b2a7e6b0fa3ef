"""What a file is, in which state it stands, and why one is not taken."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What is taken. The value is the ending under which it is given out again."""

    PDF = "pdf", "PDF"
    JPEG = "jpg", "JPEG"
    PNG = "png", "PNG"
    WEBP = "webp", "WebP"
    DOCX = "docx", "Word"
    XLSX = "xlsx", "Excel"
    ODT = "odt", "OpenDocument"


ENDINGS = {
    "pdf": Kind.PDF,
    "jpg": Kind.JPEG,
    "jpeg": Kind.JPEG,
    "png": Kind.PNG,
    "webp": Kind.WEBP,
    "docx": Kind.DOCX,
    "xlsx": Kind.XLSX,
    "odt": Kind.ODT,
}
MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.WEBP: "image/webp",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
}


class FileState(models.TextChoices):
    """The life of a stored file."""

    PENDING = "pending", _("waits to be checked for viruses")
    CLEAN = "clean", _("checked for viruses")
    UNSCANNED = "unscanned", _("not checked for viruses")  # a demonstration without a scanner
    INFECTED = "infected", _("held a virus and was removed")
    REFUSED = "refused", _("could not be read again")


READABLE = [FileState.CLEAN, FileState.UNSCANNED]
TO_SCAN = [FileState.PENDING, FileState.UNSCANNED]
REJECTED = [FileState.INFECTED, FileState.REFUSED]
TRANSITIONS: dict[str, set[str]] = {
    FileState.PENDING: {FileState.CLEAN, FileState.UNSCANNED, FileState.INFECTED, FileState.REFUSED},
    FileState.UNSCANNED: {FileState.CLEAN, FileState.INFECTED, FileState.REFUSED},
    FileState.CLEAN: {FileState.REFUSED},
    FileState.INFECTED: set(),
    FileState.REFUSED: set(),
}


class Reason(models.TextChoices):
    """Why a file is not taken, as a sentence that says what to do."""

    EMPTY = "empty", _("The file is empty. Open it on your device, check that it shows something, then choose it again.")
    NAME = "name", _("The name holds hidden signs. Give the file a plain name, such as don.pdf, then choose it again.")
    NO_ENDING = "no_ending", _("The name has no ending, so nobody can tell what it is. Save it as PDF, or take a photo of the paper.")
    OTHER_KIND = "other_kind", _("Files of this kind are not taken. Send PDF, Word (.docx), Excel (.xlsx), .odt, or a photo (JPG, PNG, WebP).")
    PROGRAM = "program", _("The name is that of a program or a web page. Save the paper as PDF and give it a plain name, such as don.pdf.")
    NOT_WHAT_IT_SAYS = (
        "not_what_it_says",
        _("What is inside is not what the name says. Save it anew as PDF, or take a photo of the paper."),
    )
    DAMAGED = "damaged", _("The file is damaged and cannot be opened. Open it on your device and save it anew, or take a photo of the paper.")
    LOCKED = "locked", _("The file needs a password. Save it without one, then choose it again.")
    OLD_OR_LOCKED = (
        "old_or_locked",
        _("The file is locked by a password, or of an old kind. Open it, save it as .docx, .xlsx or PDF without a password."),
    )
    MACROS = "macros", _("The file carries macros, which are small programs. Save it as PDF, then choose it again.")
    NESTED = "nested", _("There are other files inside this one. Send each as a file of its own, or print the document to PDF.")
    HEAVY = "heavy", _("Unpacked, the file would be far too large. Print the document to PDF and send that.")
    PIXELS = (
        "pixels",
        _("The picture has more than 40 million dots. Save it smaller, or photograph the paper with the usual setting of your telephone."),
    )
    ACTIVE = (
        "active",
        _("The file holds scripts, attached files or links to parts elsewhere. Choose Print, then Save as PDF, and send that."),
    )
    TWO_IN_ONE = "two_in_one", _("The file is two kinds of file at once. Open it and save it anew as PDF.")
    TOO_LARGE = "too_large", _("The file is larger than 10 MB. Scan it in grey at 150 dots per inch, or send it in parts.")
    TOO_MANY = "too_many", _("There are more than 20 files. Put several pages into one PDF, or bring the rest with you.")
    TOO_MUCH = "too_much", _("All files together are larger than 50 MB. Leave some out, and bring them with you.")
    INFECTED = (
        "infected",
        _("A virus was found in this file, so it was not kept. Check your device, then send a clean copy, or bring the paper."),
    )
    NO_ROOM = (
        "no_room",
        _("The portal cannot take files right now. Send the form without them and bring the papers with you, or try again in an hour."),
    )
