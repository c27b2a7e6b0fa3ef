"""How well search finds, on real questions: nDCG@10 by kind of question and by the way in which it is typed.

    python bench/search_relevance.py [--data FOLDER] [--folds] [--learned] [--shares]

Titles and bodies of the real procedures are indexed in memory with the product's own language, vocabulary, rules (the seeds of
`fixtures/search`) and plans. A plain bag of folded words is measured in the same run as the baseline. `--folds`: the questions
of four fifths stand in the field of asked questions of the procedures that answer them, the fifth is asked, five times over.
`--learned`: the same, with those questions learned from choices instead of written by editors, at several weights.
`--shares`: what a share of the first score keeps of the right answers. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tantivy  # noqa: E402

from search import evaluation, language, lexicon, planner  # noqa: E402

# As search.engines.STREAMS, which needs Django.
STREAMS = (
    "title_exact", "title_folded", "title_pairs", "aside_folded", "aside_pairs", "named_exact", "named_folded", "named_pairs",
    "asked_folded", "asked_pairs", "learned_folded", "learned_pairs", "body_folded", "codes",
)  # fmt: skip
SHARES = (0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6)
FOLDS = 5
LEARNED = (0.1, 0.2, 0.3, 0.5, 0.8)


def rules() -> dict[Any, Any]:
    """The seeds of the editors' tables, as search makes rules of them."""
    pairs: list[Any] = []
    with (ROOT / "fixtures" / "search" / "synonyms.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            pairs += lexicon.alike(row["canonical"], [said.strip() for said in row["same"].split(";") if said.strip()])
            pairs += [(said.strip(), row["canonical"], False) for said in row["one_way"].split(";") if said.strip()]
    with (ROOT / "fixtures" / "search" / "abbreviations.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for long in row["long"].split(";"):
                pairs += [(row["short"], long.strip(), row["capitals"] == "yes"), (long.strip(), row["short"], False)]
    return lexicon.rules_of(pairs)


class Index:
    """The procedures in memory, with the words that they hold; `asked`: further questions by code."""

    def __init__(self, rows: list[dict[str, Any]], known: dict[Any, Any], asked: dict[str, list[str]] | None = None, field: str = "asked") -> None:
        builder = tantivy.SchemaBuilder()
        for stream in STREAMS:
            builder.add_text_field(stream, tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field("ref", stored=True, tokenizer_name="raw")
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        writer = index.writer(100_000_000, 1)
        counts: dict[str, dict[str, int]] = {
            f"{name}_{kind}": {} for name in ("title", "aside", "named", "asked", "learned") for kind in ("folded", "pairs")
        }
        exact: set[str] = set()
        seen: set[str] = set()
        for row in rows:
            body = " ".join(str(row.get(key) or "") for key in ("keywords", "description", "result", "steps"))
            questions = {field: "\n".join((asked or {}).get(row["code"], []))}
            streams = language.entry_streams(row["name"], body=body, code=row["code"], **questions)
            document = tantivy.Document()
            for stream in STREAMS:
                document.add_text(stream, streams.get(stream) or "-")
            document.add_text("ref", row["code"])
            writer.add_document(document)
            for stream, tokens in counts.items():
                for token in set(streams.get(stream, "").split()) - {language.FILLER}:
                    tokens[token] = tokens.get(token, 0) + 1
            exact.update(streams["title_exact"].split())
            seen.update(streams.get("body_folded", "").split())
        writer.commit()
        index.reload()
        self.searcher = index.searcher()
        self.lexicon = lexicon.build(len(rows), counts, exact, seen, known)

    def run(self, terms: list[tuple[str, str, float]], limit: int = 200) -> list[tuple[float, str]]:
        """Scores and codes, best first; the code decides among equals."""
        should = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(tantivy.Query.term_query(self.schema, stream, token, "freq"), weight))
            for stream, token, weight in terms
        ]
        if not should:
            return []
        hits = self.searcher.search(tantivy.Query.boolean_query(should), limit, count=False).hits
        return sorted(((score, self.searcher.doc(address)["ref"][0]) for score, address in hits), key=lambda hit: (-hit[0], hit[1]))

    def plan(self, query: str) -> list[tuple[str, str, float]]:
        """The plan's terms."""
        return [tuple(term) for term in planner.plan(query, lexicon=self.lexicon).terms]


def bag(query: str) -> list[tuple[str, str, float]]:
    """The baseline: each folded word once, in the title."""
    return [("title_folded", language.fold(word), 1.0) for word in dict.fromkeys(language.words(query))]


def ndcg(found: list[tuple[float, str]], gold: list[str]) -> float:
    return evaluation.ndcg([code for _score, code in found], dict.fromkeys(gold, 1), 10)


def summary(name: str, values: list[float], short: list[bool], report: dict[str, Any]) -> None:
    parts = {
        "all": statistics.fmean(values),
        "long": statistics.fmean(value for value, few in zip(values, short, strict=True) if not few),
        "short": statistics.fmean(value for value, few in zip(values, short, strict=True) if few),
    }
    report[name] = {key: round(value, 4) for key, value in parts.items()}
    print(f"{name:28}" + "".join(f"{key:>7} {value:.4f}" for key, value in parts.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--learned", action="store_true")
    parser.add_argument("--shares", action="store_true")
    options = parser.parse_args()
    with gzip.open(options.data / "procedures.jsonl.gz", "rt", encoding="utf-8") as handle:
        rows = [json.loads(line) for line in handle]
    questions = [json.loads(line) for line in (options.data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    short = [question["kind"] != "real_faq" for question in questions]
    known = rules()
    index = Index(rows, known)
    report: dict[str, Any] = {"questions": len(questions), "short": sum(short), "procedures": len(rows), "rules": len(known)}
    print(f"{len(questions)} questions ({sum(short)} short), {len(rows)} procedures, {len(known)} rules")

    def asked(text: str) -> list[tuple[float, str]]:
        return index.run(index.plan(text))

    answers = [asked(question["query"]) for question in questions]
    summary("bag of folded words", [ndcg(index.run(bag(question["query"])), question["gold"]) for question in questions], short, report)
    whole, index.lexicon = index.lexicon, lexicon.with_rules(index.lexicon, {})
    bare = [asked(question["query"]) for question in questions]
    index.lexicon = whole
    summary("plan without rules", [ndcg(found, question["gold"]) for found, question in zip(bare, questions, strict=True)], short, report)
    summary("plan", [ndcg(found, question["gold"]) for found, question in zip(answers, questions, strict=True)], short, report)
    for how in evaluation.ALTERATIONS:
        seeds = range(3) if how in {"typo", "glued"} else range(1)
        values = [statistics.fmean(ndcg(asked(evaluation.altered(q["query"], how, seed)), q["gold"]) for seed in seeds) for q in questions]
        summary(f"typed: {how}", values, short, report)
    took = []
    for question in questions:
        started = time.perf_counter()
        index.plan(question["query"])
        took.append((time.perf_counter() - started) * 1000)
    report["plan_ms"] = {"p50": round(evaluation.quantile(took, 0.5), 3), "p99": round(evaluation.quantile(took, 0.99), 3)}
    print(f"a plan takes {report['plan_ms']['p50']} ms (p50), {report['plan_ms']['p99']} ms (p99)")
    if options.folds:
        folds(rows, questions, short, known, report)
    if options.learned:
        for share in LEARNED:
            planner._SHARES["learned"] = share
            folds(rows, questions, short, known, report, "learned")
    if options.shares:
        shares(questions, answers, report)
    print(json.dumps(report))


def folds(
    rows: list[dict[str, Any]],
    questions: list[dict[str, Any]],
    short: list[bool],
    known: dict[Any, Any],
    report: dict[str, Any],
    field: str = "asked",
) -> None:
    chance = random.Random(0)  # folds are no secret
    fold = [chance.randrange(FOLDS) for _ in questions]
    values = [0.0] * len(questions)
    for one in range(FOLDS):
        asked: dict[str, list[str]] = {}
        for question, place in zip(questions, fold, strict=True):
            if place != one:
                for code in question["gold"]:
                    asked.setdefault(code, []).append(" ".join(question["query"].split()) + " ?")
        index = Index(rows, known, asked, field)
        for number, question in enumerate(questions):
            if fold[number] == one:
                values[number] = ndcg(index.run(index.plan(question["query"])), question["gold"])
    name = "with the other folds' questions" if field == "asked" else f"learned, at {planner._SHARES['learned']}"
    summary(name, values, short, report)


def shares(questions: list[dict[str, Any]], answers: list[list[tuple[float, str]]], report: dict[str, Any]) -> None:
    report["shares"] = {}
    for share in SHARES:
        kept, sizes = [], []
        for question, found in zip(questions, answers, strict=True):
            if found:
                codes = {code for score, code in found if score >= share * found[0][0]}
                kept.append(len(set(question["gold"]) & codes) / len(question["gold"]))
                sizes.append(len(codes))
        report["shares"][share] = {"right answers kept": round(statistics.mean(kept), 3), "median size": statistics.median(sizes)}
        print(f"share {share:4}  right answers kept {statistics.mean(kept):.3f}  median size of the relevant set {statistics.median(sizes):.0f}")


if __name__ == "__main__":
    main()
