// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {PRACTITIONERS, REGISTRARS, STEP, TEAMS} from "./World.sol";

/// @notice Time, roles, practitioners and care teams.
abstract contract RegistryHandler is HandlerBase {
    bytes32 private constant REGISTRAR = keccak256("REGISTRAR");
    bytes32 private constant AUDITOR = keccak256("AUDITOR");
    bytes32 private constant CUSTODIAN = keccak256("CUSTODIAN");

    /* TIME */

    /// @notice Mostly hours, now and then days.
    function passTime(uint256 seed) external seeded(seed) {
        vm.roll(block.number + 1 + _draw(100));
        vm.warp(block.timestamp + STEP * (1 + _draw(_oneIn(8) ? 30 : 2)));
    }

    /* ROLES */

    /// @notice Gives both registrars and the auditor their roles: every history starts from here.
    function giveRoles() external seeded(0) {
        for (uint256 i = 0; i < REGISTRARS; ++i) {
            _setRole(admin, registrars[i], REGISTRAR, true);
        }
        _setRole(admin, auditor, AUDITOR, true);
    }

    function grantRole(uint256 seed) external seeded(seed) {
        (address account, bytes32 role) = _drawRole();
        _setRole(_mostly(admin), account, role, true);
    }

    function revokeRole(uint256 seed) external seeded(seed) {
        (address account, bytes32 role) = _drawRole();
        // Seldom, as what follows: nobody else could keep the registry going.
        if (_oneIn(4)) _setRole(_mostly(admin), account, role, false);
    }

    function renounceRole(uint256 seed) external seeded(seed) {
        (address account, bytes32 role) = _drawRole();
        address actor = _mostly(account);
        bool held = model.hasRole(account, role);
        bytes memory call = abi.encodeCall(chartkey.renounceRole, (role, account));
        if (_oneIn(4) && _try(actor, call, actor == account, held ? REGISTRY : NOTHING)) {
            model.setRole(account, role, false);
        }
    }

    /* PRACTITIONERS */

    function registerPractitioner(uint256 seed) external seeded(seed) {
        (address who, address actor, uint40 end) = (_drawPractitioner(), _registrar(), _end(400));
        bool capable = !_oneIn(4);
        bytes memory call = abi.encodeCall(chartkey.registerPractitioner, (who, end, capable, Defaults.entry()));
        (bool registered,,,) = model.standingOf(who);
        if (_try(actor, call, _isRegistrar(actor) && !registered, REGISTRY)) model.setStanding(who, end, capable);
    }

    function amendPractitioner(uint256 seed) external seeded(seed) {
        (address who, address actor) = (_drawPractitioner(), _registrar());
        (bool registered,,,) = model.standingOf(who);
        bytes memory call = abi.encodeCall(chartkey.amendPractitioner, (who, Defaults.entry()));
        _try(actor, call, _isRegistrar(actor) && registered, REGISTRY);
    }

    function renewPractitioner(uint256 seed) external seeded(seed) {
        (address who, address actor, uint40 end) = (_drawPractitioner(), _registrar(), _end(400));
        bool capable = !_oneIn(4);
        (bool registered,,,) = model.standingOf(who);
        bytes memory call = abi.encodeCall(chartkey.renewPractitioner, (who, end, capable));
        if (_try(actor, call, _isRegistrar(actor) && registered, REGISTRY)) model.setStanding(who, end, capable);
    }

    function suspendPractitioner(uint256 seed) external seeded(seed) {
        (address who, address actor) = (_drawPractitioner(), _registrar());
        (bool registered, bool suspended,,) = model.standingOf(who);
        bytes memory call = abi.encodeCall(chartkey.suspendPractitioner, (who));
        bool allowed = _isRegistrar(actor) && registered && !suspended;
        if (_oneIn(3) && _try(actor, call, allowed, REGISTRY)) model.setSuspended(who, true);
    }

    function reinstatePractitioner(uint256 seed) external seeded(seed) {
        (address who, address actor) = (_drawPractitioner(), _registrar());
        (bool registered, bool suspended,,) = model.standingOf(who);
        bytes memory call = abi.encodeCall(chartkey.reinstatePractitioner, (who));
        if (_try(actor, call, _isRegistrar(actor) && registered && suspended, REGISTRY)) {
            model.setSuspended(who, false);
        }
    }

    /* CARE TEAMS */

    function createTeam(uint256 seed) external seeded(seed) {
        uint256 i = _draw(TEAMS);
        address actor = _mostly(registrars[i / 2]);
        bytes memory call = abi.encodeCall(chartkey.createTeam, (bytes32(i % 2), "Ward 3", "St. Hedwig Hospital"));
        address team = chartkey.teamAddress(actor, bytes32(i % 2));
        bool allowed = _isRegistrar(actor) && model.makerOf(team) == address(0);
        if (_try(actor, call, allowed, REGISTRY)) model.makeTeam(team, actor);
    }

    function setTeamMember(uint256 seed) external seeded(seed) {
        (address team, address actor) = _drawTeam();
        (address member, uint40 until) = (_mostly(_drawPractitioner()), _end(80));
        bytes memory call = abi.encodeCall(chartkey.setTeamMember, (team, member, until));
        bool allowed = _isRegistrar(actor) && model.makerOf(team) == actor && model.isGood(member);
        if (_try(actor, call, allowed, REGISTRY)) model.setMember(team, member, until);
    }

    function removeTeamMember(uint256 seed) external seeded(seed) {
        (address team, address actor) = _drawTeam();
        address member = _drawPractitioner();
        if (_oneIn(4)) actor = member;
        bool may = actor == member || _isRegistrar(actor);
        bytes memory call = abi.encodeCall(chartkey.removeTeamMember, (team, member));
        if (_try(actor, call, may && model.memberUntil(team, member) != 0, REGISTRY)) model.setMember(team, member, 0);
    }

    /* PRIVATE */

    /// @dev A role that is held already is given, and one that is not taken, without effect.
    function _setRole(address actor, address account, bytes32 role, bool held) private {
        bytes memory call = held
            ? abi.encodeCall(chartkey.grantRole, (role, account))
            : abi.encodeCall(chartkey.revokeRole, (role, account));
        bool changes = model.hasRole(account, role) != held;
        if (_try(actor, call, actor == admin, changes ? REGISTRY : NOTHING)) model.setRole(account, role, held);
    }

    function _drawRole() private returns (address account, bytes32 role) {
        uint256 draw = _draw(8);
        if (draw < 5) return (registrars[_draw(REGISTRARS)], REGISTRAR);
        if (draw < 7) return (auditor, AUDITOR);
        return (_oneIn(2) ? auditor : registrars[0], CUSTODIAN);
    }

    function _drawPractitioner() private returns (address) {
        return practitioners[_draw(PRACTITIONERS)];
    }

    /// @dev A team, and mostly the registrar whose it is.
    function _drawTeam() private returns (address team, address actor) {
        uint256 i = _draw(TEAMS);
        return (teams[i], _mostly(registrars[_oneIn(8) ? 1 - i / 2 : i / 2]));
    }

    function _registrar() private returns (address) {
        return _mostly(registrars[_draw(REGISTRARS)]);
    }

    function _isRegistrar(address account) private view returns (bool) {
        return model.hasRole(account, REGISTRAR);
    }
}
