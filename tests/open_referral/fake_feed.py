"""A feed on loopback that breaks as it is told to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from listings_of_others import page

# Given the path and what is asked: status, body (as JSON, bytes, or in parts), further headers.
Answer = tuple[int, Any, dict[str, str]]
Told = Callable[[str, dict[str, str]], Answer]

DETAILS = {
    "version": "HSDS-UK-3.0",
    "profile": "https://example.org/profile",
    "openapi_url": "https://example.org/openapi.json",
}


def tell(*services: Any) -> Told:
    """A feed as it should be: rows that tell little, and each service by itself."""

    def answer(path: str, asked: dict[str, str]) -> Answer:
        if path == "/":
            return 200, DETAILS, {}
        if path != "/services":
            found = [one for one in services if path == f"/services/{one['id']}"]
            return (200, found[0], {}) if found else (404, {}, {})
        short = ("id", "name", "status", "organization")
        rows = [{name: one[name] for name in short} for one in services]
        size, number = 2, int(asked["page"])
        shown = rows[(number - 1) * size : number * size]
        pages = -(-len(rows) // size)
        return 200, page(shown, total_items=len(rows), total_pages=pages, page_number=number), {}

    return answer


@contextmanager
def serve(told: Told) -> Iterator[tuple[str, list[str]]]:
    """Give its address, and the paths that were asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            paths.append(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, body, headers = told(parts.path, asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in body if isinstance(body, Iterator) else [_encode(body)]:
                    self.wfile.write(part)
            except OSError:
                pass  # the reader had enough

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
