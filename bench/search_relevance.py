"""How well the first form of search finds, on real questions: nDCG@10 by kind, and what a share of the first score keeps.

    python bench/search_relevance.py [--data FOLDER]

Titles and bodies of the real procedures are indexed in memory with the product's own language and plans. A plain bag of
folded words is measured in the same run as the baseline. The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tantivy  # noqa: E402

from search import language, planner  # noqa: E402

STREAMS = ("title_exact", "title_folded", "title_pairs", "body_folded", "codes")
SHARES = (0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6)


def build(rows: list[dict[str, Any]]) -> tuple[Any, Any]:
    builder = tantivy.SchemaBuilder()
    for stream in STREAMS:
        builder.add_text_field(stream, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("ref", stored=True, tokenizer_name="raw")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(100_000_000, 1)
    for row in rows:
        document = tantivy.Document()
        for stream, tokens in language.streams(row["name"]).items():
            document.add_text(f"title_{stream}", tokens)
        body = " ".join(str(row.get(key) or "") for key in ("keywords", "description", "result", "steps"))
        if body.strip():
            document.add_text("body_folded", " ".join(language.fold(word) for word in language.words(body)[:600]))
        document.add_text("codes", row["code"])
        document.add_text("ref", row["code"])
        writer.add_document(document)
    writer.commit()
    index.reload()
    return schema, index.searcher()


def ask(schema: Any, searcher: Any, terms: list[tuple[str, str, float]]) -> list[tuple[float, str]]:
    should = [
        (tantivy.Occur.Should, tantivy.Query.boost_query(tantivy.Query.term_query(schema, stream, token, "freq"), weight))
        for stream, token, weight in terms
        if stream in STREAMS and weight
    ]
    if not should:
        return []
    hits = searcher.search(tantivy.Query.boolean_query(should), 200, count=False).hits
    return [(score, searcher.doc(address)["ref"][0]) for score, address in hits]


def ndcg(found: list[str], gold: set[str]) -> float:
    gain = sum(1 / math.log2(place + 2) for place, code in enumerate(found[:10]) if code in gold)
    best = sum(1 / math.log2(place + 2) for place in range(min(10, len(gold))))
    return gain / best if best else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().data
    with gzip.open(folder / "procedures.jsonl.gz", "rt", encoding="utf-8") as handle:
        rows = [json.loads(line) for line in handle]
    questions = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    schema, searcher = build(rows)
    report: dict[str, Any] = {"questions": len(questions), "procedures": len(rows)}
    answers = []
    for question in questions:
        gold = set(question["gold"])
        planned = ask(schema, searcher, [(term.stream, term.token, term.weight) for term in planner.plan(question["query"]).terms])
        bag = [("title_folded", language.fold(word), 1.0) for word in dict.fromkeys(language.words(question["query"]))]
        answers.append((question["kind"] == "real_faq", gold, planned, ask(schema, searcher, bag)))
    for label, wanted in (("all", (True, False)), ("full questions", (True,)), ("short", (False,))):
        chosen = [answer for answer in answers if answer[0] in wanted]
        plan = statistics.mean(ndcg([code for _score, code in planned], gold) for _faq, gold, planned, _bag in chosen)
        base = statistics.mean(ndcg([code for _score, code in bag], gold) for _faq, gold, _planned, bag in chosen)
        report[label] = {"n": len(chosen), "plan": round(plan, 4), "bag of folded words": round(base, 4)}
        print(f"{label:16} n={len(chosen):5}  plan {plan:.3f}  bag of folded words {base:.3f}")
    report["shares"] = {}
    for share in SHARES:
        kept, sizes = [], []
        for _faq, gold, planned, _bag in answers:
            if planned:
                codes = {code for score, code in planned if score >= share * planned[0][0]}
                kept.append(len(gold & codes) / len(gold))
                sizes.append(len(codes))
        report["shares"][share] = {"right answers kept": round(statistics.mean(kept), 3), "median size": statistics.median(sizes)}
        print(f"share {share:4}  right answers kept {statistics.mean(kept):.3f}  median size of the relevant set {statistics.median(sizes):.0f}")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
