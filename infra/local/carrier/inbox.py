"""A handset texts: the provider's keywords, the webhook, and what its answer sends back."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.carrier.errors import OPTED_OUT, WEBHOOK_FAILED
from infra.local.carrier.keywords import REPLIES, Keyword, KeywordReplies, keyword_of
from infra.local.carrier.numbers import country_of, is_toll_free
from infra.local.carrier.outbox import Outbox
from infra.local.carrier.records import Direction, Message, Origin, Sender, Status
from infra.local.carrier.store import Store
from infra.local.carrier.twiml import UnreadableAnswerError, texts_of
from infra.local.carrier.webhooks import Answer, WebhookClient

_API_VERSION = "2010-04-01"


@dataclass(slots=True, kw_only=True)
class InboundSettings:
    """Where inbound texts are posted (None: nowhere), and who answers keywords at which sender.

    ``senders`` overrides ``keyword_replies`` by a service's sid or by number.
    """

    inbound_url: str | None
    keyword_replies: KeywordReplies
    senders: dict[str, KeywordReplies]

    def replies_at(self, sender: Sender) -> KeywordReplies:
        """Return who answers keywords at ``sender``."""
        return self.senders.get(sender.scope, self.keyword_replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What came of an inbound text.

    ``webhook_status`` is None when no webhook is set or none answered within 15 seconds.
    ``error_code`` is what Twilio's debugger would show: 11200 no good answer, 12100 no TwiML,
    12300 a wrong content type, 21610 a text back to a handset that opted out.
    """

    sid: str
    webhook_status: int | None
    error_code: int | None


class Inbox:
    """Receives the texts of handsets."""

    def __init__(
        self,
        *,
        account_sid: str,
        settings: InboundSettings,
        store: Store,
        outbox: Outbox,
        client: WebhookClient,
    ) -> None:
        self._account_sid = account_sid
        self._settings = settings
        self._store = store
        self._outbox = outbox
        self._client = client

    async def receive(self, *, handset: str, to: str, body: str) -> Reception:
        """Take in a text of ``handset`` to ``to``, a number or a messaging service's sid.

        Returns when the webhook has answered.
        """
        sender = self._store.sender(to)
        message = self._store.add(
            handset=handset,
            sender=sender,
            body=body,
            direction=Direction.INBOUND,
            origin=Origin.HANDSET,
            status=Status.RECEIVED,
        )
        keyword = keyword_of(body, toll_free=is_toll_free(sender.number))
        policy = self._settings.replies_at(sender)
        if keyword is not None and policy is not KeywordReplies.OURS:
            self._answer_keyword(keyword, sender, handset)
        url = self._settings.inbound_url
        if url is None:
            return Reception(sid=message.sid, webhook_status=None, error_code=None)
        named = keyword if policy is KeywordReplies.ADVANCED else None
        answer = await self._client.post(url, self._params(message, named))
        return Reception(
            sid=message.sid,
            webhook_status=None if answer is None else answer.status,
            error_code=self._text_back(answer, sender, handset),
        )

    def _answer_keyword(self, keyword: Keyword, sender: Sender, handset: str) -> None:
        """Block or unblock, and confirm what changed; HELP is always answered."""
        if keyword is Keyword.STOP:
            changed = self._store.opt_out(sender, handset)
        elif keyword is Keyword.START:
            changed = self._store.opt_in(sender, handset)
        else:
            changed = True
        if changed:
            self._outbox.reply(
                sender=sender, handset=handset, body=REPLIES[keyword], origin=Origin.PROVIDER
            )

    def _text_back(self, answer: Answer | None, sender: Sender, handset: str) -> int | None:
        """Send what the webhook answered; return the error, if any."""
        if answer is None or not 200 <= answer.status < 300:
            return WEBHOOK_FAILED
        try:
            texts = texts_of(content_type=answer.content_type, body=answer.body)
        except UnreadableAnswerError as error:
            return error.code
        blocked = False
        for text in texts:
            sent = self._outbox.reply(
                sender=sender, handset=handset, body=text, origin=Origin.TWIML
            )
            blocked = blocked or sent is None
        return OPTED_OUT if blocked else None

    def _params(self, message: Message, named: Keyword | None) -> dict[str, str]:
        params = {
            "AccountSid": self._account_sid,
            "ApiVersion": _API_VERSION,
            "Body": message.body,
            "From": message.from_number,
            "FromCity": "",
            "FromCountry": country_of(message.from_number),
            "FromState": "",
            "FromZip": "",
            "MessageSid": message.sid,
            "NumMedia": "0",
            "NumSegments": str(message.parts),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to_number,
            "ToCity": "",
            "ToCountry": country_of(message.to_number),
            "ToState": "",
            "ToZip": "",
        }
        if message.sender.service_sid is not None:
            params["MessagingServiceSid"] = message.sender.service_sid
        if named is not None:
            params["OptOutType"] = named
        return params
