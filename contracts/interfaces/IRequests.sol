// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Scope} from "../types/Types.sol";

/// @title Requests: practitioners ask for access
/// @notice A request changes nothing: the patient answers it with `grantAccess`, or not at all. There is no storage behind it.
interface IRequests {
    /// @notice A practitioner asked for access.
    /// @param patient whose chart
    /// @param practitioner who asks
    /// @param scope what for
    /// @param purposes bits of Purpose: why
    /// @param noteHash keccak256 of a note that reached the patient otherwise; zero: none
    event AccessRequested(
        address indexed patient, address indexed practitioner, Scope indexed scope, uint16 purposes, bytes32 noteHash
    );

    /// @notice Asks a patient for access. For practitioners in good standing.
    /// @param scope the chart, a folder, or a record that is in the chart
    function requestAccess(address patient, Scope scope, uint16 purposes, bytes32 noteHash) external;
}
