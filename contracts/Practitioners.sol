// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

import {Trail} from "./Trail.sol";
import {IPractitioners} from "./interfaces/IPractitioners.sol";
import {DirectoryEntry, LAST_MOMENT, Practitioner, Reason} from "./types/Types.sol";

/// @title Practitioners, and the registrars who vouch for them
/// @dev `Trail` comes before `AccessControlDefaultAdminRules`, whose constructor gives the first role: the registry's trail
/// has to have started by then.
abstract contract Practitioners is Trail, AccessControlDefaultAdminRules, IPractitioners {
    /* CONSTANTS */

    /// @notice Vouches for practitioners.
    bytes32 public constant REGISTRAR = keccak256("REGISTRAR");
    /// @notice Keeps a share of records' keys, and releases it only for an open that is in the trail.
    bytes32 public constant CUSTODIAN = keccak256("CUSTODIAN");
    /// @notice Reads every chart's history through the query API.
    bytes32 public constant AUDITOR = keccak256("AUDITOR");

    uint256 private constant MAX_DIRECTORY_TEXT = 200;

    /* STORAGE */

    mapping(address account => Practitioner practitioner) private _practitioners;

    /* ACTS OF REGISTRARS */

    /// @inheritdoc IPractitioners
    function registerPractitioner(
        address practitioner,
        uint40 validUntil,
        bool emergencyCapable,
        DirectoryEntry calldata entry
    ) external onlyRole(REGISTRAR) {
        if (practitioner == address(0)) revert ZeroAddress();
        if (_isPractitioner(practitioner)) revert PractitionerAlreadyRegistered(practitioner);
        _checkEnd(validUntil);
        _checkEntry(entry);
        _practitioners[practitioner] =
            Practitioner({validUntil: validUntil, suspended: false, emergencyCapable: emergencyCapable});
        _logPractitioner(
            PractitionerRegistered.selector,
            practitioner,
            abi.encode(validUntil, emergencyCapable, entry.name, entry.licence, entry.specialty, entry.organisation)
        );
    }

    /// @inheritdoc IPractitioners
    function amendPractitioner(address practitioner, DirectoryEntry calldata entry) external onlyRole(REGISTRAR) {
        _known(practitioner);
        _checkEntry(entry);
        _logPractitioner(
            PractitionerAmended.selector,
            practitioner,
            abi.encode(entry.name, entry.licence, entry.specialty, entry.organisation)
        );
    }

    /// @inheritdoc IPractitioners
    function renewPractitioner(address practitioner, uint40 validUntil, bool emergencyCapable)
        external
        onlyRole(REGISTRAR)
    {
        Practitioner storage standing = _known(practitioner);
        _checkEnd(validUntil);
        standing.validUntil = validUntil;
        standing.emergencyCapable = emergencyCapable;
        _logPractitioner(PractitionerRenewed.selector, practitioner, abi.encode(validUntil, emergencyCapable));
    }

    /// @inheritdoc IPractitioners
    function suspendPractitioner(address practitioner) external onlyRole(REGISTRAR) {
        Practitioner storage standing = _known(practitioner);
        if (standing.suspended) revert SuspendedPractitioner(practitioner);
        standing.suspended = true;
        _logPractitioner(PractitionerSuspended.selector, practitioner, "");
    }

    /// @inheritdoc IPractitioners
    function reinstatePractitioner(address practitioner) external onlyRole(REGISTRAR) {
        Practitioner storage standing = _known(practitioner);
        if (!standing.suspended) revert NotSuspended(practitioner);
        standing.suspended = false;
        _logPractitioner(PractitionerReinstated.selector, practitioner, "");
    }

    /* VIEWS */

    /// @inheritdoc IPractitioners
    function practitionerOf(address account) external view returns (Practitioner memory) {
        return _practitioners[account];
    }

    /* INTERNAL */

    /// @dev `Allowed` if the account is a practitioner in good standing now, else why not.
    function _standing(address account) internal view returns (Reason) {
        Practitioner memory practitioner = _practitioners[account];
        if (practitioner.validUntil == 0) return Reason.UnknownPractitioner;
        if (practitioner.suspended) return Reason.PractitionerSuspended;
        if (block.timestamp >= practitioner.validUntil) return Reason.PractitionerLapsed;
        return Reason.Allowed;
    }

    /// @dev Reverts unless the account is a practitioner in good standing now.
    function _checkStanding(address account) internal view {
        Reason standing = _standing(account);
        if (standing == Reason.Allowed) return;
        if (standing == Reason.UnknownPractitioner) revert UnknownPractitioner(account);
        if (standing == Reason.PractitionerSuspended) revert SuspendedPractitioner(account);
        revert LapsedPractitioner(account, _practitioners[account].validUntil);
    }

    /// @dev Reverts unless `end` lies ahead, and in the calendar.
    function _checkEnd(uint40 end) internal view {
        if (end <= block.timestamp) revert EndNotInFuture(end, block.timestamp);
        if (end > LAST_MOMENT) revert EndTooFar(end, LAST_MOMENT);
    }

    /// @dev OpenZeppelin's own event is outside the trail.
    function _grantRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._grantRole(role, account);
        if (changed) _logRole(role, account, true);
    }

    /// @dev As `_grantRole`.
    function _revokeRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._revokeRole(role, account);
        if (changed) _logRole(role, account, false);
    }

    function _logRole(bytes32 role, address account, bool held) private {
        _logRegistry(RoleChanged.selector, _topic(account), role, abi.encode(held, _msgSender()));
    }

    function _logPractitioner(bytes32 signature, address practitioner, bytes memory data) private {
        _logRegistry(signature, _topic(practitioner), _topic(_msgSender()), data);
    }

    function _isPractitioner(address account) private view returns (bool) {
        return _practitioners[account].validUntil != 0;
    }

    function _known(address account) private view returns (Practitioner storage) {
        if (!_isPractitioner(account)) revert UnknownPractitioner(account);
        return _practitioners[account];
    }

    function _checkEntry(DirectoryEntry calldata entry) private pure {
        if (bytes(entry.name).length == 0) revert DirectoryNameMissing();
        _checkText(entry.name);
        _checkText(entry.licence);
        _checkText(entry.specialty);
        _checkText(entry.organisation);
    }

    function _checkText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        if (length > MAX_DIRECTORY_TEXT) revert DirectoryTextTooLong(length, MAX_DIRECTORY_TEXT);
    }
}
