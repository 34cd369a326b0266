// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {OpenRequest, Purpose, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";
import {Signed} from "./Signed.sol";

/// @dev Whatever is changed, the judge would allow the changed request: only the signature stands against it.
contract LogOpensFieldsTest is Signed {
    OpenRequest private request;
    bytes private signature;

    function setUp() public override {
        super.setUp();
        request = _request();
        signature = _sign(request);
    }

    function test_WhenThePatientWasChangedAfterSigning() external {
        _registerPatient(otherPatient);
        _addRecord(otherPatient, Defaults.DIGEST, Defaults.FOLDER);
        _grant(otherPatient, reader, Defaults.CHART);
        request.patient = otherPatient;
        _isRefusedUnlessSigned();
    }

    function test_WhenTheRecordWasChangedAfterSigning() external {
        request.digest = Defaults.OTHER_DIGEST;
        _isRefusedUnlessSigned();
    }

    function test_WhenTheReaderWasChangedAfterSigning() external {
        request.reader = otherReader;
        _skips(request, signature, Skip.SignatureInvalid);
        _opens(request, _sign(request, OTHER_KEY));
    }

    function test_WhenViaWasChangedAfterSigning() external {
        address team = _createTeam();
        _setTeamMember(team, reader);
        _grant(patient, team, Defaults.CHART);
        request.via = team;
        _isRefusedUnlessSigned();
    }

    function testFuzz_WhenThePurposeWasChangedAfterSigning(uint8 purpose) external {
        purpose = uint8(_bound(purpose, 0, uint8(type(Purpose).max)));
        vm.assume(purpose != request.purpose);
        request.purpose = purpose;
        _isRefusedUnlessSigned();
    }

    function testFuzz_WhenTheNonceWasChangedAfterSigning(uint256 nonce) external {
        nonce = _bound(nonce, 1, type(uint256).max);
        vm.assume(nonce != request.nonce);
        request.nonce = nonce;
        _isRefusedUnlessSigned();
    }

    function testFuzz_WhenTheDeadlineWasChangedAfterSigning(uint256 deadline) external {
        deadline = _bound(deadline, block.timestamp, type(uint256).max);
        vm.assume(deadline != request.deadline);
        request.deadline = deadline;
        _isRefusedUnlessSigned();
    }

    function testFuzz_WhenItWasSignedForAnotherChain(uint64 chainId) external {
        vm.assume(chainId != block.chainid);
        _isNoDomain(Signing.domainSeparator(address(chartkey), chainId));
    }

    function testFuzz_GivenTheChainTookAnotherIdSince(uint64 chainId) external {
        chainId = uint64(_bound(chainId, 1, type(uint64).max - 1));
        vm.assume(chainId != block.chainid);
        vm.chainId(chainId);
        _isRefusedUnlessSigned();
    }

    function testFuzz_WhenItWasSignedForAnotherContract(address other) external {
        vm.assume(other != address(chartkey));
        _isNoDomain(Signing.domainSeparator(other, block.chainid));
    }

    function test_WhenItWasSignedForAnotherName() external {
        _isNoDomain(Signing.domainSeparator("chartkey", "1", address(chartkey), block.chainid));
    }

    function test_WhenItWasSignedForAnotherVersion() external {
        _isNoDomain(Signing.domainSeparator("Chartkey", "2", address(chartkey), block.chainid));
    }

    function test_WhenItWasSignedWithoutADomain() external {
        _isNoDomain(0);
    }

    /// @dev The changed request with the old signature, then with a signature of its own.
    function _isRefusedUnlessSigned() private {
        _skips(request, signature, Skip.SignatureInvalid);
        _opens(request, _sign(request));
    }

    function _isNoDomain(bytes32 domain) private {
        _skips(request, Signing.sign(KEY, Signing.hash(request, domain)), Skip.SignatureInvalid);
    }
}
