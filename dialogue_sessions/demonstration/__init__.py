"""The demonstration's dialogues and receptions: a year around the day on which it is loaded, from fixtures/demonstration/dialogues.

Whatever happened before that day goes through the services as of its own day (`gate.as_of`), so that what they refuse cannot stand here.
Nobody is ever written to: people are written down by clerks, without a contact; supports and signatures belong to no contact."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.utils import translation

from safeguards.models import User

from ..models import Series
from ..services import follow_clocks
from . import asking, dialogues, promises, receptions, rules
from .reading import Stage

MARK = "tiep-cong-dan-chu-tich-quan"  # the series whose address tells that all of it stands


def load(folder: Path, actor: User | None) -> bool:
    """Load it, all or nothing; False when it stands already, whatever visitors made of it since."""
    if Series.objects.filter(slug=MARK).exists():
        return False
    stage = Stage(folder, actor)
    with translation.override("vi"), transaction.atomic():  # stored words are in the language of the installation
        rules.load(stage)
        receptions.load(stage)
        dialogues.load(stage)
        asking.load_requests(stage)
        promises.load_conclusions(stage)
        follow_clocks()
    return True


__all__ = ["MARK", "load"]
