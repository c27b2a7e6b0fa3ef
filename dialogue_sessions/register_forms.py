"""The forms of registering: the resident's, a change of the number of people or of the seats, and the clerk's."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from foundation.forms import TellingForm
from messaging.proving import ContactField
from organisation.models import today
from safeguards.uploads.forms import FilesField

from . import tickets
from .choosing import Choice
from .enums import Need, PoolKind, SessionKind, Source
from .models import ConsentText, PriorityGroup, Registration, Session
from .models.questions import TEXT_MOST
from .papers import PURPOSE, WITH_PAPERS
from .question_forms import Watched
from .question_papers import PURPOSE as QUESTION_PAPERS
from .telling import in_words

KEY_SALT = "dialogue_sessions.form"
OF_ONE_MATTER = [SessionKind.PERIODIC, SessionKind.EXTRAORDINARY, SessionKind.LEGAL_AID, SessionKind.APPOINTMENT]


class Radios(forms.RadioSelect):
    """A group whose name leads to its first choice."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """Where a link of the summary of errors leads."""
        return super().id_for_label(id_, "0" if index is None and id_ else index)


def _text(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "field", **attrs})


def one_line(text: str) -> str:
    """Composed letters on one line: what is written into lists, letters and tickets."""
    return " ".join(unicodedata.normalize("NFC", text).split())


class Line(forms.CharField):
    """One line of text, without what nobody can see."""

    def to_python(self, value: Any) -> str:
        """Blanks made one; control and direction characters are refused in words."""
        text = one_line(super().to_python(value) or "")
        if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in text):
            raise ValidationError(gettext("There is a character in it that cannot be seen. Type it again by hand."))
        return text


class _Common(TellingForm):
    """What residents and clerks write down alike."""

    pool = forms.ChoiceField(label=_("Seats"), widget=Radios, error_messages={"required": _("Choose one of these.")})
    name = Line(
        label=_("Full name"), max_length=120, widget=_text(autocomplete="name"),
        error_messages={"required": _("Say who comes: the full name, or for a group the name of its representative.")},
    )  # fmt: skip
    contact = ContactField(
        help_text=_("We send a code to it, and the ticket. It is shown to nobody but those who prepare the session."),
        error_messages={"required": _("Give a telephone number or an e-mail address: the code and the ticket are sent to it.")},
    )
    size = forms.IntegerField(
        label=_("How many people come"), initial=1, min_value=1, widget=forms.NumberInput(attrs={"class": "field", "inputmode": "numeric"})
    )
    village = Line(label=_("Village or quarter"), max_length=120, required=False, widget=_text(autocomplete="address-level4"))
    subject = Line(label=_("What it is about"), max_length=300, required=False, widget=_text())
    needs = forms.MultipleChoiceField(
        label=_("What you need"), choices=Need.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=_("So that it is there.")
    )
    priority_group = forms.ModelChoiceField(
        queryset=PriorityGroup.objects.none(), label=_("Do you belong to one of these groups?"), required=False, empty_label=_("No, or I do not say"),
        widget=forms.Select(attrs={"class": "field"}), help_text=_("They go first on the waiting list."),
    )  # fmt: skip

    def __init__(self, *args: Any, session: Session, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.choices = session, {str(choice.pool.pk): choice for choice in choices}
        pool: Any = self.fields["pool"]
        pool.choices = [(key, choice.words()) for key, choice in self.choices.items()]
        own = [key for key, choice in self.choices.items() if choice.pool.session_id == session.pk]
        if len(own) == 1:  # who came from the page of a session means that one; the others stand beside it
            pool.initial = own[0]
        self.fields["size"].widget.attrs["max"] = session.group_most
        group: Any = self.fields["priority_group"]
        day = today()
        group.queryset = PriorityGroup.objects.filter(valid_from__lte=day).exclude(valid_to__lt=day)
        group.label_from_instance = lambda row: row.title
        if not group.queryset.exists():
            del self.fields["priority_group"]
        if session.kind in OF_ONE_MATTER:
            self.fields["subject"].required = True
            self.fields["subject"].error_messages["required"] = _("Say in a few words what it is about, so that whoever receives you can prepare.")

    @property
    def chosen(self) -> Choice | None:
        """The seats that were chosen, or those that the form begins with."""
        value = self["pool"].value()
        return self.choices.get(str(value)) if value else None

    def refuse(self, name: str | None, sentence: Any) -> None:
        """Say why it could not be done, at the field that it is about."""
        self.add_error(name, sentence)
        if name is not None:
            self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{self[name].auto_id}_error"}

    def clean_size(self) -> int:
        """A registration is for a group of a bounded size."""
        size = int(self.cleaned_data["size"])
        if size > self.session.group_most:
            wrong = gettext("At most %(most)s people come with one registration. Of a larger group, choose representatives.")
            raise ValidationError(wrong % {"most": self.session.group_most})
        return size

    def clean(self) -> dict[str, Any]:
        """Seats of a village are for those who live there."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        choice = self.choices.get(found.get("pool", ""))
        if choice and choice.pool.kind == PoolKind.VILLAGE:
            village = choice.pool.village
            if not found.get("village"):
                found["village"] = village
            elif found["village"].casefold() != one_line(village).casefold():
                self.add_error(
                    "pool", gettext("These seats are kept for %(village)s. Choose other seats, or correct your village.") % {"village": village}
                )
            else:
                found["village"] = village
        return found


