"""Compile the contracts into artifacts that the package carries, so that running needs no compiler.

py-solc-x drives the compiler: the native one of the pinned version where it is installed or can be
downloaded, else the npm package `solc` through `contracts/solc`, which speaks the same interface. Both give
the same bytes: sources go in under names relative to `contracts/`, and the bytecode carries no metadata (its
hash would change with comments and compiler builds; `sourceHash` in the artifact names the sources instead).
"""

import argparse
import hashlib
import json
import multiprocessing
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
ARTIFACTS = ROOT / "ledger_app" / "chain" / "artifacts"

# Contract -> (source below contracts/, where its artifact goes)
TARGETS: dict[str, tuple[str, Path]] = {
    "Consortium": ("src/Consortium.sol", ARTIFACTS / "Consortium.json"),
    "CertificateRegistry": ("src/CertificateRegistry.sol", ARTIFACTS / "CertificateRegistry.json"),
    "CargoLog": ("src/CargoLog.sol", ARTIFACTS / "CargoLog.json"),
    "ProtocolHarness": (
        "test/harness/ProtocolHarness.sol",
        ROOT / "tests" / "contracts" / "ProtocolHarness.json",
    ),
}
DOWNLOAD_SECONDS = 20
EIP170_LIMIT = 24_576
_IMPORT = re.compile(r"^import\s+(?:[^;]*?\bfrom\s+)?\"([^\"]+)\";", re.MULTILINE)

Artifact = dict[str, Any]


class CompileError(Exception):
    """The compiler reported errors, or a contract is too large to deploy."""


def pinned_version() -> str:
    """The compiler's version, as `contracts/package.json` pins it."""
    package = json.loads((CONTRACTS / "package.json").read_text())
    return str(package["devDependencies"]["solc"])


def settings() -> dict[str, Any]:
    """The compiler settings, read from `contracts/foundry.toml` so that tests compile what we deploy."""
    profile = tomllib.loads((CONTRACTS / "foundry.toml").read_text())["profile"]["default"]
    return {
        "evmVersion": profile["evm_version"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "viaIR": profile["via_ir"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
        "outputSelection": {
            "*": {
                "*": [
                    "abi",
                    "evm.bytecode.object",
                    "evm.deployedBytecode.object",
                    "evm.deployedBytecode.immutableReferences",
                ]
            }
        },
    }


def collect_sources(entry: str) -> dict[str, str]:
    """The entry's source and everything it imports, by name relative to `contracts/`, in a fixed order."""
    found: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        folder = CONTRACTS / "node_modules" if name.startswith("@") else CONTRACTS
        found[name] = (folder / name).read_text(encoding="utf-8")
        waiting.extend(_resolve(name, target) for target in _IMPORT.findall(found[name]))
    return dict(sorted(found.items()))


def _resolve(importer: str, target: str) -> str:
    if not target.startswith("."):
        return target
    parts = importer.split("/")[:-1]
    for step in target.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def _download(version: str) -> None:
    import solcx

    try:
        solcx.install_solc(version, show_progress=False)
    except (OSError, ValueError, solcx.exceptions.SolcInstallationError) as failure:
        print(f"no native solc {version}: {failure}", file=sys.stderr)


def native_compiler(version: str, *, download: bool) -> Path | None:
    """The native compiler as py-solc-x keeps it, downloaded if asked and possible; None if there is none."""
    import solcx

    def installed() -> Path | None:
        if version not in {str(known) for known in solcx.get_installed_solc_versions()}:
            return None
        return Path(solcx.install.get_executable(version))

    found = installed()
    if found or not download:
        return found
    # A child process, because the download has no time limit of its own.
    child = multiprocessing.get_context("spawn").Process(target=_download, args=(version,), daemon=True)
    child.start()
    child.join(DOWNLOAD_SECONDS)
    if child.is_alive():
        child.terminate()
        child.join()
        print(f"no native solc {version}: the download took too long", file=sys.stderr)
    return installed()


def npm_compiler() -> Path:
    """The npm compiler behind the interface of the native one."""
    return CONTRACTS / "solc"


def compile_contract(name: str, compiler: Path) -> Artifact:
    """One contract's artifact. Raises CompileError on compiler errors and on code beyond EIP-170."""
    import solcx

    entry, _ = TARGETS[name]
    sources = collect_sources(entry)
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in sources.items()},
            "settings": settings(),
        },
        solc_binary=compiler,
    )
    problems = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if problems:
        raise CompileError("\n".join(problems))
    contract = output["contracts"][entry][name]
    evm = contract["evm"]
    size = len(evm["deployedBytecode"]["object"]) // 2
    if size > EIP170_LIMIT:
        raise CompileError(f"{name} has {size} bytes of code, more than {EIP170_LIMIT}")
    return {
        "contractName": name,
        "abi": contract["abi"],
        "bytecode": "0x" + evm["bytecode"]["object"],
        "deployedBytecode": "0x" + evm["deployedBytecode"]["object"],
        # Sorted by offset: the keys are numbers of syntax tree nodes and say nothing by themselves.
        "immutableReferences": sorted(
            [r["start"], r["length"]]
            for refs in evm["deployedBytecode"]["immutableReferences"].values()
            for r in refs
        ),
        "compiler": {
            "solc": pinned_version(),
            "settings": {k: v for k, v in settings().items() if k != "outputSelection"},
        },
        "sourceHash": source_hash(sources),
    }


def source_hash(sources: dict[str, str]) -> str:
    """SHA-256 over the names and contents of all sources, the compiler's version and its settings."""
    body = json.dumps([pinned_version(), settings(), sources], sort_keys=True, ensure_ascii=False)
    return "0x" + hashlib.sha256(body.encode()).hexdigest()


def render(artifact: Artifact) -> str:
    """The artifact's file: one line a member of the ABI, so that changes read well."""
    lines = ["{"]
    for key, value in artifact.items():
        if key == "abi":
            members = ",\n".join("    " + json.dumps(member, separators=(",", ":")) for member in value)
            lines.append(f'  "abi": [\n{members}\n  ],')
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)},")
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join([*lines, "}", ""])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if an artifact is out of date"
    )
    parser.add_argument(
        "--npm", action="store_true", help="use the npm compiler without looking for a native one"
    )
    options = parser.parse_args()
    native = None if options.npm else native_compiler(pinned_version(), download=True)
    compiler = native or npm_compiler()
    print(f"compiling with {compiler}", file=sys.stderr)
    stale = []
    for name, (_, path) in TARGETS.items():
        try:
            artifact = compile_contract(name, compiler)
        except CompileError as failure:
            print(failure, file=sys.stderr)
            return 1
        text = render(artifact)
        size = len(artifact["deployedBytecode"]) // 2 - 1
        print(f"{name}: {size} bytes", file=sys.stderr)
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if options.check and stale:
        print(f"out of date: {', '.join(stale)}; run scripts/compile", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
