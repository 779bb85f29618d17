"""The demo's post box: what would have been mailed. On loopback only, never in `serve`."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Template

from marketplace.errors import NotFoundError
from marketplace.settings import Settings, mail_folder
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, page

MOST_LISTED = 200
LOOPBACK = {"127.0.0.1", "::1"}


@get("/dev/inbox", opt={"audience": "demo"}, sync_to_thread=True)
def show_inbox(request: WebRequest) -> Template:
    folder = _folder(request)
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True)
    return page(
        request, "public/dev_inbox.html", messages=[_line(file) for file in files[:MOST_LISTED]]
    )


@get("/dev/inbox/{message_id:str}", opt={"audience": "demo"}, sync_to_thread=True)
def show_message(request: WebRequest, message_id: FromPath[str]) -> Template:
    settings: Settings = request.app.state.settings
    file = _folder(request) / f"{parse_id(message_id)}.eml"
    if not file.is_file():
        raise NotFoundError
    text = _text(_read(file))
    is_letter = file.with_suffix(".pdf").is_file()
    links = re.findall(re.escape(settings.base_url) + r"(/\S+)", text)
    return page(
        request,
        "public/dev_message.html",
        message=_line(file) | {"text": text},
        links=links,
        letter_href=f"/dev/inbox/{file.stem}/letter.pdf" if is_letter else None,
    )


@get("/dev/inbox/{message_id:str}/letter.pdf", opt={"audience": "demo"}, sync_to_thread=True)
def show_letter(request: WebRequest, message_id: FromPath[str]) -> Response[bytes]:
    file = _folder(request) / f"{parse_id(message_id)}.pdf"
    if not file.is_file():
        raise NotFoundError
    headers = {"Content-Disposition": 'inline; filename="letter.pdf"'}
    return Response(file.read_bytes(), media_type="application/pdf", headers=headers)


def _folder(request: WebRequest) -> Path:
    if request.client is None or request.client.host not in LOOPBACK:
        raise NotFoundError
    settings: Settings = request.app.state.settings
    return mail_folder(settings)


def _read(file: Path) -> EmailMessage:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise NotFoundError
    return message


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _line(file: Path) -> dict[str, Any]:
    message = _read(file)
    return {
        "id": file.stem,
        "to": message["To"],
        "subject": message["Subject"],
        "sent_at": datetime.fromtimestamp(file.stat().st_mtime, UTC),
    }


HANDLERS = [show_inbox, show_message, show_letter]
