// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, NewRecord, RecordStatus} from "../../contracts/types/Types.sol";
import {Defaults} from "../utils/Defaults.sol";
import {Facts} from "./Facts.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {Way} from "./Model.sol";
import {DIGESTS, FOLDERS, PATIENTS, PRACTITIONERS, TEAMS} from "./World.sol";

/// @notice Patients, keys, guardians and records.
abstract contract ChartHandler is HandlerBase {
    /// @notice Records added, and corrected or retracted, by way.
    mapping(Way way => uint256) public added;
    mapping(Way way => uint256) public edited;

    /* PATIENTS */

    function registerPatient(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        bytes memory call = abi.encodeCall(chartkey.registerPatient, (Defaults.key()));
        if (_try(patient, call, !model.isPatient(patient), REGISTRY | _subject(patient))) model.setPatient(patient);
    }

    function publishKey(uint256 seed) external seeded(seed) {
        address account = _anybody();
        bytes memory key = _oneIn(4) ? new bytes(1216) : abi.encodePacked(_draw(type(uint256).max));
        uint256 subjects = model.isPatient(account) ? _subject(account) : REGISTRY;
        _try(account, abi.encodeCall(chartkey.publishKey, (key)), true, subjects);
    }

    /* GUARDIANS */

    function setGuardian(uint256 seed) external seeded(seed) {
        address patient = _mostly(patients[_draw(PATIENTS)]);
        (address guardian, uint40 until) = (_oneIn(2) ? relative : _anybody(), _end(80));
        bytes memory call = abi.encodeCall(chartkey.setGuardian, (guardian, until));
        bool allowed = model.isPatient(patient) && guardian != patient;
        uint256 subjects = allowed ? _subject(patient) : NOTHING;
        if (_try(patient, call, allowed, subjects)) model.setGuardian(patient, guardian, until);
    }

    function removeGuardian(uint256 seed) external seeded(seed) {
        (address patient, address guardian) = (patients[_draw(PATIENTS)], _oneIn(2) ? relative : _anybody());
        address actor = _mostly(_oneIn(4) ? guardian : patient);
        bool may = actor == patient || actor == guardian;
        bytes memory call = abi.encodeCall(chartkey.removeGuardian, (patient, guardian));
        bool allowed = may && model.guardianUntil(patient, guardian) != 0;
        if (_try(actor, call, allowed, _subject(patient))) model.setGuardian(patient, guardian, 0);
    }

    /* RECORDS */

    /// @notice By the patient or their relative.
    function addRecord(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        address author = _actorOn(patient);
        (uint256 i, uint32 folder) = (_draw(DIGESTS), uint32(_draw(FOLDERS)));
        // Not too often: there are few to add, and practitioners add them, too.
        if (_oneIn(4)) _add(patient, author, author == patient ? address(0) : patient, i, folder);
    }

    /// @notice By a practitioner: their own grant, a team's or a referral. Mostly it is sought until the model allows it.
    function addRecordAsPractitioner(uint256 seed) external seeded(seed) {
        uint256 tries = _oneIn(4) ? 1 : 4 * TRIES;
        Way kind = Way(uint256(Way.Grant) + _draw(3));
        for (uint256 t = 1; t <= tries; ++t) {
            (address patient, Digest digest, uint256 i) = _drawRecord();
            uint32 folder = uint32(_draw(FOLDERS));
            (address author, address via) = _drawEditor(patient, practitioners[_draw(PRACTITIONERS)], kind);
            (bool found, Facts.Place memory place) = model.placeOf(patient, true, _draw(type(uint256).max));
            if (kind == Way.Referral && found) (author, via) = (place.grantee, place.referrer);
            if (t == tries || model.wayToAdd(patient, digest, folder, author, via) == kind) {
                return _add(patient, author, via, i, folder);
            }
        }
    }

    function supersedeRecord(uint256 seed) external seeded(seed) {
        (address patient, Digest digest, address actor, address via) = _drawEdit();
        uint256 i = _draw(DIGESTS);
        bytes memory call = abi.encodeCall(chartkey.supersedeRecord, (patient, via, digest, _record(i)));
        (RecordStatus status,,, uint32 folder,) = model.entryOf(patient, digest);
        (RecordStatus taken,,,,) = model.entryOf(patient, digests[i]);
        Way way = model.wayToEdit(patient, digest, actor, via);
        bool allowed = status == RecordStatus.Current && taken == RecordStatus.None && way != Way.None;
        if (_try(actor, call, allowed, _subject(patient))) {
            ++edited[way];
            model.setStatus(patient, digest, RecordStatus.Superseded);
            model.add(patient, digests[i], actor, folder, _codec(i));
        }
    }

    function retractRecord(uint256 seed) external seeded(seed) {
        (address patient, Digest digest, address actor, address via) = _drawEdit();
        // Less often: what is retracted is out of reach for most acts, for ever.
        if (!_oneIn(2)) return;
        bytes memory call = abi.encodeCall(chartkey.retractRecord, (patient, via, digest, Defaults.REASON_HASH));
        (RecordStatus status,,,,) = model.entryOf(patient, digest);
        Way way = model.wayToEdit(patient, digest, actor, via);
        bool allowed = status != RecordStatus.Retracted && way != Way.None;
        if (_try(actor, call, allowed, _subject(patient))) {
            ++edited[way];
            model.setStatus(patient, digest, RecordStatus.Retracted);
        }
    }

    /* PRIVATE */

    function _add(address patient, address author, address via, uint256 i, uint32 folder) private {
        bytes memory call = abi.encodeCall(chartkey.addRecord, (patient, via, folder, _record(i)));
        Way way = model.wayToAdd(patient, digests[i], folder, author, via);
        if (_try(author, call, way != Way.None, _subject(patient))) {
            ++added[way];
            model.add(patient, digests[i], author, folder, _codec(i));
        }
    }

    function _drawRecord() private returns (address patient, Digest digest, uint256 i) {
        i = _draw(DIGESTS);
        return (patients[_draw(PATIENTS)], digests[i], i);
    }

    /// @dev Somebody who corrects a record by a way. Mostly they are sought until the model allows it; else it is anybody.
    function _drawEdit() private returns (address patient, Digest digest, address actor, address via) {
        if (_oneIn(4)) {
            (patient, digest,) = _drawRecord();
            return (patient, digest, _anybody(), _drawVia(patient));
        }
        Way kind = Way(1 + _draw(uint256(Way.Referral)));
        for (uint256 t = 0; t < 4 * TRIES; ++t) {
            (patient, digest,) = _drawRecord();
            (, actor,,,) = model.entryOf(patient, digest);
            (actor, via) = _drawEditor(patient, actor, kind);
            if (model.wayToEdit(patient, digest, actor, via) == kind) break;
        }
    }

    /// @dev For a practitioner, only the author will do.
    function _drawEditor(address patient, address author, Way kind) private returns (address actor, address via) {
        if (kind == Way.Patient) return (patient, address(0));
        if (kind == Way.Guardian) return (relative, patient);
        actor = author == address(0) ? stranger : author;
        if (kind == Way.Team) return (actor, teams[_draw(TEAMS)]);
        return (actor, kind == Way.Referral ? practitioners[_draw(PRACTITIONERS)] : address(0));
    }

    function _drawVia(address patient) private returns (address) {
        uint256 draw = _draw(8);
        if (draw < 3) return draw == 0 && _oneIn(2) ? patient : address(0);
        return draw < 6 ? teams[_draw(TEAMS)] : practitioners[_draw(PRACTITIONERS)];
    }

    /// @dev Each digest always comes as the same kind of CID: version 1 raw, version 1 dag-pb, or version 0.
    function _record(uint256 i) private view returns (NewRecord memory) {
        bytes memory prefix = i % 3 == 0 ? bytes(hex"01551220") : i % 3 == 1 ? bytes(hex"01701220") : bytes(hex"1220");
        return NewRecord(abi.encodePacked(prefix, digests[i]), Defaults.KEY_COMMIT, "sealed");
    }

    function _codec(uint256 i) private pure returns (uint8) {
        return i % 3 == 0 ? 0x55 : 0x70;
    }
}
