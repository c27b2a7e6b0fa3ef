"""Telephone numbers and e-mail addresses: many spellings, one number; bad ones get a message that says what is wrong."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from messaging import addresses
from messaging.enums import ContactKind


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "(0912) 345 678", "+84912345678", "+84 912 345 678", "+84 (0)912 345 678",
        "84912345678", "0084912345678", " 0912 345 678 ", "０９１２３４５６７８", "0912\u00a0345\u00a0678", "0912–345–678",
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_is_one(typed):
    assert addresses.telephone(typed) == "+84912345678"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("091234567", "mười chữ số"), ("09123456789", "mười chữ số"), ("0112345678", "03, 05, 07, 08"), ("02438123456", "cố định"),
        ("+1 202 555 0100", "Việt Nam"), ("912345678", "bắt đầu bằng 0"), ("so dien thoai", "chữ số"), ("", "chữ số"),
        ("0912345678\r\nBcc", "chữ số"),
        ("9" * 400, "không phải"), ("+", "chữ số"), ("٠٩١٢٣٤٥٦٧٨", "chữ số"),
    ],
)  # fmt: skip
def test_a_bad_number_gets_a_message_that_helps(typed, says):
    with pytest.raises(ValidationError) as error:
        addresses.telephone(typed)
    assert says in error.value.messages[0]


@pytest.mark.parametrize(
    ("typed", "is_"),
    [
        ("An.Nguyen@Example.VN", "an.nguyen@example.vn"), (" a+b@mail.example.gov.vn ", "a+b@mail.example.gov.vn"),
        ("an@ví-dụ.vn", "an@xn--v-d-fja8460d.vn"),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(typed, is_):
    if "xn--" in is_:
        is_ = "an@" + "ví-dụ.vn".encode("idna").decode()
    assert addresses.email(typed) == is_


@pytest.mark.accepts("B13")
@pytest.mark.parametrize(
    "typed",
    [
        "a@b.vn\r\nBcc: c@d.vn", "a@b.vn\nx", "a\r@b.vn", '"a b"@b.vn', "a b@b.vn", "a@b", "@b.vn", "a@", "", "a,b@c.vn", "a@b.vn,c@d.vn", "<a@b.vn>",
        "A <a@b.vn>", "a@b.vn;c@d.vn", "a\x00@b.vn", "a\u2028@b.vn", "ă@b.vn", "a" * 300 + "@b.vn", "a@" + "b" * 300 + ".vn", "a@b..vn",
        "a@b.vn\u202e",
    ],
)  # fmt: skip
def test_what_could_make_a_header_of_its_own_is_no_address(typed):
    with pytest.raises(ValidationError):
        addresses.email(typed)


@given(
    st.sampled_from("35789"),
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.lists(st.sampled_from([" ", ".", "-", "", "  "]), min_size=10, max_size=10),
)
def test_any_number_in_any_spelling(first, rest, gaps):
    national = first + rest
    spaced = "".join(digit + gap for digit, gap in zip(national, gaps, strict=False))
    for prefix in ("0", "+84", "+84 ", "84", "0084", "+84(0)"):
        assert addresses.telephone(prefix + spaced) == f"+84{national}"
    assert addresses.telephone(addresses.telephone("0" + national)) == f"+84{national}"


@given(st.text(max_size=60))
def test_anything_typed_is_taken_or_refused_in_words(typed):
    for kind, normalise in addresses.NORMALISE.items():
        try:
            value = normalise(typed)
        except ValidationError as error:
            assert error.messages[0]
        else:
            assert normalise(value) == value
            assert value.isascii() and value.isprintable() and " " not in value
            assert kind in ContactKind


@pytest.mark.parametrize(("kind", "value", "seen"), [("telephone", "+84912345678", "••• ••• 678"), ("email", "an.nguyen@example.vn", "a•••@e•••.vn")])
def test_a_mask_shows_little(kind, value, seen):
    assert addresses.masked(kind, value) == seen
