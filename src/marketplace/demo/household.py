"""Where the demo lives: its folder, its secrets, its county, its people. All invented."""

import datetime as dt
import runpy
import secrets
from dataclasses import dataclass
from pathlib import Path

from marketplace.db.people import Commissioner
from marketplace.paths import examples_dir
from marketplace.services.needs.legal_basis import Law
from marketplace.settings import Settings

LETTERS = "INC"  # the first letters of Suffolk's postcodes


@dataclass(frozen=True)
class County:
    """The four spreadsheets, dated from today, so that the demo works on any day."""

    needs: bytes
    contacts: bytes
    services: bytes
    evidence: bytes


def draw_county(today: dt.date) -> County:
    make_county = runpy.run_path(str(examples_dir() / "suffolk" / "make_county.py"))["make_county"]
    files = make_county(today=today)
    return County(*(files[f"{name}.csv"] for name in ("needs", "contacts", "services", "evidence")))


def demo_settings(data_dir: Path, *, port: int, urls: tuple[str, str]) -> Settings:
    """The demo's settings; its secret key is made on the first run and kept in its folder."""
    application_url, owner_url = urls
    return Settings(
        base_url=f"http://127.0.0.1:{port}",
        secret_keys=(_keep_secret(data_dir / "secret-key"),),
        database_url=application_url,
        migration_database_url=owner_url,
        mail_url=f"folder://{data_dir / 'mail'}",
        data_dir=data_dir,
        demo=True,
    )


def _keep_secret(file: Path) -> str:
    if not file.exists():
        half = file.with_suffix(".half")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(48))
        half.rename(file)
    return file.read_text()


def example_commissioner() -> Commissioner:
    return Commissioner(
        name="Example County Council",
        hub_name="Gipping Family Hub",
        hub_person="Priya Example",
        hub_phone="01632 960 411",
        hub_hours="Monday to Friday, 9am to 5pm",
        website="example.org/family-hubs",
        covers=[f"E0700020{last}" for last in "023"] + ["E07000244", "E07000245"],
        # Everybody here has an invented address; real councils name no such domain.
        policy={
            "asking": {"work_domains": ["example.org"]},
            # A real council begins with 20 families; the walk shows the whole way in one go.
            "waves": {"first": 5_000, "daily": 5_000},
        },
    )


def example_law(today: dt.date) -> Law:
    return Law(
        power="Section 10 of the Children Act 2004: we work with others for the well-being of "
        "children in our area.",
        lawful_basis="Public task, Article 6(1)(e) of the UK GDPR.",
        special_category_basis="Substantial public interest, Article 9(2)(g) of the UK GDPR. We "
        "use nothing about health or ethnicity for our guesses.",
        impact_assessed_on=today - dt.timedelta(days=60),
        privacy_notice_address="https://example.org/family-hubs/privacy",
        complaint_route="Ring 01632 960 400 or write to complaints@example.org. You may also go "
        "to the Information Commissioner.",
    )


STAFF = (
    ("commissioner", "Amina Example", "amina@example.org"),
    ("practitioner", "Priya Example", "priya@example.org"),
)
