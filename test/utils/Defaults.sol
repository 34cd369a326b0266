// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    ALL_PURPOSES,
    Digest,
    DirectoryEntry,
    NewRecord,
    Purpose,
    READ,
    ReferralTerms,
    SUITE_X25519,
    Scope
} from "../../contracts/types/Types.sol";

/// @notice The values that a test differs from in one field only.
library Defaults {
    uint48 internal constant ADMIN_DELAY = 3 days;
    /// @dev 2026-01-01T00:00:00Z.
    uint40 internal constant START = 1_767_225_600;
    uint256 internal constant START_BLOCK = 1_000;

    uint40 internal constant VALID_UNTIL = START + 365 days;
    uint40 internal constant EXPIRES_AT = START + 30 days;

    uint8 internal constant SUITE = SUITE_X25519;
    uint8 internal constant RIGHTS = READ;
    uint16 internal constant PURPOSES = ALL_PURPOSES;
    Purpose internal constant PURPOSE = Purpose.TREAT;
    Scope internal constant CHART = Scope.wrap(0);
    uint32 internal constant FOLDER = 7;
    bytes32 internal constant TEAM_SALT = keccak256("team salt");
    bytes32 internal constant REASON_HASH = keccak256("found unconscious");
    bytes32 internal constant NOTE_HASH = keccak256("a note");
    uint32 internal constant EMERGENCY = 24 hours;
    bytes32 internal constant KEY_COMMIT = keccak256("key commitment");
    Digest internal constant DIGEST = Digest.wrap(keccak256("an X-ray"));
    Digest internal constant OTHER_DIGEST = Digest.wrap(keccak256("a prescription"));

    /// @dev Any 32 bytes do: the contract does not know the curve.
    function key() internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256("public key"));
    }

    /// @dev As long as what HPKE makes of a 32-byte seed with X25519: encapsulated key, ciphertext, tag.
    function sealedKey() internal pure returns (bytes memory) {
        return
            abi.encodePacked(
                keccak256("encapsulated key"), keccak256("ciphertext"), bytes16(keccak256("authentication"))
            );
    }

    /// @dev Version 1, raw.
    function cid(Digest digest) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"01551220", digest);
    }

    function record(Digest digest) internal pure returns (NewRecord memory) {
        return NewRecord({cid: cid(digest), keyCommit: KEY_COMMIT, sealedMetadata: ""});
    }

    /// @dev Passes READ on, for all purposes, as long as `Base._grant` lasts.
    function referral(address grantee, Scope parent, Scope scope) internal pure returns (ReferralTerms memory) {
        return ReferralTerms({
            parent: parent,
            grantee: grantee,
            scope: scope,
            rights: READ,
            purposes: PURPOSES,
            expiresAt: EXPIRES_AT,
            sealedKey: sealedKey()
        });
    }

    function entry() internal pure returns (DirectoryEntry memory) {
        return DirectoryEntry({
            name: "Dr. Dora Cohen", licence: "BLN-4711", specialty: "Radiology", organisation: "St. Hedwig Hospital"
        });
    }
}
