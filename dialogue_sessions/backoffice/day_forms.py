"""Forms of the day: at the door, of the agenda, of a late start."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from organisation.models import Post, Unit

from ..models import AgendaItem, Delay, Session
from ..models.agenda import DELAY_MINUTES, ITEM_MINUTES, LONGEST_DELAY, LONGEST_ITEM

TEXT = {"class": "field", "autocomplete": "off", "spellcheck": "false"}
NUMBER = {"class": "field short", "autocomplete": "off", "inputmode": "numeric"}
_NOT_A_NUMBER = re.compile(r"[^0-9# ]")


class DoorForm(TellingForm):
    """A form of which a page has several: the names of its fields begin with its own, and each sending has a key, so that a form that is
    sent twice counts once."""

    do = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", self.do)
        super().__init__(*args, **kwargs)

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def tell(self, field: str, sentence: str) -> None:
        """Say at a field why the service refused."""
        self.add_error(field, sentence)
        self.fields[field].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{self[field].auto_id}_error"}


class NumberForm(DoorForm):
    """The number on a ticket."""

    do = "number"
    number = forms.CharField(
        label=_("Number on the ticket"),
        max_length=20,
        error_messages={"required": _("Type the number that stands on the ticket.")},
        widget=forms.TextInput(attrs=NUMBER),
    )

    def clean_number(self) -> str:
        """Digits; a ticket prints a # before them."""
        typed = str(self.cleaned_data["number"])
        if _NOT_A_NUMBER.search(typed):
            raise forms.ValidationError(_("A number has digits only. To look for a name, use the search by name."))
        return typed


class NameForm(TellingForm):
    """A name, as the person says it."""

    do = "find"
    name = forms.CharField(
        label=_("Name"),
        help_text=_("As the person says it, with or without marks: two letters at least."),
        max_length=80,
        min_length=2,
        error_messages={"required": _("Type a name, or a part of it."), "min_length": _("Type two letters of the name at least.")},
        widget=forms.TextInput(attrs=TEXT),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", self.do)
        super().__init__(*args, **kwargs)


class WalkInForm(DoorForm):
    """Somebody who came without registering."""

    do = "walk-in"
    size = forms.IntegerField(label=_("How many people"), initial=1, widget=forms.NumberInput(attrs=NUMBER))
    name = forms.CharField(
        label=_("Name, if they want to give it"),
        help_text=_("It is kept as other names are, and forgotten with them."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )
    village = forms.CharField(label=_("Village or quarter"), max_length=120, required=False, widget=forms.TextInput(attrs=TEXT))

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = session.group_most
        said = _("From 1 to %(most)s people at once. For more, add them twice.") % {"most": most}
        size = self.fields["size"]
        size.widget.attrs |= {"min": 1, "max": most}
        size.error_messages |= {"invalid": said, "required": said}
        self.most, self.said = most, said
        villages = sorted({pool.village for pool in session.pools.all() if pool.village})
        if villages:
            self.fields["village"].help_text = _("Seats are kept for: %(villages)s.") % {"villages": ", ".join(villages)}

    def clean_size(self) -> int:
        """As many as the policy of the session allows in one registration."""
        size = int(self.cleaned_data["size"])
        if not 1 <= size <= self.most:
            raise forms.ValidationError(self.said)
        return size


class AgendaForm(TellingForm):
    """A point of the agenda."""

    title = forms.CharField(
        label=_("What it is about"),
        max_length=200,
        error_messages={"required": _("Say what this point is about.")},
        widget=forms.TextInput(attrs=TEXT),
    )
    title_en = forms.CharField(label=_("In English, if there is one"), max_length=200, required=False, widget=forms.TextInput(attrs=TEXT))
    minutes = forms.IntegerField(
        label=_("Planned minutes"),
        initial=15,
        min_value=1,
        max_value=LONGEST_ITEM,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), ITEM_MINUTES),
        widget=forms.NumberInput(attrs=NUMBER),
    )
    post = forms.ModelChoiceField(
        label=_("Who speaks: a post"), queryset=Post.objects.none(), required=False, widget=forms.Select(attrs={"class": "field"})
    )
    unit = forms.ModelChoiceField(label=_("or a unit"), queryset=Unit.objects.none(), required=False, widget=forms.Select(attrs={"class": "field"}))
    speaker = forms.CharField(
        label=_("or, in words"),
        help_text=_("An office or an organisation, not the name of a resident: everybody reads it."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=TEXT),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today: Any = self.fields
        near = Unit.objects.filter(pk=session.unit_id) | Unit.objects.filter(parent=session.unit_id)
        if session.unit.parent_id is not None:
            near |= Unit.objects.filter(pk=session.unit.parent_id)
        today["unit"].queryset = near.order_by("order", "name")
        today["post"].queryset = Post.objects.filter(unit__in=near.order_by().values("pk")).select_related("unit")

    @classmethod
    def of(cls, item: AgendaItem, session: Session) -> AgendaForm:
        """As the point stands."""
        names = ("title", "title_en", "minutes", "post", "unit", "speaker")
        return cls(session=session, initial={name: getattr(item, name) for name in names})

    def clean(self) -> dict[str, Any]:
        """One speaker."""
        values = super().clean() or {}
        if sum(bool(values.get(name)) for name in ("post", "unit", "speaker")) > 1:
            self.add_error("speaker", _("Name who speaks once: a post, a unit, or in words."))
        return values

    def write(self, item: AgendaItem) -> AgendaItem:
        """Onto a point, which the service saves."""
        for name, value in self.cleaned_data.items():
            setattr(item, name, value)
        return item


class DelayForm(TellingForm):
    """A late start."""

    minutes = forms.IntegerField(
        label=_("Minutes after its time"),
        help_text=_("0 takes back what was told: it begins on time after all."),
        min_value=0,
        max_value=LONGEST_DELAY,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), DELAY_MINUTES),
        widget=forms.NumberInput(attrs=NUMBER),
    )
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Everybody reads it, on the session's page and in the message: one sentence, no names."),
        max_length=Delay._meta.get_field("reason").max_length,
        error_messages={"required": _("Say why: the reason is shown to everybody.")},
        widget=forms.TextInput(attrs=TEXT),
    )
