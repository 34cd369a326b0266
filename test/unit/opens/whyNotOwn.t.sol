// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Purpose, READ, REFER, Reason, Scope, WRITE} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Judged} from "./Judged.sol";

contract WhyNotOwnTest is Judged {
    function testFuzz_WhenTheReaderWasNeverRegistered(address reader, address via) external {
        vm.assume(reader != doctor && reader != otherDoctor && reader != patient && via != patient);
        _says(reader, via, Reason.UnknownPractitioner);
    }

    function testFuzz_WhenTheReaderIsSuspended(address via) external {
        vm.assume(via != patient);
        _grant(patient, doctor, Defaults.CHART);
        _suspend(doctor);
        _says(doctor, via, Reason.PractitionerSuspended);
        _says(doctor, SELF, Reason.PractitionerSuspended);
        _reinstate(doctor);
        _says(doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheReadersRegistrationRanOut() external {
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.VALID_UNTIL + 365 days);
        vm.warp(Defaults.VALID_UNTIL - 1);
        _says(doctor, SELF, Reason.Allowed);
        vm.warp(Defaults.VALID_UNTIL);
        _says(doctor, SELF, Reason.PractitionerLapsed);
        _renew(doctor, Defaults.VALID_UNTIL + 1);
        _says(doctor, SELF, Reason.Allowed);
    }

    function testFuzz_WhenAGrantForTheChartTheFolderOrTheRecordIsInForce(uint8 which, uint8 purpose) external {
        _grant(patient, doctor, _coveringScopes()[which % 3]);
        _saysFor(_purpose(purpose), doctor, SELF, Reason.Allowed);
    }

    function test_WhenNoGrantCoversTheRecord() external {
        _says(doctor, SELF, Reason.NoGrant);
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _registerPatient(otherPatient);
        _grant(patient, doctor, _recordScope(Defaults.OTHER_DIGEST));
        _grant(patient, doctor, _folderScope(Defaults.FOLDER + 1));
        _grant(patient, otherDoctor, Defaults.CHART);
        _grant(otherPatient, doctor, Defaults.CHART);
        _says(doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_WhenTheGrantWasRevoked(uint8 which) external {
        Scope scope = _coveringScopes()[which % 3];
        _grant(patient, doctor, scope);
        _revoke(patient, doctor, scope);
        _says(doctor, SELF, Reason.NoGrant);
        _grant(patient, doctor, scope);
        _says(doctor, SELF, Reason.Allowed);
    }

    function testFuzz_WhenTheGrantWasRenounced(uint8 which) external {
        Scope scope = _coveringScopes()[which % 3];
        _grant(patient, doctor, scope);
        _renounce(doctor, scope);
        _says(doctor, SELF, Reason.NoGrant);
    }

    function testFuzz_WhenTheGrantIsOfAnEarlierEpoch(uint8 which, uint8 epochs) external {
        Scope scope = _coveringScopes()[which % 3];
        _grant(patient, doctor, scope);
        for (uint256 i = 0; i <= epochs % 3; ++i) {
            _revokeEveryone(patient);
            _says(doctor, SELF, Reason.GrantVoided);
        }
        _grant(patient, doctor, scope);
        _says(doctor, SELF, Reason.Allowed);
    }

    function testFuzz_WhenTheGrantHasExpired(uint8 which) external {
        _grant(patient, doctor, _coveringScopes()[which % 3]);
        vm.warp(Defaults.EXPIRES_AT - 1);
        _says(doctor, SELF, Reason.Allowed);
        vm.warp(Defaults.EXPIRES_AT);
        _says(doctor, SELF, Reason.GrantExpired);
    }

    function testFuzz_WhenTheGrantDoesNotIncludeREAD(uint8 which) external {
        _grant(patient, doctor, _coveringScopes()[which % 3], WRITE | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _says(doctor, SELF, Reason.RightNotGranted);
    }

    function testFuzz_WhenTheGrantDoesNotIncludeThePurpose(uint8 which, uint8 purpose) external {
        Purpose why = _purpose(purpose);
        uint16 others = Defaults.PURPOSES ^ uint16(1 << uint8(why));
        _grant(patient, doctor, _coveringScopes()[which % 3], READ, others, Defaults.EXPIRES_AT);
        for (uint8 i = 0; i <= uint8(type(Purpose).max); ++i) {
            _saysFor(Purpose(i), doctor, SELF, i == uint8(why) ? Reason.PurposeNotGranted : Reason.Allowed);
        }
    }

    function test_WhenTheGrantFailsForSeveralReasons() external {
        _grant(patient, doctor, Defaults.CHART, WRITE, RESEARCH_ONLY, Defaults.EXPIRES_AT);
        _says(doctor, SELF, Reason.RightNotGranted);
        vm.warp(Defaults.EXPIRES_AT);
        _says(doctor, SELF, Reason.GrantExpired);
        _revokeEveryone(patient);
        _says(doctor, SELF, Reason.GrantVoided);
        vm.warp(Defaults.VALID_UNTIL);
        _says(doctor, SELF, Reason.PractitionerLapsed);
        _suspend(doctor);
        _says(doctor, SELF, Reason.PractitionerSuspended);
        _retract(Defaults.DIGEST);
        _says(doctor, SELF, Reason.RecordRetracted);
    }

    /// @dev Each of three grants fails for a reason of its own, in every arrangement.
    function testFuzz_WhenSeveralGrantsFailForDifferentReasons(uint8 chart, uint8 folder, uint8 record) external {
        _says(doctor, SELF, _grantsThatFail([_failure(chart), _failure(folder), _failure(record)]));
    }

    function testFuzz_WhenOneGrantIsInForceAndTheOthersFail(uint8 which, uint8 one, uint8 other) external {
        Reason[3] memory reasons = [_failure(one), _failure(other), _failure(one)];
        reasons[which % 3] = Reason.Allowed;
        _grantsThatFail(reasons);
        _says(doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheRecordIsInNoFolder() external {
        _addRecord(patient, Defaults.OTHER_DIGEST, 0);
        _grant(patient, doctor, _folderScope(Defaults.FOLDER));
        _saysOf(Defaults.OTHER_DIGEST, doctor, SELF, Reason.NoGrant);
        _grant(patient, doctor, Defaults.CHART, WRITE, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _saysOf(Defaults.OTHER_DIGEST, doctor, SELF, Reason.RightNotGranted);
        _grant(patient, doctor, _recordScope(Defaults.OTHER_DIGEST));
        _saysOf(Defaults.OTHER_DIGEST, doctor, SELF, Reason.Allowed);
    }

    function test_WhenTheReaderHasAccessThroughOthersOnly() external {
        address team = _createTeam();
        _setTeamMember(team, doctor);
        _grant(patient, team, Defaults.CHART);
        _grant(patient, otherDoctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, otherDoctor, doctor, Defaults.CHART, Defaults.CHART);
        _setGuardian(patient, doctor);
        _says(doctor, SELF, Reason.NoGrant);
        _says(doctor, team, Reason.Allowed);
        _says(doctor, otherDoctor, Reason.Allowed);
        _says(doctor, patient, Reason.Allowed);
    }

    /// @dev Gives the doctor grants that fail for these reasons, or hold. Returns the greatest.
    function _grantsThatFail(Reason[3] memory reasons) private returns (Reason greatest) {
        Scope[3] memory scopes = _coveringScopes();
        greatest = Reason.NoGrant;
        for (uint256 i = 0; i < 3; ++i) {
            if (reasons[i] == Reason.GrantVoided) _grant(patient, doctor, scopes[i]);
            if (reasons[i] > greatest) greatest = reasons[i];
        }
        _revokeEveryone(patient);
        for (uint256 i = 0; i < 3; ++i) {
            if (reasons[i] == Reason.NoGrant || reasons[i] == Reason.GrantVoided) continue;
            uint8 rights = reasons[i] == Reason.RightNotGranted ? WRITE : READ;
            uint16 purposes = reasons[i] == Reason.PurposeNotGranted ? ALL_BUT_TREATMENT : Defaults.PURPOSES;
            uint40 end = reasons[i] == Reason.GrantExpired ? Defaults.START + 1 : Defaults.EXPIRES_AT;
            _grant(patient, doctor, scopes[i], rights, purposes, end);
        }
        vm.warp(Defaults.EXPIRES_AT - 1);
    }

    /// @dev NoGrant, GrantVoided, GrantExpired, RightNotGranted or PurposeNotGranted.
    function _failure(uint8 seed) private pure returns (Reason) {
        return seed % 5 == 0 ? Reason.NoGrant : Reason(uint8(Reason.ParentEnded) + seed % 5);
    }
}
