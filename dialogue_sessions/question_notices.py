"""What is written to who asked or supported a question, and to who wrote or signed a request: the kinds, and who is told."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from foundation.hours import clock_day
from foundation.registries import MessageKind, Placeholder, message_kinds
from messaging import services as messaging
from messaging.models import Contact

from . import question_links as links
from .models import DialogueRequest, Question, QuestionSupport, Session, Signature

RECEIVED, ACCEPTED, REFUSED = "dialogue_sessions.question_received", "dialogue_sessions.question_accepted", "dialogue_sessions.question_refused"
MERGED, ANSWERED = "dialogue_sessions.question_merged", "dialogue_sessions.question_answered"
SIGNED, REQUEST_RECEIVED = "dialogue_sessions.request_signed", "dialogue_sessions.request_received"
REQUEST_OPENED, REQUEST_NEWS = "dialogue_sessions.request_opened", "dialogue_sessions.request_news"
USEFUL = dt.timedelta(days=3)

_ABOUT = Placeholder("about", _("title of the dialogue"), _("Dialogue on land and building permits"))
_WHEN = Placeholder("when", _("its day and hour"), "18:30 03/12/2026")
_QUESTION = Placeholder("question", _("the question as it is public"), _("When will the street lamps of lane 19 burn again?"))
_REASON = Placeholder("reason", _("why, as everybody reads it"), _("It has been answered already."))
_LINK = Placeholder("link", _("its page"), "https://minhbach.example.vn/lich/dat-dai/cau-hoi/12/", link=True)
_SUBJECT = Placeholder("subject", _("what the request is about"), _("Flooding in lane 19"))
_NEWS = Placeholder("news", _("what happened"), _("The dialogue is held on 12/12/2026."))


Texts = tuple[str, str, str]  # subject and text of a letter, text message


def _kind(key: str, label: object, placeholders: tuple[Placeholder, ...], vi: Texts, en: Texts, *, asked_for: bool) -> None:
    defaults = {
        ("email", "vi"): vi[:2], ("email", "en"): en[:2], ("sms", "vi"): ("", vi[2]), ("sms", "en"): ("", en[2]),
    }  # fmt: skip
    message_kinds.register(
        key, MessageKind(key=key, label=label, placeholders=placeholders, defaults=defaults, expires_after=USEFUL, asked_for=asked_for)
    )


def register() -> None:
    """Called when the application starts."""
    _kind(
        RECEIVED, _("A question has come in"), (_ABOUT, _WHEN, _LINK),
        (
            "Đã nhận câu hỏi của bạn",
            "Câu hỏi của bạn cho buổi {about} ({when}) đã đến nơi.\n\nNgười kiểm duyệt sẽ đọc, bỏ tên và số điện thoại nếu có, rồi đăng để mọi người "
            "cùng xem. Bạn theo dõi hoặc rút câu hỏi ở đây:\n{link}\n\nĐừng chuyển liên kết này cho người khác.",
            "Da nhan cau hoi cua ban cho buoi {about}. Theo doi, rut cau hoi: {link}",
        ),
        (
            "We have your question",
            "Your question for {about} ({when}) has arrived.\n\nA moderator reads it, takes out names and telephone numbers, and makes it public. "
            "Follow it or withdraw it here:\n{link}\n\nDo not pass this link on.",
            "We have your question for {about}. Follow or withdraw it: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        ACCEPTED, _("A question is taken and public"), (_ABOUT, _WHEN, _QUESTION, _LINK),
        (
            "Câu hỏi của bạn sẽ được trả lời",
            "Câu hỏi của bạn đã được nhận và đăng như sau:\n\n{question}\n\nCâu này sẽ được trả lời tại buổi {about}, {when}.\n{link}",
            "Cau hoi cua ban da dang, se tra loi tai buoi {about} luc {when}: {link}",
        ),
        (
            "Your question will be answered",
            "Your question has been taken and reads in public:\n\n{question}\n\nIt is answered at {about}, {when}.\n{link}",
            "Your question is public and is answered at {about}, {when}: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        REFUSED, _("A question is not taken"), (_ABOUT, _REASON, _LINK),
        (
            "Câu hỏi của bạn không được đưa vào buổi đối thoại",
            "Rất tiếc, câu hỏi của bạn cho buổi {about} không được đưa vào. Lý do:\n\n{reason}\n\nXem thêm: {link}",
            "Cau hoi cua ban cho buoi {about} khong duoc dua vao. Ly do: {link}",
        ),
        (
            "Your question is not taken",
            "We are sorry: your question for {about} is not taken. The reason:\n\n{reason}\n\nSee: {link}",
            "Your question for {about} is not taken. The reason: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        MERGED, _("A question was put together with another one"), (_ABOUT, _QUESTION, _LINK),
        (
            "Câu hỏi của bạn được gộp với câu cùng nội dung",
            "Nhiều người cùng hỏi một việc như bạn, nên câu hỏi của bạn cho buổi {about} được gộp vào câu này:\n\n{question}\n\n"
            "Mọi lượt đồng tình được cộng lại, và bạn vẫn nhận được câu trả lời.\n{link}",
            "Cau hoi cua ban duoc gop voi cau cung noi dung; ban van nhan duoc tra loi: {link}",
        ),
        (
            "Your question was put together with another one",
            "Others ask the same as you, so your question for {about} was put together with this one:\n\n{question}\n\n"
            "Its supporters are counted together, and you still get the answer.\n{link}",
            "Your question was put together with one that says the same; you still get the answer: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        ANSWERED, _("A question is answered"), (_ABOUT, _QUESTION, _LINK),
        (
            "Đã có câu trả lời",
            "Câu hỏi bạn gửi hoặc đồng tình cho buổi {about} đã có câu trả lời:\n\n{question}\n\nĐọc câu trả lời: {link}",
            "Cau hoi ban quan tam cho buoi {about} da co tra loi: {link}",
        ),
        (
            "There is an answer",
            "The question that you sent or support for {about} is answered:\n\n{question}\n\nRead the answer: {link}",
            "The question that you care about for {about} is answered: {link}",
        ),
        asked_for=False,
    )  # fmt: skip
    _register_requests()


def _register_requests() -> None:
    _kind(
        REQUEST_RECEIVED, _("A request for a dialogue has come in"), (_LINK,),
        (
            "Đã nhận đề nghị đối thoại của bạn",
            "Đề nghị đối thoại của bạn đã đến nơi và chữ ký đầu tiên là của bạn. Người kiểm duyệt sẽ đọc trước khi đăng.\n\n"
            "Bạn rút chữ ký ở đây: {link}\nĐừng chuyển liên kết này cho người khác.",
            "Da nhan de nghi doi thoai cua ban. Rut chu ky: {link}",
        ),
        (
            "We have your request for a dialogue",
            "Your request for a dialogue has arrived, with your signature as the first. A moderator reads it before it is public.\n\n"
            "Take your signature back here: {link}\nDo not pass this link on.",
            "We have your request for a dialogue. Take your signature back: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        SIGNED, _("Somebody has signed a request for a dialogue"), (_SUBJECT, _LINK),
        (
            "Đã ghi nhận chữ ký của bạn",
            "Bạn đã ký đề nghị đối thoại: {subject}.\n\nNếu đổi ý, bạn rút chữ ký ở đây: {link}\nĐừng chuyển liên kết này cho người khác.",
            "Ban da ky de nghi doi thoai. Neu doi y, rut chu ky o day: {link}",
        ),
        (
            "Your signature is counted",
            "You have signed the request for a dialogue: {subject}.\n\nIf you change your mind, take it back here: {link}\nDo not pass this link on.",
            "You have signed a request for a dialogue. To take it back: {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        REQUEST_OPENED, _("A request for a dialogue is public"), (_SUBJECT, _LINK),
        (
            "Đề nghị đối thoại của bạn đã được đăng",
            "Đề nghị {subject} đã được đăng để mọi người cùng ký. Bạn gửi liên kết này cho hàng xóm được: {link}",
            "De nghi doi thoai cua ban da dang, moi nguoi ky duoc tai {link}",
        ),
        (
            "Your request is public",
            "The request {subject} is public, and others can sign it. You may send this link to your neighbours: {link}",
            "Your request for a dialogue is public; others sign at {link}",
        ),
        asked_for=True,
    )  # fmt: skip
    _kind(
        REQUEST_NEWS, _("What comes of a request for a dialogue"), (_SUBJECT, _NEWS, _LINK),
        (
            "Tin về đề nghị đối thoại bạn đã ký",
            "Về đề nghị {subject} mà bạn đã ký:\n\n{news}\n\n{link}",
            "De nghi doi thoai ban da ky co tin moi: {link}",
        ),
        (
            "News of the request that you signed",
            "Of the request {subject} that you signed:\n\n{news}\n\n{link}",
            "There is news of the request for a dialogue that you signed: {link}",
        ),
        asked_for=False,
    )  # fmt: skip


# ── Who is told ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_session(session: Session) -> dict[str, str]:
    return {"about": session.title, "when": clock_day(session.starts_at)}


def _asker(question: Question) -> QuestionSupport | None:
    return question.own_supports.filter(asked=True, contact__isnull=False).select_related("contact").first()


def reason_of(question: Question, language: str) -> str:
    """Why a question was refused, in words: the reason from the list, and what the moderator says."""
    with override(language):
        return f"{str(question.get_refusal_display()).capitalize()}. {question.refusal_words}"


def tell_asker(kind: str, question: Question, *, occasion: str = "") -> None:
    """Write to who asked, in the caller's transaction; to nobody where a clerk wrote the question down or the contact is forgotten."""
    support = _asker(question)
    if support is None or support.contact is None:
        return
    contact = support.contact
    own = links.own_question_url(question, contact.language)
    public = links.question_url(question, contact.language)
    values = {
        RECEIVED: {**_of_session(question.session), "link": own},
        ACCEPTED: {**_of_session(question.session), "question": question.public_text, "link": public},
        REFUSED: {"about": question.session.title, "reason": reason_of(question, contact.language), "link": own},
    }.get(kind)
    if values is None:
        target = question.merged_into or question
        values = {"about": question.session.title, "question": target.public_text, "link": links.question_url(target, contact.language)}
    messaging.send(kind, contact, values, dedupe_key=f"{kind}:{question.pk}{occasion}", unit=question.session.unit)


