// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    ALL_PURPOSES,
    Digest,
    DirectoryEntry,
    Purpose,
    READ,
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

    function entry() internal pure returns (DirectoryEntry memory) {
        return DirectoryEntry({
            name: "Dr. Dora Cohen", licence: "BLN-4711", specialty: "Radiology", organisation: "St. Hedwig Hospital"
        });
    }
}
