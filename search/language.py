"""The language of search: how Vietnamese text becomes the tokens that both engines index. Pure, without Django.

Each text gives three streams: `exact` (lower case, NFC, one tone placement, one spelling of i/y), `folded` (the same
without any mark, đ as d) and `pairs` (folded neighbours joined by `_`). People type without marks and with them, so the
folded streams carry the search and the exact one only ranks. A word segmenter is not used: measured, it loses the
questions that are typed without marks.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from array import array
from functools import lru_cache

from . import numbers

# Raise it with any change that alters a token: entries made under another version are made anew.
VERSION = 6

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # grave, acute, tilde, hook above, dot below
_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED = frozenset("ăâêôơư")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_WORD = re.compile(r"[^\W_]+")
_Y_AFTER = frozenset(["h", "k", "l", "m", "qu", "s", "t", "v"])
MAX_TOKEN = 40


def normalise(text: str) -> str:
    """NFC, lower case, without invisible characters; white space is left alone, so that offsets stay readable."""
    return unicodedata.normalize("NFC", visible(text)).lower()


def visible(text: str) -> str:
    """A text without the characters in it that nobody sees."""
    return _INVISIBLE.sub("", text)


@lru_cache(maxsize=65536)
def fold(token: str) -> str:
    """Without marks, đ as d: `đăng ký` gives `dang ky`. Takes any text; what is not a Latin letter with marks stays."""
    decomposed = unicodedata.normalize("NFD", token)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return bare.replace("đ", "d").replace("Đ", "D")


def _split_tone(syllable: str) -> tuple[str, str]:
    """A syllable without its tone, and the tone (a combining mark, or nothing)."""
    tone = ""
    kept: list[str] = []
    for letter in unicodedata.normalize("NFD", syllable):
        if letter in _TONES:
            tone = letter
        else:
            kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept)), tone


def _nucleus(base: str) -> tuple[int, int]:
    """Start and end of the run of vowels that can carry the tone; (0, 0) when there is none."""
    start = 0
    if (base.startswith("qu") and len(base) > 2) or (base.startswith("gi") and len(base) > 2 and base[2] in _VOWELS):
        start = 2
    while start < len(base) and base[start] not in _VOWELS:
        start += 1
    end = start
    while end < len(base) and base[end] in _VOWELS:
        end += 1
    return (start, end) if end > start else (0, 0)


@lru_cache(maxsize=65536)
def canonical(token: str) -> str:
    """One spelling of a syllable: hòa and hoà become hoà, kí becomes ký. What is no syllable stays as it is."""
    base, tone = _split_tone(token)
    if len(base) > 8 or not base.isalpha():
        return token
    if base.endswith("i") and base[:-1] in _Y_AFTER:
        base = base[:-1] + "y"
    if not tone:
        return base
    start, end = _nucleus(base)
    if not end:
        return token
    vowels = base[start:end]
    marked = [index for index, letter in enumerate(vowels) if letter in _MARKED]
    if marked:
        place = marked[-1]
    elif len(vowels) == 1:
        place = 0
    elif end < len(base):
        place = len(vowels) - 1
    elif len(vowels) > 2:
        place = 1
    else:
        place = 1 if vowels in {"oa", "oe", "uy"} else 0
    at = start + place
    return base[:at] + unicodedata.normalize("NFC", base[at] + tone) + base[at + 1 :]


_RHYMES = frozenset(
    """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe
    oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc
    uôi uôm uôn uông uôt up ut uy uya uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng
    yêt yêu ynh ych yt yn""".split()  # noqa: SIM905  # a table reads better than 160 quoted strings
)
_ONSET = re.compile(r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?")
_STOPPED = ("c", "ch", "p", "t")


@lru_cache(maxsize=65536)
def is_syllable(word: str) -> bool:
    """Whether a word, lower case and with its marks, can be a Vietnamese syllable: onset, rhyme, and a tone that its end allows."""
    base, tone = _split_tone(word)
    if base.endswith(_STOPPED) and tone not in {"\u0301", "\u0323"}:
        return False
    onset = _ONSET.match(base)
    at = onset.end() if onset else 0
    # `gi` and `qu` may be a letter short: giêng, gì, quy
    return base[at:] in _RHYMES or (base.startswith("gi") and base[1:] in _RHYMES) or (base.startswith("gi") and f"i{base[2:]}" in _RHYMES)


def words(text: str) -> list[str]:
    """The exact tokens of a text: normalised, canonical, in order."""
    return [canonical(match) for match in _WORD.findall(normalise(text)) if len(match) <= MAX_TOKEN]


def capitals(text: str) -> list[str]:
    """The words of a text that are written in capitals, in lower case: abbreviations, when the rest is not."""
    return [match.lower() for match in _WORD.findall(unicodedata.normalize("NFC", text)) if match.isupper()]


_OPENING = re.compile(r"^\s*(?:thủ tục|quy trình)\s+(?:hành chính\s+)?", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]*)(?:\)|$)")


def title_parts(title: str) -> tuple[str, str]:
    """A title as what it names and what it says beside it: without the word `Thủ tục` that opens half of them, and without
    what stands in brackets (measured: a long aside must not make the name weigh less)."""
    title = _OPENING.sub("", unicodedata.normalize("NFC", title))
    name = _BRACKETS.sub(" ", title)
    if len(name.strip()) < 8:
        return title, ""
    return name, " ".join(_BRACKETS.findall(title))


_PARTS = re.compile(r"([^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*)")


@lru_cache(maxsize=65536)
def _token(word: str) -> str:
    return fold(canonical(normalise(word)))


class Laid(str):
    """A text that remembers where its words stand, for one that is shown again and again."""

    __slots__ = ("_places",)
    _places: tuple[array[int], tuple[str, ...]]

    def places(self) -> tuple[array[int], tuple[str, ...]]:
        """As `_places_of`."""
        try:
            return self._places
        except AttributeError:
            self._places = _places_of(self)
            return self._places


def _places_of(text: str) -> tuple[array[int], tuple[str, ...]]:
    """Where each word begins and ends, in turn, and the words folded."""
    # Per word and not on the whole text, since normalising may change lengths. What lies between two words counts for the place.
    parts = _PARTS.split(text)
    return array("L", itertools.accumulate(map(len, parts))), tuple(map(_token, parts[1::2]))


def words_at(text: str, wanted: frozenset[str] | None = None) -> list[tuple[int, int, str]]:
    """Start, end and folded token of each word in the text itself (for highlights over the original), or of those `wanted`."""
    ends, tokens = text.places() if isinstance(text, Laid) else _places_of(text)
    return [(ends[2 * at], ends[2 * at + 1], token) for at, token in enumerate(tokens) if wanted is None or token in wanted]


def pairs(folded: list[str]) -> list[str]:
    """Neighbouring folded syllables, joined."""
    return [f"{left}_{right}" for left, right in itertools.pairwise(folded)]


def streams(text: str) -> dict[str, str]:
    """The three token streams of a text, each a line of tokens separated by blanks, as the engines index them."""
    exact = words(text)
    folded = [fold(token) for token in exact]
    return {"exact": " ".join(exact), "folded": " ".join(folded), "pairs": " ".join(pairs(folded))}


# Phrases that ask and do not name. Folded; the longer ones are looked for first. Single question words are left in: they
# are common, so they weigh little by themselves, and dropping them costs more names than it saves (measured).
_PHRASES = (
    "toi muon hoi", "cho toi hoi", "cho em hoi", "cho minh hoi", "xin hoi", "xin cho hoi", "xin cho biet", "cho biet", "de nghi cho biet",
    "vui long cho biet", "lam the nao de", "lam the nao", "lam sao de", "lam sao", "nhu the nao", "the nao", "o dau", "bao nhieu", "bao lau",
    "khi nao", "la gi", "gom nhung gi", "nhung gi", "can gi", "can nhung", "hay khong", "duoc khong", "duoc ko", "giay to gi", "nhung giay to",
    "giay to", "phai lam gi", "ho so gom", "co quan nao", "thoi gian", "thu tuc",
)  # fmt: skip
_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _phrase in sorted(_PHRASES, key=lambda phrase: -len(phrase.split())):
    _BY_FIRST.setdefault(_phrase.split()[0], []).append(tuple(_phrase.split()))


def naming(folded: list[str]) -> list[bool]:
    """For each folded word of a question whether it names something (True) or only asks; the longest phrase goes first."""
    keep = [True] * len(folded)
    for at, first in enumerate(folded):
        for phrase in _BY_FIRST.get(first, ()):
            if keep[at] and tuple(folded[at : at + len(phrase)]) == phrase:
                keep[at : at + len(phrase)] = [False] * len(phrase)
    return keep


# Folded words of every sentence: whoever typed one of them meant it, whatever stands beside it.
COMMON = frozenset(
    """a ai anh ba bao bi bo cac cai can chi cho chua co con cung cua da dau dc de den di do duoc em gi ha hay ho hoi k ko khi khong lam lau la loi
    ma me minh moi mot muon nao nay nen neu ngay nhu nhung nhieu nhu nua o oi phai qua ra rang rat roi sao se tai tao the thi thu toi tren trong tu
    vay va vao ve vi voi vua xin""".split()  # noqa: SIM905  # a table reads better than quoted strings
)

_DIGIT = re.compile(r"\d")
_PROCEDURE_CODE = re.compile(
    r"(?<![\d.])([1-9])(?:[.,–−-]\s?|\s)?(\d{6})(?:\.\d{1,3}){0,3}(?:\.[a-z]\d{0,2}\b)?(?!\.?\d)"
    r"|(?<![\d.])([1-9])[.,\s]?(\d{3})[\s.](\d{3})(?:(?:\.\d{2,3}){3}\.[a-z]\d{2}\b)?(?!\.?\d)"
)
_DOCUMENT_NUMBER = re.compile(
    r"(?<!\d)(\d{1,5})\s*/\s*((?:19|20)\d\d)\s*/\s*(n[đdq]\s?cp|[a-zđ]{1,6}(?:\d{1,2})?(?:\s*[-–—−‐‑]\s*[a-zđ]{1,12})*)(?!\w)"
)
# Written with other signs than strokes: only where it ends as such numbers do.
_LOOSE_NUMBER = re.compile(
    r"(?<!\d)(\d{1,5})(?:\s*[/–—−-]\s*|\s)((?:19|20)\d\d)(?:\s*[/–—−-]\s*|\s)"
    r"(n[đdq][\s–—−-]{0,3}cp|(?:q[đd]|ct)[\s–—−-]{0,3}ttg|(?:nq|q[đd]|tt|ttlt|ct|kh|pl)\s?[–—−-]\s?[a-zđ]{2,12}|qh\d{1,2})(?!\w|\s?[–—−-]\s?[a-zđ])"
)
_ISSUED = re.compile(r"(nd|nq)-?(cp)|(qd|ct)-?(ttg)")
_DASHES = re.compile(r"[–—−‐‑]")
_SAID_NUMBER = re.compile(
    r"(?<!\w)(nghị định|nghi dinh|n[đd]|nghị quyết|nghi quyet|nq|quyết định|quyet dinh|q[đd]|chỉ thị|chi thi|ct|luật|luat)"
    r"(?:[\s–—−-]{0,3}(?:cp|ttg))?\s+(?:số\s+|so\s+)?(\d{1,5})\s?/\s?((?:19|20)\d\d)(?!\d|\s?/\s?[a-zđ])"
)
# Who makes documents of a kind: the end of their numbers. The National Assembly's are numbered by its term.
_ENDS = {"nd": ("nd-cp",), "nq": ("nq-cp", "nq-hdnd"), "qd": ("qd-ttg", "qd-ubnd"), "ct": ("ct-ttg",)}
_KINDS = {"nghi dinh": "nd", "nghi quyet": "nq", "quyet dinh": "qd", "chi thi": "ct", "luat": "luat"}
_TERMS = ((2002, 11), (2007, 12), (2011, 13), (2016, 14), (2021, 15), (2026, 16), (2031, 17))


def _document(number: str, year: str, end: str) -> str:
    """A document's number in one spelling."""
    end = _DASHES.sub("-", "".join(fold(end).split()))
    if issued := _ISSUED.fullmatch(end):
        end = "-".join(part for part in issued.groups() if part)
    return f"{number}/{year}/{end}"


