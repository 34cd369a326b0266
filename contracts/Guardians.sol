// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Patients} from "./Patients.sol";
import {IGuardians} from "./interfaces/IGuardians.sol";
import {Dates} from "./libraries/Dates.sol";
import {Term} from "./types/Types.sol";

/// @title Guardians: who acts for a patient
abstract contract Guardians is Patients, IGuardians {
    /* STORAGE */

    mapping(address patient => mapping(address guardian => Term term)) private _guardians;

    /* ACTS */

    /// @inheritdoc IGuardians
    function setGuardian(address guardian, uint40 until) external {
        address patient = _msgSender();
        _checkPatient(patient);
        if (guardian == patient || guardian == address(0)) revert BadGuardian(guardian);
        Dates.checkEnd(until);
        _guardian(patient, guardian).until = until;
        _log(GuardianSet.selector, patient, _topic(guardian), _topic(patient), abi.encode(until));
    }

    /// @inheritdoc IGuardians
    function removeGuardian(address patient, address guardian) external {
        address actor = _msgSender();
        if (actor != patient && actor != guardian) revert NotThePatient(patient, actor);
        Term storage term = _guardian(patient, guardian);
        if (term.until == 0) revert NoSuchGuardian(patient, guardian);
        term.until = 0;
        _log(GuardianRemoved.selector, patient, _topic(guardian), _topic(actor), "");
    }

    /* VIEWS */

    /// @inheritdoc IGuardians
    function guardianUntil(address patient, address guardian) external view returns (uint40) {
        return _guardian(patient, guardian).until;
    }

    /* INTERNAL */

    /// @dev Whether the account acts for the patient now.
    function _isGuardian(address patient, address account) internal view returns (bool) {
        return block.timestamp < _guardian(patient, account).until;
    }

    /// @dev Who acts on the chart now. Reverts unless it is the patient, or a guardian in force.
    function _actorOn(address patient) internal view returns (address actor) {
        _checkPatient(patient);
        actor = _msgSender();
        if (actor != patient && !_isGuardian(patient, actor)) revert NotThePatient(patient, actor);
    }

    function _guardian(address patient, address guardian) private view returns (Term storage) {
        return _guardians[patient][guardian];
    }
}
