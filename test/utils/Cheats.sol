// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The cheat codes of forge that the tests use (https://getfoundry.sh/reference/cheatcodes/overview). Declared here
/// because the only forge-std in the npm registry is older than most of them, and lacks the ds-test it imports.
interface Cheats {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function label(address account, string calldata name) external;
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
    function chainId(uint256 id) external;
    function assume(bool condition) external pure;
    function setEvmVersion(string calldata name) external;

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectRevert(bytes calldata data) external;

    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256 gasUsed);

    function assertTrue(bool condition, string calldata message) external pure;
    function assertFalse(bool condition, string calldata message) external pure;
    function assertEq(uint256 left, uint256 right, string calldata message) external pure;
    function assertEq(address left, address right, string calldata message) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata message) external pure;
    function assertEq(bytes calldata left, bytes calldata right, string calldata message) external pure;
    function assertNotEq(bytes32 left, bytes32 right, string calldata message) external pure;
    function assertGt(uint256 left, uint256 right, string calldata message) external pure;
    function assertLe(uint256 left, uint256 right, string calldata message) external pure;
}

/// @dev Where forge answers them.
Cheats constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));
