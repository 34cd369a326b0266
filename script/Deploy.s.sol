// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../contracts/Chartkey.sol";
import {ChartkeyLens} from "../contracts/periphery/ChartkeyLens.sol";
import {cheats} from "./ScriptCheats.sol";

/// @notice Deploys a forwarder, Chartkey and a lens on any chain. `script/deploy` runs it; docs/DEPLOYMENT.md says how.
/// @dev Where the chain has the CREATE2 factory that most have, the addresses follow from the salt and the settings alone, and what is
/// there already stays. Elsewhere they follow from the deployer's nonce.
contract Deploy {
    /* TYPES */

    /// @dev What the environment says.
    struct Settings {
        address admin; // CHARTKEY_ADMIN
        bool adminIsEoa; // CHARTKEY_ADMIN_IS_EOA=yes
        uint48 adminDelay; // CHARTKEY_ADMIN_DELAY, seconds
        bytes32 salt; // CHARTKEY_SALT
    }

    struct Deployed {
        address forwarder;
        address chartkey;
        address lens;
        bool chartkeyIsNew;
        uint256 count; // how many of the three are new
    }

    /* CONSTANTS */

    /// @dev https://github.com/Arachnid/deterministic-deployment-proxy: takes salt ‖ creation code.
    address internal constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes internal constant FACTORY_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

    string internal constant FORWARDER_NAME = "Chartkey forwarder";
    bytes32 internal constant DEFAULT_SALT = keccak256("chartkey/v1");
    uint256 internal constant DEFAULT_DELAY = 5 days;
    uint256 internal constant MIN_DELAY = 1 hours;
    uint256 internal constant MAX_DELAY = 30 days;

    /// @dev How the code of an account with a key begins that delegates by EIP-7702, and how long it is.
    bytes3 private constant DELEGATION = 0xef0100;
    uint256 private constant DELEGATION_LENGTH = 23;

    /* FOR FORGE */

    /// @notice Deploys what is not there yet, and checks it.
    /// @dev The names of what is returned are what `script/deploy` reads.
    function run()
        external
        returns (
            address chartkey,
            address forwarder,
            address lens,
            address admin,
            uint256 adminDelay,
            bytes32 salt,
            bool deterministic,
            bool chartkeyIsNew,
            uint256 count
        )
    {
        Settings memory settings = _settings();
        _checkAdmin(settings);
        deterministic = _hasFactory();

        cheats.startBroadcast();
        Deployed memory deployed = _deploy(settings, deterministic);
        cheats.stopBroadcast();

        (chartkey, forwarder, lens) = (deployed.chartkey, deployed.forwarder, deployed.lens);
        (chartkeyIsNew, count) = (deployed.chartkeyIsNew, deployed.count);
        _checkWiring(chartkey, forwarder, lens);
        if (chartkeyIsNew) _checkRoles(settings, chartkey, msg.sender);
        (admin, adminDelay, salt) = (settings.admin, settings.adminDelay, settings.salt);
    }

    /// @notice Reverts unless a deployment that was just made is what the environment asks for. For the chain itself, once the
    /// transactions are in it: `run` asks a simulation.
    function check(address chartkey, address forwarder, address lens, address deployer) external view {
        _checkWiring(chartkey, forwarder, lens);
        _checkRoles(_settings(), chartkey, deployer);
    }

    /* SETTINGS */

    function _settings() internal view returns (Settings memory) {
        string memory admin = cheats.envOr("CHARTKEY_ADMIN", "");
        string memory isEoa = cheats.envOr("CHARTKEY_ADMIN_IS_EOA", "");
        string memory delay = cheats.envOr("CHARTKEY_ADMIN_DELAY", "");
        string memory salt = cheats.envOr("CHARTKEY_SALT", "");
        return _parse(admin, isEoa, delay, salt);
    }

    /// @dev An empty text is the default's.
    function _parse(string memory admin, string memory isEoa, string memory delay, string memory salt)
        internal
        pure
        returns (Settings memory settings)
    {
        if (bytes(admin).length == 0) {
            revert("CHARTKEY_ADMIN is not set: name the account, a multisig, that gives and takes roles");
        }
        settings.admin = _parseAddress(admin);
        if (settings.admin == address(0)) revert("CHARTKEY_ADMIN is the zero address: nobody could ever give a role");

        settings.adminIsEoa = _same(isEoa, "yes");
        if (!settings.adminIsEoa && bytes(isEoa).length != 0) {
            revert("CHARTKEY_ADMIN_IS_EOA is neither yes nor unset");
        }

        uint256 seconds_ = bytes(delay).length == 0 ? DEFAULT_DELAY : _parseSeconds(delay);
        if (seconds_ < MIN_DELAY || seconds_ > MAX_DELAY) {
            revert("CHARTKEY_ADMIN_DELAY is not from 3600 to 2592000 seconds (an hour to 30 days)");
        }
        settings.adminDelay = uint48(seconds_);
        settings.salt = bytes(salt).length == 0 ? DEFAULT_SALT : _parseSalt(salt);
    }

    /// @dev With its checksum, because an admin that was mistyped can never be put right.
    function _parseAddress(string memory text) private pure returns (address) {
        try cheats.parseAddress(text) returns (address account) {
            if (_same(text, cheats.toString(account))) return account;
        } catch {}
        revert("CHARTKEY_ADMIN is not an address with its EIP-55 checksum");
    }

    function _parseSeconds(string memory text) private pure returns (uint256) {
        try cheats.parseUint(text) returns (uint256 number) {
            return number;
        } catch {
            revert("CHARTKEY_ADMIN_DELAY is not a number of seconds");
        }
    }

    function _parseSalt(string memory text) private pure returns (bytes32) {
        try cheats.parseBytes32(text) returns (bytes32 word) {
            return word;
        } catch {
            revert("CHARTKEY_SALT is not 32 bytes in hexadecimal, 0x...");
        }
    }

    /// @dev Reverts if the admin is one key's account and nobody said that this is meant.
    function _checkAdmin(Settings memory settings) internal view {
        bytes memory code = settings.admin.code;
        bool keyed = code.length == 0 || (code.length == DELEGATION_LENGTH && bytes3(code) == DELEGATION);
        if (!keyed || settings.adminIsEoa) return;
        revert(
            string.concat(
                "CHARTKEY_ADMIN ",
                cheats.toString(settings.admin),
                " is no contract on chain ",
                cheats.toString(block.chainid),
                ": name a multisig that is there, or set CHARTKEY_ADMIN_IS_EOA=yes if one key's account is meant"
            )
        );
    }

    /* DEPLOYMENT */

    /// @dev Asks the node, because forge puts the factory into every simulation, also of a chain without one.
    function _hasFactory() internal returns (bool) {
        bytes memory code = cheats.rpc("eth_getCode", string.concat("[\"", cheats.toString(FACTORY), "\",\"latest\"]"));
        return keccak256(code) == keccak256(FACTORY_CODE);
    }

    function _deploy(Settings memory settings, bool deterministic) internal returns (Deployed memory deployed) {
        bytes32 salt = settings.salt;
        bool isNew;

        bytes memory creation = abi.encodePacked(type(ERC2771Forwarder).creationCode, abi.encode(FORWARDER_NAME));
        (deployed.forwarder, isNew) = _create(creation, salt, deterministic);
        if (isNew) ++deployed.count;

        bytes memory arguments = abi.encode(settings.adminDelay, settings.admin, deployed.forwarder);
        creation = abi.encodePacked(type(Chartkey).creationCode, arguments);
        (deployed.chartkey, isNew) = _create(creation, salt, deterministic);
        if (isNew) ++deployed.count;
        deployed.chartkeyIsNew = isNew;

        creation = abi.encodePacked(type(ChartkeyLens).creationCode, abi.encode(deployed.chartkey));
        (deployed.lens, isNew) = _create(creation, salt, deterministic);
        if (isNew) ++deployed.count;
    }

    function _create(bytes memory creation, bytes32 salt, bool deterministic)
        private
        returns (address created, bool isNew)
    {
        if (deterministic) {
            bytes32 hash = keccak256(abi.encodePacked(hex"ff", FACTORY, salt, keccak256(creation)));
            created = address(uint160(uint256(hash)));
            if (created.code.length != 0) return (created, false);
            (bool done,) = FACTORY.call(abi.encodePacked(salt, creation));
            if (!done || created.code.length == 0) revert("the CREATE2 factory made no contract");
        } else {
            assembly ("memory-safe") {
                created := create(0, add(creation, 0x20), mload(creation))
            }
            if (created == address(0)) revert("a contract could not be made");
        }
        isNew = true;
    }

    /* CHECKS */

    /// @dev Reverts unless the three know each other.
    function _checkWiring(address chartkey, address forwarder, address lens) internal view {
        if (chartkey.code.length == 0 || forwarder.code.length == 0 || lens.code.length == 0) {
            revert("a contract of the deployment has no code");
        }
        if (Chartkey(chartkey).trustedForwarder() != forwarder) revert("Chartkey trusts another forwarder");
        if (address(ChartkeyLens(lens).chartkey()) != chartkey) revert("the lens reads another contract");
    }

    /// @dev Reverts unless the admin is who was named, and the deployer, if it is another, has no role.
    function _checkRoles(Settings memory settings, address chartkey, address deployer) internal view {
        Chartkey made = Chartkey(chartkey);
        if (made.defaultAdmin() != settings.admin) revert("another account is admin");
        if (made.defaultAdminDelay() != settings.adminDelay) revert("the admin delay is another");
        bytes32[4] memory roles = [bytes32(0), keccak256("REGISTRAR"), keccak256("CUSTODIAN"), keccak256("AUDITOR")];
        for (uint256 i = 0; i < roles.length; ++i) {
            bool expected = i == 0 && deployer == settings.admin;
            if (made.hasRole(roles[i], deployer) != expected) revert("the deployer has a role");
        }
    }

    /* PRIVATE */

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
