// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICareTeams} from "./ICareTeams.sol";
import {IEmergency} from "./IEmergency.sol";
import {IGrants} from "./IGrants.sol";
import {IGuardians} from "./IGuardians.sol";
import {IOpens} from "./IOpens.sol";
import {IPatients} from "./IPatients.sol";
import {IPractitioners} from "./IPractitioners.sol";
import {IRecords} from "./IRecords.sol";
import {IReferrals} from "./IReferrals.sol";
import {IRequests} from "./IRequests.sol";
import {ITrail} from "./ITrail.sol";

/// @title Chartkey: who may open which medical record, and who did
/// @notice One contract at one address: nobody can upgrade it, and no role can change a patient's grants or history. State is
/// minimal; events carry everything, and the trail proves them. No personal data: no names of patients, no file names, no
/// diagnoses, no free text about a patient.
///
/// Whoever has no gas signs an act for OpenZeppelin's ERC2771Forwarder, which the contract trusts, for good, to say who signed: every act
/// can be relayed. `multicall` does several acts of the caller in one transaction, all or none.
interface IChartkey is
    ITrail,
    IPractitioners,
    ICareTeams,
    IPatients,
    IGuardians,
    IRecords,
    IGrants,
    IReferrals,
    IRequests,
    IEmergency,
    IOpens
{}
