// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {Signatures} from "../../../contracts/libraries/Signatures.sol";
import {OpenRequest, Reason, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Signing} from "../../utils/Signing.sol";
import {
    ApprovingWallet,
    BombWallet,
    FixedWallet,
    OwnedWallet,
    SilentAccount,
    SpendingWallet,
    WritingWallet
} from "../../utils/Wallets.sol";
import {Signed} from "./Signed.sol";

contract LogOpensSignaturesTest is Signed {
    /// @dev What a smart account is asked with (IOpens.sol).
    uint256 private constant ASKED_WITH = 500_000;

    bytes private constant YES = abi.encode(IERC1271.isValidSignature.selector);

    function test_WhenTheReadersKeySigned() external {
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
    }

    function testFuzz_WhenAnotherKeySigned(uint256 key) external {
        key = _bound(key, 1, type(uint128).max);
        OpenRequest memory request = _request();
        _isInvalid(request, _sign(request, key));
    }

    function test_WhenSIsHigh() external {
        OpenRequest memory request = _request();
        bytes32 hash = Signing.hash(request, _domain());
        bytes memory signature = Signing.signHighS(KEY, hash);
        vm.assertEq(Signing.recover(hash, signature), reader, "ecrecover itself takes it");
        _isInvalid(request, signature);
    }

    function test_WhenVIs0Or1() external {
        OpenRequest memory request = _request();
        _isInvalid(request, Signing.signLowV(KEY, Signing.hash(request, _domain())));
    }

    function test_WhenTheSignatureHas64Bytes() external {
        OpenRequest memory request = _request();
        _isInvalid(request, Signing.signShort(KEY, Signing.hash(request, _domain())));
    }

    function test_WhenTheSignatureIsEmpty() external {
        _isInvalid(_request(), "");
    }

    function testFuzz_WhenTheSignatureIsAnyBytes(bytes calldata signature) external {
        _isInvalid(_request(), signature);
    }

    function test_WhenTheReaderIsTheZeroAddress() external {
        OpenRequest memory request = _request();
        request.reader = address(0);
        bytes memory signature = abi.encodePacked(uint256(1), uint256(1), uint8(99));
        vm.assertEq(Signing.recover(Signing.hash(request, _domain()), signature), address(0), "ecrecover answers zero");
        _isInvalid(request, signature);
        _isInvalid(request, "");
        // All zero, like a request that nobody filled in.
        request.patient = address(0);
        request.purpose = 0;
        _isInvalid(request, signature);
        _isInvalid(request, "");
    }

    function test_WhenItAcceptsTheSignature() external {
        OpenRequest memory request = _by(address(new OwnedWallet(vm.addr(OTHER_KEY))));
        _opens(request, _sign(request, OTHER_KEY));
    }

    function test_WhenItDoesNotAcceptTheSignature() external {
        OpenRequest memory request = _by(address(new OwnedWallet(vm.addr(OTHER_KEY))));
        _isInvalid(request, _sign(request, KEY));
    }

    function test_WhenItAcceptsWithoutASignature() external {
        ApprovingWallet wallet = new ApprovingWallet();
        OpenRequest memory request = _by(address(wallet));
        wallet.approve(Signing.hash(request, _domain()));
        _opens(request, "");
        request.nonce += 1;
        _isInvalid(request, "");
    }

    function test_WhenItReverts() external {
        _answers(YES, true);
        _answers("", true);
    }

    function testFuzz_WhenItAnswersWithLessThanAWord(uint256 length) external {
        length = _bound(length, 0, 31);
        bytes memory answer = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            answer[i] = YES[i];
        }
        _answers(answer, false);
    }

    function testFuzz_WhenItAnswersWithAnotherWord(bytes32 word) external {
        vm.assume(word != bytes32(YES));
        _answers(abi.encode(word), false);
        // Right in what a `bytes4` shows, dirty below.
        _answers(abi.encode(bytes32(YES) | bytes32(uint256(1))), false);
    }

    function test_WhenItTakesTheCallAndAnswersNothing() external {
        OpenRequest memory request = _by(address(new SilentAccount()));
        _isInvalid(request, _sign(request));
    }

    function test_WhenItWrites() external {
        OpenRequest memory request = _by(address(new WritingWallet()));
        _isInvalid(request, _sign(request));
    }

    function test_WhenItAnswersWithALotOfData() external {
        uint256 size = 320_000;
        OpenRequest memory request = _by(address(new BombWallet(size)));
        (OpenRequest[] memory requests, bytes[] memory signatures) = _one(request, "");
        uint256 bombCosts = _gasOf(request.reader, abi.encodeCall(IERC1271.isValidSignature, (bytes32(0), "")));
        vm.assertGt(bombCosts, 200_000, "memory is dear");

        _expectOpened(request);
        bytes memory data = abi.encodeCall(chartkey.logOpens, (requests, signatures));
        vm.prank(relayer);
        vm.assertLe(_gasOf(address(chartkey), data), bombCosts + 100_000, "no second copy is paid for");
    }

    function test_WhenItBurnsAllGas() external {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _batch(4);
        requests[1].reader = requests[2].reader = address(new SpendingWallet(type(uint256).max));
        _welcome(requests[1].reader);

        _expectOpened(requests[0]);
        _expectSkipped(requests[1], Skip.SignatureInvalid, Reason.NotJudged);
        _expectSkipped(requests[2], Skip.SignatureInvalid, Reason.NotJudged);
        _expectOpened(requests[3]);
        bytes memory data = abi.encodeCall(chartkey.logOpens, (requests, signatures));
        vm.prank(relayer);
        vm.assertLe(_gasOf(address(chartkey), data), 2 * ASKED_WITH + 200_000, "no more than what it is asked with");
    }

    function test_WhenItsKeySigned() external {
        vm.etch(reader, address(new SilentAccount()).code);
        OpenRequest memory request = _request();
        _opens(request, _sign(request));
        vm.etch(reader, address(new FixedWallet("", true)).code);
        request.nonce += 1;
        _opens(request, _sign(request));
        // The code is not asked when the key signed: as little gas will do as for an account without code.
        request.nonce += 1;
        (OpenRequest[] memory requests, bytes[] memory signatures) = _one(request, _sign(request));
        _expectOpened(request);
        vm.prank(relayer);
        chartkey.logOpens{gas: 200_000}(requests, signatures);
    }

    function test_WhenItsCodeAcceptsWhatItsKeyDidNotSign() external {
        vm.etch(reader, address(new OwnedWallet(vm.addr(OTHER_KEY))).code);
        OpenRequest memory request = _request();
        _opens(request, _sign(request, OTHER_KEY));
    }

    function testFuzz_RevertWhen_ItIsTooLittleToAskASmartAccount(uint256 gas) external {
        gas = _bound(gas, 60_000, ASKED_WITH);
        (bool done, bytes memory answer) = _logWith(gas, _spender(100_000));
        vm.assertFalse(done, "fails");
        vm.assertEq(answer.length, 68, "selector and two words");
        (uint256 left, uint256 needed) = (0, 0);
        assembly ("memory-safe") {
            left := mload(add(answer, 0x24))
            needed := mload(add(answer, 0x44))
        }
        // How much exactly depends on the compiler.
        vm.assertEq(answer, abi.encodeWithSelector(Signatures.GasTooLow.selector, left, needed), "error");
        vm.assertTrue(left < gas && left + 60_000 > gas, "what was given, but for what was spent before");
        vm.assertTrue(needed > ASKED_WITH * 64 / 63 && needed < ASKED_WITH + 50_000, "what it takes to ask");
    }

    function testFuzz_WhenItIsAnyAmount(uint256 gas, uint256 spent) external {
        OpenRequest memory request = _spender(_bound(spent, 0, ASKED_WITH - 10_000));
        (bool done,) = _logWith(_bound(gas, 30_000, 700_000), request);
        vm.assertTrue(_isSpent(request.reader, NONCE) == done, "done is logged");
    }

    /* HELPERS */

    function _isInvalid(OpenRequest memory request, bytes memory signature) private {
        _skips(request, signature, Skip.SignatureInvalid);
    }

    /// @dev A request of a practitioner that is a smart account.
    function _by(address wallet) private returns (OpenRequest memory request) {
        _welcome(wallet);
        request = _request();
        request.reader = wallet;
    }

    function _spender(uint256 gas) private returns (OpenRequest memory) {
        return _by(address(new SpendingWallet(gas)));
    }

    /// @dev A smart account that answers so does not accept the signature.
    function _answers(bytes memory answer, bool reverts) private {
        OpenRequest memory request = _by(address(new FixedWallet(answer, reverts)));
        _isInvalid(request, _sign(request));
        // What was recovered before may lie where the answer is expected; here it is zero, as the rest of a short one should be.
        _isInvalid(request, "");
    }

    function _logWith(uint256 gas, OpenRequest memory request) private returns (bool, bytes memory) {
        (OpenRequest[] memory requests, bytes[] memory signatures) = _one(request, "");
        bytes memory data = abi.encodeCall(chartkey.logOpens, (requests, signatures));
        vm.prank(relayer);
        return address(chartkey).call{gas: gas}(data);
    }

    function _gasOf(address to, bytes memory data) private returns (uint256) {
        uint256 start = gasleft();
        bool done;
        // Copies nothing of the answer, which would be paid for here.
        assembly ("memory-safe") {
            done := call(gas(), to, 0, add(data, 0x20), mload(data), 0, 0)
        }
        start -= gasleft();
        vm.assertTrue(done, "the call is done");
        return start;
    }
}
