// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

import {Chartkey} from "../../contracts/Chartkey.sol";
import {Cheats, vm} from "../utils/Cheats.sol";
import {Signing} from "../utils/Signing.sol";
import {TrailReplica} from "../utils/TrailReplica.sol";
import {Ledger} from "./Ledger.sol";
import {Model} from "./Model.sol";
import {ACCOUNTS, PATIENTS, STEP, World} from "./World.sol";

/// @notice How acts are tried: what each takes from its seed, by whom and how it is sent, and what is kept of what became of it.
abstract contract HandlerBase is World {
    TrailReplica public immutable trails;
    Ledger public immutable ledger;
    Model public immutable model;

    /// @notice How many acts of a kind went through; although the model forbids them; and how many reverted although it allows them.
    mapping(bytes4 act => uint256) public done;
    mapping(bytes4 act => uint256) public wronglyDone;
    mapping(bytes4 act => uint256) public wronglyRefused;
    /// @notice Acts that moved other trails than those of the subjects they concern, or fewer.
    uint256 public mislogged;
    /// @notice Acts that went through by way of the forwarder, and in a `multicall`.
    uint256 public relayed;
    uint256 public multicalled;

    bytes32 private constant FORWARD_REQUEST = keccak256(
        "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"
    );
    /// @dev Subjects, as bits: the registry's, and after it the patients'.
    uint256 internal constant NOTHING = 0;
    uint256 internal constant REGISTRY = 1;
    /// @dev How often arguments are drawn anew in search of an act that the model allows.
    uint256 internal constant TRIES = 12;

    /// @dev Where the trails ended after the last act: the registry's, then the patients'.
    bytes32[1 + PATIENTS] private _heads;
    uint256 private _entropy;

    modifier seeded(uint256 seed) {
        _entropy = seed;
        _;
    }

    constructor(Chartkey chartkey_, ERC2771Forwarder forwarder_, address admin_, TrailReplica trails_)
        World(chartkey_, forwarder_, admin_)
    {
        trails = trails_;
        ledger = new Ledger(address(chartkey_), trails_);
        model = new Model();
        _movedTrails();
    }

    /// @notice Tells the witnesses of the logs of one block.
    function witness(Cheats.Log[] memory logs) public {
        Cheats.Log[] memory one = new Cheats.Log[](1);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(chartkey)) continue;
            one[0] = logs[i];
            ledger.follow(logs[i], block.timestamp);
            trails.follow(one, block.number, block.timestamp);
        }
    }

    /* DRAWING */

    /// @dev The next number below `n` from the seed.
    function _draw(uint256 n) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return _entropy % n;
    }

    function _oneIn(uint256 n) internal returns (bool) {
        return _draw(n) == 0;
    }

    function _anybody() internal returns (address) {
        return accounts()[_draw(ACCOUNTS)];
    }

    /// @dev Seven times in eight the one who may, else anybody.
    function _mostly(address who) internal returns (address) {
        return _oneIn(8) ? _anybody() : who;
    }

    /// @dev Who acts on a chart: its patient, their relative, or anybody.
    function _actorOn(address patient) internal returns (address) {
        uint256 draw = _draw(8);
        return draw < 5 ? patient : draw < 7 ? relative : _anybody();
    }

    /// @dev An end, at most so many steps ahead.
    function _end(uint256 steps) internal returns (uint40) {
        return uint40(block.timestamp + STEP * (1 + _draw(steps)));
    }

    /* TRYING */

    /// @dev Tries an act. `allowed` and `subjects` are what the model expects: whether it goes through, and whose trails it moves.
    function _try(address sender, bytes memory call, bool allowed, uint256 subjects) internal returns (bool ok) {
        (ok,) = _tryAndRead(sender, call, allowed, subjects);
    }

    /// @dev As `_try`, with what Chartkey and the forwarder logged.
    function _tryAndRead(address sender, bytes memory call, bool allowed, uint256 subjects)
        internal
        virtual
        returns (bool ok, Cheats.Log[] memory logs)
    {
        bytes4 act = bytes4(call);
        vm.recordLogs();
        ok = _send(sender, call);
        logs = vm.getRecordedLogs();
        witness(logs);
        if (ok) ++done[act];
        if (ok && !allowed) ++wronglyDone[act];
        if (!ok && allowed) ++wronglyRefused[act];
        if (_movedTrails() != (ok ? subjects : NOTHING)) ++mislogged;
    }

    /// @dev The bit of a patient.
    function _subject(address patient) internal view returns (uint256) {
        for (uint256 i = 0; i < PATIENTS; ++i) {
            if (patients[i] == patient) return REGISTRY << (1 + i);
        }
        revert("a patient of this world");
    }

    /// @dev By the sender's own transaction, or relayed by the forwarder; alone, or in a `multicall`.
    function _send(address sender, bytes memory call) private returns (bool ok) {
        bool multi = _oneIn(4);
        if (multi) {
            bytes[] memory calls = new bytes[](1);
            calls[0] = call;
            call = abi.encodeCall(chartkey.multicall, (calls));
        }
        uint256 key = _keyOf[sender];
        if (key != 0 && _oneIn(4)) {
            bytes memory relay = abi.encodeCall(forwarder.execute, (_forward(sender, key, call)));
            vm.prank(stranger);
            (ok,) = address(forwarder).call(relay);
            if (ok) ++relayed;
        } else {
            vm.prank(sender);
            (ok,) = address(chartkey).call(call);
        }
        if (ok && multi) ++multicalled;
    }

    function _forward(address sender, uint256 key, bytes memory call)
        private
        view
        returns (ERC2771Forwarder.ForwardRequestData memory request)
    {
        request.from = sender;
        request.to = address(chartkey);
        request.gas = 5_000_000;
        request.deadline = type(uint48).max;
        request.data = call;
        bytes32 content = keccak256(
            abi.encode(
                FORWARD_REQUEST,
                sender,
                request.to,
                request.value,
                request.gas,
                forwarder.nonces(sender),
                request.deadline,
                keccak256(call)
            )
        );
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256("Chartkey forwarder"), keccak256("1"), block.chainid, address(forwarder))
        );
        request.signature = Signing.sign(key, keccak256(abi.encodePacked(hex"1901", domain, content)));
    }

    /// @dev Whose trails moved since it was asked last.
    function _movedTrails() private returns (uint256 subjects) {
        for (uint256 i = 0; i <= PATIENTS; ++i) {
            bytes32 head = chartkey.trail(i == 0 ? address(0) : patients[i - 1]);
            if (head != _heads[i]) subjects |= REGISTRY << i;
            _heads[i] = head;
        }
    }
}
