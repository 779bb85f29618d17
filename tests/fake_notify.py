"""GOV.UK Notify on this machine: checks what is shown to it, and answers as the real one does."""

import base64
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt

SERVICE, SECRET = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
KEY = f"example-{SERVICE}-{SECRET}"
EMAIL_TEMPLATE, SMS_TEMPLATE = str(uuid.UUID(int=3)), str(uuid.UUID(int=4))
NEEDS = {EMAIL_TEMPLATE: ("subject", "body"), SMS_TEMPLATE: ("body",)}
CLOCK_SECONDS = 30
Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeNotify:
    """`sent` is what it took, by its own ids; `next_answers` are given before any of its own."""

    url: str = ""
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_answers: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    # Takes the message, then hangs up before it says so.
    loses_answers: int = 0
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, status: int, error: str, message: str, **headers: str) -> None:
        body = {"status_code": status, "errors": [{"error": error, "message": message}]}
        self.next_answers.append((status, body, headers))

    def settle(self, status: str) -> str:
        """The only message becomes so; its id."""
        ((name, message),) = self.sent.items()
        message["status"] = status
        return name

    def receipt(self, name: str, status: str) -> dict[str, Any]:
        """The callback for an e-mail or text, as the real one brings it."""
        message = self.sent[name]
        return {
            "id": name,
            "reference": message["reference"],
            "to": message["to"],
            "status": status,
            "notification_type": message["type"],
            "created_at": "2026-11-22T09:00:00.000000Z",
            "completed_at": "2026-11-22T09:00:05.000000Z",
            "sent_at": "2026-11-22T09:00:01.000000Z",
            "template_id": message["template_id"],
            "template_version": 1,
        }


@contextmanager
def run_notify() -> Iterator[FakeNotify]:
    notify = FakeNotify()
    handler = type("Handler", (_Handler,), {"notify": notify})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    notify.url = (
        f"notify://{KEY}@127.0.0.1:{server.server_port}"
        f"?email={EMAIL_TEMPLATE}&sms={SMS_TEMPLATE}&letters=yes"
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield notify
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    notify: ClassVar[FakeNotify]
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        given = json.loads(self.rfile.read(length))
        self._answer(lambda: _take(self.notify, self.path, given))

    def do_GET(self) -> None:
        self._answer(lambda: _tell(self.notify, self.path))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing is written to the terminal."""

    def _answer(self, work: Any) -> None:
        with self.notify.lock:
            self.notify.asked.append(f"{self.command} {urlsplit(self.path).path}")
            refused = _check_token(self.headers.get("Authorization", ""))
            if refused:
                self._write(*refused)
            elif self.notify.next_answers:
                self._write(*self.notify.next_answers.pop(0))
            elif self.notify.loses_answers and self.command == "POST":
                self.notify.loses_answers -= 1
                work()
                self.close_connection = True
            else:
                self._write(*work())

    def _write(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _refuse(status: int, error: str, message: str) -> Answer:
    return status, {"status_code": status, "errors": [{"error": error, "message": message}]}


def _check_token(header: str) -> Answer | None:
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer":
        return _refuse(401, "AuthError", "Unauthorized: authentication token must be provided")
    if jwt.get_unverified_header(token).get("alg") != "HS256":
        return _refuse(403, "AuthError", "Invalid token: algorithm used is not HS256")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
    except jwt.InvalidTokenError:
        return _refuse(403, "AuthError", "Invalid token: API key not found")
    if claims.get("iss") != SERVICE:
        return _refuse(403, "AuthError", "Invalid token: service not found")
    if abs(time.time() - claims.get("iat", 0)) > CLOCK_SECONDS:
        words = "Error: Your system clock must be accurate to within 30 seconds"
        return _refuse(403, "AuthError", words)
    return None


def _take(notify: FakeNotify, path: str, given: dict[str, Any]) -> Answer:
    kind = path.removeprefix("/v2/notifications/")
    if kind == "letter":
        return _take_letter(notify, given)
    to = given["email_address" if kind == "email" else "phone_number"]
    if given.get("template_id") not in NEEDS:
        return _refuse(400, "BadRequestError", "Template not found")
    missing = set(NEEDS[given["template_id"]]) - set(given.get("personalisation", {}))
    if missing:
        words = f"Missing personalisation: {', '.join(sorted(missing))}"
        return _refuse(400, "BadRequestError", words)
    if kind == "sms" and not re.fullmatch(r"\+?[0-9]{10,13}", to):
        return _refuse(400, "ValidationError", "phone_number Not enough digits")
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", to):
        return _refuse(400, "ValidationError", "email_address Not a valid email address")
    return _keep(notify, kind, to, given)


def _take_letter(notify: FakeNotify, given: dict[str, Any]) -> Answer:
    try:
        pdf = base64.b64decode(given["content"], validate=True)
    except ValueError:
        return _refuse(
            400, "ValidationError", "Cannot decode letter content (invalid base64 encoding)"
        )
    if not pdf.startswith(b"%PDF"):
        return _refuse(400, "ValidationError", "content is not a PDF")
    status, body = _keep(notify, "letter", None, given)
    notify.sent[body["id"]]["pdf"] = pdf
    return status, {name: body[name] for name in ("id", "reference")} | {
        "postage": given["postage"]
    }


def _keep(notify: FakeNotify, kind: str, to: str | None, given: dict[str, Any]) -> Answer:
    name = str(uuid.uuid4())
    notify.sent[name] = {
        "id": name,
        "type": kind,
        "to": to,
        "reference": given.get("reference"),
        "template_id": given.get("template_id"),
        "personalisation": given.get("personalisation", {}),
        "postage": given.get("postage"),
        "status": "created" if kind != "letter" else "pending-virus-check",
    }
    return 201, {"id": name, "reference": given.get("reference"), "content": {}, "uri": ""}


def _tell(notify: FakeNotify, path: str) -> Answer:
    parts = urlsplit(path)
    if parts.path == "/v2/notifications":
        (reference,) = parse_qs(parts.query)["reference"]
        found = [one for one in notify.sent.values() if one["reference"] == reference]
        return 200, {"notifications": [_public(one) for one in found], "links": {"current": path}}
    one = notify.sent.get(parts.path.rpartition("/")[2])
    return (200, _public(one)) if one else _refuse(404, "NoResultFound", "No result found")


def _public(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "pdf"}
