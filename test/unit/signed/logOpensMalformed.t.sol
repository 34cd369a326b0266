// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {Digest, OpenRequest, Purpose, Reason, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Signing} from "../../utils/Signing.sol";
import {Signed} from "./Signed.sol";

/// @dev What no compiler's encoder makes, a relayer can still send: in a batch of other people's requests, too.
contract LogOpensMalformedTest is Signed {
    /// @dev `OpenRequest`, every word as it is.
    struct Words {
        uint256 patient;
        bytes32 digest;
        uint256 reader;
        uint256 via;
        uint256 purpose;
        uint256 nonce;
        uint256 deadline;
    }

    function testFuzz_WhenThePatientHasMoreThan160Bits(uint96 dirt) external {
        Words memory words = _words(_request());
        words.patient |= _dirt(dirt);
        _skipsAmongOthers(words);
    }

    function testFuzz_WhenTheReaderHasMoreThan160Bits(uint96 dirt) external {
        Words memory words = _words(_request());
        words.reader |= _dirt(dirt);
        _skipsAmongOthers(words);
    }

    function testFuzz_WhenViaHasMoreThan160Bits(uint96 dirt) external {
        Words memory words = _words(_request());
        words.via |= _dirt(dirt);
        _skipsAmongOthers(words);
    }

    function testFuzz_WhenThePurposeIsBeyondTheEnum(uint8 purpose) external {
        Words memory words = _words(_request());
        words.purpose = _bound(purpose, uint256(type(Purpose).max) + 1, type(uint8).max);
        _skipsAmongOthers(words);
    }

    function testFuzz_WhenThePurposeHasMoreThan8Bits(uint256 purpose) external {
        Words memory words = _words(_request());
        words.purpose = _bound(purpose, uint256(type(uint8).max) + 1, type(uint256).max);
        _skipsAmongOthers(words);
    }

    function test_WhenTheReaderSignedTheMalformedWords() external {
        Words memory words = _words(_request());
        words.via |= 1 << 255;
        _skipsAmongOthers(words, Signing.sign(KEY, _hash(words)));
    }

    /// @dev With the signature of the words as they were before.
    function _skipsAmongOthers(Words memory words) private {
        _skipsAmongOthers(words, _sign(_request()));
    }

    function _skipsAmongOthers(Words memory bad, bytes memory signature) private {
        (OpenRequest[] memory good, bytes[] memory signatures) = _batch(3);
        Words[] memory requests = new Words[](3);
        (requests[0], requests[1], requests[2]) = (_words(good[0]), bad, _words(good[2]));
        signatures[1] = signature;

        _expectOpened(good[0]);
        vm.expectEmit(address(chartkey));
        emit IOpens.OpenSkipped(
            REGISTRY,
            address(uint160(bad.reader)),
            _hash(bad),
            relayer,
            address(uint160(bad.patient)),
            Digest.wrap(bad.digest),
            Skip.Malformed,
            Reason.NotJudged
        );
        _expectOpened(good[2]);
        bytes memory data = abi.encodePacked(chartkey.logOpens.selector, abi.encode(requests, signatures));
        vm.prank(relayer);
        (bool done,) = address(chartkey).call(data);
        vm.assertTrue(done, "the batch goes on");
        vm.assertFalse(_isSpent(reader, NONCE), "its nonce is not spent");
    }

    function _hash(Words memory words) private view returns (bytes32) {
        return Signing.hashWords(abi.encode(words), _domain());
    }

    function _words(OpenRequest memory request) private pure returns (Words memory) {
        return abi.decode(abi.encode(request), (Words));
    }

    /// @dev Something in the 96 bits above an address.
    function _dirt(uint96 dirt) private pure returns (uint256) {
        return _bound(dirt, 1, type(uint96).max) << 160;
    }
}
