"""Links: derived from a key and an id, so a resend is the same link and only a hash is stored."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence

TOKEN_BYTES = 20
# No two that look alike on paper, and no vowels, so that no code is a word.
CODE_SIGNS = "CDFGHJKMNPQRTVWXY34679"
CODE_LENGTH = 10


def key_id(key: str) -> str:
    return hashlib.sha256(b"key-id:" + key.encode()).hexdigest()[:12]


def derive_token(
    keys: Sequence[str], purpose: str, subject_id: uuid.UUID, *, made_with: str
) -> str:
    """160 bits in 32 lower-case letters and digits.

    `made_with` is the id of the key that the link was first made with; after that key has been
    taken away its links are dead, which is the point of taking it away.
    """
    for key in keys:
        if key_id(key) == made_with:
            message = f"{purpose}:{subject_id}".encode()
            digest = hmac.digest(key.encode(), message, "sha256")[:TOKEN_BYTES]
            return base64.b32encode(digest).decode().lower()
    raise LookupError(f"no key {made_with} for a {purpose} link")


def derive_code(keys: Sequence[str], subject_id: uuid.UUID, *, made_with: str) -> str:
    """Ten letters and digits to be typed from paper: the same for a second copy of the letter."""
    for key in keys:
        if key_id(key) == made_with:
            digest = hmac.digest(key.encode(), f"code:{subject_id}".encode(), "sha256")
            number, code = int.from_bytes(digest, "big"), ""
            for _ in range(CODE_LENGTH):
                number, place = divmod(number, len(CODE_SIGNS))
                code += CODE_SIGNS[place]
            return code
    raise LookupError(f"no key {made_with} for a code")


def hash_code(key: str, code: str) -> bytes:
    """Keyed: a code is so short that all could be tried against a plain hash."""
    return hmac.digest(key.encode(), f"typed-code:{code}".encode(), "sha256")


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def sign_proof(keys: Sequence[str], purpose: str, subject: str, *, expires: int) -> str:
    """A short-lived proof that something was shown, for a form to bring back."""
    mac = hmac.digest(keys[0].encode(), f"{purpose}:{subject}:{expires}".encode(), "sha256")
    return f"{expires}.{mac.hex()}"


def check_proof(keys: Sequence[str], purpose: str, subject: str, *, proof: str, now: int) -> bool:
    expires_text, _, given = proof.partition(".")
    if not expires_text.isascii() or not expires_text.isdigit() or int(expires_text) < now:
        return False
    message = f"{purpose}:{subject}:{int(expires_text)}".encode()
    return any(
        hmac.compare_digest(
            hmac.digest(key.encode(), message, "sha256").hex().encode(), given.encode()
        )
        for key in keys
    )
