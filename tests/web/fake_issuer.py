"""A small OpenID Connect issuer on loopback: real HTTP, real signatures, wrong where asked."""

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "early-help", "a secret: of the client"


@dataclass
class FakeIssuer:
    """`changes` replace claims of the next token (None leaves one out); `told` is all it gave."""

    port: int = 0
    changes: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey | OctKey | None = None
    signs_by: str = "RS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    nonces: dict[str, tuple[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sign_in_at(self, asked: str) -> dict[str, str]:
        """A person is sent here and signs in: what they bring back."""
        given = dict(parse_qsl(urlsplit(asked).query))
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        assert given["client_id"] == CLIENT_ID
        code = f"code-{len(self.nonces)}"
        self.nonces[code] = given["nonce"], given["code_challenge"]
        return {"state": given["state"], "code": code}

    def take_code(self, given: dict[str, str], authorization: str) -> dict[str, Any] | None:
        self.token_requests.append(given)
        secret = base64.b64encode(b"early-help:a%20secret%3A%20of%20the%20client").decode()
        known = self.nonces.pop(given.get("code", ""), None)
        if known is None or authorization != f"Basic {secret}":
            return None
        nonce, challenge = known
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return None
        given_out = {"access_token": "an-access-token", "id_token": self._token(nonce)}
        self.told += [*given_out.values(), given["code"], given["code_verifier"], nonce]
        return given_out | {"token_type": "Bearer"}

    def _token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address,
            "sub": "1",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": "Amina@example.org",
            "email_verified": True,
        } | self.changes
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.signs_by, "kid": "one"}
        return jwt.encode(header, kept, self.signs_with or self.key, algorithms=[self.signs_by])

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorise",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            } | self.metadata
        return KeySet([self.key]).as_dict(private=False) if path == "/keys" else None


def serve(issuer: FakeIssuer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(issuer.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(issuer.take_code(given, self.headers["authorization"]))

        def _send(self, answer: dict[str, Any] | None) -> None:
            self.send_response(200 if answer is not None else 400)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer or {"error": "invalid_grant"}).encode())

        def log_message(self, *_: object) -> None:
            """Nothing: a test is quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
