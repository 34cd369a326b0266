// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract TeamAddressTest is Base {
    function testFuzz_WhenItIsOfARegistrarAndASalt(address account, bytes32 salt) external view {
        bytes32 hash =
            keccak256(abi.encode(keccak256("chartkey/v1/team"), block.chainid, address(chartkey), account, salt));
        vm.assertEq(chartkey.teamAddress(account, salt), address(uint160(uint256(hash))), "address");
    }

    function testFuzz_WhenTheRegistrarOrTheSaltIsAnother(address account, bytes32 salt) external view {
        vm.assume(account != registrar && salt != Defaults.TEAM_SALT);
        address team = chartkey.teamAddress(registrar, Defaults.TEAM_SALT);
        vm.assertTrue(chartkey.teamAddress(account, Defaults.TEAM_SALT) != team, "registrar");
        vm.assertTrue(chartkey.teamAddress(registrar, salt) != team, "salt");
    }

    function testFuzz_WhenTheChainIsAnother(uint64 chainId) external {
        vm.assume(chainId != 0 && chainId != block.chainid);
        address team = chartkey.teamAddress(registrar, Defaults.TEAM_SALT);
        vm.chainId(chainId);
        vm.assertTrue(chartkey.teamAddress(registrar, Defaults.TEAM_SALT) != team, "chain");
    }

    function test_WhenTheContractIsAnother() external {
        Chartkey other = new Chartkey(Defaults.ADMIN_DELAY, admin, address(forwarder));
        vm.assertTrue(
            other.teamAddress(registrar, Defaults.TEAM_SALT) != chartkey.teamAddress(registrar, Defaults.TEAM_SALT),
            "contract"
        );
    }
}
