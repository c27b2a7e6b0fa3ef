"""One run over all links; the report of the back office shows what it found."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from ..models import LinkProblem
from .collect import Link, links
from .external import Asker, Verdict
from .internal import Resolver, is_address, path_of

log = logging.getLogger(__name__)
OTHER = ("mailto:", "tel:", "sms:")


def judged(found: Iterable[Link], asker: Asker | None) -> tuple[list[tuple[Link, Verdict, bool]], int]:
    """The links that lead nowhere (with the verdict and whether they leave the portal), and how many were looked at. Without
    an asker nothing is asked of other sites."""
    resolver = Resolver()
    wrong: list[tuple[Link, Verdict, bool]] = []
    looked = 0
    for link in found:
        if link.target.lower().startswith(OTHER):
            continue
        inner = link.target if link.target.startswith(("page:", "document:")) else path_of(link.target)
        if inner is not None:
            looked += 1
            if reason := resolver.reason(inner):
                wrong.append((link, Verdict(reason), False))
        elif not is_address(link.target):
            looked += 1
            wrong.append((link, Verdict(LinkProblem.Reason.BROKEN, "not an address"), True))
        elif asker is not None and asker.may_go_on():
            looked += 1
            verdict = asker.verdict(link.target)
            if verdict.reason:
                wrong.append((link, verdict, True))
    return wrong, looked


def check(asker: Asker | None = None) -> dict[str, int]:
    """Look at every link and write down what leads nowhere: new ones with today's date, known ones keep theirs, mended ones go."""
    if asker is None and settings.LINKS_CHECK_EXTERNAL:
        asker = Asker()
    with translation.override(settings.LANGUAGE_CODE):
        found = list(links())
        wrong, looked = judged(found, asker)
    targets = {link.target for link in found}
    now = timezone.now()
    with transaction.atomic():
        known = {(row.source_kind, row.source_id, row.place, row.target): row for row in LinkProblem.objects.select_for_update()}
        for link, verdict, external in wrong:
            key = (link.source_kind, link.source_id, link.place, link.target)
            row = known.pop(key, None) or LinkProblem(
                source_kind=link.source_kind, source_id=link.source_id, place=link.place, target=link.target, since=now
            )
            row.source_title, row.words, row.external = link.source_title, link.words, external
            row.reason, row.detail, row.checked_at = verdict.reason, verdict.detail[:200], now
            row.save()
        # What other sites were not asked for this time stays as it was found.
        gone = [row.pk for row in known.values() if not row.external or (asker is not None and asker.knows(row.target))]
        # Neither is what no page links to any more.
        gone += [row.pk for row in known.values() if row.external and row.target not in targets]
        LinkProblem.objects.filter(pk__in=gone).delete()
    log.info("links: %s looked at, %s lead nowhere", looked, len(wrong))
    return {"looked_at": looked, "broken": len(wrong)}
