// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Scopes} from "../../../contracts/libraries/Scopes.sol";
import {
    ALL_PURPOSES,
    ALL_RIGHTS,
    Grant,
    LAST_MOMENT,
    MAX_EMERGENCY,
    READ,
    Scope
} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice The contract packs a grant's slot by hand: each field has to come back whole, and none to touch another.
contract GrantOfTest is Base {
    function testFuzz_WhenThereIsNoSuchGrant(address owner, address grantee, bytes32 word) external view {
        _isStored(owner, grantee, Scope.wrap(word), Grant(0, 0, 0, 0, 0));
    }

    function testFuzz_WhenTheGrantHasAnyTerms(
        address owner,
        address grantee,
        uint32 folder,
        uint8 rights,
        uint16 purposes,
        uint40 expiresAt,
        uint32 epoch
    ) external {
        vm.assume(owner != grantee && owner != address(0) && grantee != address(0) && owner != address(forwarder));
        rights = uint8(_bound(rights, 1, ALL_RIGHTS));
        purposes = uint16(_bound(purposes, 1, ALL_PURPOSES));
        expiresAt = uint40(_bound(expiresAt, Defaults.START + 1, LAST_MOMENT));
        epoch = uint32(_bound(epoch, 0, type(uint32).max));
        folder = uint32(_bound(folder, 0, type(uint32).max));
        _registerPatient(owner);
        _registerPractitioner(grantee);
        _setEpoch(owner, epoch);
        Grant memory expected = Grant({
            expiresAt: expiresAt, epoch: epoch, purposes: purposes, rights: rights, id: bytes20(chartkey.trail(owner))
        });
        _grant(owner, grantee, _folderScope(folder), rights, purposes, expiresAt);
        _isStored(owner, grantee, _folderScope(folder), expected);
    }

    function testFuzz_WhenABrokenGlassGaveIt(uint40 time, uint32 duration, uint32 epoch) external {
        duration = uint32(_bound(duration, 1, MAX_EMERGENCY));
        epoch = uint32(_bound(epoch, 0, type(uint32).max));
        _registerPatient(patient);
        vm.prank(registrar);
        chartkey.registerPractitioner(doctor, LAST_MOMENT, true, Defaults.entry());
        _setEmergencyPolicy(patient, duration);
        _setEpoch(patient, epoch);
        vm.warp(_bound(time, Defaults.START, LAST_MOMENT - 1));
        Grant memory expected = Grant({
            expiresAt: uint40(block.timestamp) + duration,
            epoch: epoch,
            purposes: 1 << 2,
            rights: READ,
            id: bytes20(chartkey.trail(patient))
        });
        _breakGlass(patient, doctor);
        _isStored(patient, doctor, Scopes.EMERGENCY, expected);
    }

    function testFuzz_WhenTheChartsEpochIsAnyOf32Bits(uint32 epoch) external {
        epoch = uint32(_bound(epoch, 0, type(uint32).max - 1));
        _people();
        _setEpoch(patient, epoch);
        _grant(patient, doctor, Defaults.CHART);
        _revokeEveryone(patient);
        vm.assertEq(chartkey.grantOf(patient, doctor, Defaults.CHART).epoch, epoch, "the old grant's");
        _grant(patient, otherDoctor, Defaults.CHART);
        vm.assertEq(chartkey.grantOf(patient, otherDoctor, Defaults.CHART).epoch, epoch + 1, "the new grant's");
    }

    function test_WhenGrantsWereGivenOneAfterAnother() external {
        _people();
        bytes20[] memory ids = new bytes20[](4);
        _grant(patient, doctor, Defaults.CHART);
        ids[0] = chartkey.grantOf(patient, doctor, Defaults.CHART).id;
        _grant(patient, doctor, Defaults.CHART);
        ids[1] = chartkey.grantOf(patient, doctor, Defaults.CHART).id;
        _revoke(patient, doctor, Defaults.CHART);
        _grant(patient, doctor, Defaults.CHART);
        ids[2] = chartkey.grantOf(patient, doctor, Defaults.CHART).id;
        _grant(patient, otherDoctor, Defaults.CHART);
        ids[3] = chartkey.grantOf(patient, otherDoctor, Defaults.CHART).id;
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.assertNotEq(bytes32(ids[i]), 0, "none");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertNotEq(bytes32(ids[i]), bytes32(ids[j]), "shared");
            }
        }
    }

    function testFuzz_WhenChartsOrGranteesOrScopesDiffer(uint40[8] calldata ends) external {
        _people();
        Grant[8] memory expected;
        for (uint256 i = 0; i < 8; ++i) {
            uint40 end = uint40(_bound(ends[i], Defaults.START + 1, LAST_MOMENT));
            bytes20 id = bytes20(chartkey.trail(_owner(i)));
            expected[i] = Grant({expiresAt: end, epoch: 0, purposes: uint16(i + 1), rights: ALL_RIGHTS, id: id});
            _grant(_owner(i), _grantee(i), _scope(i), ALL_RIGHTS, uint16(i + 1), end);
        }
        for (uint256 i = 0; i < 8; ++i) {
            _isStored(_owner(i), _grantee(i), _scope(i), expected[i]);
        }
    }

    function testFuzz_WhenOneOfThemEnds(uint8 which, bool renounced) external {
        which %= 8;
        _people();
        for (uint256 i = 0; i < 8; ++i) {
            _grant(_owner(i), _grantee(i), _scope(i));
        }
        if (renounced) {
            vm.prank(_grantee(which));
            chartkey.renounceAccess(_owner(which), _scope(which));
        } else {
            _revoke(_owner(which), _grantee(which), _scope(which));
        }
        for (uint256 i = 0; i < 8; ++i) {
            uint40 end = chartkey.grantOf(_owner(i), _grantee(i), _scope(i)).expiresAt;
            vm.assertEq(end, i == which ? 0 : Defaults.EXPIRES_AT, "end");
        }
    }

    function _people() private {
        _registerPatient(patient);
        _registerPatient(otherPatient);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
    }

    /// @dev Eight grants: two charts, two grantees, two scopes.
    function _owner(uint256 i) private view returns (address) {
        return i & 1 == 0 ? patient : otherPatient;
    }

    function _grantee(uint256 i) private view returns (address) {
        return i & 2 == 0 ? doctor : otherDoctor;
    }

    function _scope(uint256 i) private pure returns (Scope) {
        return i & 4 == 0 ? Defaults.CHART : _folderScope(Defaults.FOLDER);
    }

    function _isStored(address owner, address grantee, Scope scope, Grant memory expected) private view {
        vm.assertEq(abi.encode(chartkey.grantOf(owner, grantee, scope)), abi.encode(expected), "grant");
    }
}
