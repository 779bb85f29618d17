"""Messages leave, and what became of them is asked."""

import datetime as dt
import uuid

from pgqueuer.errors import RetryRequested

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.messages.carriers import CarrierBusyError, RefusedByCarrierError, Sender
from marketplace.messages.notify import NotifySender
from marketplace.services.sending import deliveries, receipts
from marketplace.services.sending.outbox import Refusal

LONGEST_WAIT_SECONDS = 300.0
NOT_SET_UP = {
    "email": "no way to send e-mails is set up",
    "sms": "no way to send texts is set up",
    "letter": "no way to send letters is set up",
}


async def send_or_wait(
    sessions: Sessions, sender: Sender, message_id: uuid.UUID, *, attempts: int
) -> None:
    """As often as it takes: an offer that ends meanwhile does not leave any more."""
    try:
        await send_message(sessions, sender, message_id)
    except CarrierBusyError as busy:
        usual = min(2.0**attempts, LONGEST_WAIT_SECONDS)
        wait = dt.timedelta(seconds=busy.wait_seconds or usual)
        raise RetryRequested(delay=wait, reason=str(busy)) from busy


async def send_message(sessions: Sessions, sender: Sender, message_id: uuid.UUID) -> None:
    """Send one message, or note why it does not leave.

    The note that it was sent is stored after: whoever comes after a crash between the two asks
    the carrier, where it can be asked; else it leaves twice, never not at all.
    """
    is_repeat = sender.can_be_asked and await _note_try(sessions, message_id)
    async with transaction(sessions, EXCHANGE) as session:
        message = await deliveries.take_up(session, message_id)
        if message is None:
            return
        outcome = await deliveries.compose_now(session, message)
        if isinstance(outcome, Refusal):
            await deliveries.note_refused(session, message, outcome)
            return
        channel = outcome.channel
        if channel not in sender.channels:
            no_way = Refusal(NOT_SET_UP[channel])
            await deliveries.note_refused(session, message, no_way, channel=channel)
            return
        try:
            name = await sender.send(outcome, message_id=message_id, is_repeat=is_repeat)
        except RefusedByCarrierError as error:
            refusal = Refusal(str(error))
            await deliveries.note_refused(session, message, refusal, channel=channel)
        else:
            await deliveries.note_sent(session, message, channel=channel, carrier_reference=name)


async def _note_try(sessions: Sessions, message_id: uuid.UUID) -> bool:
    async with transaction(sessions, EXCHANGE) as session:
        return await deliveries.note_try(session, message_id)


async def ask_for_receipts(sessions: Sessions, sender: NotifySender) -> None:
    """Ask for what nobody told us; one transaction each, so that none waits for the others."""
    async with transaction(sessions, EXCHANGE) as session:
        waiting = await receipts.without_receipt(session)
    for name in waiting:
        delivery = await sender.find_delivery(name)
        async with transaction(sessions, EXCHANGE) as session:
            await receipts.take_receipt(
                session, carrier_reference=name, reference=None, delivery=delivery
            )
