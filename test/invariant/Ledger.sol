// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareTeams} from "../../contracts/interfaces/ICareTeams.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IGuardians} from "../../contracts/interfaces/IGuardians.sol";
import {IOpens} from "../../contracts/interfaces/IOpens.sol";
import {IPatients} from "../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../contracts/interfaces/IRecords.sol";
import {IReferrals} from "../../contracts/interfaces/IReferrals.sol";
import {Grant, ParentScope, Practitioner, Record, RecordStatus, Referral} from "../../contracts/types/Types.sol";
import {Cheats} from "../utils/Cheats.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";

/// @notice Chartkey's state, rebuilt from its logs alone, as an indexer does. What a grant's id is, it asks the replica of the
/// trails.
contract Ledger {
    mapping(address account => bool) public isPatient;
    mapping(address account => mapping(bytes32 role => bool)) public hasRole;
    mapping(address team => address) public teamRegistrar;
    mapping(address team => mapping(address member => uint40)) public teamMemberUntil;
    mapping(address patient => mapping(address guardian => uint40)) public guardianUntil;
    mapping(address patient => uint32) public epochOf;
    mapping(address patient => uint32) public emergencyPolicyOf;
    mapping(address account => mapping(uint256 word => uint256)) public spentNonces;
    /// @notice Opens that spent a nonce which an open before them had spent, or that was cancelled.
    uint256 public replays;

    mapping(address account => Practitioner) private _practitioners;
    mapping(address patient => mapping(bytes32 digest => Record)) private _records;
    mapping(address patient => mapping(address grantee => mapping(bytes32 scope => Grant))) private _grants;
    mapping(address patient => mapping(bytes32 place => Referral)) private _referrals;

    TrailReplica private immutable TRAILS;
    address private immutable CHARTKEY;
    bytes32 private constant EMERGENCY = bytes32(type(uint256).max);

    constructor(address chartkey, TrailReplica trails) {
        CHARTKEY = chartkey;
        TRAILS = trails;
    }

    /// @notice Follows one log, before the replica of the trails does.
    function follow(Cheats.Log memory log, uint256 timestamp) external {
        if (log.emitter != CHARTKEY || log.topics.length < 4) return;
        bytes32 signature = log.topics[0];
        _followRegistry(signature, log);
        _followPractitioner(signature, log);
        _followChart(signature, log);
        _followRecord(signature, log, timestamp);
        _followGrant(signature, log);
        _followReferral(signature, log);
        _followNonces(signature, log);
    }

    function practitionerOf(address account) external view returns (Practitioner memory) {
        return _practitioners[account];
    }

    function recordOf(address patient, bytes32 digest) external view returns (Record memory) {
        return _records[patient][digest];
    }

    function grantOf(address patient, address grantee, bytes32 scope) external view returns (Grant memory) {
        return _grants[patient][grantee][scope];
    }

    function referralOf(address patient, address referrer, address grantee, bytes32 scope)
        external
        view
        returns (Referral memory)
    {
        return _referrals[patient][_place(referrer, grantee, scope)];
    }

    function _followRegistry(bytes32 signature, Cheats.Log memory log) private {
        address account = _address(log.topics[2]);
        if (signature == IPatients.PatientRegistered.selector) {
            isPatient[account] = true;
        } else if (signature == IPractitioners.RoleChanged.selector) {
            (bool held,) = abi.decode(log.data, (bool, address));
            hasRole[account][log.topics[3]] = held;
        } else if (signature == ICareTeams.TeamCreated.selector) {
            teamRegistrar[account] = _address(log.topics[3]);
        } else if (signature == ICareTeams.TeamMemberSet.selector) {
            (, uint40 until) = abi.decode(log.data, (address, uint40));
            teamMemberUntil[account][_address(log.topics[3])] = until;
        } else if (signature == ICareTeams.TeamMemberRemoved.selector) {
            teamMemberUntil[account][_address(log.topics[3])] = 0;
        }
    }

    function _followPractitioner(bytes32 signature, Cheats.Log memory log) private {
        Practitioner storage practitioner = _practitioners[_address(log.topics[2])];
        if (signature == IPractitioners.PractitionerRegistered.selector) {
            (practitioner.validUntil, practitioner.emergencyCapable,,,,) =
                abi.decode(log.data, (uint40, bool, string, string, string, string));
        } else if (signature == IPractitioners.PractitionerRenewed.selector) {
            (practitioner.validUntil, practitioner.emergencyCapable) = abi.decode(log.data, (uint40, bool));
        } else if (signature == IPractitioners.PractitionerSuspended.selector) {
            practitioner.suspended = true;
        } else if (signature == IPractitioners.PractitionerReinstated.selector) {
            practitioner.suspended = false;
        }
    }

    function _followChart(bytes32 signature, Cheats.Log memory log) private {
        address patient = _address(log.topics[1]);
        if (signature == IGuardians.GuardianSet.selector) {
            guardianUntil[patient][_address(log.topics[2])] = abi.decode(log.data, (uint40));
        } else if (signature == IGuardians.GuardianRemoved.selector) {
            guardianUntil[patient][_address(log.topics[2])] = 0;
        } else if (signature == IGrants.EveryoneRevoked.selector) {
            epochOf[patient] = uint32(uint256(log.topics[3]));
        } else if (signature == IEmergency.EmergencyPolicySet.selector) {
            emergencyPolicyOf[patient] = uint32(uint256(log.topics[3]));
        }
    }

    function _followRecord(bytes32 signature, Cheats.Log memory log, uint256 timestamp) private {
        Record storage record = _records[_address(log.topics[1])][log.topics[2]];
        if (signature == IRecords.RecordAdded.selector) {
            (record.codec, record.folder,,,,) = abi.decode(log.data, (uint8, uint32, address, bytes32, bytes32, bytes));
            record.author = _address(log.topics[3]);
            record.addedAt = uint40(timestamp);
            record.status = RecordStatus.Current;
        } else if (signature == IRecords.RecordSuperseded.selector) {
            record.status = RecordStatus.Superseded;
        } else if (signature == IRecords.RecordRetracted.selector) {
            record.status = RecordStatus.Retracted;
        }
    }

    function _followGrant(bytes32 signature, Cheats.Log memory log) private {
        (address patient, address grantee) = (_address(log.topics[1]), _address(log.topics[2]));
        bytes20 id = bytes20(TRAILS.linkOf(patient));
        if (signature == IGrants.AccessGranted.selector) {
            (, uint8 rights, uint16 purposes, uint40 expiresAt, uint32 epoch,) =
                abi.decode(log.data, (address, uint8, uint16, uint40, uint32, bytes));
            _grants[patient][grantee][log.topics[3]] = Grant(expiresAt, epoch, purposes, rights, id);
        } else if (signature == IEmergency.GlassBroken.selector) {
            (uint40 expiresAt, uint32 epoch) = abi.decode(log.data, (uint40, uint32));
            _grants[patient][grantee][EMERGENCY] = Grant(expiresAt, epoch, 4, 1, id);
        } else if (signature == IGrants.AccessRevoked.selector || signature == IGrants.AccessRenounced.selector) {
            delete _grants[patient][grantee][log.topics[3]];
        }
    }

    function _followReferral(bytes32 signature, Cheats.Log memory log) private {
        (address patient, address grantee) = (_address(log.topics[1]), _address(log.topics[2]));
        if (signature == IReferrals.AccessReferred.selector) {
            (address referrer, bytes32 parent, uint8 rights, uint16 purposes, uint40 expiresAt,) =
                abi.decode(log.data, (address, bytes32, uint8, uint16, uint40, bytes));
            ParentScope width = parent == 0
                ? ParentScope.Chart
                : uint256(parent) <= type(uint32).max ? ParentScope.Folder : ParentScope.Record;
            bytes20 parentId = _grants[patient][referrer][parent].id;
            _referrals[patient][_place(referrer, grantee, log.topics[3])] =
                Referral(expiresAt, purposes, rights, width, parentId);
        } else if (signature == IReferrals.ReferralEnded.selector) {
            (address referrer,) = abi.decode(log.data, (address, address));
            delete _referrals[patient][_place(referrer, grantee, log.topics[3])];
        }
    }

    function _followNonces(bytes32 signature, Cheats.Log memory log) private {
        if (signature == IOpens.RecordOpened.selector) {
            (,,, uint256 nonce) = abi.decode(log.data, (address, bytes32, uint8, uint256));
            if (nonce == 0) return;
            mapping(uint256 word => uint256) storage spent = spentNonces[_address(log.topics[3])];
            uint256 bit = 1 << (nonce % 256);
            if (spent[nonce / 256] & bit != 0) ++replays;
            spent[nonce / 256] |= bit;
        } else if (signature == IOpens.NoncesCancelled.selector) {
            spentNonces[_address(log.topics[2])][uint256(log.topics[3])] |= abi.decode(log.data, (uint256));
        }
    }

    function _place(address referrer, address grantee, bytes32 scope) private pure returns (bytes32) {
        return keccak256(abi.encode(referrer, grantee, scope));
    }

    function _address(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
