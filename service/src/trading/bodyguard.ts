/** The bodyguard: stops a bot that loses too much, or that trades as if it had gone mad. Started after trading. */
import type { Logger } from 'pino';
import type { Subsystem } from '../lifecycle.ts';
import type { Occasion } from './bots.ts';
import type { Trading } from './trading.ts';

export interface BodyguardOptions {
  trading: Pick<Trading, 'bot' | 'bots' | 'equity' | 'observe' | 'setBotStatus'>;
  /** The share of its starting balance that a bot may lose. */
  maxDrawdown: number;
  maxOrdersPerMinute: number;
  log: Logger;
}

const MINUTE_MS = 60_000;

export class Bodyguard implements Subsystem {
  readonly name = 'bodyguard';
  readonly #trading: BodyguardOptions['trading'];
  readonly #maxDrawdown: number;
  readonly #maxOrdersPerMinute: number;
  readonly #log: Logger;
  /** When the bots placed their orders of the last minute. */
  readonly #ordersAt = new Map<number, number[]>();
  #unobserve: (() => void) | null = null;

  constructor({ trading, maxDrawdown, maxOrdersPerMinute, log }: BodyguardOptions) {
    this.#trading = trading;
    this.#maxDrawdown = maxDrawdown;
    this.#maxOrdersPerMinute = maxOrdersPerMinute;
    this.#log = log.child({ subsystem: this.name });
  }

  async start(): Promise<void> {
    this.#unobserve ??= this.#trading.observe((botId, occasion) => this.#check(botId, occasion));
  }

  async stop(): Promise<void> {
    this.#unobserve?.();
    this.#unobserve = null;
    this.#ordersAt.clear();
  }

  #check(botId: number, occasion: Occasion): void {
    try {
      const problem = occasion === 'order' ? this.#countOrder(botId) : this.#weigh(botId);
      if (problem === undefined || this.#trading.bot(botId).status === 'stopped') return;
      this.#trading.setBotStatus(botId, 'stopped', `bodyguard: ${problem}`);
      this.#log.warn({ botId, problem }, 'bot stopped');
    } catch (error) {
      this.#log.error(
        { err: error, botId },
        'a bot could not be checked; it is checked again with its next price',
      );
    }
  }

  #countOrder(botId: number): string | undefined {
    const now = performance.now();
    const latest = [...(this.#ordersAt.get(botId) ?? []).filter((at) => at > now - MINUTE_MS), now];
    this.#ordersAt.set(botId, latest);
    if (latest.length <= this.#maxOrdersPerMinute) return undefined;
    this.#ordersAt.delete(botId);
    return `${latest.length} orders within a minute, ${this.#maxOrdersPerMinute} are allowed`;
  }

  #weigh(botId: number): string | undefined {
    const drawdown = this.#trading.equity(botId)?.drawdown ?? 0;
    if (drawdown <= this.#maxDrawdown) return undefined;
    return `${percent(drawdown)} of the starting balance are lost, ${percent(this.#maxDrawdown)} are allowed`;
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
