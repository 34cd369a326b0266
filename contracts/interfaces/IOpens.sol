// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, OpenRequest, Purpose, Reason, Scope, Skip} from "../types/Types.sol";

/// @title Opens, and the one judge behind them
/// @notice An open is one logged act of reading one record, by one reader, for one purpose. Each is checked against the
/// grants at that moment; whatever releases keys does so only for an open in the trail.
///
/// `via` says through whom somebody reads, or writes:
///   zero             by themselves: a practitioner by their own grant, the patient by right
///   the patient      as the patient's guardian
///   a care team      as a member, by the team's grant
///   a practitioner   by what this one passed on
///
/// The judge allows a reader if the record is in the chart, and the reader
///   * is the patient, or a guardian of theirs whose time has not ended; or
///   * is a practitioner in good standing, the record is not retracted, and they have READ and the purpose by a grant for the chart, the
///     record's folder or the record, of the chart's current epoch and not expired: their own, or a team's they are a member of; or by a
///     referral of a practitioner in good standing, not expired, whose parent is still the same grant and of the current epoch; or,
///     for BTG, by the glass they broke.
/// @dev Every argument is explicit, never `msg.sender`, so that other systems can gate on the views.
interface IOpens {
    /// @notice A record was opened.
    /// @param patient whose chart
    /// @param digest which record
    /// @param reader who read it
    /// @param via through whom; zero: by themselves
    /// @param scope of the grant or referral that allowed it: the widest one, if several do; zero also for patient and guardians
    /// @param purpose why
    /// @param nonce of the signed request; 0: the reader's own transaction
    event RecordOpened(
        address indexed patient,
        Digest indexed digest,
        address indexed reader,
        address via,
        Scope scope,
        Purpose purpose,
        uint256 nonce
    );
    /// @notice A signed open was not logged. Nothing was opened, its nonce is not spent, and the rest of its batch goes on.
    /// @param registry always zero
    /// @param reader whom the request names; only if `skip` is `OpenRefused` is it certain that they signed it
    /// @param requestHash EIP-712 hash of the request
    /// @param relayer who sent it
    /// @param reason the judge's, if `skip` is `OpenRefused`; else `NotJudged`
    event OpenSkipped(
        address indexed registry,
        address indexed reader,
        bytes32 indexed requestHash,
        address relayer,
        address patient,
        Digest digest,
        Skip skip,
        Reason reason
    );
    /// @notice An account took nonces out of use.
    /// @param registry always zero
    /// @param word nonces `256 * word` to `256 * word + 255`
    /// @param bits which of them: bit i is the nonce `256 * word + i`
    event NoncesCancelled(address indexed registry, address indexed account, uint256 indexed word, uint256 bits);

    /// @notice Thrown when the judge does not allow an open; `reason` says why.
    error OpenRefused(address patient, Digest digest, address reader, address via, Purpose purpose, Reason reason);
    /// @notice Thrown when there are not as many signatures as requests.
    error SignatureCountWrong(uint256 signatures, uint256 requests);

    /// @notice Logs that the caller opens a record now. Reverts with `OpenRefused`.
    /// @param via through whom, see above
    function openRecord(address patient, Digest digest, address via, Purpose purpose) external;

    /// @notice Logs opens that their readers signed. For anybody: each request says all, and each is judged as of now. One that is
    /// malformed, late, spent, not signed by its reader or refused is skipped, with `OpenSkipped`.
    /// @param requests EIP-712: domain (Chartkey, 1, chain id, this contract), type as `OpenRequest`
    /// @param signatures one a request, in the same order: 65 bytes r ‖ s ‖ v with low s, or what the reader's ERC-1271 account
    /// takes, which is asked with 500 000 gas
    /// @dev Warning: reverts with `Signatures.GasTooLow` where less than 520 000 gas is left for asking a smart account, so that no
    /// relayer makes a good signature look bad; the relayer sends the batch again with more gas, or without that request.
    function logOpens(OpenRequest[] calldata requests, bytes[] calldata signatures) external;

    /// @notice Takes nonces of the caller out of use, used before or not.
    /// @param word nonces `256 * word` to `256 * word + 255`
    /// @param bits which of them
    function cancelNonces(uint256 word, uint256 bits) external;

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

    /// @notice Which of the nonces `256 * word` to `256 * word + 255` are used or cancelled, as bits. Nonce 0 is never one to use.
    function spentNonces(address account, uint256 word) external view returns (uint256 bits);

    /// @notice The EIP-712 domain separator: name Chartkey, version 1, the chain's id, this contract.
    function domainSeparator() external view returns (bytes32);
}
