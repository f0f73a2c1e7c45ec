// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Enquiry} from "./interfaces/CertificateTypes.sol";
import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";
import {Signature} from "./interfaces/ISignedActs.sol";
import {Identifiers} from "./libraries/Identifiers.sol";
import {RegistryActs} from "./libraries/RegistryActs.sol";
import {Roles} from "./libraries/Roles.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {RegistryState} from "./RegistryState.sol";

/// @title Questions to members, and their answers
abstract contract EnquiryDesk is RegistryState, SignedActs {
    /// @inheritdoc ICertificateRegistry
    function enquire(
        bytes32 from,
        bytes32 to,
        bytes32 leaf,
        bytes32 subject,
        uint16 code,
        uint64 replyBy,
        uint64 deadline,
        Signature calldata signature
    ) external {
        address key = _signer(
            keccak256(abi.encode(RegistryActs.ENQUIRE_TYPEHASH, from, to, leaf, subject, code, replyBy, deadline)),
            deadline,
            signature
        );
        consortium.requireMember(from, Roles.CUSTOMS, key, false);
        bytes32 id = Identifiers.enquiryId(from, to, subject);
        if (consortium.organisationOf(to).territory == 0) revert AskedUnknown(to);
        if (replyBy <= block.timestamp || replyBy > type(uint48).max) revert ReplyByInvalid(id, replyBy);
        if (enquiryOf(id).asked != 0) revert EnquiryExists(id);
        _enquiries[id] = Enquiry(code, uint48(block.timestamp), uint48(replyBy), 0, 0);
        emit Enquired(id, from, to, leaf, subject, code, replyBy, key);
    }

    /// @inheritdoc ICertificateRegistry
    function answer(
        bytes32 from,
        bytes32 to,
        bytes32 subject,
        uint16 code,
        bytes32 reply,
        uint64 deadline,
        Signature calldata signature
    ) external {
        bytes32 id = Identifiers.enquiryId(from, to, subject);
        address key = _signer(
            keccak256(abi.encode(RegistryActs.ANSWER_TYPEHASH, id, code, reply, deadline)), deadline, signature
        );
        consortium.requireMember(to, 0, key, false);
        if (code == 0) revert ReasonMissing(id);
        Enquiry memory enquiry = enquiryOf(id);
        if (enquiry.asked == 0) revert EnquiryUnknown(id);
        if (enquiry.answered != 0) revert EnquiryAnswered(id);
        enquiry.answered = uint48(block.timestamp);
        enquiry.answerCode = code;
        _enquiries[id] = enquiry;
        emit Answered(id, from, to, code, reply, block.timestamp > enquiry.replyBy, key);
    }
}
