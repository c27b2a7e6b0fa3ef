"""How well search finds: measures of a ranking, questions with their right answers, and the ways in which questions are typed.

Pure, without Django. A judgement file is JSON Lines (`query`, `gold`: codes, all equally right; `kind`) or CSV (`query`,
`answers`: codes with a grade, `1.001193 2.000635:2`, three when none is given; `form`).
"""

from __future__ import annotations

import csv
import json
import math
import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import keystrokes, language

BEST = 3
ALTERATIONS = ("no_marks", "nfd", "telex", "telex_late", "telex_last", "vni", "vni_late", "vni_last", "typo", "glued")
# Keys beside each key, for slips of the finger.
_BESIDE = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol", "a": "qsz", "s": "adwx",
    "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum", "k": "jlin", "l": "kop", "z": "xas", "x": "zcsd", "c": "xvdf", "v": "cbfg",
    "b": "vngh", "n": "bmhj", "m": "njk",
}  # fmt: skip


class WrongJudgement(ValueError):
    """A line of a judgement file that cannot be read, with its number."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question and its right answers (code -> grade, 1 to 3), of one kind."""

    query: str
    gains: Mapping[str, int]
    kind: str


def read(path: Path) -> list[Judgement]:
    """The judgements of a file. Raises WrongJudgement, with the line's number, for what cannot be read."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
        return [_graded(row, number) for number, row in enumerate(rows, 2)]
    made = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            made.append(Judgement(str(row["query"]), {str(code): 1 for code in row["gold"]}, str(row.get("kind") or "all")))
        except (ValueError, KeyError, TypeError) as error:
            raise WrongJudgement(f"line {number}: {error}") from error
    return made


def _graded(row: dict[str, str], number: int) -> Judgement:
    gains = {}
    for answer in (row.get("answers") or "").split():
        code, _sep, grade = answer.partition(":")
        if grade and grade not in {"1", "2", "3"}:
            raise WrongJudgement(f"line {number}: {answer}")
        gains[code] = int(grade or BEST)
    if not row.get("query") or not gains:
        raise WrongJudgement(f"line {number}: a question and its answers are needed")
    return Judgement(row["query"], gains, row.get("form") or "all")


def ndcg(found: Sequence[str], gains: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain of the first k, from 0 to 1, gains of 2^grade - 1."""
    gain = sum((2 ** gains.get(code, 0) - 1) / math.log2(place + 2) for place, code in enumerate(found[:k]))
    best = sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(sorted(gains.values(), reverse=True)[:k]))
    return gain / best if best else 0.0


def reciprocal_rank(found: Sequence[str], gains: Mapping[str, int]) -> float:
    """One over the place of the first right answer; 0 when there is none."""
    return next((1 / place for place, code in enumerate(found, 1) if code in gains), 0.0)


def hit(found: Sequence[str], gains: Mapping[str, int], k: int) -> bool:
    """Whether a right answer is among the first k."""
    return any(code in gains for code in found[:k])


def parity(one: Sequence[Sequence[str]], other: Sequence[Sequence[str]], k: int) -> dict[str, float]:
    """How alike two engines answer the same questions: the share with the same first result (nothing found by both is alike too),
    and the mean share of the first k that both have."""
    pairs = [(left[:k], right[:k]) for left, right in zip(one, other, strict=True)]
    if not pairs:
        return {"same_first": 1.0, "overlap": 1.0}
    first = sum(left[:1] == right[:1] for left, right in pairs)
    common = sum(len(set(left) & set(right)) / max(len(left), len(right)) if left or right else 1.0 for left, right in pairs)
    return {"same_first": round(first / len(pairs), 4), "overlap": round(common / len(pairs), 4)}


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def altered(query: str, how: str, seed: int = 0) -> str:
    """A question as it is typed without marks, with an input method that is off (marks at once, the tone late, all last), with one
    slip of the finger, or with two words glued. The same seed gives the same slip."""
    text = unicodedata.normalize("NFC", query)
    chance = random.Random(f"{seed} {text}")  # noqa: S311  # a slip of the finger is no secret  # nosec B311
    if how == "no_marks":
        return language.fold(text)
    if how == "nfd":
        return unicodedata.normalize("NFD", text)
    if how.startswith(("telex", "vni")):
        method, _sep, order = how.partition("_")
        wanted = {"": "at once", "late": "tone last", "last": "all last"}[order]
        return re.sub(r"[^\W\d_]+", lambda match: keystrokes.typed(match.group().lower(), method, wanted), text)
    words = language.fold(language.normalise(text)).split()
    if how == "glued":
        if len(words) > 1:
            at = chance.randrange(len(words) - 1)
            words[at : at + 2] = [words[at] + words[at + 1]]
        return " ".join(words)
    if how != "typo":
        raise ValueError(how)
    places = [at for at, word in enumerate(words) if len(word) > 2 and word.isalpha() and word.isascii()]
    if places:
        at = chance.choice(places)
        words[at] = _slip(words[at], chance)
    return " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    at, kind = chance.randrange(len(word)), chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + chance.choice(_BESIDE[word[at]]) + word[at + 1 :]
