// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {AccessHandler} from "./AccessHandler.sol";
import {ChartHandler} from "./ChartHandler.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {OpenHandler} from "./OpenHandler.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// @notice What the fuzzer calls. Every act is tried by whoever comes, with a bias to those who may; what goes through is told to
/// the model, and its logs to the two replicas.
contract Handler is RegistryHandler, ChartHandler, AccessHandler, OpenHandler {
    constructor(Chartkey chartkey_, ERC2771Forwarder forwarder_, address admin_, TrailReplica trails_)
        HandlerBase(chartkey_, forwarder_, admin_, trails_)
    {}

    /// @notice Every act that the fuzzer may call. Each takes a seed, and nothing else.
    function acts() external pure returns (bytes4[] memory selectors) {
        bytes4[39] memory all = [
            this.passTime.selector,
            this.grantRole.selector,
            this.revokeRole.selector,
            this.renounceRole.selector,
            this.registerPractitioner.selector,
            this.amendPractitioner.selector,
            this.renewPractitioner.selector,
            this.suspendPractitioner.selector,
            this.reinstatePractitioner.selector,
            this.createTeam.selector,
            this.setTeamMember.selector,
            this.removeTeamMember.selector,
            this.registerPatient.selector,
            this.publishKey.selector,
            this.setGuardian.selector,
            this.removeGuardian.selector,
            this.addRecord.selector,
            this.addRecordAsPractitioner.selector,
            this.supersedeRecord.selector,
            this.retractRecord.selector,
            this.grantAccess.selector,
            this.grantAccessToTeam.selector,
            this.revokeAccess.selector,
            this.renounceAccess.selector,
            this.revokeEveryone.selector,
            this.referAccess.selector,
            this.endReferral.selector,
            this.requestAccess.selector,
            this.setEmergencyPolicy.selector,
            this.breakGlass.selector,
            this.reviewEmergency.selector,
            this.openByRight.selector,
            this.openAsGuardian.selector,
            this.openByGrant.selector,
            this.openByTeam.selector,
            this.openByReferral.selector,
            this.openInEmergency.selector,
            this.logOpens.selector,
            this.cancelNonces.selector
        ];
        selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            selectors[i] = all[i];
        }
    }
}
