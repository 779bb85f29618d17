"""Links: long enough, the same on a resend, dead when their key is taken away."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.tokens import (
    TOKEN_BYTES,
    check_proof,
    derive_token,
    hash_token,
    key_id,
    sign_proof,
)

KEYS = ("first-key-0123456789-0123456789-01", "older-key-0123456789-0123456789-01")


def test_a_link_has_at_least_128_bits_of_letters_and_digits() -> None:
    token = derive_token(KEYS, "offer", uuid.uuid4(), made_with=key_id(KEYS[0]))
    assert TOKEN_BYTES * 8 >= 128
    assert token.isalnum()
    assert token.islower()
    assert len(token) <= 100


@given(st.uuids(), st.uuids())
def test_each_thing_has_its_own_link(one: uuid.UUID, other: uuid.UUID) -> None:
    made = {
        derive_token(KEYS, purpose, subject, made_with=key_id(key))
        for purpose in ("offer", "sign-in")
        for subject in {one, other}
        for key in KEYS
    }
    assert len(made) == 4 * len({one, other})


def test_an_old_key_still_opens_and_a_removed_one_does_not() -> None:
    subject = uuid.uuid4()
    before = derive_token(KEYS[1:], "offer", subject, made_with=key_id(KEYS[1]))
    assert derive_token(KEYS, "offer", subject, made_with=key_id(KEYS[1])) == before
    with pytest.raises(LookupError):
        derive_token(KEYS[:1], "offer", subject, made_with=key_id(KEYS[1]))


def test_a_hash_does_not_give_the_link_away() -> None:
    assert b"abc" not in hash_token("abc")
    assert hash_token("abc") != hash_token("abd")


def test_a_proof_is_for_one_thing_and_a_while() -> None:
    proof = sign_proof(KEYS, "offer", "one", expires=1000)
    assert check_proof(KEYS, "offer", "one", proof=proof, now=1000)
    assert check_proof(KEYS[::-1], "offer", "one", proof=proof, now=1000)
    assert not check_proof(KEYS, "offer", "one", proof=proof, now=1001)
    assert not check_proof(KEYS, "offer", "two", proof=proof, now=1000)
    assert not check_proof(KEYS, "sign-in", "one", proof=proof, now=1000)
    assert not check_proof(("x" * 32,), "offer", "one", proof=proof, now=1000)


@given(st.text(max_size=200))
def test_no_other_text_is_a_proof(text: str) -> None:
    assert not check_proof(KEYS, "offer", "one", proof=text, now=0)


@given(st.integers(min_value=1, max_value=10**9))
def test_a_later_expiry_cannot_be_written_over(later: int) -> None:
    mac = sign_proof(KEYS, "offer", "one", expires=1000).partition(".")[2]
    assert not check_proof(KEYS, "offer", "one", proof=f"{1000 + later}.{mac}", now=0)