def codes(text: str) -> list[str]:
    """Procedure codes (`1.004873`, also as `1004873`) and document numbers (`12/2018/nđ-cp`, folded) found in a text."""
    return _codes(numbers.level(normalise(text))) if _DIGIT.search(text) else []


def _codes(lowered: str) -> list[str]:
    found = [f"{a or c}.{b or d + e}" for a, b, c, d, e in _PROCEDURE_CODE.findall(lowered)]
    found += [_document(*parts) for parts in _DOCUMENT_NUMBER.findall(lowered)]
    found += [_document(*parts) for parts in _LOOSE_NUMBER.findall(lowered)]
    return list(dict.fromkeys(found))


def asked_codes(question: str) -> list[str]:
    """The codes in a question, and those that a document's kind, number and year can be (`nghị định 12/2018`)."""
    if not _DIGIT.search(question):
        return []
    lowered = numbers.level(normalise(question))
    found = _codes(lowered)
    for kind, number, year in _SAID_NUMBER.findall(lowered) if "/" in lowered else ():
        kind = fold(kind)
        kind = _KINDS.get(kind, kind)
        # In the year in which a term ends and the next begins it may be either.
        ends = _ENDS.get(kind) or [f"qh{term}" for (since, term), (until, _next) in itertools.pairwise(_TERMS) if since <= int(year) <= until]
        found += [f"{number}/{year}/{end}" for end in ends]
    return list(dict.fromkeys(found))


