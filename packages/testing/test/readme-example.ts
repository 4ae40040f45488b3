import { cuttingLaw, sansocketEngine } from "@sansocket/testing";

cuttingLaw(sansocketEngine(), { runs: 200 }); // throws with the smallest counterexample, and the seed that finds it again
