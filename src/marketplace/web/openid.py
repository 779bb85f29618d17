"""A council's own sign-in by OpenID Connect: the way there, and what it says on the way back.

Authorisation code with PKCE. What must be the same at both ends of the way is derived from one
random cookie, so that nothing of it is stored and no other browser can come back by it.
"""

import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from marketplace.errors import WorkAccountError
from marketplace.services.staff.work_accounts import VouchedFor
from marketplace.settings import Settings

BACK = "/work-account/back"
WAY_SECONDS = 600
TIMEOUT_SECONDS = 5
# Clocks of two houses differ.
LEEWAY_SECONDS = 30
# Signed with a key that only the issuer has: no shared secret, and never none.
ALGORITHMS = ("RS256", "ES256", "PS256")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, kw_only=True)
class Way:
    """What is sent along, and must come back the same."""

    state: str
    nonce: str
    verifier: str


def begin_way() -> str:
    """The cookie of a new way."""
    return f"{int(time.time()) + WAY_SECONDS}.{secrets.token_urlsafe(32)}"


def find_way(keys: Sequence[str], cookie: str) -> Way:
    expires, _, _ = cookie.partition(".")
    if not (expires.isascii() and expires.isdigit() and int(expires) >= time.time()):
        raise WorkAccountError

    def derive(name: str) -> str:
        message = f"work-account:{name}:{cookie}".encode()
        return hmac.digest(keys[0].encode(), message, "sha256").hex()

    return Way(state=derive("state"), nonce=derive("nonce"), verifier=derive("verifier"))


async def say_where(settings: Settings, way: Way) -> str:
    """The address of the issuer's page."""
    async with _client() as client:
        metadata = await _read_metadata(client, settings)
    address = prepare_grant_uri(
        metadata["authorization_endpoint"],
        client_id=settings.oidc_client_id,
        response_type="code",
        redirect_uri=settings.base_url + BACK,
        scope="openid email",
        state=way.state,
        nonce=way.nonce,
        code_challenge=create_s256_code_challenge(way.verifier),
        code_challenge_method="S256",
    )
    return str(address)


async def find_who(
    settings: Settings, way: Way, *, state: str, code: str, issuer: str | None
) -> VouchedFor:
    """Whoever came back, by a verified address; anything amiss is one and the same refusal.

    `issuer`: who says that it sent them back, where one says so.
    """
    if not code or not hmac.compare_digest(state.encode(), way.state.encode()):
        raise WorkAccountError
    try:
        async with _client() as client:
            metadata = await _read_metadata(client, settings)
            _check_sender(settings, metadata, issuer)
            token = await _take_token(client, settings, metadata, way, code)
            keys = _object(await client.get(metadata["jwks_uri"]))
        claims = _check_claims(settings, way, token, keys)
    except (AuthlibBaseError, JoseError, httpx.HTTPError, ValueError, KeyError) as error:
        raise WorkAccountError from error
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        raise WorkAccountError
    return VouchedFor(issuer=settings.oidc_issuer, subject=claims["sub"], email=email)


def _check_sender(settings: Settings, metadata: dict[str, Any], issuer: str | None) -> None:
    """A code of another issuer is not for this one's ears (RFC 9207)."""
    is_promised = metadata.get("authorization_response_iss_parameter_supported") is True
    if (is_promised or issuer is not None) and issuer != settings.oidc_issuer:
        raise WorkAccountError


async def _take_token(
    client: httpx.AsyncClient, settings: Settings, metadata: dict[str, Any], way: Way, code: str
) -> dict[str, Any]:
    return _object(
        await client.post(
            metadata["token_endpoint"],
            auth=(quote(settings.oidc_client_id, ""), quote(settings.oidc_client_secret, "")),
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": settings.base_url + BACK,
                "code_verifier": way.verifier,
            },
        )
    )


def _check_claims(settings: Settings, way: Way, token: dict[str, Any], keys: Any) -> CodeIDToken:
    decoded = jwt.decode(
        token["id_token"], KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)
    )
    client = settings.oidc_client_id
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            # Nobody else whom it might be meant for is known to us.
            "aud": {"essential": True, "validate": lambda _, whom: whom in (client, [client])},
            "sub": {"essential": True},
        },
        {"nonce": way.nonce, "client_id": client},
    )
    claims.validate(leeway=LEEWAY_SECONDS)
    return claims


def _client() -> httpx.AsyncClient:
    # Redirects are not followed: what the issuer named is where we go, and nowhere else.
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)


async def _read_metadata(client: httpx.AsyncClient, settings: Settings) -> dict[str, Any]:
    """Where things are at the issuer; every one of them as safe to reach as the issuer itself."""
    address = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        metadata = _object(await client.get(address))
    except (httpx.HTTPError, ValueError) as error:
        raise WorkAccountError from error
    scheme = urlsplit(settings.oidc_issuer).scheme
    if metadata.get("issuer") != settings.oidc_issuer:
        raise WorkAccountError
    if any(urlsplit(str(metadata.get(name, ""))).scheme != scheme for name in ENDPOINTS):
        raise WorkAccountError
    return metadata


def _object(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found = answer.json()
    if answer.is_redirect or not isinstance(found, dict):
        raise ValueError("the issuer's answer is no object")
    return found
