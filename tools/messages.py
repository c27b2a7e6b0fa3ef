"""Translations without the gettext programs: compile the catalogues, add what is missing, check that nothing is.

compile  .po to .mo, where the .po is newer
make     adds every message of code and templates that no catalogue has to the catalogue of its application
check    fails on messages that no Vietnamese catalogue translates, on fuzzy ones, and on placeholders that differ
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
SKIP = {".venv", "var", "node_modules", ".git", "tests", "bench", "tools", "migrations", "fixtures"}
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
# What templatize() writes for a template's tags; everything else in its output is blanked.
CALL = re.compile(r"\b(n?p?gettext|_)\(\s*((?:u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*,?\s*)+)")
LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True)
class Message:
    """One text to translate, and where it stands."""

    text: str
    plural: str = ""
    context: str = ""
    where: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What a catalogue knows it by."""
        return self.context, self.text


def files(suffixes: set[str]) -> Iterator[Path]:
    """The project's own files with these endings."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in SKIP and not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix in suffixes:
                yield path


def _message(name: str, texts: list[str], where: str) -> Message | None:
    if name in PLAIN and len(texts) >= 1:
        return Message(texts[0], where=where)
    if name in PLURAL and len(texts) >= 2:
        return Message(texts[0], texts[1], where=where)
    if name in CONTEXT and len(texts) >= 2:
        return Message(texts[1], context=texts[0], where=where)
    if name in CONTEXT_PLURAL and len(texts) >= 3:
        return Message(texts[1], texts[2], texts[0], where=where)
    return None


def of_code(path: Path) -> Iterator[Message]:
    """The messages of a Python module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
        message = _message(name, texts, f"{path.relative_to(ROOT)}:{node.lineno}")
        if message:
            yield message


def of_template(path: Path) -> Iterator[Message]:
    """The messages of a template."""
    from django.utils.translation.template import templatize

    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for found in CALL.finditer(source):
        texts = [ast.literal_eval(literal) for literal in LITERAL.findall(found.group(2))]
        line = source.count("\n", 0, found.start()) + 1
        # In a template a percent sign is one; in the catalogue of {% blocktranslate %} it is doubled by Django itself.
        message = _message(found.group(1), texts, f"{path.relative_to(ROOT)}:{line}")
        if message:
            yield message


def used() -> list[Message]:
    """Every message of code and templates, once."""
    every: dict[tuple[str, str], Message] = {}
    for path in files({".py"}):
        for message in of_code(path):
            every.setdefault(message.key, message)
    for path in files({".html", ".txt"}):
        if "templates" in path.parts:
            for message in of_template(path):
                every.setdefault(message.key, message)
    return [message for message in every.values() if message.text]


def catalogues() -> list[Path]:
    """The Vietnamese catalogues of the house."""
    return [path for path in files({".po"}) if "vi" in path.parts]


def compile_all() -> int:
    """Compile what changed; gives how many files were written."""
    done = 0
    for path in files({".po"}):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        # Written beside and moved: a process that starts meanwhile reads the old one or the new one, whole.
        beside = target.with_suffix(f".{os.getpid()}")
        polib.pofile(str(path)).save_as_mofile(str(beside))
        beside.replace(target)
        done += 1
    return done


def problems() -> list[str]:
    """What keeps the translation from being complete."""
    found: list[str] = []
    translated: dict[tuple[str, str], polib.POEntry] = {}
    for path in catalogues():
        for entry in polib.pofile(str(path)):
            where = f"{path.relative_to(ROOT)}:{entry.linenum}"
            if entry.obsolete:
                continue
            if entry.fuzzy:
                found.append(f"{where}: fuzzy: {entry.msgid!r}")
            elif not entry.translated():
                found.append(f"{where}: not translated: {entry.msgid!r}")
            else:
                translated[entry.msgctxt or "", entry.msgid] = entry
            for text in [entry.msgstr, *entry.msgstr_plural.values()]:
                allowed = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural or ""))
                if text and not set(PLACEHOLDER.findall(text)) <= allowed:
                    found.append(f"{where}: placeholders differ: {entry.msgid!r} -> {text!r}")
    found += [f"{message.where}: in no catalogue: {message.text!r}" for message in used() if message.key not in translated]
    return found


def home_of(message: Message) -> Path:
    """The catalogue of the application whose code or template shows the message; the portal's for what is nobody's."""
    parts = Path(message.where).parts
    app = parts[1] if parts[0] == "templates" and len(parts) > 2 else parts[0]
    if not (ROOT / app / "apps.py").exists():
        app = "portal"
    return ROOT / app / "locale" / "vi" / "LC_MESSAGES" / "django.po"


def make() -> int:
    """Add missing messages, untranslated, to the catalogues; gives their number."""
    known = {(entry.msgctxt or "", entry.msgid) for path in catalogues() for entry in polib.pofile(str(path))}
    added = 0
    for message in used():
        if message.key in known:
            continue
        path = home_of(message)
        if path.exists():
            catalogue = polib.pofile(str(path), wrapwidth=0)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            catalogue = polib.POFile(wrapwidth=0)
            catalogue.metadata = {"Language": "vi", "Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=1; plural=0;"}
        entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None, occurrences=[(message.where.rpartition(":")[0], "")])
        if message.plural:
            entry.msgid_plural, entry.msgstr_plural = message.plural, {0: ""}
        catalogue.append(entry)
        catalogue.save(str(path))
        added += 1
    return added


def main() -> int:
    """Run one of the three."""
    task = sys.argv[1] if len(sys.argv) > 1 else ""
    if task == "compile":
        print(f"{compile_all()} catalogues compiled")
        return 0
    if task == "make":
        print(f"{make()} messages added")
        return 0
    if task == "check":
        found = problems()
        print("\n".join(found) or "every message is translated")
        return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
