// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Scope} from "../../contracts/types/Types.sol";
import {Base} from "../Base.t.sol";
import {vm} from "../utils/Cheats.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Handler} from "./Handler.sol";
import {Ledger} from "./Ledger.sol";

/// @notice A handler that looks at every grant after every act. Apart, because looking takes most of the time.
contract WatchfulHandler is Handler {
    /// @notice Changes of a grant by somebody who neither is its patient nor gave it up.
    uint256 public foreignChanges;

    bytes32 private constant NO_GRANT = keccak256(new bytes(160));
    /// @dev A hash of each grant that can be, as of the last act: by patient, then grantee, then scope.
    bytes32[63] private _grants;

    constructor(Chartkey chartkey_, address admin_)
        Handler(chartkey_, admin_, new TrailReplica(address(chartkey_), block.chainid), new Ledger(address(chartkey_)))
    {
        for (uint256 i = 0; i < _grants.length; ++i) {
            _grants[i] = NO_GRANT;
        }
    }

    function _act(address sender, bytes memory call) internal override returns (bool ok) {
        ok = super._act(sender, call);
        for (uint256 i = 0; i < _grants.length; ++i) {
            (address patient, address grantee) = (patients[i / 21], practitioners[i / 7 % 3]);
            bytes32 grant = _hashOfGrant(patient, grantee, scopes[i % 7]);
            if (grant == _grants[i]) continue;
            _grants[i] = grant;
            bool renounced = bytes4(call) == chartkey.renounceAccess.selector && sender == grantee && grant == NO_GRANT;
            if (sender != patient && !renounced) ++foreignChanges;
        }
    }

    function _hashOfGrant(address patient, address grantee, Scope scope) private view returns (bytes32) {
        return keccak256(abi.encode(chartkey.grantOf(patient, grantee, scope)));
    }
}

contract WatchedInvariants is Base {
    WatchfulHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new WatchfulHandler(chartkey, admin);
        _giveRole(REGISTRAR, handler.registrars(0));
        _giveRole(REGISTRAR, handler.registrars(1));
        handler.populate();
    }

    /// @dev Read by forge: what the fuzzer calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_NobodyElseChangesAPatientsGrants() external view {
        vm.assertEq(handler.foreignChanges(), 0, "foreign changes");
    }
}
