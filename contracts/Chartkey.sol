// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

import {Opens} from "./Opens.sol";
import {IChartkey} from "./interfaces/IChartkey.sol";

/// @title Chartkey: who may open which medical record, and who did
/// @notice The one deployable. Each concern is an abstract contract of its own; what they promise is in `interfaces/`.
contract Chartkey is IChartkey, Opens {
    /// @param adminDelay seconds between naming a new admin and their taking over
    /// @param admin gives and takes the roles; no role can touch a patient's records, grants or history
    constructor(uint48 adminDelay, address admin) AccessControlDefaultAdminRules(adminDelay, admin) {}
}
