"""The one place that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import BadSettingsError

PREFIX = "MARKETPLACE_"
SHORTEST_KEY = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs from one installation to the next.

    `secret_keys`: the first signs, all are accepted, so that a key can be changed in two steps.
    `notify_token`: what GOV.UK Notify shows when it brings a text or a receipt; empty, none is
    taken.
    """

    base_url: str
    secret_keys: tuple[str, ...]
    database_url: str
    migration_database_url: str
    mail_url: str
    data_dir: Path
    demo: bool = False
    # The host of a Nominatim service for names of places that our own map lacks; empty asks nobody.
    nominatim: str = ""
    notify_token: str = ""
    # Told where nothing else can be: no council is known while the database is away.
    help_phone: str = ""
    # A council's own sign-in by OpenID Connect, to the letter as it names itself; without an issuer
    # there is none.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    # How many proxies of ours stand in front: so many names of X-Forwarded-For are believed.
    proxies: int = 0

    def __post_init__(self) -> None:
        if not self.secret_keys or any(len(key) < SHORTEST_KEY for key in self.secret_keys):
            raise BadSettingsError(
                f"Set {PREFIX}SECRET_KEYS to one or more keys of at least {SHORTEST_KEY} "
                "characters, separated by commas."
            )
        if self.notify_token and len(self.notify_token) < SHORTEST_KEY:
            raise BadSettingsError(
                f"Set {PREFIX}NOTIFY_TOKEN to at least {SHORTEST_KEY} characters, or leave it out."
            )
        if self.oidc_issuer:
            _check_https(self.oidc_issuer, name="OIDC_ISSUER", why="people sign in by it")
            if not (self.oidc_client_id and self.oidc_client_secret):
                raise BadSettingsError(
                    f"Set {PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET too."
                )

    @property
    def is_https(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"

    @property
    def cookie_name(self) -> str:
        # Browsers refuse the __Host- prefix without https, which a demo on loopback does not have.
        return "__Host-staff" if self.is_https else "staff"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings for `serve` and `worker`, which start only when all of them are given."""
    given = {
        name: _required(environment, name)
        for name in ("BASE_URL", "SECRET_KEYS", "DATABASE_URL", "MAIL_URL")
    }
    _check_https(given["BASE_URL"], name="BASE_URL", why="families answer over it")
    return Settings(
        base_url=given["BASE_URL"].rstrip("/"),
        secret_keys=tuple(key.strip() for key in given["SECRET_KEYS"].split(",") if key.strip()),
        database_url=given["DATABASE_URL"],
        migration_database_url=environment.get(
            PREFIX + "MIGRATION_DATABASE_URL", given["DATABASE_URL"]
        ),
        mail_url=given["MAIL_URL"],
        data_dir=Path(environment.get(PREFIX + "DATA_DIR", "var")).absolute(),
        demo=environment.get(PREFIX + "DEMO") == "yes",
        nominatim=environment.get(PREFIX + "NOMINATIM", "").strip(),
        notify_token=environment.get(PREFIX + "NOTIFY_TOKEN", "").strip(),
        help_phone=environment.get(PREFIX + "HELP_PHONE", "").strip(),
        oidc_issuer=environment.get(PREFIX + "OIDC_ISSUER", "").strip(),
        oidc_client_id=environment.get(PREFIX + "OIDC_CLIENT_ID", "").strip(),
        oidc_client_secret=environment.get(PREFIX + "OIDC_CLIENT_SECRET", "").strip(),
        proxies=_small_number(environment, "PROXIES"),
    )


def external_database_urls(environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """The application's and the owner's address of a server that somebody else runs, if given."""
    url = environment.get(PREFIX + "DATABASE_URL")
    return (url, environment.get(PREFIX + "MIGRATION_DATABASE_URL", url)) if url else None


def as_environment(settings: Settings) -> dict[str, str]:
    """The same settings for a child process."""
    return {
        PREFIX + "BASE_URL": settings.base_url,
        PREFIX + "SECRET_KEYS": ",".join(settings.secret_keys),
        PREFIX + "DATABASE_URL": settings.database_url,
        PREFIX + "MIGRATION_DATABASE_URL": settings.migration_database_url,
        PREFIX + "MAIL_URL": settings.mail_url,
        PREFIX + "DATA_DIR": str(settings.data_dir),
        PREFIX + "DEMO": "yes" if settings.demo else "no",
        PREFIX + "NOMINATIM": settings.nominatim,
        PREFIX + "NOTIFY_TOKEN": settings.notify_token,
        PREFIX + "HELP_PHONE": settings.help_phone,
        PREFIX + "OIDC_ISSUER": settings.oidc_issuer,
        PREFIX + "OIDC_CLIENT_ID": settings.oidc_client_id,
        PREFIX + "OIDC_CLIENT_SECRET": settings.oidc_client_secret,
        PREFIX + "PROXIES": str(settings.proxies),
    }


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(PREFIX + name, "").strip()
    if not value:
        raise BadSettingsError(f"Set {PREFIX}{name}. README.md says what each setting is for.")
    return value


def _small_number(environment: Mapping[str, str], name: str) -> int:
    value = environment.get(PREFIX + name, "").strip() or "0"
    if not (value.isascii() and value.isdigit() and len(value) == 1):
        raise BadSettingsError(f"Set {PREFIX}{name} to a number from 0 to 9, or leave it out.")
    return int(value)


def _check_https(address: str, *, name: str, why: str) -> None:
    parts = urlsplit(address)
    on_loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not on_loopback:
        raise BadSettingsError(f"{PREFIX}{name} must start with https:// because {why}.")


def mail_folder(settings: Settings) -> Path:
    """Where the demo's messages land."""
    return settings.data_dir / "mail"


def settings_of(session: AsyncSession) -> Settings:
    """The settings that a session was made with; services get them from nowhere else."""
    settings: Settings = session.info["settings"]
    return settings
