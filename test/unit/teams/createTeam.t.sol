// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {ICareTeams} from "../../../contracts/interfaces/ICareTeams.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract CreateTeamTest is Base {
    function testFuzz_RevertWhen_TheCallerIsNoRegistrar(address caller) external {
        vm.assume(caller != registrar && caller != otherRegistrar && caller != address(forwarder));
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, REGISTRAR)
        );
        _create(caller, Defaults.TEAM_SALT);
    }

    function test_RevertWhen_TheRegistrarUsedTheSaltBefore() external {
        address team = _createTeam();
        vm.expectRevert(abi.encodeWithSelector(ICareTeams.TeamAlreadyCreated.selector, team));
        _create(registrar, Defaults.TEAM_SALT);
    }

    function test_RevertWhen_TheTeamHasNoName() external {
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryNameMissing.selector));
        vm.prank(registrar);
        chartkey.createTeam(Defaults.TEAM_SALT, "", "St. Hedwig Hospital");
    }

    function testFuzz_RevertWhen_ATextIsTooLong(bool ofName, uint256 length) external {
        length = _bound(length, 201, 1000);
        (string memory name, string memory organisation) = _texts(ofName ? length : 1, ofName ? 0 : length);
        vm.expectRevert(abi.encodeWithSelector(IPractitioners.DirectoryTextTooLong.selector, length, 200));
        vm.prank(registrar);
        chartkey.createTeam(Defaults.TEAM_SALT, name, organisation);
    }

    function testFuzz_WhenAllIsWell(bytes32 salt, uint256 nameLength, uint256 organisationLength) external {
        (string memory name, string memory organisation) =
            _texts(_bound(nameLength, 1, 200), _bound(organisationLength, 0, 200));
        address expected = chartkey.teamAddress(registrar, salt);
        vm.assertEq(chartkey.teamRegistrar(expected), address(0), "before");
        vm.expectEmit(address(chartkey));
        emit ICareTeams.TeamCreated(REGISTRY, expected, registrar, salt, name, organisation);
        vm.prank(registrar);
        address team = chartkey.createTeam(salt, name, organisation);
        vm.assertEq(team, expected, "address");
        vm.assertEq(chartkey.teamRegistrar(team), registrar, "registrar");
    }

    function test_WhenAnotherRegistrarUsedTheSalt() external {
        address team = _createTeam();
        address other = _create(otherRegistrar, Defaults.TEAM_SALT);
        vm.assertTrue(other != team, "another team");
        vm.assertEq(chartkey.teamRegistrar(team), registrar, "the one");
        vm.assertEq(chartkey.teamRegistrar(other), otherRegistrar, "the other");
    }

    function testFuzz_WhenTheRegistrarUsesAnotherSalt(bytes32 salt) external {
        vm.assume(salt != Defaults.TEAM_SALT);
        address team = _createTeam();
        address other = _create(registrar, salt);
        vm.assertTrue(other != team, "another team");
        vm.assertEq(chartkey.teamRegistrar(team), registrar, "the one");
        vm.assertEq(chartkey.teamRegistrar(other), registrar, "the other");
    }

    function _create(address caller, bytes32 salt) private returns (address) {
        vm.prank(caller);
        return chartkey.createTeam(salt, "Tumour board", "");
    }

    function _texts(uint256 nameLength, uint256 organisationLength)
        private
        pure
        returns (string memory name, string memory organisation)
    {
        return (string(new bytes(nameLength)), string(new bytes(organisationLength)));
    }
}
