"""Whether two questions say the same: pairs that people call the same are near, pairs that they do not are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_sessions.similarity import near, personal_number

ASKED = [
    (1, "Vì sao hồ sơ tách thửa ở khu phố 5 chờ hơn 3 tháng?"),
    (2, "Nhà cấp 4 sửa mái có phải xin phép không?"),
    (3, "Khi nào có bản đồ quy hoạch mới?"),
    (4, "Khi nào hẻm 19 có đèn đường?"),
    (5, "Rác ở chợ Bến Lành mấy ngày mới thu một lần?"),
    (6, "Trường tiểu học có xây thêm phòng học không?"),
    (7, "Bao giờ làm xong cống thoát nước đường Lê Lợi?"),
]
SAME = [
    ("hồ sơ tách thửa khu phố 5 sao chờ lâu quá", 1),
    ("ho so tach thua khu pho 5 cho lau", 1),
    ("Cho tôi hỏi sửa mái nhà cấp 4 có cần xin giấy phép?", 2),
    ("Bản đồ quy hoạch mới bao giờ công bố ạ", 3),
    ("den duong hem 19 bao gio co", 4),
    ("Hẻm 19 tối quá, đèn đường khi nào lắp?", 4),
    ("chợ Bến Lành rác không ai thu", 5),
    ("Cống thoát nước ở đường Lê Lợi khi nào xong?", 7),
]
OTHER = [
    "Khi nào có lương tháng 13 cho giáo viên?",
    "Xin hỏi thủ tục đăng ký kết hôn cần giấy tờ gì?",
    "Con tôi tiêm chủng ở đâu?",
    "Bao giờ có nước sạch?",
    "Cho hỏi khi nào thì có thể được không ạ?",
    "",
    "?!…",
]


@pytest.mark.parametrize(("text", "key"), SAME)
def test_what_people_call_the_same_is_found_first(text, key):
    found = near(text, ASKED)
    assert found, text
    assert found[0].key == key


@pytest.mark.parametrize("text", OTHER)
def test_what_is_something_else_finds_nothing(text):
    assert near(text, ASKED) == []


@given(st.text(max_size=300), st.lists(st.text(max_size=120), max_size=8))
def test_it_takes_any_text_and_ranks_by_nearness(text, others):
    found = near(text, enumerate(others))
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= 3
    assert all(0 < score <= 1.000001 for score in scores)


def test_the_same_words_are_as_near_as_can_be():
    assert near(ASKED[0][1], ASKED)[0].score == pytest.approx(1)


@pytest.mark.parametrize("before", [0, 100, 395, 399, 1500])
def test_a_number_is_found_wherever_it_stands(before):
    assert personal_number("x " * (before // 2) + " gọi 0912 345 678 nhé") == "telephone"
    assert personal_number("x " * (before // 2) + " năm 2026, 12 triệu, 3/2") == ""