class RegisterForm(Watched, _Common):
    """The resident's."""

    watched = ("question",)
    question = forms.CharField(
        label=_("A question that you want answered"), required=False, max_length=TEXT_MOST,
        widget=forms.Textarea(attrs={"class": "field", "rows": 4}),
        help_text=_("One thing, in your own words. Once a moderator has read it, it stands here without your name, and is answered in the session or "
                    "in writing. You can also ask later."),
    )  # fmt: skip
    question_papers = FilesField(purpose=QUESTION_PAPERS, label=_("Photos or papers to your question"), required=False)
    earlier = forms.CharField(
        label=_("Have you been here before about this?"), required=False, max_length=400, widget=_text(autocomplete="off", spellcheck="false"),
        help_text=_("Then paste the link of your former registration, from our message: so they find what was said. Otherwise leave it empty."),
    )  # fmt: skip
    papers = FilesField(purpose=PURPOSE, label=_("Papers to send ahead"), required=False)
    consent = forms.BooleanField(
        label=_("I agree"), error_messages={"required": _("Without your consent we may not keep your registration. You can also call us, or come.")}
    )
    consent_version = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    starts = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text = ConsentText.objects.in_force()
        self.initial = {**self.initial, "consent_version": self.text.version, "starts": self.session.starts_at.isoformat(), "key": new_key()}
        if self.session.kind not in OF_ONE_MATTER:
            del self.fields["earlier"]
        if self.session.kind not in WITH_PAPERS:
            del self.fields["papers"]
        if not self.session.takes_questions(timezone.now()):
            del self.fields["question"], self.fields["question_papers"]
            self.fields.pop("sure", None)

    def clean(self) -> dict[str, Any]:
        """What was read is what is agreed to: the words of the consent and the time of the session are those of this moment. Whoever
        typed under others is told, and the next form says the new ones."""
        found = super().clean()
        if found.get("consent_version") != self.text.version:
            self._renew("consent_version", self.text.version)
            self.add_error("consent", gettext("The words of the consent have changed while you were typing. Please read them, and send again."))
        starts = self.session.starts_at.isoformat()
        if found.get("starts") != starts:
            self._renew("starts", starts)
            when = in_words(self.session.starts_at, self.session.ends_at)
            moved = gettext("The session was moved while you were typing. It is now on %(when)s. If that suits you, send again.")
            self.add_error("pool", moved % {"when": when})
        choice = self.choices.get(found.get("pool", ""))
        if found.get("question_papers") and not found.get("question") and "question" not in self.errors:
            self.add_error("question", gettext("Write the question that your papers belong to, or untick the papers."))
        if found.get("question") and choice and not choice.pool.session.takes_questions(timezone.now()):
            self.add_error("question", gettext("The session that you chose takes no questions any more. Keep yours for the hall, or choose another."))
        return found

    def _renew(self, name: str, value: str) -> None:
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict: only what was sent is bound here
        data[self.add_prefix(name)] = value
        self.data = data

    def clean_earlier(self) -> Registration | None:
        """A ticket of ours."""
        typed = self.cleaned_data["earlier"].strip()
        if not typed:
            return None
        found = tickets.registration_of(typed)
        if found is None:
            raise ValidationError(gettext("We do not know this link. Copy the whole of it from our message, or leave this empty."))
        return found

    def uid_for(self, contact_digest: str) -> uuid.UUID:
        """By what the same form sent twice is known: the form itself and everything that was typed."""
        typed = "|".join(f"{name}={self.cleaned_data.get(name)}" for name in sorted(self.fields) if name not in {"key", "contact"})
        try:
            key = uuid.UUID(signing.loads(self.cleaned_data.get("key", ""), salt=KEY_SALT))
        except (signing.BadSignature, ValueError, TypeError):
            key = uuid.uuid4()
        return uuid.uuid5(key, f"{contact_digest}|{typed}")


