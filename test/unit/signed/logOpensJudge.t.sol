// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    ALL_PURPOSES,
    Digest,
    OpenRequest,
    Purpose,
    READ,
    REFER,
    Reason,
    Scope,
    Skip,
    WRITE
} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signed} from "./Signed.sol";

contract LogOpensJudgeTest is Signed {
    uint256 private constant NEW_KEY = uint256(keccak256("new reader"));

    OpenRequest private request;

    function setUp() public override {
        super.setUp();
        request = _request();
        request.deadline = type(uint256).max;
    }

    function testFuzz_WhenTheJudgeRefusesIt(uint256 cause) external {
        Reason reason = Reason(_bound(cause, uint256(Reason.UnknownPatient), uint256(Reason.PurposeNotGranted)));
        uint256 key = _bringAbout(reason);
        _skips(request, _sign(request, key), Skip.OpenRefused, reason);
        vm.assertTrue(_whyNot(request) == reason, "whyNot says the same");
    }

    function test_WhenTheReaderIsThePatient() external {
        address owner = vm.addr(NEW_KEY);
        _registerPatient(owner);
        _addRecord(owner, Defaults.DIGEST, 0);
        request.patient = owner;
        request.reader = owner;
        _opens(request, _sign(request, NEW_KEY));
        request.nonce += 1;
        request.via = _createTeam();
        _opens(request, _sign(request, NEW_KEY), address(0), Defaults.CHART);
    }

    function test_WhenTheReaderIsAGuardian() external {
        address guardian = vm.addr(NEW_KEY);
        _setGuardian(patient, guardian);
        request.reader = guardian;
        request.via = patient;
        _opens(request, _sign(request, NEW_KEY));
    }

    function test_WhenTheReaderIsAMemberOfATeam() external {
        _revoke(patient, reader, Defaults.CHART);
        address team = _createTeam();
        _setTeamMember(team, reader);
        _grant(patient, team, _folderScope(Defaults.FOLDER));
        request.via = team;
        _opens(request, _sign(request), team, _folderScope(Defaults.FOLDER));
    }

    function test_WhenTheRecordWasReferredToTheReader() external {
        _revoke(patient, reader, Defaults.CHART);
        _referToReader();
        _opens(request, _sign(request), doctor, _recordScope(Defaults.DIGEST));
    }

    function test_WhenTheReaderBrokeTheGlass() external {
        _becomeEmergencyReader();
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _breakGlass(patient, request.reader);
        request.purpose = uint8(Purpose.BTG);
        _opens(request, _sign(request, NEW_KEY), address(0), Scope.wrap(bytes32(type(uint256).max)));
        request.nonce += 1;
        request.purpose = uint8(Purpose.TREAT);
        _skips(request, _sign(request, NEW_KEY), Skip.OpenRefused, Reason.NoGrant);
    }

    function test_WhenANarrowerGrantAllowsIt() external {
        _revoke(patient, reader, Defaults.CHART);
        _grant(patient, reader, _recordScope(Defaults.DIGEST));
        _opens(request, _sign(request), address(0), _recordScope(Defaults.DIGEST));
    }

    function test_GivenWhatAllowedItWhenItWasSignedHasEnded() external {
        bytes memory signature = _sign(request);
        _revokeEveryone(patient);
        _skips(request, signature, Skip.OpenRefused, Reason.GrantVoided);
        _grant(patient, reader, Defaults.CHART);
        vm.warp(Defaults.EXPIRES_AT);
        _skips(request, signature, Skip.OpenRefused, Reason.GrantExpired);
    }

    /// @dev Changes the request, or the world, so that the judge refuses for this reason; the key that signs it.
    function _bringAbout(Reason reason) private returns (uint256 key) {
        key = KEY;
        if (reason == Reason.UnknownPatient) request.patient = otherPatient;
        if (reason == Reason.UnknownRecord) request.digest = Digest.wrap(keccak256("in no chart"));
        if (reason == Reason.RecordRetracted) {
            vm.prank(patient);
            chartkey.retractRecord(patient, address(0), Defaults.DIGEST, 0);
        }
        if (reason == Reason.NotAGuardian) request.via = patient;
        if (reason == Reason.UnknownPractitioner) {
            key = NEW_KEY;
            request.reader = vm.addr(NEW_KEY);
        }
        if (reason == Reason.PractitionerSuspended) _suspend(reader);
        if (reason == Reason.PractitionerLapsed) vm.warp(Defaults.VALID_UNTIL);
        if (reason == Reason.NotATeamMember) {
            request.via = _createTeam();
            _grant(patient, request.via, Defaults.CHART);
        }
        if (reason == Reason.ReferrerNotInGoodStanding) {
            _referToReader();
            _suspend(doctor);
        }
        if (reason == Reason.NoGrant) _revoke(patient, reader, Defaults.CHART);
        if (reason == Reason.ParentEnded) {
            _referToReader();
            _revoke(patient, doctor, Defaults.CHART);
        }
        if (reason == Reason.GrantVoided) _revokeEveryone(patient);
        if (reason == Reason.GrantExpired) vm.warp(Defaults.EXPIRES_AT);
        if (reason == Reason.RightNotGranted) _regrant(WRITE, ALL_PURPOSES);
        if (reason == Reason.PurposeNotGranted) _regrant(READ, ALL_PURPOSES & ~uint16(1));
    }

    function _regrant(uint8 rights, uint16 purposes) private {
        _grant(patient, reader, Defaults.CHART, rights, purposes, Defaults.EXPIRES_AT);
    }

    /// @dev The record alone, by the doctor, who holds the chart.
    function _referToReader() private {
        _registerPractitioner(doctor);
        _grant(patient, doctor, Defaults.CHART, READ | REFER, ALL_PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, doctor, reader, Defaults.CHART, _recordScope(Defaults.DIGEST));
        request.via = doctor;
    }

    function _becomeEmergencyReader() private {
        request.reader = vm.addr(NEW_KEY);
        _registerEmergencyPractitioner(request.reader);
    }
}
