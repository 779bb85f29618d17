"""For each guard the change that would break it, and the test that then turns red.

    mutants.py [NAME …]

Each is applied to a copy of the tree, exactly once, and its test is run there. A guard whose
mutant stays green is guarded by nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 300
SERVICES = "src/marketplace/services"
# What a test says that has failed; one that could not be set up says ERROR, and caught nothing.
RED = "\nFAILED "


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    before: str
    after: str
    test: str
    # What is enforced twice is broken twice: file, before, after.
    also: tuple[str, str, str] | None = None

    @property
    def edits(self) -> list[tuple[str, str, str]]:
        return [(self.file, self.before, self.after), *([self.also] if self.also else [])]


MUTANTS = [
    Mutant(
        "a yes may be lost with the power (synchronous_commit=off)",
        "src/marketplace/db/embedded/server.py",
        "**({} if durable else NOT_DURABLE),",
        '**({"synchronous_commit": "off"} if durable else NOT_DURABLE),',
        "tests/embedded/test_start.py::test_settings_are_the_same_everywhere",
    ),
    Mutant(
        "places are counted, then taken, without a lock",
        f"{SERVICES}/matches/locks.py",
        ".order_by(Intake.id).with_for_update()",
        ".order_by(Intake.id)",
        "tests/exchange/test_transitions.py::test_the_last_place_is_given_once",
    ),
    Mutant(
        "places are cut after a look without locks",
        f"{SERVICES}/providers/places.py",
        "    await lock_own_provider(session, actor=actor)\n"
        "    own = readable_intakes(actor).where(Intake.id == intake_id)"
        ".with_only_columns(Intake.id)\n"
        "    intake = await session.scalar(\n"
        "        select(Intake)\n"
        "        .where(Intake.id.in_(own))\n"
        "        .with_for_update()\n",
        "    own = readable_intakes(actor).where(Intake.id == intake_id)"
        ".with_only_columns(Intake.id)\n"
        "    intake = await session.scalar(\n"
        "        select(Intake)\n"
        "        .where(Intake.id.in_(own))\n",
        "tests/resilience/test_interleavings.py::test_two_at_once[cut and replan]",
    ),
    Mutant(
        "a match is read, then moved, without its lock and its place's",
        f"{SERVICES}/matches/transitions.py",
        ".order_by(Match.id)\n        .with_for_update()\n    )\n\n\nasync def _load_matches",
        ".order_by(Match.id)\n    )\n\n\nasync def _load_matches",
        "tests/resilience/test_interleavings.py::test_two_at_once[accept and expire]",
        (
            f"{SERVICES}/matches/locks.py",
            ".order_by(Intake.id).with_for_update()",
            ".order_by(Intake.id)",
        ),
    ),
    Mutant(
        "the table itself allows more than there is",
        "migrations/0002_create_directory.py",
        "CHECK (places IS NULL OR held + used <= places)",
        "CHECK (true)",
        "tests/exchange/test_transitions.py::test_the_database_itself_refuses_more_than_there_is",
    ),
    Mutant(
        "a message is noted as sent before it is sent",
        "src/marketplace/worker/mailing.py",
        "        try:\n            name = await sender.send(",
        "        await deliveries.note_sent("
        "session, message, channel=channel, carrier_reference=None)\n"
        "        await session.commit()\n"
        "        try:\n            name = await sender.send(",
        "tests/exchange/test_mailing.py",
    ),
    Mutant(
        "no last look at safety before sending",
        f"{SERVICES}/offers/offer_messages.py",
        "if contact is None or not may_write_to(contact, today=now.date()):",
        "if contact is None:",
        "tests/web/test_safe_to_send.py",
    ),
    Mutant(
        "no last look at “stop all messages”",
        f"{SERVICES}/needs/stops.py",
        "if commissioner.messages_stopped_at is not None:",
        "if commissioner.messages_stopped_at is not None and not family:",
        "tests/web/test_stop_messages.py",
    ),
    Mutant(
        "whom one acts for stays with the connection (session-level SET)",
        "src/marketplace/db/acting.py",
        "set_config('acting.family', :family, true)",
        "set_config('acting.family', :family, false)",
        "tests/exchange/test_row_security.py::test_a_context_ends_with_its_transaction",
    ),
    Mutant(
        "whom a link acts for stays with the connection",
        "migrations/0027_act_for_whose_link_it_is.py",
        "set_config('acting.family', coalesce(whose::text, ''), true)",
        "set_config('acting.family', coalesce(whose::text, ''), false)",
        "tests/exchange/test_row_security.py::test_a_context_ends_with_its_transaction",
    ),
    Mutant(
        "an empty setting is taken for one (no nullif)",
        "migrations/0012_guard_rows.py",
        "RETURN nullif(current_setting('acting.family', true), '')::uuid",
        "RETURN current_setting('acting.family', true)::uuid",
        "tests/exchange/test_row_security.py",
    ),
    Mutant(
        "row level security is not forced on the owner",
        "migrations/0012_guard_rows.py",
        "op.execute(f'ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY')",
        "pass",
        "tests/exchange/test_row_security.py::test_every_table_is_guarded_for_its_owner_too",
    ),
    Mutant(
        "the question's page submits a form by itself",
        "templates/pages/family/question.html",
        "{% block main_content %}",
        '{% block main_content %}<script nonce="{{ csp_nonce }}">'
        "addEventListener('load', () => document.forms[1].submit())</script>",
        "tests/web/test_nothing_decides_by_itself.py",
    ),
    Mutant(
        "the address of a failed request is logged",
        "src/marketplace/web/failures.py",
        'log.error("request failed", reference=reference, exc_info=error)',
        'log.error("request failed", reference=reference, path=request.scope["path"])',
        "tests/web/test_links_stay_out_of_logs.py",
    ),
    Mutant(
        "the queue keeps a failure's words, with whose address it was",
        "src/marketplace/worker/jobs.py",
        "return QuietRetries(parameters=parameters, max_attempts=MOST_ATTEMPTS)",
        "return QuietRetries.__base__(parameters=parameters, max_attempts=MOST_ATTEMPTS)",
        "tests/exchange/test_worker.py",
    ),
    Mutant(
        "links of 64 bits",
        "src/marketplace/tokens.py",
        "TOKEN_BYTES = 20",
        "TOKEN_BYTES = 8",
        "tests/guards/test_tokens.py::test_a_link_has_at_least_128_bits_of_letters_and_digits",
    ),
    Mutant(
        "a proof that is for every link",
        "src/marketplace/tokens.py",
        'message = f"{purpose}:{subject}:{int(expires_text)}".encode()',
        'message = f"{purpose}::{int(expires_text)}".encode()',
        "tests/guards/test_tokens.py",
    ),
    Mutant(
        "guesses at once are counted from the same start",
        f"{SERVICES}/offers/questions.py",
        'return select(Offer.id).where(Offer.id == bindparam("offer_id")).with_for_update()',
        'return select(Offer.id).where(Offer.id == bindparam("offer_id"))',
        "tests/web/test_family_link.py::test_guesses_at_once_are_counted_too",
    ),
    Mutant(
        "a later answer takes the place of the first",
        f"{SERVICES}/offers/answers.py",
        'if standing != "open":\n        return standing',
        'if standing == "closed":\n        return standing',
        "tests/exchange/test_offers.py::test_the_first_answer_stands",
    ),
    Mutant(
        "an offer that ran out takes an answer",
        f"{SERVICES}/offers/answers.py",
        'return "open" if in_time and',
        'return "open" if',
        "tests/exchange/test_offers.py::test_an_expired_offer_takes_no_answer",
    ),
    Mutant(
        "a staff form without its token is taken",
        "src/marketplace/web/auth.py",
        "        raise StalePageError",
        "        return",
        "tests/web/test_forged_posts.py::test_a_post_without_the_right_token_changes_nothing",
    ),
    Mutant(
        "pages may be framed by anybody",
        "src/marketplace/web/headers.py",
        "frame-ancestors 'none'; ",
        "",
        "tests/web/test_headers.py::test_every_kind_of_failure",
    ),
    Mutant(
        "a family's name is told before its yes, by page and by row",
        f"{SERVICES}/volunteers/pairs.py",
        "PROMISED = (MatchState.ACCEPTED, MatchState.UNDER_WAY)",
        "PROMISED = (MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.AWAITING_PROVIDER)",
        "tests/web/test_who_sees_what_in_every_state.py::test_nobody_sees_more[awaiting_provider]",
        (
            "migrations/0026_ask_providers_by_function.py",
            "BEGUN = \"match.state IN ('accepted', 'under_way')\"",
            "BEGUN = \"match.state IN ('accepted', 'under_way', 'awaiting_provider')\"",
        ),
    ),
    Mutant(
        "answers leave without their headers",
        "src/marketplace/app.py",
        "before_send=[set_headers],",
        "before_send=[],",
        "tests/web/test_headers.py::test_every_kind_of_failure",
    ),
    Mutant(
        "forms and bodies are not looked at",
        "src/marketplace/app.py",
        "request_class=CheckedRequest,",
        "",
        "tests/web/test_checked_input.py::test_in_a_form_a_question_and_a_path",
    ),
    Mutant(
        "paths and questions are not looked at",
        "src/marketplace/app.py",
        "guards=[refuse_unfit_address, require_audience],",
        "guards=[require_audience],",
        "tests/web/test_checked_input.py::test_in_a_form_a_question_and_a_path",
    ),
    Mutant(
        "anybody comes back by another's way (no state)",
        "src/marketplace/web/openid.py",
        "if not code or not hmac.compare_digest(state.encode(), way.state.encode()):",
        "if not code:",
        "tests/web/test_work_account.py::test_who_comes_back_with_something_else_is_not_let_in",
    ),
    Mutant(
        "a token of another sign-in is taken (no nonce)",
        "src/marketplace/web/openid.py",
        '{"nonce": way.nonce, "client_id": client},',
        '{"client_id": client},',
        "tests/web/test_work_account.py::test_a_token_with_a_flaw_lets_nobody_in",
    ),
    Mutant(
        "whoever was given somebody's address comes in as them (no subject)",
        f"{SERVICES}/staff/work_accounts.py",
        'index_elements=["user_id"], set_=known, where=is_free',
        'index_elements=["user_id"], set_=known',
        "tests/web/test_work_account.py"
        "::test_an_address_that_passed_to_somebody_else_does_not_let_them_in",
    ),
    Mutant(
        "a token that is meant for others too is taken",
        "src/marketplace/web/openid.py",
        "whom in (client, [client])",
        "client in whom",
        "tests/web/test_work_account.py::test_a_token_with_a_flaw_lets_nobody_in",
    ),
]
# Personal columns are sealed by a change of their own: these begin to count when it is here.
OF_SEALED_COLUMNS = [
    Mutant(
        "a sealed value opens in another's row (no binding)",
        "src/directory/sealing.py",
        "return json.dumps([str(one) for one in bound]).encode()",
        'return b"[]"',
        "tests/exchange/test_sealed.py::test_a_moved_value_does_not_open",
    ),
    Mutant(
        "every value is sealed with one nonce",
        "src/directory/sealing.py",
        "key, nonce = self._keys[0], secrets.token_bytes(NONCE_BYTES)",
        "key, nonce = self._keys[0], bytes(NONCE_BYTES)",
        "tests/exchange/test_sealed.py::test_the_same_value_looks_different_each_time",
    ),
]
if (ROOT / OF_SEALED_COLUMNS[0].file).exists():
    MUTANTS += OF_SEALED_COLUMNS
# Red within seconds: for `make test`.
QUICK = ("links of 64 bits", "a proof that is for every link", "the table itself allows more")


def is_caught(mutant: Mutant) -> tuple[bool, str]:
    """Whether its test turned red in a copy of the tree, and what pytest said last."""
    with tempfile.TemporaryDirectory(prefix="early-help-mutant-") as folder:
        copy = Path(folder) / "tree"
        copy_tree(copy)
        apply(mutant, copy)
        done = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.test],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy / "src")},
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )
    told = done.stdout.strip() or done.stderr.strip()
    red = RED in f"\n{told}"
    found = [line for line in told.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return red, [*found, *told.splitlines(), ""][0 if found else -2]


def copy_tree(copy: Path) -> None:
    """What a run of the tests needs, and nothing that git or a build keeps beside it."""
    left_out = shutil.ignore_patterns(
        ".git", ".venv", "node_modules", "__pycache__", "var", ".*_cache"
    )
    shutil.copytree(ROOT, copy, ignore=left_out)
    copy.parent.chmod(0o755)


def apply(mutant: Mutant, copy: Path) -> None:
    for name, before, after in mutant.edits:
        text = (copy / name).read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise LookupError(f"{name} holds {before!r} {text.count(before)} times")
        (copy / name).write_text(text.replace(before, after), encoding="utf-8")


def chosen(names: list[str]) -> list[Mutant]:
    return [one for one in MUTANTS if not names or any(one.name.startswith(n) for n in names)]


def judge(mutant: Mutant, until: float) -> tuple[str, str]:
    """`red`, `GREEN`, or `late` where the time was up first; and what was said last."""
    if time.monotonic() > until:
        return "late", "not run: the time was up"
    try:
        caught, last = is_caught(mutant)
    except subprocess.TimeoutExpired:
        return "late", f"not done after {MOST_SECONDS} s"
    except LookupError as error:
        return "GREEN", str(error)
    return "red" if caught else "GREEN", last


def run_all(names: list[str], *, seconds: float) -> dict[str, str]:
    """Each mutant's name and what became of it, one on each core."""
    until, found = time.monotonic() + seconds, {}
    mutants = chosen(names)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = pool.map(judge, mutants, [until] * len(mutants))
        for mutant, (word, last) in zip(mutants, told, strict=True):
            print(f"  {word:<5} {mutant.name:<66} {last[:110]}", flush=True)
            found[mutant.name] = word
    return found


if __name__ == "__main__":
    sys.exit(set(run_all(sys.argv[1:], seconds=float("inf")).values()) != {"red"})
