// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Scope} from "../types/Types.sol";

/// @title What a grant covers, as the word that `Scope` is
library Scopes {
    /// @notice The whole chart.
    Scope internal constant CHART = Scope.wrap(0);

    /// @notice One folder. Number 0 is no folder: its scope would be the whole chart's.
    function ofFolder(uint32 folder) internal pure returns (Scope) {
        return Scope.wrap(bytes32(uint256(folder)));
    }

    /// @notice One record.
    function ofRecord(Digest digest) internal pure returns (Scope) {
        return Scope.wrap(Digest.unwrap(digest));
    }

    /// @notice Whether a scope is one record's.
    function isRecord(Scope scope) internal pure returns (bool) {
        return uint256(Scope.unwrap(scope)) > type(uint32).max;
    }

    /// @notice The record whose scope it is.
    function toRecord(Scope scope) internal pure returns (Digest) {
        return Digest.wrap(Scope.unwrap(scope));
    }
}
