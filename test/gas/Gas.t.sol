// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {READ, REFER, WRITE} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";

/// @notice Gas of whole transactions, as a user pays it: 21000, calldata and refunds included, every slot cold. Every act in its first
/// use and, where that differs, once more (`…Again`). All figures are kept in snapshots/Chartkey.json; what everybody pays for has a
/// ceiling here.
abstract contract GasBase is Base {
    function setUp() public virtual override {
        super.setUp();
        vm.setEvmVersion("osaka");
        _registerPatient(patient);
        _registerPractitioner(doctor);
    }

    function _check(string memory name, uint256 ceiling) internal {
        vm.assertLe(_keep(name), ceiling, name);
    }

    function _keep(string memory name) internal returns (uint256) {
        return vm.snapshotGasLastCall("Chartkey", name);
    }

    function _xwingKey() internal pure returns (bytes memory key) {
        for (uint256 i = 0; i < 38; ++i) {
            key = abi.encodePacked(key, keccak256(abi.encode(i)));
        }
    }
}

/// forge-config: default.isolate = true
contract GasTest is GasBase {
    /* PATIENTS */

    function test_RegisterPatient() external {
        _registerPatient(otherPatient);
        _check("registerPatient", 56_000);
        vm.prank(stranger);
        chartkey.registerPatient(_xwingKey());
        _keep("registerPatientXWing");
    }

    function test_PublishKey() external {
        vm.prank(patient);
        chartkey.publishKey(Defaults.key());
        _check("publishKey", 33_000);
        vm.prank(patient);
        chartkey.publishKey(_xwingKey());
        _keep("publishKeyXWing");
    }

    function test_Guardians() external {
        _setGuardian(patient, stranger);
        _keep("setGuardian");
        _setGuardian(patient, stranger);
        _keep("setGuardianAgain");
        vm.prank(patient);
        chartkey.removeGuardian(patient, stranger);
        _keep("removeGuardian");
    }

    /* RECORDS */

    function test_AddRecord() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        _check("addRecord", 61_000);
        _grant(patient, doctor, Defaults.CHART, WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        vm.prank(doctor);
        chartkey.addRecord(patient, address(0), Defaults.FOLDER, Defaults.record(Defaults.OTHER_DIGEST));
        _keep("addRecordByPractitioner");
    }

    function test_SupersedeAndRetractRecord() external {
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
        vm.prank(patient);
        chartkey.supersedeRecord(patient, address(0), Defaults.DIGEST, Defaults.record(Defaults.OTHER_DIGEST));
        _keep("supersedeRecord");
        vm.prank(patient);
        chartkey.retractRecord(patient, address(0), Defaults.OTHER_DIGEST, Defaults.REASON_HASH);
        _keep("retractRecord");
    }

    /* GRANTS */

    function test_GrantAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        _check("grantAccess", 66_000);
        _grant(patient, doctor, Defaults.CHART);
        _keep("grantAccessAgain");
        address team = _createTeam();
        _grant(patient, team, Defaults.CHART);
        _keep("grantAccessToTeam");
    }

    function test_RevokeAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        _revoke(patient, doctor, Defaults.CHART);
        _check("revokeAccess", 34_000);
    }

    function test_RenounceAccess() external {
        _grant(patient, doctor, Defaults.CHART);
        vm.prank(doctor);
        chartkey.renounceAccess(patient, Defaults.CHART);
        _keep("renounceAccess");
    }

    function test_RevokeEveryone() external {
        _revokeEveryone(patient);
        _check("revokeEveryone", 51_000);
        _revokeEveryone(patient);
        _check("revokeEveryoneAgain", 34_000);
    }

    function test_Referrals() external {
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _keep("referAccess");
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _keep("referAccessAgain");
        vm.prank(patient);
        chartkey.endReferral(patient, doctor, otherDoctor, Defaults.CHART);
        _keep("endReferral");
    }

    function test_RequestAccess() external {
        vm.prank(doctor);
        chartkey.requestAccess(patient, Defaults.CHART, Defaults.PURPOSES, Defaults.NOTE_HASH);
        _keep("requestAccess");
    }

    function test_Emergency() external {
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _keep("setEmergencyPolicy");
        _setEmergencyPolicy(patient, Defaults.EMERGENCY / 2);
        _keep("setEmergencyPolicyAgain");
        _registerEmergencyPractitioner(otherDoctor);
        _breakGlass(patient, otherDoctor);
        _keep("breakGlass");
        vm.warp(block.timestamp + Defaults.EMERGENCY);
        _breakGlass(patient, otherDoctor);
        _keep("breakGlassAgain");
        _giveRole(AUDITOR, stranger);
        vm.prank(stranger);
        chartkey.reviewEmergency(patient, otherDoctor, Defaults.REASON_HASH, true, Defaults.NOTE_HASH);
        _keep("reviewEmergency");
    }

    /* REGISTRY */

    function test_Practitioners() external {
        _registerPractitioner(otherDoctor);
        _keep("registerPractitioner");
        vm.prank(registrar);
        chartkey.amendPractitioner(otherDoctor, Defaults.entry());
        _keep("amendPractitioner");
        vm.prank(registrar);
        chartkey.renewPractitioner(otherDoctor, Defaults.VALID_UNTIL, true);
        _keep("renewPractitioner");
        _suspend(otherDoctor);
        _keep("suspendPractitioner");
        vm.prank(registrar);
        chartkey.reinstatePractitioner(otherDoctor);
        _keep("reinstatePractitioner");
    }

    function test_Teams() external {
        address team = _createTeam();
        _keep("createTeam");
        _setTeamMember(team, doctor);
        _keep("setTeamMember");
        _setTeamMember(team, doctor);
        _keep("setTeamMemberAgain");
        vm.prank(registrar);
        chartkey.removeTeamMember(team, doctor);
        _keep("removeTeamMember");
    }

    function test_Roles() external {
        _giveRole(AUDITOR, stranger);
        _keep("grantRole");
        vm.prank(admin);
        chartkey.revokeRole(AUDITOR, stranger);
        _keep("revokeRole");
        vm.prank(registrar);
        chartkey.renounceRole(REGISTRAR, registrar);
        _keep("renounceRole");
        _adminActs();
    }

    function _adminActs() private {
        vm.prank(admin);
        chartkey.changeDefaultAdminDelay(9 days);
        _keep("changeDefaultAdminDelay");
        vm.prank(admin);
        chartkey.rollbackDefaultAdminDelay();
        _keep("rollbackDefaultAdminDelay");
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
        _keep("beginDefaultAdminTransfer");
        vm.prank(admin);
        chartkey.cancelDefaultAdminTransfer();
        _keep("cancelDefaultAdminTransfer");
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
        vm.warp(block.timestamp + Defaults.ADMIN_DELAY + 1);
        vm.prank(stranger);
        chartkey.acceptDefaultAdminTransfer();
        _keep("acceptDefaultAdminTransfer");
    }
}
