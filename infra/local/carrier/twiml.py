"""What a webhook's answer asks the provider to text back."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from infra.local.carrier.errors import TWIML_UNREADABLE, WEBHOOK_CONTENT_TYPE

_XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


class UnreadableAnswerError(Exception):
    """The answer is no TwiML; ``code`` is what Twilio's debugger shows for it."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"unreadable webhook answer ({code})")


def texts_of(*, content_type: str, body: str) -> list[str]:
    """Return the texts to send: those of ``<Message>``, or a whole ``text/plain`` answer.

    ``content_type`` is the media type without parameters. An empty answer sends nothing.
    Raises :class:`UnreadableAnswerError` on another media type or on a document that is no TwiML.
    """
    if not body.strip():
        return []
    if content_type == "text/plain":
        return [body]
    if content_type not in _XML_TYPES:
        raise UnreadableAnswerError(WEBHOOK_CONTENT_TYPE)
    try:
        document = ET.fromstring(body)  # noqa: S314 - expat limits entities; our own stack answers
    except ET.ParseError as error:
        raise UnreadableAnswerError(TWIML_UNREADABLE) from error
    if document.tag != "Response":
        raise UnreadableAnswerError(TWIML_UNREADABLE)
    texts = (_text_of(verb) for verb in document if verb.tag in ("Message", "Sms"))
    return [text for text in texts if text]


def _text_of(verb: ET.Element) -> str:
    noun = verb.find("Body")
    return ((verb if noun is None else noun).text or "").strip()
