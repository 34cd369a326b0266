// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest} from "../types/Types.sol";

/// @title Content identifiers of IPFS, binary (https://github.com/multiformats/cid)
/// @notice Accepted are sha2-256 with raw or dag-pb: what `ipfs add` makes. Any other CID is refused by naming what it is.
///   version 1   0x01 ‖ codec ‖ 0x12 ‖ 0x20 ‖ digest    each number an unsigned varint in its shortest form
///   version 0   0x12 ‖ 0x20 ‖ digest                    dag-pb
library Cid {
    /* ERRORS */

    /// @notice Thrown when the CID's version is neither 0 nor 1. The text form of a CID ends up here, too.
    error UnsupportedCidVersion(uint64 version);
    /// @notice Thrown when the CID's content is neither raw (0x55) nor dag-pb (0x70).
    /// @param codec its multicodec
    error UnsupportedCidCodec(uint64 codec);
    /// @notice Thrown when the CID's hash function is not sha2-256 (0x12).
    /// @param hash its multihash code
    error UnsupportedCidHash(uint64 hash);
    /// @notice Thrown when the CID's digest is declared to be of another length than sha2-256's.
    error WrongCidDigestLength(uint64 length, uint64 expected);
    /// @notice Thrown when the CID is well-formed up to its digest, and then has bytes missing or left over.
    error WrongCidLength(uint256 length, uint256 expected);
    /// @notice Thrown when the CID ends before its digest begins.
    error CidTruncated(uint256 length);
    /// @notice Thrown when the number that starts at byte `offset` has more than nine bytes.
    error CidNumberTooLong(uint256 offset);
    /// @notice Thrown when the number that starts at byte `offset` is not written in its shortest form.
    error CidNumberNotMinimal(uint256 offset);

    /* CONSTANTS */

    uint8 internal constant RAW = 0x55;
    uint8 internal constant DAG_PB = 0x70;

    uint64 private constant SHA2_256 = 0x12;
    uint64 private constant DIGEST_LENGTH = 32;
    uint256 private constant LENGTH_V0 = 34;
    uint256 private constant LENGTH_V1 = 36;
    bytes2 private constant PREFIX_V0 = 0x1220;
    bytes4 private constant PREFIX_V1_RAW = 0x01551220;
    bytes4 private constant PREFIX_V1_DAG_PB = 0x01701220;
    uint256 private constant MAX_VARINT_LENGTH = 9;

    /* FUNCTIONS */

    /// @notice The codec and digest of a CID. Reverts by naming what is wrong with any other.
    function parse(bytes calldata cid) internal pure returns (uint8 codec, Digest digest) {
        if (cid.length == LENGTH_V1) {
            bytes4 prefix = bytes4(cid);
            if (prefix == PREFIX_V1_RAW) return (RAW, Digest.wrap(bytes32(cid[4:])));
            if (prefix == PREFIX_V1_DAG_PB) return (DAG_PB, Digest.wrap(bytes32(cid[4:])));
        } else if (cid.length == LENGTH_V0 && bytes2(cid) == PREFIX_V0) {
            return (DAG_PB, Digest.wrap(bytes32(cid[2:])));
        }
        _refuse(cid);
    }

    /// @notice The CID of a codec and a digest, version 1.
    function build(uint8 codec, Digest digest) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"01", codec, PREFIX_V0, digest);
    }

    /// @dev Always reverts: a CID that passes every check before the last has a prefix that `parse` accepts, so its length
    /// is what is wrong.
    function _refuse(bytes calldata cid) private pure {
        if (bytes2(cid) == PREFIX_V0) revert WrongCidLength(cid.length, LENGTH_V0);
        (uint64 version, uint256 offset) = _varint(cid, 0);
        if (version != 1) revert UnsupportedCidVersion(version);
        uint64 codec;
        (codec, offset) = _varint(cid, offset);
        if (codec != RAW && codec != DAG_PB) revert UnsupportedCidCodec(codec);
        uint64 hash;
        (hash, offset) = _varint(cid, offset);
        if (hash != SHA2_256) revert UnsupportedCidHash(hash);
        uint64 length;
        (length, offset) = _varint(cid, offset);
        if (length != DIGEST_LENGTH) revert WrongCidDigestLength(length, DIGEST_LENGTH);
        revert WrongCidLength(cid.length, LENGTH_V1);
    }

    /// @dev An unsigned varint (https://github.com/multiformats/unsigned-varint): seven bits a byte, lowest first, at most
    /// nine bytes, shortest form only.
    function _varint(bytes calldata cid, uint256 start) private pure returns (uint64 value, uint256 end) {
        for (uint256 i = 0; i < MAX_VARINT_LENGTH; ++i) {
            end = start + i + 1;
            if (end > cid.length) revert CidTruncated(cid.length);
            uint8 octet = uint8(cid[end - 1]);
            value |= uint64(octet & 0x7f) << uint64(7 * i);
            if (octet < 0x80) {
                if (octet == 0 && i != 0) revert CidNumberNotMinimal(start);
                return (value, end);
            }
        }
        revert CidNumberTooLong(start);
    }
}
