"""An endpoint that hands out tokens, as an app's backend does. Programs of examples/clients/ ask it by GET."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Issue = Callable[[timedelta], str]


class TokenOffice:
    """Answers each request with a fresh token. The first of them may live shorter than the others."""

    def __init__(self, issue: Issue, *lifetimes: timedelta) -> None:
        self.issued = 0
        self.short = len(lifetimes)
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lifetime = lifetimes[office.issued] if office.issued < len(lifetimes) else timedelta(hours=1)
                office.issued += 1
                body = issue(lifetime).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@contextmanager
def token_office(issue: Issue, *lifetimes: timedelta) -> Iterator[TokenOffice]:
    """Opens an office until the block ends."""
    office = TokenOffice(issue, *lifetimes)
    thread = Thread(target=office.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield office
    finally:
        office.server.shutdown()
        office.server.server_close()
        thread.join()
