// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Dates} from "../../../contracts/libraries/Dates.sol";
import {Scopes} from "../../../contracts/libraries/Scopes.sol";
import {
    ALL_PURPOSES,
    ALL_RIGHTS,
    Digest,
    Grant,
    LAST_MOMENT,
    READ,
    Reason,
    Scope
} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract GrantAccessTest is Base {
    address private guardian;

    function setUp() public override {
        super.setUp();
        guardian = _actor("guardian");
        _registerPatient(patient);
        _registerPractitioner(doctor);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient && account != address(forwarder));
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _grant(account, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheCallerIsNeitherThePatientNorAGuardian(address caller) external {
        vm.assume(caller != patient && caller != address(forwarder));
        _notThePatient(caller);
        _grantAs(caller);
    }

    function testFuzz_RevertWhen_TheCallerIsAGuardianWhoseTimeHasEnded(uint40 time) external {
        _setGuardian(patient, guardian);
        vm.warp(_bound(time, Defaults.EXPIRES_AT, LAST_MOMENT));
        _notThePatient(guardian);
        _grantAs(guardian);
    }

    function test_RevertWhen_TheCallerWasRemovedAsAGuardian() external {
        _setGuardian(patient, guardian);
        vm.prank(patient);
        chartkey.removeGuardian(patient, guardian);
        _notThePatient(guardian);
        _grantAs(guardian);
    }

    function test_RevertWhen_TheCallerIsAGuardianOfAnotherPatient() external {
        _registerPatient(otherPatient);
        _setGuardian(otherPatient, guardian);
        _notThePatient(guardian);
        _grantAs(guardian);
    }

    function test_RevertWhen_TheGranteeIsThePatient() external {
        _registerPractitioner(patient);
        vm.expectRevert(abi.encodeWithSelector(IGrants.GrantToSelf.selector, patient));
        _grant(patient, patient, Defaults.CHART);
    }

    function testFuzz_RevertWhen_ThereAreNoRightsOrUnknownOnes(uint8 rights) external {
        vm.assume(rights == 0 || rights > ALL_RIGHTS);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BadRights.selector, rights));
        _grant(patient, doctor, Defaults.CHART, rights, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    function testFuzz_RevertWhen_ThereAreNoPurposesOrUnknownOnes(uint16 purposes) external {
        vm.assume(purposes == 0 || purposes > ALL_PURPOSES);
        vm.expectRevert(abi.encodeWithSelector(IGrants.BadPurposes.selector, purposes));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, purposes, Defaults.EXPIRES_AT);
    }

    function testFuzz_RevertWhen_TheEndIsNotInTheFuture(uint40 end) external {
        end = uint40(_bound(end, 0, Defaults.START));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndNotInFuture.selector, end, uint256(Defaults.START)));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, end);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(Dates.EndTooFar.selector, end, LAST_MOMENT));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, end);
    }

    function testFuzz_RevertWhen_TheSealedKeyIsTooLong(uint256 length) external {
        length = _bound(length, 2049, 5000);
        vm.expectRevert(abi.encodeWithSelector(IGrants.SealedKeyTooLong.selector, length, 2048));
        vm.prank(patient);
        chartkey.grantAccess(
            patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT, new bytes(length)
        );
    }

    function testFuzz_RevertWhen_TheGranteeIsNeitherPractitionerNorTeam(address grantee) external {
        vm.assume(grantee != doctor && grantee != patient);
        _notInGoodStanding(grantee, Reason.UnknownPractitioner);
        _grant(patient, grantee, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheGranteeIsATeamThatNobodyMade(bytes32 salt) external {
        vm.assume(salt != Defaults.TEAM_SALT);
        _createTeam();
        address team = chartkey.teamAddress(registrar, salt);
        _notInGoodStanding(team, Reason.UnknownPractitioner);
        _grant(patient, team, Defaults.CHART);
    }

    function test_RevertWhen_TheGranteeIsSuspended() external {
        _suspend(doctor);
        _notInGoodStanding(doctor, Reason.PractitionerSuspended);
        _grant(patient, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheGranteeHasLapsed(uint40 time) external {
        time = uint40(_bound(time, Defaults.VALID_UNTIL, LAST_MOMENT - 1));
        vm.warp(time);
        _notInGoodStanding(doctor, Reason.PractitionerLapsed);
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, time + 1);
    }

    /// @dev Else any registrar could keep patients from granting another's team access.
    function test_WhenTheGranteeIsATeamWhoseAddressWasRegisteredAndSuspended() external {
        address team = _createTeam();
        _registerPractitioner(team);
        _suspend(team);
        _grant(patient, team, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, team, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "expiry");
    }

    function test_RevertWhen_TheScopeIsTheEmergencys() external {
        vm.expectRevert(abi.encodeWithSelector(IGrants.EmergencyScope.selector));
        _grant(patient, doctor, Scopes.EMERGENCY);
    }

    function testFuzz_RevertWhen_TheScopeIsARecordThatIsNotInTheChart(uint256 content) external {
        content = _bound(content, uint256(type(uint32).max) + 1, type(uint256).max - 1);
        Digest digest = Digest.wrap(bytes32(content));
        _registerPatient(otherPatient);
        _addRecord(otherPatient, digest, 0);
        vm.expectRevert(abi.encodeWithSelector(IRecords.UnknownRecord.selector, patient, digest));
        _grant(patient, doctor, _recordScope(digest));
    }

    function testFuzz_WhenAllIsWell(
        uint32 folder,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        uint256 length,
        uint8 epoch
    ) external {
        rights = uint8(_bound(rights, 1, ALL_RIGHTS));
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, LAST_MOMENT));
        epoch = uint8(_bound(epoch, 0, 5));
        bytes memory sealedKey = new bytes(_bound(length, 0, 2048));
        Scope scope = _folderScope(folder);
        for (uint256 i = 0; i < epoch; ++i) {
            _revokeEveryone(patient);
        }
        bytes20 id = _nextId();
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(patient, doctor, scope, patient, rights, purposes, expiresAt, epoch, sealedKey);
        vm.prank(patient);
        chartkey.grantAccess(patient, doctor, scope, rights, purposes, expiresAt, sealedKey);
        _isStored(scope, Grant({expiresAt: expiresAt, epoch: epoch, purposes: purposes, rights: rights, id: id}));
    }

    function test_WhenTheCallerIsAGuardian() external {
        _setGuardian(patient, guardian);
        bytes20 id = _nextId();
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(
            patient, doctor, Defaults.CHART, guardian, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT, 0, ""
        );
        _grantAs(guardian);
        _isStored(Defaults.CHART, _default(id));
    }

    function test_WhenTheGranteeIsATeam() external {
        address team = _createTeam();
        bytes20 id = _nextId();
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(
            patient,
            team,
            Defaults.CHART,
            patient,
            Defaults.RIGHTS,
            Defaults.PURPOSES,
            Defaults.EXPIRES_AT,
            0,
            Defaults.sealedKey()
        );
        _grant(patient, team, Defaults.CHART);
        vm.assertEq(
            abi.encode(chartkey.grantOf(patient, team, Defaults.CHART)), abi.encode(_default(id)), "the team's grant"
        );
    }

    function test_WhenTheGranteeIsAGuardianWhoIsAPractitioner() external {
        _registerPractitioner(guardian);
        _setGuardian(patient, guardian);
        _grant(patient, guardian, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, guardian, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "grant");
    }

    function test_WhenTheGranteeLapsesASecondLater() external {
        vm.warp(Defaults.VALID_UNTIL - 1);
        bytes20 id = _nextId();
        uint40 end = Defaults.VALID_UNTIL;
        _grant(patient, doctor, Defaults.CHART, READ, 1, end);
        _isStored(Defaults.CHART, Grant({expiresAt: end, epoch: 0, purposes: 1, rights: READ, id: id}));
    }

    function test_WhenTheScopeIsARecordInTheChart() external {
        _addRecord(patient, Defaults.DIGEST, 0);
        bytes20 id = _nextId();
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _isStored(_recordScope(Defaults.DIGEST), _default(id));
    }

    function testFuzz_WhenThereIsAGrantForThisGranteeAndScope(uint8 rights, uint16 purposes, uint40 expiresAt)
        external
    {
        rights = uint8(_bound(rights, 1, ALL_RIGHTS));
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, LAST_MOMENT));
        _grant(patient, doctor, Defaults.CHART);
        bytes20 before = chartkey.grantOf(patient, doctor, Defaults.CHART).id;
        bytes20 id = _nextId();
        _grant(patient, doctor, Defaults.CHART, rights, purposes, expiresAt);
        _isStored(Defaults.CHART, Grant({expiresAt: expiresAt, epoch: 0, purposes: purposes, rights: rights, id: id}));
        vm.assertNotEq(bytes32(id), bytes32(before), "another id");
    }

    function test_WhenThereAreGrantsForOtherGranteesOrScopesOrCharts() external {
        _registerPractitioner(otherDoctor);
        _registerPatient(otherPatient);
        bytes20 id = _nextId();
        _grant(patient, doctor, Defaults.CHART);
        _grant(patient, otherDoctor, Defaults.CHART, ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER), ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _grant(otherPatient, doctor, Defaults.CHART, ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _isStored(Defaults.CHART, _default(id));
    }

    function _grantAs(address caller) private {
        vm.prank(caller);
        chartkey.grantAccess(patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT, "");
    }

    function _notThePatient(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
    }

    function _notInGoodStanding(address account, Reason reason) private {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.NotInGoodStanding.selector, account, reason));
    }

    /// @dev What identifies the chart's next grant.
    function _nextId() private view returns (bytes20) {
        return bytes20(chartkey.trail(patient));
    }

    function _default(bytes20 id) private pure returns (Grant memory) {
        return
            Grant({
                expiresAt: Defaults.EXPIRES_AT, epoch: 0, purposes: Defaults.PURPOSES, rights: Defaults.RIGHTS, id: id
            });
    }

    function _isStored(Scope scope, Grant memory expected) private view {
        vm.assertEq(abi.encode(chartkey.grantOf(patient, doctor, scope)), abi.encode(expected), "grant");
    }
}
