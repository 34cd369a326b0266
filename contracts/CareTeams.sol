// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Practitioners} from "./Practitioners.sol";
import {ICareTeams} from "./interfaces/ICareTeams.sol";
import {Dates} from "./libraries/Dates.sol";
import {Term} from "./types/Types.sol";

/// @title Care teams: practitioners who can be granted access as one
abstract contract CareTeams is Practitioners, ICareTeams {
    /* CONSTANTS */

    bytes32 private constant DOMAIN = keccak256("chartkey/v1/team");

    /* STORAGE */

    mapping(address team => address registrar) private _registrars;
    mapping(address team => mapping(address member => Term term)) private _members;

    /* ACTS */

    /// @inheritdoc ICareTeams
    function createTeam(bytes32 salt, string calldata name, string calldata organisation)
        external
        onlyRegistrar
        returns (address team)
    {
        address registrar = _msgSender();
        team = teamAddress(registrar, salt);
        if (_isTeam(team)) revert TeamAlreadyCreated(team);
        if (bytes(name).length == 0) revert DirectoryNameMissing();
        _checkText(name);
        _checkText(organisation);
        _registrars[team] = registrar;
        _logRegistry(TeamCreated.selector, _topic(team), _topic(registrar), abi.encode(salt, name, organisation));
    }

    /// @inheritdoc ICareTeams
    function setTeamMember(address team, address member, uint40 until) external onlyRegistrar {
        address registrar = _msgSender();
        if (registrar != _registrars[team]) revert NotTheTeamsRegistrar(team, registrar);
        _checkStanding(member);
        Dates.checkEnd(until);
        _member(team, member).until = until;
        _logRegistry(TeamMemberSet.selector, _topic(team), _topic(member), abi.encode(registrar, until));
    }

    /// @inheritdoc ICareTeams
    function removeTeamMember(address team, address member) external {
        address actor = _msgSender();
        if (actor != member) _checkRegistrar();
        Term storage term = _member(team, member);
        if (term.until == 0) revert NoSuchTeamMember(team, member);
        term.until = 0;
        _logRegistry(TeamMemberRemoved.selector, _topic(team), _topic(member), abi.encode(actor));
    }

    /* VIEWS */

    /// @inheritdoc ICareTeams
    function teamAddress(address registrar, bytes32 salt) public view returns (address) {
        bytes32 hash = keccak256(abi.encode(DOMAIN, block.chainid, address(this), registrar, salt));
        return address(uint160(uint256(hash)));
    }

    /// @inheritdoc ICareTeams
    function teamRegistrar(address team) external view returns (address) {
        return _registrars[team];
    }

    /// @inheritdoc ICareTeams
    function teamMemberUntil(address team, address member) public view returns (uint40) {
        return _member(team, member).until;
    }

    /* INTERNAL */

    function _isTeam(address account) internal view returns (bool) {
        return _registrars[account] != address(0);
    }

    function _member(address team, address member) private view returns (Term storage) {
        return _members[team][member];
    }
}
