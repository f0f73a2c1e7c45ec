// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice An EIP-2098 compact signature: `vs` is the parity bit over a low `s`.
struct Signature {
    bytes32 r;
    bytes32 vs;
}

/// @title What every contract of the ledger shares: acts are EIP-712 messages, whoever sends them
/// @notice There is no relayer role: an act binds its own content, so any account may carry it to the chain.
interface ISignedActs {
    /// @notice The last second in which the act may be carried out (inclusive) is over.
    error DeadlinePassed(uint64 deadline, uint64 time);

    /// @notice The 64 bytes recover no address: malformed, or `s` in the upper half.
    error SignatureInvalid(bytes32 digest, bytes32 r, bytes32 vs);
}
