// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Purpose, READ, Scope} from "../../contracts/types/Types.sol";

/// @notice Who may open what, kept in the plainest way from the acts that went through: no epochs, no packed slots, no
/// reasons. It knows nothing of the contract's code, storage or logs.
contract Model {
    struct Permission {
        bool given;
        uint256 expiresAt;
        uint16 purposes;
        uint8 rights;
    }

    struct Standing {
        bool registered;
        bool suspended;
        uint256 validUntil;
    }

    struct Entry {
        bool added;
        uint32 folder;
        uint256 addedAt;
    }

    mapping(address account => Standing) public standingOf;
    mapping(address patient => mapping(Digest digest => Entry)) public entryOf;
    mapping(address patient => mapping(address grantee => mapping(Scope scope => Permission))) public permissionOf;

    function register(address practitioner, uint256 validUntil) external {
        require(!standingOf[practitioner].registered, "a practitioner is registered once");
        standingOf[practitioner] = Standing(true, false, validUntil);
    }

    function renew(address practitioner, uint256 validUntil) external {
        standingOf[practitioner].validUntil = validUntil;
    }

    function setSuspended(address practitioner, bool suspended) external {
        standingOf[practitioner].suspended = suspended;
    }

    function add(address patient, Digest digest, uint32 folder) external {
        require(!entryOf[patient][digest].added, "a record is added once");
        entryOf[patient][digest] = Entry(true, folder, block.timestamp);
    }

    function give(address patient, address grantee, Scope scope, uint8 rights, uint16 purposes, uint256 expiresAt)
        external
    {
        permissionOf[patient][grantee][scope] = Permission(true, expiresAt, purposes, rights);
    }

    function take(address patient, address grantee, Scope scope) external {
        delete permissionOf[patient][grantee][scope];
    }

    /// @notice Whether that reader may open that record at this moment.
    function allows(address patient, Digest digest, address reader, address via, Purpose purpose)
        external
        view
        returns (bool)
    {
        Entry memory entry = entryOf[patient][digest];
        if (!entry.added) return false;
        if (reader == patient) return true;
        Standing memory standing = standingOf[reader];
        bool good = standing.registered && !standing.suspended && block.timestamp < standing.validUntil;
        if (!good || via != address(0)) return false;
        bool byFolder = entry.folder != 0 && _permits(patient, reader, bytes32(uint256(entry.folder)), purpose);
        return
            _permits(patient, reader, 0, purpose) || byFolder
                || _permits(patient, reader, Digest.unwrap(digest), purpose);
    }

    function _permits(address patient, address reader, bytes32 scope, Purpose purpose) private view returns (bool) {
        Permission memory permission = permissionOf[patient][reader][Scope.wrap(scope)];
        return permission.given && block.timestamp < permission.expiresAt && permission.rights & READ == READ
            && (permission.purposes >> uint8(purpose)) & 1 == 1;
    }
}
