"""What an input method that is off leaves behind is read again, in any order in which people type marks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import keystrokes, language

CATALOGUE = Path(__file__).resolve().parents[2] / "fixtures" / "demonstration" / "catalogue"
# Keys that also write another syllable: `moosc` is mốc before it is (rơ) moóc.
AMBIGUOUS = {"moóc", "xoong", "boong"}


def _vocabulary() -> list[str]:
    found: set[str] = set()
    for file in sorted(CATALOGUE.rglob("*")):
        if file.suffix in {".csv", ".json", ".jsonl", ".toml", ".yaml", ".yml"}:
            found.update(language.words(file.read_text(encoding="utf-8")))
    return sorted(word for word in found if language.is_syllable(word) and language.fold(word) != word and word not in AMBIGUOUS)


VOCABULARY = _vocabulary()


def test_there_is_a_vocabulary_to_go_through():
    assert len(VOCABULARY) > 700


@pytest.mark.parametrize("order", ["at once", "tone last", "all last"])
@pytest.mark.parametrize("method", ["telex", "vni"])
def test_every_syllable_of_the_catalogue_comes_back_from_its_keys(method, order):
    decode = {"telex": keystrokes.telex, "vni": keystrokes.vni}[method]
    wrong = {word: keystrokes.typed(word, method, order) for word in VOCABULARY}
    wrong = {word: (keys, decode(keys)) for word, keys in wrong.items() if decode(keys) != word}
    assert wrong == {}


@pytest.mark.parametrize(
    ("keys", "meant"),
    [
        ("ddawng", "đăng"), ("kys", "ký"), ("keets", "kết"), ("hoon", "hôn"), ("tamj", "tạm"), ("khaaur", "khẩu"), ("giayas", "giấy"),
        ("phuwowngf", "phường"), ("truowngf", "trường"), ("vietej", "việt"), ("dangdw", "đăng"), ("lietej", "liệt"), ("soor", "sổ"),
        ("d9a8ng", "đăng"), ("ky1", "ký"), ("ket61", "kết"), ("kha63u", "khẩu"), ("phuong72", "phường"), ("dang89", "đăng"), ("cuoc71", "cước"),
    ],
)  # fmt: skip
def test_what_people_leave_behind_is_read(keys, meant):
    assert meant in keystrokes.decoded(keys)


@pytest.mark.parametrize("plain", ["khai", "sinh", "12", "2018", "", "đăng", "1.001193"])
def test_what_holds_no_mark_is_not_read_as_keys(plain):
    assert keystrokes.decoded(plain) == ()


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("abcdeiouwsfrxjz0123456789")), max_size=40))
def test_any_text_is_read_without_error_and_as_one_word(text):
    for meant in keystrokes.decoded(language.normalise(text)):
        assert language.words(meant) == [meant]


@pytest.mark.parametrize("word", ["đăng", "ký", "khuỷu", "giếng", "gì", "quyền", "nghiêng", "ưu", "yêu", "a", "oanh", "thuở"])
def test_syllables_are_told(word):
    assert language.is_syllable(language.canonical(word))


@pytest.mark.parametrize("word", ["ubnd", "lôp", "cãp", "wifi", "internet", "strong", "đng", "", "12"])
def test_what_is_no_syllable_is_told(word):
    assert not language.is_syllable(word)


def test_judgements_typed_with_keys_are_read_as_their_notes_say():
    with (Path(__file__).resolve().parents[2] / "fixtures" / "search_judgements.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["form"] in {"telex", "vni"}]
    assert len(rows) > 50
    wrong = []
    for row in rows:
        for typed in row["query"].split():
            readings = keystrokes.decoded(language.normalise(typed)) or (language.normalise(typed),)
            if not any(language.canonical(reading) in language.words(row["note"]) for reading in readings):
                wrong.append((typed, readings, row["note"]))
    assert wrong == []
