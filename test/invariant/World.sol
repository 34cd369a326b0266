// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Digest, Scope} from "../../contracts/types/Types.sol";

/// @notice The few accounts, records and scopes that histories are made of. Few, so that acts meet again what acts before
/// them left behind: fresh ones would hide whatever overwrites.
abstract contract World {
    Chartkey public immutable chartkey;
    address public immutable admin;
    address public immutable stranger = address(0x57);

    /// @dev The last patient is a practitioner, too.
    address[3] public patients = [address(0xA1), address(0xA2), address(0xD3)];
    address[3] public practitioners = [address(0xD1), address(0xD2), address(0xD3)];
    address[2] public registrars = [address(0xE1), address(0xE2)];
    Digest[4] public digests;
    Scope[7] public scopes;

    constructor(Chartkey chartkey_, address admin_) {
        chartkey = chartkey_;
        admin = admin_;
        scopes[1] = Scope.wrap(bytes32(uint256(1)));
        scopes[2] = Scope.wrap(bytes32(uint256(2)));
        for (uint256 i = 0; i < digests.length; ++i) {
            digests[i] = Digest.wrap(keccak256(abi.encode("record", i)));
            scopes[3 + i] = Scope.wrap(Digest.unwrap(digests[i]));
        }
    }

    /// @dev Everybody, each once.
    function accounts() public view returns (address[9] memory) {
        return [
            patients[0],
            patients[1],
            patients[2],
            practitioners[0],
            practitioners[1],
            registrars[0],
            registrars[1],
            admin,
            stranger
        ];
    }
}
