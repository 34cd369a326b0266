// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    Digest,
    OpenRequest,
    Purpose,
    READ,
    REFER,
    RecordStatus,
    Scope,
    Skip,
    WRITE
} from "../../contracts/types/Types.sol";
import {Facts} from "./Facts.sol";

/// @notice By what somebody may open a record.
enum Way {
    None,
    Patient,
    Guardian,
    Grant,
    Team,
    Referral,
    Emergency
}

/// @notice Who may do what, by the words of the interfaces and the facts alone.
contract Model is Facts {
    /// @dev May the account, through `via`, do what needs the right, for one of the purposes?
    struct Question {
        address patient;
        address account;
        address via;
        Scope folder;
        Scope record; // the chart's word: a record to come
        uint8 right;
        uint16 purposes;
    }

    Scope private constant CHART = Scope.wrap(0);
    Scope private constant EMERGENCY = Scope.wrap(bytes32(type(uint256).max));
    uint16 private constant BTG = 4;

    /* OPENS */

    /// @notice By what that reader may open that record at this moment, and the scope of the widest grant that allows it.
    function wayOf(address patient, Digest digest, address reader, address via, Purpose purpose)
        public
        view
        returns (Way, Scope)
    {
        Entry memory entry = entryOf[patient][digest];
        if (entry.status == RecordStatus.None) return (Way.None, CHART);
        if (reader == patient) return (Way.Patient, CHART);
        if (via == patient) return (isGuardian(patient, reader) ? Way.Guardian : Way.None, CHART);
        if (entry.status == RecordStatus.Retracted) return (Way.None, CHART);
        Scope folder = Scope.wrap(bytes32(uint256(entry.folder)));
        return _ways(Question(patient, reader, via, folder, _scope(digest), READ, uint16(1) << uint8(purpose)));
    }

    /// @notice What becomes of a signed open: `way` None, and why it is skipped.
    function judge(OpenRequest memory request, bool signed) external view returns (Way way, Scope scope, Skip skip) {
        if (request.purpose > uint8(type(Purpose).max)) return (Way.None, CHART, Skip.Malformed);
        if (block.timestamp > request.deadline) return (Way.None, CHART, Skip.DeadlinePassed);
        if (request.nonce == 0 || isSpent[request.reader][request.nonce]) return (Way.None, CHART, Skip.NonceSpent);
        if (!signed) return (Way.None, CHART, Skip.SignatureInvalid);
        (way, scope) = wayOf(request.patient, request.digest, request.reader, request.via, Purpose(request.purpose));
        return (way, scope, Skip.OpenRefused);
    }

    /* REGISTRY */

    function isGood(address account) public view returns (bool) {
        Standing memory standing = standingOf[account];
        return standing.registered && !standing.suspended && block.timestamp < standing.validUntil;
    }

    /* CHARTS */

    function isGuardian(address patient, address account) public view returns (bool) {
        return block.timestamp < guardianUntil[patient][account];
    }

    function actsOn(address patient, address account) public view returns (bool) {
        return isPatient[patient] && (account == patient || isGuardian(patient, account));
    }

    /// @notice By what somebody may add that record to that folder.
    function wayToAdd(address patient, Digest digest, uint32 folder, address author, address via)
        external
        view
        returns (Way)
    {
        if (entryOf[patient][digest].status != RecordStatus.None) return Way.None;
        return _wayToWrite(patient, folder, CHART, author, via);
    }

    /// @notice By what somebody may correct (if it is current) or retract (unless it is) that record.
    function wayToEdit(address patient, Digest digest, address editor, address via) external view returns (Way) {
        Entry memory entry = entryOf[patient][digest];
        bool own = editor == patient || via == patient || editor == entry.author;
        if (entry.status == RecordStatus.None || !own) return Way.None;
        return _wayToWrite(patient, entry.folder, _scope(digest), editor, via);
    }

    /* ACCESS */

    /// @notice Whether a scope can be asked for and granted: the chart's, a folder's, or that of a record which is there.
    function isGrantable(address patient, Scope scope) public view returns (bool) {
        if (_same(scope, EMERGENCY)) return false;
        return !_isRecord(scope) || entryOf[patient][_digest(scope)].status != RecordStatus.None;
    }

    function mayGrant(address patient, address actor, address grantee, Scope scope) external view returns (bool) {
        bool known = isGood(grantee) || makerOf[grantee] != address(0);
        return actsOn(patient, actor) && grantee != patient && known && isGrantable(patient, scope);
    }

    function isThere(address patient, address grantee, Scope scope) public view returns (bool) {
        return permissionOf[patient][grantee][scope].number != 0;
    }

    function isInForce(address patient, address grantee, Scope scope) public view returns (bool) {
        Permission memory permission = permissionOf[patient][grantee][scope];
        return permission.number != 0 && !permission.voided && block.timestamp < permission.until;
    }

    function mayPass(address patient, Place calldata place, Scope parent, uint8 rights, uint16 purposes, uint256 until)
        external
        view
        returns (bool)
    {
        bool people = isPatient[patient] && isGood(place.referrer) && isGood(place.grantee) && place.grantee != patient
            && place.grantee != place.referrer;
        if (!people || !isGrantable(patient, place.scope)) return false;
        if (!_covers(patient, parent, place.scope) || !isInForce(patient, place.referrer, parent)) return false;
        Permission memory permission = permissionOf[patient][place.referrer][parent];
        return permission.rights & REFER != 0 && rights & REFER == 0 && rights & ~permission.rights == 0
            && purposes & ~permission.purposes == 0 && until <= permission.until;
    }

    function mayUnpass(address patient, Place calldata place, address actor) external view returns (bool) {
        bool party = actor == patient || actor == place.referrer || actor == place.grantee || isGuardian(patient, actor);
        return party && passedOf[patient][place.referrer][place.grantee][place.scope].given;
    }

    /// @notice Whether a practitioner holds a grant in force that covers the record and lets them pass on reading it for the purpose.
    function mayReferReading(address patient, address referrer, Digest digest, Purpose purpose)
        external
        view
        returns (bool)
    {
        Scope folder = Scope.wrap(bytes32(uint256(entryOf[patient][digest].folder)));
        Scope[3] memory covering = [CHART, folder, _scope(digest)];
        for (uint256 i = 0; i < 3; ++i) {
            bool refers = permissionOf[patient][referrer][covering[i]].rights & REFER != 0;
            if (refers && _permits(patient, referrer, covering[i], READ, uint16(1) << uint8(purpose))) return true;
        }
        return false;
    }

    function mayBreakGlass(address patient, address account) external view returns (bool) {
        return isPatient[patient] && account != patient && isGood(account) && standingOf[account].emergencyCapable
            && policyOf[patient] != 0 && !isInForce(patient, account, EMERGENCY);
    }

    /* PRIVATE */

    function _wayToWrite(address patient, uint32 folder, Scope record, address author, address via)
        private
        view
        returns (Way way)
    {
        if (!isPatient[patient]) return Way.None;
        if (author == patient) return Way.Patient;
        if (via == patient) return isGuardian(patient, author) ? Way.Guardian : Way.None;
        Scope scope = Scope.wrap(bytes32(uint256(folder)));
        (way,) = _ways(Question(patient, author, via, scope, record, WRITE, type(uint16).max));
    }

    function _ways(Question memory q) private view returns (Way, Scope) {
        if (!isGood(q.account)) return (Way.None, CHART);
        Way way = q.via == address(0) ? Way.Grant : makerOf[q.via] != address(0) ? Way.Team : Way.Referral;
        if (way == Way.Team && block.timestamp >= memberUntil[q.via][q.account]) return (Way.None, CHART);
        if (way == Way.Referral && !isGood(q.via)) return (Way.None, CHART);
        address holder = way == Way.Team ? q.via : q.account;
        Scope[3] memory covering = [CHART, q.folder, q.record];
        for (uint256 i = 0; i < 3; ++i) {
            bool permitted = way == Way.Referral
                ? _passes(q, covering[i])
                : _permits(q.patient, holder, covering[i], q.right, q.purposes);
            if (permitted) return (way, covering[i]);
        }
        if (way == Way.Grant && q.purposes == BTG && _permits(q.patient, q.account, EMERGENCY, q.right, BTG)) {
            return (Way.Emergency, EMERGENCY);
        }
        return (Way.None, CHART);
    }

    function _permits(address patient, address grantee, Scope scope, uint8 right, uint16 purposes)
        private
        view
        returns (bool)
    {
        Permission memory permission = permissionOf[patient][grantee][scope];
        return
            isInForce(patient, grantee, scope) && permission.rights & right != 0 && permission.purposes & purposes != 0;
    }

    /// @dev What is passed on is held against its parent at the moment of use, in everything.
    function _passes(Question memory q, Scope scope) private view returns (bool) {
        Passed memory passed = passedOf[q.patient][q.via][q.account][scope];
        bool permitted = passed.given && block.timestamp < passed.until && passed.rights & q.right != 0
            && passed.purposes & q.purposes != 0;
        if (!permitted) return false;
        Permission memory parent = permissionOf[q.patient][q.via][passed.parent];
        return parent.number == passed.parentNumber && parent.rights & REFER != 0 && passed.until <= parent.until
            && _permits(q.patient, q.via, passed.parent, q.right, q.purposes);
    }

    function _covers(address patient, Scope parent, Scope scope) private view returns (bool) {
        if (_same(parent, CHART) || _same(parent, scope)) return true;
        uint32 folder = _isRecord(scope) ? entryOf[patient][_digest(scope)].folder : 0;
        return folder != 0 && _same(parent, Scope.wrap(bytes32(uint256(folder))));
    }

    function _isRecord(Scope scope) private pure returns (bool) {
        return Scope.unwrap(scope) > bytes32(uint256(type(uint32).max)) && !_same(scope, EMERGENCY);
    }

    function _digest(Scope scope) private pure returns (Digest) {
        return Digest.wrap(Scope.unwrap(scope));
    }

    function _scope(Digest digest) private pure returns (Scope) {
        return Scope.wrap(Digest.unwrap(digest));
    }

    function _same(Scope a, Scope b) private pure returns (bool) {
        return Scope.unwrap(a) == Scope.unwrap(b);
    }
}
