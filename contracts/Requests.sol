// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Grants} from "./Grants.sol";
import {IRequests} from "./interfaces/IRequests.sol";
import {Scope} from "./types/Types.sol";

/// @title Requests: practitioners ask for access
abstract contract Requests is Grants, IRequests {
    /// @inheritdoc IRequests
    function requestAccess(address patient, Scope scope, uint16 purposes, bytes32 noteHash) external {
        _checkPatient(patient);
        address practitioner = _msgSender();
        _checkStanding(practitioner);
        _checkPurposes(purposes);
        _checkScope(patient, scope);
        _log(
            AccessRequested.selector, patient, _topic(practitioner), Scope.unwrap(scope), abi.encode(purposes, noteHash)
        );
    }
}
