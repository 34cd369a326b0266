// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {
    Digest,
    READ,
    REFER,
    Reason,
    RecordStatus,
    ReferralTerms,
    Scope,
    WRITE
} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice A chart, two practitioners, a guardian and a team of the doctor's: who may write, and how.
abstract contract Writing is Base {
    address internal constant SELF = address(0);

    address internal guardian;
    address internal team;

    function setUp() public virtual override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _setGuardian(patient, guardian);
        team = _createTeam();
        _setTeamMember(team, doctor);
    }

    /* ACTS, WITH DEFAULTS */

    function _addAs(address author, address via, uint32 folder, Digest digest) internal {
        vm.prank(author);
        chartkey.addRecord(patient, via, folder, Defaults.record(digest));
    }

    function _supersede(address author, address via, Digest digest, Digest successor) internal returns (Digest) {
        vm.prank(author);
        return chartkey.supersedeRecord(patient, via, digest, Defaults.record(successor));
    }

    function _retract(address author, address via, Digest digest) internal {
        vm.prank(author);
        chartkey.retractRecord(patient, via, digest, Defaults.REASON_HASH);
    }

    function _grantWrite(address grantee, Scope scope) internal {
        _grant(patient, grantee, scope, WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    /// @dev Through the other doctor, who holds it for the chart.
    function _referWrite(address grantee, Scope scope) internal {
        _grant(patient, otherDoctor, Defaults.CHART, READ | WRITE | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        ReferralTerms memory terms = Defaults.referral(grantee, Defaults.CHART, scope);
        terms.rights = WRITE;
        vm.prank(otherDoctor);
        chartkey.referAccess(patient, terms);
    }

    /* WHAT IS EXPECTED */

    function _expectWriteRefused(address author, address via, Reason reason) internal {
        vm.expectRevert(abi.encodeWithSelector(IRecords.WriteRefused.selector, patient, author, via, reason));
    }

    function _expectNotTheAuthor(Digest digest, address actor) internal {
        vm.expectRevert(abi.encodeWithSelector(IRecords.NotTheAuthor.selector, patient, digest, actor));
    }

    function _expectUnknownRecord(Digest digest) internal {
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, patient, digest));
    }

    function _expectNotCurrent(Digest digest, RecordStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IRecords.RecordNotCurrent.selector, patient, digest, status));
    }

    /// @dev Of a record with the default values.
    function _expectAdded(Digest digest, address author, uint32 folder, address via, Scope scope) internal {
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(patient, digest, author, 0x55, folder, via, scope, Defaults.KEY_COMMIT, "");
    }

    function _hasStatus(Digest digest, RecordStatus expected) internal view {
        vm.assertEq(uint8(chartkey.recordOf(patient, digest).status), uint8(expected), "status");
    }
}
