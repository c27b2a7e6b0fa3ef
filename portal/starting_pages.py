"""The words of the pages that every portal begins with. Editors change them in the back office afterwards."""

from __future__ import annotations

from typing import Any


def _heading(text: str) -> dict[str, Any]:
    return {"type": "heading", "value": {"level": "2", "text": text}}


def _text(*paragraphs: str) -> dict[str, Any]:
    return {"type": "text", "value": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)}


PAGES: dict[str, dict[str, Any]] = {
    "help": {
        "place": "nav",
        "vi": {
            "slug": "tro-giup",
            "title": "Trợ giúp",
            "summary": "Tìm một thủ tục, đọc cho nhanh, và hỏi ai khi chưa rõ.",
            "body": [
                _heading("Tìm thủ tục"),
                _text(
                    "Gõ việc bạn cần làm bằng lời của mình: “làm giấy khai sinh cho con”, “xac nhan doc than”. Có dấu hay không dấu "
                    "đều tìm được. Chưa thấy thì bớt chữ đi, hoặc gọi bằng tên khác.",
                    "Không biết gọi là gì thì bắt đầu từ việc trong đời ở trang chủ, hoặc từ lĩnh vực.",
                ),
                _heading("Đọc trang một thủ tục"),
                _text(
                    "Bốn câu trả lời đứng đầu trang: bao lâu, bao nhiêu tiền, nộp ở đâu, mang theo gì. Đọc hết màn hình đầu là bạn có thể đi làm.",
                    "Danh sách giấy tờ là đủ. Cán bộ không được đòi thêm giấy tờ ngoài danh sách.",
                    "Dòng chữ “bản đang có hiệu lực từ…” cho biết quy định có từ khi nào. Cuối trang là những lần thay đổi, bạn xem được "
                    "từng chữ đã thêm và bớt.",
                ),
                _heading("Khi trễ hẹn hoặc chưa hài lòng"),
                _text(
                    "Trước ngày hẹn, cơ quan phải gửi bạn văn bản xin lỗi, nói rõ lý do và ngày trả mới, chỉ được hẹn lại một lần. "
                    "Nếu không thấy, bạn gọi số điện thoại ở cuối trang.",
                ),
                _heading("Nhờ người khác làm giúp"),
                _text(
                    "Bạn đến quầy Một cửa nếu không quen dùng mạng: cán bộ hướng dẫn và nộp giúp, không mất tiền. "
                    "Trang của mỗi cơ quan ghi rõ quầy nào có lối cho xe lăn."
                ),
            ],
        },
        "en": {
            "slug": "help",
            "title": "Help",
            "summary": "Find a procedure, read it quickly, and know whom to ask.",
            "body": [
                _heading("Find a procedure"),
                _text(
                    "Type what you need to do in your own words, in Vietnamese, with or without tone marks. Nothing found? Use fewer "
                    "words, or another name for it.",
                    "If you do not know what it is called, start from what happens in your life on the home page, or from a field.",
                ),
                _heading("Read a procedure’s page"),
                _text(
                    "Four answers stand first: how long, how much, where to file, what to bring. The first screen is enough to act.",
                    "The list of papers is complete. Nobody may ask you for more.",
                    "Official text stays in Vietnamese, since only that text is law. At the end of the page you see what changed, word by word.",
                ),
                _heading("When it is late, or you are not content"),
                _text(
                    "Before the promised day the office must send you an apology with the reason and a new date, and may do so only once. "
                    "If none came, call the number at the foot of this page.",
                ),
                _heading("Have somebody help you"),
                _text("If you would rather not use the web, come to the one-stop counter: staff show you how and file it for you, free of charge."),
            ],
        },
    },
    "accessibility": {
        "place": "about",
        "vi": {
            "slug": "tiep-can",
            "title": "Tiếp cận",
            "summary": "Cổng này dùng được bằng bàn phím, bằng trình đọc màn hình, trên điện thoại cũ và khi mạng yếu.",
            "body": [
                _text(
                    "Chúng tôi làm theo WCAG 2.2 mức AA: chữ đủ đậm so với nền ở giao diện sáng và tối, mọi nút bấm tới được bằng phím Tab, "
                    "phóng to 400 % không phải kéo ngang, không có gì nhấp nháy.",
                    "Các trang đọc được khi tắt JavaScript. Không trang nào gọi tới máy chủ của bên thứ ba.",
                ),
                _heading("Bạn gặp chỗ khó dùng?"),
                _text("Hãy gọi số điện thoại ở cuối trang và nói bạn đang ở trang nào, dùng máy gì. Chúng tôi sửa và báo lại."),
            ],
        },
        "en": {
            "slug": "accessibility",
            "title": "Accessibility",
            "summary": "This portal works by keyboard, with a screen reader, on old telephones and on weak networks.",
            "body": [
                _text(
                    "We follow WCAG 2.2, level AA: enough contrast in the light and the dark appearance, everything within reach of the Tab key, "
                    "no scrolling sideways at 400 %, nothing that blinks.",
                    "Pages can be read with JavaScript off. None asks a server of anybody else.",
                ),
                _heading("Is something hard to use?"),
                _text("Call the number at the foot of the page and say on which page you are and what you use. We mend it and tell you."),
            ],
        },
    },
    "privacy": {
        "place": "about",
        "vi": {
            "slug": "quyen-rieng-tu",
            "title": "Quyền riêng tư",
            "summary": "Đọc cổng này không để lại dấu vết về bạn.",
            "body": [
                _text(
                    "Các trang công khai không dùng cookie, không đếm người xem bằng dịch vụ bên ngoài, không biết bạn là ai.",
                    "Điều bạn tìm không được lưu lại. Xin đừng gõ số căn cước, số điện thoại hay mã hồ sơ vào ô tìm kiếm: cổng sẽ chặn lại.",
                ),
            ],
        },
        "en": {
            "slug": "privacy",
            "title": "Privacy",
            "summary": "Reading this portal leaves no trace of you.",
            "body": [
                _text(
                    "Public pages use no cookies, no visitor counter of anybody else, and do not know who you are.",
                    "What you search for is not kept. Please do not type identity numbers, telephone numbers or dossier codes into the search "
                    "box: the portal stops them.",
                ),
            ],
        },
    },
}

GUIDES: dict[str, dict[str, str]] = {
    "vi": {
        "slug": "viec", "title": "Việc trong đời",
        "summary": "Có con, cưới hỏi, nhà cửa, lúc khó khăn: làm gì trước, làm gì sau, việc nào gộp được một lần.",
    },
    "en": {
        "slug": "viec", "title": "What happens in your life",
        "summary": "A child, a marriage, a home, hard times: what comes first, what comes after, and what can be done in one go.",
    },
}  # fmt: skip

SECTION: dict[str, dict[str, str]] = {
    "vi": {"slug": "tin-tuc", "title": "Tin tức", "summary": "Việc mới, thông báo và hướng dẫn của cơ quan, theo ngày."},
    "en": {"slug": "news", "title": "News", "summary": "News, notices and guides of the office, by date."},
}
