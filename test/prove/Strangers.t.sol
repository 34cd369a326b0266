// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, Scope} from "../../contracts/types/Types.sol";
import {Proof, vm} from "./Proof.sol";

/// @notice What a stranger can do: nothing that the judge looks at changes, but that they give up what is theirs.
contract StrangersProof is Proof {
    /// @notice What the judge looks at, of anybody.
    struct Subject {
        address patient;
        Digest digest;
        address account;
        address via;
        Scope scope;
    }

    function check_Stranger_ChangesNothing(address stranger, Subject memory s) external {
        _assumeStranger(stranger, s.patient);
        vm.assume(chartkey.isPatient(s.patient));
        vm.assume(s.account != stranger);
        vm.assume(s.via != stranger);
        bytes32 before = _seen(s);
        if (!_try(stranger, _anyAct())) return;
        assert(_seen(s) == before);
    }

    function check_Stranger_ChangesNothing_Relayed(address stranger, Subject memory s) external {
        _assumeStranger(stranger, s.patient);
        vm.assume(chartkey.isPatient(s.patient));
        vm.assume(s.account != stranger);
        vm.assume(s.via != stranger);
        bytes32 before = _seen(s);
        if (!_try(FORWARDER, abi.encodePacked(_anyAct(), stranger))) return;
        assert(_seen(s) == before);
    }

    function check_Stranger_StaysAStranger(address stranger, address patient, bytes32 role) external {
        _assumeStranger(stranger, patient);
        vm.assume(!chartkey.hasRole(role, stranger));
        // No act sets another.
        vm.assume(chartkey.getRoleAdmin(role) == 0);
        if (!_try(stranger, _anyAct())) return;
        assert(chartkey.practitionerOf(stranger).validUntil == 0);
        assert(chartkey.guardianUntil(patient, stranger) == 0);
        assert(!chartkey.hasRole(role, stranger));
    }

    function check_Stranger_OpensNothing(address stranger, Question memory q) external {
        _assumeStranger(stranger, q.patient);
        vm.assume(q.reader == stranger);
        if (!_try(stranger, _anyAct())) return;
        assert(!_canOpen(q));
    }

    /* HELPERS */

    function _assumeStranger(address stranger, address patient) private view {
        vm.assume(stranger != patient);
        vm.assume(stranger != FORWARDER);
        vm.assume(chartkey.practitionerOf(stranger).validUntil == 0);
        vm.assume(chartkey.guardianUntil(patient, stranger) == 0);
        vm.assume(!chartkey.hasRole(0, stranger));
        vm.assume(!chartkey.hasRole(keccak256("REGISTRAR"), stranger));
        vm.assume(!chartkey.hasRole(keccak256("CUSTODIAN"), stranger));
        vm.assume(!chartkey.hasRole(keccak256("AUDITOR"), stranger));
        // Whom the admin has named as the next one is none.
        (address next,) = chartkey.pendingDefaultAdmin();
        vm.assume(next != stranger);
    }

    function _seen(Subject memory s) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                chartkey.epochOf(s.patient),
                chartkey.recordOf(s.patient, s.digest),
                chartkey.grantOf(s.patient, s.account, s.scope),
                chartkey.referralOf(s.patient, s.via, s.account, s.scope),
                chartkey.guardianUntil(s.patient, s.account),
                chartkey.practitionerOf(s.account),
                chartkey.teamMemberUntil(s.via, s.account),
                chartkey.teamRegistrar(s.via)
            )
        );
    }
}
