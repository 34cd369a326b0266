// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Purpose, READ, REFER, Reason, Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

contract WhyNotEmergencyTest is Judged {
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));
    uint40 private constant END = Defaults.START + Defaults.EMERGENCY;

    function setUp() public override {
        super.setUp();
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
    }

    function test_WhenTheReaderBrokeNoGlass() external {
        _saysFor(Purpose.BTG, doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_WhenTheReaderBrokeTheGlass(uint32 folder) external {
        _addRecord(patient, Defaults.OTHER_DIGEST, folder);
        _breakGlass(patient, doctor);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
        _says(patient, Defaults.OTHER_DIGEST, doctor, SELF, Purpose.BTG, Reason.Allowed);
    }

    function testFuzz_WhenThePurposeIsAnyOther(uint8 purpose) external {
        Purpose why = _purpose(purpose);
        vm.assume(why != Purpose.BTG);
        _breakGlass(patient, doctor);
        _saysFor(why, doctor, SELF, Reason.NoGrant);
    }

    function test_WhenAnotherPractitionerBrokeTheGlass() external {
        _breakGlass(patient, doctor);
        _saysFor(Purpose.BTG, otherDoctor, SELF, Reason.NoGrant);
    }

    function test_WhenTheTimeThatThePatientChoseIsOver() external {
        _breakGlass(patient, doctor);
        vm.warp(END - 1);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
        vm.warp(END);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.GrantExpired);
    }

    function test_WhenThePatientRevokedIt() external {
        _breakGlass(patient, doctor);
        _revoke(patient, doctor, EMERGENCY);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.NoGrant);
    }

    function test_WhenTheReaderRenouncedIt() external {
        _breakGlass(patient, doctor);
        _renounce(doctor, EMERGENCY);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.NoGrant);
    }

    function test_WhenEveryoneWasRevoked() external {
        _breakGlass(patient, doctor);
        _revokeEveryone(patient);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.GrantVoided);
    }

    function test_WhenTheReaderIsSuspended() external {
        _breakGlass(patient, doctor);
        _suspend(doctor);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.PractitionerSuspended);
    }

    function test_WhenTheReadersRegistrationRanOut() external {
        _renew(doctor, Defaults.START + 2);
        _breakGlass(patient, doctor);
        vm.warp(Defaults.START + 1);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
        vm.warp(Defaults.START + 2);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.PractitionerLapsed);
    }

    function test_WhenTheCapabilityWasWithdrawnSince() external {
        _breakGlass(patient, doctor);
        vm.prank(registrar);
        chartkey.renewPractitioner(doctor, Defaults.VALID_UNTIL, false);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
    }

    function test_WhenThePatientTurnedThePolicyOffSince() external {
        _breakGlass(patient, doctor);
        _setEmergencyPolicy(patient, 0);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
    }

    function test_WhenATeamIsNamed() external {
        address team = _createTeam();
        _setTeamMember(team, doctor);
        _breakGlass(patient, doctor);
        _saysFor(Purpose.BTG, doctor, team, Reason.NoGrant);
    }

    function test_WhenAReferrerIsNamed() external {
        _breakGlass(patient, doctor);
        _saysFor(Purpose.BTG, doctor, otherDoctor, Reason.NoGrant);
        _saysFor(Purpose.BTG, doctor, doctor, Reason.NoGrant);
        _saysFor(Purpose.BTG, otherDoctor, doctor, Reason.NoGrant);
    }

    function test_WhenAGrantOfTheReadersOwnDoesNotIncludeThePurpose() external {
        _grant(patient, doctor, Defaults.CHART, READ | REFER, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.PurposeNotGranted);
        _breakGlass(patient, doctor);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
        vm.warp(END);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.PurposeNotGranted);
        _saysFor(Purpose.HRESCH, doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheReadersOtherGrantsEnded() external {
        _grant(patient, doctor, Defaults.CHART);
        _breakGlass(patient, doctor);
        _revoke(patient, doctor, Defaults.CHART);
        _saysFor(Purpose.BTG, doctor, SELF, Reason.Allowed);
        _says(doctor, SELF, Reason.NoGrant);
    }
}
