#!/usr/bin/env python3
"""Brings up the consortium of compose.yaml on this machine: images, secrets, keys; waits until all is well.

    docker/setup.py [--no-build] [--state FOLDER] [--project NAME] [--port PORT]

A second run finds everything as it was. Needs Docker, its compose (`docker compose` or `docker-compose`), and
nothing but this Python's own library. BASE, POSTGRES_BASE and BUILD_NETWORK are handed on to the builds.

What is made lies in FOLDER (docker/local): `secrets/`, a file of one line for each, which the account in the
container alone can read; `settings.env` for compose; `installation.json`, with which `origin demo --against`
tells the story. The keys themselves are made by `origin signer init` in the signers' own volumes, and never
leave them. **For trying out**: these signers act unattended, and whoever runs this machine is every member.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
IMAGE = "origin-ledger"
SERVICE_ACCOUNT, DATABASE_ACCOUNT = 10001, 10003
WAIT_SECONDS = 300
FOLDER = "/data/signer"
_MEMBERS = """
import json
from ledger_app.demo.members import COUNCIL, MEMBERS
print(json.dumps([[name, None] for name in COUNCIL] + [[m.slug, m.identifier] for m in MEMBERS]))
"""
_ADDRESS = """
import sys
from ledger_app.proof.typed_data import address_of
print(address_of(bytes.fromhex(sys.stdin.read().strip())))
"""
_TOKENS = """
import json, sys
from ledger_app.client import Client
from ledger_app.secret_files import secret
client = Client("http://127.0.0.1:8000", secret("ORIGIN_OPERATOR_TOKEN"))
wanted = json.load(sys.stdin)
print(json.dumps({name: client.post("/v1/tokens", body)["token"] for name, body in wanted.items()}))
"""


class Setup:
    """One installation: its project, its folder, and how far it is."""

    def __init__(self, state: Path, project: str | None = None, port: int | None = None) -> None:
        self.state = state.absolute()
        self.secrets = self.state / "secrets"
        self.settings = self.state / "settings.env"
        before = self._settings()
        self.project = project or before.get("COMPOSE_PROJECT_NAME", "origin")
        self.port = port or int(before.get("PORT", 8000))
        self.installation = self.state / "installation.json"
        known = json.loads(self.installation.read_text()) if self.installation.exists() else {}
        self.tokens: dict[str, str] = known.get("tokens", {})
        self.acceptances: dict[str, Any] = known.get("acceptances", {})

    def prepare(self) -> None:
        """Make the folder and the settings that the builds need."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.secrets.mkdir(exist_ok=True, mode=0o700)
        self._set(COMPOSE_PROJECT_NAME=self.project, STATE=str(self.state), PORT=str(self.port))
        self._set(ORIGIN_PUBLIC_URL=self.url)
        for name in ("BASE", "POSTGRES_BASE", "BUILD_NETWORK"):
            if os.environ.get(name):
                self._set(**{name: os.environ[name]})

    def build(self) -> None:
        say("building the images")
        self.compose("build", quiet=True)

    def up(self) -> None:
        """Make what is missing, start everything, and wait until it is healthy."""
        members = json.loads(self.image("python", _MEMBERS))
        self._make_secrets([name for name, _ in members])
        say("making the council's keys")
        council = [name for name, identifier in members if identifier is None]
        # Networks first: compose run several times at once makes each as often.
        self.compose("up", "--no-start", "--no-build", "chain", "database", "service", quiet=True)
        with ThreadPoolExecutor(3) as pool:
            addresses = list(pool.map(self._council_signer, council))
        self._set(ORIGIN_COUNCIL=",".join(addresses))
        say("starting chain, database and service")
        self.compose("up", "-d", "--no-build", "chain", "database", "service", quiet=True)
        self.wait(["chain", "database", "service"])
        self._make_tokens(dict(members), dict(zip(council, addresses, strict=True)))
        say("making the members' keys and starting the signers")
        ledger = json.loads(self.compose("exec", "-T", "service", "python", "-c", _LEDGER))
        pins = [f"--{name}={ledger[key]}" for name, key in _PINS.items()]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda one: self._pinned_signer(one[0], one[1], pins), members))
        self.keep()
        self.compose("--profile", "signers", "up", "-d", "--no-build", quiet=True)
        self.wait(["chain", "database", "service", *(name for name, _ in members)])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- keys, secrets, tokens ------------------------------------------------------------------------------

    def _make_secrets(self, members: list[str]) -> None:
        sender = secrets.token_hex(32)
        if not self._held("sender_key"):
            # The chain gives this account money; only the service learns its key.
            self._set(SENDER_ADDRESS=self.image("python", _ADDRESS, sender))
            self._put("sender_key", sender)
        self._once("master_key", secrets.token_hex(32))
        self._once("operator_token", "olt_" + secrets.token_urlsafe(32))
        password = secrets.token_urlsafe(32)
        if not (self._held("database_password") and self._held("database_password_of_the_database")):
            self._put("database_password_of_the_database", password, DATABASE_ACCOUNT)
            self._put("database_password", password)
        for name in members:
            self._once(f"{name}-password", secrets.token_urlsafe(32))
            if not (self.secrets / f"{name}-token").exists():
                self._put(f"{name}-token", "")  # filled below; a mount needs the file to be there

    def _make_tokens(self, members: dict[str, str | None], council: dict[str, str]) -> None:
        wanted: dict[str, dict[str, str]] = {}
        for name, identifier in members.items():
            kind = "council" if identifier is None else "organisation"
            wanted[name] = {"kind": kind, "subject": identifier or council[name], "label": name}
        wanted["trader"] = {"kind": "trader", "label": "trader"}
        wanted["operator"] = {"kind": "operator", "label": "docker/setup"}
        missing = {name: body for name, body in wanted.items() if name not in self.tokens}
        if missing:
            text = self.compose("exec", "-T", "service", "python", "-c", _TOKENS, given=json.dumps(missing))
            self.tokens |= json.loads(text)
            self.keep()
        for name in members:
            if not self._held(f"{name}-token"):
                self._put(f"{name}-token", self.tokens[name])

    def _council_signer(self, name: str) -> str:
        made = f"{_INIT} --council --unpinned >&2"
        return str(json.loads(self._signer(name, f"test -e {FOLDER}/signer.toml || {made}; {_SHOW}"))["key"])

    def _pinned_signer(self, name: str, identifier: str | None, pins: list[str]) -> None:
        if name in self.acceptances:
            return
        given = " ".join(pins)
        if identifier is None:
            unpinned = f"grep -q '^chain_id = 0$' {FOLDER}/signer.toml"
            command = f"{unpinned} && origin signer pin --dir {FOLDER} {given} >&2; echo null"
        else:
            made = f"{_INIT} --organisation {identifier} {given} >&2"
            command = f"test -e {FOLDER}/signer.toml || {made}; origin signer accept --dir {FOLDER}"
        self.acceptances[name] = json.loads(self._signer(name, command))

    def _signer(self, name: str, command: str) -> str:
        return self.compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "sh", name, "-euc", command)

    def _held(self, name: str) -> bool:
        path = self.secrets / name
        return path.exists() and path.stat().st_size > 0

    def _once(self, name: str, text: str) -> None:
        if not self._held(name):
            self._put(name, text)

    def _put(self, name: str, text: str, account: int = SERVICE_ACCOUNT) -> None:
        """A secret as a file that only `account` reads, whole or not at all."""
        draft = self.secrets / f".{name}.new"
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        if os.geteuid() == 0:
            os.chown(draft, account, account)
        else:
            mount = f"{self.secrets}:/secrets"
            chown = ["chown", f"{account}:{account}", f"/secrets/{draft.name}"]
            call(["docker", "run", "--rm", "--user=0", f"--volume={mount}", "--entrypoint=", IMAGE, *chown])
        draft.replace(self.secrets / name)

    def _set(self, **values: str) -> None:
        lines = [f"{name}={value}" for name, value in (self._settings() | values).items()]
        self.settings.touch(mode=0o600)
        self.settings.write_text("\n".join(lines) + "\n")

    def _settings(self) -> dict[str, str]:
        if not self.settings.exists():
            return {}
        rows = (line.partition("=") for line in self.settings.read_text().splitlines())
        return {name: value for name, _, value in rows}

    def keep(self) -> None:
        """Write `installation.json`: the address, the tokens, and what the signers' keys have agreed to."""
        draft = self.installation.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(
                {"url": self.url, "tokens": self.tokens, "acceptances": self.acceptances}, file, indent=1
            )
        draft.replace(self.installation)

    # --- Docker ---------------------------------------------------------------------------------------------

    def compose(self, *arguments: str, given: str = "", quiet: bool = False) -> str:
        """Run compose on this project; gives what it printed. `quiet`: a failure shows that too."""
        fixed = ["-p", self.project, "-f", str(HERE / "compose.yaml"), "--env-file", str(self.settings)]
        return call([*compose_command(), *fixed, *arguments], given, quiet=quiet)

    def image(self, entrypoint: str, program: str, given: str = "") -> str:
        """What a program in the service's image prints, without a network."""
        confined = ["--rm", "-i", "--network=none", "--read-only", f"--entrypoint={entrypoint}"]
        return call(["docker", "run", *confined, IMAGE, "-c", program], given).strip()

    def wait(self, names: list[str]) -> None:
        """Until all of these are healthy. Ends the program when they are not after a while."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            found = self.containers()
            states = {name: found.get(name, ("", "missing"))[1] for name in names}
            if all("(healthy)" in state for state in states.values()):
                return
            time.sleep(0.5)
        ill = {name: state for name, state in states.items() if "(healthy)" not in state}
        for name in ill:
            sys.stderr.write(self.compose("logs", "--tail=20", name))
        sys.exit(f"not healthy after {WAIT_SECONDS} s: {ill}")

    def containers(self) -> dict[str, tuple[str, str]]:
        """Each container's id and status in the engine's words, by its name in compose.yaml."""
        form = '{{.Label "com.docker.compose.service"}}\t{{.ID}}\t{{.Status}}'
        ours = f"label=com.docker.compose.project={self.project}"
        single = "label=com.docker.compose.oneoff=False"
        listed = call(["docker", "ps", "--all", "--format", form, "--filter", ours, "--filter", single])
        rows = [line.split("\t") for line in listed.splitlines()]
        return {name: (number, status) for name, number, status in rows}


_LEDGER = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8000/v1/ledger").read().decode())
"""
_PINS = {"chain-id": "chainId", "consortium": "consortium", "registry": "registry", "cargo-log": "cargoLog"}
_INIT = (
    f"origin signer init --dir {FOLDER} --url http://service:8000 --unattended"
    " --password-file /run/secrets/password --token-file /run/secrets/token"
)
_SHOW = f"origin signer show --dir {FOLDER} --json"


def compose_command() -> list[str]:
    """`docker compose` where the client has it, else `docker-compose`."""
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if asked.returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    sys.exit("neither `docker compose` nor `docker-compose` is here")


def call(command: list[str], given: str = "", *, quiet: bool = False) -> str:
    """What a command printed; ends the program with its own words when it fails."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr[-4000:] + (done.stdout[-4000:] if quiet else "")
        sys.exit(f"{told}\n{' '.join(command[:8])} … failed with {done.returncode}")
    return done.stdout


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-build", action="store_true", help="use the images that are there")
    parser.add_argument("--state", type=Path, default=HERE / "local", metavar="FOLDER")
    parser.add_argument("--project", metavar="NAME", help="of the first run; else origin")
    parser.add_argument(
        "--port", type=int, help="on this machine's loopback; that of the first run, else 8000"
    )
    chosen = parser.parse_args()
    setup = Setup(chosen.state, chosen.project, chosen.port)
    setup.prepare()
    if not chosen.no_build:
        setup.build()
    setup.up()
    say(f"all is well at {setup.url}; the story: origin demo --against {setup.installation}")


if __name__ == "__main__":
    main()
