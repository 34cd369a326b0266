// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Digest, Purpose, Reason, Scope} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice One record in a folder, two practitioners, and what the judge says. Whatever a test expects of `whyNot`, `canOpen` and
/// the open itself have to agree with.
abstract contract Judged is Base {
    address internal constant SELF = address(0);
    uint16 internal constant RESEARCH_ONLY = uint16(1 << uint8(Purpose.HRESCH));
    uint16 internal constant ALL_BUT_TREATMENT = Defaults.PURPOSES ^ uint16(1 << uint8(Purpose.TREAT));

    function setUp() public virtual override {
        super.setUp();
        _registerPatient(patient);
        _registerEmergencyPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _addRecord(patient, Defaults.DIGEST, Defaults.FOLDER);
    }

    /* WHAT THE JUDGE SAYS */

    function _says(address reader, address via, Reason expected) internal {
        _says(patient, Defaults.DIGEST, reader, via, Defaults.PURPOSE, expected);
    }

    function _saysFor(Purpose purpose, address reader, address via, Reason expected) internal {
        _says(patient, Defaults.DIGEST, reader, via, purpose, expected);
    }

    function _saysOf(Digest digest, address reader, address via, Reason expected) internal {
        _says(patient, digest, reader, via, Defaults.PURPOSE, expected);
    }

    function _says(address owner, Digest digest, address reader, address via, Purpose purpose, Reason expected)
        internal
    {
        // What the forwarder sends, it says another sent.
        vm.assume(reader != address(forwarder));
        bool allowed = expected == Reason.Allowed;
        Reason reason = chartkey.whyNot(owner, digest, reader, via, purpose);
        vm.assertEq(uint8(reason), uint8(expected), "whyNot");
        vm.assertTrue(chartkey.canOpen(owner, digest, reader, via, purpose) == allowed, "canOpen");
        vm.prank(reader);
        (bool opened, bytes memory answer) =
            address(chartkey).call(abi.encodeCall(chartkey.openRecord, (owner, digest, via, purpose)));
        vm.assertTrue(opened == allowed, "openRecord");
        if (allowed) return;
        vm.assertEq(
            answer,
            abi.encodeWithSelector(IOpens.OpenRefused.selector, owner, digest, reader, via, purpose, expected),
            "openRecord's reason"
        );
    }

    /* HELPERS */

    function _renew(address who, uint40 validUntil) internal {
        vm.prank(registrar);
        chartkey.renewPractitioner(who, validUntil, true);
    }

    function _reinstate(address who) internal {
        vm.prank(registrar);
        chartkey.reinstatePractitioner(who);
    }

    function _renounce(address who, Scope scope) internal {
        vm.prank(who);
        chartkey.renounceAccess(patient, scope);
    }

    function _supersede(Digest digest, Digest successor) internal {
        vm.prank(patient);
        chartkey.supersedeRecord(patient, SELF, digest, Defaults.record(successor));
    }

    function _retract(Digest digest) internal {
        vm.prank(patient);
        chartkey.retractRecord(patient, SELF, digest, 0);
    }

    function _purpose(uint8 seed) internal pure returns (Purpose) {
        return Purpose(seed % (uint8(type(Purpose).max) + 1));
    }

    /// @dev The chart, the record's folder, the record.
    function _coveringScopes() internal pure returns (Scope[3] memory) {
        return [Defaults.CHART, _folderScope(Defaults.FOLDER), _recordScope(Defaults.DIGEST)];
    }
}