def personal_number(text: str) -> str | None:
    """`dossier`, `telephone` or `identity` when a text holds such a number, which is never searched or kept, nor shown under a result."""
    return next((kind for _start, _end, kind in numbers.spans(visible(text))), None)


# Bodies help short questions only; beyond this many tokens they say nothing new and cost memory in every mirror.
MAX_BODY_TOKENS = 600
# Both engines weigh a match by the length of the field against the average of all entries, those without the field included:
# where few have it, whoever has it would be called long. So each entry's field is filled up to a usual length.
FILLER = "~"
USUAL_LENGTH = {"named": 32, "asked": 64, "learned": 64}
NAME_WORDS = 7  # a line of more words is a question, as is one with a question mark


def learned_streams(learned: str) -> dict[str, str]:
    """The token streams of what was learned: questions, one a line, without what only asks; filler where there is none."""
    made: dict[str, list[str]] = {"learned_folded": [], "learned_pairs": []}
    for line in learned.splitlines():
        folded = [fold(word) for word in words(line)]
        folded = [word for word, names in zip(folded, naming(folded), strict=True) if names]
        made["learned_folded"] += folded
        made["learned_pairs"] += pairs(folded)
    return {stream: " ".join(tokens + [FILLER] * (USUAL_LENGTH["learned"] - len(tokens))) for stream, tokens in made.items()}


