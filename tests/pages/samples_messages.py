"""What families are sent, shown to Amina; and where a letter's code is typed."""

from collections.abc import Iterator

from sample_parts import AMINA, Sample, wrong

MESSAGE = {
    "is_reminder": False,
    "subject": "A message from Millshire Council",
    "mail": "Hello,\n\nI have a message for you:\n\nhttps://early.example.org/o/Zk3v9QmT",
    "text": "Hello, I have a message for you: https://early.example.org/o/Zk3v9QmT",
    "text_length": "152 characters: 1 text",
    "letter": "Kelly Example\n1 Example Street\nIpswich\nIP1 2DE\n\nHello,",
}


def messages() -> Iterator[Sample]:
    both = {"messages": [MESSAGE, MESSAGE | {"is_reminder": True}]}
    previews = "pages/commissioner/messages.html"
    yield Sample(previews, "all", AMINA | both | {"sent_by": {"email", "sms", "letter"}})
    yield Sample(previews, "e-mail alone", AMINA | both | {"sent_by": {"email"}})
    code = "pages/family/letter_code.html"
    yield Sample(code, "first", {"csp_nonce": "a-nonce", "code": ""})
    yield Sample(code, "wrong", {"csp_nonce": "a-nonce", "code": "CDF"} | wrong("code", "Check it"))
