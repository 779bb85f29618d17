"""Runs the PostgreSQL programs: the one that makes a cluster, and the server."""

import os
import socket
import subprocess
import sys
import time

from marketplace.db.embedded import launch
from marketplace.db.embedded.errors import ClusterError
from marketplace.db.embedded.home import Home
from marketplace.db.embedded.processes import POLL_SECONDS, WAYS_TO_END, find_port
from marketplace.db.embedded.programs import find_programs

HOST = "127.0.0.1"
PORT_TRIES = 5
# Recovery after a power cut reads back up to a gigabyte.
READY_SECONDS = 120.0
PROGRAM_SECONDS = 120.0
LOG_TAIL_CHARACTERS = 1_500

NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def settings(*, durable: bool) -> list[str]:
    chosen = {
        "listen_addresses": HOST,
        "unix_socket_directories": "",  # a socket's path has a limit, a data folder's has none
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
        # A failed statement and its detail may name a family, and a log outlives every deletion.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        # Nor does a statement that somebody asked to be logged say whom it is about.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        **({} if durable else NOT_DURABLE),
    }
    return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]


def run_program(home: Home, *program: str, text: str = "") -> None:
    try:
        done = subprocess.run(  # noqa: S603  # our own programs, no shell
            _command(home, program),
            input=text,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(
            f"Making the database in {home.folder} took longer than {PROGRAM_SECONDS:.0f} seconds."
        ) from error
    if done.returncode != 0:
        raise ClusterError(
            f"The database in {home.folder} could not be made. {program[0]} said:\n"
            f"{done.stdout[-LOG_TAIL_CHARACTERS:]}"
        )


def start_server(home: Home, *, durable: bool) -> tuple["subprocess.Popen[bytes]", int]:
    for _ in range(PORT_TRIES):
        port = _free_port()
        process = _spawn_server(home, port, durable=durable)
        try:
            ready = _wait_until_ready(home, process)
        except BaseException:
            end_process(process)
            raise
        if ready:
            return process, port
        if "could not bind" not in _log_tail(home):
            break
    raise ClusterError(
        f"The database in {home.folder} did not start. The end of its log, {home.log}:\n"
        f"{_log_tail(home)}"
    )


def end_process(process: "subprocess.Popen[bytes]") -> None:
    for way, patience_seconds in WAYS_TO_END:
        process.send_signal(way)
        try:
            process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            continue
        return


def _spawn_server(home: Home, port: int, *, durable: bool) -> "subprocess.Popen[bytes]":
    arguments = ("-D", str(home.data), "-p", str(port), *settings(durable=durable))
    if home.log.exists():
        home.log.replace(home.log.with_suffix(".log.before"))
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603  # our own program, no shell
            _command(home, ("postgres", *arguments)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is the application's, which then stops the server
        )
    finally:
        os.close(log)


def _command(home: Home, program: tuple[str, ...]) -> list[str]:
    account = f"{home.account.user}:{home.account.group}" if home.account else ""
    path = find_programs(home) / program[0]
    launcher = [sys.executable, "-I", "-S", str(launch.__file__), str(os.getpid()), account]
    return [*launcher, str(home.data), str(path), *program[1:]]


def _environment() -> dict[str, str]:
    # Nothing of ours decides how it runs: no PG…, no locale, no HOME, no TMPDIR.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}


def _wait_until_ready(home: Home, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + READY_SECONDS
    while process.poll() is None:
        if find_port(home.data) is not None:
            return True
        if time.monotonic() > until:
            raise ClusterError(
                f"The database in {home.folder} was not ready within {READY_SECONDS:.0f} seconds."
                f" The end of its log, {home.log}:\n{_log_tail(home)}"
            )
        time.sleep(POLL_SECONDS)
    return False


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind((HOST, 0))
        return int(chosen.getsockname()[1])


def _log_tail(home: Home) -> str:
    text = home.log.read_text(encoding="utf-8", errors="replace")
    return text[-LOG_TAIL_CHARACTERS:]
