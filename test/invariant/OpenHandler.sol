// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOpens} from "../../contracts/interfaces/IOpens.sol";
import {Digest, OpenRequest, Purpose, Reason, Scope, Skip} from "../../contracts/types/Types.sol";
import {Cheats} from "../utils/Cheats.sol";
import {Signing} from "../utils/Signing.sol";
import {Facts} from "./Facts.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {Way} from "./Model.sol";
import {DIGESTS, NONCES, PATIENTS, PRACTITIONERS, STEP, TEAMS} from "./World.sol";

/// @notice Opens, by the reader's own transaction and signed.
abstract contract OpenHandler is HandlerBase {
    /// @dev What the model expects of one signed open.
    struct Expected {
        Way way;
        Scope scope;
        Skip skip;
        bytes32 hash;
    }

    /// @notice Opens by way, in the reader's own transaction and signed; signed ones skipped, by why.
    mapping(Way way => uint256) public opened;
    mapping(Way way => uint256) public openedSigned;
    mapping(Skip skip => uint256) public skipped;
    /// @notice Signed opens that went through although the model forbids them, that were skipped although it allows them, and that
    /// were skipped for another reason than the model's.
    uint256 public wronglyOpened;
    uint256 public wronglySkipped;
    uint256 public wrongSkips;
    /// @notice Opens whose log does not say what the model does of reader, via, scope, purpose and nonce.
    uint256 public misloggedOpens;

    /* OPENS */

    function openByRight(uint256 seed) external seeded(seed) {
        _open(Way.Patient);
    }

    function openAsGuardian(uint256 seed) external seeded(seed) {
        _open(Way.Guardian);
    }

    function openByGrant(uint256 seed) external seeded(seed) {
        _open(Way.Grant);
    }

    function openByTeam(uint256 seed) external seeded(seed) {
        _open(Way.Team);
    }

    function openByReferral(uint256 seed) external seeded(seed) {
        _open(Way.Referral);
    }

    function openInEmergency(uint256 seed) external seeded(seed) {
        _open(Way.Emergency);
    }

    function logOpens(uint256 seed) external seeded(seed) {
        OpenRequest[] memory requests = new OpenRequest[](_oneIn(8) ? 0 : 1 + _draw(4));
        bytes[] memory signatures = new bytes[](requests.length);
        Expected[] memory expected = new Expected[](requests.length);
        uint256 subjects = NOTHING;
        for (uint256 i = 0; i < requests.length; ++i) {
            requests[i] = _drawRequest();
            bool signed;
            (signatures[i], expected[i].hash, signed) = _sign(requests[i]);
            (expected[i].way, expected[i].scope, expected[i].skip) = model.judge(requests[i], signed);
            // Before the next one is judged: a batch may hold a nonce twice.
            if (expected[i].way != Way.None) model.spend(requests[i].reader, requests[i].nonce);
            subjects |= expected[i].way == Way.None ? REGISTRY : _subject(requests[i].patient);
        }
        address relayer = _anybody();
        (bool ok, Cheats.Log[] memory logs) =
            _tryAndRead(relayer, abi.encodeCall(chartkey.logOpens, (requests, signatures)), true, subjects);
        if (ok) _compare(requests, expected, relayer, logs);
    }

    function cancelNonces(uint256 seed) external seeded(seed) {
        (address account, uint256 nonce, uint256 other) = (_anybody(), nonces[_draw(NONCES)], nonces[_draw(NONCES)]);
        if (!_oneIn(4)) return;
        uint256 word = nonce / 256;
        if (other / 256 != word) other = nonce;
        uint256 bits = (1 << (nonce % 256)) | (1 << (other % 256));
        if (_try(account, abi.encodeCall(chartkey.cancelNonces, (word, bits)), true, REGISTRY)) {
            model.spend(account, nonce);
            model.spend(account, other);
        }
    }

    /* PRIVATE */

    function _open(Way kind) private {
        OpenRequest memory request = _drawOpen(kind);
        (address patient, Purpose purpose) = (request.patient, Purpose(request.purpose));
        (Way way, Scope scope) = model.wayOf(patient, request.digest, request.reader, request.via, purpose);
        bytes memory call = abi.encodeCall(chartkey.openRecord, (patient, request.digest, request.via, purpose));
        (bool ok, Cheats.Log[] memory logs) = _tryAndRead(request.reader, call, way != Way.None, _subject(patient));
        if (!ok) return;
        ++opened[way];
        if (!_saysOpened(logs[0], request, scope)) ++misloggedOpens;
    }

    function _drawRequest() private returns (OpenRequest memory request) {
        request = _drawOpen(Way(1 + _draw(uint256(type(Way).max))));
        if (_oneIn(16)) request.purpose = uint8(10 + _draw(246));
        // Half of them the first nonce left, of which there is none in the end.
        bool fresh = _oneIn(2);
        for (uint256 i = 1; fresh && i < NONCES; ++i) {
            request.nonce = nonces[i];
            if (!model.isSpent(request.reader, request.nonce)) break;
        }
        if (!fresh) request.nonce = nonces[_draw(NONCES)];
        // One in twelve is late; as many are just in time.
        uint256 draw = _draw(12);
        request.deadline = draw == 0 ? block.timestamp - 1 : draw == 1 ? block.timestamp : block.timestamp + STEP;
    }

    /// @dev Somebody who opens a record by a way. Mostly they are sought until the model allows it.
    function _drawOpen(Way kind) private returns (OpenRequest memory request) {
        uint256 tries = _oneIn(4) ? 1 : 2 * TRIES;
        for (uint256 t = 0; t < tries; ++t) {
            request.patient = patients[_draw(PATIENTS)];
            request.digest = digests[_draw(DIGESTS)];
            (request.reader, request.via) = _drawReader(request.patient, kind);
            Purpose purpose = kind == Way.Emergency && !_oneIn(8) ? Purpose.BTG : Purpose(_draw(10));
            request.purpose = uint8(purpose);
            (Way way,) = model.wayOf(request.patient, request.digest, request.reader, request.via, purpose);
            if (way == kind) break;
        }
    }

    function _drawReader(address patient, Way kind) private returns (address reader, address via) {
        if (kind == Way.Patient) return (patient, _oneIn(2) ? address(0) : teams[_draw(TEAMS)]);
        if (kind == Way.Guardian) return (_oneIn(4) ? _anybody() : relative, _oneIn(8) ? address(0) : patient);
        bool passed = kind == Way.Referral;
        (bool found, Facts.Place memory place) = model.placeOf(patient, passed, _draw(type(uint256).max));
        reader = _mostly(practitioners[_draw(PRACTITIONERS)]);
        if (!found || _oneIn(8)) place = Facts.Place(reader, reader, scopes[0]);
        if (passed) return (place.grantee, place.referrer);
        // Nobody can act as a team.
        bool team = _keyOf[place.grantee] == 0;
        if (kind == Way.Team) return (reader, team ? place.grantee : teams[_draw(TEAMS)]);
        return (team ? reader : place.grantee, address(0));
    }

    /// @dev Signed by the reader; one in eight by another key, or over another request, or not at all.
    function _sign(OpenRequest memory request) private returns (bytes memory signature, bytes32 hash, bool signed) {
        bytes32 domain = Signing.domainSeparator(address(chartkey), block.chainid);
        hash = Signing.hash(request, domain);
        uint256 key = _keyOf[request.reader];
        signed = key != 0 && !_oneIn(8);
        if (signed) return (Signing.sign(key, hash), hash, true);
        uint256 draw = _draw(3);
        if (draw == 0) return ("", hash, false);
        if (draw == 1 || key == 0) return (Signing.sign(uint256(keccak256("nobody")), hash), hash, false);
        return (Signing.sign(key, keccak256(abi.encode(hash))), hash, false);
    }

    /// @dev One log a request, in their order.
    function _compare(
        OpenRequest[] memory requests,
        Expected[] memory expected,
        address relayer,
        Cheats.Log[] memory logs
    ) private {
        for (uint256 i = 0; i < requests.length; ++i) {
            bool went = logs[i].topics[0] == IOpens.RecordOpened.selector;
            bool should = expected[i].way != Way.None;
            if (went && !should) ++wronglyOpened;
            if (!went && should) ++wronglySkipped;
            if (went != should) continue;
            if (went) {
                ++openedSigned[expected[i].way];
                if (!_saysOpened(logs[i], requests[i], expected[i].scope)) ++misloggedOpens;
            } else {
                ++skipped[expected[i].skip];
                if (!_saysSkipped(logs[i], requests[i], expected[i], relayer)) ++wrongSkips;
            }
        }
    }

    function _saysOpened(Cheats.Log memory log, OpenRequest memory request, Scope scope) private pure returns (bool) {
        // Patients need nobody: they are never said to have read through anyone.
        address via = request.reader == request.patient ? address(0) : request.via;
        return log.topics[0] == IOpens.RecordOpened.selector && log.topics[1] == _word(request.patient)
            && log.topics[2] == Digest.unwrap(request.digest) && log.topics[3] == _word(request.reader)
            && keccak256(log.data) == keccak256(abi.encode(via, scope, request.purpose, request.nonce));
    }

    function _saysSkipped(Cheats.Log memory log, OpenRequest memory request, Expected memory expected, address relayer)
        private
        pure
        returns (bool)
    {
        (address sender, address patient, Digest digest, Skip skip, Reason reason) =
            abi.decode(log.data, (address, address, Digest, Skip, Reason));
        bool judged = skip == Skip.OpenRefused;
        return log.topics[0] == IOpens.OpenSkipped.selector && log.topics[1] == 0
            && log.topics[2] == _word(request.reader) && log.topics[3] == expected.hash && sender == relayer
            && patient == request.patient && Digest.unwrap(digest) == Digest.unwrap(request.digest)
            && skip == expected.skip && reason != Reason.Allowed && judged == (reason != Reason.NotJudged);
    }

    function _word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
