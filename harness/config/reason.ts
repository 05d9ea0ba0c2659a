/** Why something is left out: part of every exception that a configuration makes. */
import { z } from 'zod';

export const reason = z.string().min(10, 'a reason of at least 10 characters');
