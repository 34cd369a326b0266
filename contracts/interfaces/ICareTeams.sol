// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Care teams: practitioners who can be granted access as one
/// @notice A ward, a tumour board, a specialty. A team is named by a pseudo-address, derived from the registrar who made it and a salt
/// of theirs, so that nobody can take another's; nobody holds its key. A grant to it is an ordinary grant; a member in good standing
/// opens records by it, and the log names the person and the team.
/// @dev Only the team's registrar adds members, and only while they are a registrar: who else could, could read what patients
/// granted the team. Any registrar removes them, so that a team whose registrar is gone can still be emptied. `registry` is always
/// zero in the events.
/// @dev Warning: patients who grant a team trust its registrar to choose who is in it, now and later. A registrar who loses the role
/// leaves the team's members as they are, until their end.
interface ICareTeams {
    /// @notice A registrar made a team.
    /// @param salt with the registrar, what the team's address is derived from
    /// @param name of the team, in the public directory
    /// @param organisation hospital or practice
    event TeamCreated(
        address indexed registry,
        address indexed team,
        address indexed registrar,
        bytes32 salt,
        string name,
        string organisation
    );
    /// @notice A practitioner became a member of a team, or was given a new end.
    /// @param until Unix seconds; a member while block.timestamp < until
    event TeamMemberSet(
        address indexed registry, address indexed team, address indexed member, address registrar, uint40 until
    );
    /// @notice A member left a team.
    /// @param actor a registrar, or the member
    event TeamMemberRemoved(address indexed registry, address indexed team, address indexed member, address actor);

    /// @notice Thrown when a registrar makes a team with a salt they used before.
    error TeamAlreadyCreated(address team);
    /// @notice Thrown when someone other than its registrar adds a member to a team, or nobody made such a team.
    error NotTheTeamsRegistrar(address team, address actor);
    /// @notice Thrown when there is no such member to remove.
    error NoSuchTeamMember(address team, address member);

    /// @notice Makes a team. Registrars only.
    /// @param salt any that the registrar has not used for a team
    /// @param name 1 to 200 bytes; public
    /// @param organisation at most 200 bytes; public
    /// @return team its address: `teamAddress(registrar, salt)`
    function createTeam(bytes32 salt, string calldata name, string calldata organisation)
        external
        returns (address team);

    /// @notice Makes a practitioner in good standing a member until `until` (Unix seconds), or sets a member's new end. For the
    /// team's registrar.
    function setTeamMember(address team, address member, uint40 until) external;

    /// @notice Ends a membership at once. For registrars, and for the member.
    function removeTeamMember(address team, address member) external;

    /// @notice The address of the team that a registrar made, or would make, with a salt.
    function teamAddress(address registrar, bytes32 salt) external view returns (address);

    /// @notice Who made the team and keeps its members; zero if nobody did.
    function teamRegistrar(address team) external view returns (address);

    /// @notice When a membership ends, Unix seconds; 0 if there is none, or no longer.
    /// @dev Warning: an end that has passed is still given.
    function teamMemberUntil(address team, address member) external view returns (uint40);
}
