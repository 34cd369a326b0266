// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The trail: one hash chain per subject over every event that concerns it
/// @notice Every event of Chartkey has four topics: its signature, its subject (a patient, or the zero address for the
/// registry), and two more. With each one, the subject's trail moves on:
///
///   link(0)   = cut(keccak256(abi.encode(keccak256("chartkey/v1/trail"), chain id, contract address, subject)))
///   link(n+1) = cut(keccak256(link(n) ‖ block number ‖ block timestamp ‖ keccak256(topics ‖ data)))
///
/// with topics = topic0 ‖ topic1 ‖ topic2 ‖ topic3, every number a big-endian 32-byte word, and cut(x) = x with its last four
/// bytes set to zero: links have 224 bits, and a head shares its storage slot with the chart's epoch. The hash is taken over the
/// very bytes that are logged, so log and trail cannot diverge, and anyone recomputes it from raw logs without an ABI. One
/// `eth_call` of `trail(subject)` therefore proves a whole history complete, in order and unaltered; the registry's proves that
/// no patient, practitioner or role is missing. The start binds chain, contract and subject, so that no history can be passed off
/// as another's.
/// @dev Warning: block number and timestamp are those the EVM reports. On chains where `block.number` is not the number of
/// the block that holds the log (Arbitrum: it is L1's), recomputing needs that number.
/// @dev Events that OpenZeppelin's AccessControl emits are not part of the trail; `RoleChanged` and `AdminChangePending` are, for
/// the same changes. Some of them have four topics too: whoever recomputes a trail goes by the signatures of the events declared in
/// these interfaces.
interface ITrail {
    /// @notice The latest link of `subject`'s trail. Zero: a patient that never registered.
    /// @param subject a patient; the zero address for the registry
    function trail(address subject) external view returns (bytes32);
}
