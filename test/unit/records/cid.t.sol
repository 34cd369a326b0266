// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Cid} from "../../../contracts/libraries/Cid.sol";
import {Digest, NewRecord} from "../../../contracts/types/Types.sol";
import {Base} from "../../Base.t.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";

/// @notice What `addRecord` makes of CIDs: libraries/Cid.sol, through the contract that uses it.
contract CidTest is Base {
    function setUp() public override {
        super.setUp();
        _registerPatient(patient);
    }

    function test_RevertWhen_ItIsEmpty() external {
        _refuses("", abi.encodeWithSelector(Cid.CidTruncated.selector, 0));
    }

    function testFuzz_RevertWhen_ItEndsInTheMiddleOfItsNumbers(uint256 length) external {
        bytes memory cid = hex"0155a0e4";
        length = _bound(length, 1, cid.length);
        assembly ("memory-safe") {
            mstore(cid, length)
        }
        _refuses(cid, abi.encodeWithSelector(Cid.CidTruncated.selector, length));
    }

    function test_RevertWhen_ANumberHasMoreThanNineBytes() external {
        bytes memory digest = abi.encodePacked(Defaults.DIGEST);
        _refuses(
            bytes.concat(hex"81808080808080808000551220", digest),
            abi.encodeWithSelector(Cid.CidNumberTooLong.selector, 0)
        );
        _refuses(
            bytes.concat(hex"0155ffffffffffffffffff0120", digest),
            abi.encodeWithSelector(Cid.CidNumberTooLong.selector, 2)
        );
    }

    function test_RevertWhen_ANumberIsNotInItsShortestForm() external {
        bytes memory digest = abi.encodePacked(Defaults.DIGEST);
        _refuses(bytes.concat(hex"8100551220", digest), abi.encodeWithSelector(Cid.CidNumberNotMinimal.selector, 0));
        _refuses(bytes.concat(hex"01d5001220", digest), abi.encodeWithSelector(Cid.CidNumberNotMinimal.selector, 1));
        _refuses(bytes.concat(hex"0155920020", digest), abi.encodeWithSelector(Cid.CidNumberNotMinimal.selector, 2));
        _refuses(bytes.concat(hex"015512a08000", digest), abi.encodeWithSelector(Cid.CidNumberNotMinimal.selector, 3));
    }

    function testFuzz_RevertWhen_ItsVersionIsNeither0Nor1(uint64 version) external {
        version = uint64(_bound(version, 0, type(uint64).max >> 1));
        vm.assume(version != 1);
        bytes memory rest = abi.encodePacked(hex"551220", Defaults.DIGEST);
        _refuses(
            bytes.concat(_varint(version), rest), abi.encodeWithSelector(Cid.UnsupportedCidVersion.selector, version)
        );
    }

    function test_RevertWhen_ItIsText() external {
        _refuses(
            "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
            abi.encodeWithSelector(Cid.UnsupportedCidVersion.selector, uint8(bytes1("b")))
        );
        _refuses(
            "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
            abi.encodeWithSelector(Cid.UnsupportedCidVersion.selector, uint8(bytes1("Q")))
        );
    }

    function testFuzz_RevertWhen_ItsCodecIsNeitherRawNorDagPb(uint64 codec) external {
        codec = uint64(_bound(codec, 0, type(uint64).max >> 1));
        vm.assume(codec != 0x55 && codec != 0x70);
        _refuses(
            abi.encodePacked(hex"01", _varint(codec), hex"1220", Defaults.DIGEST),
            abi.encodeWithSelector(Cid.UnsupportedCidCodec.selector, codec)
        );
    }

    function testFuzz_RevertWhen_ItsHashIsNotSha2256(uint64 hash) external {
        hash = uint64(_bound(hash, 0, type(uint64).max >> 1));
        vm.assume(hash != 0x12);
        _refusesHash(hash);
        // identity, sha3-256, blake3, blake2b-256
        _refusesHash(0x00);
        _refusesHash(0x16);
        _refusesHash(0x1e);
        _refusesHash(0xb220);
    }

    function testFuzz_RevertWhen_ItsDigestIsDeclaredShorterOrLonger(uint64 length) external {
        length = uint64(_bound(length, 0, type(uint64).max >> 1));
        vm.assume(length != 32);
        _refuses(
            abi.encodePacked(hex"015512", _varint(length), Defaults.DIGEST),
            abi.encodeWithSelector(Cid.WrongCidDigestLength.selector, length, 32)
        );
    }

    function testFuzz_RevertWhen_AVersion1HasBytesMissingOrLeftOver(bytes calldata digest) external {
        vm.assume(digest.length != 32);
        _refuses(
            bytes.concat(hex"01701220", digest),
            abi.encodeWithSelector(Cid.WrongCidLength.selector, 4 + digest.length, 36)
        );
    }

    function testFuzz_RevertWhen_AVersion0HasBytesMissingOrLeftOver(bytes calldata digest) external {
        vm.assume(digest.length != 32);
        _refuses(
            bytes.concat(hex"1220", digest), abi.encodeWithSelector(Cid.WrongCidLength.selector, 2 + digest.length, 34)
        );
    }

    function testFuzz_WhenItIsAnyBytesAtAll(bytes calldata prefix, bytes32 digest, uint8 form) external {
        vm.assume(uint256(digest) > type(uint32).max && uint256(digest) != type(uint256).max);
        bytes[3] memory accepted = [bytes(hex"01551220"), hex"01701220", hex"1220"];
        bytes memory start = form < 3 ? accepted[form] : prefix;
        bool expected;
        for (uint256 i = 0; i < accepted.length; ++i) {
            expected = expected || keccak256(start) == keccak256(accepted[i]);
        }
        bytes memory act =
            abi.encodeCall(chartkey.addRecord, (patient, address(0), 0, _record(bytes.concat(start, digest))));
        vm.prank(patient);
        (bool taken,) = address(chartkey).call(act);
        vm.assertTrue(taken == expected, "taken");
    }

    function _refusesHash(uint64 hash) private {
        _refuses(
            abi.encodePacked(hex"0155", _varint(hash), hex"20", Defaults.DIGEST),
            abi.encodeWithSelector(Cid.UnsupportedCidHash.selector, hash)
        );
    }

    function _refuses(bytes memory cid, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(patient);
        chartkey.addRecord(patient, address(0), 0, _record(cid));
    }

    function _record(bytes memory cid) private pure returns (NewRecord memory) {
        return NewRecord({cid: cid, keyCommit: 0, sealedMetadata: ""});
    }

    /// @dev The shortest unsigned varint of a number.
    function _varint(uint64 number) private pure returns (bytes memory varint) {
        for (; number > 0x7f; number >>= 7) {
            varint = abi.encodePacked(varint, uint8(number & 0x7f) | 0x80);
        }
        return abi.encodePacked(varint, uint8(number));
    }
}