def entry_streams(title: str, asked: str = "", body: str = "", code: str = "", learned: str = "") -> dict[str, str]:
    """The token streams of something that can be found, by field: `title`, folk names (`named`) and questions (`asked`) in all
    three streams, what a title says in brackets (`aside`) folded and in pairs, `body` folded, and its codes. `asked` holds a
    name or a question a line; no pair reaches over the end of one. `learned` holds the questions after which people chose the thing.
    A field without text is filler, or is not there."""
    made: dict[str, str] = {}
    name, aside = title_parts(title)
    # A word that a title repeats says no more than once (measured: with its repetitions whoever is wordy comes first).
    made.update({f"title_{stream}": " ".join(dict.fromkeys(tokens.split())) for stream, tokens in streams(name).items()})
    if aside:
        made.update({f"aside_{stream}": tokens for stream, tokens in streams(aside).items() if stream != "exact"})
    lines: dict[str, dict[str, list[str]]] = {field: {"exact": [], "folded": [], "pairs": []} for field in ("named", "asked")}
    for line in asked.splitlines():
        exact = words(line)
        plain = [fold(word) for word in exact]
        if "?" in line or len(exact) > NAME_WORDS:
            keep = naming(plain)
            exact, plain = (
                [word for word, names in zip(exact, keep, strict=True) if names],
                [w for w, names in zip(plain, keep, strict=True) if names],
            )
            field = lines["asked"]
        else:
            field = lines["named"]
        field["exact"] += exact
        field["folded"] += plain
        field["pairs"] += pairs(plain)
    for field_name, kinds in lines.items():
        for stream, tokens in kinds.items():
            made[f"{field_name}_{stream}"] = " ".join(tokens + [FILLER] * (USUAL_LENGTH[field_name] - len(tokens)))
    made.update(learned_streams(learned))
    if body:
        made["body_folded"] = " ".join(fold(word) for word in words(body)[:MAX_BODY_TOKENS])
    found = codes(f"{code} {title}")
    if code:
        found.append(fold(normalise(code)).replace(" ", ""))
    made["codes"] = " ".join(dict.fromkeys(found))
    return made
