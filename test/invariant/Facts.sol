// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Digest, RecordStatus, Scope} from "../../contracts/types/Types.sol";

/// @notice What happened, as the handler tells it: the acts that went through, in the plainest form. No epochs, no packed slots,
/// no reasons; nothing of the contract's code, storage or logs.
abstract contract Facts {
    struct Standing {
        bool registered;
        bool suspended;
        bool emergencyCapable;
        uint256 validUntil;
    }

    struct Entry {
        RecordStatus status;
        address author;
        uint8 codec;
        uint32 folder;
        uint256 addedAt;
    }

    /// @dev One grant, an emergency's too. No two have the same number; 0: none.
    struct Permission {
        uint256 number;
        bool voided;
        uint256 since;
        uint256 until;
        uint16 purposes;
        uint8 rights;
    }

    /// @dev One referral, and the number of the grant it rests on.
    struct Passed {
        bool given;
        Scope parent;
        uint256 parentNumber;
        uint256 until;
        uint16 purposes;
        uint8 rights;
    }

    /// @dev Where a permission is; where something passed on is, with a referrer.
    struct Place {
        address referrer;
        address grantee;
        Scope scope;
    }

    mapping(address account => mapping(bytes32 role => bool)) public hasRole;
    mapping(address account => Standing) public standingOf;
    mapping(address team => address registrar) public makerOf;
    mapping(address team => mapping(address member => uint256)) public memberUntil;

    mapping(address account => bool) public isPatient;
    mapping(address patient => mapping(address guardian => uint256)) public guardianUntil;
    mapping(address patient => mapping(Digest digest => Entry)) public entryOf;
    mapping(address patient => uint256 seconds_) public policyOf;
    mapping(address account => mapping(uint256 nonce => bool)) public isSpent;

    mapping(address patient => mapping(address grantee => mapping(Scope scope => Permission))) public permissionOf;
    mapping(
        address patient => mapping(address referrer => mapping(address grantee => mapping(Scope scope => Passed)))
    ) public passedOf;

    /// @dev Every place at which there ever was one, each once.
    mapping(address patient => Place[]) private _permissions;
    mapping(address patient => Place[]) private _passed;
    mapping(bytes32 place => bool) private _isListed;
    uint256 private _numbers;

    /* REGISTRY */

    function setRole(address account, bytes32 role, bool held) external {
        hasRole[account][role] = held;
    }

    function setStanding(address account, uint256 validUntil, bool emergencyCapable) external {
        Standing storage standing = standingOf[account];
        (standing.registered, standing.validUntil, standing.emergencyCapable) = (true, validUntil, emergencyCapable);
    }

    function setSuspended(address account, bool suspended) external {
        standingOf[account].suspended = suspended;
    }

    function makeTeam(address team, address registrar) external {
        require(makerOf[team] == address(0), "a team is made once");
        makerOf[team] = registrar;
    }

    /// @dev 0: none, or no longer.
    function setMember(address team, address member, uint256 until) external {
        memberUntil[team][member] = until;
    }

    function spend(address account, uint256 nonce) external {
        isSpent[account][nonce] = true;
    }

    /* CHARTS */

    function setPatient(address patient) external {
        require(!isPatient[patient], "a patient registers once");
        isPatient[patient] = true;
    }

    /// @dev 0: none, or no longer.
    function setGuardian(address patient, address guardian, uint256 until) external {
        guardianUntil[patient][guardian] = until;
    }

    function add(address patient, Digest digest, address author, uint32 folder, uint8 codec) external {
        require(entryOf[patient][digest].status == RecordStatus.None, "a record is added once");
        entryOf[patient][digest] = Entry(RecordStatus.Current, author, codec, folder, block.timestamp);
    }

    function setStatus(address patient, Digest digest, RecordStatus status) external {
        require(entryOf[patient][digest].status < status, "a record's status only moves forward");
        entryOf[patient][digest].status = status;
    }

    function setPolicy(address patient, uint256 duration) external {
        policyOf[patient] = duration;
    }

    /* ACCESS */

    function give(address patient, address grantee, Scope scope, uint8 rights, uint16 purposes, uint256 until)
        external
    {
        permissionOf[patient][grantee][scope] = Permission(++_numbers, false, block.timestamp, until, purposes, rights);
        _list(_permissions[patient], patient, Place(address(0), grantee, scope));
    }

    function take(address patient, address grantee, Scope scope) external {
        delete permissionOf[patient][grantee][scope];
    }

    function voidAll(address patient) external {
        Place[] storage places = _permissions[patient];
        for (uint256 i = 0; i < places.length; ++i) {
            permissionOf[patient][places[i].grantee][places[i].scope].voided = true;
        }
    }

    function pass(address patient, Place calldata place, Scope parent, uint8 rights, uint16 purposes, uint256 until)
        external
    {
        uint256 number = permissionOf[patient][place.referrer][parent].number;
        passedOf[patient][place.referrer][place.grantee][place.scope] =
            Passed(true, parent, number, until, purposes, rights);
        _list(_passed[patient], patient, place);
    }

    function unpass(address patient, Place calldata place) external {
        delete passedOf[patient][place.referrer][place.grantee][place.scope];
    }

    /// @dev One of the places at which there is or was a permission, or something passed on, if there ever was any.
    function placeOf(address patient, bool passed, uint256 seed) external view returns (bool found, Place memory) {
        Place[] storage places = passed ? _passed[patient] : _permissions[patient];
        if (places.length == 0) return (false, Place(address(0), address(0), Scope.wrap(0)));
        return (true, places[seed % places.length]);
    }

    function _list(Place[] storage places, address patient, Place memory place) private {
        bytes32 key = keccak256(abi.encode(patient, place));
        if (_isListed[key]) return;
        _isListed[key] = true;
        places.push(place);
    }
}