def tell_everybody(kind: str, question: Question, supports: list[QuestionSupport], occasion: str) -> int:
    """Write to who asked or supports a question; gives to how many. What was told before is not told again."""
    done = 0
    for support in supports:
        contact = support.contact
        if contact is None or not (support.asked or support.wants_news):
            continue
        values = {"about": question.session.title, "link": links.question_url(question, contact.language)}
        if kind == REFUSED:
            values["reason"] = reason_of(question, contact.language)
        else:
            values["question"] = question.public_text
        messaging.send(kind, contact, values, dedupe_key=f"{kind}:{question.pk}:{occasion}:{support.pk}", unit=question.session.unit)
        done += 1
    return done


def tell_signed(signature: Signature) -> None:
    """The link by which a signature is taken back."""
    if signature.contact is None:
        return
    link = links.own_signature_url(signature, signature.contact.language)
    kind, values = (REQUEST_RECEIVED, {"link": link}) if signature.first else (SIGNED, {"subject": signature.request.subject, "link": link})
    messaging.send(kind, signature.contact, values, dedupe_key=f"{kind}:{signature.pk}", unit=signature.request.unit)


def tell_first(request: DialogueRequest) -> None:
    """Who wrote a request hears that it is public."""
    first = request.signatures.filter(first=True, contact__isnull=False).select_related("contact").first()
    if first is not None and first.contact is not None:
        values = {"subject": request.subject, "link": links.request_url(request, first.contact.language)}
        messaging.send(REQUEST_OPENED, first.contact, values, dedupe_key=f"{REQUEST_OPENED}:{request.pk}", unit=request.unit)


