// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {ChartkeyLens} from "../../contracts/periphery/ChartkeyLens.sol";
import {Deploy} from "../../script/Deploy.s.sol";
import {vm} from "../utils/Cheats.sol";

/// @dev What the script does between reading the environment and sending transactions.
contract DeployHarness is Deploy {
    function etchFactory() external {
        vm.etch(FACTORY, FACTORY_CODE);
    }

    function breakFactory() external {
        vm.etch(FACTORY, hex"00");
    }

    function parse(string memory admin, string memory isEoa, string memory delay, string memory salt)
        external
        pure
        returns (Settings memory)
    {
        return _parse(admin, isEoa, delay, salt);
    }

    function checkAdmin(Settings memory settings) external view {
        _checkAdmin(settings);
    }

    function deploy(Settings memory settings, bool deterministic) external returns (Deployed memory) {
        return _deploy(settings, deterministic);
    }

    function checkWiring(address chartkey, address forwarder, address lens) external view {
        _checkWiring(chartkey, forwarder, lens);
    }

    function checkRoles(Settings memory settings, address chartkey, address deployer) external view {
        _checkRoles(settings, chartkey, deployer);
    }
}

contract DeployTest {
    string private constant ADMIN = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    address private constant ADMIN_ACCOUNT = 0x70997970C51812dc3A010C7d01b50e0d17dc79C8;
    address private constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    string private constant NOT_AN_ADDRESS = "CHARTKEY_ADMIN is not an address with its EIP-55 checksum";
    string private constant BAD_DELAY = "CHARTKEY_ADMIN_DELAY is not from 3600 to 2592000 seconds (an hour to 30 days)";

    DeployHarness private deploy;

    function setUp() external {
        deploy = new DeployHarness();
        deploy.etchFactory();
    }

    /* SETTINGS */

    function test_OnlyTheAdminHasNoDefault() external {
        Deploy.Settings memory settings = deploy.parse(ADMIN, "", "", "");
        vm.assertEq(settings.admin, ADMIN_ACCOUNT, "admin");
        vm.assertFalse(settings.adminIsEoa, "a multisig is expected");
        vm.assertEq(settings.adminDelay, 432_000, "delay");
        vm.assertEq(settings.salt, keccak256("chartkey/v1"), "salt");
        _expectText("CHARTKEY_ADMIN is not set: name the account, a multisig, that gives and takes roles");
        deploy.parse("", "yes", "432000", "");
    }

    function test_EverySettingIsTakenAsGiven() external view {
        string memory salt = "0x0000000000000000000000000000000000000000000000000000000000000007";
        Deploy.Settings memory settings = deploy.parse(ADMIN, "yes", "3600", salt);
        vm.assertTrue(settings.adminIsEoa, "one key's account is meant");
        vm.assertEq(settings.adminDelay, 1 hours, "delay");
        vm.assertEq(settings.salt, bytes32(uint256(7)), "salt");
        vm.assertEq(deploy.parse(ADMIN, "", "2592000", "").adminDelay, 30 days, "longest delay");
    }

    function test_RevertWhen_TheAdminIsNoAddressWithItsChecksum() external {
        string[4] memory texts = [
            "bob",
            "0x70997970",
            "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
            "0x70997970C51812dc3A010C7d01b50e0d17dc79c8"
        ];
        for (uint256 i = 0; i < texts.length; ++i) {
            _expectText(NOT_AN_ADDRESS);
            deploy.parse(texts[i], "", "", "");
        }
    }

    function test_RevertWhen_TheAdminIsTheZeroAddress() external {
        _expectText("CHARTKEY_ADMIN is the zero address: nobody could ever give a role");
        deploy.parse("0x0000000000000000000000000000000000000000", "yes", "", "");
    }

    function test_RevertWhen_TheOtherSettingsAreMalformed() external {
        _expectText("CHARTKEY_ADMIN_IS_EOA is neither yes nor unset");
        deploy.parse(ADMIN, "true", "", "");
        _expectText("CHARTKEY_ADMIN_DELAY is not a number of seconds");
        deploy.parse(ADMIN, "", "5 days", "");
        _expectText(BAD_DELAY);
        deploy.parse(ADMIN, "", "3599", "");
        _expectText(BAD_DELAY);
        deploy.parse(ADMIN, "", "2592001", "");
        _expectText("CHARTKEY_SALT is not 32 bytes in hexadecimal, 0x...");
        deploy.parse(ADMIN, "", "", "0x07");
    }

    /* ADMIN */

    function test_RevertWhen_TheAdminIsOneKeysAccount() external {
        vm.chainId(5);
        bytes[2] memory codes = [bytes(""), abi.encodePacked(hex"ef0100", address(this))];
        for (uint256 i = 0; i < codes.length; ++i) {
            vm.etch(ADMIN_ACCOUNT, codes[i]);
            _expectText(
                string.concat(
                    "CHARTKEY_ADMIN ",
                    ADMIN,
                    " is no contract on chain 5: name a multisig that is there, or set CHARTKEY_ADMIN_IS_EOA=yes if one key's account is meant"
                )
            );
            deploy.checkAdmin(_settings(false));
            deploy.checkAdmin(_settings(true));
        }
    }

    function test_AContractMayBeAdmin() external {
        vm.etch(ADMIN_ACCOUNT, hex"00");
        deploy.checkAdmin(_settings(false));
    }

    /* DEPLOYMENT */

    function testFuzz_ByTheFactoryTheAddressesFollowFromTheSettings(bytes32 salt, uint48 delay) external {
        Deploy.Settings memory settings = _settings(true);
        (settings.salt, settings.adminDelay) = (salt, delay);
        Deploy.Deployed memory made = deploy.deploy(settings, true);
        vm.assertEq(made.count, 3, "all are new");
        vm.assertTrue(made.chartkeyIsNew, "Chartkey is new");

        bytes memory creation = abi.encodePacked(type(ERC2771Forwarder).creationCode, abi.encode("Chartkey forwarder"));
        vm.assertEq(made.forwarder, _create2(salt, creation), "forwarder");
        bytes memory arguments = abi.encode(delay, ADMIN_ACCOUNT, made.forwarder);
        vm.assertEq(made.chartkey, _create2(salt, abi.encodePacked(type(Chartkey).creationCode, arguments)), "Chartkey");
        creation = abi.encodePacked(type(ChartkeyLens).creationCode, abi.encode(made.chartkey));
        vm.assertEq(made.lens, _create2(salt, creation), "lens");
        _check(settings, made);
    }

    function test_ByTheFactoryWhatIsThereStays() external {
        Deploy.Deployed memory first = deploy.deploy(_settings(true), true);
        Deploy.Deployed memory second = deploy.deploy(_settings(true), true);
        vm.assertEq(second.count, 0, "none is new");
        vm.assertFalse(second.chartkeyIsNew, "Chartkey is there");
        vm.assertEq(second.chartkey, first.chartkey, "Chartkey");
    }

    function test_ByTheFactoryWhatIsMissingIsAdded() external {
        Deploy.Settings memory settings = _settings(true);
        bytes memory creation = abi.encodePacked(type(ERC2771Forwarder).creationCode, abi.encode("Chartkey forwarder"));
        address forwarder = _make(settings.salt, creation);
        bytes memory arguments = abi.encode(settings.adminDelay, settings.admin, forwarder);
        address chartkey = _make(settings.salt, abi.encodePacked(type(Chartkey).creationCode, arguments));

        Deploy.Deployed memory made = deploy.deploy(settings, true);
        vm.assertEq(made.count, 1, "the lens is new");
        vm.assertFalse(made.chartkeyIsNew, "Chartkey is there");
        vm.assertEq(made.forwarder, forwarder, "forwarder");
        vm.assertEq(made.chartkey, chartkey, "Chartkey");
        _check(settings, made);
    }

    function test_WithoutTheFactoryEachDeploymentIsNew() external {
        Deploy.Deployed memory first = deploy.deploy(_settings(true), false);
        Deploy.Deployed memory second = deploy.deploy(_settings(true), false);
        vm.assertEq(first.count, 3, "all are new");
        vm.assertEq(second.count, 3, "all are new again");
        vm.assertTrue(first.chartkey != second.chartkey, "at another address");
        _check(_settings(true), first);
        _check(_settings(true), second);
    }

    function test_RevertWhen_TheFactoryMakesNothing() external {
        deploy.breakFactory();
        _expectText("the CREATE2 factory made no contract");
        deploy.deploy(_settings(true), true);
    }

    /* CHECKS */

    function test_RevertWhen_TheContractsDoNotKnowEachOther() external {
        Deploy.Deployed memory made = deploy.deploy(_settings(true), false);
        Deploy.Deployed memory other = deploy.deploy(_settings(true), false);
        _expectText("a contract of the deployment has no code");
        deploy.checkWiring(made.chartkey, made.forwarder, address(1));
        _expectText("Chartkey trusts another forwarder");
        deploy.checkWiring(made.chartkey, other.forwarder, made.lens);
        _expectText("the lens reads another contract");
        deploy.checkWiring(made.chartkey, made.forwarder, other.lens);
    }

    function test_RevertWhen_RolesAreNotAsAskedFor() external {
        Deploy.Deployed memory made = deploy.deploy(_settings(true), false);
        Deploy.Settings memory settings = _settings(true);
        settings.admin = address(this);
        _expectText("another account is admin");
        deploy.checkRoles(settings, made.chartkey, address(2));
        settings = _settings(true);
        ++settings.adminDelay;
        _expectText("the admin delay is another");
        deploy.checkRoles(settings, made.chartkey, address(2));

        bytes32[3] memory roles = [keccak256("REGISTRAR"), keccak256("CUSTODIAN"), keccak256("AUDITOR")];
        for (uint256 i = 0; i < roles.length; ++i) {
            vm.prank(ADMIN_ACCOUNT);
            Chartkey(made.chartkey).grantRole(roles[i], address(uint160(100 + i)));
            _expectText("the deployer has a role");
            deploy.checkRoles(_settings(true), made.chartkey, address(uint160(100 + i)));
        }
    }

    /* HELPERS */

    function _settings(bool isEoa) private pure returns (Deploy.Settings memory) {
        return Deploy.Settings({admin: ADMIN_ACCOUNT, adminIsEoa: isEoa, adminDelay: 2 days, salt: keccak256("a salt")});
    }

    /// @dev By Chartkey's own views, and by the script's.
    function _check(Deploy.Settings memory settings, Deploy.Deployed memory made) private view {
        Chartkey chartkey = Chartkey(made.chartkey);
        vm.assertEq(chartkey.defaultAdmin(), settings.admin, "admin");
        vm.assertEq(chartkey.defaultAdminDelay(), settings.adminDelay, "delay");
        vm.assertEq(chartkey.trustedForwarder(), made.forwarder, "forwarder");
        vm.assertEq(address(ChartkeyLens(made.lens).chartkey()), made.chartkey, "lens");
        vm.assertFalse(chartkey.hasRole(0, address(deploy)), "the deployer is no admin");
        deploy.checkWiring(made.chartkey, made.forwarder, made.lens);
        deploy.checkRoles(settings, made.chartkey, address(deploy));
        deploy.checkRoles(settings, made.chartkey, settings.admin);
    }

    /// @dev By the factory, as anybody could before us.
    function _make(bytes32 salt, bytes memory creation) private returns (address made) {
        (bool done,) = FACTORY.call(abi.encodePacked(salt, creation));
        made = _create2(salt, creation);
        vm.assertTrue(done && made.code.length != 0, "the factory made it");
    }

    /// @dev EIP-1014.
    function _create2(bytes32 salt, bytes memory creation) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", FACTORY, salt, keccak256(creation))))));
    }

    function _expectText(string memory text) private {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", text));
    }
}
