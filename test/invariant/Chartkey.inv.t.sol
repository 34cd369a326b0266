// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    Digest,
    Grant,
    Purpose,
    READ,
    REFER,
    Record,
    RecordStatus,
    Referral,
    Scope,
    WRITE
} from "../../contracts/types/Types.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Handler} from "./Handler.sol";
import {InvariantBase} from "./InvariantBase.sol";
import {Ledger} from "./Ledger.sol";
import {Model, Way} from "./Model.sol";
import {ACCOUNTS, DIGESTS, GRANTEES, PATIENTS, PRACTITIONERS, SCOPES, TEAMS} from "./World.sol";

/// @notice Each function is a line of README.md.
contract ChartkeyInvariants is InvariantBase {
    /// @dev Of practitioners.
    uint256 private constant PAIRS = PRACTITIONERS * PRACTITIONERS;

    Handler private handler;
    Ledger private ledger;
    Model private model;
    address[PATIENTS] private patients;
    address[PRACTITIONERS] private practitioners;
    address[ACCOUNTS] private accounts;

    function setUp() public override {
        Cheats.Log[] memory logs = _deploy();
        handler = new Handler(chartkey, forwarder, admin, trails);
        (ledger, model) = (handler.ledger(), handler.model());
        patients = handler.allPatients();
        practitioners = handler.allPractitioners();
        accounts = handler.accounts();
        handler.witness(logs);
        _populate(handler);
    }

    function _handler() internal view override returns (Handler) {
        return handler;
    }

    /* TRAIL */

    function invariant_EveryTrailIsTheHashOfItsLogs() external view {
        for (uint256 i = 0; i < trails.subjectCount(); ++i) {
            address subject = trails.subjects(i);
            vm.assertEq(chartkey.trail(subject), trails.linkOf(subject), "trail");
        }
    }

    function invariant_EveryActMovesItsSubjectsTrailsAndNoOther() external view {
        vm.assertEq(handler.mislogged(), 0, "acts that moved other trails than theirs, or fewer");
    }

    /* STATE FROM LOGS */

    function invariant_PatientsAndRolesFollowFromTheLogs() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = accounts[i];
            vm.assertTrue(chartkey.isPatient(account) == ledger.isPatient(account), "patient");
            vm.assertTrue(chartkey.isPatient(account) == (trails.eventsOf(account) > 0), "trail");
            bytes32[4] memory roles = [ADMIN, REGISTRAR, AUDITOR, CUSTODIAN];
            for (uint256 r = 0; r < roles.length; ++r) {
                vm.assertTrue(chartkey.hasRole(roles[r], account) == ledger.hasRole(account, roles[r]), "role");
            }
        }
    }

    function invariant_PractitionersFollowFromTheLogs() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            _assertSame(
                abi.encode(chartkey.practitionerOf(accounts[i])), abi.encode(ledger.practitionerOf(accounts[i]))
            );
        }
    }

    function invariant_TeamsAndMembersFollowFromTheLogs() external view {
        address[TEAMS] memory teams = handler.allTeams();
        for (uint256 i = 0; i < TEAMS * ACCOUNTS; ++i) {
            (address team, address member) = (teams[i / ACCOUNTS], accounts[i % ACCOUNTS]);
            vm.assertEq(chartkey.teamRegistrar(team), ledger.teamRegistrar(team), "registrar");
            vm.assertEq(chartkey.teamMemberUntil(team, member), ledger.teamMemberUntil(team, member), "member");
        }
    }

    function invariant_GuardiansAndPoliciesFollowFromTheLogs() external view {
        for (uint256 i = 0; i < PATIENTS * ACCOUNTS; ++i) {
            (address owner, address guardian) = (patients[i / ACCOUNTS], accounts[i % ACCOUNTS]);
            vm.assertEq(chartkey.emergencyPolicyOf(owner), ledger.emergencyPolicyOf(owner), "policy");
            vm.assertEq(chartkey.guardianUntil(owner, guardian), ledger.guardianUntil(owner, guardian), "guardian");
        }
    }

    function invariant_RecordsFollowFromTheLogs() external view {
        Digest[DIGESTS] memory digests = handler.allDigests();
        for (uint256 i = 0; i < PATIENTS * DIGESTS; ++i) {
            (address owner, Digest digest) = (patients[i / DIGESTS], digests[i % DIGESTS]);
            Record memory replayed = ledger.recordOf(owner, Digest.unwrap(digest));
            _assertSame(abi.encode(chartkey.recordOf(owner, digest)), abi.encode(replayed));
        }
    }

    function invariant_GrantsAndEpochsFollowFromTheLogs() external view {
        address[GRANTEES] memory grantees = handler.allGrantees();
        Scope[SCOPES] memory scopes = handler.allScopes();
        for (uint256 i = 0; i < PATIENTS * GRANTEES * SCOPES; ++i) {
            address owner = patients[i / SCOPES / GRANTEES];
            (address grantee, Scope scope) = (grantees[i / SCOPES % GRANTEES], scopes[i % SCOPES]);
            if (i % SCOPES == 0) vm.assertEq(chartkey.epochOf(owner), ledger.epochOf(owner), "epoch");
            Grant memory replayed = ledger.grantOf(owner, grantee, Scope.unwrap(scope));
            _assertSame(abi.encode(chartkey.grantOf(owner, grantee, scope)), abi.encode(replayed));
        }
    }

    function invariant_ReferralsFollowFromTheLogs() external view {
        Scope[SCOPES] memory scopes = handler.allScopes();
        for (uint256 i = 0; i < PATIENTS * PAIRS * SCOPES; ++i) {
            (address owner, address referrer, address grantee) = _pair(i / SCOPES);
            Scope scope = scopes[i % SCOPES];
            Referral memory replayed = ledger.referralOf(owner, referrer, grantee, Scope.unwrap(scope));
            _assertSame(abi.encode(chartkey.referralOf(owner, referrer, grantee, scope)), abi.encode(replayed));
        }
    }

    function invariant_SpentNoncesFollowFromTheLogs() external view {
        uint256[3] memory words = [uint256(0), 1, type(uint256).max / 256];
        for (uint256 i = 0; i < ACCOUNTS * 3; ++i) {
            (address account, uint256 word) = (accounts[i / 3], words[i % 3]);
            vm.assertEq(chartkey.spentNonces(account, word), ledger.spentNonces(account, word), "nonces");
        }
    }

    /* ACCESS */

    function invariant_NothingOpensThatTheModelForbids() external view {
        vm.assertEq(handler.wronglyDone(chartkey.openRecord.selector), 0, "opens");
        vm.assertEq(handler.wronglyOpened(), 0, "signed opens");
    }

    function invariant_NoOneIsRefusedWhomTheModelAllows() external view {
        vm.assertEq(handler.wronglyRefused(chartkey.openRecord.selector), 0, "opens");
        vm.assertEq(handler.wronglySkipped() + handler.wronglyRefused(chartkey.logOpens.selector), 0, "signed opens");
        vm.assertEq(handler.wrongSkips(), 0, "skipped for another reason");
    }

    function invariant_TheLogOfAnOpenSaysWhoThroughWhomAndByWhat() external view {
        vm.assertEq(handler.misloggedOpens(), 0, "opens with another log");
    }

    /// @dev Every patient, record and reader, through some `via` and for some purpose: others at every look.
    function invariant_TheJudgeAgreesWithTheModel() external view {
        Digest[DIGESTS] memory digests = handler.allDigests();
        address[TEAMS] memory teams = handler.allTeams();
        uint256 seed = uint256(keccak256(abi.encode(trails.linkOf(REGISTRY), block.timestamp)));
        for (uint256 i = 0; i < PATIENTS * DIGESTS * ACCOUNTS; ++i) {
            (address owner, Digest digest) = (patients[i / ACCOUNTS / DIGESTS], digests[i / ACCOUNTS % DIGESTS]);
            seed = uint256(keccak256(abi.encode(seed)));
            // Nobody, the patient, a team, or a practitioner.
            uint256 draw = seed >> 64 & 15;
            address via = draw < 4
                ? address(0)
                : draw < 6 ? owner : draw < 10 ? teams[draw - 6] : practitioners[draw % PRACTITIONERS];
            Purpose purpose = seed >> 128 & 1 == 0 ? Purpose.BTG : Purpose(seed % 10);
            (Way way,) = model.wayOf(owner, digest, accounts[i % ACCOUNTS], via, purpose);
            bool can = chartkey.canOpen(owner, digest, accounts[i % ACCOUNTS], via, purpose);
            vm.assertTrue(can == (way != Way.None), "verdict");
        }
    }

    function invariant_ARevocationIsFinalUntilANewGrant() external view {
        address[GRANTEES] memory grantees = handler.allGrantees();
        Scope[SCOPES] memory scopes = handler.allScopes();
        for (uint256 i = 0; i < PATIENTS * GRANTEES * SCOPES; ++i) {
            address owner = patients[i / SCOPES / GRANTEES];
            (address grantee, Scope scope) = (grantees[i / SCOPES % GRANTEES], scopes[i % SCOPES]);
            Grant memory grant = chartkey.grantOf(owner, grantee, scope);
            bool inForce = block.timestamp < grant.expiresAt && grant.epoch == chartkey.epochOf(owner);
            vm.assertTrue(inForce == model.isInForce(owner, grantee, scope), "in force");
        }
    }

    function invariant_NothingBlocksTakingAccessBack() external view {
        vm.assertEq(handler.wronglyRefused(chartkey.revokeAccess.selector), 0, "revokeAccess");
        vm.assertEq(handler.wronglyRefused(chartkey.revokeEveryone.selector), 0, "revokeEveryone");
        vm.assertEq(handler.wronglyRefused(chartkey.endReferral.selector), 0, "endReferral");
        vm.assertEq(handler.wronglyRefused(chartkey.removeGuardian.selector), 0, "removeGuardian");
        vm.assertEq(handler.wronglyRefused(chartkey.setEmergencyPolicy.selector), 0, "setEmergencyPolicy");
    }

    function invariant_AnActGoesThroughIfTheModelAllowsIt() external view {
        bytes4[] memory kinds = _kinds();
        for (uint256 i = 0; i < kinds.length; ++i) {
            vm.assertEq(handler.wronglyDone(kinds[i]), 0, "acts that the model forbids");
            vm.assertEq(handler.wronglyRefused(kinds[i]), 0, "acts that the model allows");
        }
    }

    /* REFERRALS */

    function invariant_AReferralNeverExceedsItsParent() external view {
        Scope[SCOPES] memory scopes = handler.allScopes();
        for (uint256 i = 0; i < PATIENTS * PAIRS * SCOPES; ++i) {
            (address owner, address referrer, address grantee) = _pair(i / SCOPES);
            Referral memory referral = chartkey.referralOf(owner, referrer, grantee, scopes[i % SCOPES]);
            if (referral.expiresAt == 0) continue;
            vm.assertTrue(grantee != referrer && grantee != owner, "passed on to somebody else");
            (, Scope parent,,,,) = model.passedOf(owner, referrer, grantee, scopes[i % SCOPES]);
            Grant memory grant = chartkey.grantOf(owner, referrer, parent);
            // Of another id: the parent was taken back or replaced, and the referral is dead for good.
            if (grant.id != referral.parentId) continue;
            vm.assertEq(referral.rights & ~(grant.rights & (READ | WRITE)), 0, "rights");
            vm.assertTrue(grant.rights & REFER != 0, "passed on without REFER");
            vm.assertEq(referral.purposes & ~grant.purposes, 0, "purposes");
            vm.assertLe(referral.expiresAt, grant.expiresAt, "end");
        }
    }

    function invariant_AReferralNeverOutlivesItsParent() external view {
        Digest[DIGESTS] memory digests = handler.allDigests();
        uint256 seed = uint256(trails.linkOf(REGISTRY) >> 32) + block.timestamp;
        for (uint256 i = 0; i < PATIENTS * PAIRS * DIGESTS; ++i) {
            (address owner, address referrer, address reader) = _pair(i / DIGESTS);
            if (reader == owner || referrer == owner) continue;
            (Digest digest, Purpose purpose) = (digests[i % DIGESTS], Purpose((seed + i) % 10));
            (Way way,) = model.wayOf(owner, digest, reader, referrer, purpose);
            vm.assertTrue(chartkey.canOpen(owner, digest, reader, referrer, purpose) == (way != Way.None), "verdict");
            if (way == Way.None) continue;
            vm.assertTrue(model.mayReferReading(owner, referrer, digest, purpose), "a parent in force");
        }
    }

    /* EMERGENCIES */

    function invariant_AnEmergencyIsShortAndForNothingElse() external view {
        address[GRANTEES] memory grantees = handler.allGrantees();
        Scope scope = handler.allScopes()[SCOPES - 1];
        for (uint256 i = 0; i < PATIENTS * GRANTEES; ++i) {
            (address owner, address grantee) = (patients[i / GRANTEES], grantees[i % GRANTEES]);
            Grant memory grant = chartkey.grantOf(owner, grantee, scope);
            (uint256 number,, uint256 since, uint256 until,,) = model.permissionOf(owner, grantee, scope);
            vm.assertTrue((grant.expiresAt != 0) == (number != 0), "broken as the patient allows it");
            if (number == 0) continue;
            vm.assertEq(grant.rights, READ, "rights");
            vm.assertEq(grant.purposes, uint16(1) << uint8(Purpose.BTG), "purposes");
            vm.assertEq(grant.expiresAt, until, "end");
            vm.assertLe(grant.expiresAt - since, 72 hours, "length");
        }
    }

    /* RECORDS */

    function invariant_ARecordNeverChangesOrGoesAway() external view {
        Digest[DIGESTS] memory digests = handler.allDigests();
        for (uint256 i = 0; i < PATIENTS * DIGESTS; ++i) {
            (address owner, Digest digest) = (patients[i / DIGESTS], digests[i % DIGESTS]);
            Record memory record = chartkey.recordOf(owner, digest);
            (RecordStatus status, address author, uint8 codec, uint32 folder, uint256 addedAt) =
                model.entryOf(owner, digest);
            vm.assertTrue(record.status == status, "status");
            vm.assertEq(record.author, author, "author");
            vm.assertEq(record.codec, codec, "codec");
            vm.assertEq(record.folder, folder, "folder");
            vm.assertEq(record.addedAt, addedAt, "time");
        }
    }

    /* NONCES */

    function invariant_ANonceIsSpentAtMostOnce() external view {
        vm.assertEq(ledger.replays(), 0, "opens of a nonce that was spent");
    }

    /* HELPERS */

    /// @dev A patient, and two practitioners.
    function _pair(uint256 i) private view returns (address, address, address) {
        return (patients[i / PAIRS], practitioners[i / PRACTITIONERS % PRACTITIONERS], practitioners[i % PRACTITIONERS]);
    }

    function _assertSame(bytes memory stored, bytes memory replayed) private pure {
        vm.assertEq(stored, replayed, "storage and logs");
    }
}
