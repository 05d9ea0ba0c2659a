/** The steps of the machine test, in order. */
import optionsInForce from './steps/options-in-force.ts';
import type { Step } from './step.ts';

export const STEPS: readonly Step[] = [optionsInForce];
