"""What comes next with minutes, and what still stands in its way: told before somebody presses a button that refuses."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.hours import clock_day

from ..enums import MinutesState, SessionState
from ..minutes_data import Shown
from ..models import Minutes
from ..services import minutes as life


def next_step(minutes: Minutes, shown: Shown, *, may_change: bool, may_publish: bool) -> tuple[str, list[str]]:
    """What the button of this state says, nothing where there is none or for somebody who may not press it; and why not yet."""
    if minutes.state == MinutesState.DRAFT and may_change:
        return _("Ask those who attended"), _before_circulating(minutes, shown)
    if minutes.state == MinutesState.CIRCULATED and may_publish:
        return _("Make the minutes final"), _before_final(minutes, shown)
    return (_("Publish the minutes"), []) if minutes.state == MinutesState.FINAL and may_publish else ("", [])


def _moment(moment: object) -> str:
    return clock_day(moment)  # type: ignore[arg-type]  # of a row that has it


def _before_circulating(minutes: Minutes, shown: Shown) -> list[str]:
    found = []
    if minutes.session.state != SessionState.HELD:
        found.append(_("the session ends at %(at)s") % {"at": _moment(minutes.session.ends_at)})
    if not shown.lines and not minutes.summary.strip():
        found.append(_("nothing is written down yet: neither a summary nor an opinion"))
    return found


def _before_final(minutes: Minutes, shown: Shown) -> list[str]:
    found = []
    if life.takes_corrections(minutes):
        found.append(_("those who attended may propose corrections until %(at)s") % {"at": _moment(minutes.corrections_until)})
    if shown.waiting:
        found.append(ngettext("%(n)s correction waits to be decided", "%(n)s corrections wait to be decided", shown.waiting) % {"n": shown.waiting})
    if lacking := [str(line.number) for line in shown.lines if not line.answer]:
        found.append(_("opinions without an answer: %(numbers)s") % {"numbers": ", ".join(lacking)})
    return found
