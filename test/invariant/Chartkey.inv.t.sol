// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Grant, Purpose, Record, RecordStatus, Scope} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Handler} from "./Handler.sol";
import {Ledger} from "./Ledger.sol";
import {Model} from "./Model.sol";

/// @notice Each function is a line of README.md.
contract ChartkeyInvariants is Base {
    Handler private handler;
    TrailReplica private trails;
    Ledger private ledger;
    Model private model;

    function setUp() public override {
        vm.recordLogs();
        super.setUp();
        trails = new TrailReplica(address(chartkey), block.chainid);
        ledger = new Ledger(address(chartkey));
        handler = new Handler(chartkey, admin, trails, ledger);
        model = handler.model();
        _giveRole(REGISTRAR, handler.registrars(0));
        _giveRole(REGISTRAR, handler.registrars(1));
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        trails.follow(logs, block.number, block.timestamp);
        ledger.follow(logs, block.timestamp);
        handler.populate();
    }

    /// @dev Read by forge: what the fuzzer calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /* TRAIL */

    function invariant_EveryTrailIsTheHashOfItsLogs() external view {
        for (uint256 i = 0; i < trails.subjectCount(); ++i) {
            address subject = trails.subjects(i);
            vm.assertEq(chartkey.trail(subject), trails.linkOf(subject), "trail");
        }
    }

    function invariant_EveryActMovesATrailAndNothingElseDoes() external view {
        vm.assertEq(handler.unloggedActs(), 0, "unlogged acts");
    }

    /* STATE FROM LOGS */

    function invariant_PatientsAndRolesFollowFromTheLogs() external view {
        address[9] memory accounts = handler.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            vm.assertTrue(chartkey.isPatient(account) == ledger.isPatient(account), "patient");
            vm.assertTrue(chartkey.isPatient(account) == (trails.eventsOf(account) > 0), "trail");
            vm.assertTrue(chartkey.hasRole(REGISTRAR, account) == ledger.hasRole(account, REGISTRAR), "registrar");
            vm.assertTrue(chartkey.hasRole(AUDITOR, account) == ledger.hasRole(account, AUDITOR), "auditor");
        }
    }

    function invariant_PractitionersFollowFromTheLogs() external view {
        address[9] memory accounts = handler.accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            _assertSame(
                abi.encode(chartkey.practitionerOf(accounts[i])), abi.encode(ledger.practitionerOf(accounts[i]))
            );
        }
    }

    function invariant_RecordsFollowFromTheLogs() external view {
        for (uint256 p = 0; p < 3; ++p) {
            for (uint256 d = 0; d < 4; ++d) {
                (address owner, Digest digest) = (handler.patients(p), handler.digests(d));
                Record memory replayed = ledger.recordOf(owner, Digest.unwrap(digest));
                _assertSame(abi.encode(chartkey.recordOf(owner, digest)), abi.encode(replayed));
            }
        }
    }

    function invariant_GrantsAndEpochsFollowFromTheLogs() external view {
        for (uint256 p = 0; p < 3; ++p) {
            address owner = handler.patients(p);
            vm.assertEq(chartkey.epochOf(owner), ledger.epochOf(owner), "epoch");
            for (uint256 i = 0; i < 21; ++i) {
                (address grantee, Scope scope) = (handler.practitioners(i / 7), handler.scopes(i % 7));
                Grant memory replayed = ledger.grantOf(owner, grantee, Scope.unwrap(scope));
                _assertSame(abi.encode(chartkey.grantOf(owner, grantee, scope)), abi.encode(replayed));
            }
        }
    }

    /* ACCESS */

    function invariant_NothingOpensWithoutAGrantInForce() external view {
        vm.assertEq(handler.wrongOpens(), 0, "opens that the model forbids");
    }

    function invariant_NoOneWithAGrantInForceIsRefused() external view {
        vm.assertEq(handler.wrongRefusals(), 0, "refusals that the model does not explain");
    }

    function invariant_TheJudgeAgreesWithTheModel() external view {
        address[9] memory readers = handler.accounts();
        for (uint256 i = 0; i < 108; ++i) {
            (address owner, Digest digest, address reader) =
                (handler.patients(i / 36), handler.digests(i / 9 % 4), readers[i % 9]);
            Purpose purpose = Purpose(i % 10);
            vm.assertTrue(
                chartkey.canOpen(owner, digest, reader, address(0), purpose)
                    == model.allows(owner, digest, reader, address(0), purpose),
                "verdict"
            );
        }
    }

    function invariant_ARevocationIsFinalUntilANewGrant() external view {
        for (uint256 i = 0; i < 63; ++i) {
            (address owner, address grantee, Scope scope) =
                (handler.patients(i / 21), handler.practitioners(i / 7 % 3), handler.scopes(i % 7));
            Grant memory grant = chartkey.grantOf(owner, grantee, scope);
            bool inForce = block.timestamp < grant.expiresAt && grant.epoch == chartkey.epochOf(owner);
            (bool given,,,) = model.permissionOf(owner, grantee, scope);
            vm.assertTrue(given || !inForce, "in force without a grant since the revocation");
        }
    }

    /* RECORDS */

    function invariant_ARecordNeverChangesOrGoesAway() external view {
        for (uint256 p = 0; p < 3; ++p) {
            for (uint256 d = 0; d < 4; ++d) {
                (address owner, Digest digest) = (handler.patients(p), handler.digests(d));
                Record memory record = chartkey.recordOf(owner, digest);
                (bool added, uint32 folder, uint256 addedAt) = model.entryOf(owner, digest);
                vm.assertTrue((record.status == RecordStatus.Current) == added, "there");
                vm.assertEq(record.author, added ? owner : address(0), "author");
                vm.assertEq(record.folder, folder, "folder");
                vm.assertEq(record.addedAt, addedAt, "time");
            }
        }
    }

    /* THE HANDLER ITSELF */

    /// @dev A long history in which every kind of act goes through many times: the invariants are not empty.
    function test_TheHandlerReachesEveryAct() external {
        for (uint256 step = 0; step < 2_000; ++step) {
            _step(uint256(keccak256(abi.encode(step))));
        }
        bytes4[14] memory acts = [
            chartkey.registerPatient.selector,
            chartkey.publishKey.selector,
            chartkey.addRecord.selector,
            chartkey.grantAccess.selector,
            chartkey.revokeAccess.selector,
            chartkey.renounceAccess.selector,
            chartkey.revokeEveryone.selector,
            chartkey.openRecord.selector,
            chartkey.registerPractitioner.selector,
            chartkey.amendPractitioner.selector,
            chartkey.renewPractitioner.selector,
            chartkey.suspendPractitioner.selector,
            chartkey.reinstatePractitioner.selector,
            chartkey.grantRole.selector
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            vm.assertGt(handler.done(acts[i]), 2, "times that an act went through");
        }
    }

    function _step(uint256 seed) private {
        (uint256 a, uint256 b, uint256 c, uint256 d) = (seed >> 8, seed >> 40, seed >> 72, seed >> 104);
        uint256 act = seed % 16;
        if (act == 0) handler.registerPatient(a);
        else if (act == 1) handler.publishKey(a, bytes32(b));
        else if (act == 2) handler.addRecord(a, b, c, uint32(d));
        else if (act < 5) handler.grantAccess(a, b, c, d, uint8(seed >> 136), uint16(seed >> 144), seed >> 160);
        else if (act == 5) handler.revokeAccess(a, b, c, d);
        else if (act == 6) handler.renounceAccess(a, b, c);
        else if (act == 7) handler.revokeEveryone(a);
        else if (act < 10) handler.openRecord(a, b, c, d, seed >> 136);
        else if (act == 10) handler.registerPractitioner(a, b, c, true);
        else if (act == 11) handler.amendPractitioner(a, b);
        else if (act == 12) handler.renewPractitioner(a, b, c, false);
        else if (act == 13) handler.suspendPractitioner(a, b);
        else if (act == 14) handler.reinstatePractitioner(a, b);
        else if (seed % 5 == 0) handler.changeRole(a, b, c % 2 == 0);
        else handler.passTime(a, b);
    }

    function _assertSame(bytes memory stored, bytes memory replayed) private pure {
        vm.assertEq(stored, replayed, "storage and logs");
    }
}
