"""A message as an e-mail, for a mail server or for a folder."""

from email.contentmanager import raw_data_manager
from email.message import EmailMessage
from email.policy import compat32
from email.utils import formataddr, formatdate, parseaddr
from uuid import UUID

from marketplace.messages.carriers import AnyMessage
from marketplace.messages.compose import Mail

SUBJECTS = {"sms": "Text message", "letter": "Letter"}


def build_email(message: AnyMessage, *, message_id: UUID, sender: str) -> EmailMessage:
    """A text or letter becomes a mail that only a folder can hold."""
    # The newer policy parses each header that it is given: that took longer than all the rest.
    email = EmailMessage(policy=compat32)
    email["From"] = formataddr(parseaddr(sender))
    email["To"] = message.to
    email["Date"] = formatdate(localtime=False)
    # The same for every copy, so that a mail program shows a message that was sent twice once.
    email["Message-ID"] = f"<{message_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    if isinstance(message, Mail):
        email["Subject"] = message.subject
        email.set_content(message.text, content_manager=raw_data_manager)
        email.add_alternative(message.html, subtype="html", content_manager=raw_data_manager)
    else:
        email["Subject"] = SUBJECTS[message.channel]
        email.set_content(message.words, content_manager=raw_data_manager)
    return email
