// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../contracts/Chartkey.sol";
import {Digest, Scope} from "../contracts/types/Types.sol";
import {vm} from "./utils/Cheats.sol";
import {Defaults} from "./utils/Defaults.sol";

/// @notice One deployment and the people every test knows. They hold their roles; nobody is registered yet.
abstract contract Base {
    bytes32 internal constant ADMIN = 0;
    bytes32 internal constant REGISTRAR = keccak256("REGISTRAR");
    bytes32 internal constant CUSTODIAN = keccak256("CUSTODIAN");
    bytes32 internal constant AUDITOR = keccak256("AUDITOR");
    address internal constant REGISTRY = address(0);

    address internal admin;
    address internal registrar;
    address internal otherRegistrar;
    address internal patient;
    address internal otherPatient;
    address internal doctor;
    address internal otherDoctor;
    address internal stranger;

    ERC2771Forwarder internal forwarder;
    Chartkey internal chartkey;

    function setUp() public virtual {
        vm.warp(Defaults.START);
        vm.roll(Defaults.START_BLOCK);
        admin = _actor("admin");
        registrar = _actor("registrar");
        otherRegistrar = _actor("other registrar");
        patient = _actor("patient");
        otherPatient = _actor("other patient");
        doctor = _actor("doctor");
        otherDoctor = _actor("other doctor");
        stranger = _actor("stranger");
        forwarder = new ERC2771Forwarder("Chartkey forwarder");
        bytes memory arguments = abi.encode(Defaults.ADMIN_DELAY, admin, address(forwarder));
        chartkey = Chartkey(_create("CHARTKEY_CODE", type(Chartkey).creationCode, arguments));
        vm.label(address(chartkey), "chartkey");
        _giveRole(REGISTRAR, registrar);
        _giveRole(REGISTRAR, otherRegistrar);
    }

    /* ACTS, WITH DEFAULTS */

    function _giveRole(bytes32 role, address account) internal {
        vm.prank(admin);
        chartkey.grantRole(role, account);
    }

    function _registerPatient(address who) internal {
        vm.prank(who);
        chartkey.registerPatient(Defaults.key());
    }

    function _registerPractitioner(address who) internal {
        vm.prank(registrar);
        chartkey.registerPractitioner(who, Defaults.VALID_UNTIL, false, Defaults.entry());
    }

    function _suspend(address who) internal {
        vm.prank(registrar);
        chartkey.suspendPractitioner(who);
    }

    function _addRecord(address owner, Digest digest, uint32 folder) internal {
        vm.prank(owner);
        chartkey.addRecord(owner, address(0), folder, Defaults.record(digest));
    }

    function _grant(address owner, address to, Scope scope) internal {
        _grant(owner, to, scope, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT);
    }

    function _grant(address owner, address to, Scope scope, uint8 rights, uint16 purposes, uint40 expiresAt) internal {
        vm.prank(owner);
        chartkey.grantAccess(owner, to, scope, rights, purposes, expiresAt, Defaults.sealedKey());
    }

    function _revoke(address owner, address from, Scope scope) internal {
        vm.prank(owner);
        chartkey.revokeAccess(owner, from, scope);
    }

    function _revokeEveryone(address owner) internal {
        vm.prank(owner);
        chartkey.revokeEveryone(owner);
    }

    function _setGuardian(address owner, address guardian) internal {
        vm.prank(owner);
        chartkey.setGuardian(guardian, Defaults.EXPIRES_AT);
    }

    /// @dev A team of `registrar`'s.
    function _createTeam() internal returns (address team) {
        vm.prank(registrar);
        team = chartkey.createTeam(Defaults.TEAM_SALT, "Ward 3", "St. Hedwig Hospital");
        vm.label(team, "team");
    }

    function _setTeamMember(address team, address member) internal {
        vm.prank(registrar);
        chartkey.setTeamMember(team, member, Defaults.EXPIRES_AT);
    }

    function _refer(address owner, address referrer, address to, Scope parent, Scope scope) internal {
        vm.prank(referrer);
        chartkey.referAccess(owner, Defaults.referral(to, parent, scope));
    }

    function _setEmergencyPolicy(address owner, uint32 duration) internal {
        vm.prank(owner);
        chartkey.setEmergencyPolicy(owner, duration);
    }

    function _registerEmergencyPractitioner(address who) internal {
        vm.prank(registrar);
        chartkey.registerPractitioner(who, Defaults.VALID_UNTIL, true, Defaults.entry());
    }

    function _breakGlass(address owner, address who) internal {
        vm.prank(who);
        chartkey.breakGlass(owner, Defaults.REASON_HASH);
    }

    function _open(address owner, Digest digest, address reader, address via) internal {
        vm.prank(reader);
        chartkey.openRecord(owner, digest, via, Defaults.PURPOSE);
    }

    /* HELPERS */

    /// @dev An account named after what it is, in traces too.
    function _actor(string memory name) internal returns (address account) {
        account = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(account, name);
    }

    function _recordScope(Digest digest) internal pure returns (Scope) {
        return Scope.wrap(Digest.unwrap(digest));
    }

    function _folderScope(uint32 folder) internal pure returns (Scope) {
        return Scope.wrap(bytes32(uint256(folder)));
    }

    /// @dev `x` folded into the range; one in eight is an end of it, where mistakes are.
    function _bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        if (x % 16 == 0) return min;
        if (x % 16 == 1) return max;
        uint256 span = max - min;
        return span == type(uint256).max ? x : min + x % (span + 1);
    }

    /// @dev The slot of a patient's trail and epoch. Found by what is in it, whatever position its mapping has.
    function _headSlot(address owner) internal view returns (bytes32 slot) {
        for (uint256 position = 0; position < 32; ++position) {
            slot = keccak256(abi.encode(owner, position));
            if (bytes28(vm.load(address(chartkey), slot)) == bytes28(chartkey.trail(owner))) return slot;
        }
        revert("the head is in no mapping");
    }

    /// @dev As if the patient had revoked everyone that often.
    function _setEpoch(address owner, uint32 epoch) internal {
        vm.store(address(chartkey), _headSlot(owner), chartkey.trail(owner) | bytes32(uint256(epoch)));
    }

    /// @dev Deploys a contract, or the mutant of it that the environment holds (script/mutate). Zero if its constructor reverts.
    function _create(string memory variable, bytes memory creationCode, bytes memory arguments)
        internal
        returns (address deployed)
    {
        bytes memory code = abi.encodePacked(vm.envOr(variable, creationCode), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
    }
}
