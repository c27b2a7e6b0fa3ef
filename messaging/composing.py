"""From a kind of message and its values to subject, text and HTML, by the editors' text or, where there is none, by the portal's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps as every_app
from django.conf import settings
from django.utils import translation

from foundation.registries import MessageKind, message_kinds

from . import rendering
from .enums import Channel, Language

if TYPE_CHECKING:
    from .models import Template


class UnknownKind(LookupError):
    """No application registered a kind of this key: a mistake of the programmer."""


class WrongValues(ValueError):
    """A placeholder has no value, or a value no placeholder: a mistake of the programmer."""


@dataclass(frozen=True)
class Wording:
    """What a message is made of: a stored text, or the portal's own where nothing is stored (version 0)."""

    subject: str
    text: str
    fold_marks: bool = False
    active: bool = True
    version: int = 0


@dataclass(frozen=True)
class Composed:
    """A message as it goes out. A text message has neither subject nor HTML."""

    subject: str
    text: str
    html: str

    def as_parts(self) -> dict[str, str]:
        """As it is stored."""
        return {"subject": self.subject, "text": self.text, "html": self.html}


def kind(key: str) -> MessageKind:
    """The kind of a key; raises UnknownKind."""
    if key not in message_kinds:
        raise UnknownKind(key)
    return message_kinds[key]


def standard(of: MessageKind, channel: str, language: str) -> Wording:
    """The text that comes with the portal, in Vietnamese where it has none in this language; raises UnknownKind without any."""
    for wanted in (language, Language.VI):
        if (channel, wanted) in of.defaults:
            subject, text = of.defaults[channel, wanted]
            return Wording(subject, text)
    raise UnknownKind(f"{of.key} has no text for {channel}")


def wording(of: MessageKind, channel: str, language: str) -> Wording:
    """The text in force."""
    from .models import Template

    row = Template.objects.filter(kind=of.key, channel=channel, language=language).first()
    return Wording(row.subject, row.text, row.fold_marks, row.active, row.version) if row else standard(of, channel, language)


def compose(of: MessageKind, channel: str, said: Wording, values: Mapping[str, str]) -> Composed:
    """Put the values in; raises WrongValues when they are not exactly the kind's."""
    names = {placeholder.name for placeholder in of.placeholders}
    if set(values) != names:
        raise WrongValues(f"{of.key}: {', '.join(sorted(set(values) ^ names))}")
    links = {placeholder.name for placeholder in of.placeholders if placeholder.link}
    text = rendering.fill(said.text.replace("\r\n", "\n"), values).strip()
    if channel == Channel.SMS:
        return Composed("", rendering.without_marks(text) if said.fold_marks else text, "")
    subject = rendering.one_line(rendering.fill(said.subject, values))
    return Composed(subject, text + "\n", rendering.as_html(said.text, values, links, settings.WAGTAILADMIN_BASE_URL))


def examples(of: MessageKind, language: str) -> dict[str, str]:
    """An example of each value, in a language."""
    with translation.override(language):
        return {placeholder.name: str(placeholder.example) for placeholder in of.placeholders}


def previews(template: Template) -> list[dict[str, Any]]:
    """A text as it arrives, and beside it its sister in the other language; text messages with their length."""
    from .models import Template, kind_of

    of = kind_of(template.kind)
    if of is None:
        return []
    made = []
    for language in Language:
        own = language == template.language
        row = template if own else Template.objects.filter(kind=of.key, channel=template.channel, language=language).first()
        said = Wording(row.subject, row.text, row.fold_marks) if row else standard(of, template.channel, language)
        composed = compose(of, template.channel, said, examples(of, language))
        length = rendering.sms_length(composed.text) if template.channel == Channel.SMS else None
        folded = rendering.sms_length(rendering.without_marks(composed.text)) if length and length.alphabet == "UCS-2" else None
        made.append({"language": language, "label": language.label, "own": own, "composed": composed, "length": length, "folded": folded})
    return sorted(made, key=lambda one: not one["own"])


def seed(apps: Any = every_app) -> int:
    """Put in place the texts that come with the portal: new ones, and changed ones where no editor wrote. Gives how many rows were
    written. `apps` may hold the models of a former migration."""
    model = apps.get_model("messaging", "Template")
    known = {(row.kind, row.channel, row.language): row for row in model.objects.all()}
    new, written = [], 0
    for of in message_kinds:
        for (channel, language), (subject, text) in of.defaults.items():
            row = known.get((of.key, channel, language))
            if row is None:
                new.append(model(kind=of.key, channel=channel, language=language, subject=subject, text=text))
            elif row.edited_at is None and (row.subject, row.text) != (subject, text):
                row.subject, row.text, row.version = subject, text, row.version + 1
                row.save(update_fields=["subject", "text", "version"])
                written += 1
    model.objects.bulk_create(new)
    return written + len(new)
