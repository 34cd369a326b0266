// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Cheats} from "./Cheats.sol";

/// @notice Recomputes trails from raw logs, by the words of ITrail.sol and without an ABI. Shares nothing with the contract.
contract TrailReplica {
    mapping(address subject => bytes32 link) public linkOf;
    mapping(address subject => uint256 count) public eventsOf;
    address[] public subjects;

    address private immutable CHARTKEY;
    uint256 private immutable CHAIN_ID;

    constructor(address chartkey, uint256 chainId) {
        CHARTKEY = chartkey;
        CHAIN_ID = chainId;
    }

    /// @notice Follows the logs of one block.
    function follow(Cheats.Log[] memory logs, uint256 blockNumber, uint256 timestamp) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == CHARTKEY && !_isOpenZeppelins(logs[i].topics[0])) {
                _follow(logs[i], blockNumber, timestamp);
            }
        }
    }

    function subjectCount() external view returns (uint256) {
        return subjects.length;
    }

    function _follow(Cheats.Log memory log, uint256 blockNumber, uint256 timestamp) private {
        require(log.topics.length == 4, "every event of Chartkey has four topics");
        address subject = address(uint160(uint256(log.topics[1])));
        require(bytes32(uint256(uint160(subject))) == log.topics[1], "the second topic is an address");
        if (eventsOf[subject]++ == 0) {
            subjects.push(subject);
            linkOf[subject] = _cut(keccak256(abi.encode(keccak256("chartkey/v1/trail"), CHAIN_ID, CHARTKEY, subject)));
        }
        bytes32 entry = keccak256(abi.encodePacked(log.topics, log.data));
        linkOf[subject] = _cut(keccak256(abi.encode(linkOf[subject], blockNumber, timestamp, entry)));
    }

    /// @dev Links have 28 bytes.
    function _cut(bytes32 hash) private pure returns (bytes32) {
        return bytes32(bytes28(hash));
    }

    /// @dev What AccessControl and its default admin rules emit besides `RoleChanged`.
    function _isOpenZeppelins(bytes32 signature) private pure returns (bool) {
        return signature == keccak256("RoleGranted(bytes32,address,address)")
            || signature == keccak256("RoleRevoked(bytes32,address,address)")
            || signature == keccak256("RoleAdminChanged(bytes32,bytes32,bytes32)")
            || signature == keccak256("DefaultAdminTransferScheduled(address,uint48)")
            || signature == keccak256("DefaultAdminTransferCanceled()")
            || signature == keccak256("DefaultAdminDelayChangeScheduled(uint48,uint48)")
            || signature == keccak256("DefaultAdminDelayChangeCanceled()");
    }
}
