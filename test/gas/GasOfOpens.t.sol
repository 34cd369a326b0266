// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, OpenRequest, Purpose, READ, REFER} from "../../contracts/types/Types.sol";
import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";
import {Signing} from "../utils/Signing.sol";
import {GasBase} from "./Gas.t.sol";

/// @notice As `GasTest`: every way to open, signed opens, and acts wrapped in others.
/// forge-config: default.isolate = true
contract GasOfOpensTest is GasBase {
    uint256 private constant READER_KEY = uint256(keccak256("reader"));
    address private constant NO_ONE = address(0);
    /// @dev What each of 50 signed opens may cost, its share of the transaction included.
    uint256 private constant SIGNED_OPEN = 16_000;

    address private reader;

    function setUp() public override {
        super.setUp();
        reader = vm.addr(READER_KEY);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    function test_OpenRecord() external {
        _grant(patient, doctor, Defaults.CHART);
        _open(patient, Defaults.DIGEST, doctor, NO_ONE);
        _check("openRecord", 42_000);
        vm.prank(stranger);
        chartkey.canOpen(patient, Defaults.DIGEST, doctor, NO_ONE, Defaults.PURPOSE);
        _keep("canOpen");
    }

    /// @dev The costliest of one's own grants: three are looked up.
    function test_OpenRecordByRecordGrant() external {
        _grant(patient, doctor, _recordScope(Defaults.DIGEST));
        _open(patient, Defaults.DIGEST, doctor, NO_ONE);
        _keep("openRecordByRecordGrant");
    }

    function test_OpenRecordByPatientAndGuardian() external {
        _open(patient, Defaults.DIGEST, patient, NO_ONE);
        _keep("openRecordByPatient");
        _setGuardian(patient, stranger);
        _open(patient, Defaults.DIGEST, stranger, patient);
        _keep("openRecordByGuardian");
    }

    function test_OpenRecordByTeam() external {
        address team = _createTeam();
        _setTeamMember(team, doctor);
        _grant(patient, team, Defaults.CHART);
        _open(patient, Defaults.DIGEST, doctor, team);
        _keep("openRecordByTeam");
    }

    function test_OpenRecordByReferral() external {
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART, READ | REFER, Defaults.PURPOSES, Defaults.EXPIRES_AT);
        _refer(patient, doctor, otherDoctor, Defaults.CHART, Defaults.CHART);
        _open(patient, Defaults.DIGEST, otherDoctor, doctor);
        _keep("openRecordByReferral");
    }

    function test_OpenRecordByEmergency() external {
        _setEmergencyPolicy(patient, Defaults.EMERGENCY);
        _registerEmergencyPractitioner(otherDoctor);
        _breakGlass(patient, otherDoctor);
        vm.prank(otherDoctor);
        chartkey.openRecord(patient, Defaults.DIGEST, NO_ONE, Purpose.BTG);
        _keep("openRecordByEmergency");
    }

    /// @dev By one reader, of one chart, each of another record: what a relayer of a doctor's morning sends. The first batch writes
    /// the first word of the reader's nonces.
    function test_LogOpens() external {
        _registerPractitioner(reader);
        _grant(patient, reader, Defaults.CHART);
        for (uint256 i = 0; i < 50; ++i) {
            _addRecord(patient, _digest(i), Defaults.FOLDER);
        }
        _logOpens(50, 1);
        _check("logOpens50", 50 * SIGNED_OPEN);
        _logOpens(50, 51);
        _check("logOpens50Again", 50 * SIGNED_OPEN);
        _logOpens(1, 101);
        _keep("logOpens1Again");
    }

    function test_LogOneOpen() external {
        _registerPractitioner(reader);
        _grant(patient, reader, Defaults.CHART);
        _addRecord(patient, _digest(0), Defaults.FOLDER);
        _logOpens(1, 1);
        _keep("logOpens1");
    }

    function test_CancelNonces() external {
        vm.prank(doctor);
        chartkey.cancelNonces(0, 2);
        _keep("cancelNonces");
        vm.prank(doctor);
        chartkey.cancelNonces(0, 4);
        _keep("cancelNoncesAgain");
    }

    function test_Multicall() external {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(chartkey.revokeEveryone, (patient));
        calls[1] = abi.encodeCall(chartkey.setEmergencyPolicy, (patient, Defaults.EMERGENCY));
        vm.prank(patient);
        chartkey.multicall(calls);
        _keep("multicallRevokeEveryoneAndSetEmergencyPolicy");
    }

    /// @dev A patient without gas grants: the relayer pays for the forwarder, too.
    function test_Forwarded() external {
        vm.prank(reader);
        chartkey.registerPatient(Defaults.key());
        bytes memory call = abi.encodeCall(
            chartkey.grantAccess,
            (
                reader,
                doctor,
                Defaults.CHART,
                Defaults.RIGHTS,
                Defaults.PURPOSES,
                Defaults.EXPIRES_AT,
                Defaults.sealedKey()
            )
        );
        vm.prank(stranger);
        forwarder.execute(Signing.forward(forwarder, READER_KEY, reader, address(chartkey), call));
        _keep("grantAccessForwarded");
    }

    function _logOpens(uint256 count, uint256 nonce) private {
        OpenRequest[] memory requests = new OpenRequest[](count);
        bytes[] memory signatures = new bytes[](count);
        bytes32 domain = Signing.domainSeparator(address(chartkey), block.chainid);
        for (uint256 i = 0; i < count; ++i) {
            requests[i] = OpenRequest({
                patient: patient,
                digest: _digest(i),
                reader: reader,
                via: NO_ONE,
                purpose: uint8(Defaults.PURPOSE),
                nonce: nonce + i,
                deadline: Defaults.EXPIRES_AT
            });
            signatures[i] = Signing.sign(READER_KEY, Signing.hash(requests[i], domain));
        }
        vm.prank(stranger);
        chartkey.logOpens(requests, signatures);
    }

    function _digest(uint256 i) private pure returns (Digest) {
        return Digest.wrap(keccak256(abi.encode("record", i)));
    }
}
