"""Settings: all of them or a sentence that says which is missing."""

from pathlib import Path

import pytest

from marketplace.errors import BadSettingsError
from marketplace.settings import Settings, as_environment, external_database_urls, read_settings

GOOD = {
    "MARKETPLACE_BASE_URL": "https://help.example.org/",
    "MARKETPLACE_SECRET_KEYS": "k" * 32 + "," + "o" * 40,
    "MARKETPLACE_DATABASE_URL": "postgresql://app@db.example.org/help",
    "MARKETPLACE_MAIL_URL": "smtp://mail.example.org:587?from=help@example.org",
}


def test_good_settings_are_taken() -> None:
    settings = read_settings(GOOD)
    assert settings.base_url == "https://help.example.org"
    assert settings.secret_keys == ("k" * 32, "o" * 40)
    assert settings.migration_database_url == settings.database_url
    assert settings.cookie_name == "__Host-staff"
    assert not settings.demo


@pytest.mark.parametrize("missing", GOOD)
def test_each_is_needed_and_named(missing: str) -> None:
    with pytest.raises(BadSettingsError, match=missing):
        read_settings({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARKETPLACE_SECRET_KEYS", "short"),
        ("MARKETPLACE_SECRET_KEYS", "k" * 32 + ",short"),
        ("MARKETPLACE_BASE_URL", "http://help.example.org"),
        ("MARKETPLACE_OIDC_ISSUER", "http://id.example.org"),
        ("MARKETPLACE_PROXIES", "one"),
        ("MARKETPLACE_PROXIES", "-1"),
    ],
)
def test_what_is_not_safe_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSettingsError, match=name):
        read_settings(GOOD | {name: value})


def test_a_work_account_needs_all_its_parts() -> None:
    issuer = GOOD | {"MARKETPLACE_OIDC_ISSUER": "https://id.example.org/"}
    with pytest.raises(BadSettingsError, match="MARKETPLACE_OIDC_CLIENT_ID"):
        read_settings(issuer)
    whole = issuer | {
        "MARKETPLACE_OIDC_CLIENT_ID": "early-help",
        "MARKETPLACE_OIDC_CLIENT_SECRET": "a secret",
        "MARKETPLACE_PROXIES": "2",
    }
    settings = read_settings(whole)
    assert settings.oidc_issuer == "https://id.example.org/"
    assert settings.proxies == 2
    assert read_settings(as_environment(settings)) == settings


def test_loopback_needs_no_https() -> None:
    settings = read_settings(GOOD | {"MARKETPLACE_BASE_URL": "http://127.0.0.1:8000"})
    assert settings.cookie_name == "staff"


def test_a_child_process_reads_the_same(settings: Settings) -> None:
    on_loopback = as_environment(settings) | {"MARKETPLACE_BASE_URL": "http://127.0.0.1:1"}
    read = read_settings(on_loopback)
    assert as_environment(read) == on_loopback
    assert isinstance(read.data_dir, Path)


def test_a_given_server_is_used_and_none_of_our_own() -> None:
    assert external_database_urls({}) is None
    url = "postgresql://one@127.0.0.1/x"
    assert external_database_urls({"MARKETPLACE_DATABASE_URL": url}) == (url, url)
