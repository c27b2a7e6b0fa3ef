"""Counts beside results: how many of the relevant set have which value of a facet; without a question, of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from .engines import FACETS, Found
from .labels import memory as labels_known
from .results import Facet, FacetBucket

MAX_BUCKETS = 60
FACET_LABELS = {
    "kind": _("Kind"), "field": _("Field"), "level": _("Handled by"), "audience": _("For whom"), "service": _("Online"), "state": _("Validity"),
    "unit": _("Unit"),
}  # fmt: skip

Filters = dict[str, tuple[str, ...]]


def passes(found: Found, chosen: Filters) -> bool:
    """Whether something has one of the chosen values of each facet."""
    return all(any(f"{name}={value}" in found.facets for value in values) for name, values in chosen.items())


def count(found: Iterable[Found], chosen: Filters) -> dict[str, Counter[str]]:
    """Counts by facet over the relevant set; a facet's own choice does not empty its other values."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for one in found:
        failed = [name for name in chosen if not passes(one, {name: chosen[name]})]
        if len(failed) > 1:
            continue
        for value in one.facets:
            name, _sep, plain = value.partition("=")
            if name in counts and (not failed or failed == [name]):
                counts[name][plain] += 1
    return counts


FACET_SQL = """
select kind, object_id, weight, title, array['kind=' || kind]
  || case when unit = '' then '{}' else array['unit=' || unit] end
  || case when field = '' then '{}' else array['field=' || field] end
  || (select coalesce(array_agg('level=' || v), '{}') from unnest(levels) v)
  || (select coalesce(array_agg('audience=' || v), '{}') from unnest(audiences) v)
  || (select coalesce(array_agg(f.key || '=' || v.value), '{}')
      from jsonb_each(facets) f, jsonb_array_elements_text(f.value) v) as values
from search_entry where live
"""


def everything(chosen: Filters, page: int, per_page: int) -> tuple[int, dict[str, Counter[str]], list[tuple[str, str]]]:
    """Without a question everything answers, exactly: counts and page come from the table."""
    wanted = {name: [f"{name}={value}" for value in values] for name, values in chosen.items()}
    conditions = dict.fromkeys(wanted, "values && %s::text[]")
    all_of_it = " and ".join(conditions.values()) or "true"
    parameters = list(wanted.values())
    selects, values = [], []
    for name in FACETS:
        others = [key for key in wanted if key != name]
        where = " and ".join(["true", *(conditions[key] for key in others)])
        selects.append(f"select v, count(*) from entries, unnest(values) v where v like '{name}=%%' and {where} group by v")  # noqa: S608  # facet names of ours  # nosec B608
        values += [wanted[key] for key in others]
    with connection.cursor() as cursor:
        cursor.execute(f"with entries as materialized ({FACET_SQL}) " + " union all ".join(selects), values)
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for value, number in cursor.fetchall():
            name, _sep, plain = value.partition("=")
            counts[name][plain] = number
        cursor.execute(f"with entries as materialized ({FACET_SQL}) select count(*) from entries where {all_of_it}", parameters)  # noqa: S608  # nosec B608
        (total,) = cursor.fetchone()
        page = max(1, min(page, -(-total // per_page) or 1))
        cursor.execute(
            f"with entries as ({FACET_SQL}) select kind, object_id from entries where {all_of_it}"  # noqa: S608  # nosec B608
            " order by weight desc, title, kind, object_id limit %s offset %s",
            [*parameters, per_page, (page - 1) * per_page],
        )
        return total, counts, [(kind, object_id) for kind, object_id in cursor.fetchall()]


def facets(counts: dict[str, Counter[str]], chosen: Filters) -> tuple[Facet, ...]:
    """The facets as a page shows them: values with labels, the most frequent first."""
    made = []
    for name in FACETS:
        counter = counts.get(name, Counter())
        for value in chosen.get(name, ()):
            counter.setdefault(value, 0)
        if not counter:
            continue
        labels = labels_known.of(name, counter)
        buckets = [
            FacetBucket(value, labels.get(value, value), number, value in chosen.get(name, ()))
            for value, number in sorted(counter.items(), key=lambda item: (-item[1], labels.get(item[0], item[0])))
            if value in labels or value in chosen.get(name, ())
        ]
        if buckets:
            made.append(Facet(name, FACET_LABELS[name], tuple(buckets[:MAX_BUCKETS])))
    return tuple(made)
