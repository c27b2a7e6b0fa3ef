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
                _heading("Đến đối thoại, tiếp công dân"),
                _text(
                    'Mở <a href="/lich/">lịch đối thoại, tiếp dân</a>, chọn một buổi rồi bấm đăng ký. Bạn gõ tên và số điện thoại hoặc thư điện '
                    "tử; cổng gửi sáu chữ số, bạn gõ lại là có chỗ. Không cần tài khoản.",
                    "Hết chỗ thì bạn vào danh sách chờ và thấy mình đứng thứ mấy. Có chỗ trống, cổng nhắn cho bạn và giữ chỗ đến giờ ghi trong tin. "
                    "Bận việc thì hủy bằng đường dẫn trong tin xác nhận, để người sau có chỗ.",
                    "Không quen dùng mạng thì gọi hoặc đến cơ quan: cán bộ ghi bạn vào cùng một hàng. Buổi nào có chỗ cho người đến thẳng, trang của "
                    "buổi ấy ghi rõ.",
                    "Bạn gửi câu hỏi trước được. Câu nào cũng được trả lời, hoặc bị từ chối kèm lý do mà ai cũng đọc được. Điều cơ quan đã hứa nằm ở "
                    '<a href="/loi-hua/">bảng lời hứa</a>: đã giữ, chưa giữ hay quá hạn, ai cũng thấy.',
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
                _heading("Come to a dialogue or a reception day"),
                _text(
                    'Open the <a href="/en/lich/">calendar of dialogues and receptions</a>, choose a day and register. You type your name and a '
                    "telephone number or an e-mail address; the portal sends six digits, you type them back, and the seat is yours. No account.",
                    "When all seats are taken you wait, and see your place in the queue. When a seat frees, the portal writes to you and keeps it "
                    "until the hour that the message names. If you cannot come, cancel by the link in your confirmation, so that the next person "
                    "has a seat.",
                    "If you would rather not use the web, call or come to the office: staff write you into the same queue. Where seats are kept for "
                    "those who simply come, the page says so.",
                    "You can send a question ahead. Each is answered, or refused with a reason that everybody can read. What the office promised "
                    'stands on the <a href="/en/loi-hua/">board of promises</a>: kept, not yet, or overdue, for all to see.',
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
            "summary": "Cổng này dùng được bằng bàn phím, bằng trình đọc màn hình, trên điện thoại cũ và khi mạng yếu; chỗ nào chưa được, "
            "trang này nói rõ.",
            "body": [
                _heading("Chúng tôi làm theo chuẩn nào"),
                _text(
                    "WCAG 2.2 mức AA (và EN 301 549), theo tinh thần Thông tư 26/2020/TT-BTTTT về hỗ trợ người khuyết tật: chữ đủ đậm so với "
                    "nền ở giao diện sáng và tối, mọi nút bấm tới được bằng phím Tab, phóng to 400 % không phải kéo ngang, không có gì nhấp nháy.",
                    "Các trang đọc được khi tắt JavaScript. Không trang nào gọi tới máy chủ của bên thứ ba. Cỡ chữ và độ tương phản chỉnh được ở "
                    "đầu mỗi trang.",
                ),
                _heading("Đã kiểm tra thế nào"),
                _text(
                    "Mỗi lần sửa phần mềm, máy kiểm tra lại từng loại trang ở màn hình hẹp và rộng (axe, không được có lỗi nào), chỉ dùng bàn phím, "
                    "khi tắt JavaScript, và ở chế độ tương phản cao. Đây là tự đánh giá của phần mềm, chưa có đơn vị độc lập đánh giá.",
                ),
                _heading("Những chỗ chưa đạt mà chúng tôi biết"),
                _text(
                    "Tệp mẫu đơn do cơ quan khác ban hành có thể chưa đọc được bằng trình đọc màn hình: hãy đến quầy hoặc gọi, cán bộ đọc và điền "
                    "giúp.",
                    "Nội dung chính thức của thủ tục chỉ có tiếng Việt, ở trang tiếng Anh cũng vậy. Bảng rộng (lệ phí, so sánh các bản) trên điện "
                    "thoại phải kéo trong khung của bảng.",
                    "Chưa có bản bằng ngôn ngữ ký hiệu và bản dễ đọc.",
                ),
                _heading("Bạn gặp chỗ khó dùng?"),
                _text(
                    "Hãy gọi số điện thoại ở cuối trang và nói bạn đang ở trang nào, dùng máy gì. Chúng tôi trả lời trong 10 ngày "
                    "làm việc, và trong lúc chờ "
                    "thì giúp bạn làm việc đó bằng cách khác. Chưa thỏa đáng thì bạn phản ánh với người đứng đầu cơ quan, tại buổi tiếp công dân "
                    "hoặc bằng văn bản.",
                    "Bản tuyên bố này lập ngày 29/11/2026.",
                ),
            ],
        },
        "en": {
            "slug": "accessibility",
            "title": "Accessibility",
            "summary": "This portal works by keyboard, with a screen reader, on old telephones and on weak networks; where it does not "
            "yet, this page says so.",
            "body": [
                _heading("What we follow"),
                _text(
                    "WCAG 2.2, level AA (and EN 301 549), in the spirit of Circular 26/2020/TT-BTTTT: enough contrast in the light and the dark "
                    "appearance, everything within reach of the Tab key, no scrolling sideways at 400 %, nothing that blinks.",
                    "Pages can be read with JavaScript off. None asks a server of anybody else. Size of text and contrast can be set at the head "
                    "of each page.",
                ),
                _heading("How it was checked"),
                _text(
                    "At every change of the software, each kind of page is checked by machine on narrow and wide screens (axe, "
                    "without a single finding), "
                    "by keyboard alone, with JavaScript off and in high contrast. This is the software’s own assessment; nobody independent has "
                    "made one yet.",
                ),
                _heading("What does not hold yet, as far as we know"),
                _text(
                    "Forms made by other offices may not be readable by a screen reader: come to the counter or call, and staff read them and "
                    "fill them in with you.",
                    "The official text of procedures is in Vietnamese only, on English pages too. Wide tables (fees, comparison of versions) "
                    "scroll inside their frame on a telephone.",
                    "There is no version in sign language and none in easy language.",
                ),
                _heading("Is something hard to use?"),
                _text(
                    "Call the number at the foot of the page and say on which page you are and what you use. We answer within 10 "
                    "working days, and help you "
                    "in another way meanwhile. If you are not content, tell the head of the office, at a citizens’ reception or in writing.",
                    "This statement was made on 29 November 2026.",
                ),
            ],
        },
    },
    "privacy": {
        "place": "about",
        "vi": {
            "slug": "quyen-rieng-tu",
            "title": "Quyền riêng tư",
            "summary": "Đọc cổng này không để lại dấu vết về bạn. Trang này nói rõ những gì được ghi, để làm gì và giữ bao lâu.",
            "body": [
                _heading("Khi bạn đọc"),
                _text(
                    "Các trang công khai không dùng cookie, không có dịch vụ đếm người xem của bên ngoài, không biết bạn là ai. Cổng chỉ đếm mỗi "
                    "trang được mở bao nhiêu lần một ngày.",
                    "Cỡ chữ, độ tương phản bạn chọn và những ô bạn đánh dấu trong một hướng dẫn được trình duyệt của bạn nhớ, không gửi cho chúng "
                    "tôi.",
                    "Khi bạn tìm, cổng nhớ những chữ đã gõ, ngày và giờ (không có phút), kết quả được chọn và câu trả lời có tìm thấy hay không, "
                    "để sửa những chỗ tìm không ra; câu nhiều người hỏi được gợi ý cho người khác. "
                    "Không nhớ ai đã tìm: không địa chỉ máy, không tài khoản, không con số dài nào. Xóa sau 13 "
                    "tháng.",
                    "Xin đừng gõ số căn cước, số điện thoại hay mã hồ sơ vào ô tìm kiếm: cổng sẽ chặn lại và không giữ gì của câu ấy.",
                ),
                _heading("Khi bạn đăng ký, gửi câu hỏi, ký tên hoặc theo dõi"),
                _text(
                    "Đăng ký dự đối thoại, tiếp công dân hay hẹn ở quầy: cổng giữ họ tên, số điện thoại hoặc thư điện tử, thôn hay khu phố, việc bạn "
                    "muốn nói, số người đi cùng, điều bạn cần hỗ trợ và giấy tờ bạn gửi kèm. Chỉ để giữ chỗ, nhắc bạn, báo khi đổi giờ và chuẩn bị "
                    "câu trả lời.",
                    "Gửi hay ủng hộ một câu hỏi, ký đề nghị đối thoại, theo dõi một lời hứa: cổng giữ số điện thoại hoặc thư điện tử, để mỗi người "
                    "được tính một lần và để báo kết quả cho bạn. Câu hỏi chỉ được đăng sau khi cán bộ bỏ đi những gì nói về riêng ai; tên bạn chỉ "
                    "hiện khi bạn đồng ý.",
                    "Những điều ấy được mã hóa. Danh sách cán bộ xem chỉ hiện vài chữ số cuối; ai mở ra đọc đều được ghi lại. Tin gửi bạn đi qua nhà "
                    "mạng hoặc hộp thư mà bạn dùng.",
                    "Giữ bao lâu: đăng ký, 90 ngày sau buổi; góp ý cho biên bản, 90 ngày; "
                    "câu hỏi và giấy tờ gửi kèm, 90 ngày sau khi được trả lời hoặc bị từ chối; chữ ký, 90 "
                    "ngày sau khi đề nghị khép lại; số liên lạc của người theo dõi, 90 ngày sau khi lời hứa xong; tin đã gửi, 90 ngày. Gửi mà không "
                    "nhập mã thì hai ngày. Sổ tiếp công dân, năm năm.",
                    "Đường dẫn trong tin xác nhận cho bạn đổi, hủy chỗ, xóa giấy tờ hoặc rút lại đồng ý; tin theo dõi nào cũng có đường dẫn để thôi "
                    "nhận.",
                ),
                _heading("Những gì được ghi để cổng chạy được"),
                _text(
                    "Nhật ký máy chủ: giờ, loại trang, kết quả và một mã của lượt truy cập; không ghi địa chỉ đầy đủ của máy bạn, không ghi điều "
                    "bạn tìm. Giữ nhiều nhất 30 ngày.",
                    "Để chặn máy tự động, cổng đếm số lần hỏi trong vài phút theo một mã băm của địa chỉ mạng, không phải chính địa chỉ đó. Xóa "
                    "sau một ngày.",
                    "Bản sao lưu được mã hóa và xóa sau 30 ngày.",
                ),
                _heading("Cookie"),
                _text(
                    "Trang có biểu mẫu (đăng ký, gửi câu hỏi, ký tên…) đặt một cookie để không ai gửi thay bạn; nó không biết bạn là ai và mất khi "
                    "đóng trình duyệt. Trang đăng nhập của cán bộ đặt thêm một cookie cho phiên làm việc, mất khi đóng trình duyệt hoặc sau 12 giờ.",
                ),
                _heading("Cán bộ"),
                _text(
                    "Tên, chức danh và số điện thoại cơ quan của người có trách nhiệm được công khai vì pháp luật yêu cầu. Tài "
                    "khoản cán bộ lưu tên, địa chỉ thư, "
                    "mật khẩu đã băm, mã xác thực đã mã hóa; việc làm trong hệ thống được ghi lại và không xóa được.",
                ),
                _heading("Quyền của bạn"),
                _text(
                    "Theo Luật Bảo vệ dữ liệu cá nhân (91/2025/QH15) bạn được biết, xem, sửa, xóa dữ liệu về mình, rút lại đồng ý và khiếu nại. "
                    "Hãy gọi số điện thoại ở cuối trang hoặc đến bộ phận Một cửa. Cơ quan đứng tên cổng này chịu trách nhiệm.",
                    "Bản này lập ngày 30/11/2026. Khi cổng lưu thêm điều gì, trang này đổi trước.",
                ),
            ],
        },
        "en": {
            "slug": "privacy",
            "title": "Privacy",
            "summary": "Reading this portal leaves no trace of you. This page says what is written down, what for, and for how long.",
            "body": [
                _heading("When you read"),
                _text(
                    "Public pages use no cookies, no visitor counter of anybody else, and do not know who you are. The portal counts how often "
                    "each page was opened a day, and nothing more.",
                    "The size of text and the contrast that you choose, and what you tick in a guide, are kept by your browser and not sent to us.",
                    "When you search, the portal remembers the words, the day and the hour (no minutes), which result was chosen and whether "
                    "you said you found it, so that what cannot be found is mended; what many ask is suggested to others. "
                    "It does not remember who searched: no address of a device, no "
                    "account, no long number. Removed after 13 months.",
                    "Please do not type identity numbers, telephone numbers or dossier codes into the search box: the portal stops them and "
                    "keeps nothing of such a question.",
                ),
                _heading("When you register, ask, sign or follow"),
                _text(
                    "For a seat at a dialogue or reception day, or an appointment at a counter, the portal keeps your name, telephone number or "
                    "e-mail address, hamlet or quarter, what you want to speak about, how many come with you, the help that you need and the "
                    "papers that you send. Only to keep the seat, remind you, tell you of changes and prepare the answer.",
                    "For a question, the support of one, a signature under a request for a dialogue, or a promise that you follow, it keeps the "
                    "number or address, so that each person counts once and hears what came of it. A question is shown after staff have taken out "
                    "what is about a single person; your name is shown only if you agree.",
                    "All of this is encrypted. Lists of the staff show the last digits only, and whoever opens one is on record. Messages to you "
                    "pass through your telephone company or mail service.",
                    "For how long: a registration, 90 days after the day; what you correct in minutes, 90 days; "
                    "a question and its papers, 90 days after it is answered or refused; a "
                    "signature, 90 days after the request is closed; the number of whoever follows, 90 days after the promise is closed; a "
                    "message, 90 days. What is sent without typing the code, two days. The register of reception days, five years.",
                    "The link in your confirmation lets you change or cancel, delete papers and withdraw consent; each message of what you follow "
                    "has a link that ends it.",
                ),
                _heading("What is written down so that the portal can run"),
                _text(
                    "The servers’ logs: the time, the kind of page, how it ended and a code of the request; not the whole address of your device, "
                    "not what you searched for. Kept for 30 days at most.",
                    "To stop robots, the portal counts questions over a few minutes by a keyed hash of the network address, not by the address "
                    "itself. Removed after a day.",
                    "Backups are encrypted and removed after 30 days.",
                ),
                _heading("Cookies"),
                _text(
                    "Pages with a form (to register, ask, sign…) set one cookie so that nobody can send it in your stead; it does not know who "
                    "you are and ends when the browser is closed. The sign-in pages of staff set one more for the session, which ends when the "
                    "browser is closed, or after 12 hours.",
                ),
                _heading("Staff"),
                _text(
                    "Name, post and work telephone of those responsible are public because the law asks for it. Accounts of staff "
                    "hold a name, a mail address, a hashed "
                    "password and an encrypted second factor; what is done in the system is recorded and cannot be removed.",
                ),
                _heading("Your rights"),
                _text(
                    "Under the Law on Personal Data Protection (91/2025/QH15) you may know, see, correct and have removed what is "
                    "kept about you, withdraw consent, and complain. "
                    "Call the number at the foot of the page or come to the one-stop counter. The office whose name stands on this portal answers "
                    "for it.",
                    "This notice was made on 30 November 2026. When the portal comes to keep more, this page changes first.",
                ),
            ],
        },
    },
    "security": {
        "place": "about",
        "vi": {
            "slug": "bao-lo-hong",
            "title": "Báo lỗ hổng bảo mật",
            "summary": "Bạn thấy cổng này có chỗ không an toàn? Hãy cho chúng tôi biết trước.",
            "body": [
                _text(
                    "Cách liên hệ nằm trong tệp /.well-known/security.txt; không có mạng thì gọi số điện thoại ở cuối trang và nói “báo lỗ hổng "
                    "bảo mật”.",
                    "Hãy nói rõ: ở trang nào, làm thế nào thì thấy, có thể gây hại gì. Xin đừng xem, sửa hay tải dữ liệu của người "
                    "khác, đừng làm cổng ngừng chạy, "
                    "và đừng công bố trước khi lỗi được sửa.",
                    "Chúng tôi trả lời trong 3 ngày làm việc, cho bạn biết khi nào sửa xong, và không truy cứu ai làm đúng như trên.",
                ),
            ],
        },
        "en": {
            "slug": "report-a-weakness",
            "title": "Report a weakness",
            "summary": "Have you found something here that is not safe? Please tell us first.",
            "body": [
                _text(
                    "Where to write stands in the file /.well-known/security.txt; or call the number at the foot of the page and say “report a "
                    "weakness”.",
                    "Say on which page, how it is seen, and what harm it could do. Please do not look at, change or take away what "
                    "belongs to others, do not stop the "
                    "portal, and do not publish before it is mended.",
                    "We answer within 3 working days, tell you when it is mended, and hold nothing against whoever does as asked here.",
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
