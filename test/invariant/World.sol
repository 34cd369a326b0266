// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Digest, Scope} from "../../contracts/types/Types.sol";
import {vm} from "../utils/Cheats.sol";

uint256 constant PATIENTS = 3;
uint256 constant PRACTITIONERS = 3;
uint256 constant REGISTRARS = 2;
uint256 constant TEAMS = 4;
uint256 constant GRANTEES = PRACTITIONERS + TEAMS;
uint256 constant ACCOUNTS = 11;
uint256 constant DIGESTS = 6;
uint256 constant FOLDERS = 3; // the first of them is none
uint256 constant SCOPES = 10;
uint256 constant NONCES = 9;

/// @dev Whatever ends, ends at one of these steps, and time passes in whole steps: so histories meet the very second of an end.
uint256 constant STEP = 6 hours;

/// @notice The few accounts, records, scopes, teams and nonces that histories are made of. Few, so that acts meet again what acts
/// before them left behind: fresh ones would hide whatever overwrites.
abstract contract World {
    Chartkey public immutable chartkey;
    ERC2771Forwarder public immutable forwarder;
    address public immutable admin;
    address public immutable auditor;
    /// @notice Whom patients mostly make their guardian.
    address public immutable relative;
    address public immutable stranger;

    /// @dev The last patient is a practitioner, too.
    address[PATIENTS] internal patients;
    address[PRACTITIONERS] internal practitioners;
    address[REGISTRARS] internal registrars;
    /// @dev Two of each registrar, of the salts 0 and 1.
    address[TEAMS] internal teams;
    Digest[DIGESTS] internal digests;
    /// @dev The chart, two folders, the records, and the emergency's.
    Scope[SCOPES] internal scopes;
    /// @dev Some of one word, and the ends of words. The first is no nonce.
    uint256[NONCES] internal nonces = [0, 1, 2, 3, 255, 256, 257, 511, type(uint256).max];

    /// @dev Of everybody but the admin: zero.
    mapping(address account => uint256 key) internal _keyOf;

    constructor(Chartkey chartkey_, ERC2771Forwarder forwarder_, address admin_) {
        chartkey = chartkey_;
        forwarder = forwarder_;
        admin = admin_;
        auditor = _account("auditor");
        relative = _account("relative");
        stranger = _account("stranger");
        patients = [_account("patient 0"), _account("patient 1"), _account("patient 2")];
        practitioners = [_account("practitioner 0"), _account("practitioner 1"), patients[2]];
        registrars = [_account("registrar 0"), _account("registrar 1")];
        for (uint256 i = 0; i < TEAMS; ++i) {
            teams[i] = chartkey_.teamAddress(registrars[i / 2], bytes32(i % 2));
        }
        scopes[1] = Scope.wrap(bytes32(uint256(1)));
        scopes[2] = Scope.wrap(bytes32(uint256(2)));
        for (uint256 i = 0; i < DIGESTS; ++i) {
            digests[i] = Digest.wrap(keccak256(abi.encode("record", i)));
            scopes[3 + i] = Scope.wrap(Digest.unwrap(digests[i]));
        }
        scopes[SCOPES - 1] = Scope.wrap(bytes32(type(uint256).max));
    }

    /// @dev Everybody, each once.
    function accounts() public view returns (address[ACCOUNTS] memory) {
        return [
            patients[0],
            patients[1],
            patients[2],
            practitioners[0],
            practitioners[1],
            registrars[0],
            registrars[1],
            auditor,
            relative,
            stranger,
            admin
        ];
    }

    function allPatients() public view returns (address[PATIENTS] memory) {
        return patients;
    }

    function allPractitioners() public view returns (address[PRACTITIONERS] memory) {
        return practitioners;
    }

    function allTeams() public view returns (address[TEAMS] memory) {
        return teams;
    }

    /// @notice Whom access can be granted: practitioners, then teams.
    function allGrantees() public view returns (address[GRANTEES] memory grantees) {
        for (uint256 i = 0; i < GRANTEES; ++i) {
            grantees[i] = i < PRACTITIONERS ? practitioners[i] : teams[i - PRACTITIONERS];
        }
    }

    function allDigests() public view returns (Digest[DIGESTS] memory) {
        return digests;
    }

    function allScopes() public view returns (Scope[SCOPES] memory) {
        return scopes;
    }

    /// @dev An account whose key is known.
    function _account(string memory name) private returns (address account) {
        uint256 key = uint256(keccak256(bytes(name)));
        account = vm.addr(key);
        _keyOf[account] = key;
        vm.label(account, name);
    }
}
