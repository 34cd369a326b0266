// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../contracts/Chartkey.sol";
import {ALL_PURPOSES, ALL_RIGHTS, Digest, Purpose, Scope} from "../../contracts/types/Types.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Ledger} from "./Ledger.sol";
import {Model} from "./Model.sol";
import {World} from "./World.sol";

/// @notice What the fuzzer calls. Every act is tried by whoever the fuzzer names, with a bias to those who may; what goes
/// through is told to the model, and its logs to the two replicas.
contract Handler is World {
    TrailReplica public immutable trails;
    Ledger public immutable ledger;
    Model public immutable model;

    /// @notice How many acts of a kind went through.
    mapping(bytes4 act => uint256) public done;
    /// @notice Opens that went through although the model forbids them, and that were refused although it allows them.
    uint256 public wrongOpens;
    uint256 public wrongRefusals;
    /// @notice Acts that went through without moving a trail, and that failed and moved one.
    uint256 public unloggedActs;

    constructor(Chartkey chartkey_, address admin_, TrailReplica trails_, Ledger ledger_) World(chartkey_, admin_) {
        trails = trails_;
        ledger = ledger_;
        model = new Model();
    }

    /// @notice Two patients with two records each, and two doctors: every history starts from here.
    function populate() external {
        for (uint256 i = 0; i < 2; ++i) {
            registerPatient(i);
            registerPractitioner(i, 1, 100 days, false);
            addRecord(i, 1, 0, 0);
            addRecord(i, 1, 1, 1);
        }
    }

    /* TIME */

    function passTime(uint256 blocks, uint256 time) external {
        vm.roll(block.number + 1 + blocks % 100);
        vm.warp(block.timestamp + 1 + time % 10 days);
    }

    /* PATIENTS */

    function registerPatient(uint256 who) public {
        _act(patients[who % 3], abi.encodeCall(chartkey.registerPatient, (Defaults.SUITE, Defaults.key())));
    }

    function publishKey(uint256 who, bytes32 key) external {
        _act(accounts()[who % 9], abi.encodeCall(chartkey.publishKey, (Defaults.SUITE, abi.encodePacked(key))));
    }

    function addRecord(uint256 who, uint256 actor, uint256 record, uint32 folder) public {
        address patient = patients[who % 3];
        Digest digest = digests[record % 4];
        folder %= 3;
        bytes memory call = abi.encodeCall(chartkey.addRecord, (patient, Defaults.cid(digest), folder, 0, ""));
        if (_act(_mostly(patient, actor), call)) model.add(patient, digest, folder);
    }

    /* GRANTS */

    function grantAccess(
        uint256 who,
        uint256 actor,
        uint256 to,
        uint256 what,
        uint8 rights,
        uint16 purposes,
        uint256 duration
    ) external {
        address patient = patients[who % 3];
        address grantee = practitioners[to % 3];
        Scope scope = scopes[what % 7];
        rights = 1 + rights % ALL_RIGHTS;
        purposes = 1 + purposes % ALL_PURPOSES;
        uint40 end = uint40(block.timestamp + 1 + duration % 40 days);
        bytes memory call = abi.encodeCall(
            chartkey.grantAccess, (patient, grantee, scope, rights, purposes, end, Defaults.sealedKey())
        );
        if (_act(_mostly(patient, actor), call)) model.give(patient, grantee, scope, rights, purposes, end);
    }

    function revokeAccess(uint256 who, uint256 actor, uint256 from, uint256 what) external {
        address patient = patients[who % 3];
        address grantee = practitioners[from % 3];
        Scope scope = scopes[what % 7];
        bytes memory call = abi.encodeCall(chartkey.revokeAccess, (patient, grantee, scope));
        if (_act(_mostly(patient, actor), call)) model.take(patient, grantee, scope);
    }

    function renounceAccess(uint256 who, uint256 whose, uint256 what) external {
        address patient = patients[whose % 3];
        address grantee = practitioners[who % 3];
        Scope scope = scopes[what % 7];
        if (_act(grantee, abi.encodeCall(chartkey.renounceAccess, (patient, scope)))) {
            model.take(patient, grantee, scope);
        }
    }

    function revokeEveryone(uint256 who) external {
        address patient = patients[who % 3];
        if (!_act(patient, abi.encodeCall(chartkey.revokeEveryone, ()))) return;
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 7; ++j) {
                model.take(patient, practitioners[i], scopes[j]);
            }
        }
    }

    /* OPENS */

    function openRecord(uint256 whose, uint256 record, uint256 who, uint256 team, uint256 why) external {
        address patient = patients[whose % 3];
        Digest digest = digests[record % 4];
        address reader = accounts()[who % 9];
        address via = team % 8 == 0 ? stranger : address(0);
        Purpose purpose = Purpose(why % 10);
        bool allowed = model.allows(patient, digest, reader, via, purpose);
        bool opened = _act(reader, abi.encodeCall(chartkey.openRecord, (patient, digest, via, purpose)));
        if (opened && !allowed) ++wrongOpens;
        if (!opened && allowed) ++wrongRefusals;
    }

    /* REGISTRY */

    function registerPractitioner(uint256 who, uint256 actor, uint256 duration, bool emergencyCapable) public {
        address practitioner = practitioners[who % 3];
        uint40 end = uint40(block.timestamp + 1 + duration % 200 days);
        bytes memory call =
            abi.encodeCall(chartkey.registerPractitioner, (practitioner, end, emergencyCapable, Defaults.entry()));
        if (_act(_mostly(registrars[actor % 2], actor), call)) model.register(practitioner, end);
    }

    function amendPractitioner(uint256 who, uint256 actor) external {
        _act(
            _mostly(registrars[actor % 2], actor),
            abi.encodeCall(chartkey.amendPractitioner, (practitioners[who % 3], Defaults.entry()))
        );
    }

    function renewPractitioner(uint256 who, uint256 actor, uint256 duration, bool emergencyCapable) external {
        address practitioner = practitioners[who % 3];
        uint40 end = uint40(block.timestamp + 1 + duration % 200 days);
        bytes memory call = abi.encodeCall(chartkey.renewPractitioner, (practitioner, end, emergencyCapable));
        if (_act(_mostly(registrars[actor % 2], actor), call)) model.renew(practitioner, end);
    }

    function suspendPractitioner(uint256 who, uint256 actor) external {
        address practitioner = practitioners[who % 3];
        bytes memory call = abi.encodeCall(chartkey.suspendPractitioner, (practitioner));
        if (_act(_mostly(registrars[actor % 2], actor), call)) model.setSuspended(practitioner, true);
    }

    function reinstatePractitioner(uint256 who, uint256 actor) external {
        address practitioner = practitioners[who % 3];
        bytes memory call = abi.encodeCall(chartkey.reinstatePractitioner, (practitioner));
        if (_act(_mostly(registrars[actor % 2], actor), call)) model.setSuspended(practitioner, false);
    }

    /// @dev Gives or takes a role that is not so already, so that every change has to be in the trail.
    function changeRole(uint256 who, uint256 actor, bool auditor) external {
        address account = registrars[who % 2];
        bytes32 role = auditor ? chartkey.AUDITOR() : chartkey.REGISTRAR();
        bytes memory call = chartkey.hasRole(role, account)
            ? abi.encodeCall(chartkey.revokeRole, (role, account))
            : abi.encodeCall(chartkey.grantRole, (role, account));
        _act(_mostly(admin, actor), call);
    }

    /* INTERNAL */

    /// @dev Who tries it: seven times in eight the one who may, else anybody.
    function _mostly(address who, uint256 seed) private view returns (address) {
        return seed % 8 == 0 ? accounts()[(seed / 8) % 9] : who;
    }

    function _act(address sender, bytes memory call) internal virtual returns (bool ok) {
        bytes32 trailsBefore = _trails();
        vm.recordLogs();
        vm.prank(sender);
        (ok,) = address(chartkey).call(call);
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        trails.follow(logs, block.number, block.timestamp);
        ledger.follow(logs, block.timestamp);
        if (ok) ++done[bytes4(call)];
        if (ok == (_trails() == trailsBefore)) ++unloggedActs;
    }

    function _trails() private view returns (bytes32 digest) {
        digest = chartkey.trail(address(0));
        for (uint256 p = 0; p < 3; ++p) {
            digest = keccak256(abi.encode(digest, chartkey.trail(patients[p])));
        }
    }
}
