// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LAST_MOMENT} from "../types/Types.sol";

/// @title Ends of what holds until a date
library Dates {
    /// @notice Thrown when an end date is not after the current block's time.
    error EndNotInFuture(uint40 end, uint256 blockTimestamp);
    /// @notice Thrown when an end date is after `LAST_MOMENT`.
    error EndTooFar(uint40 end, uint40 last);

    /// @notice Reverts unless `end` lies ahead, and in the calendar.
    function checkEnd(uint40 end) internal view {
        if (end <= block.timestamp) revert EndNotInFuture(end, block.timestamp);
        if (end > LAST_MOMENT) revert EndTooFar(end, LAST_MOMENT);
    }
}
