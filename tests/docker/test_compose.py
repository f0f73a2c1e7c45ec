"""What compose.yaml promises of every container, read as compose reads it."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from docker.setup import Setup
from ledger_app.config import Settings
from ledger_app.demo.members import COUNCIL, MEMBERS

DOCKER = Path(__file__).resolve().parents[2] / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SIGNERS = [name for name in SERVICES if name not in ("chain", "database", "service")]
SECRET = re.compile(r"key|password|token|secret", re.IGNORECASE)


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_confined_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert "user" not in service, "the image's own account, which is not root"
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_in_an_environment(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable):
            assert variable.endswith("_FILE")
            assert value.startswith("/run/secrets/")
        assert "${" not in value or not SECRET.search(value), variable
    assert "env_file" not in SERVICES[name], "everything in it would be in the environment"


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_given_every_secret_that_it_reads_and_no_other(name: str) -> None:
    service = SERVICES[name]
    given = {each if isinstance(each, str) else each["target"] for each in service.get("secrets", [])}
    read = {Path(value).name for value in service.get("environment", {}).values() if "/run/secrets/" in value}
    assert given == ({"password", "token"} if name in SIGNERS else read)


def test_each_secret_goes_to_one_container_and_is_a_file_outside_the_images() -> None:
    sources = [
        each if isinstance(each, str) else each["source"]
        for service in SERVICES.values()
        for each in service.get("secrets", [])
    ]
    assert sorted(sources) == sorted(COMPOSE["secrets"])
    assert all(each["file"].startswith("${STATE:-./local}/secrets/") for each in COMPOSE["secrets"].values())
    ignored = (DOCKER.parent / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert not [line for line in ignored if line.startswith("!docker") and "local" in line]
    assert "docker/local/" in (DOCKER.parent / ".gitignore").read_text().splitlines()


def test_only_the_service_is_published_and_only_on_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["service"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["service"]["ports"])


def test_a_signer_reaches_the_service_and_nothing_else() -> None:
    assert all(SERVICES[name]["networks"] == ["desks"] for name in SIGNERS if name not in COUNCIL)
    assert "desks" in SERVICES["service"]["networks"]
    assert "desks" not in SERVICES["database"]["networks"] + SERVICES["chain"]["networks"]
    assert all(COMPOSE["networks"][name]["internal"] is True for name in ("desks", "ledger", "seats"))


def test_a_council_seat_reaches_a_node_besides_to_recompute_what_it_states() -> None:
    assert all(SERVICES[name]["networks"] == ["desks", "seats"] for name in COUNCIL)
    assert {name for name, service in SERVICES.items() if "seats" in service.get("networks", [])} == {
        "chain",
        *COUNCIL,
    }
    node = "http://chain:8545"
    assert all(SERVICES[name]["command"][-2:] == ["--node", node] for name in COUNCIL)
    assert SERVICES["service"]["environment"]["ORIGIN_NODE_URL"] == node


def test_there_is_a_signer_with_a_volume_of_its_own_for_each_member() -> None:
    assert [*COUNCIL, *(member.slug for member in MEMBERS)] == SIGNERS
    volumes = [volume.partition(":")[0] for service in SERVICES.values() for volume in service["volumes"]]
    assert sorted(volumes) == sorted(COMPOSE["volumes"])
    assert len(set(volumes)) == len(volumes), "the service reads no signer's folder, and no signer another's"


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_says_whether_it_is_well(name: str) -> None:
    # The signer's image is the service's, whose check would ask for a page.
    image = {"chain": "ganache/Dockerfile", "database": "postgres/Dockerfile", "service": "Dockerfile"}
    if name in image:
        assert "HEALTHCHECK" in (DOCKER / image[name]).read_text()
    else:
        assert "/data/signer/alive" in SERVICES[name]["healthcheck"]["test"][1]


@pytest.mark.parametrize("name", ["chain", "database", "service"])
def test_an_image_is_built_on_the_base_that_is_named(name: str) -> None:
    build = SERVICES[name]["build"]
    text = (DOCKER.parent / build["dockerfile"]).read_text()
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}
    assert re.fullmatch(r"\$\{(BASE|POSTGRES_BASE):-debian:bookworm-slim\}", build["args"]["BASE"])
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] not in ("root", "0")


def test_the_service_is_given_settings_that_it_knows() -> None:
    known = {f"ORIGIN_{name.upper()}" for name in Settings.model_fields}
    given = {name.removesuffix("_FILE") for name in SERVICES["service"]["environment"]}
    assert given <= known


def test_what_setup_makes_is_its_owners_only_and_whole(tmp_path: Path) -> None:
    setup = Setup(tmp_path / "state", "x", 8123)
    setup.prepare()
    setup.tokens["operator"] = "a token"
    setup.keep()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [setup.state, *setup.state.iterdir()]}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
    again = Setup(tmp_path / "state")
    assert (again.project, again.port) == ("x", 8123)
    assert again.tokens == {"operator": "a token"}
    assert json.loads(again.installation.read_text())["url"] == "http://127.0.0.1:8123"
