// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

import {Trail} from "./Trail.sol";
import {IPractitioners} from "./interfaces/IPractitioners.sol";
import {Dates} from "./libraries/Dates.sol";
import {DirectoryEntry, Practitioner, Reason} from "./types/Types.sol";

/// @title Practitioners, and the registrars who vouch for them
/// @dev `Trail` comes before `AccessControlDefaultAdminRules`, whose constructor gives the first role: the registry's trail
/// has to have started by then.
abstract contract Practitioners is Trail, AccessControlDefaultAdminRules, IPractitioners {
    /* CONSTANTS */

    /// @notice Vouches for practitioners.
    bytes32 internal constant REGISTRAR = keccak256("REGISTRAR");
    /// @notice Reads every chart's history through the query API.
    bytes32 internal constant AUDITOR = keccak256("AUDITOR");

    uint256 private constant MAX_DIRECTORY_TEXT = 200;

    /* STORAGE */

    mapping(address account => Practitioner practitioner) private _practitioners;

    /* MODIFIERS */

    modifier onlyRegistrar() {
        _checkRegistrar();
        _;
    }

    /* ACTS OF REGISTRARS */

    /// @inheritdoc IPractitioners
    function registerPractitioner(
        address practitioner,
        uint40 validUntil,
        bool emergencyCapable,
        DirectoryEntry calldata entry
    ) external onlyRegistrar {
        if (practitioner == address(0)) revert ZeroAddress();
        if (_isPractitioner(practitioner)) revert PractitionerAlreadyRegistered(practitioner);
        Dates.checkEnd(validUntil);
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
    function amendPractitioner(address practitioner, DirectoryEntry calldata entry) external onlyRegistrar {
        _known(practitioner);
        _checkEntry(entry);
        _logPractitioner(
            PractitionerAmended.selector,
            practitioner,
            abi.encode(entry.name, entry.licence, entry.specialty, entry.organisation)
        );
    }

    /// @inheritdoc IPractitioners
    function renewPractitioner(address practitioner, uint40 validUntil, bool emergencyCapable) external onlyRegistrar {
        Practitioner storage standing = _known(practitioner);
        Dates.checkEnd(validUntil);
        standing.validUntil = validUntil;
        standing.emergencyCapable = emergencyCapable;
        _logPractitioner(PractitionerRenewed.selector, practitioner, abi.encode(validUntil, emergencyCapable));
    }

    /// @inheritdoc IPractitioners
    function suspendPractitioner(address practitioner) external onlyRegistrar {
        Practitioner storage standing = _known(practitioner);
        if (standing.suspended) revert SuspendedPractitioner(practitioner);
        standing.suspended = true;
        _logPractitioner(PractitionerSuspended.selector, practitioner, "");
    }

    /// @inheritdoc IPractitioners
    function reinstatePractitioner(address practitioner) external onlyRegistrar {
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

    /// @dev In one place, because `onlyRole` would put the role's hash and its check into each act: the contract's size is limited.
    function _checkRegistrar() internal view {
        _checkRole(REGISTRAR);
    }

    /// @dev The standing of an account; all zero if it was never registered.
    function _practitioner(address account) internal view returns (Practitioner storage) {
        return _practitioners[account];
    }

    /// @dev `Allowed` if the account is a practitioner in good standing now, else why not.
    function _standing(address account) internal view returns (Reason) {
        Practitioner storage practitioner = _practitioners[account];
        // Together, so that the slot is read once.
        (uint40 validUntil, bool suspended) = (practitioner.validUntil, practitioner.suspended);
        if (validUntil == 0) return Reason.UnknownPractitioner;
        if (suspended) return Reason.PractitionerSuspended;
        if (block.timestamp >= validUntil) return Reason.PractitionerLapsed;
        return Reason.Allowed;
    }

    /// @dev Reverts unless the account is a practitioner in good standing now.
    function _checkStanding(address account) internal view {
        Reason standing = _standing(account);
        if (standing != Reason.Allowed) revert NotInGoodStanding(account, standing);
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

    /// @dev As `_grantRole`, for what the admin has begun and not finished.
    function _beginDefaultAdminTransfer(address newAdmin) internal override {
        super._beginDefaultAdminTransfer(newAdmin);
        _logAdmin();
    }

    /// @dev As above.
    function _cancelDefaultAdminTransfer() internal override {
        super._cancelDefaultAdminTransfer();
        _logAdmin();
    }

    /// @dev As above.
    function _changeDefaultAdminDelay(uint48 newDelay) internal override {
        super._changeDefaultAdminDelay(newDelay);
        _logAdmin();
    }

    /// @dev As above.
    function _rollbackDefaultAdminDelay() internal override {
        super._rollbackDefaultAdminDelay();
        _logAdmin();
    }

    function _logAdmin() private {
        (address newAdmin,) = pendingDefaultAdmin();
        (uint48 newDelay,) = pendingDefaultAdminDelay();
        _logRegistry(
            AdminChangePending.selector, _topic(newAdmin), bytes32(uint256(newDelay)), abi.encode(_msgSender())
        );
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

    /// @dev Reverts if a public text is too long.
    function _checkText(string calldata text) internal pure {
        uint256 length = bytes(text).length;
        if (length > MAX_DIRECTORY_TEXT) revert DirectoryTextTooLong(length, MAX_DIRECTORY_TEXT);
    }
}
