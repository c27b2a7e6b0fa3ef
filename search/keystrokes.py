"""What the keys of a Vietnamese input method leave behind when it is off: `ddawng kys` (Telex) and `d9a8ng ky1` (VNI).

People type marks where the finger is: at once after the vowel, or at the end of the syllable, and in any order. So a mark
is put on the letter that it can belong to, wherever it stands after it. Nothing here decides whether the result is meant:
that is the planner's, which asks the vocabulary. Pure, without Django.
"""

from __future__ import annotations

import unicodedata

from .language import canonical

_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_HAT = {"a": "â", "e": "ê", "o": "ô"}
_HORN = {"o": "ơ", "u": "ư"}
_TONES = {"acute": "\u0301", "grave": "\u0300", "hook": "\u0309", "tilde": "\u0303", "dot": "\u0323"}
_VOWELS = "aeiouy"
_WEARS_A_MARK = "ăâêôơưđ"
# Words of everyday English, which are also keys (`how` would be hơ, `tax` tã) or a slip away from a syllable (`pay`, `what`): they were meant.
ENGLISH = frozenset(
    """a about address after all allowance am and any application apply appointment are baby be been before being benefit benefits birth book born
    business but buy by can cant card certificate certified change check child children close company complain complaint contract copy cost could
    date daughter day days dead death did died divorce do doctor document documents does dont dying father fee find fire for foreign foreigner form
    forms from funeral get had has have health help her here his home hospital house how husband if im in income insurance into is it its job kid kids
    land licence license live living lost low make many marriage married marry may might money month mother move moving much must my name need
    neighbor neighbour new noise not notary of office old online open or our paper papers parents passport pay pension permit poor price register
    registration renew report road safety school see she should show sick single social some son status stay store student support tax that the
    their them there these they this those time to track travel visa want was water week were what when where which who whose why wife will with
    without work worker would year years you your""".split()  # noqa: SIM905  # a table reads better than quoted strings
)


def _last(letters: list[str], wanted: str) -> int:
    """Where the last of some letters stands; -1 when none does."""
    return next((at for at in range(len(letters) - 1, -1, -1) if letters[at] in wanted), -1)


def _horn(letters: list[str]) -> bool:
    """Put horns: `uo` becomes `ươ` as one (duong, w gives dương), `uu` becomes `ưu`, otherwise the last o or u gets one."""
    at = _last(letters, "ou")
    if at < 0:
        return False
    if letters[at] == "u" and at and letters[at - 1] in "uo":
        at -= 1
    if letters[at] == "o" and at and letters[at - 1] in "uư":
        letters[at - 1] = "ư"
    letters[at] = _HORN[letters[at]]
    return True


def _with_tone(letters: list[str], tone: str) -> str:
    """The syllable with its tone where it is written; the tone goes on any vowel first, `canonical` places it."""
    if tone:
        at = next((at for at, letter in enumerate(letters) if letter in _WEARS_A_MARK and letter != "đ"), _last(letters, _VOWELS))
        if at < 0:
            return ""
        letters[at] = unicodedata.normalize("NFC", letters[at] + tone)
    return canonical("".join(letters))


def telex(token: str) -> str:
    """The syllable that Telex keys write (`kys` gives `ký`), canonical; '' when the keys write no mark at all."""
    if not (token.isascii() and token.isalpha()):
        return ""
    letters: list[str] = []
    tone = ""
    marked = False
    for key in token:
        vowel = _last(letters, _VOWELS + "ăâêôơư") >= 0
        # `aa`, and `vietej`: the second one may stand anywhere after the first, over consonants and tones
        if key in _HAT and (at := _last(letters, key)) >= 0 and not any(letter in "âêô" for letter in letters):
            letters[at] = _HAT[key]
            marked = True
            continue
        if key == "d" and letters and (at := len(letters) - 1 if letters[-1] == "d" else 0 if letters[0] == "d" else -1) >= 0:
            letters[at] = "đ"
            marked = True
        elif key == "w":
            at = _last(letters, "aou")
            if at >= 0 and letters[at] == "a" and not (at and letters[at - 1] == "u" and letters[0] != "q"):
                letters[at] = "ă"
            elif at >= 0 and letters[at] == "a":  # mưa, chưa: the horn belongs to the u before the a
                letters[at - 1] = "ư"
            elif not _horn(letters):
                letters.append("ư")
            marked = True
        elif key in _TELEX_TONES and vowel:
            tone, marked = _TELEX_TONES[key], True
        elif key == "z" and tone:  # takes the tone back
            tone = ""
        else:
            letters.append(key)
    return _with_tone(letters, tone) if marked else ""