def new_key() -> str:
    """What a form is known by; nobody else can make one."""
    return signing.dumps(uuid.uuid4().hex, salt=KEY_SALT)


class WriteDownForm(_Common):
    """The clerk's: a contact only where the person has one, and by which way they came."""

    field_order = ("source", "pool", "name", "contact", "size", "village", "subject", "needs", "priority_group")
    source = forms.ChoiceField(label=_("How they came to us"), choices=[pair for pair in Source.choices if pair[0] != Source.SELF], widget=Radios)
    language = forms.ChoiceField(label=_("Write to them in"), choices=[("vi", _("Vietnamese")), ("en", _("English"))], widget=Radios, initial="vi")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].required = False
        self.fields["contact"].help_text = _("Empty: nobody writes to them. Give the ticket on paper then.")
        self.fields["source"].initial = Source.CLERK
        self.fields["needs"].label = _("What the person needs")
        if "priority_group" in self.fields:
            group: Any = self.fields["priority_group"]
            group.label, group.empty_label = _("Does the person belong to one of these groups?"), _("No, or the person does not say")
        if free := [key for key, choice in self.choices.items() if choice.pool.kind == PoolKind.HALL]:
            self.initial.setdefault("pool", free[0])
        self.fields["name"].widget.attrs["autocomplete"] = self.fields["village"].widget.attrs["autocomplete"] = "off"


class SizeForm(TellingForm):
    """Another number of people."""

    size = forms.IntegerField(
        label=_("How many people come"), min_value=1, widget=forms.NumberInput(attrs={"class": "field", "inputmode": "numeric"})
    )

    def __init__(self, *args: Any, registration: Registration, **kwargs: Any) -> None:
        super().__init__(*args, initial={"size": registration.size}, **kwargs)
        self.fields["size"].widget.attrs["max"] = registration.session.group_most


class PoolForm(TellingForm):
    """Other seats of the same session."""

    pool = forms.ChoiceField(label=_("Other seats"), widget=Radios, error_messages={"required": _("Choose one of these.")})

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = {str(choice.pool.pk): choice for choice in choices}
        pool: Any = self.fields["pool"]
        pool.choices = [(key, choice.words()) for key, choice in self.choices.items()]


def language() -> str:
    """In which language somebody who fills in a form now is written to."""
    return "en" if (get_language() or "").startswith("en") else "vi"
