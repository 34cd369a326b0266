// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Records} from "./Records.sol";
import {IOpens} from "./interfaces/IOpens.sol";
import {Scopes} from "./libraries/Scopes.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Digest, OpenRequest, Purpose, READ, Reason, Scope, Skip} from "./types/Types.sol";

/// @title Opens: every act of reading, checked and logged
abstract contract Opens is Records, IOpens {
    /* TYPES */

    /// @dev What requests of a batch that stand together share, so that it is looked up once for all of them.
    struct Run {
        address reader; // zero: none yet
        uint256 word; // of the reader's nonces
        uint256 bits; // which of them are spent, to be written when the run ends
        OpenRequest precedent; // the latest one that a grant for the whole chart allowed
    }

    /* CONSTANTS */

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("Chartkey");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant OPEN_REQUEST = keccak256(
        "OpenRequest(address patient,bytes32 digest,address reader,address via,uint8 purpose,uint256 nonce,uint256 deadline)"
    );

    /// @dev In the log: opened by the reader's own transaction, not by a signed request.
    uint256 private constant NO_NONCE = 0;

    /* STORAGE */

    /// @dev A spent nonce is a bit: of the word `nonce / 256`, the bit `nonce % 256`.
    mapping(address account => mapping(uint256 word => uint256 bits)) private _spent;

    /* ACTS */

    /// @inheritdoc IOpens
    function openRecord(address patient, Digest digest, address via, Purpose purpose) external {
        address reader = _msgSender();
        (Reason reason, Scope scope) = _judgeOpen(patient, digest, reader, via, purpose);
        if (reason != Reason.Allowed) revert OpenRefused(patient, digest, reader, via, purpose, reason);
        _logOpen(
            OpenRequest({
                patient: patient,
                digest: digest,
                reader: reader,
                via: via,
                purpose: uint8(purpose),
                nonce: NO_NONCE,
                deadline: 0
            }),
            scope
        );
    }

    /// @inheritdoc IOpens
    function logOpens(OpenRequest[] calldata requests, bytes[] calldata signatures) external {
        if (requests.length != signatures.length) revert SignatureCountWrong(signatures.length, requests.length);
        bytes32 domain = domainSeparator();
        OpenRequest memory request;
        Run memory run;
        for (uint256 i = 0; i < requests.length; ++i) {
            OpenRequest calldata given = requests[i];
            // As it is: what is malformed in one request is no reason to refuse the others.
            assembly ("memory-safe") {
                calldatacopy(request, given, 0xe0)
            }
            _logSignedOpen(request, signatures[i], domain, run);
        }
        _endRun(run);
    }

    /// @inheritdoc IOpens
    function cancelNonces(uint256 word, uint256 bits) external {
        address account = _msgSender();
        _spent[account][word] |= bits;
        _logRegistry(NoncesCancelled.selector, _topic(account), bytes32(word), abi.encode(bits));
    }

    /* VIEWS */

    /// @inheritdoc IOpens
    function canOpen(address patient, Digest digest, address reader, address via, Purpose purpose)
        external
        view
        returns (bool)
    {
        return whyNot(patient, digest, reader, via, purpose) == Reason.Allowed;
    }

    /// @inheritdoc IOpens
    function whyNot(address patient, Digest digest, address reader, address via, Purpose purpose)
        public
        view
        returns (Reason reason)
    {
        (reason,) = _judgeOpen(patient, digest, reader, via, purpose);
    }

    /// @inheritdoc IOpens
    function spentNonces(address account, uint256 word) external view returns (uint256 bits) {
        return _spent[account][word];
    }

    /// @inheritdoc IOpens
    function domainSeparator() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, address(this)));
    }

    /* PRIVATE */

    /// @dev Logs one signed open, or why it is skipped.
    function _logSignedOpen(OpenRequest memory request, bytes calldata signature, bytes32 domain, Run memory run)
        private
    {
        bytes32 hash = _hash(request, domain);
        if (!_isOf(run, request)) _beginRun(run, request);
        (Skip skip, Reason reason, Scope scope) = _judgeRequest(request, signature, hash, run);
        if (skip == Skip.None) {
            run.bits |= 1 << (request.nonce & 0xff);
            _logOpen(request, scope);
        } else {
            _logSkip(request, hash, skip, reason);
        }
    }

    /// @dev `None`, with the scope as the judge gives it; or why the request is skipped.
    function _judgeRequest(OpenRequest memory request, bytes calldata signature, bytes32 hash, Run memory run)
        private
        view
        returns (Skip skip, Reason reason, Scope scope)
    {
        reason = Reason.NotJudged;
        bool follows = _follows(request, run.precedent);
        // The precedent was not.
        if (!follows && _isMalformed(request)) return (Skip.Malformed, reason, scope);
        if (block.timestamp > request.deadline) return (Skip.DeadlinePassed, reason, scope);
        if (run.bits & (1 << (request.nonce & 0xff)) != 0 || request.nonce == NO_NONCE) {
            return (Skip.NonceSpent, reason, scope);
        }
        if (!Signatures.isValid(request.reader, hash, signature)) return (Skip.SignatureInvalid, reason, scope);
        uint32 folder;
        (reason, folder) = _judgeRecord(request.patient, request.digest, request.reader, request.via);
        if (reason != Reason.Allowed) return (Skip.OpenRefused, reason, scope);
        if (follows) return (skip, reason, scope);
        (reason, scope) = _judgeReader(request, folder);
        if (reason != Reason.Allowed) return (Skip.OpenRefused, reason, scope);
        if (Scopes.isChart(scope)) _copy(run.precedent, request);
    }

    function _judgeReader(OpenRequest memory request, uint32 folder) private view returns (Reason, Scope) {
        uint16 purposes = uint16(1 << request.purpose);
        return _judge(request.patient, request.digest, folder, request.reader, request.via, READ, purposes);
    }

    /// @dev Whether the request is of the run's reader, with a nonce of the run's word.
    function _isOf(Run memory run, OpenRequest memory request) private pure returns (bool same) {
        assembly ("memory-safe") {
            let reader := eq(mload(run), mload(add(request, 0x40)))
            same := and(reader, eq(mload(add(run, 0x20)), shr(8, mload(add(request, 0xa0)))))
        }
    }

    function _beginRun(Run memory run, OpenRequest memory request) private {
        _endRun(run);
        (run.reader, run.word) = (request.reader, request.nonce >> 8);
        run.bits = _spent[run.reader][run.word];
    }

    function _endRun(Run memory run) private {
        if (run.reader != address(0)) _spent[run.reader][run.word] = run.bits;
    }

    /// @dev Whether the judge would say of this reader what it said of the precedent's: nothing that it asks changes within a batch.
    function _follows(OpenRequest memory request, OpenRequest memory precedent) private pure returns (bool same) {
        assembly ("memory-safe") {
            let patient := xor(mload(request), mload(precedent))
            let reader := xor(mload(add(request, 0x40)), mload(add(precedent, 0x40)))
            let via := xor(mload(add(request, 0x60)), mload(add(precedent, 0x60)))
            let purpose := xor(mload(add(request, 0x80)), mload(add(precedent, 0x80)))
            same := iszero(or(or(patient, reader), or(via, purpose)))
        }
    }

    function _copy(OpenRequest memory to, OpenRequest memory from) private pure {
        assembly ("memory-safe") {
            mcopy(to, from, 0xe0)
        }
    }

    /// @dev Whether an address has more than 160 bits, or the purpose is beyond the enum.
    function _isMalformed(OpenRequest memory request) private pure returns (bool malformed) {
        uint256 last = uint256(type(Purpose).max);
        assembly ("memory-safe") {
            let accounts := or(mload(request), or(mload(add(request, 0x40)), mload(add(request, 0x60))))
            malformed := or(gt(mload(add(request, 0x80)), last), gt(shr(160, accounts), 0))
        }
    }

    /// @dev In the registry's trail: what was not opened concerns no chart, and nobody can fill a patient's trail with it.
    function _logSkip(OpenRequest memory request, bytes32 hash, Skip skip, Reason reason) private {
        _logRegistry(
            OpenSkipped.selector,
            _topic(request.reader),
            hash,
            abi.encode(_msgSender(), request.patient, request.digest, skip, reason)
        );
    }

    /// @dev The data are abi.encode(through whom, scope, purpose, nonce), in assembly because it costs every open 200 gas less. The
    /// request is not malformed.
    function _logOpen(OpenRequest memory request, Scope scope) private {
        bytes32 reader;
        bytes memory data;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(0x40, add(data, 0xa0))
            mstore(data, 0x80)
            // Patients need nobody's grant, so they used no team's, whatever they said.
            reader := mload(add(request, 0x40))
            mstore(add(data, 0x20), mul(iszero(eq(mload(request), reader)), mload(add(request, 0x60))))
            mstore(add(data, 0x40), scope)
            mstore(add(data, 0x60), mload(add(request, 0x80)))
            mstore(add(data, 0x80), mload(add(request, 0xa0)))
        }
        _log(RecordOpened.selector, request.patient, Digest.unwrap(request.digest), reader, data);
    }

    /// @dev The EIP-712 hash. A request is seven words in memory, as its type wants them hashed.
    function _hash(OpenRequest memory request, bytes32 domain) private pure returns (bytes32 hash) {
        bytes32 kind = OPEN_REQUEST;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, kind)
            mcopy(add(scratch, 0x20), request, 0xe0)
            let content := keccak256(scratch, 0x100)
            mstore(scratch, hex"1901")
            mstore(add(scratch, 0x02), domain)
            mstore(add(scratch, 0x22), content)
            hash := keccak256(scratch, 0x42)
        }
    }
}
