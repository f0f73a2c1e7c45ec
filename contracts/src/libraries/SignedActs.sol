// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ISignedActs, Signature} from "../interfaces/ISignedActs.sol";

/// @title The EIP-712 domain of one contract, and the recovery of an act's signer
abstract contract SignedActs is EIP712, ISignedActs {
    constructor() EIP712("Origin Ledger", "1") {}

    /// @dev The address that signed the message, if the deadline has not passed. Whether it may act is for the
    /// caller to ask.
    function _signer(bytes32 messageHash, uint64 deadline, Signature calldata signature)
        internal
        view
        returns (address signer)
    {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, uint64(block.timestamp));
        return _recover(_hashTypedDataV4(messageHash), signature);
    }

    /// @dev The address that signed the digest; refuses malformed and upper-half signatures.
    function _recover(bytes32 digest, Signature calldata signature) internal pure returns (address signer) {
        ECDSA.RecoverError failure;
        (signer, failure,) = ECDSA.tryRecover(digest, signature.r, signature.vs);
        if (failure != ECDSA.RecoverError.NoError) revert SignatureInvalid(digest, signature.r, signature.vs);
    }
}
