// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEmergency} from "../../../contracts/interfaces/IEmergency.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IRecords} from "../../../contracts/interfaces/IRecords.sol";
import {Scope} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Gasless} from "./Gasless.sol";

contract MulticallTest is Gasless {
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));

    function testFuzz_RevertWhen_OneOfTheActsReverts(uint256 count, uint256 which) external {
        bytes[] memory acts = new bytes[](_bound(count, 1, 5));
        for (uint256 i = 0; i < acts.length; ++i) {
            acts[i] = _revokeEveryoneData();
        }
        acts[_bound(which, 0, acts.length - 1)] = _revokeData(doctor);
        vm.expectRevert(abi.encodeWithSelector(IGrants.NoSuchGrant.selector, owner, doctor, Defaults.CHART));
        _multicall(owner, acts);
        vm.assertEq(chartkey.epochOf(owner), 0, "none is done");
    }

    function test_WhenTheActsDoNotRevert() external {
        bytes[] memory acts = new bytes[](3);
        acts[0] =
            abi.encodeCall(chartkey.addRecord, (owner, address(0), Defaults.FOLDER, Defaults.record(Defaults.DIGEST)));
        acts[1] = _grantData(doctor);
        acts[2] = abi.encodeCall(chartkey.cidOf, (owner, Defaults.DIGEST));
        vm.expectEmit(address(chartkey));
        emit IRecords.RecordAdded(
            owner, Defaults.DIGEST, owner, 0x55, Defaults.FOLDER, address(0), Defaults.CHART, Defaults.KEY_COMMIT, ""
        );
        _expectGranted(doctor);
        bytes[] memory answers = _multicall(owner, acts);
        vm.assertEq(answers.length, 3, "answers");
        vm.assertEq(answers[0], abi.encode(Defaults.DIGEST), "digest");
        vm.assertEq(answers[1], "", "nothing");
        vm.assertEq(answers[2], abi.encode(Defaults.cid(Defaults.DIGEST)), "cid");
    }

    function test_WhenThereAreNoActs() external {
        vm.recordLogs();
        vm.assertEq(_multicall(owner, new bytes[](0)).length, 0, "answers");
        vm.assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    function test_WhenAPatientEndsAnEmergencyAndTurnsThePolicyOff() external {
        address capable = _actor("emergency doctor");
        _registerEmergencyPractitioner(capable);
        _setEmergencyPolicy(owner, Defaults.EMERGENCY);
        _breakGlass(owner, capable);
        bytes[] memory acts = new bytes[](2);
        acts[0] = abi.encodeCall(chartkey.revokeAccess, (owner, capable, EMERGENCY));
        acts[1] = abi.encodeCall(chartkey.setEmergencyPolicy, (owner, 0));
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(owner, capable, EMERGENCY, owner);
        vm.expectEmit(address(chartkey));
        emit IEmergency.EmergencyPolicySet(owner, owner, 0);
        _multicall(owner, acts);
        vm.assertEq(chartkey.grantOf(owner, capable, EMERGENCY).expiresAt, 0, "no grant");
        vm.expectRevert(abi.encodeWithSelector(IEmergency.EmergencyOff.selector, owner));
        _breakGlass(owner, capable);
    }

    function testFuzz_WhenACallerAppendsAnAddressToIt(address caller) external {
        vm.assume(caller != address(forwarder) && caller != owner);
        bytes memory data = abi.encodeCall(chartkey.multicall, (_acts(_revokeEveryoneData())));
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, owner, caller));
        _call(caller, abi.encodePacked(data, owner));
    }

    function testFuzz_WhenAnActCarriesAnAppendedAddress(address caller) external {
        vm.assume(caller != address(forwarder) && caller != owner);
        bytes[] memory acts = _acts(abi.encodePacked(_revokeEveryoneData(), owner));
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, owner, caller));
        _multicall(caller, acts);
    }

    function test_WhenItComesThroughTheForwarder() external {
        bytes[] memory acts = new bytes[](3);
        acts[0] = _grantData(doctor);
        acts[1] = _grantData(otherDoctor);
        acts[2] = _revokeData(doctor);
        _expectGranted(doctor);
        _expectGranted(otherDoctor);
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(owner, doctor, Defaults.CHART, owner);
        _relay(_signed(abi.encodeCall(chartkey.multicall, (acts))));
    }

    /// @dev Another patient signs, with the owner's address at the end of the inner act.
    function test_WhenAnActThatComesThroughTheForwarderCarriesAnAppendedAddress() external {
        address spoofer = vm.addr(OTHER_KEY);
        bytes memory register = abi.encodePacked(abi.encodeCall(chartkey.registerPatient, (Defaults.key())), owner);
        _relay(_signedBy(OTHER_KEY, abi.encodeCall(chartkey.multicall, (_acts(register)))));
        vm.assertTrue(chartkey.isPatient(spoofer), "acted for themselves");

        bytes memory revoke = abi.encodePacked(_revokeEveryoneData(), owner);
        (bool done,) = _execute(_signedBy(OTHER_KEY, abi.encodeCall(chartkey.multicall, (_acts(revoke)))));
        vm.assertFalse(done, "not for the owner");
        vm.assertEq(chartkey.epochOf(owner), 0, "epoch");
    }

    function test_WhenItIsNested() external {
        bytes memory inner = abi.encodeCall(chartkey.multicall, (_acts(_grantData(doctor))));
        _expectGranted(doctor);
        _multicall(owner, _acts(inner));
        _expectGranted(doctor);
        _relay(_signed(abi.encodeCall(chartkey.multicall, (_acts(inner)))));
    }

    function testFuzz_RevertWhen_ValueIsSentAlong(uint256 value) external {
        value = _bound(value, 1, address(this).balance);
        bytes memory data = abi.encodeCall(chartkey.multicall, (new bytes[](0)));
        (bool done, bytes memory answer) = address(chartkey).call{value: value}(data);
        vm.assertFalse(done, "fails");
        vm.assertEq(answer, "", "no data");
    }

    /* HELPERS */

    function _multicall(address caller, bytes[] memory acts) private returns (bytes[] memory) {
        vm.prank(caller);
        return chartkey.multicall(acts);
    }

    function _acts(bytes memory act) private pure returns (bytes[] memory acts) {
        acts = new bytes[](1);
        acts[0] = act;
    }

    function _revokeData(address from) private view returns (bytes memory) {
        return abi.encodeCall(chartkey.revokeAccess, (owner, from, Defaults.CHART));
    }

    function _expectGranted(address to) private {
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(
            owner,
            to,
            Defaults.CHART,
            owner,
            Defaults.RIGHTS,
            Defaults.PURPOSES,
            Defaults.EXPIRES_AT,
            0,
            Defaults.sealedKey()
        );
    }
}
