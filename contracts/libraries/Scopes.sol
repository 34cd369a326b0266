// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Scope} from "../types/Types.sol";

/// @title What a grant covers, as the word that `Scope` is
library Scopes {
    /// @notice The whole chart.
    Scope internal constant CHART = Scope.wrap(0);

    /// @notice The whole chart in an emergency.
    Scope internal constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));

    /// @notice One folder. Number 0 is no folder: its scope would be the whole chart's.
    function ofFolder(uint32 folder) internal pure returns (Scope) {
        return Scope.wrap(bytes32(uint256(folder)));
    }

    /// @notice One record.
    function ofRecord(Digest digest) internal pure returns (Scope) {
        return Scope.wrap(Digest.unwrap(digest));
    }

    /// @notice Whether a scope is the whole chart's.
    function isChart(Scope scope) internal pure returns (bool) {
        return Scope.unwrap(scope) == 0;
    }

    /// @notice Whether a scope is the emergency's.
    function isEmergency(Scope scope) internal pure returns (bool) {
        return uint256(Scope.unwrap(scope)) == type(uint256).max;
    }

    /// @notice Whether a scope is one record's.
    function isRecord(Scope scope) internal pure returns (bool) {
        return uint256(Scope.unwrap(scope)) > type(uint32).max && !isEmergency(scope);
    }

    /// @notice The record whose scope it is.
    function toRecord(Scope scope) internal pure returns (Digest) {
        return Digest.wrap(Scope.unwrap(scope));
    }

    /// @notice Whether two scopes are the same.
    function same(Scope a, Scope b) internal pure returns (bool) {
        return Scope.unwrap(a) == Scope.unwrap(b);
    }
}
