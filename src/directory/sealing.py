"""Personal values under AES-256-GCM, by a ring of keys of which the first writes and all read.

A sealed value is: one byte for this format, eight that name the key, twelve of nonce, then the
value as JSON, encrypted, and GCM's tag. It is bound to the table, column, row and owner that it
was sealed for: moved to any other place it does not open. Look-ups go by a keyed hash, since what
is sealed twice looks different each time.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = b"\x01"
NAME_BYTES, NONCE_BYTES = 8, 12
# What a value begins with tells by which key it was sealed; `rotating` looks for it in SQL.
PREFIX_BYTES = len(FORMAT) + NAME_BYTES


class UnopenableError(Exception):
    """Says where, and never what: this goes into logs."""


class UnknownKeyError(UnopenableError):
    def __init__(self, bound: Sequence[object]) -> None:
        place = ".".join(map(str, bound[:2]))
        super().__init__(f"{place} was sealed by a key that is not in the settings any more")


class MovedValueError(UnopenableError):
    def __init__(self, bound: Sequence[object]) -> None:
        place = ".".join(map(str, bound[:2]))
        super().__init__(f"{place} holds a value that was not sealed for this row and owner")


@dataclass(frozen=True)
class _Key:
    prefix: bytes
    cipher: AESGCM
    for_hashes: bytes


class KeyRing:
    """The keys of one installation, each split by its purpose."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._keys = [_make_key(key) for key in secret_keys]

    @property
    def names(self) -> list[bytes]:
        """How a value begins by which key: the first is the one that seals."""
        return [key.prefix for key in self._keys]

    def seal(self, value: Any, *bound: object) -> bytes:
        key, nonce = self._keys[0], secrets.token_bytes(NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False).encode()
        return key.prefix + nonce + key.cipher.encrypt(nonce, plain, _binding(bound))

    def open(self, sealed: bytes, *bound: object) -> Any:
        prefix, rest = sealed[:PREFIX_BYTES], sealed[PREFIX_BYTES:]
        key = next((key for key in self._keys if key.prefix == prefix), None)
        if key is None:
            raise UnknownKeyError(bound)
        nonce, encrypted = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            plain = key.cipher.decrypt(nonce, encrypted, _binding(bound))
        except InvalidTag:
            raise MovedValueError(bound) from None
        return json.loads(plain)

    def hashes(self, value: str, purpose: str) -> list[bytes]:
        """By each key, the newest first: what was written by an old one is found as well."""
        message = f"{purpose}:{value}".encode()
        return [hmac.digest(key.for_hashes, message, "sha256") for key in self._keys]


def _make_key(secret: str) -> _Key:
    return _Key(
        FORMAT + _derive(secret, "personal columns: name of the key")[:NAME_BYTES],
        AESGCM(_derive(secret, "personal columns: seal")),
        _derive(secret, "personal columns: look up"),
    )


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def _binding(bound: Sequence[object]) -> bytes:
    # JSON, so that no two places can be written alike.
    return json.dumps([str(one) for one in bound]).encode()
