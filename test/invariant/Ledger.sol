// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "../../contracts/interfaces/IGrants.sol";
import {IPatients} from "../../contracts/interfaces/IPatients.sol";
import {IPractitioners} from "../../contracts/interfaces/IPractitioners.sol";
import {IRecords} from "../../contracts/interfaces/IRecords.sol";
import {Grant, Practitioner, Record, RecordStatus} from "../../contracts/types/Types.sol";
import {Cheats} from "../utils/Cheats.sol";

/// @notice Chartkey's state, rebuilt from its logs alone, as an indexer does.
contract Ledger {
    mapping(address account => bool) public isPatient;
    mapping(address account => mapping(bytes32 role => bool)) public hasRole;
    mapping(address patient => uint32) public epochOf;

    mapping(address account => Practitioner) private _practitioners;
    mapping(address patient => mapping(bytes32 digest => Record)) private _records;
    mapping(address patient => mapping(address grantee => mapping(bytes32 scope => Grant))) private _grants;

    address private immutable CHARTKEY;

    constructor(address chartkey) {
        CHARTKEY = chartkey;
    }

    /// @notice Follows the logs of one block.
    function follow(Cheats.Log[] memory logs, uint256 timestamp) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != CHARTKEY) continue;
            bytes32 signature = logs[i].topics[0];
            _followRegistry(signature, logs[i]);
            _followPractitioner(signature, logs[i]);
            _followRecord(signature, logs[i], timestamp);
            _followGrant(signature, logs[i]);
        }
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

    function _followRegistry(bytes32 signature, Cheats.Log memory log) private {
        if (signature == IPatients.PatientRegistered.selector) {
            isPatient[_address(log.topics[2])] = true;
        } else if (signature == IPractitioners.RoleChanged.selector) {
            (bool held,) = abi.decode(log.data, (bool, address));
            hasRole[_address(log.topics[2])][log.topics[3]] = held;
        }
    }

    function _followPractitioner(bytes32 signature, Cheats.Log memory log) private {
        Practitioner storage practitioner =
            log.topics.length > 2 ? _practitioners[_address(log.topics[2])] : _practitioners[address(0)];
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

    function _followRecord(bytes32 signature, Cheats.Log memory log, uint256 timestamp) private {
        if (signature != IRecords.RecordAdded.selector) return;
        (uint8 codec, uint32 folder,,) = abi.decode(log.data, (uint8, uint32, bytes32, bytes));
        _records[_address(log.topics[1])][log.topics[2]] = Record({
            author: _address(log.topics[3]),
            addedAt: uint40(timestamp),
            folder: folder,
            codec: codec,
            status: RecordStatus.Current
        });
    }

    function _followGrant(bytes32 signature, Cheats.Log memory log) private {
        if (signature == IGrants.AccessGranted.selector) {
            (, uint8 rights, uint16 purposes, uint40 expiresAt, uint32 epoch,) =
                abi.decode(log.data, (address, uint8, uint16, uint40, uint32, bytes));
            _grants[_address(log.topics[1])][_address(log.topics[2])][log.topics[3]] =
                Grant({expiresAt: expiresAt, epoch: epoch, purposes: purposes, rights: rights, referrer: address(0)});
        } else if (signature == IGrants.AccessRevoked.selector || signature == IGrants.AccessRenounced.selector) {
            delete _grants[_address(log.topics[1])][_address(log.topics[2])][log.topics[3]];
        } else if (signature == IGrants.EveryoneRevoked.selector) {
            epochOf[_address(log.topics[1])] = uint32(uint256(log.topics[3]));
        }
    }

    function _address(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
