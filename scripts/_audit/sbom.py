"""The software bill of materials: CycloneDX 1.6, from the locks alone: one tree, one document."""

import base64
import hashlib
import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from scripts._audit.part import ROOT, Part

Component: TypeAlias = dict[str, Any]
STATIC = ROOT / "ledger_app" / "web" / "static"
#: Lock → whether the service needs it when it runs.
PYTHON_LOCKS = {"runtime": True, "node": False, "dev": False, "slither": False, "halmos": False}
NPM_LOCKS = {"ledger_app/chain/ganache": True, "contracts": False, "tests/peers": False}
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def bill() -> str:
    """The document as text. Deterministic; its serial number follows from its content."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = sorted(
        _merged([*_python(), *_npm(), *_vendored()]).values(), key=lambda component: component["bom-ref"]
    )
    root = {
        "type": "application",
        "bom-ref": "origin-ledger",
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": components,
        "dependencies": [
            {
                "ref": "origin-ledger",
                "dependsOn": [each["bom-ref"] for each in components if each["scope"] == "required"],
            }
        ],
    }
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}"
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def sbom(output: Path | None) -> Part:
    """Write the bill to `output` after holding it against the CycloneDX schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    part = Part("sbom")
    text = bill()
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        part.findings.append(f"not CycloneDX 1.6: {str(wrong)[:300]}")
    kinds = [component["scope"] for component in json.loads(text)["components"]]
    part.notes.append(f"{len(kinds)} components, {kinds.count('required')} of them needed to run")
    if output is not None:
        output.write_text(text, "utf-8")
        part.notes.append(f"written to {output}")
    return part


def _python() -> Iterator[Component]:
    for lock, needed in PYTHON_LOCKS.items():
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        for name, version in _PINNED.findall(text):
            yield _component(
                "library", name, version, f"pkg:pypi/{name.lower().replace('_', '-')}@{version}", needed
            )


def _npm() -> Iterator[Component]:
    for folder, needed in NPM_LOCKS.items():
        packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
        for path, row in packages.items():
            if not path or "version" not in row:
                continue
            name = path.rpartition("node_modules/")[2]
            # The contracts are compiled from OpenZeppelin's sources: what is deployed holds them.
            compiled_in = name.startswith("@openzeppelin/")
            purl = f"pkg:npm/{name.replace('@', '%40')}@{row['version']}"
            made = _component("library", name, row["version"], purl, needed or compiled_in)
            if isinstance(row.get("license"), str):
                made["licenses"] = [_licence(row["license"])]
            if row.get("integrity", "").startswith("sha512-"):
                content = base64.b64decode(row["integrity"].removeprefix("sha512-")).hex()
                made["hashes"] = [{"alg": "SHA-512", "content": content}]
            yield made


def _vendored() -> Iterator[Component]:
    """The web assets that are kept in the tree; `vendored.json` beside them says what they are."""
    for file, row in json.loads((STATIC / "vendored.json").read_text()).items():
        purl = f"pkg:npm/{row['name'].replace('@', '%40')}@{row['version']}"
        made = _component("library", row["name"], row["version"], purl, True)
        made["licenses"] = [_licence(row["license"])]
        made["hashes"] = [
            {"alg": "SHA-256", "content": hashlib.sha256((STATIC / file).read_bytes()).hexdigest()}
        ]
        made["properties"] = [{"name": "origin-ledger:file", "value": f"ledger_app/web/static/{file}"}]
        yield made


def _component(kind: str, name: str, version: str, purl: str, needed: bool) -> Component:
    scope = "required" if needed else "excluded"
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, "scope": scope}


def _licence(words: str) -> dict[str, Any]:
    return {"expression": words} if " " in words.strip("()") else {"license": {"name": words}}


def _merged(found: list[Component]) -> dict[str, Component]:
    """One entry a package: needed, if any of those who name it need it."""
    merged: dict[str, Component] = {}
    for component in found:
        known = merged.setdefault(component["bom-ref"], component)
        if component["scope"] == "required":
            known["scope"] = "required"
    return merged
