// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {ALL_PURPOSES, ALL_RIGHTS, Digest, Grant, LAST_MOMENT, READ, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract GrantAccessTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
        _registerPractitioner(doctor);
    }

    function testFuzz_RevertWhen_ThePatientNeverRegistered(address account) external {
        vm.assume(account != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.UnknownPatient.selector, account));
        _grant(account, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheCallerIsNotThePatient(address caller) external {
        vm.assume(caller != patient);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, patient, caller));
        vm.prank(caller);
        chartkey.grantAccess(patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT, "");
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
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.EndNotInFuture.selector, end, uint256(Defaults.START)));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, end);
    }

    function testFuzz_RevertWhen_TheEndIsPastTheLastMoment(uint40 end) external {
        end = uint40(_bound(end, LAST_MOMENT + 1, type(uint40).max));
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.EndTooFar.selector, end, LAST_MOMENT));
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, end);
    }

    function testFuzz_RevertWhen_TheGranteeIsNoPractitioner(address grantee) external {
        vm.assume(grantee != doctor && grantee != patient);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.UnknownPractitioner.selector, grantee));
        _grant(patient, grantee, Defaults.CHART);
    }

    function test_RevertWhen_TheGranteeIsSuspended() external {
        _suspend(doctor);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.SuspendedPractitioner.selector, doctor));
        _grant(patient, doctor, Defaults.CHART);
    }

    function testFuzz_RevertWhen_TheGranteeHasLapsed(uint40 time) external {
        time = uint40(_bound(time, Defaults.VALID_UNTIL, LAST_MOMENT - 1));
        vm.warp(time);
        vm.expectRevert(
            abi.encodeWithSelector(IPractitioners.LapsedPractitioner.selector, doctor, Defaults.VALID_UNTIL)
        );
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, time + 1);
    }

    function testFuzz_RevertWhen_TheSealedKeyIsTooLong(uint256 length) external {
        length = _bound(length, 2049, 5000);
        vm.expectRevert(abi.encodeWithSelector(IGrants.SealedKeyTooLong.selector, length, 2048));
        vm.prank(patient);
        chartkey.grantAccess(
            patient, doctor, Defaults.CHART, READ, Defaults.PURPOSES, Defaults.EXPIRES_AT, new bytes(length)
        );
    }

    function testFuzz_RevertWhen_TheScopeIsARecordThatIsNotInTheChart(uint256 content) external {
        content = _bound(content, uint256(type(uint32).max) + 1, type(uint256).max);
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
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(patient, doctor, scope, patient, rights, purposes, expiresAt, epoch, sealedKey);
        vm.prank(patient);
        chartkey.grantAccess(patient, doctor, scope, rights, purposes, expiresAt, sealedKey);
        _isStored(
            scope, Grant({expiresAt: expiresAt, epoch: epoch, purposes: purposes, rights: rights, referrer: address(0)})
        );
    }

    function test_WhenTheScopeIsARecordInTheChart() external {
        _addRecord(patient, Defaults.DIGEST, 0);
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _isStored(_recordScope(Defaults.DIGEST), _default());
    }

    function testFuzz_WhenThereIsAGrantForThisGranteeAndScope(uint8 rights, uint16 purposes, uint40 expiresAt)
        external
    {
        rights = uint8(_bound(rights, 1, ALL_RIGHTS));
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, LAST_MOMENT));
        _grant(patient, doctor, Defaults.CHART);
        _grant(patient, doctor, Defaults.CHART, rights, purposes, expiresAt);
        _isStored(
            Defaults.CHART,
            Grant({expiresAt: expiresAt, epoch: 0, purposes: purposes, rights: rights, referrer: address(0)})
        );
    }

    function test_WhenThereAreGrantsForOtherGranteesOrScopesOrCharts() external {
        _registerPractitioner(otherDoctor);
        _registerPatient(otherPatient);
        _grant(patient, doctor, Defaults.CHART);
        _grant(patient, otherDoctor, Defaults.CHART, ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER), ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _grant(otherPatient, doctor, Defaults.CHART, ALL_RIGHTS, 1, Defaults.EXPIRES_AT - 1);
        _isStored(Defaults.CHART, _default());
    }

    function _default() private pure returns (Grant memory) {
        return Grant({
            expiresAt: Defaults.EXPIRES_AT,
            epoch: 0,
            purposes: Defaults.PURPOSES,
            rights: Defaults.RIGHTS,
            referrer: address(0)
        });
    }

    function _isStored(Scope scope, Grant memory expected) private view {
        vm.assertEq(abi.encode(chartkey.grantOf(patient, doctor, scope)), abi.encode(expected), "grant");
    }
}
