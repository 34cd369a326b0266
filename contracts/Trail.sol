// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ITrail} from "./interfaces/ITrail.sol";

/// @title The trail
/// @notice The only place that emits Chartkey's events: what is logged and what is hashed are the same bytes in memory.
abstract contract Trail is ITrail {
    /* TYPES */

    /// @dev The end of a trail and, in the four bytes that links leave free, the chart's epoch: an open, which needs both, reads
    /// one slot. A struct, so that the slot is found once for reading and writing.
    struct Head {
        bytes32 word;
    }

    /* CONSTANTS */

    /// @dev The subject of what concerns no patient.
    address internal constant REGISTRY = address(0);

    bytes32 private constant DOMAIN = keccak256("chartkey/v1/trail");
    bytes32 private constant EPOCH_MASK = bytes32(uint256(type(uint32).max));

    /* STORAGE */

    /// @dev Apart from the patients', so that the zero address is none.
    Head private _registry;
    mapping(address patient => Head head) private _patients;

    /* CONSTRUCTOR */

    constructor() {
        _registry.word = _firstLink(_topic(REGISTRY));
    }

    /* VIEWS */

    /// @inheritdoc ITrail
    function trail(address subject) external view returns (bytes32) {
        return (subject == REGISTRY ? _registry : _patients[subject]).word & ~EPOCH_MASK;
    }

    /* INTERNAL */

    /// @dev Logs an event of a patient's trail, which must have started. `data` is the ABI encoding of the arguments that
    /// are not indexed.
    function _log(bytes32 signature, address patient, bytes32 topic2, bytes32 topic3, bytes memory data) internal {
        Head storage head = _head(patient);
        _append(head, head.word, signature, _topic(patient), topic2, topic3, data);
    }

    /// @dev Logs an event of the registry's trail.
    function _logRegistry(bytes32 signature, bytes32 topic2, bytes32 topic3, bytes memory data) internal {
        _append(_registry, _registry.word, signature, 0, topic2, topic3, data);
    }

    /// @dev Logs an event and makes the link that follows the one in `word` the trail's head, with the epoch in `word`. Assembly,
    /// because `emit` does not hand out the bytes it logs. The memory past the free memory pointer is scratch: for topics ‖
    /// data, then for the link.
    function _append(
        Head storage head,
        bytes32 word,
        bytes32 signature,
        bytes32 topic1,
        bytes32 topic2,
        bytes32 topic3,
        bytes memory data
    ) internal {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            let size := mload(data)
            mstore(scratch, signature)
            mstore(add(scratch, 0x20), topic1)
            mstore(add(scratch, 0x40), topic2)
            mstore(add(scratch, 0x60), topic3)
            let logged := add(scratch, 0x80)
            mcopy(logged, add(data, 0x20), size)
            log4(logged, size, signature, topic1, topic2, topic3)

            let epoch := and(word, 0xffffffff)
            mstore(add(scratch, 0x60), keccak256(scratch, add(size, 0x80)))
            mstore(scratch, xor(word, epoch))
            mstore(add(scratch, 0x20), number())
            mstore(add(scratch, 0x40), timestamp())
            sstore(head.slot, or(and(keccak256(scratch, 0x80), not(0xffffffff)), epoch))
        }
    }

    /// @dev Where a patient's trail ends; all zero if it has not started.
    function _head(address patient) internal view returns (Head storage) {
        return _patients[patient];
    }

    /// @dev Where the registry's trail ends.
    function _registryHead() internal view returns (Head storage) {
        return _registry;
    }

    /// @dev The epoch in a head's word.
    function _epochIn(bytes32 word) internal pure returns (uint32) {
        return uint32(uint256(word));
    }

    /// @dev What a subject's trail starts from: the first 28 bytes of keccak256(abi.encode(DOMAIN, chain id, this contract,
    /// subject)).
    function _firstLink(bytes32 subject) internal view returns (bytes32 link) {
        bytes32 domain = DOMAIN;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, domain)
            mstore(add(scratch, 0x20), chainid())
            mstore(add(scratch, 0x40), address())
            mstore(add(scratch, 0x60), subject)
            link := and(keccak256(scratch, 0x80), not(0xffffffff))
        }
    }

    /// @dev An address as a topic.
    function _topic(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
