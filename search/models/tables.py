"""Tables that editors keep (tables.py reads them, editing.py writes them)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ..fields import PhrasesField, key_of, tidied, tidy
from .entries import Entry

LINK = r"^(https?://[^\s]+|/[^\s]*)$"


class Kept(models.Model):
    """A row of a table that editors keep; in force within a second or two in every process."""

    active = models.BooleanField(_("in force"), default=True)
    note = models.TextField(_("note for colleagues"), blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        """Tidy what was typed, before it is judged."""
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if isinstance(field, PhrasesField):
                setattr(self, field.attname, tidied(value or []))
            elif isinstance(field, models.CharField) and isinstance(value, str) and not field.choices:
                setattr(self, field.attname, tidy(value))
        super().clean_fields(exclude=exclude)

    def values(self) -> dict[str, Any]:
        """What an editor can change, as it is told in events and compared with the seed."""
        skipped = {"id", "changed_at"}
        return {field.name: field.value_from_object(self) for field in self._meta.concrete_fields if field.name not in skipped}


def _no_blank(name: str, constraint: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~models.Q(**{f"{name}__contains": [""]}), name=constraint, violation_error_message=_("A phrase is never blank.")
    )


class SynonymGroup(Kept):
    """Words that mean the same (nhóm từ đồng nghĩa): `same` both ways, `one_way` lead to the canonical term and not back."""

    canonical = models.CharField(_("official term"), max_length=200, help_text=_("As it stands in the names of procedures."))
    same = PhrasesField(verbose_name=_("mean the same"), blank=True, help_text=_("One a line. Whoever types one of them also finds the others."))
    one_way = PhrasesField(
        verbose_name=_("lead here, not back"), blank=True,
        help_text=_("One a line. Whoever types one of them finds the official term; whoever types that does not find these."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("synonym group")
        verbose_name_plural = _("synonym groups")
        ordering: ClassVar = ["canonical"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(canonical=""), name="synonyms_term", violation_error_message=_("The official term is missing.")
            ),
            models.CheckConstraint(
                condition=~models.Q(same=[], one_way=[]), name="synonyms_some", violation_error_message=_("Write at least one other word for it.")
            ),
            _no_blank("same", "synonyms_same"),
            _no_blank("one_way", "synonyms_one_way"),
            models.UniqueConstraint(Lower("canonical"), name="synonyms_once", violation_error_message=_("There is a group for this term already.")),
        ]

    def __str__(self) -> str:
        return self.canonical

    def clean(self) -> None:
        """No phrase twice, nor the term itself among them."""
        super().clean()
        term, same = key_of(self.canonical), {key_of(phrase) for phrase in self.same}
        if self.canonical and not term:
            raise ValidationError({"canonical": _("“%(phrase)s” has no word that search could look for.") % {"phrase": self.canonical}})
        if twice := [phrase for phrase in self.one_way if key_of(phrase) in same]:
            raise ValidationError({"one_way": _("“%(phrase)s” stands in both lists: choose one.") % {"phrase": twice[0]}})


class Abbreviation(Kept):
    """A short form and what it stands for (từ viết tắt), both ways."""

    short = models.CharField(_("short form"), max_length=30)
    long = PhrasesField(verbose_name=_("stands for"), help_text=_("One a line, the most common first."))
    capitals = models.BooleanField(
        _("only in capitals"), default=False, help_text=_("For short forms that are a word in small letters: CA, but not ca.")
    )

    class Meta:
        verbose_name = _("abbreviation")
        verbose_name_plural = _("abbreviations")
        ordering: ClassVar = ["short"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(short=""), name="abbreviation_short", violation_error_message=_("The short form is missing.")),
            models.CheckConstraint(condition=~models.Q(long=[]), name="abbreviation_long", violation_error_message=_("Write what it stands for.")),
            _no_blank("long", "abbreviation_no_blank"),
            models.UniqueConstraint(Lower("short"), name="abbreviation_once", violation_error_message=_("This short form is there already.")),
        ]

    def __str__(self) -> str:
        return self.short

    def clean(self) -> None:
        """It stands for something else than itself."""
        super().clean()
        if self.short and not key_of(self.short):
            raise ValidationError({"short": _("“%(phrase)s” has no word that search could look for.") % {"phrase": self.short}})
        if key_of(self.short) in {key_of(phrase) for phrase in self.long}:
            raise ValidationError({"long": _("It cannot stand for itself.")})


class Guidance(Kept):
    """What is said above the results of a question (chỉ dẫn): "not here, go there"."""

    name = models.CharField(_("what it is about"), max_length=120, help_text=_("For colleagues; nobody else sees it."))
    phrases = PhrasesField(verbose_name=_("questions"), help_text=_("One a line. Shown when one of them stands in the question as whole words."))
    text = models.TextField(_("what we say"), max_length=600)
    text_en = models.TextField(_("the same in English"), max_length=600, blank=True)
    link = models.CharField(
        _("link"), max_length=300, blank=True, validators=[RegexValidator(LINK, _("An address begins with https:// or, on this portal, with /."))]
    )
    elsewhere = models.BooleanField(_("done elsewhere"), default=True, help_text=_("Off for advice on something that is done here."))

    class Meta:
        verbose_name = _("guidance")
        verbose_name_plural = _("guidance")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="guidance_name", violation_error_message=_("Say what it is about.")),
            models.CheckConstraint(condition=~models.Q(text=""), name="guidance_text", violation_error_message=_("Say where to go.")),
            models.CheckConstraint(
                condition=~models.Q(phrases=[]), name="guidance_phrases", violation_error_message=_("Write at least one question.")
            ),
            _no_blank("phrases", "guidance_no_blank"),
            models.CheckConstraint(
                condition=models.Q(link="") | models.Q(link__regex=r"^(https?://|/([^/]|$))"), name="guidance_link",
                violation_error_message=_("An address begins with https:// or, on this portal, with /."),
            ),
            models.UniqueConstraint(Lower("name"), name="guidance_once", violation_error_message=_("There is guidance of this name already.")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Pick(Kept):
    """An editor's pick (kết quả ghim): for these questions, this thing first."""

    phrases = PhrasesField(verbose_name=_("questions"), help_text=_("One a line. Shown first when somebody asks exactly this."))
    kind = models.CharField(_("kind"), max_length=30)
    object_id = models.CharField(_("thing"), max_length=80)
    order = models.PositiveSmallIntegerField(_("order"), default=1, help_text=_("Where several are picked for one question: 1 comes first."))
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day."))

    class Meta:
        verbose_name = _("editor’s pick")
        verbose_name_plural = _("editor’s picks")
        ordering: ClassVar = ["phrases", "order", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(phrases=[]), name="pick_phrases", violation_error_message=_("Write at least one question.")),
            _no_blank("phrases", "pick_no_blank"),
            models.CheckConstraint(
                condition=~models.Q(kind="") & ~models.Q(object_id=""), name="pick_thing", violation_error_message=_("Say what is to come first.")
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_from=None) | models.Q(valid_to__gte=models.F("valid_from")), name="pick_days",
                violation_error_message=_("The last day is before the first."),
            ),
            models.UniqueConstraint(
                fields=["kind", "object_id", "phrases"], name="pick_once", violation_error_message=_("This is picked for these questions already.")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return "; ".join(self.phrases)

    def clean(self) -> None:
        """What is picked can be found today; what is gone can be switched off."""
        super().clean()
        if self.active and self.kind and self.object_id and not Entry.objects.filter(kind=self.kind, object_id=self.object_id, live=True).exists():
            raise ValidationError(_("What you picked cannot be found on the portal (any more)."))


class WordUse(models.TextChoices):
    """What search does with a word of the vocabulary."""

    KNOWN = "known", _("known: others may be corrected to it")
    UNTOUCHED = "untouched", _("left as typed: never corrected")


class VocabularyWord(Kept):
    """A word that search should know (từ vựng): names of places; or leave as it was typed."""

    word = models.CharField(_("word or name"), max_length=60)
    use = models.CharField(_("use"), max_length=10, choices=WordUse.choices, default=WordUse.KNOWN)

    class Meta:
        verbose_name = _("word")
        verbose_name_plural = _("vocabulary")
        ordering: ClassVar = ["word"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(word=""), name="word_some", violation_error_message=_("The word is missing.")),
            models.CheckConstraint(condition=models.Q(use__in=WordUse.values), name="word_use", violation_error_message=_("Choose a use.")),
            models.UniqueConstraint(Lower("word"), name="word_once", violation_error_message=_("This word is there already.")),
        ]

    def __str__(self) -> str:
        return self.word

    def clean(self) -> None:
        """Something that search reads as a word."""
        super().clean()
        if self.word and not key_of(self.word):
            raise ValidationError({"word": _("“%(phrase)s” has no word that search could look for.") % {"phrase": self.word}})


class SeededRow(models.Model):
    """Which rows the project brought, and what they said: what an editor changed or removed since is left alone."""

    table = models.CharField(max_length=30)
    key = models.CharField(max_length=400)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("row that came with the portal")
        verbose_name_plural = _("rows that came with the portal")
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "key"], name="seeded_row_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.key}"
