// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGrants} from "./IGrants.sol";
import {IOpens} from "./IOpens.sol";
import {IPatients} from "./IPatients.sol";
import {IPractitioners} from "./IPractitioners.sol";
import {IRecords} from "./IRecords.sol";
import {ITrail} from "./ITrail.sol";

/// @title Chartkey: who may open which medical record, and who did
/// @notice One contract at one address: nobody can upgrade it, and no role can change a patient's grants or history. State is
/// minimal; events carry everything, and the trail proves them. No personal data: no names of patients, no file names, no
/// diagnoses, no free text about a patient.
interface IChartkey is ITrail, IPractitioners, IPatients, IRecords, IGrants, IOpens {}
