"""Texts with placeholders: nothing else in braces is looked up, HTML escapes, text messages are counted as networks count."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import rendering

NAMES = {"name", "code"}
ATTACKS = [
    "{x.__class__}", "{name.__class__}", "{name[0]}", "{name!r}", "{name:>9}", "{0}", "{}", "{% if x %}", "{{ name }}", "{# x #}", "{ name }",
    "{settings}", "{", "}", "{NAME}", "${name.x}",
]  # fmt: skip


@pytest.mark.accepts("B12")
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_placeholder_stays_literal_and_is_refused_at_saving(attack):
    assert rendering.unknown_parts(f"Chào {attack} bạn", NAMES), attack
    if "{{ name" not in attack and attack != "{name}":
        assert rendering.fill(f"Chào {attack} bạn", {"name": "An", "code": "1"}) == f"Chào {attack} bạn"


@pytest.mark.accepts("B12")
@pytest.mark.parametrize("attack", ["{code}", "{name}", "{x.__class__}", "{{ code }}", "{% now %}"])
def test_braces_in_a_value_are_never_looked_at_again(attack):
    assert rendering.fill("{name}", {"name": attack, "code": "123456"}) == attack


@pytest.mark.accepts("B12")
def test_the_html_part_escapes_text_and_values():
    made = rendering.as_html("<b>Chào</b> {name} & {code}", {"name": "<script>alert(1)</script>", "code": "\"'&"}, (), "https://x.vn")
    assert "<script" not in made and "<b>" not in made
    assert "&lt;script&gt;" in made and "&quot;&#x27;&amp;" in made


@pytest.mark.accepts("B12")
def test_only_addresses_of_this_portal_become_links():
    def made(value):
        return rendering.as_html("{link}", {"link": value}, ("link",), "https://minhbach.vn")

    assert made("https://minhbach.vn/lich/1/") == '<p><a href="https://minhbach.vn/lich/1/">https://minhbach.vn/lich/1/</a></p>'
    for value in ("https://minhbach.vn.evil.example/", "javascript:alert(1)", "https://evil.example/", 'https://minhbach.vn/"onclick="x'):
        assert "<a" not in made(value) or "&quot;" in made(value)


@pytest.mark.accepts("B13")
@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\x1e"])
def test_nothing_breaks_the_line_of_a_header(sign):
    made = rendering.one_line(f"Lịch{sign}Bcc: ai@do.vn")
    assert len(made.splitlines()) == 1 and "\x00" not in made


@pytest.mark.accepts("B13")
@given(st.text(max_size=80))
def test_any_value_is_one_line_in_a_header(value):
    made = rendering.one_line(value)
    assert len(made.splitlines()) <= 1
    assert rendering.one_line(made) == made


@pytest.mark.accepts("B12")
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_value_lands_once_and_as_it_is(before, value):
    values = {"name": value, "code": "1"}
    literal = re.sub(r"[{}]", "", before)
    assert rendering.fill(literal + "{name}", values) == literal + rendering.clean(value)
    html = rendering.as_html("{name}", values, (), "https://x.vn")
    assert re.fullmatch(r"<p>(?:[^<>]|<br>)*</p>", html)


@given(st.text(max_size=60))
def test_clean_is_idempotent_and_without_unseen_signs(value):
    made = rendering.clean(value)
    assert rendering.clean(made) == made
    assert not set(made) & rendering._UNSEEN and "\r" not in made


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "GSM-7", 0, 1), ("a" * 160, "GSM-7", 160, 1), ("a" * 161, "GSM-7", 161, 2), ("a" * 306, "GSM-7", 306, 2), ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1), ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2), ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("ă" * 70, "UCS-2", 70, 1), ("ă" * 71, "UCS-2", 71, 2), ("ă" * 134, "UCS-2", 134, 2), ("ă" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1), ("😀" * 36, "UCS-2", 72, 2), ("ă" * 66 + "😀" * 34, "UCS-2", 134, 3), ("Mã: 123456", "UCS-2", 10, 1),
    ],
)  # fmt: skip
def test_text_messages_are_counted_as_networks_do(text, alphabet, units, parts):
    assert rendering.sms_length(text) == rendering.Length(alphabet, units, parts)


@given(st.text(alphabet="ăâđêôơưĂÂĐÊÔƠƯáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵabcxyz 0123456789.,:?!–’“”", max_size=80))
def test_vietnamese_without_marks_fits_into_the_small_alphabet(text):
    assert rendering.sms_length(rendering.without_marks(text)).alphabet == "GSM-7"
