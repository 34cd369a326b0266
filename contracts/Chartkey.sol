// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {Opens} from "./Opens.sol";
import {Requests} from "./Requests.sol";
import {IChartkey} from "./interfaces/IChartkey.sol";

/// @title Chartkey: who may open which medical record, and who did
/// @notice The one deployable. Each concern is an abstract contract of its own; what they promise is in `interfaces/`.
contract Chartkey is IChartkey, Requests, Opens, ERC2771Context, Multicall {
    /// @param adminDelay seconds between naming a new admin and their taking over
    /// @param admin gives and takes the roles; no role can touch a patient's records, grants or history
    /// @param forwarder an ERC2771Forwarder, trusted to say who signed the acts it relays; zero: none are relayed
    constructor(uint48 adminDelay, address admin, address forwarder)
        AccessControlDefaultAdminRules(adminDelay, admin)
        ERC2771Context(forwarder)
    {}

    /* WHO ACTS */

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        // Most come by themselves: for them, one comparison.
        return msg.sender == trustedForwarder() ? ERC2771Context._msgSender() : msg.sender;
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }
}
