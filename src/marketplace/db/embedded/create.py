"""Makes a cluster: its files, its three roles and its one database."""

import shutil

from marketplace.db.embedded.home import Home
from marketplace.db.embedded.pointer import LOGIN, OWNER, SUPERUSER, write_secret
from marketplace.db.embedded.processes import end_processes
from marketplace.db.embedded.server import run_program

DATABASE = "marketplace"


def create_cluster(home: Home, passwords: dict[str, str], *, durable: bool) -> None:
    end_processes(home.data)
    if home.data.exists():
        shutil.rmtree(home.data)  # a half-made one: nobody was ever told of it
    home.data.mkdir(mode=0o700)
    home.hand_over(home.data)
    _make_files(home, passwords[SUPERUSER], durable=durable)
    # A server of one user and no port: nobody can connect before the passwords stand.
    run_program(
        home,
        "postgres",
        "--single",
        "-D",
        str(home.data),
        "-c",
        "exit_on_error=on",
        "-c",
        "log_min_error_statement=panic",  # the statements below hold passwords
        "postgres",
        text=_roles_and_database(passwords),
    )


def _make_files(home: Home, password: str, *, durable: bool) -> None:
    password_file = home.folder / "superuser-password"
    write_secret(password_file, password)
    home.hand_over(password_file)
    try:
        run_program(
            home,
            "initdb",
            f"--pgdata={home.data}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # PostgreSQL's own collation: the order of names survives a change of system.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *(() if durable else ("--no-sync",)),
        )
    finally:
        password_file.unlink(missing_ok=True)


def _roles_and_database(passwords: dict[str, str]) -> str:
    # One statement a line is what the single-user server reads.
    return (
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{passwords[OWNER]}';\n"
        f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{passwords[LOGIN]}';\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
    )
