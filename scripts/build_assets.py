"""Builds what the pages show: one stylesheet and one script, in src/marketplace/web/static/built.

Called by `make setup`. Takes node from PATH, or fetches the pinned node of requirements-node.lock.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
BUILT = ROOT / "src" / "marketplace" / "web" / "static" / "built"
NODE_LOCK = ROOT / "requirements-node.lock"
STAMP = BUILT / ".inputs"
GOVUK_FRONTEND = ASSETS / "node_modules" / "govuk-frontend"
OLDEST_NODE = (20, 19)
SYSTEM_CERTIFICATES_SINCE = (22, 15)
OUTPUTS = ("main.css", "govuk-frontend.min.js")


class BuildError(Exception):
    pass


def main() -> None:
    inputs = digest_inputs()
    if is_built_from(inputs):
        print("The stylesheet is up to date.")
        return
    environment = node_environment()
    run(["npm", "ci"], environment=environment, hint="Is the npm registry within reach?")
    BUILT.mkdir(parents=True, exist_ok=True)
    build_stylesheet(environment)
    shutil.copyfile(
        GOVUK_FRONTEND / "dist/govuk/govuk-frontend.min.js", BUILT / "govuk-frontend.min.js"
    )
    STAMP.write_text(inputs)
    print(f"Built {(BUILT / 'main.css').stat().st_size:,} bytes of stylesheet.")


def digest_inputs() -> str:
    digest = hashlib.sha256()
    names = ("package.json", "package-lock.json", "*.scss")
    for path in [Path(__file__), *(found for name in names for found in sorted(ASSETS.glob(name)))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_built_from(inputs: str) -> bool:
    complete = all((BUILT / name).is_file() for name in OUTPUTS)
    return complete and STAMP.is_file() and STAMP.read_text() == inputs


def node_environment() -> dict[str, str]:
    """Return the environment in which `node` and `npm` are found and good enough."""
    # The wheel puts its commands beside the running python, so that folder goes first.
    own_folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": own_folder + os.pathsep + os.environ.get("PATH", "")}
    version = node_version(environment)
    if version < OLDEST_NODE:
        install_node()
        version = node_version(environment)
    if version < OLDEST_NODE:
        raise BuildError("node was installed but does not run. Install node 20.19 or newer.")
    if version >= SYSTEM_CERTIFICATES_SINCE:
        # Behind a company's certificate node would otherwise trust only its own list.
        options = environment.get("NODE_OPTIONS", "")
        environment["NODE_OPTIONS"] = f"{options} --use-system-ca".strip()
    return environment


def node_version(environment: dict[str, str]) -> tuple[int, int]:
    node = shutil.which("node", path=environment["PATH"])
    if node is None or shutil.which("npm", path=environment["PATH"]) is None:
        return (0, 0)
    answer = subprocess.run(  # noqa: S603 - the node that was just found
        [node, "--version"], env=environment, capture_output=True, text=True, check=False
    )
    numbers = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def install_node() -> None:
    print("No node 20.19 or newer with npm on PATH: fetching the pinned one.")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(
        [*pip, "--require-hashes", "-r", str(NODE_LOCK)],
        environment=dict(os.environ),
        hint="Without a network, install node 20.19 or newer with npm, then run this again.",
    )


def build_stylesheet(environment: dict[str, str]) -> None:
    sass = ASSETS / "node_modules" / "sass" / "sass.js"
    options = ["--style=compressed", "--no-source-map", "--load-path=node_modules"]
    run(
        ["node", str(sass), *options, "main.scss", str(BUILT / "main.css")],
        environment=environment,
        hint="The mistake is in assets/main.scss, named above.",
    )


def run(command: list[str], *, environment: dict[str, str], hint: str) -> None:
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    finished = subprocess.run(  # noqa: S603 - fixed commands of this file
        [program, *command[1:]], cwd=ASSETS, env=environment, check=False
    )
    if finished.returncode:
        raise BuildError(f"`{' '.join(command)}` failed. {hint}")


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(f"The stylesheet was not built: {error}")
