// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";

import {Chartkey} from "../../../contracts/Chartkey.sol";
import {IGrants} from "../../../contracts/interfaces/IGrants.sol";
import {IOpens} from "../../../contracts/interfaces/IOpens.sol";
import {IPatients} from "../../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../../contracts/interfaces/IPractitioners.sol";
import {OpenRequest, Reason, Skip} from "../../../contracts/types/Types.sol";
import {vm} from "../../utils/Cheats.sol";
import {Defaults} from "../../utils/Defaults.sol";
import {Signing} from "../../utils/Signing.sol";
import {Gasless} from "./Gasless.sol";

contract ForwarderTest is Gasless {
    function testFuzz_RevertWhen_TheSignatureIsNotTheSigners(uint256 key) external {
        key = _bound(key, 1, type(uint128).max);
        ERC2771Forwarder.ForwardRequestData memory act =
            Signing.forward(forwarder, key, owner, address(chartkey), _revokeEveryoneData());
        _isRefused(act, vm.addr(key));
    }

    function test_RevertWhen_TheActWasChangedAfterSigning() external {
        ERC2771Forwarder.ForwardRequestData memory act = _signed(_grantData(doctor));
        act.data = _grantData(otherDoctor);
        _isNotTheSigners(act);
    }

    function testFuzz_RevertWhen_TheDeadlineOfTheActHasPassed(uint256 time) external {
        ERC2771Forwarder.ForwardRequestData memory act = _signed(_grantData(doctor));
        vm.warp(_bound(time, act.deadline + 1, act.deadline + 1000 days));
        vm.expectRevert(abi.encodeWithSelector(ERC2771Forwarder.ERC2771ForwarderExpiredRequest.selector, act.deadline));
        _relay(act);
    }

    function test_RevertWhen_TheActIsSentAgain() external {
        ERC2771Forwarder.ForwardRequestData memory act = _signed(_grantData(doctor));
        _relay(act);
        _isNotTheSigners(act);
    }

    function test_RevertGiven_TheGrantWasRevokedSince() external {
        ERC2771Forwarder.ForwardRequestData memory act = _signed(_grantData(doctor));
        _relay(act);
        _relay(_signed(abi.encodeCall(chartkey.revokeAccess, (owner, doctor, Defaults.CHART))));
        _isNotTheSigners(act);
        vm.assertEq(chartkey.grantOf(owner, doctor, Defaults.CHART).expiresAt, 0, "no grant");
    }

    function test_RevertWhen_TheContractTrustsAnotherForwarder() external {
        ERC2771Forwarder other = new ERC2771Forwarder("Chartkey forwarder");
        ERC2771Forwarder.ForwardRequestData memory act =
            Signing.forward(other, KEY, owner, address(chartkey), _revokeEveryoneData());
        vm.expectRevert(
            abi.encodeWithSelector(ERC2771Forwarder.ERC2771UntrustfulTarget.selector, address(chartkey), address(other))
        );
        vm.prank(relayer);
        other.execute(act);
    }

    function test_RevertWhen_TheContractRefusesTheAct() external {
        ERC2771Forwarder.ForwardRequestData memory act =
            _signed(abi.encodeCall(chartkey.revokeAccess, (owner, doctor, Defaults.CHART)));
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedCall.selector));
        _relay(act);
        vm.assertEq(forwarder.nonces(owner), 0, "spent nonces");
        _grant(owner, doctor, Defaults.CHART);
        _relay(act);
        vm.assertEq(chartkey.grantOf(owner, doctor, Defaults.CHART).expiresAt, 0, "no grant");
    }

    function test_WhenAPatientWithoutGasRegistersGrantsAndRevokes() external {
        address newcomer = vm.addr(OTHER_KEY);
        vm.assertEq(newcomer.balance, 0, "has no gas");
        vm.expectEmit(address(chartkey));
        emit IPatients.PatientRegistered(
            REGISTRY, newcomer, keccak256(abi.encodePacked(Defaults.SUITE, Defaults.key()))
        );
        _relay(_signedBy(OTHER_KEY, abi.encodeCall(chartkey.registerPatient, (Defaults.key()))));
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessGranted(
            newcomer,
            doctor,
            Defaults.CHART,
            newcomer,
            Defaults.RIGHTS,
            Defaults.PURPOSES,
            Defaults.EXPIRES_AT,
            0,
            Defaults.sealedKey()
        );
        _relay(_signedBy(OTHER_KEY, _grantData(newcomer, doctor)));
        vm.expectEmit(address(chartkey));
        emit IGrants.AccessRevoked(newcomer, doctor, Defaults.CHART, newcomer);
        _relay(_signedBy(OTHER_KEY, abi.encodeCall(chartkey.revokeAccess, (newcomer, doctor, Defaults.CHART))));
    }

    function test_WhenAPractitionerWithoutGasOpensARecord() external {
        address reader = vm.addr(OTHER_KEY);
        _registerPractitioner(reader);
        _addRecord(owner, Defaults.DIGEST, 0);
        _grant(owner, reader, Defaults.CHART);
        vm.expectEmit(address(chartkey));
        emit IOpens.RecordOpened(owner, Defaults.DIGEST, reader, address(0), Defaults.CHART, Defaults.PURPOSE, 0);
        _relay(
            _signedBy(
                OTHER_KEY, abi.encodeCall(chartkey.openRecord, (owner, Defaults.DIGEST, address(0), Defaults.PURPOSE))
            )
        );
    }

    function test_WhenARegistrarActs() external {
        bytes memory data = abi.encodeCall(chartkey.suspendPractitioner, (doctor));
        relayer = registrar;
        ERC2771Forwarder.ForwardRequestData memory act = _signed(data);
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedCall.selector));
        _relay(act);
        _giveRole(REGISTRAR, owner);
        relayer = stranger;
        vm.expectEmit(address(chartkey));
        emit IPractitioners.PractitionerSuspended(REGISTRY, doctor, owner);
        _relay(act);
    }

    function test_WhenARelayerSendsSignedOpens() external {
        OpenRequest[] memory requests = new OpenRequest[](1);
        requests[0].patient = patient;
        requests[0].reader = doctor;
        bytes32 hash = Signing.hash(requests[0], chartkey.domainSeparator());
        vm.expectEmit(address(chartkey));
        emit IOpens.OpenSkipped(
            REGISTRY, doctor, hash, owner, patient, requests[0].digest, Skip.DeadlinePassed, Reason.NotJudged
        );
        _relay(_signed(abi.encodeCall(chartkey.logOpens, (requests, new bytes[](1)))));
    }

    function test_WhenAnAdminGivesARole() external {
        chartkey = new Chartkey(Defaults.ADMIN_DELAY, owner, address(forwarder));
        vm.expectEmit(address(chartkey));
        emit IPractitioners.RoleChanged(REGISTRY, registrar, REGISTRAR, true, owner);
        _relay(_signed(abi.encodeCall(chartkey.grantRole, (REGISTRAR, registrar))));
    }

    function testFuzz_GivenAnAccountAppendsAnAddressToItsCall(address caller) external {
        vm.assume(caller != address(forwarder) && caller != owner);
        bytes memory data = abi.encodePacked(_revokeEveryoneData(), owner);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, owner, caller));
        _call(caller, data);
        // It counts for nothing the other way round, too.
        _call(owner, abi.encodePacked(_revokeEveryoneData(), caller));
        vm.assertEq(chartkey.epochOf(owner), 1, "epoch");
    }

    function test_RevertWhen_ASignedActEndsWithTheAddressOfAnother() external {
        bytes memory data = _revokeEveryoneData();
        vm.assertEq(data, abi.encodePacked(chartkey.revokeEveryone.selector, bytes12(0), owner), "ends with the owner");
        ERC2771Forwarder.ForwardRequestData memory act = _signedBy(OTHER_KEY, data);
        vm.expectRevert(abi.encodeWithSelector(Errors.FailedCall.selector));
        _relay(act);
        vm.assertEq(chartkey.epochOf(owner), 0, "epoch");
    }

    function test_WhenActsOfSeveralSignersComeInOneBatch() external {
        ERC2771Forwarder.ForwardRequestData[] memory acts = new ERC2771Forwarder.ForwardRequestData[](3);
        acts[0] = _signed(_grantData(doctor));
        acts[1] = _signedBy(OTHER_KEY, abi.encodeCall(chartkey.registerPatient, (Defaults.key())));
        acts[2] = _signed(_grantData(otherDoctor));
        // The third was signed as the owner's first, too: in the batch it is spent by then.
        vm.prank(relayer);
        forwarder.executeBatch(acts, payable(relayer));
        vm.assertEq(chartkey.grantOf(owner, doctor, Defaults.CHART).expiresAt, Defaults.EXPIRES_AT, "first");
        vm.assertTrue(chartkey.isPatient(vm.addr(OTHER_KEY)), "second");
        vm.assertEq(chartkey.grantOf(owner, otherDoctor, Defaults.CHART).expiresAt, 0, "third");
    }

    function testFuzz_GivenNoForwarderIsTrusted(address caller) external {
        vm.assume(caller != owner && caller != address(0));
        chartkey = new Chartkey(Defaults.ADMIN_DELAY, admin, address(0));
        _registerPatient(owner);
        vm.assertEq(chartkey.trustedForwarder(), address(0), "forwarder");
        bytes memory data = abi.encodePacked(_revokeEveryoneData(), owner);
        vm.expectRevert(abi.encodeWithSelector(IPatients.NotThePatient.selector, owner, caller));
        _call(caller, data);
        ERC2771Forwarder.ForwardRequestData memory act = _signed(_revokeEveryoneData());
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC2771Forwarder.ERC2771UntrustfulTarget.selector, address(chartkey), address(forwarder)
            )
        );
        _relay(act);
    }

    function testFuzz_WhenTheForwarderIsAskedFor(address other) external view {
        vm.assertEq(chartkey.trustedForwarder(), address(forwarder), "forwarder");
        vm.assertTrue(chartkey.isTrustedForwarder(other) == (other == address(forwarder)), "trusted");
        vm.assertTrue(chartkey.isTrustedForwarder(address(forwarder)), "itself");
    }

    /* HELPERS */

    function _isRefused(ERC2771Forwarder.ForwardRequestData memory act, address signer) private {
        vm.expectRevert(
            abi.encodeWithSelector(ERC2771Forwarder.ERC2771ForwarderInvalidSigner.selector, signer, act.from)
        );
        _relay(act);
    }

    /// @dev A signature of something else is, for this, the signature of some other account.
    function _isNotTheSigners(ERC2771Forwarder.ForwardRequestData memory act) private {
        bytes32 trail = chartkey.trail(act.from);
        bytes32 hash = Signing.forwardHash(act, forwarder.nonces(act.from), address(forwarder));
        _isRefused(act, Signing.recover(hash, act.signature));
        vm.assertEq(chartkey.trail(act.from), trail, "nothing happened");
    }
}
