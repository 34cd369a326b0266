// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

contract RolesTest is Base {
    function test_WhenTheContractIsDeployed() external {
        vm.expectEmit();
        emit IPractitioners.RoleChanged(REGISTRY, stranger, ADMIN, true, address(this));
        Chartkey fresh = new Chartkey(1 days, stranger, otherPatient);
        vm.assertEq(fresh.defaultAdmin(), stranger, "admin");
        vm.assertEq(fresh.defaultAdminDelay(), 1 days, "delay");
        vm.assertEq(fresh.trustedForwarder(), otherPatient, "forwarder");
        vm.assertFalse(fresh.hasRole(ADMIN, address(this)), "the deployer");
    }

    function test_RevertWhen_TheAdminIsTheZeroAddress() external {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, address(0)
            )
        );
        new Chartkey(Defaults.ADMIN_DELAY, address(0), address(forwarder));
    }

    function testFuzz_RevertWhen_TheCallerIsNotTheAdmin(address caller, bytes32 role) external {
        vm.assume(caller != admin && caller != address(forwarder) && role != ADMIN);
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, ADMIN));
        vm.prank(caller);
        chartkey.grantRole(role, caller);
    }

    function testFuzz_WhenTheAdminGivesARole(bytes32 role) external {
        vm.assume(role != ADMIN);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, stranger, role, true, admin);
        _giveRole(role, stranger);
        vm.assertTrue(chartkey.hasRole(role, stranger), "held");
    }

    function test_RevertWhen_AnotherRoleThanRegistrarVouchesForAPractitioner() external {
        _giveRole(CUSTODIAN, stranger);
        _giveRole(AUDITOR, otherPatient);
        address[3] memory callers = [stranger, otherPatient, admin];
        for (uint256 i = 0; i < callers.length; ++i) {
            _isNoRegistrar(callers[i]);
        }
    }

    function test_RevertWhen_ARegistrarGivesARole() external {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, registrar, ADMIN)
        );
        vm.prank(registrar);
        chartkey.grantRole(REGISTRAR, stranger);
    }

    function test_WhenTheAdminGivesARoleThatIsHeldAlready() external {
        bytes32 before = chartkey.trail(REGISTRY);
        _giveRole(REGISTRAR, registrar);
        vm.assertEq(chartkey.trail(REGISTRY), before, "trail");
    }

    function test_WhenTheAdminTakesARole() external {
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, registrar, REGISTRAR, false, admin);
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, registrar);
        vm.assertFalse(chartkey.hasRole(REGISTRAR, registrar), "held");
        _isNoRegistrar(registrar);
    }

    function test_WhenTheAdminTakesARoleThatIsNotHeld() external {
        bytes32 before = chartkey.trail(REGISTRY);
        vm.prank(admin);
        chartkey.revokeRole(REGISTRAR, stranger);
        vm.assertEq(chartkey.trail(REGISTRY), before, "trail");
    }

    function test_WhenTheHolderGivesARoleUp() external {
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, registrar, REGISTRAR, false, registrar);
        vm.prank(registrar);
        chartkey.renounceRole(REGISTRAR, registrar);
        vm.assertFalse(chartkey.hasRole(REGISTRAR, registrar), "held");
        _isNoRegistrar(registrar);
    }

    function test_RevertWhen_SomebodyElseGivesTheHoldersRoleUp() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector));
        vm.prank(otherRegistrar);
        chartkey.renounceRole(REGISTRAR, registrar);
    }

    function test_RevertWhen_TheAdminRoleIsGrantedOutright() external {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminRules.selector)
        );
        _giveRole(ADMIN, stranger);
    }

    function testFuzz_RevertWhen_ANewAdminAcceptsBeforeTheDelayHasPassed(uint256 time) external {
        uint48 schedule = Defaults.START + Defaults.ADMIN_DELAY;
        time = _bound(time, Defaults.START, schedule);
        _nameAdmin(stranger);
        vm.warp(time);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector, schedule
            )
        );
        _acceptAdmin(stranger);
    }

    function test_WhenANewAdminAcceptsAfterTheDelay() external {
        _nameAdmin(stranger);
        vm.warp(Defaults.START + Defaults.ADMIN_DELAY + 1);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, admin, ADMIN, false, stranger);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, stranger, ADMIN, true, stranger);
        _acceptAdmin(stranger);
        vm.assertEq(chartkey.defaultAdmin(), stranger, "admin");
        vm.assertFalse(chartkey.hasRole(ADMIN, admin), "the old admin");
    }

    function test_RevertWhen_SomebodyElseThanTheNewAdminAccepts() external {
        _nameAdmin(stranger);
        vm.warp(Defaults.START + Defaults.ADMIN_DELAY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, registrar)
        );
        _acceptAdmin(registrar);
    }

    function test_WhenTheAdminNamesANewAdmin() external {
        vm.expectEmit(address(chartkey));
        emit IPractitioners.AdminChangePending(REGISTRY, stranger, 0, admin);
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
    }

    function test_WhenTheAdminCallsTheHandOverOff() external {
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.AdminChangePending(REGISTRY, address(0), 0, admin);
        vm.prank(admin);
        chartkey.cancelDefaultAdminTransfer();
    }

    function test_WhenTheAdminChangesTheDelayAndCallsItOff() external {
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(stranger);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.AdminChangePending(REGISTRY, stranger, 9 days, admin);
        vm.prank(admin);
        chartkey.changeDefaultAdminDelay(9 days);
        vm.expectEmit(address(chartkey));
        emit IPractitioners.AdminChangePending(REGISTRY, stranger, 0, admin);
        vm.prank(admin);
        chartkey.rollbackDefaultAdminDelay();
    }

    function _isNoRegistrar(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, REGISTRAR)
        );
        vm.prank(account);
        chartkey.registerPractitioner(doctor, Defaults.VALID_UNTIL, false, Defaults.entry());
    }

    function _nameAdmin(address account) private {
        vm.prank(admin);
        chartkey.beginDefaultAdminTransfer(account);
    }

    function _acceptAdmin(address account) private {
        vm.prank(account);
        chartkey.acceptDefaultAdminTransfer();
    }
}
