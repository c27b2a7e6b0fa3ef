"""What can be found: one row a thing, written by the transaction that publishes the thing. Engines are mirrors of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import PhrasesField, key_of, tidied, tidy


class Entry(models.Model):
    """A findable thing (mục tìm kiếm). What is unpublished stays as a tombstone (`live` false), so that followers see it go.

    `version` comes from a sequence and only grows; `xid` is the writing transaction, so that a follower reads only
    below the oldest one still running (a bare sequence would lose late commits)."""

    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=80)
    code = models.CharField(max_length=80, blank=True)
    title = models.TextField()
    body = models.TextField(blank=True)
    asked = models.TextField(blank=True)
    url = models.CharField(max_length=400)
    unit = models.CharField(max_length=40, blank=True)
    field = models.CharField(max_length=40, blank=True)
    levels: Any = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    audiences: Any = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    facets: Any = models.JSONField(default=dict, blank=True)
    facts: Any = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    weight = models.FloatField(default=0)
    streams: Any = models.JSONField(default=dict, blank=True)  # token streams of language.py, by field and stream
    language_version = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    live = models.BooleanField(default=True)
    version = models.BigIntegerField(default=0, editable=False)
    xid = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "object_id"], name="entry_once")]
        indexes: ClassVar = [
            models.Index(fields=["version"], name="entry_version"),
            models.Index(fields=["xid"], name="entry_xid"),
            models.Index(fields=["kind", "live"], name="entry_kind"),
            GinIndex(fields=["facets"], name="entry_facets", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.title


# ── Tables that editors keep (tables.py reads them, editing.py writes them) ───────────────────────────────────────────

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
        """What is picked can be found today."""
        super().clean()
        if self.kind and self.object_id and not Entry.objects.filter(kind=self.kind, object_id=self.object_id, live=True).exists():
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


# ── What people asked (insights.py) ───────────────────────────────────────────────────────────────────────────────────


class QueryLog(models.Model):
    """One search as it is remembered (nhật ký tìm kiếm): words, day and hour, outcome. Nothing tells who asked: no address, no session, no
    account, no long number, no minute."""

    asked = models.CharField(_("question"), max_length=200)
    folded = models.CharField(max_length=200)
    day = models.DateField(_("day"), default=timezone.localdate)
    hour = models.PositiveSmallIntegerField(_("hour"))
    engine = models.CharField(_("engine"), max_length=20)
    total = models.PositiveIntegerField(_("found"))
    language = models.CharField(_("language"), max_length=5)
    page = models.PositiveSmallIntegerField(_("page"), default=1)
    position = models.PositiveSmallIntegerField(_("place of the choice"), null=True, blank=True)
    kind = models.CharField(_("kind of the choice"), max_length=30, blank=True)
    object_id = models.CharField(_("choice"), max_length=80, blank=True)
    found_it = models.BooleanField(_("found it"), null=True, blank=True)

    class Meta:
        verbose_name = _("question asked")
        verbose_name_plural = _("questions asked")
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["day", "folded"], name="query_log_day"),
            models.Index(fields=["folded", "day"], name="query_log_folded"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(folded=""), name="query_log_words"),
            models.CheckConstraint(
                condition=~models.Q(asked__regex="[0-9]{6}") & ~models.Q(folded__regex="[0-9]{6}") & ~models.Q(asked__contains="@"),
                name="query_log_no_numbers",
            ),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="query_log_hour"),
            models.CheckConstraint(
                condition=models.Q(position=None, kind="", object_id="") | (models.Q(position__gte=1) & ~models.Q(kind="") & ~models.Q(object_id="")),
                name="query_log_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.asked


class Mirror(models.Model):
    """A mirror of the entries that all machines share (bản sao của các mục tìm kiếm), and how far it has followed them.

    Everything that a transaction below `position` wrote is in `index`."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    index = models.CharField(_("index"), max_length=200)
    position = models.BigIntegerField(_("position"), default=0)
    at = models.DateTimeField(_("followed at"))
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("search mirror")
        verbose_name_plural = _("search mirrors")

    def __str__(self) -> str:
        return self.name


# ── What files say (files.py asks for it, reading.py reads it) ────────────────────────────────────────────────────────


class FileState(models.TextChoices):
    """What became of a file that was to be read."""

    READ = "read", _("read")
    EMPTY = "empty", _("no text in it: scanned pages or pictures")
    LOCKED = "locked", _("protected by a password")
    BROKEN = "broken", _("damaged")
    LARGE = "large", _("too large")
    SLOW = "slow", _("took too long")
    HEAVY = "heavy", _("unfolds to too much")
    OTHER = "other", _("no PDF, DOCX or ODT, or with macros")


class FileText(models.Model):
    """The text of a file's content (chữ trong tệp), read once however many documents have it."""

    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=FileState.choices)
    at = models.DateTimeField(_("read at"), default=timezone.now)

    class Meta:
        verbose_name = _("text of a file")
        verbose_name_plural = _("texts of files")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=FileState.values), name="file_text_state"),
            models.CheckConstraint(condition=models.Q(state=FileState.READ) | models.Q(text=""), name="file_text_read"),
        ]

    def __str__(self) -> str:
        return self.sha256


class AttachedFile(models.Model):
    """A file of something that can be found (tệp đính kèm), by its name in the storage; without `content` it waits to be read."""

    name = models.CharField(_("file"), max_length=255, unique=True)
    content = models.ForeignKey(FileText, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("text"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)
    at = models.DateTimeField(_("asked for"), auto_now_add=True)

    class Meta:
        verbose_name = _("file that is searched")
        verbose_name_plural = _("files that are searched")
        default_permissions = ("view",)
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["tries"], name="attached_waiting", condition=models.Q(content=None))]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """What became of it; nothing while it waits."""
        return self.content.state if self.content is not None else ""
