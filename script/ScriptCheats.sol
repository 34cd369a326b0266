// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The cheat codes of forge that the scripts use (https://getfoundry.sh/reference/cheatcodes/overview). Declared here for the
/// reason that `test/utils/Cheats.sol` gives.
interface ScriptCheats {
    function startBroadcast() external;
    function stopBroadcast() external;

    function rpc(string calldata method, string calldata params) external returns (bytes memory);

    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function parseAddress(string calldata text) external pure returns (address);
    function parseBytes32(string calldata text) external pure returns (bytes32);
    function parseUint(string calldata text) external pure returns (uint256);
    function toString(address account) external pure returns (string memory);
    function toString(uint256 number) external pure returns (string memory);
}

/// @dev Where forge answers them.
ScriptCheats constant cheats = ScriptCheats(address(uint160(uint256(keccak256("hevm cheat code")))));
