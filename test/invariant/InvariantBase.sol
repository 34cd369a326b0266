// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Base} from "../Base.t.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Defaults} from "../utils/Defaults.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Handler} from "./Handler.sol";

/// @notice A contract whose every log the witnesses have seen, and a world in which something has happened already.
abstract contract InvariantBase is Base {
    /// @dev As forge declares it.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    TrailReplica internal trails;

    /* READ BY FORGE */

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler());
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler()), _handler().acts());
    }

    /* INTERNAL */

    function _handler() internal view virtual returns (Handler);

    /// @dev Its own contract in place of `Base`'s, whose roles are given before anybody watches.
    function _deploy() internal returns (Cheats.Log[] memory logs) {
        vm.warp(Defaults.START);
        vm.roll(Defaults.START_BLOCK);
        admin = _actor("admin");
        forwarder = new ERC2771Forwarder("Chartkey forwarder");
        vm.recordLogs();
        chartkey = new Chartkey(Defaults.ADMIN_DELAY, admin, address(forwarder));
        logs = vm.getRecordedLogs();
        trails = new TrailReplica(address(chartkey), block.chainid);
    }

    /// @dev Every history starts with two patients, two practitioners, two teams, and some of what they
    /// gave each other.
    function _populate(Handler handler) internal {
        handler.giveRoles();
        _reach(handler, handler.registerPatient.selector, chartkey.registerPatient.selector, 2);
        _reach(handler, handler.registerPractitioner.selector, chartkey.registerPractitioner.selector, 2);
        _reach(handler, handler.createTeam.selector, chartkey.createTeam.selector, 2);
        _reach(handler, handler.setTeamMember.selector, chartkey.setTeamMember.selector, 3);
        _reach(handler, handler.setGuardian.selector, chartkey.setGuardian.selector, 1);
        _reach(handler, handler.addRecord.selector, chartkey.addRecord.selector, 4);
        _reach(handler, handler.grantAccess.selector, chartkey.grantAccess.selector, 6);
        _reach(handler, handler.grantAccessToTeam.selector, chartkey.grantAccess.selector, 9);
        _reach(handler, handler.referAccess.selector, chartkey.referAccess.selector, 2);
        _reach(handler, handler.setEmergencyPolicy.selector, chartkey.setEmergencyPolicy.selector, 1);
    }

    /// @dev The act, until it went through that often.
    function _reach(Handler handler, bytes4 act, bytes4 kind, uint256 times) private {
        for (uint256 seed = 0; handler.done(kind) < times; ++seed) {
            _call(handler, act, seed);
        }
    }

    function _call(Handler handler, bytes4 act, uint256 seed) internal {
        (bool ok,) = address(handler).call(abi.encodeWithSelector(act, seed));
        vm.assertTrue(ok, "the handler never reverts");
    }

    /// @dev Every kind of act.
    function _kinds() internal view returns (bytes4[] memory kinds) {
        bytes4[31] memory all = [
            chartkey.grantRole.selector,
            chartkey.revokeRole.selector,
            chartkey.renounceRole.selector,
            chartkey.registerPractitioner.selector,
            chartkey.amendPractitioner.selector,
            chartkey.renewPractitioner.selector,
            chartkey.suspendPractitioner.selector,
            chartkey.reinstatePractitioner.selector,
            chartkey.createTeam.selector,
            chartkey.setTeamMember.selector,
            chartkey.removeTeamMember.selector,
            chartkey.registerPatient.selector,
            chartkey.publishKey.selector,
            chartkey.setGuardian.selector,
            chartkey.removeGuardian.selector,
            chartkey.addRecord.selector,
            chartkey.supersedeRecord.selector,
            chartkey.retractRecord.selector,
            chartkey.grantAccess.selector,
            chartkey.revokeAccess.selector,
            chartkey.renounceAccess.selector,
            chartkey.revokeEveryone.selector,
            chartkey.referAccess.selector,
            chartkey.endReferral.selector,
            chartkey.requestAccess.selector,
            chartkey.setEmergencyPolicy.selector,
            chartkey.breakGlass.selector,
            chartkey.reviewEmergency.selector,
            chartkey.openRecord.selector,
            chartkey.logOpens.selector,
            chartkey.cancelNonces.selector
        ];
        kinds = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            kinds[i] = all[i];
        }
    }
}