def vni(token: str) -> str:
    """The syllable that VNI keys write (`ky1` gives `ký`), canonical; '' when the keys write no mark at all."""
    if not token.isascii() or not token.isalnum() or token.isalpha() or token.isdigit():
        return ""
    letters: list[str] = []
    tone = ""
    for key in token:
        if key.isalpha():
            letters.append(key)
        elif key in _VNI_TONES:
            if _last(letters, _VOWELS + "ăâêôơư") < 0:
                return ""
            tone = _VNI_TONES[key]
        elif key == "6" and (at := _last(letters, "aeo")) >= 0:
            letters[at] = _HAT[letters[at]]
        elif key == "7" and _horn(letters):
            pass
        elif key == "8" and (at := _last(letters, "a")) >= 0:
            letters[at] = "ă"
        elif key == "9" and (at := _last(letters, "d")) >= 0:
            letters[at] = "đ"
        elif key == "0" and tone:  # takes the tone back
            tone = ""
        else:
            return ""
    return _with_tone(letters, tone)


def decoded(token: str) -> tuple[str, ...]:
    """What a token may be when it is left over from an input method: Telex first, then VNI."""
    return tuple(word for word in (telex(token), vni(token)) if word)


# ── typing, for tests and measurements ────────────────────────────────────────

_TELEX_KEYS = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_VNI_KEYS = {tone: key for key, tone in _VNI_TONES.items()}
_TELEX_MARKS = {"â": ("a", "a"), "ê": ("e", "e"), "ô": ("o", "o"), "ă": ("a", "w"), "ơ": ("o", "w"), "ư": ("u", "w"), "đ": ("d", "d")}
_VNI_MARKS = {"â": ("a", "6"), "ê": ("e", "6"), "ô": ("o", "6"), "ă": ("a", "8"), "ơ": ("o", "7"), "ư": ("u", "7"), "đ": ("d", "9")}


def typed(syllable: str, method: str, order: str = "at once") -> str:
    """The keys that write a syllable: method `telex` or `vni`; order `at once` (each mark after its letter, the tone too),
    `tone last` (the tone at the end) or `all last` (every mark at the end)."""
    marks, tones = (_TELEX_MARKS, _TELEX_KEYS) if method == "telex" else (_VNI_MARKS, _VNI_KEYS)
    keys: list[str] = []
    late: list[str] = []
    tone_key = ""
    horns = "ươ" in unicodedata.normalize("NFC", "".join(letter for letter in unicodedata.normalize("NFD", syllable) if letter not in tones))
    for letter in unicodedata.normalize("NFC", syllable):
        tone = next((mark for mark in unicodedata.normalize("NFD", letter) if mark in tones), "")
        plain = unicodedata.normalize("NFC", "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark not in tones))
        base, mark_key = marks.get(plain, (plain, ""))
        keys.append(base)
        if mark_key and not (horns and order == "all last" and plain == "ư"):  # one horn key writes both of ươ
            (late if order == "all last" else keys).append(mark_key)
        if tone:
            if order == "at once":
                keys.append(tones[tone])
            else:
                tone_key = tones[tone]
    return "".join(keys) + "".join(late) + tone_key
