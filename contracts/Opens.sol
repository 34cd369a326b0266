// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Judge} from "./Judge.sol";
import {IOpens} from "./interfaces/IOpens.sol";
import {Digest, Purpose, Reason, Scope} from "./types/Types.sol";

/// @title Opens: every act of reading, checked and logged
abstract contract Opens is Judge, IOpens {
    /* ACTS */

    /// @inheritdoc IOpens
    function openRecord(address patient, Digest digest, address via, Purpose purpose) external {
        address reader = _msgSender();
        (Reason reason, Scope scope) = _judge(patient, digest, reader, via, purpose);
        if (reason != Reason.Allowed) revert OpenRefused(patient, digest, reader, via, purpose, reason);
        // Patients need no grant, so they used no team's, whatever they said.
        if (reader == patient) via = address(0);
        _log(RecordOpened.selector, patient, Digest.unwrap(digest), _topic(reader), abi.encode(via, scope, purpose));
    }

    /* VIEWS */

    /// @inheritdoc IOpens
    function canOpen(address patient, Digest digest, address reader, address via, Purpose purpose)
        external
        view
        returns (bool)
    {
        return whyNot(patient, digest, reader, via, purpose) == Reason.Allowed;
    }

    /// @inheritdoc IOpens
    function whyNot(address patient, Digest digest, address reader, address via, Purpose purpose)
        public
        view
        returns (Reason reason)
    {
        (reason,) = _judge(patient, digest, reader, via, purpose);
    }
}
