"""Secrets that must be read again: encrypted, and bound to whom they belong."""

import hmac
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marketplace.tokens import key_id

NONCE_BYTES = 12
KEY_ID_BYTES = 12


def seal(keys: Sequence[str], owner: str, plain: bytes) -> bytes:
    """`owner` says what it is and whose: moved to another row, it opens no more."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(keys[0]).encrypt(nonce, plain, owner.encode())
    return key_id(keys[0]).encode() + nonce + sealed


def unseal(keys: Sequence[str], owner: str, sealed: bytes) -> bytes:
    made_with, rest = sealed[:KEY_ID_BYTES].decode(), sealed[KEY_ID_BYTES:]
    for key in keys:
        if key_id(key) == made_with:
            nonce, text = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
            return _cipher(key).decrypt(nonce, text, owner.encode())
    raise LookupError(f"no key {made_with} for a sealed secret")


def _cipher(key: str) -> AESGCM:
    return AESGCM(hmac.digest(key.encode(), b"sealed-secret", "sha256"))
