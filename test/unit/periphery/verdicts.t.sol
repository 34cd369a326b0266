// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IChartkeyLens} from "../../../contracts/periphery/IChartkeyLens.sol";
import {Purpose, Reason} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {LensBase} from "./LensBase.sol";

contract VerdictsTest is LensBase {
    function testFuzz_RevertWhen_APurposeIsBeyondTheEnum(uint8 purpose) external {
        purpose = uint8(_bound(purpose, uint256(type(Purpose).max) + 1, type(uint8).max));
        IChartkeyLens.Question[] memory questions = new IChartkeyLens.Question[](2);
        questions[0] = _question(doctor, Purpose.TREAT);
        questions[1] = _question(doctor, Purpose.TREAT);
        questions[1].purpose = purpose;
        vm.expectRevert(abi.encodeWithSelector(IChartkeyLens.UnknownPurpose.selector, 1, purpose));
        lens.verdicts(questions);
    }

    function test_WhenThereAreNoQuestions() external {
        _later();
        (IChartkeyLens.AsOf memory asOf, Reason[] memory reasons) = lens.verdicts(new IChartkeyLens.Question[](0));
        vm.assertEq(reasons.length, 0, "none");
        _checkAsOf(asOf);
    }

    function test_WhenThereAreQuestions() external {
        _registerPatient(patient);
        _addRecord(patient, Defaults.DIGEST, 0);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
        _grant(patient, doctor, Defaults.CHART, Defaults.RIGHTS, 1, Defaults.EXPIRES_AT);
        _suspend(otherDoctor);
        _later();

        IChartkeyLens.Question[] memory questions = new IChartkeyLens.Question[](7);
        questions[0] = _question(doctor, Purpose.HLEGAL);
        questions[1] = _question(doctor, Purpose.TREAT);
        questions[2] = _question(patient, Purpose.PATRQT);
        questions[3] = _question(otherDoctor, Purpose.TREAT);
        questions[4] = _question(doctor, Purpose.TREAT);
        questions[4].digest = Defaults.OTHER_DIGEST;
        questions[5] = _question(doctor, Purpose.TREAT);
        questions[5].patient = stranger;
        questions[6] = _question(doctor, Purpose.TREAT);
        questions[6].via = patient;
        (IChartkeyLens.AsOf memory asOf, Reason[] memory reasons) = lens.verdicts(questions);

        Reason[7] memory expected = [
            Reason.PurposeNotGranted,
            Reason.Allowed,
            Reason.Allowed,
            Reason.PractitionerSuspended,
            Reason.UnknownRecord,
            Reason.UnknownPatient,
            Reason.NotAGuardian
        ];
        vm.assertEq(reasons.length, expected.length, "one a question");
        for (uint256 i = 0; i < expected.length; ++i) {
            vm.assertEq(uint8(reasons[i]), uint8(expected[i]), "reason");
        }
        _checkAsOf(asOf);
    }

    function _question(address reader, Purpose purpose) private view returns (IChartkeyLens.Question memory) {
        return IChartkeyLens.Question({
            patient: patient, digest: Defaults.DIGEST, reader: reader, via: address(0), purpose: uint8(purpose)
        });
    }
}