def tell_signers(request: DialogueRequest, signatures: list[Signature], occasion: str) -> int:
    """What came of a request, to who signed it and wants to hear; gives to how many."""
    done = 0
    for signature in signatures:
        contact = signature.contact
        if contact is None or not (signature.wants_news or signature.first):
            continue
        values = {
            "subject": request.subject or _without_subject(contact), "news": _news(request, occasion, contact),
            "link": links.request_url(request, contact.language),
        }  # fmt: skip
        messaging.send(REQUEST_NEWS, contact, values, dedupe_key=f"{REQUEST_NEWS}:{request.pk}:{occasion}:{signature.pk}", unit=request.unit)
        done += 1
    return done


def _without_subject(contact: Contact) -> str:
    with override(contact.language):
        return str(_("for a dialogue"))


def _news(request: DialogueRequest, occasion: str, contact: Contact) -> str:
    with override(contact.language):
        if occasion.startswith("scheduled") and request.session is not None:
            return str(_("The dialogue is held: %(when)s.")) % {"when": _of_session(request.session)["when"]}
        if occasion == "reached":
            return str(_("It has as many signatures as it takes (%(needed)s). The unit has to hold a dialogue now.")) % {"needed": request.needed}
        if occasion == "refused":
            return str(_("It was not taken. The reason: %(reason)s")) % {"reason": request.reason}
        return str(_("It is closed. The reason: %(reason)s")) % {"reason": request.reason}
