/** May this operation run now? One operation costs so much at most, and all of a principal's on this gateway so much in a minute. */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from '../../schema/context.ts';
import { processNow } from '../clock.ts';
import type { Execute } from './compiled.ts';
import { type OperationCost, operationCost } from './cost.ts';
import { operationOf, variablesOf } from './plan.ts';

const MINUTE_MILLISECONDS = 60_000;

export interface BudgetOptions {
  readonly schema: GraphQLSchema;
  readonly costPerOperation: number;
  readonly costPerMinute: number;
}

/** As it is told to clients. */
export interface Charge {
  readonly requested: number;
  readonly limit: number;
  readonly budget: { readonly perMinute: number; readonly remaining: number; readonly secondsToReset: number };
}

interface Minute {
  readonly endsAt: number;
  spent: number;
}

export class Budgets {
  readonly #options: BudgetOptions;
  readonly #costs = new WeakMap<DocumentNode, Map<OperationDefinitionNode, OperationCost>>();
  readonly #minutes = new Map<string, Minute>();
  #forgottenAt = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Null: nothing that could be run. @throws GraphQLError when it costs too much, or more than is left */
  charge(args: ExecutionArgs): Charge | null {
    const requested = this.#priceOf(args);
    return requested === null ? null : this.spend((args.contextValue as Context).viewer.id, requested);
  }

  /** For whoever can wait. @returns milliseconds until there may be enough; 0: it is charged. @throws GraphQLError when it costs too much */
  chargeOrWait(args: ExecutionArgs): number {
    const requested = this.#priceOf(args) ?? 0;
    const minute = this.#minute((args.contextValue as Context).viewer.id);
    if (minute.spent + requested > this.#options.costPerMinute) return minute.endsAt - processNow().getTime();
    minute.spent += requested;
    return 0;
  }

  #priceOf(args: ExecutionArgs): number | null {
    const { document, operationName } = args;
    const operation = operationOf(document.definitions, operationName);
    if (operation === null) return null;
    const { costPerOperation: limit } = this.#options;
    const { coerced } = variablesOf(args, operation);
    // What is wrong with them is told by the execution.
    if (!coerced) return null;
    const cost = this.#cost(document, operation);
    const requested = cost.of(coerced);
    if (requested > limit) throw tooCostly({ requested, limit, costliest: cost.costliest(coerced) });
    return requested;
  }

  /** @throws GraphQLError when it is more than is left */
  spend(principalId: string, requested: number): Charge {
    const { costPerOperation: limit, costPerMinute: perMinute } = this.#options;
    const minute = this.#minute(principalId);
    const secondsToReset = Math.max(1, Math.ceil((minute.endsAt - processNow().getTime()) / 1000));
    const left = perMinute - minute.spent;
    if (requested > left) throw exhausted({ requested, limit, budget: { perMinute, remaining: left, secondsToReset } });
    minute.spent += requested;
    return { requested, limit, budget: { perMinute, remaining: left - requested, secondsToReset } };
  }

  #cost(document: DocumentNode, operation: OperationDefinitionNode): OperationCost {
    const costs = this.#costs.get(document) ?? new Map<OperationDefinitionNode, OperationCost>();
    this.#costs.set(document, costs);
    const cost = costs.get(operation) ?? operationCost(this.#options.schema, document, operation);
    costs.set(operation, cost);
    return cost;
  }

  /** It begins with the first operation, and is the same for every token of a principal. */
  #minute(principalId: string): Minute {
    const now = processNow().getTime();
    const known = this.#minutes.get(principalId);
    if (known && known.endsAt > now) return known;
    if (now - this.#forgottenAt >= MINUTE_MILLISECONDS) this.#forget(now);
    const minute = { endsAt: now + MINUTE_MILLISECONDS, spent: 0 };
    this.#minutes.set(principalId, minute);
    return minute;
  }

  #forget(now: number): void {
    this.#forgottenAt = now;
    for (const [id, { endsAt }] of this.#minutes) if (endsAt <= now) this.#minutes.delete(id);
  }
}

/** Executes what may run, and says what it cost. */
export function withinBudget(budgets: Budgets, execute: Execute): Execute {
  const told = (result: ExecutionResult, cost: Charge | null): ExecutionResult =>
    cost === null ? result : { ...result, extensions: { ...result.extensions, cost } };
  return (args, form) => {
    let cost: Charge | null;
    try {
      cost = budgets.charge(args);
    } catch (error) {
      return { errors: [error as GraphQLError] };
    }
    const result = execute(args, form);
    return result instanceof Promise ? result.then((done) => told(done, cost)) : told(result, cost);
  };
}

interface TooCostly {
  readonly requested: number;
  readonly limit: number;
  readonly costliest: string;
}

function tooCostly({ requested, limit, costliest }: TooCostly): GraphQLError {
  return new GraphQLError(
    `The operation costs ${requested}: at most ${limit} is allowed. Most of it is for ${costliest}: ask for smaller pages there (first, last), or for fewer lists within lists.`,
    { extensions: { code: 'OPERATION_TOO_COSTLY', given: requested, allowed: limit, costliest } },
  );
}

function exhausted(cost: Charge): GraphQLError {
  const { remaining, perMinute, secondsToReset } = cost.budget;
  return new GraphQLError(
    `The operation costs ${cost.requested}, and of ${perMinute} for this minute ${remaining} is left: come back in ${secondsToReset} s.`,
    {
      extensions: {
        ...{ code: 'BUDGET_EXHAUSTED', cost },
        http: { status: 429, headers: { 'retry-after': String(secondsToReset) } },
      },
    },
  );
}
