// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ALL_PURPOSES, READ, ReferralTerms, Scope} from "../../contracts/types/Types.sol";
import {Defaults} from "../utils/Defaults.sol";
import {Facts} from "./Facts.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {GRANTEES, PATIENTS, PRACTITIONERS, SCOPES, TEAMS} from "./World.sol";

/// @notice Grants, referrals, requests and emergencies.
abstract contract AccessHandler is HandlerBase {
    bytes32 private constant AUDITOR = keccak256("AUDITOR");
    uint32 private constant MAX_EMERGENCY = 72 hours;
    uint16 private constant BTG = 4;

    /* GRANTS */

    function grantAccess(uint256 seed) external seeded(seed) {
        _grant(_mostly(practitioners[_draw(PRACTITIONERS)]));
    }

    function grantAccessToTeam(uint256 seed) external seeded(seed) {
        _grant(teams[_draw(TEAMS)]);
    }

    function revokeAccess(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        (address actor, Facts.Place memory place) = (_actorOn(patient), _drawPlace(patient, false));
        bytes memory call = abi.encodeCall(chartkey.revokeAccess, (patient, place.grantee, place.scope));
        bool allowed = model.actsOn(patient, actor) && model.isThere(patient, place.grantee, place.scope);
        if (_try(actor, call, allowed, _subject(patient))) model.take(patient, place.grantee, place.scope);
    }

    function renounceAccess(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        Facts.Place memory place = _drawPlace(patient, false);
        address actor = _mostly(place.grantee);
        // Nobody can act as a team.
        if (_keyOf[actor] == 0) actor = _anybody();
        bytes memory call = abi.encodeCall(chartkey.renounceAccess, (patient, place.scope));
        bool allowed = model.isThere(patient, actor, place.scope);
        if (_try(actor, call, allowed, _subject(patient))) model.take(patient, actor, place.scope);
    }

    function revokeEveryone(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        address actor = _actorOn(patient);
        bytes memory call = abi.encodeCall(chartkey.revokeEveryone, (patient));
        if (_oneIn(6) && _try(actor, call, model.actsOn(patient, actor), _subject(patient))) model.voidAll(patient);
    }

    /* REFERRALS */

    /// @notice Mostly it is sought until the model allows it.
    function referAccess(uint256 seed) external seeded(seed) {
        uint256 tries = _oneIn(4) ? 1 : 4 * TRIES;
        for (uint256 t = 1; t <= tries; ++t) {
            address patient = patients[_draw(PATIENTS)];
            (Facts.Place memory place, ReferralTerms memory terms) = _drawReferral(patient);
            bool allowed = model.mayPass(patient, place, terms.parent, terms.rights, terms.purposes, terms.expiresAt);
            if (!allowed && t < tries) continue;
            bytes memory call = abi.encodeCall(chartkey.referAccess, (patient, terms));
            if (_try(place.referrer, call, allowed, _subject(patient))) {
                model.pass(patient, place, terms.parent, terms.rights, terms.purposes, terms.expiresAt);
            }
            return;
        }
    }

    function endReferral(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        Facts.Place memory place = _drawPlace(patient, true);
        uint256 draw = _draw(4);
        address actor = draw == 0 ? place.referrer : draw == 1 ? place.grantee : _actorOn(patient);
        bytes memory call = abi.encodeCall(chartkey.endReferral, (patient, place.referrer, place.grantee, place.scope));
        if (_try(actor, call, model.mayUnpass(patient, place, actor), _subject(patient))) {
            model.unpass(patient, place);
        }
    }

    /* REQUESTS */

    function requestAccess(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        (address actor, Scope scope) = (_mostly(practitioners[_draw(PRACTITIONERS)]), _drawScope());
        bytes memory call = abi.encodeCall(chartkey.requestAccess, (patient, scope, ALL_PURPOSES, Defaults.NOTE_HASH));
        bool allowed = model.isPatient(patient) && model.isGood(actor) && model.isGrantable(patient, scope);
        _try(actor, call, allowed, _subject(patient));
    }

    /* EMERGENCIES */

    function setEmergencyPolicy(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        address actor = _actorOn(patient);
        uint256 draw = _draw(8);
        // Off, the longest, one second more, or something between.
        uint32 duration = draw == 0
            ? 0
            : draw == 1 ? MAX_EMERGENCY : draw == 2 ? MAX_EMERGENCY + 1 : uint32(6 hours * (1 + _draw(12)));
        bytes memory call = abi.encodeCall(chartkey.setEmergencyPolicy, (patient, duration));
        bool allowed = model.actsOn(patient, actor) && duration <= MAX_EMERGENCY;
        if (_try(actor, call, allowed, _subject(patient))) model.setPolicy(patient, duration);
    }

    function breakGlass(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        address actor = _mostly(practitioners[_draw(PRACTITIONERS)]);
        bytes memory call = abi.encodeCall(chartkey.breakGlass, (patient, Defaults.REASON_HASH));
        if (_try(actor, call, model.mayBreakGlass(patient, actor), _subject(patient))) {
            uint256 until = block.timestamp + model.policyOf(patient);
            model.give(patient, actor, scopes[SCOPES - 1], READ, BTG, until);
        }
    }

    function reviewEmergency(uint256 seed) external seeded(seed) {
        address patient = patients[_draw(PATIENTS)];
        (address who, address actor) = (practitioners[_draw(PRACTITIONERS)], _mostly(auditor));
        bytes memory call = abi.encodeCall(
            chartkey.reviewEmergency, (patient, who, Defaults.REASON_HASH, _oneIn(2), Defaults.NOTE_HASH)
        );
        bool allowed = model.hasRole(actor, AUDITOR) && model.isPatient(patient);
        _try(actor, call, allowed, _subject(patient));
    }

    /* PRIVATE */

    function _grant(address grantee) private {
        address patient = patients[_draw(PATIENTS)];
        (address actor, Scope scope) = (_actorOn(patient), _drawScope());
        (uint8 rights, uint16 purposes, uint40 end) = _drawTerms(7);
        bytes memory call = abi.encodeCall(
            chartkey.grantAccess, (patient, grantee, scope, rights, purposes, end, Defaults.sealedKey())
        );
        bool allowed = model.mayGrant(patient, actor, grantee, scope);
        if (_try(actor, call, allowed, _subject(patient))) {
            model.give(patient, grantee, scope, rights, purposes, end);
        }
    }

    /// @dev Half of them the chart or a folder, so that more is covered.
    function _drawScope() private returns (Scope) {
        return scopes[_draw(_oneIn(2) ? 3 : SCOPES)];
    }

    function _drawTerms(uint256 rights) private returns (uint8, uint16, uint40) {
        uint16 purposes = _oneIn(2) ? ALL_PURPOSES : uint16(1 + _draw(ALL_PURPOSES));
        return (uint8(_oneIn(2) ? rights : 1 + _draw(rights)), purposes, _end(120));
    }

    /// @dev Of a grant that is or was there, if any. Half of them on exactly its terms, REFER aside; the others on whatever comes,
    /// REFER too.
    function _drawReferral(address patient) private returns (Facts.Place memory place, ReferralTerms memory terms) {
        Facts.Place memory parent = _drawPlace(patient, false);
        // Nobody can act as a team.
        place.referrer = _keyOf[parent.grantee] == 0 ? practitioners[_draw(PRACTITIONERS)] : parent.grantee;
        place.grantee = _mostly(practitioners[_draw(PRACTITIONERS)]);
        place.scope = _oneIn(2) ? parent.scope : _drawScope();
        (terms.parent, terms.grantee, terms.scope) = (parent.scope, place.grantee, place.scope);
        terms.sealedKey = Defaults.sealedKey();
        (terms.rights, terms.purposes, terms.expiresAt) = _drawTerms(_oneIn(8) ? 7 : 3);
        (uint256 number,,, uint256 until, uint16 purposes, uint8 rights) =
            model.permissionOf(patient, place.referrer, terms.parent);
        if (number == 0 || rights & 3 == 0 || until <= block.timestamp || _oneIn(2)) return (place, terms);
        (terms.rights, terms.purposes, terms.expiresAt) = (rights & 3, purposes, uint40(until));
    }

    /// @dev A place where something is or was, most of the time, if anything ever was.
    function _drawPlace(address patient, bool passed) private returns (Facts.Place memory place) {
        bool found;
        if (!_oneIn(4)) (found, place) = model.placeOf(patient, passed, _draw(type(uint256).max));
        if (found) return place;
        place.referrer = practitioners[_draw(PRACTITIONERS)];
        place.grantee = passed ? practitioners[_draw(PRACTITIONERS)] : allGrantees()[_draw(GRANTEES)];
        place.scope = scopes[_draw(SCOPES)];
    }
}
