// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Purpose, Reason, Scope} from "../types/Types.sol";

/// @title Opens, and the one judge behind them
/// @notice An open is one logged act of reading one record, by one reader, for one purpose. Each is checked against the
/// grants at that moment; whatever releases keys does so only for an open in the trail.
///
/// The judge allows a reader if
///   * the record is in the chart, and
///   * the reader is the patient; or
///   * the reader is a practitioner in good standing who holds a grant for the chart, the record's folder or the record,
///     of the chart's current epoch, not expired, with READ and the purpose.
/// @dev Every argument is explicit, never `msg.sender`, so that other systems can gate on the views.
interface IOpens {
    /// @notice A record was opened.
    /// @param patient whose chart
    /// @param digest which record
    /// @param reader who read it
    /// @param via the team whose grant was used; zero: the reader's own
    /// @param scope of the grant that allowed it: the widest one, if several do; zero also for the patient's own reading
    /// @param purpose why
    event RecordOpened(
        address indexed patient,
        Digest indexed digest,
        address indexed reader,
        address via,
        Scope scope,
        Purpose purpose
    );

    /// @notice Thrown when the judge does not allow an open; `reason` says why.
    error OpenRefused(address patient, Digest digest, address reader, address via, Purpose purpose, Reason reason);

    /// @notice Logs that the caller opens a record now. Reverts with `OpenRefused`.
    /// @param via the team whose grant is used; zero for the caller's own grant
    function openRecord(address patient, Digest digest, address via, Purpose purpose) external;

    /// @notice Whether `reader` may open the record now.
    function canOpen(address patient, Digest digest, address reader, address via, Purpose purpose)
        external
        view
        returns (bool);

    /// @notice `Allowed`, or why `reader` may not open the record now.
    function whyNot(address patient, Digest digest, address reader, address via, Purpose purpose)
        external
        view
        returns (Reason);
}
