// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Scope} from "../../contracts/types/Types.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Handler} from "./Handler.sol";
import {InvariantBase} from "./InvariantBase.sol";
import {GRANTEES, PATIENTS, PRACTITIONERS, SCOPES} from "./World.sol";

/// @notice A handler that looks at every grant and referral after every act. Apart, because looking takes most of the time.
contract WatchfulHandler is Handler {
    /// @notice Changes of a grant by somebody who neither acts on its chart, nor gave it up, nor broke the glass.
    uint256 public foreignChanges;
    /// @notice Changes of a referral by anybody but its referrer or who may end it.
    uint256 public foreignReferralChanges;
    /// @notice Acts that changed a grant and a referral, or more than one of either.
    uint256 public wideChanges;

    uint256 private constant GRANTS = PATIENTS * GRANTEES * SCOPES;
    uint256 private constant REFERRALS = PATIENTS * PRACTITIONERS * PRACTITIONERS * SCOPES;

    /// @dev A hash of each one that can be, as of the last act; 0: not looked at yet.
    mapping(uint256 place => bytes32) private _grants;
    mapping(uint256 place => bytes32) private _referrals;

    constructor(Chartkey chartkey_, ERC2771Forwarder forwarder_, address admin_, TrailReplica trails_)
        Handler(chartkey_, forwarder_, admin_, trails_)
    {}

    function _tryAndRead(address sender, bytes memory call, bool allowed, uint256 subjects)
        internal
        override
        returns (bool ok, Cheats.Log[] memory logs)
    {
        (ok, logs) = super._tryAndRead(sender, call, allowed, subjects);
        uint256 changes = _lookAtGrants(sender, bytes4(call)) + _lookAtReferrals(sender, bytes4(call));
        if (changes > (ok ? 1 : 0)) ++wideChanges;
    }

    function _lookAtGrants(address sender, bytes4 act) private returns (uint256 changes) {
        address[GRANTEES] memory grantees = allGrantees();
        Scope[SCOPES] memory scopes_ = scopes;
        bool acting = act == chartkey.grantAccess.selector || act == chartkey.revokeAccess.selector;
        for (uint256 i = 0; i < GRANTS; ++i) {
            (address patient, address grantee) = (patients[i / SCOPES / GRANTEES], grantees[i / SCOPES % GRANTEES]);
            Scope scope = scopes_[i % SCOPES];
            if (!_changed(_grants, i, keccak256(abi.encode(chartkey.grantOf(patient, grantee, scope))))) continue;
            ++changes;
            bool renounced = act == chartkey.renounceAccess.selector && sender == grantee;
            bool broken = act == chartkey.breakGlass.selector && sender == grantee && i % SCOPES == SCOPES - 1;
            if (!renounced && !broken && !(acting && model.actsOn(patient, sender))) ++foreignChanges;
        }
    }

    function _lookAtReferrals(address sender, bytes4 act) private returns (uint256 changes) {
        for (uint256 i = 0; i < REFERRALS; ++i) {
            address patient = patients[i / SCOPES / 9];
            (address referrer, address grantee) = (practitioners[i / SCOPES / 3 % 3], practitioners[i / SCOPES % 3]);
            bytes32 hash = keccak256(abi.encode(chartkey.referralOf(patient, referrer, grantee, scopes[i % SCOPES])));
            if (!_changed(_referrals, i, hash)) continue;
            ++changes;
            bool party = sender == referrer || sender == grantee || model.actsOn(patient, sender);
            bool given = act == chartkey.referAccess.selector && sender == referrer;
            if (!given && !(act == chartkey.endReferral.selector && party)) ++foreignReferralChanges;
        }
    }

    function _changed(mapping(uint256 place => bytes32) storage hashes, uint256 place, bytes32 hash)
        private
        returns (bool)
    {
        bytes32 before = hashes[place];
        if (hash == before) return false;
        hashes[place] = hash;
        return before != 0;
    }
}

/// @dev Fewer histories than the others': looking takes time.
/// forge-config: default.invariant.runs = 8
/// forge-config: ci.invariant.runs = 32
contract WatchedInvariants is InvariantBase {
    WatchfulHandler private handler;

    function setUp() public override {
        Cheats.Log[] memory logs = _deploy();
        handler = new WatchfulHandler(chartkey, forwarder, admin, trails);
        handler.witness(logs);
        _populate(handler);
    }

    function _handler() internal view override returns (Handler) {
        return handler;
    }

    function invariant_NobodyElseChangesGrantsOrReferrals() external view {
        vm.assertEq(handler.foreignChanges(), 0, "grants");
        vm.assertEq(handler.foreignReferralChanges(), 0, "referrals");
        vm.assertEq(handler.wideChanges(), 0, "acts that changed more than they name");
    }
}
