"""Rules for enquiries and their answers: the words' hashes are rebuilt from the words."""

from ledger_app.domain.standing import act_reason_words
from ledger_app.domain.words import printable
from ledger_app.proof.hashes import words_hash
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.leaf import enquiry_id
from ledger_app.signer.requests import Request, member
from ledger_app.signer.rules import Desk, Finding, Rule, must_equal, named, refused, when
from ledger_app.signer.rules_certificates import read_subject

_NO_LEAF = bytes(32)


def enquire(request: Request, desk: Desk) -> Finding:
    message = request.message
    must_equal("from", message.sender, desk.own)
    must_equal("to", message.to, named(request, "to"))
    must_equal("subject", message.subject, _words_hash(request, "text", "salt"))
    if message.reply_by <= desk.now:
        raise refused(
            "SIGNER_DEADLINE", f"the reply is asked for by {when(message.reply_by)}, which has passed"
        )
    about = "a paper that is not on the ledger"
    if message.leaf != _NO_LEAF:
        about = read_subject(request).words
    return Finding(
        f"Ask {printable(request.evidence['to'])} about {about}: {act_reason_words('enquire', message.code)} "
        f"{_text(request)}(reply by {when(message.reply_by)})"
    )


def answer(request: Request, desk: Desk) -> Finding:
    message = request.message
    must_equal("the organisation asked", named(request, "to"), desk.own)
    subject = _words_hash(request, "question", "questionSalt")
    must_equal("enquiry", message.enquiry, enquiry_id(named(request, "from"), desk.own, subject))
    must_equal("reply", message.reply, _words_hash(request, "text", "salt"))
    words = act_reason_words("answer", message.code)
    asked = f"the enquiry {_text(request, 'question')}of {printable(request.evidence['from'])}"
    return Finding(f"Answer {asked}: {words} {_text(request)}".rstrip())


def _words_hash(request: Request, words: str, salt: str) -> bytes:
    return words_hash(
        from_hex(member(request.evidence, salt, str), 32, field=salt), member(request.evidence, words, str)
    )


def _text(request: Request, name: str = "text") -> str:
    text = request.evidence[name]
    return f"“{printable(text)}” " if text else ""


RULES: dict[str, Rule] = {"Enquire": enquire, "Answer": answer}
