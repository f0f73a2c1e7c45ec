"""The containers of one installation, seen from outside: how they are, what confines them, killing one."""

import json
import subprocess
import time
from typing import Any

from docker.setup import IMAGE, Setup, call

HEAL_SECONDS = 240


class Engine:
    """The containers that `setup` brought up, by the names of compose.yaml."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def names(self) -> list[str]:
        """Every container's name, those first on which the others stand."""
        first = ["chain", "database", "service"]
        return [*first, *sorted(set(self._ids()) - set(first))]

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine knows of a container."""
        found: list[dict[str, Any]] = json.loads(call(["docker", "inspect", self._id(name)]))
        return found[0]

    def kill(self, name: str) -> float:
        """Kill what runs in a container as a crash would, and wait until it is well again; gives the seconds.

        Not `docker kill`: the engine takes that for an order, and does not start the container again.
        """
        before = self.inspect(name)
        pid, runs = before["State"]["Pid"], before["RestartCount"]
        helper = ["docker", "run", "--rm", "--pid=host", "--user=0", "--network=none", "--entrypoint=sh"]
        call([*helper, IMAGE, "-c", f"kill -9 {pid}"])
        began = time.monotonic()
        while True:
            now = self.inspect(name)
            again = now["RestartCount"] > runs and now["State"]["Pid"] not in (0, pid)
            if again and now["State"]["Health"]["Status"] == "healthy":
                return time.monotonic() - began
            if time.monotonic() - began > HEAL_SECONDS:
                raise AssertionError(f"{name} did not heal: {json.dumps(now['State'])[:2000]}")
            time.sleep(0.2)

    def runs(self, name: str, *command: str) -> bool:
        """Whether a command in a container succeeds."""
        done = subprocess.run(["docker", "exec", self._id(name), *command], capture_output=True, check=False)
        return done.returncode == 0

    def confinement(self) -> list[str]:
        """What a container could do that it must not, or shows that it must not show: nothing."""
        held = {path.name: path.read_text().strip() for path in self.setup.secrets.iterdir()}
        found = []
        for name in self.names():
            told = self.inspect(name)
            host = told["HostConfig"]
            text = json.dumps(told)
            ports = [each["HostIp"] for bound in (host["PortBindings"] or {}).values() for each in bound]
            holds = {
                "runs as root": told["Config"]["User"] in ("", "root", "0"),
                "may write to its root": not host["ReadonlyRootfs"] or self.runs(name, "touch", "/opt/probe"),
                "keeps privileges": host["CapDrop"] != ["ALL"] or host["CapAdd"],
                "may gain privileges": "no-new-privileges:true" not in (host["SecurityOpt"] or []),
                "does not restart": host["RestartPolicy"]["Name"] != "unless-stopped",
                "publishes a port beyond this machine": set(ports) - {"127.0.0.1"},
                "publishes a port": ports and name != "service",
                "shows a secret": [secret for secret, value in held.items() if value and value in text],
            }
            found += [f"{name} {fault}" for fault, is_so in holds.items() if is_so]
        return found + self._reach()

    def sizes(self) -> dict[str, float]:
        """The images' sizes in MB."""
        images = {"service and signer": IMAGE, "chain": f"{IMAGE}-chain", "database": f"{IMAGE}-database"}
        size = ["docker", "image", "inspect", "--format", "{{.Size}}"]
        return {name: round(int(call([*size, image])) / 1e6, 1) for name, image in images.items()}

    def _reach(self) -> list[str]:
        """Who reaches whom without need: a signer the database or the chain, the service a keystore."""
        dial = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
        signers = [name for name in self.names() if name not in ("chain", "database", "service")]
        found = [
            f"{name} does not reach the service, so that the next lines prove nothing"
            for name in signers
            if not self.runs(name, "python", "-c", dial, "service", "8000")
        ]
        for name in signers[:2]:
            found += [
                f"{name} reaches the {other}"
                for other, port in (("database", 5432), ("chain", 8545))
                if self.runs(name, "python", "-c", dial, other, str(port))
            ]
            if not self.runs(name, "sh", "-c", "ls /data/signer/keystore/*.json"):
                found.append(f"{name} has no keystore where it is looked for")
        volumes = {mount.get("Name", "").rpartition("_")[2] for mount in self.inspect("service")["Mounts"]}
        if volumes & set(signers) or self.runs("service", "sh", "-c", "ls /data/*/keystore"):
            found.append("service reaches a keystore")
        return found

    def _id(self, name: str) -> str:
        return self._ids()[name]

    def _ids(self) -> dict[str, str]:
        return {name: number for name, (number, _) in self.setup.containers().items()}
