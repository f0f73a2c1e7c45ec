"""Which ledger is meant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerPin:
    """The one ledger: chain id, hash of its block 0, and the contracts' addresses (lower-case `0x…`).

    It comes from the settings or from our own deployment, never from a bundle. `first_block` is where the
    contracts were deployed: nothing of theirs is older.
    """

    chain_id: int
    genesis: str
    consortium: str
    registry: str
    cargo_log: str
    first_block: int

    def address(self, contract: str) -> str:
        """The address of `Consortium`, `CertificateRegistry` or `CargoLog`; KeyError for anything else."""
        return {
            "Consortium": self.consortium,
            "CertificateRegistry": self.registry,
            "CargoLog": self.cargo_log,
        }[contract].lower()

    def contracts(self) -> dict[str, str]:
        """Contract names by address."""
        return {self.address(name): name for name in ("Consortium", "CertificateRegistry", "CargoLog")}
