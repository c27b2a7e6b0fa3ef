"""How well search finds in this installation: each engine and each baseline a row, by kind of question."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search import evaluation, planner, vocabulary
from search.engines import Engine, elasticsearch, local
from search.models import Entry

KIND = "procedure"
Ask = Callable[[str, int], list[str]]


def _elasticsearch() -> Engine:
    chosen = elasticsearch.options()
    if chosen is None:
        raise CommandError("ELASTICSEARCH_URL is not set.")
    return elasticsearch.engine(chosen)


ENGINES: dict[str, Callable[[], Engine]] = {"local": local.engine, "elasticsearch": _elasticsearch}


class Command(BaseCommand):
    """`search_eval QUERIES [--engine NAME …] [--baselines] [-k 10] [--alter HOW …] [--json]`."""

    help = "Measure what search finds against questions with their right answers (JSON Lines or CSV)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, the engines, how far down the list to look, and how the questions are typed."""
        parser.add_argument("queries", type=Path)
        parser.add_argument("--engine", action="append", choices=[*ENGINES], help="several may be named; all that are set up when none is")
        parser.add_argument("--baselines", action="store_true", help="also what Wagtail's own searches find, on PostgreSQL and Elasticsearch")
        parser.add_argument("-k", type=int, default=10, help="how many results are looked at (10)")
        parser.add_argument("--every", type=int, default=1, help="ask each n-th question only (all)")
        parser.add_argument("--alter", action="append", choices=evaluation.ALTERATIONS, default=[], help="also with the questions typed so")
        parser.add_argument("--seed", type=int, default=0, help="of the slips that --alter makes")
        parser.add_argument("--misses", action="store_true", help="the questions whose first result is no right answer")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        try:
            judgements = evaluation.read(options["queries"])
        except (OSError, evaluation.WrongJudgement) as error:
            raise CommandError(f"{options['queries']}: {error}") from error
        codes = dict(Entry.objects.filter(kind=KIND, live=True).values_list("object_id", "code"))
        known = set(codes.values())
        asked = [one for one in judgements if known & set(one.gains)][:: max(1, options["every"])]
        rows: list[dict[str, Any]] = []
        answers: dict[str, list[list[str]]] = {}
        names = options["engine"] or [name for name in ENGINES if name == "local" or elasticsearch.options() is not None]
        for name, entered in self._askers(names, codes, baselines=options["baselines"]):
            with entered as ask:
                for how in ["", *options["alter"]]:
                    made, found = self._measure(name, how, ask, asked, options)
                    rows += made
                    if name in ENGINES and not how:
                        answers[name] = found
                    if options["verbosity"] > 1:
                        self.stderr.write(f"{name}, {how or 'as it is'}: {len(asked)} questions asked")
        parity = [
            {"engines": [one, other], **evaluation.parity(answers[one], answers[other], options["k"])} for one, other in combinations(answers, 2)
        ]
        counts = {"queries": len(judgements), "with_answers_here": len(asked), "entries": len(codes)}
        report = {**counts, "rows": rows, "parity": parity}
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.table(report, options["k"])

    def table(self, report: dict[str, Any], k: int) -> None:
        """A report as people read it."""
        self.stdout.write("{queries} questions, {with_answers_here} with an answer among the {entries} procedures here".format(**report))
        head = (
            f"{'engine':24}{'typed':12}{'kind':22}{'n':>6}{f'nDCG@{k}':>9}{'MRR':>7}{'hit@1':>7}{'hit@5':>7}{f'hit@{k}':>8}{'p50 ms':>9}{'p99 ms':>9}"
        )
        self.stdout.write(head)
        for row in report["rows"]:
            self.stdout.write(
                f"{row['engine']:24}{row['typed'] or 'as it is':12}{row['kind']:22}{row['n']:6}{row['ndcg']:9.4f}{row['mrr']:7.3f}{row['hit1']:7.3f}"
                f"{row['hit5']:7.3f}{row['hitk']:8.3f}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}"
            )
        for one in report["parity"]:
            both = " and ".join(one["engines"])
            self.stdout.write(f"{both}: the same first result {one['same_first']:.1%}, of the first {k} in common {one['overlap']:.1%}")

    def _askers(self, names: list[str], codes: dict[str, str], *, baselines: bool) -> Iterator[tuple[str, AbstractContextManager[Ask]]]:
        for name in names:
            yield name, _ours(name, codes)
        if baselines:
            # Here and not above: only a measurement needs Wagtail's backends.
            from search import baselines as stock

            yield from stock.baselines(KIND, elasticsearch.options()).items()

    def _measure(
        self, name: str, how: str, ask: Ask, asked: list[evaluation.Judgement], options: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], list[list[str]]]:
        k = options["k"]
        answers: list[tuple[evaluation.Judgement, list[str], float]] = []
        if asked:
            ask(asked[0].query, k)  # the first question waits for a mirror
        for one in asked:
            query = evaluation.altered(one.query, how, options["seed"]) if how else one.query
            started = time.perf_counter()
            found = ask(query, k)
            answers.append((one, found, (time.perf_counter() - started) * 1000))
            if options["misses"] and name in ENGINES and not evaluation.hit(found, one.gains, 1):
                self.stderr.write(f"{name} {how} {one.kind}: {query} -> {found[:3]} wanted {dict(one.gains)}")
        kinds = sorted({one.kind for one, _found, _took in answers})
        made = []
        for kind in ["all", *(kinds if len(kinds) > 1 else [])]:
            some = [answer for answer in answers if kind in {"all", answer[0].kind}]
            took = [answer[2] for answer in some]
            made.append({
                "engine": name, "typed": how, "kind": kind, "n": len(some),
                "ndcg": _mean([evaluation.ndcg(found, one.gains, k) for one, found, _took in some]),
                "mrr": _mean([evaluation.reciprocal_rank(found, one.gains) for one, found, _took in some]),
                "hit1": _mean([evaluation.hit(found, one.gains, 1) for one, found, _took in some]),
                "hit5": _mean([evaluation.hit(found, one.gains, 5) for one, found, _took in some]),
                "hitk": _mean([evaluation.hit(found, one.gains, k) for one, found, _took in some]),
                "p50_ms": round(evaluation.quantile(took, 0.5), 3), "p99_ms": round(evaluation.quantile(took, 0.99), 3),
            })  # fmt: skip
        return made, [found for _one, found, _took in answers]


@contextmanager
def _ours(name: str, codes: dict[str, str]) -> Iterator[Ask]:
    engine = ENGINES[name]()

    def ask(query: str, most: int) -> list[str]:
        try:
            found = engine.run(planner.plan(query, lexicon=vocabulary.current())).found
        except elasticsearch.Unavailable as error:
            raise CommandError(f"{name}: {error}") from error
        return [codes[one.object_id] for one in found if one.kind == KIND and one.object_id in codes][:most]

    yield ask


def _mean(values: list[Any]) -> float:
    return round(statistics.fmean(float(value) for value in values), 4) if values else 0.0
