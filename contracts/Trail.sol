// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ITrail} from "./interfaces/ITrail.sol";

/// @title The trail
/// @notice The only place that emits Chartkey's events: what is logged and what is hashed are the same bytes in memory.
abstract contract Trail is ITrail {
    /* TYPES */

    /// @dev The end of a trail. A struct, so that its slot is found once for reading and writing.
    struct Head {
        bytes32 link;
    }

    /* CONSTANTS */

    /// @dev The subject of what concerns no patient.
    address internal constant REGISTRY = address(0);

    bytes32 private constant DOMAIN = keccak256("chartkey/v1/trail");

    /* STORAGE */

    /// @dev Apart from the patients', so that the zero address is none.
    Head private _registry;
    mapping(address patient => Head head) private _patients;

    /* CONSTRUCTOR */

    constructor() {
        _registry.link = _firstLink(_topic(REGISTRY));
    }

    /* VIEWS */

    /// @inheritdoc ITrail
    function trail(address subject) external view returns (bytes32) {
        return subject == REGISTRY ? _registry.link : _patients[subject].link;
    }

    /* INTERNAL */

    /// @dev Logs an event of a patient's trail, which must have started. `data` is the ABI encoding of the arguments that
    /// are not indexed.
    function _log(bytes32 signature, address patient, bytes32 topic2, bytes32 topic3, bytes memory data) internal {
        Head storage head = _head(patient);
        _append(head, head.link, signature, _topic(patient), topic2, topic3, data);
    }

    /// @dev Logs an event of the registry's trail.
    function _logRegistry(bytes32 signature, bytes32 topic2, bytes32 topic3, bytes memory data) internal {
        _append(_registry, _registry.link, signature, _topic(REGISTRY), topic2, topic3, data);
    }

    /// @dev Logs an event and makes the link that follows `link` the trail's head. Assembly, because `emit` does not hand
    /// out the bytes it logs. The memory past the free memory pointer is scratch: for topics ‖ data, then for the link.
    function _append(
        Head storage head,
        bytes32 link,
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

            mstore(add(scratch, 0x60), keccak256(scratch, add(size, 0x80)))
            mstore(scratch, link)
            mstore(add(scratch, 0x20), number())
            mstore(add(scratch, 0x40), timestamp())
            sstore(head.slot, keccak256(scratch, 0x80))
        }
    }

    /// @dev Where a patient's trail ends; all zero if it has not started.
    function _head(address patient) internal view returns (Head storage) {
        return _patients[patient];
    }

    /// @dev What a subject's trail starts from: keccak256(abi.encode(DOMAIN, chain id, this contract, subject)).
    function _firstLink(bytes32 subject) internal view returns (bytes32 link) {
        bytes32 domain = DOMAIN;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, domain)
            mstore(add(scratch, 0x20), chainid())
            mstore(add(scratch, 0x40), address())
            mstore(add(scratch, 0x60), subject)
            link := keccak256(scratch, 0x80)
        }
    }

    /// @dev An address as a topic.
    function _topic(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
