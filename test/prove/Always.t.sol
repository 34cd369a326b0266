// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Record, RecordStatus, Scope} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice What no act of anybody can do: each is one step of an induction over histories.
contract AlwaysProof is Proof {
    function check_EpochNeverFalls(address actor, address patient) external {
        uint32 before = chartkey.epochOf(patient);
        if (!_try(actor, _anyActOf(actor))) return;
        assert(chartkey.epochOf(patient) >= before);
    }

    /// @dev `RevokeEveryoneProof` assumes it.
    function check_NoGrantOfALaterEpoch(address actor, address patient, address grantee, Scope scope) external {
        vm.assume(chartkey.grantOf(patient, grantee, scope).epoch <= chartkey.epochOf(patient));
        if (!_try(actor, _anyActOf(actor))) return;
        assert(chartkey.grantOf(patient, grantee, scope).epoch <= chartkey.epochOf(patient));
    }

    function check_SpentNoncesStaySpent(address actor, address account, uint256 word) external {
        uint256 before = chartkey.spentNonces(account, word);
        if (!_try(actor, _anyActOf(actor))) return;
        assert(before & ~chartkey.spentNonces(account, word) == 0);
    }

    function check_RecordsStayAsTheyAre(address actor, address patient, Digest digest) external {
        Record memory before = chartkey.recordOf(patient, digest);
        vm.assume(before.status != RecordStatus.None);
        if (!_try(actor, _anyActOf(actor))) return;
        Record memory record = chartkey.recordOf(patient, digest);
        assert(record.author == before.author && record.addedAt == before.addedAt);
        assert(record.folder == before.folder && record.codec == before.codec);
        assert(record.status >= before.status);
    }
}
