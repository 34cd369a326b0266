// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";

/// @notice A patient with a key and no gas, and somebody who relays what they sign.
abstract contract Gasless is Base {
    uint256 internal constant KEY = uint256(keccak256("owner"));
    uint256 internal constant OTHER_KEY = uint256(keccak256("another signer"));

    address internal owner;
    address internal relayer;

    function setUp() public virtual override {
        super.setUp();
        relayer = stranger;
        owner = vm.addr(KEY);
        vm.label(owner, "owner");
        _registerPatient(owner);
        _registerPractitioner(doctor);
        _registerPractitioner(otherDoctor);
    }

    function _signed(bytes memory data) internal view returns (ERC2771Forwarder.ForwardRequestData memory) {
        return _signedBy(KEY, data);
    }

    function _signedBy(uint256 key, bytes memory data)
        internal
        view
        returns (ERC2771Forwarder.ForwardRequestData memory)
    {
        return Signing.forward(forwarder, key, vm.addr(key), address(chartkey), data);
    }

    function _relay(ERC2771Forwarder.ForwardRequestData memory act) internal {
        vm.prank(relayer);
        forwarder.execute(act);
    }

    function _execute(ERC2771Forwarder.ForwardRequestData memory act) internal returns (bool, bytes memory) {
        vm.prank(relayer);
        return address(forwarder).call(abi.encodeCall(forwarder.execute, (act)));
    }

    /// @dev Calldata as they are; what it reverts with is passed on.
    function _call(address caller, bytes memory data) internal returns (bytes memory) {
        vm.prank(caller);
        (bool done, bytes memory answer) = address(chartkey).call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }

    function _grantData(address to) internal view returns (bytes memory) {
        return _grantData(owner, to);
    }

    function _grantData(address from, address to) internal view returns (bytes memory) {
        return abi.encodeCall(
            chartkey.grantAccess,
            (from, to, Defaults.CHART, Defaults.RIGHTS, Defaults.PURPOSES, Defaults.EXPIRES_AT, Defaults.sealedKey())
        );
    }

    function _revokeEveryoneData() internal view returns (bytes memory) {
        return abi.encodeCall(chartkey.revokeEveryone, (owner));
    }
}
